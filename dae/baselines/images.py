"""Pictures as the yardsticks hold them: arrays for scikit-image, grey levels for what is made from digits."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dae.data import Digits

GREYS = 256  # MNIST's pixels are k / 255
CHUNK = 5000  # digits at a time, for memory's sake


def filtered(noisy: Tensor, denoise: Callable[[np.ndarray], Any], strength: float = 1.0) -> Tensor:
    """`denoise` on the pictures as an array (N, 28, 28); a strength of 0 leaves them alone."""
    if not strength or not len(noisy):
        return noisy.clamp(0, 1)
    restored = np.asarray(denoise(noisy.detach().cpu().numpy()[:, 0]))
    return torch.from_numpy(restored).unsqueeze(1).to(noisy).clamp(0, 1)


def to_levels(images: Tensor) -> Tensor:
    """Images as grey levels, uint8 (N, pixels): what a noise does to a pixel is then a table of 256 entries."""
    return (images * (GREYS - 1)).round().to(torch.uint8).flatten(1)


@functools.lru_cache(maxsize=2)
def levels_of(digits: Digits) -> Tensor:
    """The grey levels of digits that are used again and again: see `to_levels`."""
    return to_levels(digits.images)


def grey_levels() -> Tensor:
    """The value of each grey level, float64 (256,) in [0, 1]."""
    return torch.arange(GREYS, dtype=torch.float64) / (GREYS - 1)


def look_up(table: Tensor, levels: Tensor) -> Tensor:
    """table (256,), levels uint8 (N, pixels) -> float32 (N, pixels), where the levels are."""
    return table.float().to(levels.device).index_select(0, levels.flatten().int()).view(levels.shape)


def excluded_from(levels: Tensor, exclude: Tensor | None) -> Tensor:
    """Which of the digits are among the images to leave out, by content: bool (N,)."""
    if exclude is None:
        return torch.zeros(len(levels), dtype=torch.bool)
    unwanted = {row.tobytes() for row in to_levels(exclude.cpu()).numpy()}
    return torch.tensor([row.tobytes() in unwanted for row in levels.numpy()])


def description(digits: Digits, excluded: Tensor) -> str:
    """The digits that a yardstick was made from, in a phrase."""
    count = int(excluded.sum())
    return f"{digits.name}, {count} left out" if count else digits.name
