"""The drawing pad and the plane in a real browser."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from dae.ui import widgets

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


class Pad:
    """A page with a drawing pad, what it sent, and buttons that set it from Python."""

    def __init__(self, launch: Callable, open_page: Callable, *, restored: str = "", **context: object) -> None:
        self.sent: list[str] = []
        self.final: list[bool] = []

        def received(value: str, evt: gr.EventData) -> str:
            self.sent.append(value)
            self.final.append(evt.final)
            return f"received {len(self.sent)}"

        with gr.Blocks() as demo:
            pad = widgets.drawing_pad(LABELS)
            echo = gr.Textbox(label="echo")
            pad.input(received, pad, echo, **QUICK)
            gr.Button("empty it").click(lambda: gr.HTML(value=""), None, pad)
            gr.Button("restore it").click(lambda: gr.HTML(value=restored), None, pad)
            gr.Button("translate it").click(
                lambda: gr.HTML(labels={**LABELS, "hint": "在此画数字", "undo": "撤销", "clear": "<b>清除</b>"}), None, pad
            )
        self.page = open_page(launch(demo), **context)
        self.canvas = self.page.locator(".pad-canvas")
        self.canvas.wait_for()

    def wait(self, finals: int = 1) -> np.ndarray:
        """What the pad last sent, once so many final events have arrived."""
        for _ in range(100):
            if self.final.count(True) >= finals:
                break
            self.page.wait_for_timeout(50)
        assert self.final.count(True) == finals
        return decoded(self.sent[-1]) if self.sent[-1] else np.zeros((112, 112))

    def stroke(self, *points: tuple[float, float], steps: int = 10, pause: float = 0) -> None:
        """A line through points in units of the pad's side."""
        box = self.canvas.bounding_box()
        place = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
        self.page.mouse.move(*place[0])
        self.page.mouse.down()
        for point in place[1:]:
            self.page.mouse.move(*point, steps=steps)
            self.page.wait_for_timeout(pause)
        self.page.mouse.up()


@pytest.fixture
def pad(launch: Callable, open_page: Callable) -> Pad:
    return Pad(launch, open_page)


def test_events_arrive_while_the_pen_moves_and_once_when_it_is_lifted(pad: Pad):
    pad.stroke((0.3, 0.2), (0.7, 0.2), (0.7, 0.8), (0.3, 0.8), pause=150)
    pad.wait()
    assert pad.final[-1] is True
    assert pad.final.count(False) >= 2
    inks = [decoded(value).sum() for value in pad.sent]
    assert inks == sorted(inks) and inks[0] < inks[-1]


def test_line_is_where_the_pen_went(pad: Pad):
    pad.stroke((0.25, 0.25), (0.75, 0.25))
    pixels = pad.wait()
    assert pixels.shape == (112, 112)
    rows, columns = np.nonzero(pixels > 0.5)
    assert rows.mean() == pytest.approx(0.25 * 112, abs=1.5)
    assert columns.min() == pytest.approx((0.25 - 1 / 24) * 112, abs=2)
    assert columns.max() == pytest.approx((0.75 + 1 / 24) * 112, abs=2)
    assert np.ptp(rows) + 1 == pytest.approx(112 / 12, abs=1.5)


def test_dot_undo_and_clear(pad: Pad):
    assert pad.page.locator(".pad-hint").is_visible()
    pad.stroke((0.5, 0.5))
    dot = pad.wait(1)
    assert dot.sum() == pytest.approx(np.pi / 4 * (112 / 12) ** 2, rel=0.1)
    assert not pad.page.locator(".pad-hint").is_visible()
    pad.stroke((0.2, 0.8), (0.8, 0.8))
    assert pad.wait(2).sum() > dot.sum()
    pad.page.get_by_role("button", name="Undo").click()
    assert (pad.wait(3) == dot).all()
    pad.page.get_by_role("button", name="Clear").click()
    pad.wait(4)
    assert pad.sent[-1] == ""
    assert pad.page.locator(".pad-hint").is_visible()
    pad.page.keyboard.press("Control+z")
    assert (pad.wait(5) == dot).all()


def test_keyboard_draws(pad: Pad):
    pad.canvas.focus()
    pad.page.keyboard.press("ArrowLeft")
    pad.page.keyboard.down("Space")  # held: the line ends when it is let go
    for _ in range(8):
        pad.page.keyboard.press("Shift+ArrowDown")
        pad.page.keyboard.up("Shift")
    pad.page.keyboard.up("Space")
    rows, columns = np.nonzero(pad.wait(1) > 0.5)
    assert np.ptp(rows) > 5 * np.ptp(columns)
    first = pad.sent[-1]
    pad.page.keyboard.press("Space")  # tapped: until the next tap
    for _ in range(8):
        pad.page.keyboard.press("ArrowRight")
    pad.page.keyboard.press("Space")
    assert pad.wait(2).sum() > decoded(first).sum()
    pad.page.keyboard.press("Control+z")
    pad.wait(3)
    assert pad.sent[-1] == first
    pad.page.keyboard.press("Delete")
    pad.wait(4)
    assert pad.sent[-1] == ""


