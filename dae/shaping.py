"""Ink -> a digit of the size and at the place that MNIST's digits have.

    digit = shaped(ink)           # (H, W) -> (1, 28, 28)
    digit = drawing(image)        # a drawing on plain paper -> (1, 1, 28, 28); all of its strokes count

MNIST's digits were size-normalised into a 20x20 box with anti-aliasing, keeping the aspect ratio, and placed in the
28x28 frame by their centre of mass (Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to
document recognition", Proc. IEEE 86(11), 1998, section III.A).
"""

from typing import Any

import numpy as np
import torch
from PIL import Image

from dae.grey import box_of, grey_levels, longer_side
from dae.ink import FAINTEST, ink_on_plain_paper, stroke_width
from dae.pictures import ImageError

FRAME_SIDE = 28
BOX_SIDE = 20

SUPERSAMPLING = 4  # ink is shaped in a box of 80 pixels and averaged down to 20
SHARPENING = 1.0  # amount of the unsharp mask that undoes blur; crisp ink stays as it is
SHARPENING_SIGMA = 2.0  # its Gaussian, in pixels of the result
EDGE_GAIN = 4.0  # steepness of the soft threshold
# Mean width of a stroke, in pixels of the result. MNIST's median is 2.4, its 5th and 95th percentiles 1.6 and 3.8.
MIN_STROKE = 1.6
MAX_STROKE = 3.0


def drawing(image: Any) -> torch.Tensor:
    """A drawing of one digit on plain paper, as a pen leaves it -> float32 (1, 1, 28, 28) in [0, 1].

    Args:
        image: see `grey_levels`.

    Raises:
        ImageError: "not_an_image", or "no_ink": there is none, or paper cannot be told from ink.
    """
    ink = ink_on_plain_paper(grey_levels(image))
    if ink is None:
        raise ImageError("no_ink")
    return shaped(ink)[None]


def shaped(ink: np.ndarray) -> torch.Tensor:
    """Ink (H, W) in [0, 1], some -> float32 (1, 28, 28): its size and its place are those of MNIST's digits."""
    return torch.from_numpy(place(_normalise_size(ink)))[None]


def _normalise_size(ink: np.ndarray) -> np.ndarray:
    """Ink (H, W) -> the digit alone, its longer side 20 pixels, values in [0, 1] with maximum 1."""
    from scipy import ndimage

    top, bottom, left, right = box = box_of(ink > FAINTEST)
    if longer_side(box) in (BOX_SIDE - 1, BOX_SIDE) and max(ink.shape) <= 2 * FRAME_SIDE:
        return ink[top:bottom, left:right]  # an MNIST digit; resampling would only blur it

    scale = SUPERSAMPLING
    top, bottom, left, right = box = box_of(ink > 0.3)
    long = longer_side(box)
    margin = -(-3 * long // BOX_SIDE)  # three pixels of the result, for the tails of blur and for thicker strokes
    crop = np.pad(ink, margin)[top : bottom + 2 * margin, left : right + 2 * margin]
    factor = BOX_SIDE * scale / long
    shape = [max(1, round(side * factor)) for side in crop.shape]
    fine = np.asarray(
        Image.fromarray(crop).resize(shape[::-1], Image.Resampling.HAMMING if factor < 1 else Image.Resampling.BICUBIC)
    )
    fine = (fine / fine.max()).clip(0, 1)
    fine = fine + SHARPENING * (fine - ndimage.gaussian_filter(fine, SHARPENING_SIGMA * scale))
    fine = ((fine - 0.5) * EDGE_GAIN + 0.5).clip(0, 1)
    fine = _normalise_stroke(fine)
    top, bottom, left, right = box = box_of(fine > 0.3)
    factor = BOX_SIDE / longer_side(box)
    width, height = max(1, round((right - left) * factor)), max(1, round((bottom - top) * factor))
    digit = Image.fromarray(fine).resize((width, height), Image.Resampling.HAMMING, box=(left, top, right, bottom))
    return np.asarray(digit).clip(0, 1) / np.asarray(digit).max()


def _normalise_stroke(fine: np.ndarray) -> np.ndarray:
    """Supersampled ink whose mean stroke width is outside of [MIN_STROKE, MAX_STROKE] -> ink at the nearer limit."""
    from scipy import ndimage

    mask = fine > 0.5
    stroke = stroke_width(mask) / SUPERSAMPLING
    if stroke < MIN_STROKE:
        distance = ndimage.distance_transform_edt(~mask)
        fine = np.maximum(fine, ((MIN_STROKE - stroke) / 2 * SUPERSAMPLING + 1 - distance).clip(0, 1))
    elif stroke > MAX_STROKE:
        # In proportion to the depth of the stroke's middle: the thin parts of a digit must not break.
        depth = ndimage.distance_transform_edt(mask)
        middle = ndimage.maximum_filter(depth, 2 * int(np.ceil(stroke * SUPERSAMPLING / 2)) + 1)
        fine = np.minimum(fine, (depth - middle * (1 - MAX_STROKE / stroke) + 0.5).clip(0, 1))
    return fine.astype(np.float32)


def place(digit: np.ndarray) -> np.ndarray:
    """A digit of at most 28 pixels a side -> (28, 28), its centre of mass nearest to (14, 14), nothing cut off."""
    frame = np.zeros((FRAME_SIDE, FRAME_SIDE), np.float32)
    height, width = digit.shape
    total = digit.sum()
    top = round(FRAME_SIDE / 2 - float(digit.sum(1) @ np.arange(height) / total))
    left = round(FRAME_SIDE / 2 - float(digit.sum(0) @ np.arange(width) / total))
    top = min(max(top, 0), FRAME_SIDE - height)
    left = min(max(left, 0), FRAME_SIDE - width)
    frame[top : top + height, left : left + width] = digit
    return frame
