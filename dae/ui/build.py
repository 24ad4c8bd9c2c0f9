"""The page: header, controls, tabs in order, theme and launch settings."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read at import

import gradio as gr
import torch
from gradio.data_classes import FileData
from gradio.routes import App, ORJSONResponse
from gradio.utils import get_upload_folder
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from dae import shipped, trial
from dae.checkpoints import CheckpointError
from dae.data import DISK_ERRORS, DataError
from dae.server import headers
from dae.server.bounds import MAX_UPLOAD, Bounded, Rules
from dae.server.routes import API, BLOCKS, TOOLS, Served
from dae.server.uploads import Uploads
from dae.ui import (
    about_tab,
    api,
    compare_tab,
    connection,
    denoise_tab,
    features_tab,
    latent_tab,
    models,
    results_tab,
    runs,
    train_tab,
)
from dae.ui.controls import LIVE, PATIENCE, Change, Controls, Values, picked, picker_value, told
from dae.ui.language import Language
from dae.ui.live import routes
from dae.ui.middleware import FrontEnd, FrontPage
from dae.ui.models import Loading
from dae.ui.session import Lesson, known_noise
from dae.ui.text import LANGUAGES, browser_language, text
from dae.ui.widgets import read_asset

log = logging.getLogger(__name__)

# Gradio asks its components for their schemas several times when a session begins and at each event. That of a file is
# worked out anew each time, which takes longer than everything else together.
_file_schema = FileData.model_json_schema()
gr.UploadButton.api_info = lambda _: _file_schema

MAX_SESSIONS = 300  # that Gradio remembers, also when they have ended; each takes some 0.4 MB
MAX_QUEUE = 60  # visitors in line
# The page is made in English. What is to be said in another language is a second question, as it takes as long as all
# else that opens the page.
SPEAK = """
watch("value", () => {
  const [, lang] = /<h1 lang="(\\w+)" data-speak>/.exec(props.value) ?? [];
  if (lang) trigger("speak", { lang });
});
"""


@cache
def language() -> Language:
    return Language()


def theme() -> gr.themes.Base:
    """One quiet theme, light and dark, with one accent for what can be pressed."""
    accent = gr.themes.Color(
        c50="#ecfdf7", c100="#d1faec", c200="#a7f3da", c300="#6ee7c3", c400="#34d3a6", c500="#12b488",
        c600="#0b8f6d", c700="#0a735a", c800="#0c5b49", c900="#0b4b3d", c950="#032a23",
    )  # fmt: skip
    return gr.themes.Base(
        primary_hue=accent,
        neutral_hue="zinc",
        radius_size=gr.themes.sizes.radius_md,
        font=["system-ui", "-apple-system", "Segoe UI", "Noto Sans", "Noto Sans CJK SC", "sans-serif"],
        font_mono=["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"],
    ).set(
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        slider_color="*primary_500",
        checkbox_background_color_selected="*primary_600",
        block_border_width="0px",
        block_shadow="none",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_padding="0px",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        form_gap_width="0px",
        body_background_fill="#f6f7f8",
        body_background_fill_dark="#111317",
    )


LIVE_ROUTES = ("POST /live/{view}", "WEBSOCKET /live", "GET /live/gallery.png")


class Playground(Bounded, App):
    """Gradio's app behind the bounds of this project."""


