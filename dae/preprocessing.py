"""Any drawing or photo of a digit -> one 28x28 digit, prepared as MNIST's makers prepared theirs.

    digit = preprocess(open_image(upload))    # bytes -> PIL image -> float32 (1, 1, 28, 28), white ink on black

MNIST's digits were size-normalised into a 20x20 box with anti-aliasing, keeping the aspect ratio, and placed in the
28x28 frame by their centre of mass (Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to
document recognition", Proc. IEEE 86(11), 1998, section III.A). Before that, the ink of somebody's picture must be
found: which shade is the paper, how is it lit, what is only noise.
"""

from typing import Any

import numpy as np
import torch
from PIL import ExifTags, Image, ImageStat

from dae.pictures import DECODING_ERRORS, ImageError, reduced, simple_mode

FRAME_SIDE = 28
BOX_SIDE = 20

PAPER_TOLERANCE = 3  # of 255: how much a plain paper's shade may vary
FAINTEST = 0.02  # weaker ink is none
MIN_CONTRAST = 0.04  # between ink and plain paper, of the full range
MIN_PHOTO_CONTRAST = 0.12  # the same in a photo, where shadows and stains come close to it
MIN_SIGNAL_TO_NOISE = 6.0  # in a photo: ink over the standard deviation of the paper

PHOTO_OCTAVES = 3  # a photo is searched for ink at its working size, a half and a quarter of it
PHOTO_WINDOW = 23  # pixels at each of these sizes; ink is narrower
MIN_EDGE = 0.1  # slope of the photo at the outline of ink, per pixel, of the ink's contrast
MIN_SHARP = 0.8  # share of an inked part's outline that has such a slope; shades end softly

SUPERSAMPLING = 4  # ink is shaped in a box of 80 pixels and averaged down to 20
SHARPENING = 1.0  # amount of the unsharp mask that undoes blur; crisp ink stays as it is
SHARPENING_SIGMA = 2.0  # its Gaussian, in pixels of the result
EDGE_GAIN = 4.0  # steepness of the soft threshold
# Mean width of a stroke, in pixels of the result. MNIST's median is 2.4, its 5th and 95th percentiles 1.6 and 3.8.
MIN_STROKE = 1.6
MAX_STROKE = 3.0


# --- A picture -> one digit -------------------------------------------------------------------------------------------


def preprocess(image: Any) -> torch.Tensor:
    """A picture of one digit -> float32 (1, 1, 28, 28) in [0, 1], white ink on black, as MNIST's digits are.

    `image` is a PIL image of any mode, or a numpy array or torch tensor (H, W), (H, W, 3) or (H, W, 4) of uint8 or of
    floats in [0, 1]; leading dimensions of size 1 are dropped. Dark ink on light paper or light on dark, transparent,
    unevenly lit, turned by EXIF: the ink is found, cropped, scaled to 20 pixels on its longer side, and placed so that
    its centre of mass is nearest to pixel (14, 14), as it is in MNIST. Strokes thinner or thicker than MNIST's usual
    ones are brought to that range, and the brightest pixel is 1. A digit of MNIST's size already is only placed.

    Raises `ImageError` with the reason "no_ink" or "not_an_image".
    """
    grey = _grey(image)
    ink = _ink_on_plain_paper(grey)
    if ink is None:
        ink = _ink_in_photo(grey)
    return torch.from_numpy(_place(_normalise_size(ink)))[None, None]


def _grey(image: Any) -> np.ndarray:
    """A picture -> float32 (H, W) in [0, 1], upright and opaque, its longer side at most `WORKING_SIDE`."""
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
    top, bottom, left, right = _box(visible)
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


