"""The page: header, controls, tabs in order, theme and launch settings."""

from __future__ import annotations

import logging
import os
import threading
from dataclasses import replace
from functools import cache
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read at import

import gradio as gr
import torch

from dae.noise import NOISES
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
    train_tab,
)
from dae.ui.controls import Change, Controls, Values, picked
from dae.ui.language import Language
from dae.ui.live import routes
from dae.ui.session import LANGUAGES, Lesson
from dae.ui.text import browser_language, text
from dae.ui.widgets import read_asset

log = logging.getLogger(__name__)

MAX_UPLOAD = "12mb"


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


def launch_options() -> dict[str, Any]:
    """What `demo.launch` needs so that the page looks and behaves as built."""
    return {
        "theme": theme(),
        "css": read_asset("page.css"),
        "head": f"<script>{read_asset('page.js')}</script>",
        "i18n": language().i18n,
        "max_file_size": MAX_UPLOAD,
        "show_error": False,
        "ssr_mode": False,
        "footer_links": [],
        "app_kwargs": {"routes": routes()},
        "run_history": False,  # else every event of the page is written to the browser's storage
    }


def build() -> gr.Blocks:
    """The whole page, ready to launch."""
    # Many small requests at once: one thread each serves them better than all cores for one of them.
    torch.set_num_threads(1)
    words = language()
    words.bound.clear()
    with gr.Blocks(title=text("title", "en"), delete_cache=(600, 3600), analytics_enabled=False) as demo:
        with gr.Row(elem_id="header"):
            title = gr.HTML(_title("en"), elem_id="title")
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
                tab.select, unchanged, js=f"(tab, ...values) => {{ daeTab('{name}'); return ['{name}', ...values]; }}"
            )
        controls.listen(compared.input, unchanged)
        for name, tab in (("train", train), ("results", results), ("about", about)):
            tab.select(None, js=f"() => daeTab('{name}')")
        link.click(None, js="() => daeCopyLink()")
        demo.unload(train_tab.closed)

        def opened(request: gr.Request) -> list[Any]:
            lesson = Lesson.read(dict(request.query_params), models.names())
            lang = lesson.lang or browser_language(request.headers.get("accept-language"))
            spoken = words.updates(lang) if lang != "en" else [gr.skip()] * len(words.components)
            updates, values = controls.open(lesson, lang)
            stage = denoise_tab.render(values)
            tab = Lesson.tab if lesson.tab == "results" and not results_tab.available() else lesson.tab
            hide_switch = gr.update(visible="language" not in lesson.hide)
            # The controls come after the language, so that what the link says of them stands.
            return [*spoken, stage, gr.Tabs(selected=tab), hide_switch, *updates]

        demo.load(
            opened,
            None,
            [*words.components, controls.views[0].component, tabs, switch, *controls.opened],
            queue=False,
            show_progress="hidden",
            api_visibility="private",
        )

        def switched(values: Values, event: gr.EventData) -> Change:
            lang = LANGUAGES[1] if values.lang == LANGUAGES[0] else LANGUAGES[0]
            noise = values.noise if values.noise in NOISES else Lesson.noise
            level = gr.update(label=controls.level_label(noise, lang))
            return replace(values, lang=lang), [*words.updates(lang), lang, level]

        controls.listen(switch.click, switched, [*words.components, controls.lang, controls.level])
        api.add()
    return demo


def unchanged(values: Values, event: gr.EventData) -> Change:
    """The controls stay as they are; the open view is drawn."""
    return values, []


def _title(lang: str) -> str:
    return f"<h1>{text('title', lang)}</h1><p>{text('tagline', lang)}</p>"


def _toast(lang: str) -> str:
    return (
        f'<div id="toast" role="status" data-copied="{text("link_copied", lang)}" '
        f'data-by-hand="{text("link_by_hand", lang)}"></div>'
    )


def warm_up() -> None:
    """Load in the background what the first visitor would wait for."""

    def work() -> None:
        try:
            import matplotlib

            matplotlib.use("agg")  # Gradio imports it at the first event
            lesson = Lesson.read({}, models.names())
            denoise_tab.stage_value(lesson, picked(lesson.digit, lesson.index), "en")
        except Exception:
            log.exception("warming up failed")

    threading.Thread(target=work, daemon=True, name="warm-up").start()
