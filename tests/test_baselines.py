"""The yardsticks against slow, obvious versions of themselves."""

import itertools
import json
import math

import numpy as np
import pytest
import torch

from dae import baselines, data, metrics
from dae.baselines import BASELINES, baseline
from dae.data import Digits
from dae.noise import NOISES, corrupt

SETTINGS = [
    ("gaussian", 0.5, True),
    ("gaussian", 0.5, False),
    ("masking", 0.4, True),
    ("salt_and_pepper", 0.3, True),
    ("dropout", 0.3, True),
    ("speckle", 1.2, True),
    ("block", 0.4, True),
]


def digits_like(count: int, height: int, width: int, seed: int = 0) -> Digits:
    """Small pictures of 8-bit greys, a third of them black and a sixth white, as in digits."""
    generator = torch.Generator().manual_seed(seed)
    greys = torch.randint(-128, 320, (count, 1, height, width), generator=generator).clamp(0, 255)
    return Digits(greys / 255, torch.arange(count) % 10, f"made up ({count})")


@pytest.fixture(scope="module")
def few() -> Digits:
    return data.gallery()[torch.arange(0, 5000, 25)]


# Every entry of the registry


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize(("noise", "level", "clip"), [*SETTINGS, (None, 0.0, True)])
def test_a_baseline_is_a_denoiser(name, noise, level, clip, few):
    clean = few.images[:3]
    noisy = clean if noise is None else corrupt(clean, noise, level, seed=1, clip=clip)
    before = noisy.clone()
    denoiser = baseline(name, noise, level, clip, digits=few)
    restored = denoiser(noisy)
    assert restored.shape == clean.shape and restored.dtype == torch.float32
    assert bool(((restored >= 0) & (restored <= 1)).all())
    assert torch.equal(noisy, before)
    assert denoiser.details
    alone = torch.cat([denoiser(image[None]) for image in noisy])
    torch.testing.assert_close(restored, alone, atol=1e-4, rtol=0)  # no picture looks at its neighbours
    assert denoiser(noisy[:0]).shape == (0, 1, 28, 28)


@pytest.mark.parametrize("name", BASELINES)
def test_baselines_earn_their_place(name, few):
    clean = data.gallery().images[10:5000:100]
    for noise, level, clip in [("gaussian", 0.5, True), ("gaussian", 1.0, False), ("salt_and_pepper", 0.3, True)]:
        noisy = corrupt(clean, noise, level, seed=3, clip=clip)
        restored = baseline(name, noise, level, clip, digits=few)(noisy)
        assert metrics.mse(restored, clean) < 0.7 * metrics.mse(noisy, clean)


def test_clean_digits_pass_unharmed():
    clean = data.gallery().images[:5]
    for name in ("median", "tv", "nlm"):
        assert torch.equal(baseline(name, None, 0.0)(clean), clean)
    for name in ("wiener", "memoriser"):
        restored = baseline(name, None, 0.0, digits=data.gallery()[:200])(clean)
        torch.testing.assert_close(restored, clean, atol=0.02, rtol=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("mean", "gaussian", 0.5), "no baseline called 'mean'"),
        (("median", "rain", 0.5), "cannot handle 'rain'"),
        (("tv", "gaussian", -0.1), "level of gaussian"),
        (("wiener", "masking", 1.1), "between 0 and 1"),
        (("nlm", "speckle", math.inf), "level of speckle"),
        (("memoriser", "gaussian", math.nan), "level of gaussian"),
    ],
)
def test_errors_are_sentences(arguments, message):
    with pytest.raises(ValueError, match=message):
        baseline(*arguments)


@pytest.mark.parametrize("downloaded", [False, True])
@pytest.mark.parametrize("name", ["wiener", "memoriser"])
def test_the_55000_where_they_are_downloaded_else_the_gallery(name, downloaded, monkeypatch):
    sets = {"gallery": digits_like(5, 4, 4), "train": digits_like(6, 4, 4)}
    monkeypatch.setattr(data, "is_downloaded", lambda: downloaded)
    for key, digits in sets.items():
        monkeypatch.setattr(data, key, lambda digits=digits: digits)
    assert sets["train" if downloaded else "gallery"].name in baseline(name, "gaussian", 0.5).details


# scikit-image's filters