def launch_options(*, tools: bool = False) -> dict[str, Any]:
    """What `demo.launch` needs so that the page looks and behaves as built.

    Args:
        tools: whether the API's functions are tools for MCP clients as well.

    Raises:
        ValueError: what the environment asks for makes no sense, with a sentence.
    """
    served = Served({*API, *BLOCKS, *LIVE_ROUTES, *(TOOLS if tools else ())})
    app = Playground(
        rules=Rules(served, headers.policy(headers.BLOCKS_PAGE), Uploads(Path(get_upload_folder()))),
        routes=[*routes(), *latent_tab.routes()],
        middleware=[Middleware(FrontPage), Middleware(FrontEnd)],
        exception_handlers={OSError: _no_room},
        default_response_class=ORJSONResponse,
        openapi_url=None,
    )
    scripted = latent_tab, features_tab, train_tab
    return {
        "theme": theme(),
        "css": read_asset("page.css"),
        "head": f"<script>{read_asset('page.js')}{''.join(tab.page_script() for tab in scripted)}</script>",
        "i18n": language().i18n,
        "max_file_size": MAX_UPLOAD,
        "state_session_capacity": MAX_SESSIONS,
        "show_error": False,
        "ssr_mode": False,
        "footer_links": [],
        "mcp_server": tools,
        "enable_monitoring": False,
        "_app": app,
        "run_history": False,  # else every event of the page is written to the browser's storage
    }


def build() -> gr.Blocks:
    """The whole page, ready to launch."""
    # Many small requests at once: one thread each serves them better than all cores for one of them.
    torch.set_num_threads(1)
    # So long waits whoever wants Python's lock, after each call of torch, while another thread computes in Python.
    sys.setswitchinterval(5e-4)
    words = language()
    words.bound.clear()
    with gr.Blocks(title=text("title", "en"), delete_cache=(600, 3600), analytics_enabled=False) as demo:
        with gr.Row(elem_id="header"):
            title = gr.HTML(_title("en"), elem_id="title", js_on_load=SPEAK)
            words.follow(title, lambda lang: {"value": _title(lang)})
            link = words.make(gr.Button, say={"value": "copy_link"}, size="sm", elem_id="copy-link", scale=0)
            switch = words.make(gr.Button, say={"value": "switch_language"}, size="sm", elem_id="language", scale=0)
        toast = gr.HTML(_toast("en"), elem_id="link-toast")
        words.follow(toast, lambda lang: {"value": _toast(lang)})
        line = connection.add()
        with gr.Row(elem_id="bench"):
            with gr.Column(elem_id="controls"):
                controls = Controls(words, line)
            with gr.Tabs(selected=Lesson().tab, elem_id="tabs") as tabs:
                with words.make(gr.Tab, id="denoise", say={"label": "tab_denoise"}) as denoise:
                    denoise_tab.add(controls)
                with words.make(gr.Tab, id="compare", say={"label": "tab_compare"}) as compare:
                    compared = compare_tab.add(words, controls)
                with words.make(gr.Tab, id="latent", say={"label": "tab_latent"}) as latent:
                    latent_tab.add(controls)
                with words.make(gr.Tab, id="features", say={"label": "tab_features"}) as features:
                    features_tab.add(controls)
                with words.make(gr.Tab, id="train", say={"label": "tab_train"}) as train:
                    train_tab.add(words, controls, compared)
                shown = results_tab.available()
                with words.make(gr.Tab, id="results", say={"label": "tab_results"}, visible=shown) as results:
                    results_tab.add(words, controls.lang)
                with words.make(gr.Tab, id="about", say={"label": "tab_about"}) as about:
                    about_tab.add(words)

        controls.bind()
        for name, tab in (("denoise", denoise), ("compare", compare), ("latent", latent), ("features", features)):
            # What has changed while another tab was open is drawn now.
            controls.listen(
                tab.select, unchanged, js=f"(tab, ...values) => {{ daeTab('{name}'); return [daeEvent(), ...values]; }}"
            )
        controls.listen(compared.input, unchanged)
        for name, tab in (("train", train), ("results", results), ("about", about)):
            tab.select(None, js=f"() => daeTab('{name}')")
        link.click(None, js="() => daeCopyLink()")

        def closed(request: gr.Request) -> None:
            """The tab in the browser was closed or loaded again."""
            session = request.session_hash or ""
            runs.leave(session)
            with contextlib.suppress(KeyError):  # the first to be forgotten, before any that are still there
                demo.state_holder.session_data.move_to_end(session, last=False)

        demo.unload(closed)

        def opened(request: gr.Request) -> list[Any]:
            lesson = Lesson.read(dict(request.query_params), models.names())
            lang = lesson.lang or browser_language(request.headers.get("accept-language"))
            updates, values = controls.open(lesson, lang)
            with contextlib.suppress(CheckpointError, Loading):
                models.at_hand(lesson.model, PATIENCE)
            stage = denoise_tab.render(values)
            tab = Lesson.tab if lesson.tab == "results" and not results_tab.available() else lesson.tab
            hide_switch = gr.update(visible="language" not in lesson.hide)
            heading = gr.skip() if lang == LANGUAGES[0] else _title(lang, " data-speak")
            several = compare_tab.linked(request.query_params.get("compare"))
            return [heading, stage, gr.Tabs(selected=tab), hide_switch, several, *updates]

        demo.load(
            opened,
            None,
            [title, controls.views[0].component, tabs, switch, compared, *controls.opened],
            queue=False,
            show_progress="hidden",
            api_visibility="private",
        )

        spoken = [*words.components, controls.source]

        def say(lang: str, hide: Sequence[str]) -> list[Any]:
            return [*words.updates(lang), gr.update(choices=controls.source_choices(lang, hide))]

        def speak(hide: Sequence[str], event: gr.EventData) -> list[Any]:
            lang = told(event).get("lang")
            return say(lang if lang in LANGUAGES else LANGUAGES[0], hide)

        title.speak(speak, controls.hide, spoken, **LIVE)

        def switched(values: Values, event: gr.EventData) -> Change:
            lang = LANGUAGES[1] if values.lang == LANGUAGES[0] else LANGUAGES[0]
            level = gr.update(label=controls.level_label(known_noise(values.noise), lang))
            picker = picker_value(values.shown, lang)
            return replace(values, lang=lang), [*say(lang, values.hide), lang, level, picker]

        controls.listen(switch.click, switched, [*spoken, controls.lang, controls.level, controls.picker])
        api.add()
    demo.queue(max_size=MAX_QUEUE, api_open=False)
    return demo


