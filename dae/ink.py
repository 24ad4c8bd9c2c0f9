"""Where the ink of a digit is in a picture: on plain paper by its shade, in a photo by a network.

    found = find(grey_levels(image))     # ink (h, w) and the part of the picture that it is of
    for part in digits(found.ink): ...   # one digit after the other, in reading order (`dae.parts`)

The network is the recipe `ink`: a denoising U-Net, trained on made-up photos (`dae.photographs`) to give the digit's
ink and nothing of lines, shadows, neighbours and tables. Its weights lie beside this file:

    python -m dae train ink --output dae/ink.safetensors
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from PIL import Image

from dae.folders import INK
from dae.grey import Region, box_of, in_even_light, longer_side
from dae.models import Autoencoder
from dae.parts import digits, parts_of, shares_within, touching, without_tables
from dae.pictures import ImageError

PAPER_TOLERANCE = 3  # of 255: how much a plain paper's shade may vary
FAINTEST = 0.02  # weaker ink is none
MIN_CONTRAST = 0.04  # between ink and plain paper, of the full range
CLEAR = 0.4  # one part of so much contrast is seen by anybody, whatever the network makes of it
EVEN_EDGE = 0.9  # of the outermost pixels, where the light falls off, that are paper at least
SMALL = 56  # pixels; a picture so small shows one digit whole

SHOWN = 128  # pixels of the longer side of what the network is shown
FURTHER = 64  # the same from further away
BROAD = 12.0  # pixels; strokes that are wider are seen better from there
THIN = 2.5  # pixels; lines that are no wider are hard to follow, and are shown broader
THINNEST = 0.05  # of what was found; thicker ones can be followed
BROADER = 1.0  # by so many pixels on each side
INKED = 0.5  # ink that the network is sure of
SEEN = 0.35  # ink that there may be; without any there is none
ROOM = 0.35  # around what was found, of its longer side, when the network looks again
CLOSER = 0.7  # it looks again where that is less of the picture than this
MARGIN = 2  # outermost pixels of what the network sees: ink there is cut by the border
EVEN = 7  # pixels around each within which the strongest ink becomes 1
AROUND = 8.0  # pixels: the Gaussian of what is around a stroke
LEAST_LEVEL = 0.05  # between a stroke and what is around it
LEAST_CERTAINTY = 0.7  # mean ink of what counts as inked
NEARER = 50  # pixels; a digit of several that is smaller is looked at on its own
STILL = 0.4  # of its size is seen then too, or it is none


@dataclass(frozen=True)
class Found:
    """The ink in a picture."""

    ink: np.ndarray  # float32 (h, w) in [0, 1]
    region: Region  # what of the picture the ink covers
    is_sure: bool
    is_plain: bool  # on paper of one shade, where the ink is exact

    @property
    def scale(self) -> float:
        """How many pixels of the picture each of the ink is."""
        return longer_side(self.region) / max(self.ink.shape)

    def around(self, box: Region, shape: tuple[int, ...]) -> Region:
        """What of the picture (H, W) a box in the ink covers, with room around it."""
        room = ROOM * longer_side(box)
        up, _, across, _ = self.region
        return (
            max(0, up + int((box[0] - room) * self.scale)),
            min(shape[0], up + int((box[1] + room) * self.scale) + 1),
            max(0, across + int((box[2] - room) * self.scale)),
            min(shape[1], across + int((box[3] + room) * self.scale) + 1),
        )

    def into(self, other: Found, places: Any, axis: int) -> Any:
        """Places in this ink, down (axis 0) or across (1), in pixels of another's ink of the same picture."""
        start = 2 * axis
        return (self.region[start] + places * self.scale - other.region[start]) / other.scale


@functools.cache
def network() -> Autoencoder:
    """The network that finds ink: photos (N, 1, H, W) in [0, 1] to ink of the same shape. Raises CheckpointError."""
    from dae import checkpoints

    return checkpoints.load(INK)


