"""The plane in Chromium, alone on a page: with a mouse, with fingers and by keyboard."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

import pytest
from helpers import pixels_of, until, words
from playwright.sync_api import Page, Route

from dae import manifest

POINTS = [[-0.5, 0.5], [0.5, 0.5], [-0.5, -0.5], [0.5, -0.5], [0.05, 0.0]]
CLASSES = [0, 1, 2, 0, 1]
BLUE, ORANGE, GREEN = (86, 168, 232), (240, 160, 64), (47, 199, 154)  # of classes 0, 1 and 2 on the dark slide
NEUTRAL = {"stars": [], "clouds": [], "dim": False}
SCRIPT = """
import { signal } from "@preact/signals";
import { render } from "preact";
import { html } from "./page/parts/html.js";
import { Plane } from "./page/parts/plane.js";
import { speak } from "./page/words.js";
await speak(new URLSearchParams(location.search).get("lang") ?? "en");
window.sent = { pick: [], drag: [] };
const points = (xy, classes) => ({ xy: Float32Array.from(xy.flat()), classes: Uint8Array.from(classes) });
const whole = [-1, 1, -1, 1];
const props = signal({ points: points(POINTS, CLASSES), extent: whole, axes: false });
window.change = (given) => {
  if (given.points) given.points = points(...given.points);
  for (const cloud of given.overlay?.clouds ?? []) cloud.places = Float32Array.from(cloud.places);
  if (given.background) {
    const picture = Object.assign(document.createElement("canvas"), { width: 2, height: 2 });
    picture.getContext("2d").fillStyle = "rgb(250 200 0)";
    picture.getContext("2d").fillRect(1, 0, 1, 1);
    given.background = { picture, extent: whole };
  }
  props.value = { ...props.value, ...given };
};
const pictureOf = async (index) => new Float32Array(784).fill((index + 1) / 8);
const App = () => html`<div style=${{ maxWidth: "720px" }}><${Plane} ...${props.value} label="Plane"
  pictureOf=${pictureOf} onDrag=${(x, y) => window.sent.drag.push([x, y])}
  onPick=${(x, y, index) => window.sent.pick.push([x, y, index])} /></div>`;
render(html`<${App} />`, document.getElementById("app"));
"""


def page_of(route: Route) -> None:
    """The page's own head, with a plane instead of the page."""
    source = manifest.PAGE.joinpath("index.html").read_text(encoding="utf-8")
    script = SCRIPT.replace("POINTS", json.dumps(POINTS), 1).replace("CLASSES", json.dumps(CLASSES), 1)
    old = '<script type="module" src="page/app.js"></script>'
    assert old in source
    body = source.replace(old, "").replace("</body>", f'<script type="module">{script}</script></body>')
    route.fulfill(body=body, content_type="text/html")


class Pick(NamedTuple):
    x: float
    y: float
    index: int


class Plane:
    """A plane on a freshly opened page, and what it sent."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.canvas = page.locator(".plane .top")
        self.tip = page.locator(".plane .tip")
        self.canvas.wait_for()
        until(page, lambda: self.colour(*POINTS[0])[3] > 0, "the first drawing")

    @property
    def picks(self) -> list[Pick]:
        return [Pick(*each) for each in self.page.evaluate("window.sent.pick")]

    @property
    def drags(self) -> list[list[float]]:
        return self.page.evaluate("window.sent.drag")

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where plane coordinates are on the page, while the view shows the whole plane."""
        box = self.canvas.bounding_box()
        return box["x"] + (x + 1) / 2 * box["width"], box["y"] + (1 - y) / 2 * box["height"]

    def colour(self, x: float, y: float, layer: str = "points") -> tuple[int, ...]:
        """Red, green, blue and alpha of a layer's pixel at plane coordinates."""
        return tuple(
            self.page.locator(f".plane .{layer}").evaluate(
                "(c, [x, y]) => Array.from(c.getContext('2d')"
                ".getImageData(Math.floor((x + 1) / 2 * c.width), Math.floor((1 - y) / 2 * c.height), 1, 1).data)",
                [x, y],
            )
        )

    def becomes(self, true: Callable[[], bool]) -> None:
        until(self.page, true)

    def change(self, **given: object) -> None:
        self.page.evaluate("given => window.change(given)", given)


@pytest.fixture
def make(open_page: Callable[..., Page], site_url: str) -> Callable[..., Plane]:
    def made(query: str = "", **context: object) -> Plane:
        page = open_page("about:blank", **context)
        page.route(f"{site_url}plane.html*", page_of)
        page.goto(f"{site_url}plane.html?{query}")
        return Plane(page)

    return made


@pytest.fixture
def plane(make) -> Plane:
    return make()


