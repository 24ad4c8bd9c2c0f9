"""The drawing pad and the plane in a real browser."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

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
QUICK = {"queue": False, "show_progress": "hidden", "trigger_mode": "always_last", "api_visibility": "private"}


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


def wait_until(page: Page, true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        page.wait_for_timeout(30)


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


# ---- the plane

PLANE_WORDS = {
    "canvas": "Plane of digits",
    "legend": "Classes",
    "zoom": "Zoom",
    "zoom_in": "Zoom in",
    "zoom_out": "Zoom out",
    "zoom_reset": "Whole plane",
    "nearest": "nearest: {name}",
}
COLOURS = ["#ff0000", "#00aa00", "#0000ff"]
NAMES = ["0", "1", "<b>2</b>"]
EXTENT = (-1, 1, -1, 1)
POINTS = np.array([[-0.5, 0.5], [0.5, 0.5], [-0.5, -0.5], [0.5, -0.5], [0.05, 0.0]])
CLASSES = np.array([0, 1, 2, 0, 1])
SHADES = (np.arange(5) + 1) / 8  # the picture of each point is one shade of grey
OTHER_POINTS = np.array([[0.25, 0.75]])


class Touch(NamedTuple):
    """What a plane says with each event."""

    x: float | None
    y: float | None
    index: int
    hover: int


class Touches:
    """What the plane sent, by event."""

    def __init__(self) -> None:
        self.by_event: dict[str, list[Touch]] = {}
        self.clear()

    def clear(self) -> None:
        self.by_event.update({name: [] for name in ("hover", "pick", "drag", "release")})

    def __getitem__(self, name: str) -> list[Touch]:
        return self.by_event[name]

    def receive(self, name: str) -> Callable[[object], None]:
        return lambda value: self.by_event[name].append(Touch(**value))


def plane_alone(elem_id: str, width: int = 720, **given: object) -> gr.HTML:
    """A component that is a plane and no more."""
    return gr.HTML(
        html_template=f'<div style="max-width: {width}px">{widgets.read_asset("plane.html")}</div>',
        js_on_load=widgets.plane_script(COLOURS, NAMES, labels=PLANE_WORDS, **given),
        apply_default_css=False,
        elem_id=elem_id,
    )


@pytest.fixture(scope="module")
def plane_app(launch: Callable, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Touches]:
    """A page with a plane, buttons that change it from Python, and a second plane in a tab that is not open."""
    folder = tmp_path_factory.mktemp("sprite")
    sprite = widgets.pack_sprite(np.broadcast_to(SHADES[:, None, None, None], (5, 1, 8, 8)), columns=2)
    (folder / "sprite.png").write_bytes(base64.b64decode(sprite["src"].partition(",")[2]))
    gr.set_static_paths([folder])
    by_address = {**sprite, "src": f"gradio_api/file={folder / 'sprite.png'}"}
    tiles = np.zeros((2, 2, 3), dtype=np.uint8)
    tiles[0, 1] = (250, 200, 0)  # upper right
    changes = {
        "overlay": {
            "overlay": widgets.pack_overlay(
                [(0.0, 0.75)],
                [{"points": [(0.75, 0.0), (0.75, 0.2)], "colour": "#aa00aa", "centre": (0.25, 0.0)}],
                dim=True,
            )
        },
        "no overlay": {"overlay": ""},
        "background": {"background": {"src": uri(png(tiles))}},
        "other points": {"points": widgets.pack_points(OTHER_POINTS, [2], EXTENT), "value": None},
        "marker": {"value": {"x": -0.25, "y": 0.25}},
        "words": {"labels": {**PLANE_WORDS, "zoom_in": "放大"}, "class_names": ["零", "一", "二"]},
    }
    touches = Touches()
    with gr.Blocks() as demo:
        with gr.Tab("first"):
            points = widgets.pack_points(POINTS, CLASSES, EXTENT)
            plane = plane_alone("one", points=points, sprite=by_address, axes=False)
            buttons = {name: gr.Button(name) for name in changes}
        with gr.Tab("second"):
            other = plane_alone("two", 400, sprite=sprite)
        for name, change in changes.items():
            buttons[name].click(lambda change=change: [gr.HTML(**change)] * 2, None, [plane, other])
        for name in touches.by_event:
            for each in (plane, other):
                getattr(each, name)(touches.receive(name), each, **QUICK)
    return launch(demo), touches


class Plane:
    """A plane on a freshly opened page, and what it sent since."""

    def __init__(
        self, plane_app: tuple[str, Touches], open_page: Callable, *, name: str = "one", **context: object
    ) -> None:
        url, self.sent = plane_app
        self.sent.clear()
        self.page = open_page(url, **context)
        self.root = self.page.locator(f"#{name}")
        self.canvas = self.root.locator(".plane-top[aria-label]")
        self.tip = self.root.locator(".plane-tip")
        self.page.locator("#one .plane-top[aria-label]").wait_for()
        self.page.wait_for_timeout(300)  # the sprite arrives

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where plane coordinates are on the page, while the view shows the whole plane."""
        box = self.canvas.bounding_box()
        return box["x"] + (x + 1) / 2 * box["width"], box["y"] + (1 - y) / 2 * box["height"]

    def colour(self, x: float, y: float, layer: str = "points") -> tuple[int, ...]:
        """Red, green, blue and alpha of a layer's pixel at plane coordinates."""
        return tuple(
            self.root.locator(f".plane-{layer}").evaluate(
                "(c, [x, y]) => Array.from(c.getContext('2d')"
                ".getImageData(Math.floor((x + 1) / 2 * c.width), Math.floor((1 - y) / 2 * c.height), 1, 1).data)",
                [x, y],
            )
        )

    def becomes(self, true: Callable[[], bool]) -> None:
        wait_until(self.page, true)

    def change(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()


@pytest.fixture
def plane(plane_app: tuple[str, Touches], open_page: Callable) -> Plane:
    return Plane(plane_app, open_page)


def test_hover_shows_the_picture_and_the_class_and_says_which(plane: Plane):
    for index in (3, 2):
        plane.page.mouse.move(*plane.at(*POINTS[index] + 0.01))
        plane.becomes(lambda: bool(plane.sent["hover"]) and plane.sent["hover"][-1].hover == index)  # noqa: B023
        assert plane.tip.is_visible()
        assert plane.tip.inner_text() == NAMES[CLASSES[index]]
        shade = plane.tip.locator("canvas").evaluate("c => c.getContext('2d').getImageData(4, 4, 1, 1).data[0]")
        assert shade == pytest.approx(255 * SHADES[index], abs=1)
    plane.page.mouse.move(*plane.at(0.0, -0.9))
    plane.becomes(lambda: plane.sent["hover"][-1].hover == -1)
    assert not plane.tip.is_visible()
    assert not plane.sent["pick"] and not plane.sent["drag"]


def test_click_picks_a_point_or_none(plane: Plane):
    plane.page.mouse.click(*plane.at(*POINTS[1] + 0.01))
    plane.becomes(lambda: len(plane.sent["pick"]) == 1)
    assert plane.sent["pick"][0][:3] == pytest.approx((*POINTS[1], 1), abs=1e-6)
    plane.page.mouse.click(*plane.at(0.0, -0.9))
    plane.becomes(lambda: len(plane.sent["pick"]) == 2)
    assert plane.sent["pick"][1][:3] == pytest.approx((0.0, -0.9, -1), abs=0.01)
    assert not plane.sent["drag"]


def test_drag_follows_and_ends_where_it_was_let_go(plane: Plane):
    plane.page.mouse.move(*plane.at(-0.8, -0.8))
    plane.page.mouse.down()
    for count, x in enumerate((-0.4, 0.0, 0.4), start=1):
        plane.page.mouse.move(*plane.at(x, -0.8), steps=4)
        plane.becomes(lambda: len(plane.sent["drag"]) >= count)  # noqa: B023
    assert not plane.sent["release"]
    plane.page.mouse.move(*plane.at(0.8, 0.7), steps=30)
    plane.page.mouse.up()
    plane.becomes(lambda: bool(plane.sent["release"]) and plane.sent["drag"][-1] == plane.sent["release"][-1])
    assert plane.sent["release"][-1][:3] == pytest.approx((0.8, 0.7, -1), abs=0.01)
    assert plane.colour(0.8, 0.7, "top")[3] > 200  # the marker
    assert not plane.sent["pick"]


def test_drag_stays_on_the_plane(plane: Plane):
    plane.page.mouse.move(*plane.at(0, -0.8))
    plane.page.mouse.down()
    plane.page.mouse.move(*plane.at(0, 1.3), steps=5)
    plane.page.mouse.up()
    plane.becomes(lambda: len(plane.sent["release"]) == 1)
    assert plane.sent["release"][0].y == pytest.approx(1.0, abs=1e-6)


def test_legend_hides_and_shows_a_class(plane: Plane):
    assert plane.colour(*POINTS[0])[:3] == (255, 0, 0)
    button = plane.root.locator(".plane-legend button").first
    button.click()
    plane.page.mouse.move(5, 5)
    plane.becomes(lambda: plane.colour(*POINTS[0])[3] == 0)
    assert button.get_attribute("aria-pressed") == "false"
    assert plane.colour(*POINTS[1])[1:3] == (170, 0)
    plane.page.mouse.click(*plane.at(*POINTS[0]))
    plane.becomes(lambda: len(plane.sent["pick"]) == 1)
    assert plane.sent["pick"][0].index == -1
    button.press("Enter")
    plane.becomes(lambda: plane.colour(*POINTS[0])[3] > 200)
    assert button.get_attribute("aria-pressed") == "true"


def test_keyboard_moves_picks_and_is_told_the_class(plane: Plane):
    plane.canvas.focus()
    for _ in range(5):
        plane.page.keyboard.press("Shift+ArrowRight")  # five tenths of the plane's half
    for _ in range(5):
        plane.page.keyboard.press("ArrowUp")
    plane.becomes(
        lambda: bool(plane.sent["drag"]) and plane.sent["drag"][-1][:2] == pytest.approx((1.0, 0.2), abs=0.01)
    )
    live = plane.root.locator(".plane-live")
    plane.becomes(lambda: live.inner_text() == "nearest: 1")
    for _ in range(5):
        plane.page.keyboard.press("Shift+ArrowLeft")
    for _ in range(5):
        plane.page.keyboard.press("ArrowDown")
    plane.page.keyboard.press("Enter")
    plane.becomes(lambda: bool(plane.sent["pick"]))
    assert plane.sent["pick"][0].index == 4
    for _ in range(6):
        plane.page.keyboard.press("Shift+ArrowLeft")
    plane.becomes(lambda: live.inner_text() == "nearest: <b>2</b>" or live.inner_text() == "nearest: 0")


def test_zoom_by_button_wheel_and_key(plane: Plane):
    assert plane.colour(0.05, 0.0)[3] > 0
    plane.page.get_by_role("button", name="Zoom in").click()
    plane.becomes(lambda: plane.colour(*POINTS[1] * 1.6)[3] > 0 and plane.colour(*POINTS[1])[3] == 0)
    plane.page.get_by_role("button", name="Whole plane").click()
    plane.becomes(lambda: plane.colour(*POINTS[1])[3] > 0)
    plane.page.mouse.move(*plane.at(*POINTS[1]))
    plane.page.keyboard.down("Control")
    plane.page.mouse.wheel(0, -200)
    plane.page.keyboard.up("Control")
    plane.becomes(lambda: plane.colour(*POINTS[0])[3] == 0)
    assert plane.colour(*POINTS[1])[3] > 0  # what is under the pointer stays there
    plane.page.keyboard.down("Shift")
    plane.page.mouse.down()
    plane.page.mouse.move(*plane.at(0.7, 0.4), steps=5)
    plane.page.mouse.up()
    plane.page.keyboard.up("Shift")
    plane.becomes(lambda: plane.colour(0.7, 0.4)[3] > 0)  # shift and a drag move the view
    plane.canvas.focus()
    plane.page.keyboard.press("0")
    plane.becomes(lambda: plane.colour(*POINTS[0])[3] > 0)
    assert not plane.sent["drag"]


def test_wheel_alone_scrolls_the_page(plane_app: tuple[str, Touches], open_page: Callable):
    plane = Plane(plane_app, open_page, viewport={"width": 500, "height": 400})
    plane.page.mouse.move(*plane.at(-0.2, 0.2))
    plane.page.mouse.wheel(0, 120)
    plane.becomes(lambda: plane.page.evaluate("document.scrollingElement.scrollTop") > 50)


def test_python_changes_one_thing_and_the_rest_stays(plane: Plane):
    plane.change("marker")
    plane.becomes(lambda: plane.colour(-0.25, 0.25, "top")[:3] == (255, 255, 255))
    plane.change("overlay")
    plane.becomes(lambda: plane.colour(0.0, 0.75, "top") == (255, 255, 255, 255))  # the star
    assert plane.colour(0.75, 0.0, "top")[:3] == (170, 0, 170)
    assert plane.colour(0.5, 0.0, "top")[3] > 0  # the line to the centre
    plane.becomes(lambda: 0 < plane.colour(*POINTS[0])[3] < 100)  # dimmed
    assert plane.colour(-0.25, 0.25, "top")[:3] == (255, 255, 255)
    plane.change("background")
    plane.becomes(lambda: plane.colour(0.9, 0.9) == (250, 200, 0, 255))
    assert plane.colour(-0.9, 0.9) == (0, 0, 0, 255)
    plane.change("no overlay")
    plane.becomes(lambda: plane.colour(0.0, 0.75, "top")[3] == 0)
    plane.change("other points")
    plane.becomes(lambda: plane.colour(*OTHER_POINTS[0])[2] > 200)
    assert plane.colour(*POINTS[0]) == (0, 0, 0, 255)
    plane.becomes(lambda: plane.colour(-0.25, 0.25, "top")[3] == 0)  # the marker went with the old points
    plane.change("words")
    plane.page.get_by_role("button", name="放大").wait_for()
    assert plane.root.locator(".plane-legend button").all_inner_texts() == ["零", "一", "二"]
    assert not any(plane.sent.by_event[name] for name in ("pick", "drag", "release"))


def test_plane_in_a_tab_that_is_opened_later(plane_app: tuple[str, Touches], open_page: Callable):
    plane = Plane(plane_app, open_page, name="two", color_scheme="dark")
    plane.change("other points")
    plane.page.wait_for_timeout(300)
    plane.page.get_by_role("tab", name="second").click()
    plane.canvas.wait_for()
    assert plane.root.locator(".plane-legend button").all_inner_texts() == NAMES
    plane.becomes(lambda: plane.colour(*OTHER_POINTS[0])[2] > 200)
    assert plane.canvas.bounding_box()["width"] == pytest.approx(400, abs=1)
    plane.page.mouse.click(*plane.at(*OTHER_POINTS[0]))
    plane.becomes(lambda: len(plane.sent["pick"]) == 1)
    assert plane.sent["pick"][0].index == 0
    light_lines = plane.colour(0.0, -0.7)
    plane.page.evaluate("document.body.classList.remove('dark')")
    plane.becomes(lambda: sum(plane.colour(0.0, -0.7)[:3]) < sum(light_lines[:3]))
    plane.page.get_by_role("tab", name="first").click()
    plane.page.get_by_role("tab", name="second").click()
    plane.becomes(lambda: plane.colour(*OTHER_POINTS[0])[2] > 200)


def test_plane_on_a_phone(plane_app: tuple[str, Touches], open_page: Callable):
    plane = Plane(
        plane_app,
        open_page,
        viewport={"width": 320, "height": 640},
        has_touch=True,
        is_mobile=True,
        device_scale_factor=3,
    )
    assert plane.page.evaluate("document.documentElement.scrollWidth") <= 320
    assert plane.canvas.evaluate("c => c.width / c.clientWidth") == pytest.approx(3, abs=0.02)
    for button in plane.root.locator("button").all():
        assert min(button.bounding_box()["width"], button.bounding_box()["height"]) >= 40
    plane.page.touchscreen.tap(*plane.at(*POINTS[2]))
    plane.becomes(lambda: len(plane.sent["pick"]) == 1)
    assert plane.sent["pick"][0].index == 2

    devtools = plane.page.context.new_cdp_session(plane.page)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(plane.at(*place) for place in places)]
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (-0.2, 0.8))
    for y in (0.6, 0.4, 0.2, 0.0, -0.2):
        touch("touchMove", (-0.2, y))
    touch("touchEnd")
    plane.becomes(lambda: len(plane.sent["release"]) == 1)
    assert plane.sent["release"][0][:2] == pytest.approx((-0.2, -0.2), abs=0.02)
    assert plane.page.evaluate("document.scrollingElement.scrollTop") == 0

    touch("touchStart", (-0.1, 0.0), (0.1, 0.0))
    for apart in (0.15, 0.2, 0.25, 0.3):
        touch("touchMove", (-apart, 0.0), (apart, 0.0))
    touch("touchEnd")
    plane.becomes(lambda: plane.colour(*POINTS[1])[3] == 0)  # zoomed: the point is no longer there
    plane.page.wait_for_timeout(200)
    assert plane.sent["drag"][-1] == plane.sent["release"][0] and len(plane.sent["pick"]) == 1
