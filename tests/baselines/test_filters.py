"""scikit-image's filters against themselves, and the median against its definition."""

import itertools

import numpy as np
import pytest
import torch
from made_up_digits import digits_like

from dae import data
from dae.baselines import (
    Median,
    baseline,
    tuned,
)
from dae.noise import corrupt


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
    assert torch.equal(Median(size)(images), expected)


@pytest.mark.parametrize("clip", [True, False])
def test_tv_and_nlm_are_scikit_images(clip):
    from skimage.restoration import denoise_nl_means, denoise_tv_chambolle

    noisy = corrupt(data.gallery().images[::2000], "gaussian", 0.5, seed=0, clip=clip)
    weight, h = (tuned(name, "gaussian", 0.5, clip) for name in ("tv", "nlm"))
    for image, smooth, alike in zip(
        noisy, baseline("tv", "gaussian", 0.5, clip)(noisy), baseline("nlm", "gaussian", 0.5, clip)(noisy), strict=True
    ):
        picture = image[0].numpy()
        expected = denoise_tv_chambolle(picture, weight=weight)
        np.testing.assert_allclose(smooth[0], expected.clip(0, 1), atol=1e-6)
        sigma = 0.0 if clip else 0.5
        expected = denoise_nl_means(picture, patch_size=5, patch_distance=6, h=h, sigma=sigma)
        np.testing.assert_allclose(alike[0], expected.clip(0, 1), atol=1e-6)
