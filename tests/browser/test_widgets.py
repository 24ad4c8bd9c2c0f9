"""The drawing pad and the plane in a real browser."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from dae.ui import widgets

if TYPE_CHECKING:
    from playwright.sync_api import Page

LABELS = {
    "canvas": "Drawing pad",
    "hint": "draw a digit here",
    "undo": "Undo",
    "clear": "Clear",
    "cleared": "cleared",
    "pen_down": "pen down",
    "pen_up": "pen up",
}
QUICK = {"queue": False, "show_progress": "hidden", "trigger_mode": "always_last"}


def decoded(uri: str) -> np.ndarray:
    """The pad's value as a (112, 112) array in [0, 1]."""
    image = Image.open(io.BytesIO(widgets.read_data_uri(uri)))
    red, green, blue, alpha = np.moveaxis(np.asarray(image.convert("RGBA")), -1, 0)
    assert (red == green).all() and (red == blue).all() and (alpha == 255).all()
    return red.astype(np.float32) / 255


def uri(data: bytes) -> str:
    return widgets.PNG_PREFIX + base64.b64encode(data).decode()


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    return buffer.getvalue()


SQUARE = np.zeros((28, 28), dtype=np.uint8)
SQUARE[7:21, 7:21] = 255
CHINESE = {**LABELS, "hint": "在此画数字", "undo": "撤销", "clear": "<b>清除</b>"}


class Sent:
    """What the pad sent, in the order in which it arrived."""

    def __init__(self) -> None:
        self.moves: list[str] = []
        self.releases: list[str] = []

    def input(self, value: str) -> None:
        self.moves.append(value)

    def release(self, value: str) -> None:
        self.releases.append(value)


@pytest.fixture(scope="module")
def app(launch: Callable) -> tuple[str, Sent]:
    """A page with a pad, buttons that set it from Python, and a second pad in a tab that is not open."""
    sent = Sent()
    with gr.Blocks() as demo:
        with gr.Tab("first"):
            pad = widgets.drawing_pad(LABELS, elem_id="one")
            gr.Button("empty it").click(lambda: gr.HTML(value=""), None, pad)
            gr.Button("restore it").click(lambda: gr.HTML(value=uri(png(SQUARE))), None, pad)
            translate = gr.Button("translate it")
        with gr.Tab("second"):
            other = widgets.drawing_pad(LABELS, elem_id="two")
        translate.click(lambda: [gr.HTML(labels=CHINESE)] * 2, None, [pad, other])
        for each in (pad, other):
            each.input(sent.input, each, **QUICK)
            each.release(sent.release, each, **QUICK)
    return launch(demo), sent


def wait_until(page: Page, true: Callable[[], bool], seconds: float = 10) -> None:
    for _ in range(int(seconds / 0.03)):
        if true():
            return
        page.wait_for_timeout(30)
    raise AssertionError("it did not happen in time")


class Pad:
    """A pad on a freshly opened page, and what it sent since."""

    def __init__(self, app: tuple[str, Sent], open_page: Callable, *, name: str = "one", **context: object) -> None:
        url, self.sent = app
        self.sent.moves.clear()
        self.sent.releases.clear()
        self.page = open_page(url, **context)
        self.root = self.page.locator(f"#{name}")
        self.canvas = self.root.locator(".pad-canvas[aria-label]")  # labelled by its script
        self.page.locator("#one .pad-canvas[aria-label]").wait_for()

    def released(self, count: int = 1) -> np.ndarray:
        """What the pad last sent, once so many releases have arrived."""
        wait_until(
            self.page,
            lambda: len(self.sent.releases) == count and self.sent.moves[-1:] == self.sent.releases[-1:],
        )
        return decoded(self.sent.releases[-1]) if self.sent.releases[-1] else np.zeros((112, 112))

    def seen(self) -> float:
        """The share of the visible canvas that is inked."""
        return self.canvas.evaluate(
            "c => { const data = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
            " let sum = 0; for (let i = 0; i < data.length; i += 4) sum += data[i] * data[i + 3] / 65025;"
            " return 4 * sum / data.length; }"
        )

    def press(self, x: float, y: float) -> None:
        """The pen goes down, in units of the pad's side."""
        self.move(x, y)
        self.page.mouse.down()

    def move(self, x: float, y: float) -> None:
        box = self.canvas.bounding_box()
        self.page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=8)

    def stroke(self, *points: tuple[float, float]) -> None:
        self.press(*points[0])
        for point in points[1:]:
            self.move(*point)
        self.page.mouse.up()


@pytest.fixture
def pad(app: tuple[str, Sent], open_page: Callable) -> Pad:
    return Pad(app, open_page)


def test_drawing_arrives_while_the_pen_moves_and_when_it_is_lifted(pad: Pad):
    pad.press(0.2, 0.2)
    for count, x in enumerate((0.4, 0.6, 0.8), start=1):
        pad.move(x, 0.2)
        wait_until(pad.page, lambda: len(pad.sent.moves) >= count)  # noqa: B023 - called at once
    assert not pad.sent.releases
    pad.page.mouse.up()
    pad.released()
    inks = [decoded(value).sum() for value in pad.sent.moves]
    assert inks == sorted(inks) and inks[0] < inks[-1]


