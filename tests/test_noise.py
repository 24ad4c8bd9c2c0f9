"""Every corruption process against probability theory, and what the page relies on: seeds, levels, ranges."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dae import noise
from dae.noise import NOISES, corrupt, seeded

KEYS = list(NOISES)
COUNT = 400  # images in a moment test: 313,600 pixels
PIXELS = COUNT * 28 * 28


def flat(value: float, count: int = COUNT) -> torch.Tensor:
    """Images of one grey."""
    return torch.full((count, 1, 28, 28), value)


def within_errors(measured: float, expected: float, standard_error: float) -> bool:
    """Five standard errors: a right process fails once in two million seeds, and these seeds are fixed."""
    return abs(measured - expected) <= 5 * standard_error + 1e-6


def rate(mask: torch.Tensor) -> float:
    return mask.double().mean().item()


@pytest.mark.parametrize("sigma", [0.1, 0.5, 1.5])
def test_unclipped_gaussian_noise_is_normal_with_the_level_as_its_deviation(digits, sigma):
    residual = (corrupt(digits, "gaussian", sigma, seed=1, clip=False) - digits).double().numpy().ravel() / sigma
    assert stats.kstest(residual, "norm").pvalue > 1e-3
    assert within_errors(residual.mean(), 0, residual.size**-0.5)
    assert within_errors(residual.var(), 1, (2 / residual.size) ** 0.5)


@pytest.mark.parametrize("grey", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("sigma", [0.2, 0.5, 1.0])
def test_clipped_gaussian_has_the_moments_of_a_censored_normal(grey, sigma):
    noisy = corrupt(flat(grey), "gaussian", sigma, seed=2).double().numpy()
    normal = stats.norm(grey, sigma)
    below, above = normal.cdf(0), normal.sf(1)
    moments = [normal.expect(lambda y, m=m: y**m, lb=0, ub=1) + above for m in (1, 2, 4)]
    assert within_errors(noisy.mean(), moments[0], ((moments[1] - moments[0] ** 2) / PIXELS) ** 0.5)
    assert within_errors((noisy**2).mean(), moments[1], ((moments[2] - moments[1] ** 2) / PIXELS) ** 0.5)
    assert within_errors((noisy == 0).mean(), below, (below * (1 - below) / PIXELS) ** 0.5)
    assert within_errors((noisy == 1).mean(), above, (above * (1 - above) / PIXELS) ** 0.5)


def test_clipping_cuts_the_same_noise_off_at_0_and_1(digits):
    wild = corrupt(digits, "gaussian", 0.7, seed=3, clip=False)
    assert wild.min() < -0.5 and wild.max() > 1.5
    assert torch.equal(corrupt(digits, "gaussian", 0.7, seed=3), wild.clamp(0, 1))


@pytest.mark.parametrize("key", [key for key in KEYS if not NOISES[key].can_clip])
def test_clip_means_nothing_to_the_other_noises(digits, key):
    level = NOISES[key].default
    assert torch.equal(corrupt(digits, key, level, seed=3, clip=False), corrupt(digits, key, level, seed=3))


@pytest.mark.parametrize("p", [0.1, 0.5, 0.95])
def test_masking_blackens_its_share_of_the_pixels_and_leaves_the_others(p):
    noisy = corrupt(flat(0.7), "masking", p, seed=4)
    assert set(noisy.unique().tolist()) == {0.0, flat(0.7)[0, 0, 0, 0].item()}
    assert within_errors(rate(noisy == 0), p, (p * (1 - p) / PIXELS) ** 0.5)


def test_masking_draws_every_pixel_by_itself():
    kept = (corrupt(flat(1.0), "masking", 0.5, seed=5) - 0.5).double()
    for one, other in ((kept[..., 1:], kept[..., :-1]), (kept[..., 1:, :], kept[..., :-1, :]), (kept[1:], kept[:-1])):
        correlation = (one * other).mean().item() / 0.25
        assert within_errors(correlation, 0, one.numel() ** -0.5)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.95])
def test_salt_and_pepper_are_half_of_the_spoilt_pixels_each(p):
    noisy = corrupt(flat(0.5), "salt_and_pepper", p, seed=6)
    error = (p / 2 * (1 - p / 2) / PIXELS) ** 0.5
    assert set(noisy.unique().tolist()) == {0.0, 0.5, 1.0}
    assert within_errors(rate(noisy == 0), p / 2, error)
    assert within_errors(rate(noisy == 1), p / 2, error)


@pytest.mark.parametrize("p", [0.2, 0.5, 0.9])
def test_dropout_keeps_the_mean(p):
    noisy = corrupt(flat(0.6), "dropout", p, seed=7)
    assert within_errors(rate(noisy == 0), p, (p * (1 - p) / PIXELS) ** 0.5)
    assert torch.allclose(noisy[noisy > 0], torch.tensor(0.6 / (1 - p)))
    assert within_errors(noisy.double().mean().item(), 0.6, 0.6 * (p / (1 - p) / PIXELS) ** 0.5)


@pytest.mark.parametrize("grey", [0.1, 0.3, 0.5])
def test_speckle_deviates_in_proportion_to_the_ink(grey):
    sigma = 0.15  # clipping is more than six deviations away
    relative = (corrupt(flat(grey), "speckle", sigma, seed=8).double() / grey - 1) / sigma
    assert within_errors(relative.mean().item(), 0, PIXELS**-0.5)
    assert within_errors(relative.var().item(), 1, (2 / PIXELS) ** 0.5)


def test_speckle_leaves_blank_paper_blank(digits):
    noisy = corrupt(digits, "speckle", 3.0, seed=9)
    assert (noisy[digits == 0] == 0).all()
    assert (noisy[digits > 0] != digits[digits > 0]).float().mean() > 0.5


@pytest.mark.parametrize("level", [0.0, 0.1, 0.25, 0.4, 0.5, 0.8, 1.0])
def test_a_block_is_one_black_square_inside_the_picture(level):
    side = round(28 * level)
    black = corrupt(flat(1.0, 200), "block", level, seed=10)[:, 0] == 0
    rows, columns = black.any(2), black.any(1)
    assert (black.sum((1, 2)) == side**2).all()
    assert (rows.sum(1) == side).all() and (columns.sum(1) == side).all()
    assert torch.equal(black, rows[:, :, None] & columns[:, None, :])
    if side:  # in one piece
        places = torch.arange(28)
        for lines in (rows, columns):
            spans = [places[line].max() - places[line].min() + 1 for line in lines]
            assert all(span == side for span in spans)


def test_a_block_lies_anywhere_equally_often():
    side, count = 20, 4500  # 9 places each way
    black = corrupt(flat(1.0, count), "block", side / 28, seed=11)[:, 0] == 0
    tops, lefts = (line.float().argmax(1) for line in (black.any(2), black.any(1)))
    places = torch.bincount(tops * 9 + lefts, minlength=81).numpy()
    assert places.size == 81
    assert stats.chisquare(places).pvalue > 1e-3


@pytest.mark.parametrize("key", KEYS)
def test_level_0_leaves_the_pictures_as_they_are(digits, key):
    assert torch.equal(corrupt(digits, key, 0.0, seed=12), digits)
    assert torch.equal(corrupt(digits, key, torch.zeros(len(digits)), seed=12), digits)


@pytest.mark.parametrize("key", ["masking", "salt_and_pepper", "block"])
def test_a_level_of_1_leaves_nothing(digits, key):
    noisy = corrupt(digits.clamp(0.2, 0.8), key, 1.0, seed=13)
    assert ((noisy == 0) | ((noisy == 1) & (key == "salt_and_pepper"))).all()


@pytest.mark.parametrize("key", KEYS)
def test_each_picture_gets_its_own_level(digits, key):
    levels = torch.linspace(0, NOISES[key].maximum, len(digits))
    together = corrupt(digits, key, levels, seed=14)
    for i in range(0, len(digits), 7):
        assert torch.equal(together[i], corrupt(digits, key, levels[i].item(), seed=14)[i])


@pytest.mark.parametrize("key", ["masking", "salt_and_pepper", "block", "dropout"])
def test_a_rising_level_only_ever_spoils_more(key):
    clean = flat(0.5, 20)
    before = torch.zeros_like(clean, dtype=torch.bool)
    for level in NOISES[key].levels(15):
        noisy = corrupt(clean, key, level, seed=15)
        spoilt = (noisy == 0) | (noisy == 1) if key == "salt_and_pepper" else noisy == 0
        assert not (before & ~spoilt).any()
        before = spoilt
    assert before.float().mean() > 0.5


@pytest.mark.parametrize("key", KEYS)
def test_a_seed_is_a_picture(digits, key):
    level = NOISES[key].default
    first = corrupt(digits, key, level, seed=16)
    torch.rand(5)  # whatever else is drawn
    assert torch.equal(corrupt(digits, key, level, seed=16), first)
    assert torch.equal(corrupt(digits, key, level, generator=seeded(16)), first)
    assert not torch.equal(corrupt(digits, key, level, seed=17), first)


@pytest.mark.parametrize("key", KEYS)
def test_a_seed_leaves_the_global_generator_alone_and_no_seed_uses_it(digits, key):
    level = NOISES[key].default
    before = torch.get_rng_state()
    corrupt(digits, key, level, seed=18)
    assert torch.equal(torch.get_rng_state(), before)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        one, other = corrupt(digits, key, level), corrupt(digits, key, level)
        torch.manual_seed(3)
        assert torch.equal(corrupt(digits, key, level), one)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("key", KEYS)
def test_a_generator_goes_on_from_call_to_call(digits, key):
    generator = seeded(19)
    level = NOISES[key].default
    one, other = (corrupt(digits, key, level, generator=generator) for _ in range(2))
    assert not torch.equal(one, other)


def test_noise_is_drawn_where_the_seed_lives_whatever_device_holds_the_pictures():
    asked = []

    class Drawn:
        def to(self, clean):
            return ("moved to", clean)

    def sample(shape, *, generator, device):
        asked.append(torch.device(device))
        return Drawn()

    elsewhere = SimpleNamespace(device=torch.device("cuda"))  # stands for pictures on a GPU
    assert noise._like(sample, (2,), elsewhere, seeded(0)) == ("moved to", elsewhere)
    noise._like(sample, (2,), elsewhere, None)
    assert asked == [torch.device("cpu"), torch.device("cuda")]


@pytest.mark.parametrize("key", KEYS)
def test_every_noise_draws_that_way_and_no_other(digits, key, monkeypatch):
    monkeypatch.setattr(noise, "_like", lambda sample, shape, clean, generator: torch.full(shape, 0.5))
    one, other = (corrupt(digits, key, NOISES[key].default, seed=seed) for seed in (20, 21))
    assert torch.equal(one, other)


@given(
    key=st.sampled_from(KEYS),
    share=st.floats(0, 1),
    count=st.integers(0, 3),
    seed=st.integers(-(2**63), 2**64 - 1),
    pixels=st.integers(0, 2**32 - 1),
    clip=st.booleans(),
)
def test_shape_type_and_range_hold_at_every_level(key, share, count, seed, pixels, clip):
    clean = torch.from_numpy(np.random.default_rng(pixels).choice([0, 0.25, 0.9, 1], (count, 1, 28, 28))).float()
    kept = clean.clone()
    level = share * NOISES[key].maximum
    noisy = corrupt(clean, key, level, seed=seed, clip=clip)
    assert (noisy.shape, noisy.dtype, noisy.device) == (clean.shape, clean.dtype, clean.device)
    assert torch.equal(clean, kept)
    assert noisy.isfinite().all()
    if key == "dropout":
        assert ((noisy >= 0) & (noisy <= 1 / (1 - level) + 1e-5)).all()
    elif key != "gaussian" or clip:
        assert ((noisy >= 0) & (noisy <= 1)).all()


@pytest.mark.parametrize("key", KEYS)
def test_the_registry_makes_sense(key):
    process = NOISES[key]
    levels = process.levels(11)
    assert process.key == key
    assert 0 < process.default <= process.maximum <= process.limit
    assert (levels[0], levels[-1], len(levels)) == (0, process.maximum, 11)
    assert np.allclose(np.diff(levels), process.maximum / 10, atol=1e-3)
    assert process.can_clip == (key == "gaussian")


def test_the_ranges_are_those_of_the_page():
    assert {key: process.maximum for key, process in NOISES.items()} == {
        "gaussian": 1.5,
        "masking": 0.95,
        "salt_and_pepper": 0.95,
        "dropout": 0.9,
        "speckle": 3.0,
        "block": 0.8,
    }


@pytest.mark.parametrize(
    ("key", "level", "options", "sentence"),
    [
        ("snow", 0.5, {}, "no noise called 'snow'; there are gaussian, masking"),
        ("gaussian", -0.1, {}, "level of gaussian must lie between 0 and"),
        ("gaussian", float("nan"), {}, "level of gaussian must lie between"),
        ("gaussian", float("inf"), {}, "level of gaussian must lie between"),
        ("masking", 1.01, {}, "level of masking must lie between 0 and 1"),
        ("salt_and_pepper", 2, {}, "level of salt_and_pepper must lie between 0 and 1"),
        ("dropout", 1.0, {}, r"level of dropout must lie between 0 and 0\.999"),
        ("block", 1.5, {}, "level of block must lie between 0 and 1"),
        ("speckle", [0.1, 0.2, float("nan")], {}, "level of speckle must lie between"),
        ("masking", [0.1, 0.2], {}, "3 images"),
        ("masking", [[0.1], [0.2], [0.3]], {}, "one number or one per image"),
        ("masking", 0.5, {"seed": 1, "generator": seeded(1)}, "a seed or a generator, not both"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(key, level, options, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        corrupt(flat(0.5, 3), key, level, **options)
    assert str(caught.value).endswith(".")


def test_the_strongest_levels_that_a_noise_allows_are_allowed():
    for key, process in noise.NOISES.items():
        level = min(process.limit, 1e6)
        assert corrupt(flat(0.5, 2), key, level, seed=1).isfinite().all()
