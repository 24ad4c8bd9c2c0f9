"""MSE, PSNR and SSIM against NumPy and scikit-image, image by image."""

import math

import numpy as np
import pytest
from skimage.metrics import mean_squared_error, peak_signal_noise_ratio, structural_similarity

from dae import metrics
from dae.noise import corrupt


@pytest.fixture(params=["gaussian", "unclipped", "masking", "block"])
def noisy(request, digits):
    key = "gaussian" if request.param == "unclipped" else request.param
    return corrupt(digits, key, 0.5, seed=1, clip=request.param != "unclipped")


def pairs(noisy, digits):
    return zip(noisy[:, 0].double().numpy(), digits[:, 0].double().numpy(), strict=True)


def test_mse(noisy, digits):
    each = [mean_squared_error(clean, image) for image, clean in pairs(noisy, digits)]
    assert metrics.mse(noisy, digits) == pytest.approx(np.mean(each), rel=1e-5)
    assert metrics.mse_each(noisy, digits).numpy() == pytest.approx(np.array(each), rel=1e-5)
    assert metrics.mse_each(noisy, digits).shape == (len(digits),)


def test_psnr(noisy, digits):
    expected = peak_signal_noise_ratio(digits.double().numpy(), noisy.double().numpy(), data_range=1)
    assert metrics.psnr(metrics.mse(noisy, digits)) == pytest.approx(expected, abs=1e-4)


def test_psnr_of_a_perfect_picture_is_infinite(digits):
    assert metrics.psnr(metrics.mse(digits, digits)) == math.inf


def test_psnr_falls_by_10_db_for_every_tenfold_error():
    assert [metrics.psnr(error) for error in (1.0, 0.1, 0.01)] == pytest.approx([0, 10, 20])


def test_ssim_is_that_of_each_picture_alone(noisy, digits):
    expected = [structural_similarity(clean, image, data_range=1) for image, clean in pairs(noisy, digits)]
    assert metrics.ssim_each(noisy, digits) == pytest.approx(np.array(expected), abs=1e-9)
    assert metrics.ssim(noisy, digits) == pytest.approx(np.mean(expected), abs=1e-9)


def test_ssim_of_many_pictures_is_that_of_each_alone(digits):
    """More than go through scikit-image at once."""
    many = digits.repeat(20, 1, 1, 1)
    noisy = corrupt(many, "gaussian", 0.3, seed=2)
    each = metrics.ssim_each(noisy, many)
    places = [0, 499, 500, 999, 1000, len(many) - 1]
    expected = [structural_similarity(a, b, data_range=1) for a, b in pairs(noisy[places], many[places])]
    assert each.shape == (len(many),)
    assert each[places] == pytest.approx(np.array(expected), abs=1e-9)


def test_ssim_is_1_for_the_same_picture_and_symmetric(digits):
    noisy = corrupt(digits, "masking", 0.5, seed=3)
    assert metrics.ssim_each(digits, digits) == pytest.approx(np.ones(len(digits)), abs=1e-9)
    assert metrics.ssim_each(noisy, digits) == pytest.approx(metrics.ssim_each(digits, noisy), abs=1e-9)