def test_line_is_where_the_pen_went(pad: Pad):
    pad.stroke((0.25, 0.25), (0.75, 0.25))
    pixels = pad.released()
    assert pixels.shape == (112, 112)
    rows, columns = np.nonzero(pixels > 0.5)
    assert rows.mean() == pytest.approx(0.25 * 112, abs=1.5)
    assert columns.min() == pytest.approx((0.25 - 1 / 24) * 112, abs=2)
    assert columns.max() == pytest.approx((0.75 + 1 / 24) * 112, abs=2)
    assert np.ptp(rows) + 1 == pytest.approx(112 / 12, abs=1.5)


def test_dot_undo_and_clear(pad: Pad):
    assert pad.root.locator(".pad-hint").is_visible()
    pad.stroke((0.5, 0.5))
    dot = pad.released(1)
    assert dot.sum() == pytest.approx(np.pi / 4 * (112 / 12) ** 2, rel=0.1)
    assert not pad.root.locator(".pad-hint").is_visible()
    pad.stroke((0.2, 0.8), (0.8, 0.8))
    assert pad.released(2).sum() > dot.sum()
    pad.page.get_by_role("button", name="Undo").click()
    assert (pad.released(3) == dot).all()
    pad.page.get_by_role("button", name="Clear").click()
    pad.released(4)
    assert pad.sent.releases[-1] == ""
    assert pad.root.locator(".pad-hint").is_visible()
    pad.page.keyboard.press("Control+z")
    assert (pad.released(5) == dot).all()


def test_keyboard_draws(pad: Pad):
    pad.canvas.focus()
    pad.page.keyboard.press("ArrowLeft")
    pad.page.keyboard.down("Space")  # held: the line ends when it is let go
    for _ in range(8):
        pad.page.keyboard.press("Shift+ArrowDown")
        pad.page.keyboard.up("Shift")
    pad.page.keyboard.up("Space")
    rows, columns = np.nonzero(pad.released(1) > 0.5)
    assert np.ptp(rows) > 5 * np.ptp(columns)
    first = pad.sent.releases[-1]
    pad.page.keyboard.press("Space")  # tapped: until the next tap
    for _ in range(8):
        pad.page.keyboard.press("ArrowRight")
    pad.page.keyboard.press("Space")
    assert pad.released(2).sum() > decoded(first).sum()
    pad.page.keyboard.press("Control+z")
    pad.released(3)
    assert pad.sent.releases[-1] == first
    pad.page.keyboard.press("Delete")
    pad.released(4)
    assert pad.sent.releases[-1] == ""


def test_python_sets_the_pad_without_an_event(pad: Pad):
    pad.stroke((0.1, 0.1), (0.9, 0.1))
    pad.released(1)
    events = len(pad.sent.moves)
    for button, share in (("restore it", 0.25), ("empty it", 0.0), ("restore it", 0.25)):
        pad.page.get_by_role("button", name=button).click()
        pad.page.wait_for_timeout(500)
        assert pad.seen() == pytest.approx(share, abs=0.01)
        assert pad.root.locator(".pad-hint").is_visible() == (share == 0)
    assert len(pad.sent.moves) == events
    pad.stroke((0.1, 0.1), (0.9, 0.1))  # a restored drawing can be drawn on
    assert pad.released(2).sum() > 0.25 * 112**2 + 500
    pad.page.get_by_role("button", name="Undo").click()
    assert pad.released(3).mean() == pytest.approx(0.25, abs=0.01)


def test_words_change_while_it_is_open_and_are_only_text(pad: Pad):
    pad.stroke((0.1, 0.1), (0.9, 0.1))
    before = pad.released(1)
    pad.page.get_by_role("button", name="translate it").click()
    pad.page.get_by_role("button", name="撤销").wait_for()
    assert pad.root.locator(".pad-clear").inner_text() == "<b>清除</b>"
    assert pad.seen() == pytest.approx(before.mean(), abs=0.01)  # what is drawn stays
    pad.page.get_by_role("button", name="撤销").click()
    assert pad.root.locator(".pad-hint").inner_text() == "在此画数字"


@pytest.mark.parametrize("width", [200, 360])
def test_fits_its_column(width: int, app: tuple[str, Sent], open_page: Callable):
    pad = Pad(app, open_page, viewport={"width": width, "height": 700}, has_touch=True, is_mobile=True)
    assert pad.page.evaluate("document.documentElement.scrollWidth") <= width
    box = pad.canvas.bounding_box()
    assert box["width"] == pytest.approx(box["height"], abs=1) and 100 < box["width"] <= 320
    for button in pad.root.locator(".pad-tools button").all():
        assert min(button.bounding_box()["height"], button.bounding_box()["width"]) >= 40
    before = pad.root.locator(".pad").bounding_box()
    pad.page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert pad.released(1).sum() > 30
    assert pad.root.locator(".pad").bounding_box() == before  # nothing jumps


def test_in_a_tab_that_is_opened_later(app: tuple[str, Sent], open_page: Callable):
    pad = Pad(app, open_page, name="two")
    pad.page.get_by_role("button", name="translate it").click()
    pad.page.wait_for_timeout(300)
    pad.page.get_by_role("tab", name="second").click()
    pad.root.get_by_role("button", name="撤销").wait_for()
    pad.stroke((0.2, 0.2), (0.8, 0.8))
    drawn = pad.released()
    assert pad.seen() == pytest.approx(drawn.mean(), abs=0.01)
    pad.page.get_by_role("tab", name="first").click()
    pad.page.get_by_role("tab", name="second").click()
    pad.page.wait_for_timeout(300)
    assert pad.seen() == pytest.approx(drawn.mean(), abs=0.01)


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
