"""The shipped checkpoints keep what they promise, on gallery digits that none of them has seen."""

import pytest

import dae
from dae import checkpoints, data, recipes, zoo
from dae.denoising import measure

pytestmark = pytest.mark.slow

MEGABYTE = 1_000_000

# name: (noise, level, clip): the largest MSE allowed on the gallery
FLOORS = {
    "conv-gaussian": {("gaussian", 0.5, True): 0.0105, (None, 0.0, True): 0.006},
    "fc-gaussian": {("gaussian", 0.5, True): 0.012, (None, 0.0, True): 0.006},
    "plain": {(None, 0.0, True): 0.004},
    "universal": {
        ("gaussian", 1.0, False): 0.0190,
        ("gaussian", 0.5, True): 0.0080,
        ("masking", 0.5, True): 0.0047,
        ("salt_and_pepper", 0.3, True): 0.0068,
    },
    "hinton": {(None, 0.0, True): 2.15 / 784},  # the squared error per digit; the paper's is 3.00
    "gfg": {("gaussian", 1.0, False): 0.040},
    "gfg-better": {("gaussian", 1.0, False): 0.0235},
    "yt-conv-better": {(None, 0.0, True): 0.02},
}


@pytest.fixture(scope="module")
def digits() -> data.Digits:
    """1,000 gallery digits, 100 of each class."""
    return data.gallery()[::5]


@pytest.mark.parametrize(
    ("name", "condition", "largest"),
    [(name, *floor) for name, floors in FLOORS.items() for floor in floors.items()],
)
def test_quality(digits, name, condition, largest):
    noise, level, clip = condition
    assert measure(dae.load(name), digits, noise, level, clip=clip, seed=1)["mse"] <= largest


def test_training_with_noise_is_what_makes_the_difference(digits):
    """The plain autoencoder has the same shape: clearly worse on noisy digits, no worse on clean ones."""
    trained_with, trained_without = dae.load("fc-gaussian"), dae.load("plain")
    assert trained_with.config == trained_without.config
    noisy = [measure(model, digits, "gaussian", 0.5, seed=1)["mse"] for model in (trained_with, trained_without)]
    clean = [measure(model, digits, None)["mse"] for model in (trained_with, trained_without)]
    assert noisy[1] > 2 * noisy[0]
    assert clean[1] <= clean[0]


def at_one_level(name: str) -> list[tuple[str, float, bool]]:
    """The noises (key, level, clip) that a network was trained on at one level alone."""
    stages = checkpoints.info(name).recipe["stages"]
    noises = [noise for stage in stages for noise in stage["noises"] if noise["low"] is None]
    return sorted({(noise["key"], noise["high"], noise["clip"]) for noise in noises})


@pytest.mark.parametrize("name", [name for name in checkpoints.names() if at_one_level(name)])
def test_a_network_of_one_level_holds_near_it(digits, name):
    """Within a tenth of it, where the page does not warn."""
    model = dae.load(name)
    for key, level, clip in at_one_level(name):
        errors = [measure(model, digits, key, part * level, clip=clip, seed=1)["mse"] for part in (0.9, 1, 1.1)]
        assert max(errors) <= 1.3 * errors[1]


def test_weaker_noise_than_that_of_training_can_be_harder(digits):
    """Which is why the page does warn of it: this one makes up for ink that is not missing."""
    weak, own = (
        measure(dae.load("jz-denoise-masking-50"), digits, "masking", level, seed=1)["mse"] for level in (0.05, 0.5)
    )
    assert weak > 2 * own


@pytest.mark.parametrize("name", checkpoints.names())
def test_every_file_says_what_it_is_and_says_the_truth(digits, name):
    info = checkpoints.info(name)
    assert info.name == name
    assert "55,000" in info.data
    assert info.command.startswith(f"python -m dae train {name} ")
    assert {"python", "torch", "device"} <= set(info.versions)
    assert info.steps > 0
    model = dae.load(name)
    for figure in info.figures:
        assert figure["digits"] == 10_000
        noise = None if figure["noise"] == "clean" else figure["noise"]
        again = measure(model, digits, noise, figure["level"], clip=figure["clip"] is not False, seed=0)
        assert again["mse"] == pytest.approx(figure["mse"], rel=0.15), "another set of unseen digits"


@pytest.mark.parametrize("name", checkpoints.names())
def test_every_file_was_made_by_its_recipe_as_it_stands_today(name):
    """Or else the command in its header would make another network."""
    recipe = recipes.get(name)
    made_by = checkpoints.info(name).recipe | {"summary": recipe.summary, "precision": recipe.precision}
    assert zoo.is_made_by(made_by, recipe)


def test_sizes():
    sizes = [checkpoints.find(name).stat().st_size for name in checkpoints.names()]
    assert {"conv-gaussian", "fc-gaussian", "plain"} <= set(checkpoints.names())
    assert max(sizes) <= 10 * MEGABYTE
    files = [path for path in checkpoints.directory().rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 25 * MEGABYTE
