"""The memoriser against a slow, obvious version of itself."""

import itertools
import math

import numpy as np
import pytest
import torch
from made_up_digits import SETTINGS, digits_like

from dae import data, metrics
from dae.baselines import (
    baseline,
)
from dae.data import Digits
from dae.noise import corrupt


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
    monkeypatch.setattr("dae.baselines.memoriser.CHUNK", 7)
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
