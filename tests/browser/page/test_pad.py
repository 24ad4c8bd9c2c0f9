"""The drawing pad in a real browser: what is drawn is what the page makes a digit of."""

from __future__ import annotations

import base64
import itertools
import json
import zlib
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import torch
from helpers import as_bytes, gallery_digit, pixels_of, until, words
from playwright.sync_api import Page, expect

import dae

# What the page asks of its engine, and the drawings among it.
WATCH = """
window.asked = [];
const post = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (message, ...rest) {
  if (message.kind) asked.push(message.kind);
  if (message.kind === "pen") window.sent = Array.from(message.question.pixels);
  return post.call(this, message, ...rest);
};
"""


def encode_digit(digit: np.ndarray) -> str:
    """A digit as it stands in a link."""
    return base64.urlsafe_b64encode(zlib.compress(digit.tobytes(), 9)).decode().rstrip("=")


def decode_digit(text: str) -> np.ndarray:
    return np.frombuffer(zlib.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))), np.uint8)


class Pad:
    """A page with the pad open."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.canvas = page.locator(".pad canvas")
        self.canvas.wait_for()
        self.undo = page.locator(".pad .undo")
        self.clear = page.locator(".pad .clear")
        self.canvas.scroll_into_view_if_needed()

    @property
    def asked(self) -> list[str]:
        return self.page.evaluate("asked")

    def forget(self) -> None:
        self.page.evaluate("() => { asked.length = 0; delete window.sent; }")

    def sent(self) -> np.ndarray:
        """The drawing that the engine was asked about last, (112, 112) in [0, 1]."""
        until(self.page, lambda: self.page.evaluate("Boolean(window.sent)"), "a drawing")
        return np.array(self.page.evaluate("sent"), np.float32).reshape(112, 112) / 255

    def seen(self) -> float:
        """The share of the visible canvas that is inked."""
        pixels = pixels_of(self.canvas).astype(float)
        return float((pixels[..., 0] * pixels[..., 3]).mean() / 255**2)

    def press(self, x: float, y: float) -> None:
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

    def state(self, name: str) -> str:
        return self.page.evaluate("async (name) => (await import('/page/page.js')).state.peek(name)", name)

    def taken(self, before: str = "") -> str:
        """The state's text of the digit, once it is another than before."""
        until(self.page, lambda: self.state("pixels") != before, "a digit")
        return self.state("pixels")


@pytest.fixture
def pad(blank: Callable[..., Page], site_url: str) -> Callable[..., Pad]:
    def opened(query: str = "", **context: object) -> Pad:
        page = blank(**context)
        page.add_init_script(WATCH)
        page.goto(f"{site_url}?source=draw&{query}")
        page.wait_for_selector(".denoise .held .pictures[data-shown]")
        return Pad(page)

    return opened


def shown(pad: Pad, part: str = "clean") -> np.ndarray:
    return pixels_of(pad.page.locator(f".held figure[data-part={part}] canvas"))[..., 0]


def test_a_line_is_where_the_pen_went(pad):
    pad = pad()
    pad.stroke((0.25, 0.25), (0.75, 0.25))
    pad.taken()
    pixels = pad.sent()
    rows, columns = np.nonzero(pixels > 0.5)
    assert rows.mean() == pytest.approx(0.25 * 112, abs=1.5)
    assert columns.min() == pytest.approx((0.25 - 1 / 24) * 112, abs=2)
    assert columns.max() == pytest.approx((0.75 + 1 / 24) * 112, abs=2)
    assert np.ptp(rows) + 1 == pytest.approx(112 / 12, abs=1.5)
    assert pad.seen() == pytest.approx(pixels.mean(), abs=0.01)


