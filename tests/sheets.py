"""Photos of sheets with many digits, for the tests of what is read in them."""

import numpy as np
import torch
from PIL import Image


def small_digits(
    digits: torch.Tensor, table: bool = False, side: int = 48, across: int = 3
) -> tuple[Image.Image, list[tuple]]:
    """A photo of four rows of digits, far away, in uneven light, in a drawn table or not; and where they are."""
    light = 0.85 - 0.25 * np.linspace(0, 1, 448)[None] * np.linspace(0.3, 1, 448)[:, None]
    ink, places = np.zeros((448, 448)), []
    for number, digit in enumerate(digits[: 4 * across, 0]):
        top, left = 60 + 90 * (number // across), 70 + 330 // across * (number % across)
        small = Image.fromarray((255 * digit).round().byte().numpy()).resize((side, side), Image.Resampling.BICUBIC)
        ink[top : top + side, left : left + side] = np.asarray(small) / 255
        places.append((top, top + side, left, left + side))
    if table:
        for row in range(5):
            ink[40 + 90 * row : 42 + 90 * row, 38:370] = 1
        for column in range(4):
            ink[40:402, 38 + 110 * column : 40 + 110 * column] = 1
    noise = 0.01 * np.random.default_rng(0).standard_normal(ink.shape)
    return Image.fromarray((255 * (light * (1 - 0.8 * ink) + noise).clip(0, 1)).round().astype(np.uint8)), places
