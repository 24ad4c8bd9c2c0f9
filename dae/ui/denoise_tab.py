"""The Denoise tab: a digit, its noise, what a network makes of it, and the same at every level."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import gradio as gr
import torch

from dae import metrics
from dae.checkpoints import CheckpointError
from dae.denoising import Sweep, denoise_again, sweep
from dae.models import Autoencoder
from dae.noise import NOISES, corrupt
from dae.ui import models, tiles
from dae.ui.controls import Controls, Digit, Values, View
from dae.ui.live import serve
from dae.ui.models import Loading
from dae.ui.session import Lesson
from dae.ui.text import text
from dae.ui.widgets import read_asset
from dae.verdict import Verdict

PARTS = ("clean", "noisy", "reconstruction", "error")
LEVELS = 11
FILM = 24  # levels that are worked out at once


@functools.lru_cache(maxsize=256)
def levels_of(pixels: bytes, noise: str, clip: bool, seed: int, network: Autoencoder) -> tuple[Sweep, str, str]:
    """The strip of one digit: it stays as it is while the level moves, so it is worth keeping."""
    levels = NOISES[noise].levels(LEVELS)
    result = sweep(network, Digit(pixels).clean, noise, levels, seed=seed, clip=clip)
    return result, tiles.png(tiles.row(result.noisy)), tiles.png(tiles.row(result.restored))


def _figures(images: torch.Tensor, clean: torch.Tensor) -> list[list[tuple[str, str]]]:
    """MSE, PSNR and SSIM of each image against the same clean one."""
    clean = clean.expand_as(images)
    errors, similarities = metrics.mse_each(images, clean).tolist(), metrics.ssim_each(images, clean)
    return [
        [
            ("MSE", tiles.number(error, 4)),
            ("PSNR", f"{tiles.number(metrics.psnr(error), 1)} dB"),
            ("SSIM", tiles.number(similarity, 2)),
        ]
        for error, similarity in zip(errors, similarities, strict=True)
    ]


@torch.inference_mode()
def stage_values(
    network: Autoencoder, version: int, lesson: Lesson, digit: Digit, lang: str, levels: Sequence[float]
) -> list[dict[str, Any]]:
    """What the stage shows of a lesson at each of several levels, without the strip."""
    # The same at every level: the browser asks for the strip when it shows another one.
    strip_key = f"{replace(lesson, level=0, passes=1).query()}:{lang}:{version}"
    clean, count = digit.clean, len(levels)
    noisy = torch.cat([corrupt(clean, lesson.noise, level, seed=lesson.seed, clip=lesson.clip) for level in levels])
    paths = denoise_again(network, noisy, lesson.passes)
    restored = paths[-1]
    figures = _figures(torch.cat([noisy, restored]), clean)
    images = torch.cat([clean, noisy, restored])
    greys, readings = tiles.grey(images), models.readings(images)
    errors = tiles.signed((restored - clean)[:, 0])
    values = []
    for i, level in enumerate(levels):
        at = {"clean": 0, "noisy": 1 + i, "reconstruction": 1 + count + i}
        path = [image[i : i + 1] for image in paths] if lesson.passes > 1 else []
        values.append(
            _value(
                replace(lesson, level=level),
                digit,
                lang,
                pictures={part: tiles.raw(greys[place]) for part, place in at.items()}
                | {"error": tiles.raw(errors[i])},
                figures={part: figures[place - 1] for part, place in at.items() if part != "clean"},
                readings={part: readings[place] for part, place in at.items()},
                path=_path(path, clean, lang),
            )
            | {"strip_key": strip_key}
        )
    return values


@torch.inference_mode()
def spoilt_value(lesson: Lesson, digit: Digit, lang: str, lacks: str, loading: bool = False) -> dict[str, Any]:
    """What the stage shows without a network: the digit, clean and noisy, and in a sentence what it lacks."""
    clean = digit.clean
    images = torch.cat([clean, corrupt(clean, lesson.noise, lesson.level, seed=lesson.seed, clip=lesson.clip)])
    parts = ("clean", "noisy")
    value = _value(
        lesson,
        digit,
        lang,
        pictures={part: tiles.raw(grey) for part, grey in zip(parts, tiles.grey(images), strict=True)},
        figures={"noisy": _figures(images[1:], clean)[0]},
        readings=dict(zip(parts, models.readings(images), strict=True)),
        path=[],
    )
    return value | {"lacks": lacks, "loading": loading, "strip_key": None}


def _value(
    lesson: Lesson,
    digit: Digit,
    lang: str,
    *,
    pictures: dict[str, str],
    figures: dict[str, list[tuple[str, str]]],
    readings: dict[str, Verdict | None],
    path: list[dict[str, str]],
) -> dict[str, Any]:
    """The stage's value: pictures and numbers with their words."""
    alt = {
        "clean": text("alt_clean", lang, what=digit.describe(lang)),
        "noisy": text("alt_noisy", lang, noise=text(f"noise_{lesson.noise}", lang), level=f"{lesson.level:g}"),
        "error": text("alt_error", lang),
    }
    if "reconstruction" in figures:
        psnr = figures["reconstruction"][1][1].removesuffix(" dB")
        alt["reconstruction"] = text("alt_reconstruction", lang, model=models.label(lesson.model, lang), psnr=psnr)
    return {
        "pictures": {
            part: {"pixels": pictures[part], "alt": alt[part], "figures": figures.get(part)} for part in pictures
        },
        "words": {part: text(part, lang) for part in PARTS},
        "lacks": "",
        "loading": False,
        "verdicts": {
            part: {"label": text("verdict", lang), "digit": str(reading.digit), "sure": f"{reading.confidence:.0%}"}
            for part, reading in readings.items()
            if reading is not None
        },
        "verdict_about": text("verdict_about", lang),
        "path": path,
        "path_title": text("path", lang),
        "what": digit.describe(lang),
        "too_little": text("too_little", lang),
        "too_much": text("too_much", lang),
        "error_scale": text("error_scale", lang),
        "strip": None,
        "level": lesson.level,
        "key": f"{lesson.model}:{lesson.noise}:{lesson.level:g}:{lesson.seed}",
        "query": lesson.query(),
        "lang": lang,
        "hide": list(lesson.hide),
    }