def _no_room(request: Request, error: Exception) -> PlainTextResponse:
    """The answer to a file that the server cannot store, and to whatever else the disk refuses."""
    is_upload = request.url.path.endswith("/upload")
    if not (is_upload or (isinstance(error, OSError) and error.errno in DISK_ERRORS)):
        log.error("%s was not answered", request.url.path, exc_info=error)
        return PlainTextResponse("Internal Server Error", 500)
    log.warning("%s cannot be stored: %s", "an upload" if is_upload else request.url.path, error)
    lang = browser_language(request.headers.get("accept-language"))
    return PlainTextResponse(text("no_room", lang), 507)


def unchanged(values: Values, event: gr.EventData) -> Change:
    """The controls stay as they are; the open view is drawn."""
    return values, []


def _title(lang: str, mark: str = "") -> str:
    return f'<h1 lang="{lang}"{mark}>{text("title", lang)}</h1><p>{text("tagline", lang)}</p>'


def _toast(lang: str) -> str:
    return (
        f'<div id="toast" role="status" data-copied="{text("link_copied", lang)}" '
        f'data-by-hand="{text("link_by_hand", lang)}"></div>'
    )


def warm_up() -> None:
    """Load in the background what the first visitor would wait for; then say what is missing or damaged."""

    def work() -> None:
        try:
            import matplotlib

            matplotlib.use("agg")  # Gradio imports it at the first event
            lesson = Lesson.read({}, models.names())
            with contextlib.suppress(CheckpointError):  # told below
                denoise_tab.stage_value(lesson, picked(lesson.digit, lesson.index), "en")
            if runs.is_ending():
                return
            for problem in shipped.problems():
                log.warning("%s", problem)
            if runs.is_ending():
                return
            trial.recipes_to_start_from()  # the first who counts multiplications waits a second for torch's imports
        except DataError as error:
            log.error("%s", error)
        except Exception:
            log.exception("warming up failed")

    threading.Thread(target=work, name="warm-up").start()
