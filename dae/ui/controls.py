"""The controls beside the stage: where the digit comes from, how it is spoilt, which model restores it.

They are shared by all tabs, so that a tab talks about the digit, noise and model that were chosen on the last one.
"""

from __future__ import annotations

import functools
import html
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
import numpy as np
import torch

from dae import data
from dae.checkpoints import CheckpointError
from dae.data import GALLERY_PER_CLASS
from dae.noise import NOISES
from dae.pictures import MAX_BYTES, ImageError, open_image, open_image_within
from dae.preprocessing import preprocess
from dae.ui import models, tiles
from dae.ui.connection import said
from dae.ui.language import Language
from dae.ui.models import Loading
from dae.ui.session import (
    MAX_SEED,
    SOURCES,
    Lesson,
    clamp_level,
    clamp_passes,
    clamp_seed,
    decode_digit,
    encode_digit,
    known_noise,
)
from dae.ui.text import text
from dae.ui.widgets import drawing_pad, read_asset, read_data_uri

LIVE: dict[str, Any] = {
    "queue": False,
    "show_progress": "hidden",
    "trigger_mode": "always_last",
    "api_visibility": "private",
}
# The browser says which tab is open and numbers its events, in the first input's place.
OPEN_TAB = "(tab, ...values) => [daeEvent(), ...values]"
READING_SECONDS = 5.0  # that a visitor's picture may take to be decoded; a phone's photo takes half of one
STRIP = 10  # digits of a class that are offered at once
PATIENCE = 0.25  # seconds that a network may take to be loaded before the page goes on without it


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


def drawn_digit(drawing: object) -> Digit:
    """The digit drawn on the pad, from the pad's value. Raises ValueError (ImageError where the picture is read)."""
    return Digit.of(preprocess(open_image(read_data_uri(drawing))), "draw")


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


def told(event: gr.EventData) -> dict[str, Any]:
    """What a script of the page says with its event; nothing where that is no record."""
    return event._data if isinstance(event._data, dict) else {}


def notice(message: str = "") -> str:
    """A sentence for the reader under the source controls; our own words, shown as they are."""
    return f'<p role="status">{message}</p>' if message else ""


def pad_labels(lang: str) -> dict[str, str]:
    keys = {"canvas": "pad_canvas", "hint": "draw_hint", "undo": "undo", "clear": "clear"}
    keys |= {"cleared": "pad_cleared", "pen_down": "pad_pen_down", "pen_up": "pad_pen_up"}
    return {name: text(key, lang) for name, key in keys.items()}


@dataclass(frozen=True)
class Values:
    """What the controls say at one moment, as it came from the browser: unchecked."""

    digit: Digit | None
    noise: Any
    level: Any
    clip: Any
    seed: Any
    model: Any
    lang: str
    hide: tuple[str, ...]
    passes: Any

    @property
    def shown(self) -> Digit:
        """The digit, or the page's first one where none is known yet."""
        return self.digit if isinstance(self.digit, Digit) else picked(Lesson.digit, Lesson.index)

    @property
    def lesson(self) -> Lesson:
        """The lesson of these values, checked as if no page stood before them."""
        digit = self.shown
        noise = known_noise(self.noise)
        return Lesson(
            source=digit.source,
            digit=digit.digit,
            index=digit.index,
            noise=noise,
            level=round(clamp_level(noise, self.level), 4),
            clip=bool(self.clip),
            seed=clamp_seed(self.seed),
            model=self.model if self.model in models.known(self.model) else "",
            pixels="" if digit.source == "pick" else encode_digit(np.frombuffer(digit.pixels, np.uint8)),
            hide=tuple(self.hide),
            passes=clamp_passes(self.passes),
        )


Change = tuple[Values | None, list[Any]]


@dataclass(frozen=True)
class View:
    """A component of a tab that follows the controls while its tab is open: it takes `render(values, *extras)`."""

    tab: str
    component: Any
    render: Callable[..., Any]
    extras: tuple[Any, ...] = ()  # further inputs of its own