def close(found: tuple[int, ...], wanted: tuple[int, int, int], within: int = 3) -> bool:
    return all(abs(a - b) <= within for a, b in zip(found[:3], wanted, strict=True))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_points_have_the_colours_of_their_classes_in_both_themes(make, scheme):
    plane = make(color_scheme=scheme)
    for index, colour in ((0, BLUE), (1, ORANGE), (2, GREEN)):
        assert close(plane.colour(*POINTS[index]), colour)


def test_hover_shows_the_picture_and_the_class(plane):
    for index in (3, 2):
        plane.page.mouse.move(*plane.at(*(value + 0.01 for value in POINTS[index])))
        plane.becomes(lambda: plane.tip.count() == 1 and plane.tip.get_attribute("data-index") == str(index))  # noqa: B023
        assert plane.tip.inner_text().strip() == str(CLASSES[index])
        shade = round(255 * (index + 1) / 8)
        plane.becomes(lambda: abs(int(pixels_of(plane.tip.locator("canvas"))[4, 4, 0]) - shade) <= 1)  # noqa: B023
    box, stage = plane.tip.bounding_box(), plane.canvas.bounding_box()
    assert stage["x"] <= box["x"] and box["x"] + box["width"] <= stage["x"] + stage["width"]
    plane.page.mouse.move(*plane.at(0.0, -0.9))
    plane.becomes(lambda: plane.tip.count() == 0)
    assert not plane.picks and not plane.drags


def test_click_picks_a_point_or_none(plane):
    plane.page.mouse.click(*plane.at(0.51, 0.51))
    plane.becomes(lambda: len(plane.picks) == 1)
    assert plane.picks[0] == pytest.approx((*POINTS[1], 1), abs=1e-6)
    plane.page.mouse.click(*plane.at(0.0, -0.9))
    plane.becomes(lambda: len(plane.picks) == 2)
    assert plane.picks[1] == pytest.approx((0.0, -0.9, -1), abs=0.01)
    assert not plane.drags


def test_drag_follows_and_ends_where_it_was_let_go(plane):
    plane.page.mouse.move(*plane.at(-0.8, -0.8))
    plane.page.mouse.down()
    for count, x in enumerate((-0.4, 0.0, 0.4), start=1):
        plane.page.mouse.move(*plane.at(x, -0.8), steps=4)
        plane.becomes(lambda: len(plane.drags) >= count)  # noqa: B023
    plane.page.mouse.move(*plane.at(0.8, 0.7), steps=30)
    plane.page.mouse.up()
    plane.becomes(lambda: plane.drags[-1] == pytest.approx([0.8, 0.7], abs=0.01))
    plane.becomes(lambda: plane.colour(0.8, 0.7, "top")[3] > 200)  # the marker
    assert not plane.picks


def test_drag_stays_on_the_plane(plane):
    plane.page.mouse.move(*plane.at(0, -0.8))
    plane.page.mouse.down()
    plane.page.mouse.move(*plane.at(0, 1.3), steps=5)
    plane.page.mouse.up()
    plane.becomes(lambda: bool(plane.drags) and plane.drags[-1][1] == pytest.approx(1.0, abs=1e-6))


def test_legend_hides_and_shows_a_class(plane):
    button = plane.page.locator(".plane .legend button").first
    button.click()
    plane.page.mouse.move(5, 5)
    plane.becomes(lambda: plane.colour(*POINTS[0])[3] == 0)
    assert button.get_attribute("aria-pressed") == "false"
    assert close(plane.colour(*POINTS[1]), ORANGE)
    plane.page.mouse.click(*plane.at(*POINTS[0]))
    plane.becomes(lambda: len(plane.picks) == 1)
    assert plane.picks[0].index == -1
    button.press("Enter")
    plane.becomes(lambda: plane.colour(*POINTS[0])[3] > 200)
    assert button.get_attribute("aria-pressed") == "true"


def test_keyboard_moves_picks_and_is_told_the_class(plane):
    plane.canvas.focus()
    for _ in range(5):
        plane.page.keyboard.press("Shift+ArrowRight")  # five tenths of the plane's half
    for _ in range(5):
        plane.page.keyboard.press("ArrowUp")
    plane.becomes(lambda: plane.drags[-1] == pytest.approx([1.0, 0.2], abs=0.01))
    live = plane.page.locator(".plane .live")
    said = words()["plane_nearest"]
    plane.becomes(lambda: live.inner_text() == said.replace("{name}", "1"))
    for _ in range(5):
        plane.page.keyboard.press("Shift+ArrowLeft")
    for _ in range(5):
        plane.page.keyboard.press("ArrowDown")
    plane.page.keyboard.press("Enter")
    plane.becomes(lambda: bool(plane.picks))
    assert plane.picks[0].index == 4
    for _ in range(6):
        plane.page.keyboard.press("Shift+ArrowLeft")
    plane.becomes(lambda: live.inner_text() in (said.replace("{name}", "2"), said.replace("{name}", "0")))


