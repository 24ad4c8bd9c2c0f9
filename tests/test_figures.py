"""Figures for slides: sharp digits, lines that colour-blind people can tell apart, and text that stays text."""

import io
import itertools
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dae import figures
from dae.figures import curves
from dae.figures.grid import GAP

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert('$x^$')</script> & --> $"


def record(denoiser: str, noise: str, level: float, mse: float, clip=None, digits: int = 10_000, **more) -> dict:
    return {
        "denoiser": denoiser, "noise": noise, "level": level, "clip": clip, "digits": digits,
        "mse": mse, "psnr": float("inf") if mse == 0 else -10 * np.log10(mse), "ssim": 0.9, **more,
    }  # fmt: skip


RESULTS = {
    "seed": 3,
    "versions": {"torch": "9.9.9", "python": "3.99"},
    "denoising": [
        record("none", "clean", 0.0, 0.0),
        record("none", "gaussian", 0.5, 0.1, True),
        record("none", "gaussian", 0.5, 0.25, False),
        record("net", "gaussian", 1.0, 0.04, True),
        record("net", "clean", 0.0, 0.001),
        record("net", "gaussian", 0.5, 0.02, True),
        record(HOSTILE, "gaussian", 1.0, 0.03, True, digits=1000),
        record("only-clean", "clean", 0.0, 0.002),
    ],
}


# Machado, Oliveira & Fernandes (2009), severity 1, on linear RGB
EYES = {
    "all cones": np.eye(3),
    "no red": np.array([[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]]),
    "no green": np.array([[0.3673, 0.8607, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]]),
    "no blue": np.array([[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]]),
}
TO_XYZ = np.array([[0.41246, 0.35758, 0.18044], [0.21267, 0.71515, 0.07217], [0.01933, 0.11919, 0.95030]])