class Controls:
    """The column of controls. `state` are the inputs whose values make up `Values`, in that order."""

    def __init__(self, language: Language, line: gr.HTML) -> None:
        """Args:
        line: says what has happened to the server, see `dae.ui.connection`.
        """
        start = Lesson()
        say = language.make
        self.views: list[View] = []
        self.line = line
        self.open_tab = gr.Textbox(start.tab, visible="hidden", elem_id="open-tab")
        self.digit = gr.State(None)
        self.lang = gr.State("en")
        self.hide = gr.State(())
        self.passes = gr.State(1)
        with gr.Column(elem_id="digit-source", elem_classes="group"):
            self.source = say(
                gr.Radio, self.source_choices("en", ()), value="pick",
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
                    gr.Number, start.seed, say={"label": "seed"}, precision=0, elem_id="seed", min_width=80,
                    interactive=True,
                )  # fmt: skip
                self.new_noise = say(
                    gr.Button, say={"value": "new_noise"}, elem_id="new-noise", size="sm", min_width=80
                )
        with gr.Column(elem_id="model-group", elem_classes="group"):
            self.model = say(
                gr.Dropdown, self.model_choices("en"), value=None, say={"label": "model"}, elem_id="model",
                filterable=False, interactive=True,
            )  # fmt: skip
            with gr.Row(elem_classes="seed-row", elem_id="again-row"):
                self.again = say(gr.Button, say={"value": "again"}, elem_id="again", size="sm", min_width=80)
                self.once = say(gr.Button, say={"value": "once"}, elem_id="once", size="sm", min_width=80)
        language.follow(self.noise, lambda lang: {"choices": self.noise_choices(lang)})
        language.follow(self.model, lambda lang: {"choices": self.model_choices(lang)})
        language.follow(self.pad, lambda lang: {"labels": pad_labels(lang)})
        self._groups = [self.pick_group, self.draw_group, self.upload_group]
        self.state = [
            self.digit,
            self.noise,
            self.level,
            self.clip,
            self.seed,
            self.model,
            self.lang,
            self.hide,
            self.passes,
        ]

    @classmethod
    def source_choices(cls, lang: str, hide: Sequence[str]) -> list[tuple[str, str]]:
        """Where a digit may come from, which a link may say."""
        return [(text(f"source_{key}", lang), key) for key in SOURCES if key == "pick" or cls.shows(key, hide)]

    @staticmethod
    def noise_choices(lang: str) -> list[tuple[str, str]]:
        return [(text(f"noise_{key}", lang), key) for key in NOISES]

    @staticmethod
    def level_label(noise: str, lang: str) -> str:
        return f"{text('level', lang)} {NOISES[noise].symbol}"

    @staticmethod
    def model_choices(lang: str) -> list[tuple[str, str]]:
        return [(f"{models.label(name, lang)}: {models.summary(name, lang)}", name) for name in models.offered()]

    def bind(self) -> None:
        """Let all views follow the controls. Called once, when every tab has added its views."""
        self._bind_source()
        self.listen(self.clip.input, lambda values, event: (values, []))

        def choose_seed(values: Values, event: gr.EventData) -> Change:
            # Not by the box's own bounds: beyond them Gradio refuses every event that has the seed among its inputs.
            seed = clamp_seed(values.seed)
            return values, [gr.skip() if values.seed is None or seed == values.seed else seed]

        self.listen(self.seed.input, choose_seed, [self.seed])

        def choose_model(values: Values, event: gr.EventData) -> Change:
            if models.is_missing(values.model):  # what listens replaces it
                return values, [notice()]
            try:
                models.at_hand(values.model, PATIENCE)
            except CheckpointError:
                name = html.escape(str(values.model)[:60])
                return None, [notice(text("no_model", values.lang, name=name))]
            except Loading:  # the view says so, and asks again
                pass
            return values, [notice()]

        self.listen(self.model.input, choose_model, [self.notice])

        def choose_noise(values: Values, event: gr.EventData) -> Change:
            noise = known_noise(values.noise)
            chosen = NOISES[noise]
            label = self.level_label(noise, values.lang)
            return replace(values, noise=noise, level=chosen.default), [
                gr.update(maximum=chosen.maximum, value=chosen.default, label=label),
                gr.update(visible=self.shows("clip", values.hide) and chosen.can_clip),
            ]

        self.listen(self.noise.input, choose_noise, [self.level, self.clip])

        def draw_seed(values: Values, event: gr.EventData) -> Change:
            seed = random.randint(0, MAX_SEED)
            return replace(values, seed=seed), [seed]

        self.listen(self.new_noise.click, draw_seed, [self.seed])

        def repeat(values: Values, event: gr.EventData) -> Change:
            passes = clamp_passes((values.passes or 1) + 1)
            return replace(values, passes=passes), [passes]

        self.listen(self.again.click, repeat, [self.passes])
        self.listen(self.once.click, lambda values, event: (replace(values, passes=1), [1]), [self.passes])
        self.listen(self.line.stale, lambda values, event: (values, []))

    def listen(
        self,
        event: Callable[..., Any],
        change: Callable[..., Change],
        outputs: Sequence[Any] = (),
        leading: Sequence[Any] = (),
        **options: Any,
    ) -> None:
        """Let an event change the controls' values, and the view that is open follow.

        `change(values, event data, *leading)` gives the new values, or None where the views stay as they are, and an
        update for each of `outputs`. A visitor's network that is not there any more is replaced by a shipped one.
        """
        views, extras = self.views, [extra for view in self.views for extra in view.extras]

        def handler(data: gr.EventData, sent: Any, *received: Any) -> list[Any]:
            before, received = received[: len(leading)], received[len(leading) :]
            count = len(self.state)
            values, updates = change(Values(*received[:count]), data, *before)
            menu, told = gr.skip(), gr.skip()
            if values and models.is_missing(values.model):
                values = replace(values, model=next(iter(models.names()), None))
                menu = gr.update(value=values.model, choices=self.model_choices(values.lang))
                told = said("missing")
            drawn = self._draw(str(sent), values, received[count:]) if values else [gr.skip() for _ in views]
            return [*drawn, *updates, menu, told]

        event(
            handler,
            [self.open_tab, *leading, *self.state, *extras],
            [*(view.component for view in views), *outputs, self.model, self.line],
            **{**LIVE, "js": OPEN_TAB, **options},
        )

    def _draw(self, sent: str, values: Values, extras: Sequence[Any]) -> list[Any]:
        """An update for each view: drawn where its tab is open, left alone elsewhere.

        `sent` is the open tab and the event's number: answers may overtake each other, and the browser wants the last.
        """
        drawn, extras = [], list(extras)
        tab, _, number = sent.partition(" ")
        for view in self.views:
            own, extras = extras[: len(view.extras)], extras[len(view.extras) :]
            value = view.render(values, *own) if view.tab == tab else gr.skip()
            numbered = number.isdecimal() and len(number) < 10 and "__type__" not in value
            drawn.append({**value, "event": int(number)} if numbered else value)
        return drawn

    @staticmethod
    def shows(name: str, hide: Sequence[str]) -> bool:
        return name not in hide

    def _bind_source(self) -> None:
        outputs = [self.digit, self.picker, self.notice]

        def answer(digit: Digit, values: Values) -> Change:
            return replace(values, digit=digit), [digit, picker_value(digit, values.lang), notice()]

        def stay(message: str) -> Change:
            return None, [gr.skip(), gr.skip(), notice(message)]

        def pick(values: Values, event: gr.EventData) -> Change:
            # Another class comes without an index: its first digit.
            asked = told(event)
            return answer(picked(asked.get("digit"), asked.get("index") or 0), values)

        def another(values: Values, event: gr.EventData) -> Change:
            before = values.shown
            index = random.choice([i for i in range(GALLERY_PER_CLASS) if i != before.index])
            return answer(picked(before.digit, index), values)

        def draw(values: Values, event: gr.EventData, drawing: Any) -> Change:
            if not drawing:
                return stay("")
            try:
                return answer(drawn_digit(drawing), values)
            except ImageError as error:
                # A dot has no ink yet; the picture before stays.
                return stay("" if error.reason == "no_ink" else text("bad_drawing", values.lang))
            except ValueError:
                return stay(text("bad_drawing", values.lang))

        def upload(values: Values, event: gr.EventData, path: Any) -> Change:
            try:
                with open(path, "rb") as file:
                    clean = preprocess(open_image_within(READING_SECONDS, file.read(MAX_BYTES + 1)))
            except ImageError as error:
                return stay(text(f"image_{error.reason}", values.lang, **error.values))
            except (OSError, TypeError):
                return stay(text("image_corrupt", values.lang))
            return answer(Digit.of(clean, "upload"), values)

        def choose_source(values: Values, event: gr.EventData, source: str, drawing: Any) -> Change:
            groups = [gr.update(visible=True if key == source else "hidden") for key in SOURCES]
            before = values.shown
            if source == "pick" and before.source != "pick":
                changed, updates = answer(picked(before.digit, before.index), values)
            elif source == "draw" and drawing:
                changed, updates = draw(values, event, drawing)
            else:
                changed, updates = stay("")
            return changed, [*updates, *groups]

        # Each click counts: a deferred event would come with the data of the one before it.
        self.listen(self.picker.pick, pick, outputs, trigger_mode="multiple")
        self.listen(self.another.click, another, outputs)
        # While the pen moves the views follow by themselves; here the lifted pen's drawing becomes the page's digit.
        self.listen(self.pad.release, draw, outputs, [self.pad])
        # In the queue: reading a large photo takes a while, and an upload is no reason to drop the one before it.
        self.listen(self.upload.upload, upload, outputs, [self.upload], queue=True, trigger_mode="once")
        self.listen(self.source.input, choose_source, [*outputs, *self._groups], [self.source, self.pad])

    @property
    def opened(self) -> list[Any]:
        """What `open` fills when a page is loaded."""
        plain = [self.digit, self.lang, self.hide, self.source, *self._groups, self.picker, self.notice]
        noise = [self.noise, self.level, self.clip, self.seed, self.new_noise]
        return [*plain, *noise, self.model, self.passes]

    def open(self, lesson: Lesson, lang: str) -> tuple[list[Any], Values]:
        """Updates for `opened`, the controls as a link asks for them, and their values."""
        digit = start_digit(lesson)
        show = functools.partial(self.shows, hide=lesson.hide)
        chosen = NOISES[lesson.noise]
        sources = self.source_choices(lang, lesson.hide)
        offered = [key for _, key in sources] if show("digit") else []
        groups = [gr.update(visible=True if key == lesson.source and key in offered else "hidden") for key in SOURCES]
        known = models.names()
        updates = [
            digit,
            lang,
            lesson.hide,
            gr.update(
                value=lesson.source if lesson.source in offered else None,
                choices=sources,
                visible=len(offered) > 1,
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
            gr.update(
                value=lesson.model if lesson.model in known else None,
                choices=self.model_choices(lang),
                visible=show("model"),
            ),
            lesson.passes,
        ]
        values = Values(
            digit, lesson.noise, lesson.level, lesson.clip, lesson.seed, lesson.model, lang, lesson.hide, lesson.passes
        )
        return updates, values
