"""Whether the page still has its server: what it says when it has not, and what it asks when it is back.

A visitor's choices and networks live in the process that served the page. Gradio gives every process a random
number, its `app_id`: when another one answers, the page loads itself again with a link to what it showed.
"""

from __future__ import annotations

import time
from typing import Any

import gradio as gr

from dae.ui import runs
from dae.ui.text import LANGUAGES, texts
from dae.ui.widgets import read_asset, script


def add() -> gr.HTML:
    """The line above the page that says what has happened to the server; empty while all is well.

    As an output it takes `said(key)`; its event `stale` says that the view is not what the controls hold.
    """
    line = gr.HTML(
        None,
        html_template=read_asset("connection.html"),
        js_on_load=script("connection", {"words": {lang: texts("server_", lang) for lang in LANGUAGES}}),
        apply_default_css=False,
        elem_id="connection",
    )
    line.back(back, None, line, queue=False, show_progress="hidden", api_visibility="private")
    return line


def back(request: gr.Request) -> Any:
    """The answer to a page that has its server again: a break in the connection may have ended the session."""
    return said("left") if runs.has_left(request.session_hash or "") else gr.skip()


def said(key: str) -> Any:
    """An update that lets the line say one of its words, as often as it comes; "left" says that the session is over."""
    return gr.update(value={"key": key, "beat": time.monotonic_ns()})