def stage_value(lesson: Lesson, digit: Digit, lang: str, strip: bool = True) -> dict[str, Any]:
    """All that the stage shows, ready to be put in place by the browser; the strip, which costs most, if asked for."""
    version = models.version(lesson.model)
    return _stage(models.load(lesson.model), version, lesson, digit, lang, strip)


def _stage(network: Autoencoder, version: int, lesson: Lesson, digit: Digit, lang: str, strip: bool) -> dict[str, Any]:
    (value,) = stage_values(network, version, lesson, digit, lang, [lesson.level])
    if strip:
        value["strip"] = _strip(lesson, digit, network, lang)
    return value


def _strip(lesson: Lesson, digit: Digit, network: Autoencoder, lang: str) -> dict[str, Any]:
    """The digit at every level, noisy and restored, with the curve."""
    work_out = levels_of.__wrapped__ if models.yours(lesson.model) else levels_of  # it would outlive the visitor
    levels, noisy, restored = work_out(digit.pixels, lesson.noise, lesson.clip, lesson.seed, network)
    grid = [f"{level:g}" for level in levels.levels]
    return {
        "title": text("every_level", lang),
        "caption": text("curve_caption", lang),
        "levels": grid,
        "noisy": {
            "src": noisy,
            "alt": text("alt_strip_noisy", lang, count=LEVELS, low=grid[0], high=grid[-1]),
        },
        "restored": {"src": restored, "alt": text("alt_strip_restored", lang)},
        "plot": tiles.curves(levels.levels, {"noisy": levels.noisy_psnr, "restored": levels.restored_psnr}, unit="dB"),
    }


def _path(path: list[torch.Tensor], clean: torch.Tensor, lang: str) -> list[dict[str, str]]:
    """The pictures of denoising again and again, each with its figure."""
    steps = []
    for count, image in enumerate(path):
        psnr = tiles.number(metrics.psnr(metrics.mse(image, clean)), 1)
        word = text("path_pass", lang, count=count) if count else text("path_noisy", lang)
        alt = text("alt_path", lang, count=count, psnr=psnr)
        steps.append({"src": tiles.png(tiles.grey(image)[0]), "alt": alt, "word": word, "psnr": f"{psnr} dB"})
    return steps


def render(values: Values, strip: Any = True) -> Any:
    """The stage for the controls' values, with or without the strip; without a network where none is at hand."""
    lesson, digit, lang = values.lesson, values.shown, values.lang
    version = models.version(lesson.model)
    try:
        return _stage(models.at_hand(lesson.model), version, lesson, digit, lang, strip is True)
    except Loading:
        return spoilt_value(lesson, digit, lang, text("stage_loading", lang), loading=True)
    except CheckpointError:
        if lesson.model:
            return spoilt_value(lesson, digit, lang, text("no_model", lang, name=lesson.model))
        # Before the page has heard which model it starts with, nothing is missing.
        return gr.skip() if models.names() else spoilt_value(lesson, digit, lang, text("stage_no_models", lang))


def film(values: Values, levels: Any) -> Any:
    """The stage at other levels, so that the slider need not wait for an answer when it comes there."""
    lesson = values.lesson
    top = NOISES[lesson.noise].maximum
    asked = levels if isinstance(levels, list) else []
    known = [float(level) for level in asked[:FILM] if isinstance(level, int | float) and 0 <= level <= top]
    version = models.version(lesson.model)
    try:
        network = models.at_hand(lesson.model)
        return {"frames": stage_values(network, version, lesson, values.shown, values.lang, known) if known else []}
    except (Loading, CheckpointError):
        return gr.skip()


def add(controls: Controls) -> None:
    """Build the tab's stage and let it follow the controls."""
    stage = gr.HTML(
        None,
        html_template=read_asset("stage.html"),
        js_on_load=read_asset("stage.js"),
        apply_default_css=False,
        elem_id="stage",
    )
    controls.views.append(View("denoise", stage, render))
    serve("denoise", render, extras=1)
    serve("film", film, extras=1, ahead=True)