@pytest.mark.parametrize("size", [1, 3, 5])
def test_median_is_the_median_of_the_window(size):
    images = digits_like(2, 7, 6).images
    half = size // 2
    expected = torch.empty_like(images)
    for n, row, column in itertools.product(range(2), range(7), range(6)):
        window = [
            float(images[n, 0, min(max(r, 0), 6), min(max(c, 0), 5)])
            for r in range(row - half, row + half + 1)
            for c in range(column - half, column + half + 1)
        ]
        expected[n, 0, row, column] = sorted(window)[len(window) // 2]
    assert torch.equal(baselines.Median(size)(images), expected)


@pytest.mark.parametrize("clip", [True, False])
def test_tv_and_nlm_are_scikit_images(clip):
    from skimage.restoration import denoise_nl_means, denoise_tv_chambolle

    noisy = corrupt(data.gallery().images[::2000], "gaussian", 0.5, seed=0, clip=clip)
    weight, h = (baselines.tuned(name, "gaussian", 0.5, clip) for name in ("tv", "nlm"))
    for image, smooth, alike in zip(
        noisy, baseline("tv", "gaussian", 0.5, clip)(noisy), baseline("nlm", "gaussian", 0.5, clip)(noisy), strict=True
    ):
        picture = image[0].numpy()
        expected = denoise_tv_chambolle(picture, weight=weight)
        np.testing.assert_allclose(smooth[0], expected.clip(0, 1), atol=1e-6)
        sigma = 0.0 if clip else 0.5
        expected = denoise_nl_means(picture, patch_size=5, patch_distance=6, h=h, sigma=sigma)
        np.testing.assert_allclose(alike[0], expected.clip(0, 1), atol=1e-6)


# Wiener


@pytest.mark.parametrize(("noise", "level", "clip"), [s for s in SETTINGS if s[0] != "block"])
def test_moments_are_the_noises(noise, level, clip):
    """Against the noise itself, 200,000 times on each of five greys."""
    greys = torch.tensor([0, 1, 100, 200, 255], dtype=torch.float64) / 255
    noisy = corrupt(greys.float().expand(200_000, 1, 1, 5), noise, level, seed=0, clip=clip).double()[:, 0, 0]
    mean, variance = baselines._Pixel.of(noise, level, clip).moments(greys)
    torch.testing.assert_close(noisy.mean(0), mean, atol=0.005, rtol=0)
    torch.testing.assert_close(noisy.var(0), variance, atol=0.005, rtol=0.01)


def every_outcome(image: np.ndarray, noise: str, level: float) -> list[tuple[float, np.ndarray]]:
    """Each noisy picture that a noise can make of a picture, with its probability."""
    if noise == "block":
        height, width = image.shape
        side = round(level * width)
        outcomes = []
        for top, left in itertools.product(range(height - side + 1), range(width - side + 1)):
            noisy = image.copy()
            noisy[top : top + side, left : left + side] = 0
            outcomes.append(noisy)
        return [(1 / len(outcomes), noisy) for noisy in outcomes]
    values = {
        "masking": lambda x: [(level, 0.0), (1 - level, x)],
        "dropout": lambda x: [(level, 0.0), (1 - level, x / (1 - level))],
        "salt_and_pepper": lambda x: [(level / 2, 0.0), (level / 2, 1.0), (1 - level, x)],
    }[noise]
    return [
        (math.prod(p for p, _ in pixels), np.array([value for _, value in pixels]).reshape(image.shape))
        for pixels in itertools.product(*map(values, image.ravel()))
    ]


@pytest.mark.parametrize(
    ("noise", "level", "shape"),
    [("masking", 0.3, (2, 3)), ("dropout", 0.6, (2, 3)), ("salt_and_pepper", 0.3, (1, 5)), ("block", 0.4, (5, 5))],
)
def test_wiener_is_least_squares_over_every_outcome(noise, level, shape, monkeypatch):
    monkeypatch.setattr(baselines, "RIDGE", 0.0)
    digits = digits_like(40, *shape)
    outcomes = [
        (chance, noisy.ravel(), image.ravel())
        for image in digits.images[:, 0].double().numpy()
        for chance, noisy in every_outcome(image, noise, level)
    ]
    root = np.sqrt([[chance] for chance, _, _ in outcomes])
    noisy, clean = (np.stack([outcome[i] for outcome in outcomes]) for i in (1, 2))
    solution, *_ = np.linalg.lstsq(root * np.c_[noisy, np.ones(len(noisy))], root * clean, rcond=None)
    wiener = baseline("wiener", noise, level, digits=digits)
    np.testing.assert_allclose(wiener.weight, solution[:-1], atol=1e-4)
    np.testing.assert_allclose(wiener.bias, solution[-1], atol=1e-4)


@pytest.mark.parametrize(("noise", "level"), [("gaussian", 0.5), ("speckle", 1.2)])
def test_wiener_is_least_squares_over_sampled_clipped_noise(noise, level):
    digits = digits_like(30, 2, 3)
    clean = digits.images.repeat(5000, 1, 1, 1)
    noisy = corrupt(clean, noise, level, seed=0).flatten(1).double().numpy()
    solution, *_ = np.linalg.lstsq(np.c_[noisy, np.ones(len(noisy))], clean.flatten(1).double().numpy(), rcond=None)
    wiener = baseline("wiener", noise, level, digits=digits)
    np.testing.assert_allclose(wiener.weight, solution[:-1], atol=0.015)
    np.testing.assert_allclose(wiener.bias, solution[-1], atol=0.015)


def test_wiener_has_its_closed_form_under_unclipped_gaussian_noise():
    digits = digits_like(300, 4, 4)
    x = digits.images.flatten(1).double().numpy()
    covariance = np.cov(x.T, bias=True)
    weight = np.linalg.inv(covariance + 0.5**2 * np.eye(16)) @ covariance
    wiener = baseline("wiener", "gaussian", 0.5, clip=False, digits=digits)
    np.testing.assert_allclose(wiener.weight, weight, atol=1e-4)
    noisy = np.random.default_rng(0).normal(0.3, 1, (5, 16))
    expected = (x.mean(0) + (noisy - x.mean(0)) @ weight).clip(0, 1)
    restored = wiener(torch.tensor(noisy, dtype=torch.float32).view(5, 1, 4, 4))
    np.testing.assert_allclose(restored.flatten(1), expected, atol=1e-3)


@pytest.mark.parametrize(("noise", "level", "clip"), SETTINGS)
def test_wiener_without_a_digit_is_the_one_fitted_on_the_others(noise, level, clip):
    digits = digits_like(60, 5, 5)
    unwanted = digits.images[[3, 17]]
    others = digits[[i for i in range(60) if i not in (3, 17)]]
    without = baseline("wiener", noise, level, clip, digits=digits, exclude=unwanted)
    expected = baseline("wiener", noise, level, clip, digits=others)
    torch.testing.assert_close(without.weight, expected.weight, atol=1e-4, rtol=0)
    torch.testing.assert_close(without.bias, expected.bias, atol=1e-4, rtol=0)
    assert "2 left out" in without.details and "left out" not in expected.details


# The perfect memoriser


def cdf(z: float) -> float:
    return math.erfc(-z / math.sqrt(2)) / 2


def censored(value: float, mean: float, sigma: float) -> float:
    """The probability of a Gaussian clipped to [0, 1] at 0 or 1, its density between."""
    if value <= 0:
        return cdf(-mean / sigma)
    if value >= 1 - 1e-6:
        return cdf((mean - 1) / sigma)
    return math.exp(-(((value - mean) / sigma) ** 2) / 2) / sigma


def pixel_likelihood(value: float, y: float, noise: str, level: float, clip: bool, deviation: float) -> float:
    if noise == "gaussian":
        return censored(value, y, level) if clip else math.exp(-(((value - y) / level) ** 2) / 2)
    if noise == "masking":
        return level * (value == 0) + (1 - level) * censored(value, y, deviation)
    if noise == "dropout":
        return level * (value == 0) + (1 - level) * censored(value * (1 - level), y, deviation)
    if noise == "salt_and_pepper":
        return level / 2 * (value in (0, 1)) + (1 - level) * censored(value, y, deviation)
    if noise == "speckle":
        return censored(value, y, math.hypot(level * y, deviation))
    return censored(value, y, deviation)


def slow_memoriser(noisy, remembered, noise, level, clip, deviation) -> np.ndarray:
    """The posterior mean, one picture, one remembered digit, one pixel at a time."""
    size = noisy.shape[-1]
    restored = []
    for picture in noisy:
        weights = []
        for y in remembered:
            each = [
                [pixel_likelihood(picture[r, c], y[r, c], noise, level, clip, deviation) for c in range(size)]
                for r in range(size)
            ]
            if noise != "block":
                weights.append(math.prod(itertools.chain(*each)))
                continue
            side = round(level * size)
            total = 0.0
            for top, left in itertools.product(range(size - side + 1), repeat=2):
                hidden = {(r, c) for r in range(top, top + side) for c in range(left, left + side)}
                if all(picture[place] == 0 for place in hidden):
                    seen = itertools.product(range(size), repeat=2)
                    total += math.prod(each[r][c] for r, c in seen if (r, c) not in hidden)
            weights.append(total)
        restored.append(np.average(remembered, axis=0, weights=weights))
    return np.stack(restored)


@pytest.mark.parametrize(("noise", "level", "clip"), SETTINGS)
def test_memoriser_is_the_posterior_mean(noise, level, clip, monkeypatch):
    monkeypatch.setattr(baselines, "CHUNK", 7)
    # Variations of one picture, so that the answer is a mean of several and not the nearest one.
    pictures = digits_like(24, 5, 5)
    changed = torch.rand(24, 1, 5, 5, generator=torch.Generator().manual_seed(1)) < 0.25
    images = torch.where(changed, pictures.images, pictures.images[:1])
    digits, clean = Digits(images[:20], pictures.labels[:20], "variations"), images[20:]
    noisy = corrupt(clean, noise, level, seed=2, clip=clip)
    memoriser = baseline("memoriser", noise, level, clip, digits=digits)
    remembered = digits.images[:, 0].double().numpy()
    expected = slow_memoriser(noisy[:, 0].double().numpy(), remembered, noise, level, clip, memoriser.deviation)
    assert not any(np.allclose(e, y, atol=0.02) for e in expected for y in remembered)
    np.testing.assert_allclose(memoriser(noisy)[:, 0], expected, atol=1e-4)


def test_memoriser_knows_that_clipping_hides():
    """Behind a 1, and behind a 0, a clipped picture says less: the two likelihoods differ where they should."""
    digits = Digits(torch.tensor([0.6, 1.0]).view(2, 1, 1, 1), torch.zeros(2), "two greys")
    seen = torch.ones(1, 1, 1, 1)
    clipped, plain = (
        float(baseline("memoriser", "gaussian", 0.4, clip, digits=digits)(seen)) for clip in (True, False)
    )
    behind = [cdf((0.6 * 255 // 1 / 255 - 1) / 0.4), 0.5]
    assert clipped == pytest.approx(np.average([0.6, 1.0], weights=behind), abs=1e-4)
    density = [math.exp(-0.5), 1.0]
    assert plain == pytest.approx(np.average([0.6, 1.0], weights=density), abs=1e-4)


@pytest.mark.parametrize(
    ("noise", "level", "clip"), [*SETTINGS, ("masking", 1.0, True), ("salt_and_pepper", 1.0, True)]
)
@pytest.mark.parametrize("weird", [False, True])
def test_memoriser_survives_what_no_digit_explains(noise, level, clip, weird, few):
    level = level if level == 1 or weird else level / 20
    noisy = torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(0)) * 3 - 1 if weird else few.images[:4]
    restored = baseline("memoriser", noise, level, clip, digits=few, exclude=few.images[:2])(noisy)
    assert bool(restored.isfinite().all()) and float(restored.max()) > 0.2


@pytest.mark.parametrize("clip", [True, False])
def test_memoriser_without_the_digit_itself(clip):
    gallery = data.gallery()
    clean = gallery.images[[1234]]
    noisy = corrupt(clean, "gaussian", 0.1, seed=0, clip=clip)
    knowing = baseline("memoriser", "gaussian", 0.1, clip, digits=gallery)
    blind = baseline("memoriser", "gaussian", 0.1, clip, digits=gallery, exclude=clean)
    torch.testing.assert_close(knowing(noisy), clean, atol=1e-3, rtol=0)
    distance = (gallery.images - clean).square().flatten(1).sum(1)
    distance[1234] = math.inf
    assert metrics.mse(blind(noisy), clean) >= 0.9 * float(distance.min()) / 784
    assert len(blind.levels) == 4999 and "1 left out" in blind.details


@pytest.mark.parametrize("name", ["wiener", "memoriser"])
def test_something_must_be_left(name):
    digits = digits_like(3, 4, 4)
    with pytest.raises(ValueError, match="at least one digit"):
        baseline(name, "gaussian", 0.5, digits=digits, exclude=digits.images)


# The record


def recorded() -> dict:
    return json.loads(baselines.RECORD.read_text(encoding="utf-8"))


def test_the_record_is_complete_and_of_this_grid():
    record = recorded()
    assert record["grid"] == {name: list(values) for name, values in baselines.GRID.items()}
    found = {(s["noise"], s["level"], s["clip"]) for s in record["settings"]}
    wanted = {
        (noise, level, clip)
        for noise, levels in baselines.TUNED_LEVELS.items()
        for level in levels
        for clip in ((True, False) if noise == "gaussian" else (None,))
    }
    assert found == wanted and len(record["settings"]) == len(wanted)
    for setting in record["settings"]:
        names = {"median", "tv", "nlm"} | ({"memoriser"} if setting["noise"] != "gaussian" else set())
        assert set(setting["parameters"]) == set(setting["mse"]) == names
        assert all(value in baselines.GRID[name] for name, value in setting["parameters"].items())


@pytest.mark.parametrize("name", ["median", "tv", "nlm"])
@pytest.mark.parametrize(("noise", "level", "clip"), [("gaussian", 1.0, False), ("salt_and_pepper", 0.3, None)])
def test_the_record_fits_other_digits_too(name, noise, level, clip):
    clean = data.gallery().images[::50]
    clipped = clip is not False
    error = metrics.mse(
        baseline(name, noise, level, clipped)(corrupt(clean, noise, level, seed=1, clip=clipped)), clean
    )
    (setting,) = [s for s in recorded()["settings"] if (s["noise"], s["level"], s["clip"]) == (noise, level, clip)]
    assert error == pytest.approx(setting["mse"][name], rel=0.15)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("clip", [True, False])
def test_between_recorded_levels(noise, clip):
    clip = clip or noise != "gaussian"
    settings = {
        s["level"]: s["parameters"] for s in recorded()["settings"] if s["noise"] == noise and s["clip"] in (None, clip)
    }
    levels = sorted(settings)
    for low, high in itertools.pairwise(levels):
        third = low + (high - low) / 3
        for name in ("tv", "nlm"):
            between = settings[low][name] * 2 / 3 + settings[high][name] / 3
            assert baselines.tuned(name, noise, third, clip) == pytest.approx(between)
        assert baselines.tuned("median", noise, third, clip) == settings[low]["median"]
        assert baselines.tuned("median", noise, high, clip) == settings[high]["median"]
    beyond = levels[-1] + 0.04
    assert baselines.tuned("tv", noise, beyond, clip) == settings[levels[-1]]["tv"]
    assert [baselines.tuned(name, noise, 0.0, clip) for name in ("median", "tv", "nlm")] == [1, 0, 0]
    if noise != "gaussian":
        assert baselines.tuned("memoriser", noise, 0.0) == settings[levels[0]]["memoriser"]


def test_tuning_takes_the_best_of_the_grid(few, monkeypatch):
    monkeypatch.setattr(data, "train", lambda directory: few)
    monkeypatch.setattr(baselines, "TUNING_DIGITS", 8)
    monkeypatch.setattr(baselines, "TUNED_LEVELS", {"gaussian": (0.3,), "masking": (0.5,)})
    monkeypatch.setattr(
        baselines, "GRID", {"median": (1, 5), "tv": (0.1, 0.4), "nlm": (0.1, 0.4), "memoriser": (0.2, 1)}
    )
    record = baselines.tune("anywhere")
    assert json.loads(baselines._as_text(record)) == record
    assert [(s["noise"], s["clip"]) for s in record["settings"]] == [
        ("gaussian", True),
        ("gaussian", False),
        ("masking", None),
    ]
    order = torch.randperm(len(few), generator=torch.Generator().manual_seed(0))
    clean, rest = few.images[order[:8]], few[order[8:]]
    for setting in record["settings"]:
        noise, level, clip = setting["noise"], setting["level"], setting["clip"] is not False
        noisy = corrupt(clean, noise, level, seed=0, clip=clip)
        candidates = {
            "median": baselines.Median,
            "tv": baselines.TotalVariation,
            "nlm": lambda h, sigma=0.0 if clip else level: baselines.NonLocalMeans(h, sigma),
            "memoriser": lambda d: baselines.Memoriser(baselines._levels(rest), noise, level, clip, d, "rest"),  # noqa: B023
        }
        for name, value in setting["parameters"].items():
            errors = {v: metrics.mse(candidates[name](v)(noisy), clean) for v in baselines.GRID[name]}
            assert value == min(errors, key=errors.get)
            assert setting["mse"][name] == pytest.approx(errors[value], abs=1e-5)
