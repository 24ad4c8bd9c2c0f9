"""How far a picture is from the clean one: MSE, PSNR, SSIM. Images are `(N, 1, 28, 28)` in [0, 1]."""

from __future__ import annotations

import math

import numpy as np
from torch import Tensor


def mse(image: Tensor, clean: Tensor) -> float:
    """Mean squared error over all pixels and images, in [0, 1] units."""
    return float((image - clean).square().mean())


def mse_each(image: Tensor, clean: Tensor) -> Tensor:
    """Mean squared error of each image: `(N,)`."""
    return (image - clean).square().flatten(1).mean(1)


def psnr(mean_squared_error: float) -> float:
    """Peak signal-to-noise ratio, 10 log10(1 / MSE) for a peak of 1, in dB; infinite for an MSE of 0."""
    return math.inf if mean_squared_error <= 0 else -10 * math.log10(mean_squared_error)


def ssim_each(image: Tensor, clean: Tensor) -> np.ndarray:
    """Structural similarity of each image `(N,)`, at most 1 (Wang et al. 2004, 7x7 window, data range 1).

    Images go through scikit-image side by side in wide pictures: the border of half a window that SSIM leaves out of
    its mean is just what keeps neighbours apart. A few hundred at a time, which is also fastest.
    """
    parts = zip(image.split(500), clean.split(500), strict=True)
    return np.concatenate([_ssim_side_by_side(*part) for part in parts])


def _ssim_side_by_side(image: Tensor, clean: Tensor) -> np.ndarray:
    from skimage.metrics import structural_similarity

    window, border = 7, 3
    count, _, height, width = clean.shape
    wide = [x.detach().cpu().double().numpy()[:, 0].transpose(1, 0, 2).reshape(height, -1) for x in (image, clean)]
    _, similarity = structural_similarity(*wide, win_size=window, data_range=1.0, full=True)
    tiles = similarity.reshape(height, count, width)[border:-border, :, border:-border]
    return tiles.mean(axis=(0, 2))


def ssim(image: Tensor, clean: Tensor) -> float:
    """Mean structural similarity over the images: see `ssim_each`."""
    return float(ssim_each(image, clean).mean())