def seen(pad: Pad) -> float:
    """The share of the visible canvas that is inked."""
    return pad.page.evaluate(
        "() => { const c = document.querySelector('.pad-canvas');"
        " const data = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        " let sum = 0; for (let i = 0; i < data.length; i += 4) sum += data[i] * data[i + 3] / 65025;"
        " return 4 * sum / data.length; }"
    )


def test_python_sets_the_pad_without_an_event(launch: Callable, open_page: Callable):
    picture = np.zeros((28, 28), dtype=np.uint8)
    picture[7:21, 7:21] = 255
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "png")
    restored = widgets.PNG_PREFIX + base64.b64encode(buffer.getvalue()).decode()
    pad = Pad(launch, open_page, restored=restored)
    pad.stroke((0.1, 0.1), (0.9, 0.1))
    pad.wait(1)
    events = len(pad.sent)
    for button, share in (("restore it", 0.25), ("empty it", 0.0), ("restore it", 0.25)):
        pad.page.get_by_role("button", name=button).click()
        pad.page.wait_for_timeout(500)
        assert seen(pad) == pytest.approx(share, abs=0.01)
        assert pad.page.locator(".pad-hint").is_visible() == (share == 0)
    assert len(pad.sent) == events
    pad.stroke((0.1, 0.1), (0.9, 0.1))  # a restored drawing can be drawn on
    assert pad.wait(2).sum() > 0.25 * 112**2 + 500
    pad.page.get_by_role("button", name="Undo").click()
    assert pad.wait(3).mean() == pytest.approx(0.25, abs=0.01)


def test_words_change_while_it_is_open_and_are_only_text(pad: Pad):
    pad.stroke((0.1, 0.1), (0.9, 0.1))
    before = pad.wait(1)
    pad.page.get_by_role("button", name="translate it").click()
    pad.page.get_by_role("button", name="撤销").wait_for()
    assert pad.page.locator(".pad-clear").inner_text() == "<b>清除</b>"
    assert seen(pad) == pytest.approx(before.mean(), abs=0.01)  # what is drawn stays
    pad.page.get_by_role("button", name="撤销").click()
    assert pad.page.locator(".pad-hint").inner_text() == "在此画数字"


@pytest.mark.parametrize("width", [200, 360])
def test_fits_its_column(width: int, launch: Callable, open_page: Callable):
    pad = Pad(launch, open_page, viewport={"width": width, "height": 700}, has_touch=True, is_mobile=True)
    assert pad.page.evaluate("document.documentElement.scrollWidth") <= width
    box = pad.canvas.bounding_box()
    assert box["width"] == pytest.approx(box["height"], abs=1) and 100 < box["width"] <= 320
    for button in pad.page.locator(".pad-tools button").all():
        assert min(button.bounding_box()["height"], button.bounding_box()["width"]) >= 40
    before = pad.page.locator(".pad").bounding_box()
    pad.page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert pad.wait(1).sum() > 30
    assert pad.page.locator(".pad").bounding_box() == before  # nothing jumps


def test_in_a_hidden_tab_and_back(launch: Callable, open_page: Callable):
    with gr.Blocks() as demo:
        with gr.Tab("first"):
            gr.Markdown("nothing")
            button = gr.Button("translate it")
        with gr.Tab("second"):
            pad = widgets.drawing_pad(LABELS)
        button.click(lambda: gr.HTML(labels={**LABELS, "undo": "撤销"}), None, pad)
        value = gr.Textbox(label="value")
        pad.input(lambda v: v, pad, value, **QUICK)
    page = open_page(launch(demo))
    page.get_by_role("button", name="translate it").click()
    page.wait_for_timeout(300)
    page.get_by_role("tab", name="second").click()
    page.get_by_role("button", name="撤销").wait_for()
    canvas = page.locator(".pad-canvas")
    canvas.click()
    page.wait_for_function("document.querySelector('textarea, input[type=text]').value.length > 100")
    shown = canvas.screenshot()
    page.get_by_role("tab", name="first").click()
    page.get_by_role("tab", name="second").click()
    page.wait_for_timeout(300)
    assert np.array_equal(*(np.asarray(Image.open(io.BytesIO(png))) for png in (shown, canvas.screenshot())))


def header(width: int, height: int) -> bytes:
    return widgets.PNG_SIGNATURE + b"\x00\x00\x00\rIHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes(9)


def uri(data: bytes) -> str:
    return widgets.PNG_PREFIX + base64.b64encode(data).decode()


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
