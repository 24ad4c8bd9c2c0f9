"""What the page is made of beside Gradio's own: a pad to draw a digit on, and planes of points to touch.

The pad is a `gr.HTML` component with a canvas in it; a plane is markup and a script, for components that hold one or
more of them. Markup, style and behaviour are in `assets/`. Neither puts anything that it is given into markup: labels
and class names become text nodes, pictures become image sources.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

PAD_LABELS = ("canvas", "hint", "undo", "clear", "cleared", "pen_down", "pen_up")

PNG_PREFIX = "data:image/png;base64,"
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_DATA_URI = 64 * 1024  # characters; the pad sends 1 to 6 thousand
MAX_SIDE = 512  # pixels; the pad sends 112


def drawing_pad(labels: Mapping[str, str], value: str = "", *, max_width: int = 320, **html: Any) -> gr.HTML:
    """A square pad on which a digit is drawn with mouse, pen, finger or keyboard, white on near-black.

    The component's value is what is drawn, as the data-URI of a 112 x 112 PNG (white ink on black), or "" when nothing
    is. Take it as a handler's input and give it to `read_data_uri`.

    Events: `pad.input(handler, pad, ...)` fires about every 90 ms while the pen moves, once more when it is lifted, and
    after undo and clear; `pad.release(handler, pad, ...)` fires only when the pen was lifted and after undo and clear,
    for what is too slow to follow the pen. Bind `input` with `queue=False, show_progress="hidden",
    trigger_mode="always_last"`: the last drawing then always arrives. Do not make the pad an output of its own events,
    and do not bind `change`, which also fires when Python sets the value. With `api_visibility="private"` Gradio does
    not write each event, drawing and all, to the browser's storage.

    In the page: with each `input` the pad dispatches the DOM event `drawn`, which bubbles and whose `detail` is the
    value, for scripts that ask Python without Gradio's events.

    From Python: return `gr.HTML(value="")` to empty the pad, `gr.HTML(value=data_uri)` to show a picture (it replaces
    the drawing and what could be undone, and can be drawn upon), `gr.HTML(labels=...)` to change its words; none of
    these fires `input` or `release`.

    Keyboard: arrow keys move the pen (with shift four times as far), space puts it down (held: until let go; tapped:
    until the next tap), Ctrl+Z undoes, Delete clears.

    Parameters:
        labels: the pad's words, one for each of `PAD_LABELS`: `hint` stands on the empty paper, `undo` and `clear` are
            the buttons, `canvas` says to a screen reader what the pad is and how the keys work, `cleared`, `pen_down`
            and `pen_up` are announced to it.
        value: what is drawn at first: "" or the data-URI of a square picture.
        max_width: side of the paper in CSS pixels where there is room for it; it shrinks with its column.
        html: passed on to `gr.HTML` (`elem_id`, `visible`, `render`, ...).

    Raises ValueError when a label is missing.
    """
    return gr.HTML(
        value,
        html_template=f'<div style="max-width: {int(max_width)}px; margin: 0 auto">{read_asset("pad.html")}</div>',
        js_on_load=script("pad", {"labels": check_labels(labels, PAD_LABELS)}),
        apply_default_css=False,
        **html,
    )


def read_data_uri(text: str) -> bytes:
    """The bytes of a PNG that came from a browser as a data-URI.

    What arrives may be anything at all, so its length, its spelling and the size that the PNG's header declares are
    checked here, before anything is decoded into pixels.

    Parameters:
        text: `data:image/png;base64,...`, at most `MAX_DATA_URI` characters, no side over `MAX_SIDE` pixels.

    Raises ValueError with a sentence for the reader when it is not that.
    """
    if not isinstance(text, str) or not text.startswith(PNG_PREFIX):
        raise ValueError("The drawing did not arrive as a PNG picture.")
    if len(text) > MAX_DATA_URI:
        raise ValueError("The drawing is larger than the drawing pad makes them.")
    try:
        png = base64.b64decode(text[len(PNG_PREFIX) :], validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("The drawing was damaged on its way.") from None
    # A PNG is its signature, then the header chunk: length, "IHDR", width, height (PNG specification, 5.2 and 11.2.2).
    if len(png) < 33 or png[:8] != PNG_SIGNATURE or png[8:16] != b"\x00\x00\x00\rIHDR":
        raise ValueError("The drawing did not arrive as a PNG picture.")
    width, height = int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise ValueError(f"The drawing has {width} x {height} pixels; at most {MAX_SIDE} x {MAX_SIDE} are taken.")
    return png


def plane_script(colours: Sequence[str], class_names: Sequence[str], **given: Any) -> str:
    """The script of a plane, the behaviour of `plane.html`: a square scatter plot to hover over, click and drag on.

    Hovering shows a point's picture and its class. A click or tap picks the nearest point, a drag moves a marker over
    the plane. The legend's buttons hide and show classes; pointing at one dims the others. Ctrl with the wheel, two
    fingers or the buttons zoom; shift with a drag, or two fingers, move the view. Arrow keys move the marker (with
    shift five times as far), Enter picks, + - 0 zoom; the class nearest to the marker is announced to a screen reader.

    The script is a function's body, of `element`, `props`, `watch` and `trigger` as Gradio gives them to a component.
    It begins with what is given here and shows another of these when that is set in `props`; "" takes a sprite, a
    background or an overlay away. Other points reset the view; the marker stays where it is until `value` is set too.

    Before an event is triggered `props.value` becomes {"x", "y", "index", "hover"}: the marker's place in plane
    coordinates, null until the plane was touched; the point that was clicked, -1 when the click met none or the marker
    was dragged since; the point under the pointer, -1 for none. The events: `hover` when another point, or none, is
    under the pointer, at most every 80 ms; `pick` at a click, a tap or Enter; `drag` about every 65 ms while the
    marker is dragged, always with the last place; `release` when it is let go.

    Parameters:
        colours: one "#rrggbb" for each class.
        class_names: one short name for each class, shown in the legend and beside the picture.
        given: what else is there from the start, each of them none unless given:
            labels: the plane's words: `canvas` says to a screen reader what the plane is and how the keys work,
                `legend` and `zoom` name the groups of buttons, `zoom_in`, `zoom_out` and `zoom_reset` the buttons,
                `nearest` is what is announced, with `{name}` for the class.
            points: made by `pack_points`.
            sprite: the points' pictures, made by `pack_sprite`, or the same with the address of a picture as `src`.
            background: {"src": an address or data-URI, "extent": (left, right, bottom, top)}: a picture laid under the
                points over that part of the plane (all of it without "extent"), its pixels kept sharp.
            overlay: made by `pack_overlay`.
            axes: False draws no lines and numbers for the coordinates.
    """
    return script("plane", {"colours": list(colours), "class_names": list(class_names), **given})


def pack_points(xy: np.ndarray, classes: np.ndarray, extent: Sequence[float] | None = None) -> dict[str, Any]:
    """Points for a plane, in a compact form.

    Parameters:
        xy: (N, 2) coordinates.
        classes: (N,) whole numbers from 0 to 255, which index the plane's colours and names.
        extent: (left, right, bottom, top) of the plane. By default a square around the points, so that distances on the
            screen can be compared; give the extent when other things (an overlay, a background) must fit in too.

    Raises ValueError when shapes do not fit, a coordinate is not finite or the extent is empty.
    """
    xy, classes = np.asarray(xy, dtype=float), np.asarray(classes)
    if xy.ndim != 2 or xy.shape[1] != 2 or classes.shape != xy.shape[:1]:
        raise ValueError(f"Points are (N, 2) with (N,) classes, not {xy.shape} with {classes.shape}.")
    if not np.isfinite(xy).all():
        raise ValueError("A point's coordinate is not a finite number.")
    if extent is None:
        low, high = (xy.min(axis=0), xy.max(axis=0)) if len(xy) else (-np.ones(2), np.ones(2))
        half = 0.54 * float(max(high - low)) or 1.0
        x, y = (low + high) / 2
        extent = (x - half, x + half, y - half, y + half)
    left, right, bottom, top = (float(value) for value in extent)
    if not (left < right and bottom < top):
        raise ValueError("The extent of a plane is left < right, bottom < top.")
    return {
        "xy": pack_floats(xy),
        "classes": base64.b64encode(classes.astype(np.uint8).tobytes()).decode(),
        "extent": [left, right, bottom, top],
    }


def pack_overlay(
    stars: Sequence[Sequence[float]] = (), clouds: Sequence[Mapping[str, Any]] = (), dim: bool = False
) -> dict[str, Any]:
    """What lies over a plane's points: stars, and clouds of small dots with lines to their centre.

    Parameters:
        stars: (K, 2) coordinates.
        clouds: each {"points": (M, 2) coordinates, "colour": "#rrggbb", "centre": (x, y) or None for no lines}.
        dim: whether the plane's own points step back, so that the overlay is seen.

    Raises ValueError when a colour is none or coordinates are not (K, 2).
    """
    return {
        "stars": coordinates(stars),
        "clouds": [
            {
                "xy": pack_floats(coordinates(cloud["points"])),
                "colour": check_colour(cloud["colour"]),
                "centre": None if cloud.get("centre") is None else coordinates([cloud["centre"]])[0],
            }
            for cloud in clouds
        ],
        "dim": bool(dim),
    }


def pack_sprite(images: np.ndarray, columns: int = 100) -> dict[str, Any]:
    """The pictures of a plane's points as one PNG sheet.

    Parameters:
        images: (N, 1, S, S) or (N, S, S) in [0, 1], in the order of the points.
        columns: pictures in a row of the sheet.

    Five thousand digits make about 1.1 MB, and Gradio looks through all properties at every event. For so many, write
    the PNG to a file that Gradio serves (`gr.set_static_paths`), or give it a route, and put its address in place of
    `src`: the browser then loads it once.
    """
    images = np.asarray(images, dtype=np.float32)
    images = images.reshape(len(images), *images.shape[-2:])
    number, side, _ = images.shape
    columns = min(columns, max(1, number))
    rows = math.ceil(number / columns)
    sheet = np.zeros((rows * columns, side, side), dtype=np.uint8)
    sheet[:number] = (images.clip(0, 1) * 255).round()
    sheet = sheet.reshape(rows, columns, side, side).swapaxes(1, 2).reshape(rows * side, columns * side)
    buffer = io.BytesIO()
    Image.fromarray(sheet).save(buffer, "png")
    return {"src": PNG_PREFIX + base64.b64encode(buffer.getvalue()).decode(), "columns": columns, "side": side}


def coordinates(places: Any) -> list[list[float]]:
    """(K, 2) coordinates as nested lists. Raises ValueError when they are not that, or not finite."""
    array = np.asarray(places, dtype=float)
    if array.size == 0:
        return []
    if array.ndim != 2 or array.shape[1] != 2 or not np.isfinite(array).all():
        raise ValueError("Places on the plane are finite (x, y) pairs.")
    return array.tolist()


def pack_floats(values: Any) -> str:
    """Numbers as little-endian float32 in base64: nested lists would be walked through at every event on the page."""
    return base64.b64encode(np.asarray(values, dtype="<f4").tobytes()).decode()


def check_colour(colour: str) -> str:
    """The colour itself. Raises ValueError when it is not written as #rrggbb."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", str(colour)):
        raise ValueError(f"{colour!r} is not a colour written as #rrggbb.")
    return str(colour)