def find(grey: np.ndarray) -> Found:
    """The ink of the digit or the digits in a picture (H, W) in [0, 1].

    On plain paper it is what differs from the paper; where that is more than one connected part or runs out of the
    picture, the network says which parts count. Elsewhere it is what the network finds, which looks again from nearer
    where the digit is small.

    Raises:
        ImageError: "no_ink".
    """
    whole = (0, grey.shape[0], 0, grey.shape[1])
    plain = ink_on_plain_paper(grey)
    if plain is None:
        plain = _ink_in_uneven_light(grey)
    if plain is None:
        return _find_in_photo(grey, look(grey))
    labels, count = parts_of(plain > FAINTEST)
    if max(grey.shape) <= SMALL or (count == 1 and not touching(labels)):
        return Found(plain, whole, True, True)
    looked = look(grey)
    chosen = _choose(plain, labels, count, looked[1])
    if chosen is not None:
        return Found(chosen, whole, True, True)
    try:
        return _find_in_photo(grey, looked)
    except ImageError:
        if count > 1 or np.ptp(grey) < CLEAR:
            raise
        return Found(plain, whole, False, True)


# --- On plain paper ---------------------------------------------------------------------------------------------------


def paper_level(grey: np.ndarray) -> tuple[int, np.ndarray, np.ndarray]:
    """The paper's shade of 255; where the picture is near it (H, W); where its outermost pixels are (P,)."""
    levels = np.round(grey * 255).astype(np.intp)
    edge = np.concatenate([levels[0], levels[-1], levels[:, 0], levels[:, -1]])
    # The commonest shade, where the outermost pixels have as many votes as the whole picture.
    votes = np.bincount(edge, minlength=256) / edge.size + np.bincount(levels.ravel(), minlength=256) / levels.size
    paper = int(np.convolve(votes, np.ones(2 * PAPER_TOLERANCE + 1), "same").argmax())
    return paper, np.abs(levels - paper) <= PAPER_TOLERANCE, np.abs(edge - paper) <= PAPER_TOLERANCE


def ink_on_plain_paper(grey: np.ndarray, least_edge: float = 0.6) -> np.ndarray | None:
    """Ink (H, W) in [0, 1] on paper of one shade, as a canvas or a scanner has it; None if the paper is another.

    Connected parts that weigh less than 1 % of the heaviest are dropped.

    Args:
        least_edge: the share of the outermost pixels that are paper at least.

    Raises:
        ImageError: "no_ink".
    """
    _, near, edge_near = paper_level(grey)
    if edge_near.mean() < least_edge or near.mean() < 0.3:
        return None
    difference = grey - np.median(grey[near])
    if -difference.min() > difference.max():
        difference = -difference
    contrast = difference.max()
    if contrast < MIN_CONTRAST:
        raise ImageError("no_ink")
    ink = np.where(near, 0, difference / contrast).clip(0, 1).astype(np.float32)
    labels, count = parts_of(ink > FAINTEST)
    weights = np.bincount(labels.ravel(), ink.ravel(), count + 1)
    return ink * (weights >= 0.01 * weights.max())[labels]


def _ink_in_uneven_light(grey: np.ndarray) -> np.ndarray | None:
    """Ink (H, W) in [0, 1] on paper of one shade that light falls off on; None where it is not of that kind."""
    even = in_even_light(grey)
    try:
        return None if even is None else ink_on_plain_paper(even, EVEN_EDGE)
    except ImageError:
        return None  # the network may see more


def _choose(ink: np.ndarray, labels: np.ndarray, count: int, seen: np.ndarray) -> np.ndarray | None:
    """Of ink on plain paper (H, W) the parts that the network sees as ink of the digit too; None if it sees another.

    Args:
        ink, labels, count: the ink and its connected parts.
        seen: what the network makes of the picture, of any size.
    """
    rows = (np.arange(ink.shape[0]) * seen.shape[0]) // ink.shape[0]
    columns = (np.arange(ink.shape[1]) * seen.shape[1]) // ink.shape[1]
    at = seen[rows][:, columns] > INKED
    weights, shares = shares_within(ink, labels, count, at)
    kept = shares > 0.5
    heavy = weights > 0.25 * weights[1:].max()
    heavy[0] = False
    # A heavy part that is ink but in part is a digit with a line or a frame through it.
    if not kept.any() or (heavy & (shares > 0.1) & (shares <= 0.5)).any():
        return None
    chosen = ink * kept[labels]
    return chosen / chosen.max()  # what is darker may be no ink of the digit


