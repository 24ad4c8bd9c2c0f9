"""Every yardstick, as the page and the evaluation ask for it."""

import math

import pytest
import torch
from made_up_digits import SETTINGS, digits_like

from dae import data, metrics
from dae.baselines import BASELINES, baseline
from dae.noise import corrupt


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


@pytest.mark.parametrize("name", ["wiener", "memoriser"])
def test_something_must_be_left(name):
    digits = digits_like(3, 4, 4)
    with pytest.raises(ValueError, match="at least one digit"):
        baseline(name, "gaussian", 0.5, digits=digits, exclude=digits.images)
