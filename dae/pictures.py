"""A picture's file -> a PIL image, and nothing that should not be decoded. Neither torch nor numpy: it starts fast.

image = open_image(upload)                # bytes -> PIL image
"""

from __future__ import annotations

import codecs
import importlib
import io
import struct
import zlib
from typing import Any

from PIL import Image

MAX_BYTES = 12_000_000  # a phone's photo passes
MAX_PIXELS = 25_000_000  # a phone's 24 megapixels pass
MAX_SCANS = 100  # passes over a JPEG's pixels; progressive ones have some ten
PLUGINS = {"PNG": "Png", "JPEG": "Jpeg", "WebP": "WebP", "GIF": "Gif", "BMP": "Bmp"}  # the formats that are read
# Whatever PIL's decoders run into, they let escape.
DECODING_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    EOFError,
    RuntimeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)

WORKING_SIDE = 448  # larger pictures are reduced to this first: handwriting needs no more

REASONS = {
    "empty": "The file is empty.",
    "too_many_bytes": "The file is too large: at most {limit:g} MB are read.",
    "enormous": "The picture has {width} x {height} pixels, and at most {limit:g} million are read.",
    "many_scans": "The JPEG draws its pixels {scans:,} times over, and at most {limit} times are read; save it anew.",
    "animated": "The file holds an animation; choose a still picture.",
    "svg": "The file is an SVG drawing, which has no pixels; save it as PNG first.",
    "text": "The file is text, not a picture.",
    "corrupt": "The file begins like a {format} picture but is damaged.",
    "unsupported": "The file is of a kind that is not read here; choose one of {formats}.",
    "no_ink": "There is no ink to see in the picture; show one digit that stands out from its paper.",
    "several": "There are {count} digits in the picture; show one of them alone.",
    "not_an_image": (
        "A picture must be a PIL image or an array (H, W), (H, W, 3) or (H, W, 4) of uint8 or of floats in [0, 1]."
    ),
}


class ImageError(ValueError):
    """A picture of which no digit can be made; the message is one English sentence for the user.

    `reason` is a key of `REASONS`, `values` are its sentence's parameters: enough to say it in another language.
    """

    def __init__(self, reason: str, **values: Any):
        super().__init__(REASONS[reason].format(**values))
        self.reason = reason
        self.values = values


# --- A file's bytes -> a PIL image ------------------------------------------------------------------------------------


def open_image(source: bytes) -> Image.Image:
    """Decodes an upload (PNG, JPEG, WebP, GIF or BMP, one still picture) and refuses what should not be decoded.

    The size is read from the header and checked before any pixel is decoded. A large JPEG comes back reduced, its
    longer side still at least `WORKING_SIDE`. An EXIF orientation is left to `preprocess`.

    Raises `ImageError` with the reason "empty", "too_many_bytes", "enormous", "many_scans", "animated", "svg", "text",
    "corrupt" or "unsupported".
    """
    if not source:
        raise ImageError("empty")
    if len(source) > MAX_BYTES:
        raise ImageError("too_many_bytes", limit=MAX_BYTES / 1e6)
    file_format = _file_format(source)
    # Each scan's marker is these two bytes, which compressed pixels never hold.
    scans = source.count(b"\xff\xda") if file_format == "JPEG" else 0
    if scans > MAX_SCANS:
        raise ImageError("many_scans", scans=scans, limit=MAX_SCANS)
    try:
        # The plugin's class, because Image.open warns of a large size before it can be refused here.
        plugin = importlib.import_module(f"PIL.{PLUGINS[file_format]}ImagePlugin")
        image = getattr(plugin, f"{PLUGINS[file_format]}ImageFile")(io.BytesIO(source))
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise ImageError("enormous", width=width, height=height, limit=MAX_PIXELS / 1e6)
        if getattr(image, "is_animated", False):
            raise ImageError("animated")
        image.draft(None, (WORKING_SIDE, WORKING_SIDE))
        image.load()
    except ImageError:
        raise
    except DECODING_ERRORS as error:
        raise ImageError("corrupt", format=file_format) from error
    return image


def _file_format(source: bytes) -> str:
    """The key of `PLUGINS` that the first bytes speak for; `ImageError` says what it is instead."""
    for file_format, magic in (("PNG", b"\x89PNG"), ("JPEG", b"\xff\xd8\xff"), ("GIF", b"GIF8")):
        if source.startswith(magic):
            return file_format
    if source[:4] == b"RIFF" and source[8:12] == b"WEBP":
        return "WebP"
    if _is_text(source):
        start = source[:65536].lower().removeprefix(b"\xef\xbb\xbf").lstrip()
        raise ImageError("svg" if start.startswith(b"<") and b"<svg" in start and b"<html" not in start else "text")
    if source.startswith(b"BM"):
        return "BMP"
    raise ImageError("unsupported", formats=", ".join(PLUGINS))


def _is_text(source: bytes) -> bool:
    if source.startswith(b"%PDF"):
        return False
    for encoding in ("utf-16",) if source[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8", "gb18030"):
        try:
            start = codecs.getincrementaldecoder(encoding)().decode(source[:4096])
        except UnicodeDecodeError:
            continue
        return all(character >= " " or character in "\t\n\r\f\x1b" for character in start)
    return False


# --- Modes and sizes ------------------------------------------------------------------------------------------------


def simple_mode(picture: Image.Image) -> Image.Image:
    """The same picture in mode L, RGB or RGBA, or F with values in [0, 1]."""
    if picture.mode.startswith(("I", "F")):
        import numpy as np  # which no other picture needs

        values = np.asarray(picture, dtype=np.float32)
        if not values.min() >= 0:
            raise ImageError("not_an_image")
        # These modes do not say which value is white: take the least that their usual ranges allow.
        usual = (65535,) if picture.mode.startswith("I;16") else (1, 255, 65535)
        return Image.fromarray(values / next((white for white in usual if values.max() <= white), values.max()))
    if picture.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in picture.info:
        return picture.convert("RGBA")
    if picture.mode in ("1", "L"):
        return picture.convert("L")
    return picture.convert("RGB")


def reduced(picture: Image.Image) -> Image.Image:
    """The same picture with no side longer than `WORKING_SIDE`."""
    scale = WORKING_SIDE / max(picture.size)
    if scale >= 1:
        return picture
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
