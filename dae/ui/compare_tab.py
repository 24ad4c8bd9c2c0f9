"""The Compare tab: the same noisy digit through many denoisers at once, the best first; and a grid for slides."""

from __future__ import annotations

import functools
import html
import logging
from typing import Any

import gradio as gr
import torch

from dae import data, metrics
from dae.baselines import BASELINES, RecordError, baseline
from dae.checkpoints import CheckpointError
from dae.denoising import Denoiser
from dae.noise import NOISES, corrupt
from dae.ui import models, tiles
from dae.ui.controls import Controls, Digit, Values, View
from dae.ui.language import Language
from dae.ui.live import serve
from dae.ui.models import Loading
from dae.ui.session import Lesson
from dae.ui.text import text
from dae.ui.widgets import read_asset

log = logging.getLogger(__name__)

START = ("universal", "conv-gaussian", "fc-gaussian", "plain", "median", "tv", "wiener")
GRID_LEVELS = 6
NOISY = "noisy"  # the row of a grid that no denoiser has made


def choices(lang: str) -> list[tuple[str, str]]:
    """What can be compared: label -> key; baselines carry their own summary."""
    networks = [(models.label(name, lang), name) for name in models.offered()]
    return networks + [(text(f"baseline_{key}", lang), key) for key in BASELINES]


def checked(chosen: Any) -> list[str]:
    """The chosen denoisers that exist, each once, and of a visitor's networks those that are missing."""
    known = [key for _, key in choices("en")]
    chosen = [key for key in (chosen if isinstance(chosen, list) else []) if isinstance(key, str)]
    return [key for key in dict.fromkeys(chosen) if key in known or key.startswith(models.YOURS)]


def linked(names: str | None) -> list[str]:
    """The denoisers that a link names, between commas; those that a visit starts with where it names none."""
    asked = [key for key in checked((names or "").split(",")) if not key.startswith(models.YOURS)]
    return asked or checked(list(START))


def labels(lang: str, chosen: list[str]) -> dict[str, str]:
    """What all that can be compared is called, a visitor's own networks among what was chosen too."""
    return {key: label for label, key in choices(lang)} | {
        key: models.label(key, lang) for key in chosen if models.yours(key)
    }


@functools.lru_cache(maxsize=128)
def _baseline(key: str, noise: str, level: float, clip: bool, pixels: bytes) -> Denoiser:
    # Made from the gallery, which is always there, but never from the digit that it restores.
    return baseline(key, noise, level, clip, digits=data.gallery(), exclude=Digit(pixels).clean)


def denoiser(key: str, lesson: Lesson, level: float, digit: Digit) -> Denoiser:
    """A network by its name, or a baseline made for this noise and level.

    Raises:
        Loading: a network that is being loaded.
        ValueError: a damaged checkpoint, or a noise that the baseline has no answer to.
    """
    if key not in BASELINES:
        return models.at_hand(key)
    fitted = BASELINES[key].fitted
    return _baseline(key, lesson.noise, round(level, 2), lesson.clip, digit.pixels if fitted else bytes(784))


@torch.inference_mode()
def compare_value(lesson: Lesson, digit: Digit, chosen: list[str], lang: str) -> dict[str, Any]:
    """The cards, the smallest error first, behind them what cannot be had and why."""
    clean = digit.clean
    noisy = corrupt(clean, lesson.noise, lesson.level, seed=lesson.seed, clip=lesson.clip)
    names = labels(lang, chosen)
    cards, missing, loading = [], [], False
    for key in chosen:
        if models.is_missing(key):
            missing.append(text("model_missing", lang))
            continue
        try:
            restored = denoiser(key, lesson, lesson.level, digit)(noisy)
        except Loading:
            missing.append(text("compare_loading", lang, name=names[key]))
            loading = True
            continue
        except CheckpointError:
            missing.append(text("no_model", lang, name=names[key]))
            continue
        except RecordError as error:
            models.say_once(str(error))
            missing.append(text("compare_no_record", lang, name=names[key]))
            continue
        except ValueError:  # the noise has no answer here
            missing.append(text("compare_cannot", lang, name=names[key], noise=text(f"noise_{lesson.noise}", lang)))
            continue
        cards.append(_card(names[key], key, restored, clean, lang))
    cards.sort(key=lambda card: card["error"])
    for place, card in enumerate(cards, 1):
        card["place"] = place
    return {
        "given": [
            _card(text("clean", lang), "clean", clean, clean, lang),
            _card(text("noisy", lang), "noisy", noisy, clean, lang),
        ],
        "cards": cards,
        "missing": list(dict.fromkeys(missing)),
        "loading": loading,
        "reads": text("verdict", lang),
        "note": text("compare_note", lang),
        "chosen": chosen,
        "empty": text("compare_empty", lang) if not chosen else "",
        "query": lesson.query(),
    }


