"""What the drawing pad takes from a browser is checked; what pad and plane are given is checked and packed."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from dae.ui import widgets


def uri(data: bytes) -> str:
    return widgets.PNG_PREFIX + base64.b64encode(data).decode()


def header(width: int, height: int) -> bytes:
    return (
        widgets.PNG_SIGNATURE + b"\x00\x00\x00\rIHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes(9)
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "PNG"),
        (7, "PNG"),
        ("", "PNG"),
        ("hello", "PNG"),
        ("data:image/svg+xml;base64,PHN2Zy8+", "PNG"),
        ("http://example.org/a.png", "PNG"),
        (widgets.PNG_PREFIX + "%%%", "damaged"),
        (widgets.PNG_PREFIX + "QUJD RA==", "damaged"),
        (widgets.PNG_PREFIX + "ä", "damaged"),
        (widgets.PNG_PREFIX, "PNG"),
        (uri(b"GIF89a" + bytes(60)), "PNG"),
        (uri(header(112, 112)[:30]), "PNG"),
        (uri(header(20_000, 20_000)), "20000 x 20000"),
        (uri(header(112, 0)), "112 x 0"),
        (widgets.PNG_PREFIX + "A" * widgets.MAX_DATA_URI, "larger"),
    ],
)
def test_what_is_not_a_drawing_is_refused_with_a_sentence(text: object, says: str):
    with pytest.raises(ValueError, match=says) as caught:
        widgets.read_data_uri(text)
    assert str(caught.value).endswith(".")


def test_a_drawing_is_read():
    assert widgets.read_data_uri(uri(header(112, 112))) == header(112, 112)


def test_a_missing_label_is_named():
    with pytest.raises(ValueError, match="undo"):
        widgets.drawing_pad({name: "" for name in widgets.PAD_LABELS if name != "undo"})


def test_five_thousand_points_are_packed_small():
    rng = np.random.default_rng(0)
    xy, classes = rng.normal(size=(5000, 2)), rng.integers(0, 10, 5000)
    packed = widgets.pack_points(xy, classes)
    assert len(packed["xy"]) + len(packed["classes"]) < 62_000
    back = np.frombuffer(base64.b64decode(packed["xy"]), dtype="<f4").reshape(-1, 2)
    assert np.allclose(back, xy, atol=1e-6)
    assert (np.frombuffer(base64.b64decode(packed["classes"]), dtype=np.uint8) == classes).all()
    left, right, bottom, top = packed["extent"]
    assert right - left == pytest.approx(top - bottom)
    assert (xy.min(axis=0) > (left, bottom)).all() and (xy.max(axis=0) < (right, top)).all()


@pytest.mark.parametrize("xy", [np.zeros((0, 2)), np.ones((1, 2)), np.ones((3, 2))])
def test_extent_is_never_empty(xy: np.ndarray):
    left, right, bottom, top = widgets.pack_points(xy, np.zeros(len(xy), dtype=int))["extent"]
    assert left < right and bottom < top


@pytest.mark.parametrize(
    ("xy", "classes", "extent"),
    [
        (np.zeros((3, 3)), np.zeros(3), None),
        (np.zeros((3, 2)), np.zeros(2), None),
        (np.full((1, 2), np.nan), np.zeros(1), None),
        (np.zeros((1, 2)), np.zeros(1), (1, 0, 0, 1)),
    ],
)
def test_what_is_not_points_is_refused(xy: np.ndarray, classes: np.ndarray, extent: tuple | None):
    with pytest.raises(ValueError):
        widgets.pack_points(xy, classes, extent)


def test_sprite_holds_each_picture_at_its_place():
    images = np.random.default_rng(0).random((7, 1, 4, 4))
    sprite = widgets.pack_sprite(images, columns=3)
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(sprite["src"].partition(",")[2]))))
    assert sheet.shape == (12, 12)
    for index, image in enumerate(images[:, 0]):
        row, column = divmod(index, sprite["columns"])
        tile = sheet[4 * row : 4 * row + 4, 4 * column : 4 * column + 4]
        assert np.abs(tile / 255 - image).max() < 0.003


def test_overlay_is_checked():
    for clouds in ([{"points": [(0, 0)], "colour": "red"}], [{"points": [(0, 0, 0)], "colour": "#ff0000"}]):
        with pytest.raises(ValueError):
            widgets.pack_overlay(clouds=clouds)
    with pytest.raises(ValueError):
        widgets.pack_overlay(stars=[(0, float("nan"))])