def check_labels(labels: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    """The labels that are named, as a plain dict. Raises ValueError when one is missing."""
    missing = [name for name in names if name not in labels]
    if missing:
        raise ValueError(f"Labels are missing: {', '.join(missing)}.")
    return {name: str(labels[name]) for name in names}


def script(name: str, given: Mapping[str, Any]) -> str:
    """A component's script, with what the component is made with and with its style, which it puts into the page once.

    The style does not go through `css_template`: Gradio writes that anew whenever the value changes, and the browser
    then works out the style of the whole page again, at every event of a moving pen. What is `given` does not go
    through the component's properties: Gradio compares all of those at every event, and forgets them when a property of
    a component in a tab that was never opened is updated.
    """
    style = {"id": f"style-{name}", "textContent": read_asset(f"{name}.css")}
    return (
        f"const given = {json.dumps(given)};\nconst style = {json.dumps(style)};\n"
        "if (!document.getElementById(style.id)) "
        "document.head.append(Object.assign(document.createElement('style'), style));\n"
        f"{read_asset(f'{name}.js')}"
    )


def in_head(name: str, body: str) -> str:
    """JavaScript for the page's head that keeps a component's script there; `from_head` runs it."""
    return (
        f"(window.daeScripts ??= {{}}).{name} = (element, trigger, props, server, watch) => {{\n"
        + body.replace("</", "<\\/")  # in the scripts' texts only; the head would end there
        + "\n};\n"
    )


def from_head(name: str, *events: str) -> str:
    """The `js_on_load` of a component whose script stands in the page's head.

    Whatever the component is asked for, Gradio searches its script for an event of that name, many times at each event
    of the page, and it sends the script to the browser with each component.
    """
    return f"daeScripts.{name}(element, trigger, props, server, watch); // {' '.join(map(json.dumps, events))}"


@cache
def read_asset(name: str) -> str:
    """The text of a file in `assets/`."""
    return (Path(__file__).parent / "assets" / name).read_text(encoding="utf-8")