def _card(name: str, key: str, image: torch.Tensor, clean: torch.Tensor, lang: str) -> dict[str, Any]:
    error = metrics.mse(image, clean)
    reading, truth = models.readings(torch.cat([image, clean]))
    psnr = tiles.number(metrics.psnr(error), 1)
    if reading is None or truth is None:
        verdict = {
            "digit": "",
            "sure": "",
            "survived": True,
            "alt": text("compare_alt_alone", lang, name=name, psnr=psnr),
        }
    else:
        verdict = {
            "digit": str(reading.digit),
            "sure": f"{reading.confidence:.0%}",
            "survived": reading.digit == truth.digit,
            "alt": text("compare_alt", lang, name=name, digit=reading.digit, psnr=psnr),
        }
    return verdict | {
        "key": key,
        "name": name,
        "about": text(f"baseline_{key}_about", lang)
        if key in BASELINES
        else ("" if key in ("clean", "noisy") else models.summary(key, lang)),
        "src": tiles.png(tiles.grey(image)[0]),
        "error": error,
        "figures": [
            ["MSE", tiles.number(error, 4)],
            ["PSNR", f"{psnr} dB"],
            ["SSIM", tiles.number(metrics.ssim(image, clean), 2)],
        ],
    }


@torch.inference_mode()
def grid_rows(lesson: Lesson, digit: Digit, chosen: list[str]) -> tuple[list[float], dict[str, torch.Tensor]]:
    """Levels, and a row of pictures `(levels, 1, 28, 28)` for the noisy digit and by each denoiser's key."""
    levels = NOISES[lesson.noise].levels(GRID_LEVELS)
    clean = digit.clean
    noisy = [corrupt(clean, lesson.noise, level, seed=lesson.seed, clip=lesson.clip) for level in levels]
    rows = {NOISY: torch.cat(noisy)}
    for key in chosen:
        try:
            restored = [denoiser(key, lesson, level, digit)(image) for level, image in zip(levels, noisy, strict=True)]
        except (Loading, ValueError):
            continue
        rows[key] = torch.cat(restored)
    return levels, rows


def named(rows: dict[str, torch.Tensor], lang: str) -> list[tuple[str, torch.Tensor]]:
    """The rows of a grid with what they are called."""
    names = labels(lang, list(rows)) | {NOISY: text("noisy", lang)}
    return [(names[key], images) for key, images in rows.items()]


def grid_html(rows: list[tuple[str, torch.Tensor]], levels: list[float], symbol: str) -> str:
    """The grid model x level as a table of pictures."""
    head = "".join(f"<th scope='col'>{symbol} {level:g}</th>" for level in levels)
    body = "".join(
        f"<tr><th scope='row'>{html.escape(name)}</th>"
        + "".join(
            f"<td><img width='28' height='28' alt='{html.escape(name)}, {level:g}' src='{tiles.png(picture)}'></td>"
            for level, picture in zip(levels, tiles.grey(images), strict=True)
        )
        + "</tr>"
        for name, images in rows
    )
    return f"<table class='grid'><thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table>"


def render(values: Values, names: Any) -> Any:
    """The view for the controls' values and the chosen denoisers."""
    return compare_value(values.lesson, values.shown, checked(names), values.lang)


def add(language: Language, controls: Controls) -> Any:
    """Build the tab; it follows the controls while it is open and costs nothing while it is not.

    Returns the menu of denoisers: the view is drawn anew when it changes.
    """
    say = language.make
    chosen = say(
        gr.Dropdown, choices("en"), value=linked(None), multiselect=True,
        say={"label": "compare_choose"}, elem_id="compare-choice", interactive=True,
    )  # fmt: skip
    language.follow(chosen, lambda lang: {"choices": choices(lang)})
    view = gr.HTML(
        None,
        html_template=read_asset("compare.html"),
        css_template=read_asset("compare.css"),
        js_on_load=read_asset("compare.js"),
        apply_default_css=False,
        elem_id="compare",
    )
    with gr.Row(elem_classes="seed-row"):
        make_grid = say(gr.Button, say={"value": "grid"}, elem_id="make-grid", size="sm")
        png = say(gr.DownloadButton, say={"label": "grid_png"}, elem_id="grid-png", size="sm", visible=False)
        svg = say(gr.DownloadButton, say={"label": "grid_svg"}, elem_id="grid-svg", size="sm", visible=False)
    grid = gr.HTML("", elem_id="grid", apply_default_css=False)

    controls.views.append(View("compare", view, render, (chosen,)))
    serve("compare", render, extras=1)

    def draw(names: Any, *state: Any) -> tuple:
        from dae.figures import grid_figure

        values = Values(*state)
        lesson, digit, lang = values.lesson, values.shown, values.lang
        keys = checked(names)
        levels, rows = grid_rows(lesson, digit, keys)
        noise = text(f"noise_{lesson.noise}", "en")
        unclipped = "" if lesson.clip or not NOISES[lesson.noise].can_clip else ", unclipped"
        caption = f"{digit.describe('en')}; {noise} noise{unclipped}, seed {lesson.seed}"
        title = f"{noise} noise at every level"
        shown = grid_html(named(rows, lang), levels, NOISES[lesson.noise].symbol)
        try:
            files = [
                tiles.figure_file(grid_figure(named(rows, "en"), levels, title, caption, kind), f"grid.{kind}")
                for kind in ("png", "svg")
            ]
            for file in files:  # Gradio does it afterwards, and has no sentence for a disk that is full
                png.move_resource_to_block_cache(file)
        except OSError as error:
            log.warning("the grid cannot be stored: %s", error)
            told = f'{shown}<p role="status">{text("grid_no_room", lang)}</p>'
            return told, *(gr.update(visible=False) for _ in (png, svg))
        return shown, *(gr.update(value=str(file), visible=True) for file in files)

    make_grid.click(
        draw, [chosen, *controls.state], [grid, png, svg], show_progress="minimal", api_visibility="private"
    )
    return chosen
