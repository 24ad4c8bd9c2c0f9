"""The Wiener filter against least squares."""

import itertools
import math

import numpy as np
import pytest
import torch
from made_up_digits import SETTINGS, digits_like

from dae.baselines import (
    baseline,
)
from dae.noise import corrupt


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
    monkeypatch.setattr("dae.baselines.wiener.RIDGE", 0.0)
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