def _box(mask: np.ndarray) -> tuple[int, int, int, int]:
    """top, bottom, left, right (ends excluded) of what is set in a mask that is not empty."""
    rows = np.flatnonzero(mask.any(1))
    columns = np.flatnonzero(mask.any(0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


# --- Finding the ink --------------------------------------------------------------------------------------------------


def _paper_level(grey: np.ndarray) -> tuple[int, np.ndarray, np.ndarray]:
    """The paper's shade of 255; where the picture is near it (H, W); where its outermost pixels are (P,)."""
    levels = np.round(grey * 255).astype(np.intp)
    edge = np.concatenate([levels[0], levels[-1], levels[:, 0], levels[:, -1]])
    # The commonest shade, where the outermost pixels have as many votes as the whole picture.
    votes = np.bincount(edge, minlength=256) / edge.size + np.bincount(levels.ravel(), minlength=256) / levels.size
    paper = int(np.convolve(votes, np.ones(2 * PAPER_TOLERANCE + 1), "same").argmax())
    return paper, np.abs(levels - paper) <= PAPER_TOLERANCE, np.abs(edge - paper) <= PAPER_TOLERANCE


def _ink_on_plain_paper(grey: np.ndarray) -> np.ndarray | None:
    """Ink (H, W) in [0, 1] on paper of one shade, as a canvas or a scanner has it; None if the paper is another."""
    _, near, edge_near = _paper_level(grey)
    if edge_near.mean() < 0.6 or near.mean() < 0.3:
        return None
    difference = grey - np.median(grey[near])
    if -difference.min() > difference.max():
        difference = -difference
    contrast = difference.max()
    if contrast < MIN_CONTRAST:
        raise ImageError("no_ink")
    ink = np.where(near, 0, difference / contrast).clip(0, 1).astype(np.float32)
    return _drop_specks(ink)


def _ink_in_photo(grey: np.ndarray) -> np.ndarray:
    """Ink (h, w) in [0, 1] on paper that is unevenly lit, shaded and noisy; h / w is about H / W.

    A closing (for light ink: an opening) fills everything dark that is narrower than its window and follows light and
    shade otherwise, which leaves the bare paper. A window that is wide beside the picture fills the corners of shadows
    too, a narrow one does not fill thick strokes. So the picture is taken at several sizes, which also averages its
    noise away, and that ink wins which ends at most edges that the photo really has.
    """
    from scipy import ndimage

    best, best_score = None, 0.0
    for octave in range(PHOTO_OCTAVES):
        small = np.asarray(Image.fromarray(grey).reduce(2**octave))
        side = max(small.shape)
        if octave > 0 and side < 2 * PHOTO_WINDOW:
            break
        smooth = ndimage.gaussian_filter(small, 1)
        slope = ndimage.maximum_filter(np.hypot(*np.gradient(smooth)), 5)
        is_slope = slope > 2 * np.median(slope)  # more than noise and shading make
        for is_dark in (True, False):
            # Light falls on dark ink and its paper in proportion; light ink adds to it.
            if is_dark:
                ink = 1 - smooth / ndimage.grey_closing(smooth, PHOTO_WINDOW).clip(0.02)
                contrast = slope / smooth.clip(0.02)
            else:
                ink = smooth - ndimage.grey_opening(smooth, PHOTO_WINDOW)
                contrast = slope
            ink -= np.median(ink)
            noise = max(1e-3, 1.4826 * float(np.median(np.abs(ink))))
            # The strongest pixels: however small a part of the picture the digit is, it holds some.
            count = min(ink.size, max(10, ink.size // 3000))
            strongest = np.partition(ink, -count, axis=None)[-count]
            level = float(np.median(ink[ink >= strongest / 2]))
            if level < max(MIN_PHOTO_CONTRAST, MIN_SIGNAL_TO_NOISE * noise):
                continue
            ink = (ink / level).clip(0, 1).astype(np.float32)
            mask, sharp, length = _parts_with_edges(ink, is_slope & (contrast > MIN_EDGE * level))
            # Too little, or strokes so wide that the window may not have seen them whole.
            if sharp < 0.06 * side or 2 * mask.sum() / length > 0.6 * PHOTO_WINDOW:
                continue
            score = sharp / side * (sharp / length) ** 4 * min(1, level / noise / 12) * 0.9**octave
            if score > best_score:
                best, best_score = ink * ndimage.binary_dilation(mask, iterations=2), score
    if best is None:
        raise ImageError("no_ink")
    return best


def _parts_with_edges(ink: np.ndarray, is_edge: np.ndarray) -> tuple[np.ndarray, int, int]:
    """The connected parts (H, W) of the ink that end at edges of the photo, and how much of their outline does so.

    Parts that run out of the picture (the table beside the paper) are dropped where something else is there, and so are
    specks.
    """
    from scipy import ndimage

    mask = ink > 0.35
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    outline = mask.copy()
    outline[1:-1, 1:-1] &= ~(mask[:-2, 1:-1] & mask[2:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:])
    lengths = np.bincount(labels[outline], minlength=count + 1)
    sharp_lengths = np.bincount(labels[outline & is_edge], minlength=count + 1)
    weights = np.bincount(labels.ravel(), ink.ravel(), count + 1)
    weights[sharp_lengths <= MIN_SHARP * lengths] = 0
    weights[0] = 0
    at_border = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    weights[at_border] *= 0.1
    keep = (weights > 0) & (weights >= 0.04 * weights.max())
    if weights.argmax() not in at_border:
        keep[at_border] = False
    return keep[labels], int(sharp_lengths[keep].sum()), int(lengths[keep].sum())


def _drop_specks(ink: np.ndarray) -> np.ndarray:
    """Ink without the connected parts that weigh less than 1 % of the heaviest."""
    from scipy import ndimage

    labels, count = ndimage.label(ink > FAINTEST, np.ones((3, 3)))
    weights = np.bincount(labels.ravel(), ink.ravel(), count + 1)
    keep = weights >= 0.01 * weights.max()
    return ink * keep[labels]


# --- Size and place ---------------------------------------------------------------------------------------------------


def _normalise_size(ink: np.ndarray) -> np.ndarray:
    """Ink (H, W) -> the digit alone, its longer side 20 pixels, values in [0, 1] with maximum 1."""
    from scipy import ndimage

    top, bottom, left, right = _box(ink > FAINTEST)
    if max(bottom - top, right - left) in (BOX_SIDE - 1, BOX_SIDE) and max(ink.shape) <= 2 * FRAME_SIDE:
        return ink[top:bottom, left:right]  # an MNIST digit; resampling would only blur it

    scale = SUPERSAMPLING
    top, bottom, left, right = _box(ink > 0.3)
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
    top, bottom, left, right = _box(fine > 0.3)
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
