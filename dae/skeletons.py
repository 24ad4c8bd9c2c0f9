"""The line that a pen drew: digits thinned to their skeletons, and how far each place is from them.

far = distances(clean)        # (N, 1, 28, 28) -> (N, 84, 84), in pixels of the digit
anew = written(far, width)    # (N, 1, 28, 28): by a pen of that width

All digits of a batch at once, on their own device. The thinning is T. Y. Zhang & C. Y. Suen, "A fast parallel algorithm
for thinning digital patterns", Comm. ACM 27(3), 1984.
"""

from __future__ import annotations

import functools

import torch
from torch import Tensor
from torch.nn import functional as F

SCALE = 3  # places for each pixel of a digit, sideways and upright
REACH = 5  # pixels of a digit; what is further from its skeleton is as far
ROUNDS = 9  # of thinning; each takes the rim off a stroke, and MNIST's widest have 18 places across

# The eight neighbours of a place, clockwise from above, as bits of a number.
NEIGHBOURS = ((0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0), (0, 0))


@functools.cache
def removable() -> Tensor:
    """Whether a place with these neighbours is taken away, in the first and the second half of a round: (2, 256)."""
    table = torch.zeros(2, 256, dtype=torch.bool)
    for number in range(256):
        ring = [number >> bit & 1 for bit in range(8)]
        up, right, down, left = ring[::2]
        is_rim = 2 <= sum(ring) <= 6 and sum(a < b for a, b in zip(ring, ring[1:] + ring[:1], strict=True)) == 1
        table[0, number] = is_rim and not (up and right and down) and not (right and down and left)
        table[1, number] = is_rim and not (up and right and left) and not (up and down and left)
    return table


def thinned(mask: Tensor) -> Tensor:
    """Masks (N, H, W) of 0 and 1, float32, to lines of one place across."""
    bits = torch.zeros(1, 1, 3, 3, device=mask.device)
    for bit, (row, column) in enumerate(NEIGHBOURS):
        bits[0, 0, row, column] = 2**bit
    tables = removable().to(mask.device)
    mask = mask.unsqueeze(1)
    for _ in range(ROUNDS):
        for table in tables:
            numbers = F.conv2d(mask, bits, padding=1).round().long()
            mask = mask * ~table[numbers]
    return mask.squeeze(1)


def distances(clean: Tensor) -> Tensor:
    """How far each place of digits (N, 1, 28, 28) in [0, 1] is from their skeletons: (N, 84, 84).

    In pixels of the digit, `REACH` at most. An empty picture is as far everywhere.
    """
    large = F.interpolate(clean, scale_factor=SCALE, mode="bicubic", align_corners=False).squeeze(1)
    skeleton = thinned((large > 0.5).float())
    most = REACH * SCALE
    squares = torch.where(skeleton > 0, 0.0, float(most**2))
    for axis in (2, 1):  # along the rows, then along the columns (Felzenszwalb & Huttenlocher 2012)
        padded = F.pad(squares, (most, most, 0, 0) if axis == 2 else (0, 0, most, most), value=float(most**2))
        size = squares.shape[axis]
        for step in range(-most, most + 1):
            squares = torch.minimum(squares, padded.narrow(axis, most + step, size) + step**2)
    smooth = F.avg_pool2d(squares.sqrt().unsqueeze(1), 3, 1, 1, count_include_pad=False).squeeze(1)
    return smooth / SCALE


def written(far: Tensor, width: Tensor) -> Tensor:
    """Digits (N, 1, 28, 28) in [0, 1] along their skeletons.

    Args:
        far: what `distances` gave, (N, 84, 84).
        width: of each digit's pen, (N, 1, 1), in pixels of the digit.
    """
    ink = ((width / 2 - far) * SCALE + 0.5).clamp(0, 1)
    return F.avg_pool2d(ink.unsqueeze(1), SCALE)
