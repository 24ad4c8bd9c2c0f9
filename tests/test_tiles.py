"""Tiles and small plots: what they show is what the arrays say."""

import base64
import io
import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import torch
from PIL import Image

from dae.figures import ABOVE, BELOW
from dae.ui import tiles


def decoded(uri: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.removeprefix("data:image/png;base64,")))))


def test_a_png_holds_the_pixels():
    pixels = np.arange(28 * 28, dtype=np.uint8).reshape(28, 28)
    assert np.array_equal(decoded(tiles.png(pixels)), pixels)
    colours = np.arange(28 * 28 * 3, dtype=np.uint8).reshape(28, 28, 3)
    assert np.array_equal(decoded(tiles.png(colours)), colours)


def test_grey_clamps_what_lies_outside(digits):
    assert np.array_equal(
        tiles.grey(digits * 3 - 1), (digits * 3 - 1).clamp(0, 1).mul(255).round().byte().numpy()[:, 0]
    )
    assert tiles.row(digits[:5]).shape == (28, 140)
    assert np.array_equal(tiles.row(digits[:5])[:, 28:56], tiles.grey(digits[1:2])[0])


def test_signed_maps_are_blue_below_and_orange_above():
    shown = tiles.signed(torch.tensor([[-1.0, -0.25, 0.0, 0.25, 1.0]]))
    assert tuple(shown[0, 0]) == BELOW and tuple(shown[0, 4]) == ABOVE
    assert tuple(shown[0, 2]) == (0, 0, 0)
    assert shown[0, 1] == pytest.approx(np.array(BELOW) / 2, abs=1)


def points(svg: str, name: str) -> list[tuple[float, float]]:
    root = ET.fromstring(svg[: svg.index("</svg>") + 6])
    line = next(node for node in root if node.get("class") == name)
    return [tuple(map(float, pair.split(","))) for pair in line.get("points").split()]


def test_curves_are_true_to_scale():
    levels = [0.0, 0.5, 1.0]
    svg = tiles.curves(levels, {"noisy": [math.inf, 10.0, 5.0], "restored": [20.0, 15.0, 10.0]}, unit="dB")
    noisy, restored = points(svg, "noisy"), points(svg, "restored")
    assert len(noisy) == 2 and len(restored) == 3, "an infinite value is left out"
    per_decibel = (restored[1][1] - restored[0][1]) / 5
    assert per_decibel > 0, "higher is up"
    assert noisy[0][1] - restored[1][1] == pytest.approx(5 * per_decibel, abs=0.2)
    assert noisy[0][0] == restored[1][0] == pytest.approx((restored[0][0] + restored[2][0]) / 2, abs=0.1)
    assert [x / 640 for x, _ in restored] == pytest.approx([1 / 6, 3 / 6, 5 / 6], abs=1e-3), "each over its tile"


@pytest.mark.parametrize(("value", "shown"), [(0.00884, "0.0088"), (math.inf, "∞"), (math.nan, "–")])
def test_numbers(value, shown):
    assert tiles.number(value, 4) == shown