def linear(colour: str) -> np.ndarray:
    values = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    xyz = TO_XYZ @ rgb.clip(0, 1) / (0.95047, 1.0, 1.08883)
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(a: str, b: str) -> float:
    """WCAG 2.1, relative luminance."""
    light, dark = sorted((TO_XYZ[1] @ linear(colour) for colour in (a, b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("colours", "paper"), [(figures.COLOURS, "#ffffff"), (figures.COLOURS_DARK, "#191c21")])
@pytest.mark.parametrize("eyes", EYES)
def test_lines_can_be_told_apart_and_seen(colours, paper, eyes):
    seen = [lab(EYES[eyes] @ linear(colour)) for colour in colours]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 14
    assert min(contrast(colour, paper) for colour in colours) >= 3


@pytest.mark.parametrize("eyes", EYES)
def test_classes_can_be_told_apart(eyes):
    seen = [lab(EYES[eyes] @ linear(colour)) for colour in figures.CLASS_COLOURS]
    assert len(seen) == 10
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 25


def test_classes_can_be_seen_on_the_slide_and_on_white():
    slide = "#" + "".join(f"{value:02x}" for value in figures.SLIDE)
    assert min(contrast(colour, slide) for colour in figures.CLASS_COLOURS) >= 3
    assert min(contrast(colour, "#ffffff") for colour in figures.CLASS_COLOURS) >= 2


def test_scatter_shows_each_point_in_the_colour_of_its_class():
    xy, classes = torch.tensor([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0]]), torch.tensor([4, 9, 2])
    content = figures.scatter_figure(xy, classes, "Codes", "three points")
    image = Image.open(io.BytesIO(content))
    assert image.info["Title"] == "Codes" and image.info["Description"] == "three points"
    pixels = np.asarray(image.convert("RGB")).astype(int)
    panel = (pixels == figures.SLIDE).all(-1)
    rows, columns = np.nonzero(panel)
    inside = pixels[rows.min() : rows.max(), columns.min() : columns.max()]
    places = {}
    for digit in (4, 9, 2):
        colour = [int(figures.CLASS_COLOURS[digit][i : i + 2], 16) for i in (1, 3, 5)]
        near = np.abs(inside - (0.85 * np.array(colour) + 0.15 * np.array(figures.SLIDE))).max(-1) < 4
        assert near.any(), digit
        places[digit] = np.argwhere(near).mean(0) / inside.shape[:2]
    assert places[4][0] > 0.9 and places[9][0] < 0.1 and places[2][0] < 0.1  # rows run downwards
    assert places[4][1] < 0.1 and places[9][1] > 0.9 and places[2][1] < 0.1


def test_scatter_as_svg_keeps_its_words_and_what_does_not_fit_is_refused():
    xy, classes = torch.rand(50, 2), torch.arange(50) % 10
    root = ET.fromstring(figures.scatter_figure(xy, classes, HOSTILE, HOSTILE, "svg", star=(0.5, 0.5)))
    assert root.tag == f"{SVG}svg" and not list(root.iter(f"{SVG}script"))
    for arguments in ((xy, classes[:3]), (xy, classes + 5), (xy[:0], classes[:0]), (xy[:, :1], classes)):
        with pytest.raises(ValueError):
            figures.scatter_figure(*arguments, "Codes")
    with pytest.raises(ValueError, match="png or svg"):
        figures.scatter_figure(xy, classes, "Codes", fmt="gif")


def test_every_pair_of_colour_and_dash_is_another():
    pairs = {curves._style("net", i) for i in range(len(figures.COLOURS) * len(figures.DASHES))}
    assert len(pairs) == 35 and len(set(figures.DASHES)) == 5


def test_a_grid_shows_every_pixel():
    digit = torch.rand(1, 1, 28, 28, generator=torch.Generator().manual_seed(0)) * 1.4 - 0.2  # some outside [0, 1]
    images = torch.cat([torch.zeros(1, 1, 28, 28), digit])
    png = figures.grid_figure([("a", images), ("b", images.flip(0))], [0, 0.5], "Title", "Caption")
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    black = (pixels == figures.SLIDE).all(2)
    side, step = 28 * figures.PIXEL, 28 * figures.PIXEL + GAP
    tiles = [
        (top, left)
        for top, left in zip(*np.nonzero(black), strict=True)
        if top + side <= len(pixels) and black[top : top + side, left : left + side].all()
    ]
    assert len(tiles) == 2  # the two empty pictures, nowhere else
    (top, left), (below, right) = tiles
    assert (below - top, right - left) == (step, step)
    expected = np.maximum((digit[0, 0].clamp(0, 1) * 255).round().numpy()[..., None], figures.SLIDE)
    for row, column in ((top, right), (below, left)):
        middle = pixels[row : row + side, column : column + side][figures.PIXEL // 2 :: figures.PIXEL]
        np.testing.assert_array_equal(middle[:, figures.PIXEL // 2 :: figures.PIXEL], expected)


def comments(svg: bytes) -> list[str]:
    """What matplotlib says of each text that it turned into shapes."""
    parser = ET.XMLParser(target=ET.TreeBuilder(insert_comments=True))
    return [node.text.strip() for node in ET.fromstring(svg, parser).iter(ET.Comment)]


def test_texts_of_a_grid_stay_texts():
    svg = figures.grid_figure([(HOSTILE, torch.zeros(2, 1, 28, 28))], [0.25, "all"], HOSTILE, "why", "svg")
    root = ET.fromstring(svg)
    assert not list(root.iter(f"{SVG}script"))
    assert len(list(root.iter(f"{SVG}image"))) == 1
    assert HOSTILE in {node.text for node in root.iter("{http://purl.org/dc/elements/1.1/}title")}
    assert {"0.25", "all", "why", "level"} <= set(comments(svg))


@pytest.mark.parametrize(
    ("rows", "levels", "fmt"),
    [
        ([], [1], "png"),
        ([("a", torch.zeros(1, 1, 28, 28))], [], "png"),
        ([("a", torch.zeros(2, 1, 28, 28))], [0.5], "png"),
        ([("a", torch.zeros(1, 28, 28))], [0.5], "png"),
        ([("a", torch.zeros(1, 1, 28, 28))], [0.5], "pdf"),
        ([("a", torch.zeros(50, 1, 28, 28))] * 41, list(range(50)), "png"),
    ],
)
def test_a_grid_refuses_with_a_sentence(rows, levels, fmt):
    with pytest.raises(ValueError, match=r"\.$"):
        figures.grid_figure(rows, levels, "title", fmt=fmt)


@pytest.mark.parametrize(
    ("name", "clip", "metric", "points"),
    [
        ("net", True, "mse", [(0.0, 0.001), (0.5, 0.02), (1.0, 0.04)]),
        ("none", True, "mse", [(0.0, 0.0), (0.5, 0.1)]),
        ("none", False, "mse", [(0.0, 0.0), (0.5, 0.25)]),
        ("none", True, "psnr", [(0.5, pytest.approx(10.0))]),  # of the clean digit it is infinite
        ("only-clean", True, "mse", []),
        ("nobody", True, "mse", []),
    ],
)
def test_points_of_a_curve(name, clip, metric, points):
    assert figures.curve_points(RESULTS, name, "gaussian", clip, metric) == points


@pytest.mark.parametrize(
    "change",
    [
        {"denoiser": 3},
        {"noise": None},
        {"level": "high"},
        {"level": float("inf")},
        {"digits": None},
        {"mse": float("nan")},
        {"mse": 10**400},
        {"psnr": float("nan")},
        {"psnr": "loud"},
        {"ssim": []},
        {"clip": "yes"},
    ],
)
def test_records_that_are_not_whole_are_left_out(change):
    good = record("net", "gaussian", 0.5, 0.02, True)
    assert list(figures.measured({"denoising": [good | change, good]})) == [good]


@pytest.mark.parametrize("denoising", [None, 3, {}, "text", [3, None, "x", []]])
def test_no_records_at_all(denoising):
    assert list(figures.measured({"denoising": denoising})) == []


@given(st.lists(st.floats(-1000, 1000), max_size=12), st.floats(0.1, 50))
def test_labels_are_moved_apart_and_not_further(places, gap):
    moved = curves.spread(places, gap)
    order = sorted(range(len(places)), key=lambda i: places[i])
    steps = np.diff([moved[i] for i in order])
    assert (steps > gap - 1e-6).all()
    assert np.sum(moved) == pytest.approx(np.sum(places), abs=1e-6)
    if (np.diff(sorted(places)) > gap + 1e-6).all():
        assert moved == pytest.approx(places)


def test_curves_have_their_colours_names_and_origin():
    svg = figures.curves_figure(RESULTS, "gaussian", True, {"none": 0, "net": 8, HOSTILE: 2}, "mse", "svg")
    root = ET.fromstring(svg)
    assert not list(root.iter(f"{SVG}script"))
    styles = " ".join(path.get("style", "") for path in root.iter(f"{SVG}path"))
    colour, _ = curves._style("net", 8)
    for shown in (colour, figures.COLOURS[2], figures.QUIET):
        assert f"stroke: {shown}" in styles
    texts = comments(svg)
    assert {"Noisy input", "net", "0", "0.5", "1", "level σ"} <= set(texts)
    assert any("clipped to [0, 1]" in words for words in texts)
    caption = " ".join(texts)
    for words in ("10,000 MNIST test digits", "1,000", "noise seed 3", "torch 9.9.9", "python 3.99"):
        assert words in caption


def test_curves_for_slides_are_wide_pictures():
    png = figures.curves_figure(RESULTS, "gaussian", True, ["net"], "psnr")
    assert Image.open(io.BytesIO(png)).size == (2000, 1125)


@pytest.mark.parametrize(
    ("noise", "names", "metric", "fmt"),
    [
        ("rain", ["net"], "mse", "png"),
        ("gaussian", ["net"], "taste", "png"),
        ("gaussian", ["net"], "mse", "jpeg"),
        ("gaussian", [], "mse", "png"),
        ("gaussian", ["nobody", "only-clean"], "mse", "png"),
    ],
)
def test_curves_refuse_with_a_sentence(noise, names, metric, fmt):
    with pytest.raises(ValueError, match=r"\.$"):
        figures.curves_figure(RESULTS, noise, True, names, metric, fmt)


@pytest.mark.parametrize("common", [False, True])
def test_a_dictionary_shows_signs_and_scales(common):
    pictures = torch.zeros(5, 28, 28)
    pictures[0, :14], pictures[0, 14:] = 1.0, -1.0
    pictures[1] = 0.25
    png = figures.dictionary_figure(pictures, "A dictionary", "caption", common=common)
    image = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
    # Half of the one picture each, and all of the other; the rest is black, and there is a little of all in the legend.
    tile = 28 * 28 * figures.PIXEL**2

    def area(colour):
        return (np.abs(image - np.array(colour)).max(axis=2) <= 2).sum() / tile

    weak = tuple(value // 2 for value in figures.ABOVE)  # the square root of a quarter
    assert area(figures.BELOW) == pytest.approx(0.5, abs=0.06)
    assert area(figures.ABOVE) == pytest.approx(0.5 if common else 1.5, abs=0.06)
    assert area(weak) == pytest.approx(1.0 if common else 0.0, abs=0.06)
    assert area((0, 0, 0)) == pytest.approx(3.0, abs=0.15)


def test_a_dictionary_as_svg_keeps_its_words():
    svg = figures.dictionary_figure(torch.randn(7, 5, 5), HOSTILE, "caption", "svg", common=True)
    root = ET.fromstring(svg)
    assert HOSTILE in "".join(root.itertext())


@pytest.mark.parametrize("pictures", [torch.zeros(0, 28, 28), torch.zeros(3, 1, 28, 28), torch.zeros(2001, 1, 1)])
def test_a_dictionary_of_nothing_or_too_much_is_refused(pictures):
    with pytest.raises(ValueError, match="1 to 2000 pictures"):
        figures.dictionary_figure(pictures, "title")
    with pytest.raises(ValueError, match="png or svg"):
        figures.dictionary_figure(torch.zeros(1, 2, 2), "title", fmt="pdf")


def test_a_dictionary_of_the_largest_size_is_drawn():
    png = figures.dictionary_figure(torch.zeros(figures.MAX_TILES, 28, 28), "title")
    width, height = Image.open(io.BytesIO(png)).size
    assert 1 < width / height < 2 and width * height < 2**24
