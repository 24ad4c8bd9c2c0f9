"""Any picture -> its grey levels, upright and opaque: what ink is looked for in."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from PIL import ExifTags, Image, ImageStat

from dae.pictures import DECODING_ERRORS, ImageError, reduced, simple_mode

LIGHT_SAMPLES = 48  # along the longer side, of what the light is fitted to
LIGHT_TOLERANCE = 3 / 255  # paper that lies so near to the light is not something else
LEAST_LIT = 0.5  # of the outermost pixels
LEAST_LIGHT = 0.1


def grey_levels(image: Any) -> np.ndarray:
    """A picture -> float32 (H, W) in [0, 1], upright and opaque, its longer side at most `WORKING_SIDE`.

    Args:
        image: a PIL image of any mode, or a numpy array or torch tensor (H, W), (H, W, 3) or (H, W, 4) of uint8 or of
            floats in [0, 1]; leading dimensions of size 1 are dropped.

    Raises:
        ImageError: "no_ink" where it has no pixels or is wholly transparent, "not_an_image".
    """
    picture = image if isinstance(image, Image.Image) else _from_array(image)
    if 0 in picture.size:
        raise ImageError("no_ink")
    try:
        orientation = picture.getexif().get(ExifTags.Base.Orientation)
        picture = reduced(simple_mode(picture))
    except DECODING_ERRORS as error:  # PIL decodes late, so a damaged file that was opened elsewhere fails here
        raise ImageError("not_an_image") from error
    if picture.mode == "RGBA":
        picture = _lay_on_paper(picture)
    if picture.mode == "RGB":
        picture = _one_channel(picture)
    grey = np.asarray(picture, dtype=np.float32)
    return _turn(grey if picture.mode == "F" else grey / 255, orientation)


def _from_array(image: Any) -> Image.Image:
    """An array or tensor -> mode L, RGB or RGBA, or F with values in [0, 1]."""
    array = image.detach().cpu().numpy() if isinstance(image, torch.Tensor) else np.asarray(image)
    while array.ndim > 2 and array.shape[0] == 1:
        array = array[0]
    if not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))):
        raise ImageError("not_an_image")
    if array.size == 0:
        raise ImageError("no_ink")
    if array.dtype != np.uint8:
        # Written so that NaN is refused too.
        if array.dtype.kind not in "bf" or not (array.min() >= 0 and array.max() <= 1):
            raise ImageError("not_an_image")
        array = array.astype(np.float32) if array.ndim == 2 else np.round(array.astype(np.float32) * 255)
    return Image.fromarray(np.ascontiguousarray(array if array.ndim == 2 else array.astype(np.uint8)))


def _turn(grey: np.ndarray, orientation: int | None) -> np.ndarray:
    """Makes (H, W) upright that was stored in EXIF orientation 1 to 8."""
    if orientation in (5, 6, 7, 8):
        grey = grey.T
    if orientation in (3, 4, 7, 8):
        grey = grey[::-1]
    if orientation in (2, 3, 6, 7):
        grey = grey[:, ::-1]
    return np.ascontiguousarray(grey)


def _lay_on_paper(picture: Image.Image) -> Image.Image:
    """Mode RGBA -> RGB, on a paper that the ink stands out from."""
    alpha = picture.getchannel("A")
    least, most = alpha.getextrema()
    if least == 255:
        return picture.convert("RGB")
    if most == 0:
        raise ImageError("no_ink")
    visible = np.asarray(alpha) > most / 2
    colours = np.asarray(picture.convert("RGB"))[visible]  # (P, 3)
    lightness = colours.mean(1)
    top, bottom, left, right = box_of(visible)
    if visible[top:bottom, left:right].mean() > 0.75 and lightness.std() > 0.05 * 255:  # a card with a digit, cut out
        paper = tuple(np.median(colours, axis=0).astype(int).tolist())
    else:  # nothing but ink
        paper = (255, 255, 255) if lightness.mean() < 128 else (0, 0, 0)
    page = Image.new("RGB", picture.size, paper)
    page.paste(picture, mask=alpha)
    return page


def _one_channel(picture: Image.Image) -> Image.Image:
    """Mode RGB -> L: lightness, or the channel with most contrast where ink and paper differ but in hue."""
    lightness = picture.convert("L")
    deviations = ImageStat.Stat(picture).stddev
    if ImageStat.Stat(lightness).stddev[0] >= 0.4 * max(deviations):
        return lightness
    return picture.getchannel(deviations.index(max(deviations)))


def in_even_light(grey: np.ndarray) -> np.ndarray | None:
    """A picture (H, W) in [0, 1] as if its paper lay in even light; None where it is no such paper, or too dark to say.

    The light is a quadratic surface over the picture, fitted by least squares to the outermost pixels, which are mostly
    paper, then to all that lie near it; the picture is divided by it.
    """
    height, width = grey.shape
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
    step = max(1, max(height, width) // LIGHT_SAMPLES)
    rows, columns = np.broadcast_arrays(y[::step], x[:, ::step])
    terms = np.stack([rows**0, columns, rows, columns**2, columns * rows, rows**2], -1).reshape(-1, 6)
    levels = grey[::step, ::step].astype(np.float64).ravel()
    edge = np.ones(rows.shape, bool)
    edge[1:-1, 1:-1] = False
    edge = edge.ravel()

    def fitted(chosen: np.ndarray) -> np.ndarray:
        own = terms[chosen]
        return np.linalg.solve(own.T @ own + 1e-9 * np.eye(6), own.T @ levels[chosen])

    def apart(surface: np.ndarray) -> np.ndarray:
        return np.abs(levels - terms @ surface)

    surface = fitted(edge)
    for number in range(9):  # first of the outermost pixels, then of all
        far = apart(surface)
        near = far <= max(LIGHT_TOLERANCE, 2 * float(np.median(far[edge])))
        surface = fitted(near & edge if number < 6 else near)
    if (apart(surface)[edge] <= LIGHT_TOLERANCE).mean() < LEAST_LIT:
        return None
    one, right, down, right_2, both, down_2 = surface
    light = one + right * x + down * y + right_2 * x**2 + both * x * y + down_2 * y**2
    if light.min() < LEAST_LIGHT:
        return None
    return (grey / light * np.median(light[::step, ::step])).clip(0, 1).astype(np.float32)


Region = tuple[int, int, int, int]  # top, bottom, left, right, ends excluded


def box_of(mask: np.ndarray) -> Region:
    """The box around what is set in a mask that is not empty."""
    rows = np.flatnonzero(mask.any(1))
    columns = np.flatnonzero(mask.any(0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def longer_side(box: Region) -> int:
    """The longer side of a box."""
    return max(box[1] - box[0], box[3] - box[2])
