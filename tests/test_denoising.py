"""Denoisers at work against direct computation."""

import numpy as np
import pytest
import torch

from dae import denoising, metrics
from dae.noise import corrupt


def test_measure_is_what_a_reader_would_compute(split):
    digits = split[1]
    record = denoising.measure(lambda noisy: noisy * 0.5, digits, "gaussian", 0.5, clip=False, seed=3)
    noisy = corrupt(digits.images, "gaussian", 0.5, seed=3, clip=False)
    error = float(((noisy.double() * 0.5 - digits.images.double()) ** 2).mean())
    assert record["mse"] == pytest.approx(error, rel=1e-5)
    assert record["psnr"] == pytest.approx(10 * np.log10(1 / error), abs=1e-3)
    assert record["clip"] is False and record["digits"] == len(digits)
    assert record["ssim"] == pytest.approx(metrics.ssim(noisy * 0.5, digits.images))
    clean = denoising.measure(lambda noisy: noisy, digits, None)
    assert clean["mse"] == 0 and clean["noise"] == "clean" and clean["clip"] is None


def test_sweep_uses_one_draw_for_all_levels(digits):
    result = denoising.sweep(lambda noisy: noisy, digits[:1], "masking", [0.0, 0.3, 0.6], seed=1)
    for level, noisy in zip(result.levels, result.noisy, strict=True):
        assert torch.equal(noisy[None], corrupt(digits[:1], "masking", level, seed=1))
    assert result.noisy_psnr[0] == float("inf")
    assert result.noisy_psnr[1] == pytest.approx(metrics.psnr(metrics.mse(result.noisy[1:2], digits[:1])), abs=1e-4)


def test_denoising_again_feeds_the_result_back(digits):
    path = denoising.denoise_again(lambda noisy: noisy * 0.5, digits, 3)
    assert len(path) == 4
    assert torch.equal(path[0], digits) and torch.allclose(path[3], digits / 8)
