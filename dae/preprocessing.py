"""Any drawing or photo of a digit -> one 28x28 digit, prepared as MNIST's makers prepared theirs.

    digit = preprocess(open_image(upload))    # bytes -> PIL image -> float32 (1, 1, 28, 28), white ink on black
    reading = read(open_image(upload))        # the same with what was seen on the way, and with all digits

MNIST's digits were size-normalised into a 20x20 box with anti-aliasing, keeping the aspect ratio, and placed in the
28x28 frame by their centre of mass (Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to
document recognition", Proc. IEEE 86(11), 1998, section III.A). Before that, the ink of somebody's picture must be
found: see `dae.ink`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image

from dae.grey import box_of, grey_levels
from dae.ink import FAINTEST, SMALL, digits, find
from dae.pictures import ImageError
from dae.verdict import probabilities

FRAME_SIDE = 28
BOX_SIDE = 20

SUPERSAMPLING = 4  # ink is shaped in a box of 80 pixels and averaged down to 20
SHARPENING = 1.0  # amount of the unsharp mask that undoes blur; crisp ink stays as it is
SHARPENING_SIGMA = 2.0  # its Gaussian, in pixels of the result
EDGE_GAIN = 4.0  # steepness of the soft threshold
# Mean width of a stroke, in pixels of the result. MNIST's median is 2.4, its 5th and 95th percentiles 1.6 and 3.8.
MIN_STROKE = 1.6
MAX_STROKE = 3.0


MOST_WIDE = 1.2  # width of one digit, of its height
CONFIDENT = 0.9  # of the classifier, where parts that lie apart are one digit


# --- A picture -> one digit -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reading:
    """What was read in a picture, and how."""

    picture: np.ndarray  # float32 (H, W) in [0, 1]: its grey levels, upright, at most 448 pixels a side
    ink: np.ndarray  # float32 (h, w) in [0, 1]: the ink that was found
    region: tuple[int, int, int, int]  # top, bottom, left, right (ends excluded): what of the picture the ink covers
    digits: torch.Tensor  # float32 (N, 1, 28, 28) in [0, 1]: what is written, in reading order
    boxes: list[tuple[int, int, int, int]]  # of each digit, in pixels of the ink, as the region
    is_sure: bool  # else the ink was hard to tell from what is around it


def read(image: Any) -> Reading:
    """All digits in a picture, white ink on black, each as `preprocess` gives it.

    Args:
        image: see `preprocess`.

    Raises:
        ImageError: "no_ink" or "not_an_image".
    """
    grey = grey_levels(image)
    found = find(grey)
    written = digits(found.ink) if max(grey.shape) > SMALL else [found.ink]
    if len(written) > 1 and _is_one_in_pieces(found.ink):
        written = [found.ink]
    boxes = [box_of(ink > FAINTEST) for ink in written]
    return Reading(grey, found.ink, found.region, torch.stack([shaped(ink) for ink in written]), boxes, found.is_sure)


def _is_one_in_pieces(ink: np.ndarray) -> bool:
    """Whether all of the ink (H, W) is read as one digit with so much confidence that it is not several."""
    top, bottom, left, right = box_of(ink > 0.3)
    if right - left > MOST_WIDE * (bottom - top):
        return False
    return bool(probabilities(shaped(ink)[None]).max() > CONFIDENT)


def preprocess(image: Any) -> torch.Tensor:
    """A picture of one digit -> float32 (1, 1, 28, 28) in [0, 1], white ink on black, as MNIST's digits are.

    `image` is a PIL image of any mode, or a numpy array or torch tensor (H, W), (H, W, 3) or (H, W, 4) of uint8 or of
    floats in [0, 1]; leading dimensions of size 1 are dropped. Dark ink on light paper or light on dark, transparent,
    unevenly lit, on lined paper, turned by EXIF: the ink is found, cropped, scaled to 20 pixels on its longer side, and
    placed so that its centre of mass is nearest to pixel (14, 14), as it is in MNIST. Strokes thinner or thicker than
    MNIST's usual ones are brought to that range, and the brightest pixel is 1. A digit of MNIST's size already is only
    placed.

    Raises:
        ImageError: "no_ink", "not_an_image", or "several": there is more than one digit, and `read` gives them all.
    """
    reading = read(image)
    if len(reading.digits) > 1:
        raise ImageError("several", count=len(reading.digits))
    return reading.digits


# --- Size and place ---------------------------------------------------------------------------------------------------


def shaped(ink: np.ndarray) -> torch.Tensor:
    """Ink (H, W) in [0, 1], some -> float32 (1, 28, 28): its size and its place are those of MNIST's digits."""
    return torch.from_numpy(_place(_normalise_size(ink)))[None]


def _normalise_size(ink: np.ndarray) -> np.ndarray:
    """Ink (H, W) -> the digit alone, its longer side 20 pixels, values in [0, 1] with maximum 1."""
    from scipy import ndimage

    top, bottom, left, right = box_of(ink > FAINTEST)
    if max(bottom - top, right - left) in (BOX_SIDE - 1, BOX_SIDE) and max(ink.shape) <= 2 * FRAME_SIDE:
        return ink[top:bottom, left:right]  # an MNIST digit; resampling would only blur it

    scale = SUPERSAMPLING
    top, bottom, left, right = box_of(ink > 0.3)
    long = max(bottom - top, right - left)
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
    top, bottom, left, right = box_of(fine > 0.3)
    factor = BOX_SIDE / max(bottom - top, right - left)
    width, height = max(1, round((right - left) * factor)), max(1, round((bottom - top) * factor))
    digit = Image.fromarray(fine).resize((width, height), Image.Resampling.HAMMING, box=(left, top, right, bottom))
    return np.asarray(digit).clip(0, 1) / np.asarray(digit).max()


def _normalise_stroke(fine: np.ndarray) -> np.ndarray:
    """Supersampled ink whose mean stroke width is outside of [MIN_STROKE, MAX_STROKE] -> ink at the nearer limit."""
    from scipy import ndimage

    mask = fine > 0.5
    depth = ndimage.distance_transform_edt(mask)
    # Across a stroke of width w the depth rises from 1/2 to w/2 and falls again, so its mean is w/4 + 1/2.
    stroke = 4 * (depth[mask].mean() - 0.5) / SUPERSAMPLING
    if stroke < MIN_STROKE:
        distance = ndimage.distance_transform_edt(~mask)
        fine = np.maximum(fine, ((MIN_STROKE - stroke) / 2 * SUPERSAMPLING + 1 - distance).clip(0, 1))
    elif stroke > MAX_STROKE:
        # In proportion to the depth of the stroke's middle: the thin parts of a digit must not break.
        middle = ndimage.maximum_filter(depth, 2 * int(np.ceil(stroke * SUPERSAMPLING / 2)) + 1)
        fine = np.minimum(fine, (depth - middle * (1 - MAX_STROKE / stroke) + 0.5).clip(0, 1))
    return fine.astype(np.float32)


def _place(digit: np.ndarray) -> np.ndarray:
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
