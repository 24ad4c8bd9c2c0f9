"""The controls beside the stage: where the digit comes from, how it is spoilt, which model restores it.

They are shared by all tabs, so that a tab talks about the digit, noise and model that were chosen on the last one.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np
import torch

from dae import data
from dae.data import GALLERY_PER_CLASS
from dae.noise import NOISES
from dae.preprocessing import MAX_BYTES, ImageError, open_image, preprocess
from dae.ui import models, tiles
from dae.ui.language import Language
from dae.ui.session import (
    MAX_SEED,
    SOURCES,
    Lesson,
    clamp_level,
    clamp_seed,
    decode_digit,
    encode_digit,
)
from dae.ui.text import text
from dae.ui.widgets import drawing_pad, read_asset, read_data_uri

LIVE: dict[str, Any] = {
    "queue": False,
    "show_progress": "hidden",
    "trigger_mode": "always_last",
    "api_visibility": "private",
}
STRIP = 10  # digits of a class that are offered at once


@dataclass(frozen=True)
class Digit:
    """The digit that the page talks about."""

    pixels: bytes  # 28 x 28 grey values
    source: str = "pick"
    digit: int = 0  # class; means something for a picked digit only
    index: int = 0  # which of its class; means something for a picked digit only

    @property
    def clean(self) -> torch.Tensor:
        """float32 `(1, 1, 28, 28)` in [0, 1]."""
        array = np.frombuffer(self.pixels, np.uint8).reshape(1, 1, 28, 28)
        return torch.from_numpy(array.copy()).float() / 255

    @classmethod
    def of(cls, clean: torch.Tensor, source: str) -> Digit:
        return cls(tiles.grey(clean)[0].tobytes(), source)

    def describe(self, lang: str) -> str:
        return text(
            {"pick": "from_gallery", "draw": "from_draw", "upload": "from_upload"}[self.source],
            lang,
            digit=self.digit,
            index=self.index,
        )


def picked(digit: object, index: object) -> Digit:
    """A gallery digit; what is out of range is clamped, as the request may come from anywhere."""
    number = Lesson.read({"digit": str(digit), "index": str(index)}, ())
    place = number.digit * GALLERY_PER_CLASS + number.index
    return Digit(tiles.grey(data.gallery().images[place : place + 1])[0].tobytes(), "pick", number.digit, number.index)


def start_digit(lesson: Lesson) -> Digit:
    """The digit that a link asks for."""
    if lesson.source != "pick" and (pixels := decode_digit(lesson.pixels)) is not None:
        return Digit(pixels.tobytes(), lesson.source)
    return picked(lesson.digit, lesson.index)


@functools.lru_cache(maxsize=512)
def _strip(digit: int, first: int) -> str:
    place = digit * GALLERY_PER_CLASS + first
    return tiles.png(tiles.row(data.gallery().images[place : place + STRIP]))


def picker_value(digit: Digit, lang: str) -> dict[str, Any]:
    first = digit.index // STRIP * STRIP
    return {
        "digit": digit.digit,
        "index": digit.index if digit.source == "pick" else -1,
        "first": first,
        "strip": _strip(digit.digit, first),
        "class_labels": [text("pick_class", lang, digit=i) for i in range(10)],
        "digit_labels": [text("pick_this", lang, digit=digit.digit, index=first + i) for i in range(STRIP)],
    }


def notice(message: str = "") -> str:
    """A sentence for the reader under the source controls; our own words, shown as they are."""
    return f'<p role="status">{message}</p>' if message else ""


def pad_labels(lang: str) -> dict[str, str]:
    keys = {"canvas": "pad_canvas", "hint": "draw_hint", "undo": "undo", "clear": "clear"}
    keys |= {"cleared": "pad_cleared", "pen_down": "pad_pen_down", "pen_up": "pad_pen_up"}
    return {name: text(key, lang) for name, key in keys.items()}


class Controls:
    """The column of controls. `state` are the inputs that every view of the page takes, in this order:

    digit, noise, level, clip, seed, model, lang, hide.
    """

    def __init__(self, language: Language) -> None:
        start = Lesson()
        say = language.make
        self.digit = gr.State(None)
        self.lang = gr.State("en")
        self.hide = gr.State(())
        with gr.Column(elem_id="digit-source", elem_classes="group"):
            self.source = say(
                gr.Radio, [(text(f"source_{key}", "en"), key) for key in SOURCES], value="pick",
                say={"label": "source"}, elem_classes="segments", elem_id="source", interactive=True,
            )  # fmt: skip
            with gr.Column(visible="hidden", elem_id="pick-group", elem_classes="plain") as self.pick_group:
                self.picker = gr.HTML(
                    None,
                    html_template=read_asset("picker.html"),
                    js_on_load=read_asset("picker.js"),
                    apply_default_css=False,
                    elem_id="picker",
                )
                self.another = say(gr.Button, say={"value": "another"}, size="sm", elem_id="another")
            with gr.Column(visible="hidden", elem_id="draw-group", elem_classes="plain") as self.draw_group:
                self.pad = drawing_pad(pad_labels("en"), max_width=288, elem_id="pad")
            with gr.Column(visible="hidden", elem_id="upload-group", elem_classes="plain") as self.upload_group:
                self.upload = say(
                    gr.UploadButton, say={"label": "upload"}, size="md", elem_id="upload", file_count="single"
                )
                self.upload_hint = say(gr.Markdown, say={"value": "upload_hint"}, elem_classes="hint")
            self.notice = gr.HTML("", elem_id="notice", elem_classes="notice")
        with gr.Column(elem_id="noise-group", elem_classes="group"):
            self.noise = say(
                gr.Dropdown, self.noise_choices("en"), value=start.noise, say={"label": "noise"},
                elem_id="noise", filterable=False, interactive=True,
            )  # fmt: skip
            self.level = gr.Slider(
                0, NOISES[start.noise].maximum, start.level, step=0.01, label=self.level_label(start.noise, "en"),
                elem_id="level", interactive=True,
            )  # fmt: skip
            self.clip = say(gr.Checkbox, True, say={"label": "clip"}, elem_id="clip", interactive=True)
            with gr.Row(elem_classes="seed-row", elem_id="seed-row"):
                self.seed = say(
                    gr.Number, start.seed, say={"label": "seed"}, precision=0, minimum=0, maximum=MAX_SEED,
                    elem_id="seed", min_width=80, interactive=True,
                )  # fmt: skip
                self.new_noise = say(
                    gr.Button, say={"value": "new_noise"}, elem_id="new-noise", size="sm", min_width=80
                )
        with gr.Column(elem_id="model-group", elem_classes="group"):
            self.model = say(
                gr.Dropdown, list(models.names()), value=None, say={"label": "model"}, elem_id="model",
                filterable=False, interactive=True,
            )  # fmt: skip
        language.follow(self.source, lambda lang: {"choices": [(text(f"source_{key}", lang), key) for key in SOURCES]})
        language.follow(self.noise, lambda lang: {"choices": self.noise_choices(lang)})
        language.follow(self.pad, lambda lang: {"labels": pad_labels(lang)})
        self.state = [self.digit, self.noise, self.level, self.clip, self.seed, self.model, self.lang, self.hide]

    @staticmethod
    def noise_choices(lang: str) -> list[tuple[str, str]]:
        return [(text(f"noise_{key}", lang), key) for key in NOISES]

    @staticmethod
    def level_label(noise: str, lang: str) -> str:
        return f"{text('level', lang)} {NOISES[noise].symbol}"

    def lesson(self, digit: Digit, noise: str, level: float, clip: bool, seed: int, model: str, hide: tuple) -> Lesson:
        """The lesson of the controls' values, checked as if no page stood before them."""
        noise = noise if noise in NOISES else Lesson.noise
        return Lesson(
            source=digit.source,
            digit=digit.digit,
            index=digit.index,
            noise=noise,
            level=round(clamp_level(noise, level), 4),
            clip=bool(clip),
            seed=clamp_seed(seed),
            model=model if model in models.names() else "",
            pixels="" if digit.source == "pick" else encode_digit(np.frombuffer(digit.pixels, np.uint8)),
            hide=tuple(hide),
        )

    def bind(self, view: gr.HTML, render: Callable[..., Any]) -> None:
        """Let a view follow the controls: `view` takes `render(*state)` at every change."""
        self._bind_source(view, render)
        for control in (self.clip, self.seed, self.model, self.level):
            control.input(render, self.state, view, **LIVE)

        def choose_noise(*state: Any):
            noise = state[1] if state[1] in NOISES else Lesson.noise
            chosen = NOISES[noise]
            level = gr.update(maximum=chosen.maximum, value=chosen.default, label=self.level_label(noise, state[6]))
            drawn = render(state[0], noise, chosen.default, *state[3:])
            return drawn, level, gr.update(visible=self.shows("clip", state[7]) and chosen.can_clip)

        self.noise.input(choose_noise, self.state, [view, self.level, self.clip], **LIVE)

        def draw_seed(*state: Any):
            seed = random.randint(0, MAX_SEED)
            return render(*state[:4], seed, *state[5:]), seed

        self.new_noise.click(draw_seed, self.state, [view, self.seed], **LIVE)

        def choose_level(event: gr.EventData, *state: Any):
            level = clamp_level(state[1] if state[1] in NOISES else Lesson.noise, getattr(event, "level", None))
            return render(*state[:2], level, *state[3:]), level

        if "'level'" in (view.js_on_load or ""):
            view.level(choose_level, self.state, [view, self.level], **LIVE)

    @staticmethod
    def shows(name: str, hide: tuple[str, ...]) -> bool:
        return name not in hide

    def _bind_source(self, view: gr.HTML, render: Callable[..., Any]) -> None:
        outputs = [view, self.digit, self.picker, self.notice]

        def answer(digit: Digit, state: tuple, message: str = "") -> tuple:
            return render(digit, *state[1:]), digit, picker_value(digit, state[6]), notice(message)

        def stay(message: str) -> tuple:
            return gr.skip(), gr.skip(), gr.skip(), notice(message)

        def pick(event: gr.EventData, *state: Any):
            chosen, index = getattr(event, "digit", None), getattr(event, "index", None)
            if index is None:  # another class: one of its digits, the first
                index = 0
            return answer(picked(chosen, index), state)

        def another(*state: Any):
            before = state[0] or picked(Lesson.digit, Lesson.index)
            index = random.choice([i for i in range(GALLERY_PER_CLASS) if i != before.index])
            return answer(picked(before.digit, index), state)

        def draw(drawing: Any, *state: Any):
            if not drawing:
                return stay("")
            try:
                clean = preprocess(open_image(read_data_uri(drawing)))
            except ImageError as error:
                # A stroke that has only begun has no ink yet; the picture before stays.
                return stay("" if error.reason == "no_ink" else text("bad_drawing", state[6]))
            except ValueError:
                return stay(text("bad_drawing", state[6]))
            return answer(Digit.of(clean, "draw"), state)

        def upload(path: Any, *state: Any):
            try:
                with open(path, "rb") as file:
                    clean = preprocess(open_image(file.read(MAX_BYTES + 1)))
            except ImageError as error:
                return stay(image_sentence(error, state[6]))
            except (OSError, TypeError):
                return stay(text("image_corrupt", state[6]))
            return answer(Digit.of(clean, "upload"), state)

        def choose_source(source: str, drawing: Any, *state: Any):
            groups = [gr.update(visible=True if key == source else "hidden") for key in SOURCES]
            before = state[0] or picked(Lesson.digit, Lesson.index)
            if source == "pick" and before.source != "pick":
                return (*answer(picked(before.digit, before.index), state), *groups)
            if source == "draw" and drawing:
                return (*draw(drawing, *state), *groups)
            return (*stay(""), *groups)

        self.picker.pick(pick, self.state, outputs, **LIVE)
        self.another.click(another, self.state, outputs, **LIVE)
        self.pad.input(draw, [self.pad, *self.state], outputs, **LIVE)
        self.upload.upload(
            upload, [self.upload, *self.state], outputs, show_progress="hidden", api_visibility="private"
        )
        groups = [self.pick_group, self.draw_group, self.upload_group]
        self.source.input(choose_source, [self.source, self.pad, *self.state], [*outputs, *groups], **LIVE)

    @property
    def opened(self) -> list[Any]:
        """What `open` fills when a page is loaded."""
        groups = [self.pick_group, self.draw_group, self.upload_group]
        plain = [self.digit, self.lang, self.hide, self.source, *groups, self.picker, self.notice]
        return [*plain, self.noise, self.level, self.clip, self.seed, self.new_noise, self.model]

    def open(self, lesson: Lesson, lang: str) -> list[Any]:
        """Updates for `opened`: the controls as a link asks for them."""
        digit = start_digit(lesson)
        show = functools.partial(self.shows, hide=lesson.hide)
        chosen = NOISES[lesson.noise]
        sources = [key for key in SOURCES if key == "pick" or show(key)]
        groups = [gr.update(visible=True if key == lesson.source and show("digit") else "hidden") for key in SOURCES]
        known = models.names()
        return [
            digit,
            lang,
            lesson.hide,
            gr.update(
                value=lesson.source,
                choices=[(text(f"source_{key}", lang), key) for key in sources],
                visible=show("digit") and len(sources) > 1,
            ),
            *groups,
            picker_value(digit, lang),
            notice("" if known else text("no_models", lang)),
            gr.update(value=lesson.noise, choices=self.noise_choices(lang), visible=show("noise")),
            gr.update(
                maximum=chosen.maximum,
                value=lesson.level,
                label=self.level_label(lesson.noise, lang),
                visible=show("level"),
            ),
            gr.update(value=lesson.clip, visible=show("clip") and chosen.can_clip),
            gr.update(value=lesson.seed, visible=show("seed")),
            gr.update(visible=show("seed")),
            gr.update(value=lesson.model or None, choices=list(known), visible=show("model")),
        ]


def image_sentence(error: ImageError, lang: str) -> str:
    """What was wrong with a picture, in the page's language."""
    return text(f"image_{error.reason}", lang, **error.values)