# --- In a photo -------------------------------------------------------------------------------------------------------


@torch.inference_mode()
def look(grey: np.ndarray, longer: int = SHOWN) -> tuple[np.ndarray, np.ndarray]:
    """A picture (H, W) as the network is shown it, with that longer side, and the ink that it sees: both (h, w)."""
    scale = longer / max(grey.shape)
    size = [max(1, round(side * scale)) for side in grey.shape]
    resampling = Image.Resampling.HAMMING if scale < 1 else Image.Resampling.BICUBIC
    shown = np.asarray(Image.fromarray(grey).resize(size[::-1], resampling)).clip(0, 1)
    return shown, network()(torch.from_numpy(shown)[None, None])[0, 0].numpy()


Looked = tuple[np.ndarray, np.ndarray]


def _look_well(grey: np.ndarray, looked: Looked) -> Looked:
    """What `look` gave; from further away where there is nothing to see, or where strokes are so broad that they look
    flat."""
    _, seen = looked
    if seen.max() <= INKED or stroke_width(seen > INKED) > BROAD:
        further = look(grey, FURTHER)
        if further[1].max() > INKED:
            return further
    return looked


def _find_in_photo(grey: np.ndarray, looked: Looked) -> Found:
    """The ink of a picture that was looked at once, and is again where the digit is small or its strokes are thin."""
    whole = (0, grey.shape[0], 0, grey.shape[1])
    shown, seen = _look_well(grey, looked)
    ink, is_sure = _counting(shown, seen)
    first = Found(ink, whole, is_sure, False)
    box = box_of(np.maximum(seen, ink) > SEEN)
    closer = first.around(box, grey.shape)
    if longer_side(closer) >= CLOSER * longer_side(whole):
        closer = whole
    part = grey[closer[0] : closer[1], closer[2] : closer[3]]
    stroke = stroke_width(ink > INKED)
    is_thin = stroke * longer_side(whole) / longer_side(closer) < THIN and stroke < THINNEST * longer_side(box)
    if is_thin:
        part = _broadened(part, max(1, round(BROADER * max(part.shape) / SHOWN)), _is_dark(shown, ink > INKED))
    elif closer == whole:
        return first
    near = _find_in_part(part, closer)
    if near is None:
        return replace(first, is_sure=False)
    if is_thin and len(digits(near.ink)) < len(digits(first.ink)):
        return first  # broader, they run together
    return near


def _find_in_part(part: np.ndarray, region: Region) -> Found | None:
    """The ink in a part of a picture, which is that region of it; None where there is none."""
    try:
        ink, is_sure = _counting(*_look_well(part, look(part)))
    except ImageError:
        return None
    return Found(ink, region, is_sure, False)


def nearer(grey: np.ndarray, found: Found, own: np.ndarray) -> Found | None:
    """One digit of several from nearer, where it is small.

    Args:
        grey: the picture (H, W) in [0, 1].
        found: the ink of all of them.
        own: this digit's (h, w), as `digits` gives it.

    Returns:
        Its ink, and the part of the picture that it is of. None: from nearer it is no digit, or part of a line that
        goes on.
    """
    box = box_of(own > SEEN)
    if found.is_plain or longer_side(box) >= NEARER:
        return replace(found, ink=own)
    top, bottom, left, right = region = found.around(box, grey.shape)
    near = _find_in_part(grey[top:bottom, left:right], region)
    if near is None:
        return None
    # Of what is seen now, what was the digit's before.
    rows, columns = (
        near.into(found, np.arange(near.ink.shape[axis]) + 0.5, axis).astype(int).clip(0, own.shape[axis] - 1)
        for axis in (0, 1)
    )
    labels, count = parts_of(near.ink > FAINTEST)
    kept = shares_within(near.ink, labels, count, own[rows][:, columns] > FAINTEST)[1] > 0.5
    kept[touching(labels)] = False
    ink = near.ink * kept[labels]
    if not (ink > SEEN).any() or longer_side(box_of(ink > SEEN)) * near.scale < STILL * longer_side(box) * found.scale:
        return None
    return replace(near, ink=ink)


