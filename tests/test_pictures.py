"""Pictures from anybody: read within bounds, in a process of its own, with the same result."""

import io

import numpy as np
import pytest
import torch
from PIL import ExifTags, Image, ImageDraw

from dae import pictures
from dae.pictures import ImageError, open_image, open_image_within
from dae.preprocessing import preprocess


def drawing(mode: str, size: int = 300) -> Image.Image:
    picture = Image.new("RGB", (size, size), "white")
    points = [(size * x // 10, size * y // 10) for x, y in ((6, 1), (2, 6), (8, 6), (6, 3), (6, 9))]
    ImageDraw.Draw(picture).line(points, "navy", size // 12)
    if mode == "I;16":
        return Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257)
    return picture.convert(mode)


def encoded(picture: Image.Image, file_format: str, **options) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, file_format, **options)
    return stream.getvalue()


def with_scans(side: int, scans: int) -> bytes:
    """A progressive JPEG whose last scan is there again and again."""
    file = encoded(Image.new("L", (side, side), 200), "JPEG", progressive=True)
    last = file[file.rindex(b"\xff\xda") : -2]
    return file[:-2] + last * (scans - file.count(b"\xff\xda")) + b"\xff\xd9"


@pytest.mark.parametrize("count", [pictures.MAX_SCANS + 1, 30_000])
def test_a_jpeg_of_many_scans_is_refused_undecoded(count, monkeypatch):
    monkeypatch.setattr(pictures.importlib, "import_module", lambda name: pytest.fail("a decoder was asked for"))
    with pytest.raises(ImageError) as error:
        open_image(with_scans(64, count))
    assert error.value.reason == "many_scans" and error.value.values["scans"] == count


def test_a_usual_progressive_jpeg_is_read():
    source = encoded(drawing("RGB", 1600), "JPEG", progressive=True)
    assert 2 < source.count(b"\xff\xda") < 20
    assert torch.equal(preprocess(open_image_within(20, source)), preprocess(open_image(source)))


@pytest.mark.parametrize(
    ("mode", "file_format"),
    [("RGB", "PNG"), ("L", "PNG"), ("P", "PNG"), ("RGBA", "PNG"), ("LA", "PNG"), ("1", "PNG"), ("I;16", "PNG"),
     ("RGB", "WEBP"), ("P", "GIF"), ("RGB", "BMP"), ("CMYK", "JPEG"), ("L", "JPEG")],
)  # fmt: skip
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_process_of_its_own_reads_the_same_digit(mode, file_format, orientation):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    options = {"exif": exif} if file_format in ("PNG", "JPEG", "WEBP") else {}
    source = encoded(drawing(mode), file_format, **options)
    assert torch.equal(preprocess(open_image_within(20, source)), preprocess(open_image(source)))


@pytest.mark.parametrize("source", [b"", b"text", b"\x89PNG\r\n", encoded(drawing("L"), "JPEG")[:2000]])
def test_what_is_no_picture_has_the_same_reason(source):
    with pytest.raises(ImageError) as here:
        open_image(source)
    with pytest.raises(ImageError) as there:
        open_image_within(20, source)
    assert (there.value.reason, there.value.values) == (here.value.reason, here.value.values)


def test_a_picture_that_takes_long_is_given_up():
    slow = with_scans(5000, pictures.MAX_SCANS)  # some seconds of a processor
    with pytest.raises(ImageError) as error:
        open_image_within(1, slow)
    assert error.value.reason == "slow" and str(error.value).endswith(".")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_an_orientation_that_is_no_number_is_damage(kind):
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x04\0\0\0abc\0\0\0\0\0"
    stream = io.BytesIO()
    Image.linear_gradient("L").save(stream, kind, exif=exif)
    with pytest.raises(ImageError, match="damaged"):
        open_image_within(5.0, stream.getvalue())