def test_the_stage_follows_the_pen_and_shows_what_the_library_makes_of_the_drawing(pad):
    pad = pad("level=0.3&noise=gaussian&seed=4&model=fc-gaussian")
    pad.press(0.3, 0.28)
    seen = []
    for x, y in ((0.5, 0.28), (0.68, 0.28), (0.6, 0.45), (0.45, 0.75)):
        pad.move(x, y)
        pad.page.wait_for_timeout(120)
        seen.append(shown(pad, "reconstruction"))
    assert sum(not np.array_equal(a, b) for a, b in itertools.pairwise(seen)) >= 3
    pad.page.mouse.up()
    digit = decode_digit(pad.taken()).reshape(28, 28)
    oracle = dae.shaping.drawing(pad.sent())
    assert np.abs(as_bytes(oracle).astype(int) - digit).max() <= 2
    until(pad.page, lambda: np.array_equal(shown(pad), digit), "the drawn digit")
    noisy = dae.corrupt(torch.from_numpy(digit.copy())[None, None].float() / 255, "gaussian", 0.3, seed=4)
    until(pad.page, lambda: np.array_equal(shown(pad, "noisy"), as_bytes(noisy)), "its noisy picture")
    expect(pad.page.locator(".held .what")).to_have_text(words()["from_draw"])


def test_a_lifted_stroke_is_computed_once(pad):
    pad = pad()
    pad.press(0.3, 0.2)
    pad.move(0.6, 0.8)
    pad.page.wait_for_timeout(600)
    pad.forget()
    pad.page.mouse.up()
    pad.taken()
    pad.page.wait_for_timeout(600)
    assert sorted(pad.asked) == ["pen", "stage", "strip"]


def test_dot_undo_and_clear(pad):
    pad = pad()
    hint = pad.page.locator(".pad .hint")
    expect(hint).to_be_visible()
    pad.stroke((0.5, 0.5))
    dot = pad.sent()
    assert dot.sum() == pytest.approx(np.pi / 4 * (112 / 12) ** 2, rel=0.1)
    expect(hint).to_be_hidden()
    inked = pad.seen()
    pad.stroke((0.2, 0.8), (0.8, 0.8))
    until(pad.page, lambda: pad.seen() > 2 * inked)
    pad.undo.click()
    assert pad.seen() == pytest.approx(inked, abs=1e-6)
    until(pad.page, lambda: np.array_equal(pad.sent(), dot))
    pad.clear.click()
    assert pad.seen() == 0
    expect(hint).to_be_visible()
    expect(pad.page.locator(".pad [aria-live]")).to_have_text(words()["pad_cleared"])
    pad.page.keyboard.press("Control+z")
    assert pad.seen() == pytest.approx(inked, abs=1e-6)


def test_the_keyboard_draws(pad):
    pad = pad()
    pad.canvas.focus()
    pad.page.keyboard.press("ArrowLeft")
    expect(pad.page.locator(".pad .cursor")).to_be_visible()
    pad.page.keyboard.down("Space")  # held: the line ends when it is let go
    for _ in range(8):
        pad.page.keyboard.press("Shift+ArrowDown")
        pad.page.keyboard.up("Shift")
    pad.page.keyboard.up("Space")
    first = pad.taken()
    line = pad.sent()
    rows, columns = np.nonzero(line > 0.5)
    assert np.ptp(rows) > 5 * np.ptp(columns)
    pad.page.keyboard.press("Space")  # tapped: until the next tap
    expect(pad.page.locator(".pad [aria-live]")).to_have_text(words()["pad_pen_down"])
    for _ in range(8):
        pad.page.keyboard.press("ArrowRight")
    pad.page.keyboard.press("Space")
    second = pad.taken(first)
    assert pad.sent().sum() > line.sum()
    pad.page.keyboard.press("Control+z")
    assert pad.taken(second) == first
    pad.page.keyboard.press("Delete")
    assert pad.seen() == 0


def test_a_drawing_stays_in_other_tabs_and_segments(pad):
    pad = pad()
    pad.stroke((0.3, 0.2), (0.7, 0.2), (0.4, 0.8))
    text, inked = pad.taken(), pad.seen()
    pad.page.get_by_role("tab", name=words()["tab_about"], exact=True).click()
    expect(pad.canvas).to_have_count(0)
    pad.page.go_back()
    expect(pad.canvas).to_be_visible()
    assert pad.seen() == pytest.approx(inked, abs=1e-6) and pad.state("pixels") == text
    pad.page.locator(".source input[value=pick]").check()
    until(pad.page, lambda: np.array_equal(shown(pad), as_bytes(gallery_digit(7, 11))), "the picked digit")
    pad.page.locator(".source input[value=draw]").check()
    until(pad.page, lambda: np.array_equal(shown(pad).ravel(), decode_digit(text)), "the drawn digit")
    assert pad.seen() == pytest.approx(inked, abs=1e-6)
    pad.undo.click()  # its strokes are still strokes
    assert pad.seen() == 0


