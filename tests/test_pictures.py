"""Pictures from anybody: what should not be decoded is refused."""

import io

import numpy as np
import pytest
from PIL import Image

from dae import pictures
from dae.grey import grey_levels
from dae.pictures import ImageError, open_image


def encoded(picture: Image.Image, file_format: str, **options) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, file_format, **options)
    return stream.getvalue()


@pytest.mark.parametrize("count", [pictures.MAX_SCANS + 1, 30_000])
def test_a_jpeg_of_many_scans_is_refused_undecoded(count, monkeypatch):
    file = encoded(Image.new("L", (64, 64), 200), "JPEG", progressive=True)
    last = file[file.rindex(b"\xff\xda") : -2]
    monkeypatch.setattr(pictures.importlib, "import_module", lambda name: pytest.fail("a decoder was asked for"))
    with pytest.raises(ImageError) as error:
        open_image(file[:-2] + last * (count - file.count(b"\xff\xda")) + b"\xff\xd9")
    assert error.value.reason == "many_scans" and error.value.values["scans"] == count


def test_a_usual_progressive_jpeg_is_read():
    source = encoded(Image.linear_gradient("L").resize((1600, 1600)), "JPEG", progressive=True)
    assert 2 < source.count(b"\xff\xda") < 20
    assert pictures.WORKING_SIDE <= open_image(source).width < 1600


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_an_orientation_that_is_no_number_turns_nothing(kind):
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x04\0\0\0abc\0\0\0\0\0"
    picture = Image.linear_gradient("L")
    found = grey_levels(open_image(encoded(picture, kind, exif=exif)))
    assert np.abs(found - np.asarray(picture) / 255).max() < 0.1
