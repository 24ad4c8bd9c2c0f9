"""Any drawing or photo of a digit -> one 28x28 digit, prepared as MNIST's makers prepared theirs.

    digit = preprocess(open_image(upload))    # bytes -> PIL image -> float32 (1, 1, 28, 28), white ink on black
    reading = read(open_image(upload))        # the same with what was seen on the way, and with all digits

The ink of somebody's picture is found (`dae.ink`) and brought to the size and place of MNIST's (`dae.shaping`).
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from dae.grey import Region, box_of, grey_levels
from dae.ink import FAINTEST, SMALL, Found, find, nearer
from dae.parts import digits
from dae.pictures import ImageError
from dae.shaping import shaped
from dae.verdict import probabilities

MOST_WIDE = 1.2  # width of one digit, of its height
CONFIDENT = 0.9  # of the classifier, where pieces that lie apart are one digit
CLEARER = 0.05  # by so much it is clearer than more than two pieces are: a page of digits may look like one by chance


@dataclass(frozen=True)
class Reading:
    """What was read in a picture, and how."""

    picture: np.ndarray  # float32 (H, W) in [0, 1]: its grey levels, upright, at most 448 pixels a side
    ink: np.ndarray  # float32 (h, w) in [0, 1]: the ink that was found
    region: Region  # top, bottom, left, right (ends excluded): what of the picture the ink covers
    digits: torch.Tensor  # float32 (N, 1, 28, 28) in [0, 1]: what is written, in reading order
    boxes: list[Region]  # of each digit, in pixels of the ink, as the region
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
    written = _written(grey, found) if max(grey.shape) > SMALL else [found]
    shown = torch.stack([shaped(one.ink) for one in written])
    return Reading(grey, found.ink, found.region, shown, [_box(one, found) for one in written], found.is_sure)


def _written(grey: np.ndarray, found: Found) -> list[Found]:
    """Each digit of what was found in a picture (H, W), from nearer where there are several and it is small."""
    pieces = _digits(found.ink)
    if len(pieces) < 2:
        return [found]
    written: list[Found] = []
    for own in pieces:
        near = nearer(grey, found, own)
        if near is not None:
            inks = _digits(near.ink) if near.region != found.region else [own]
            written += [replace(near, ink=ink) for ink in inks]
    return written or [replace(found, ink=own) for own in pieces]


def _digits(ink: np.ndarray) -> list[np.ndarray]:
    """The ink of each digit in ink (H, W), in reading order; all of it where its pieces are one digit.

    They are if all of the ink clearly is one, and they are not clearly more.
    """
    pieces = digits(ink)
    top, bottom, left, right = box_of(ink > 0.3)
    if len(pieces) < 2 or right - left > MOST_WIDE * (bottom - top):
        return pieces
    whole, *parts = probabilities(torch.stack([shaped(each) for each in (ink, *pieces)])).max(1).values.tolist()
    is_one = whole > CONFIDENT and (len(parts) == 2 or whole > sum(parts) / len(parts) + CLEARER)
    return [ink] if is_one else pieces


def _box(one: Found, found: Found) -> Region:
    """The box around one digit, in pixels of all of the ink that was found."""
    box = box_of(one.ink > FAINTEST)
    if one.region == found.region:
        return box
    top, bottom = (one.into(found, place, 0) for place in box[:2])
    left, right = (one.into(found, place, 1) for place in box[2:])
    height, width = found.ink.shape
    return max(0, int(top)), min(height, math.ceil(bottom)), max(0, int(left)), min(width, math.ceil(right))


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
