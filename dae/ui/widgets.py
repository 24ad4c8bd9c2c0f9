"""The page's own two components: a pad to draw a digit on, and a plane of points to touch.

Both are plain `gr.HTML` components with a canvas in them; their markup, style and behaviour are in `assets/`. Neither
puts anything that it is given into markup: labels and class names become text nodes, pictures become image sources.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr

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
    and do not bind `change`, which also fires when Python sets the value.

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
        labels=check_labels(labels, PAD_LABELS),
        html_template=read_asset("pad.html"),
        css_template=f"{read_asset('pad.css')}.pad {{ max-width: {int(max_width)}px; }}",
        js_on_load=read_asset("pad.js"),
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


def check_labels(labels: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    """The labels that are named, as a plain dict. Raises ValueError when one is missing."""
    missing = [name for name in names if name not in labels]
    if missing:
        raise ValueError(f"Labels are missing: {', '.join(missing)}.")
    return {name: str(labels[name]) for name in names}


@cache
def read_asset(name: str) -> str:
    """The text of a file in `assets/`."""
    return (Path(__file__).parent / "assets" / name).read_text(encoding="utf-8")