def stroke_width(mask: np.ndarray) -> float:
    """The mean width of the strokes in a mask (H, W), in pixels."""
    from scipy import ndimage

    # Across a stroke of width w the depth rises from 1/2 to w/2 and falls again, so its mean is w/4 + 1/2.
    return 4 * (float(ndimage.distance_transform_edt(mask)[mask].mean()) - 0.5)


def _is_dark(shown: np.ndarray, mask: np.ndarray) -> bool:
    """Whether what is masked in a picture (h, w) is darker than what is around it."""
    from scipy import ndimage

    around = ndimage.binary_dilation(mask, iterations=4) & ~ndimage.binary_dilation(mask, iterations=2)
    return not around.any() or bool(shown[mask].mean() < shown[around].mean())


def _broadened(grey: np.ndarray, radius: int, is_dark: bool) -> np.ndarray:
    """A picture (H, W) whose dark, or else light, lines are broader by so many pixels on each side."""
    from scipy import ndimage

    side = 2 * radius + 1
    return ndimage.minimum_filter(grey, side) if is_dark else ndimage.maximum_filter(grey, side)


def _counting(shown: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, bool]:
    """What counts of the ink that the network sees in a picture (both (h, w)), and whether it is sure.

    Raises ImageError ("no_ink").
    """
    from scipy import ndimage

    threshold = INKED
    if seen.max() <= INKED:
        if seen.max() <= SEEN:
            raise ImageError("no_ink")
        threshold = 0.5 * seen.max()
    # Faint strokes count where they go on from strong ones.
    labels, count = parts_of(seen > threshold / 2)
    weights = np.bincount(labels.ravel(), np.where(seen > threshold, seen, 0).ravel(), count + 1)
    weights[0] = 0
    at_border = touching(labels, MARGIN)
    weights[at_border] *= 0.1
    kept = weights >= 0.02 * weights.max()
    kept[0] = False
    if weights.argmax() not in at_border:
        kept[at_border] = False
    mask = kept[labels]
    is_sure = threshold == INKED and float(seen[mask].mean()) > LEAST_CERTAINTY
    ink = np.where(ndimage.binary_dilation(mask, iterations=2), seen, 0)
    ink = np.maximum(ink, _continued(shown, mask))
    ink = (ink / ndimage.maximum_filter(ink, EVEN).clip(threshold / 2)).astype(np.float32)
    return without_tables(ink), is_sure


def _continued(shown: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Where strokes go on that the network sees but in part: ink (h, w) of the same shade as what is masked.

    What goes on out of the picture or to more than was seen is a line or a shadow.
    """
    from scipy import ndimage

    apart = shown - ndimage.gaussian_filter(shown, AROUND)
    if _is_dark(shown, mask):
        apart = -apart
    level = float(np.median(apart[mask]))
    if level < LEAST_LEVEL:
        return np.zeros_like(shown)
    labels, count = parts_of((apart > 0.5 * level) | mask)
    sizes, seen = np.bincount(labels.ravel(), minlength=count + 1), np.bincount(labels[mask], minlength=count + 1)
    goes_on = (seen > 0.4 * sizes) & (np.arange(count + 1) > 0)
    goes_on[touching(labels, MARGIN)] = False
    return np.where(goes_on[labels], (apart / level).clip(0, 1), 0).astype(np.float32)