def test_zoom_by_button_wheel_and_key(plane):
    assert plane.colour(0.05, 0.0)[3] > 0
    plane.page.get_by_role("button", name=words()["plane_zoom_in"]).click()
    moved = [1.6 * value for value in POINTS[1]]
    plane.becomes(lambda: plane.colour(*moved)[3] > 0 and plane.colour(*POINTS[1])[3] == 0)
    plane.page.get_by_role("button", name=words()["plane_zoom_whole"]).click()
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
    assert not plane.drags


def test_the_view_follows_a_marker_that_leaves_it(plane):
    plane.canvas.focus()
    for _ in range(4):
        plane.page.keyboard.press("+")
    for _ in range(12):
        plane.page.keyboard.press("Shift+ArrowLeft")
    plane.becomes(lambda: plane.drags[-1][0] < -0.3)  # the zoomed view showed no more than 0.16 to the left
    assert plane.drags[-1][1] == pytest.approx(0, abs=0.01)


def test_wheel_alone_scrolls_the_page(make):
    plane = make(viewport={"width": 500, "height": 400})
    plane.page.mouse.move(*plane.at(-0.2, 0.2))
    plane.page.mouse.wheel(0, 120)
    plane.becomes(lambda: plane.page.evaluate("document.scrollingElement.scrollTop") > 50)


def test_one_thing_changes_and_the_rest_stays(plane):
    plane.page.mouse.click(*plane.at(-0.25, 0.25))
    plane.becomes(lambda: plane.colour(-0.25, 0.25, "top")[:3] == (255, 255, 255))
    cloud = {"places": [0.75, 0.0, 0.75, 0.2], "colour": "#aa00aa", "centre": [0.25, 0.0]}
    plane.change(overlay={"stars": [[0.0, 0.75]], "clouds": [cloud], "dim": True})
    plane.becomes(lambda: plane.colour(0.0, 0.75, "top") == (255, 255, 255, 255))  # the star
    assert plane.colour(0.75, 0.0, "top")[:3] == (170, 0, 170)
    assert plane.colour(0.5, 0.0, "top")[3] > 0  # the line to the centre
    plane.becomes(lambda: 0 < plane.colour(*POINTS[0])[3] < 100)  # dimmed
    assert plane.colour(-0.25, 0.25, "top")[:3] == (255, 255, 255)
    plane.change(background=True)
    plane.becomes(lambda: plane.colour(0.9, 0.9) == (250, 200, 0, 255))
    assert plane.colour(-0.9, 0.9)[3] == 0
    plane.change(overlay=NEUTRAL)
    plane.becomes(lambda: plane.colour(0.0, 0.75, "top")[3] == 0)
    plane.change(points=[[[0.25, 0.75]], [2]], background=None)
    plane.becomes(lambda: close(plane.colour(0.25, 0.75), GREEN))
    assert plane.colour(*POINTS[0])[3] == 0
    plane.becomes(lambda: plane.colour(-0.25, 0.25, "top")[3] == 0)  # the marker went with the old points


def test_on_a_phone_with_fingers(make):
    viewport = {"width": 320, "height": 640}
    plane = make(viewport=viewport, has_touch=True, is_mobile=True, device_scale_factor=3)
    assert plane.page.evaluate("document.documentElement.scrollWidth") <= 320
    assert plane.canvas.evaluate("c => c.width / c.clientWidth") == pytest.approx(3, abs=0.02)
    for button in plane.page.locator(".plane button").all():
        assert min(button.bounding_box()["width"], button.bounding_box()["height"]) >= 40
    plane.page.touchscreen.tap(*plane.at(*POINTS[2]))
    plane.becomes(lambda: len(plane.picks) == 1)
    assert plane.picks[0].index == 2

    devtools = plane.page.context.new_cdp_session(plane.page)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(plane.at(*place) for place in places)]
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (-0.2, 0.8))
    for y in (0.6, 0.4, 0.2, 0.0, -0.2):
        touch("touchMove", (-0.2, y))
    touch("touchEnd")
    plane.becomes(lambda: bool(plane.drags) and plane.drags[-1] == pytest.approx([-0.2, -0.2], abs=0.02))
    assert plane.page.evaluate("document.scrollingElement.scrollTop") == 0

    dragged = len(plane.drags)
    touch("touchStart", (-0.1, 0.0), (0.1, 0.0))
    for apart in (0.15, 0.2, 0.25, 0.3):
        touch("touchMove", (-apart, 0.0), (apart, 0.0))
    touch("touchEnd")
    plane.becomes(lambda: plane.colour(*POINTS[1])[3] == 0)  # zoomed: the point is no longer there
    assert len(plane.drags) == dragged and len(plane.picks) == 1


def test_all_words_are_those_of_the_language(make):
    plane = make("lang=zh")
    for key in ("plane_zoom_in", "plane_zoom_out", "plane_zoom_whole"):
        assert plane.page.get_by_role("button", name=words("zh")[key], exact=True).count() == 1
    assert plane.page.get_by_role("group", name=words("zh")["plane_legend"]).count() == 1
