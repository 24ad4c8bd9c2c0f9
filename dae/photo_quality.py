"""How many made-up photos of digits are read rightly, beside what is plainly done to a photo.

digit = otsu(photo)              # its threshold, and a crop
digit = resized(photo)           # no more than a smaller picture
measure(test)[0]["network"]      # the share that `dae.preprocess` prepares so that the classifier reads it rightly
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from dae.data import GALLERY_PER_CLASS, Digits, gallery
from dae.grey import box_of, grey_levels
from dae.ink_quality import DISTURBED, PLAIN
from dae.noise import seeded
from dae.photographs import Photographs
from dae.pictures import ImageError
from dae.preprocessing import preprocess
from dae.shaping import BOX_SIDE, FRAME_SIDE, place
from dae.verdict import probabilities

# Photos of one digit: not of several, which neighbours may be too; nor sideways, as which way is up is not seen.
ONE = {"several": 0.0, "neighbours": 0.0, "sideways": 0.0}
DISTURBANCES = {
    name: PLAIN | shares | ONE
    for name, shares in DISTURBED.items()
    if name not in ("several digits", "neighbours", "sideways")
}
SHAPE = (256, 256)
# What the page shows: photos of the gallery's first digits, and the seeds of some in which the digit is whole and is
# read rightly. How often that is so is measured.
EXAMPLES = {
    "shadow": (4, 6),
    "ruled paper": (2, 7),
    "boxes": (3, 3),
    "edge of the sheet": (5, 19),
    "light on dark": (7, 0),
    "noise and blur": (8, 4),
}
EXAMPLE_SHAPE = (192, 192)


def photographed(clean: Tensor, disturbance: str, seed: int, shape: tuple[int, int] = SHAPE) -> list[Image.Image]:
    """Made-up photos, mode L, of digits `(N, 1, 28, 28)`, with one of `DISTURBANCES`."""
    photos, _ = Photographs(**DISTURBANCES[disturbance])(clean, seeded(seed, "cpu"), shape)
    return [Image.fromarray(photo) for photo in (255 * photos[:, 0]).round().byte().numpy()]


def otsu(image: Any) -> Tensor:
    """A photo -> float32 (1, 1, 28, 28) by one threshold for all of it, as MNIST's makers prepared black on white.

    N. Otsu, "A threshold selection method from gray-level histograms", IEEE Trans. SMC 9(1), 1979. The commoner of dark
    and light is paper; the ink's box is scaled to 20 pixels and placed by its centre of mass.

    Args:
        image: see `dae.grey.grey_levels`.

    Raises:
        ImageError: "no_ink" where all is of one shade, "not_an_image".
    """
    from skimage.filters import threshold_otsu

    levels = np.round(255 * grey_levels(image)).astype(np.uint8)
    if levels.min() == levels.max():
        raise ImageError("no_ink")
    ink = levels > threshold_otsu(levels)
    if ink.mean() > 0.5:
        ink = ~ink
    top, bottom, left, right = box_of(ink)
    digit = Image.fromarray(ink[top:bottom, left:right].astype(np.float32))
    scale = BOX_SIDE / max(digit.size)
    small = digit.resize([max(1, round(side * scale)) for side in digit.size], Image.Resampling.BOX)
    return torch.from_numpy(place(np.asarray(small)))[None, None]


def resized(image: Any) -> Tensor:
    """A photo -> float32 (1, 1, 28, 28): scaled down, and where most of it is light turned to white on black.

    `image` and errors are those of `dae.grey.grey_levels`.
    """
    grey = Image.fromarray(grey_levels(image))
    small = np.asarray(grey.resize((FRAME_SIDE, FRAME_SIDE), Image.Resampling.BOX)).clip(0, 1)
    return torch.from_numpy(1 - small if small.mean() > 0.5 else small)[None, None]


WAYS: dict[str, Callable[[Any], Tensor]] = {"network": preprocess, "otsu": otsu, "resized": resized}


def measure(digits: Digits, *, seed: int = 0) -> list[dict[str, Any]]:
    """How many made-up photos of some digits are read rightly by the classifier of `dae.verdict`, sure or not.

    Returns:
        a record for each of `DISTURBANCES`: `photos`, its name; `digits`, how many photos; and for each of `WAYS` the
        share that is read rightly. What is refused, or taken for several digits, is not.
    """
    records = []
    for name in DISTURBANCES:
        photos = photographed(digits.images, name, seed)
        shares = {way: _right(prepare, photos, digits.labels.tolist()) for way, prepare in WAYS.items()}
        records.append({"photos": name, "digits": len(photos), **shares})
    return records


def _right(prepare: Callable[[Any], Tensor], photos: list[Image.Image], labels: list[int]) -> float:
    right = 0
    for photo, label in zip(photos, labels, strict=True):
        try:
            right += int(probabilities(prepare(photo)).argmax()) == label
        except ImageError:
            continue
    return right / len(photos)


def examples() -> dict[str, dict[str, Any]]:
    """The photos that the page shows, by their disturbance: the `digit`, and the `photo` as the data-URI of a JPEG."""
    found = {}
    for name, (digit, seed) in EXAMPLES.items():
        first = GALLERY_PER_CLASS * digit
        (photo,) = photographed(gallery().images[first : first + 1], name, seed, EXAMPLE_SHAPE)
        file = io.BytesIO()
        photo.save(file, "JPEG", quality=85)
        address = f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
        found[name] = {"digit": digit, "photo": address}
    return found