def test_a_drawing_is_there_again_after_a_reload_and_can_be_drawn_on(pad):
    pad = pad("noise=masking&level=0.4")
    pad.stroke((0.3, 0.2), (0.7, 0.2), (0.4, 0.8))
    text = pad.taken()
    until(pad.page, lambda: parse_qs(urlsplit(pad.page.url).query).get("pixels") == [text], "the address")
    pad.page.reload()
    pad.page.wait_for_selector(".denoise .held .pictures[data-shown]")
    until(pad.page, lambda: np.array_equal(shown(pad).ravel(), decode_digit(text)), "the drawn digit")
    digit = decode_digit(text).mean() / 255
    until(pad.page, lambda: abs(pad.seen() - digit) < 0.02, "the digit on the pad")
    pad.canvas.scroll_into_view_if_needed()
    pad.stroke((0.1, 0.5), (0.9, 0.5))
    assert pad.taken(text) != text
    assert pad.sent().mean() > digit + 0.02


def test_words_change_while_it_is_open_and_what_is_drawn_stays(pad):
    pad = pad()
    pad.stroke((0.1, 0.1), (0.9, 0.1))
    inked = pad.seen()
    pad.page.locator("#language").click()
    expect(pad.undo).to_have_text(words("zh")["undo"])
    expect(pad.canvas).to_have_attribute("aria-label", words("zh")["pad_canvas"])
    assert pad.seen() == pytest.approx(inked, abs=0.01)


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_the_pad_and_the_pictures_are_on_the_screen_together(width, pad):
    size = {"viewport": {"width": width, "height": 844}, "has_touch": True, "is_mobile": True}
    pad = pad(**size, device_scale_factor=2)
    assert pad.page.evaluate("document.documentElement.scrollWidth") <= width
    assert pad.canvas.evaluate("c => c.width / c.clientWidth") == pytest.approx(2, abs=0.02)
    for button in (pad.undo, pad.clear):
        assert min(button.bounding_box()["height"], button.bounding_box()["width"]) >= 40
    before = pad.canvas.bounding_box()
    pictures = pad.page.locator(".held").bounding_box()
    assert pictures["y"] >= 0 and pictures["y"] + pictures["height"] <= before["y"]
    assert before["y"] + before["height"] <= 844
    pad.page.touchscreen.tap(before["x"] + before["width"] / 2, before["y"] + before["height"] / 2)
    assert pad.sent().sum() > 30
    assert pad.canvas.bounding_box() == before  # nothing jumps


def test_a_pen_draws_wider_where_it_is_pressed(pad):
    pad = pad()
    wide = []
    for pressure in (0.1, 1.0):
        pad.canvas.evaluate(
            """(canvas, pressure) => {
              const box = canvas.getBoundingClientRect();
              canvas.setPointerCapture = () => {};
              const pen = { pointerId: 5, pointerType: "pen", pressure, button: 0, bubbles: true };
              const send = (kind, x) => canvas.dispatchEvent(new PointerEvent(kind,
                { ...pen, clientX: box.left + x * box.width, clientY: box.top + 0.5 * box.height }));
              send("pointerdown", 0.2);
              for (let x = 0.3; x < 0.8; x += 0.1) send("pointermove", x);
              send("pointerup", 0.8);
            }""",
            pressure,
        )
        wide.append(float(pad.sent().sum()))
        pad.undo.click()
    assert wide[1] / wide[0] == pytest.approx(1.25 / 0.8, rel=0.08)


def test_a_link_with_a_drawing_opens_it(pad):
    digit = as_bytes(gallery_digit(3, 5))
    pad = pad(f"pixels={encode_digit(digit)}")
    assert np.array_equal(shown(pad), digit)
    assert json.dumps(pad.asked).count("pen") == 0
    until(pad.page, lambda: abs(pad.seen() - digit.mean() / 255) < 0.02, "the digit on the pad")
