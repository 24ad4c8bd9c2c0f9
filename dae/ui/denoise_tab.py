"""The Denoise tab: a digit, its noise, what a network makes of it, and the same at every level."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import gradio as gr
import torch

from dae import metrics
from dae.checkpoints import CheckpointError
from dae.evaluation import Sweep, denoise_again, sweep
from dae.models import Autoencoder
from dae.noise import NOISES, corrupt
from dae.ui import models, tiles
from dae.ui.controls import Change, Controls, Digit, Values, View
from dae.ui.session import Lesson, clamp_level
from dae.ui.text import text
from dae.ui.widgets import read_asset
from dae.verdict import verdict

LEVELS = 11


@functools.lru_cache(maxsize=256)
def levels_of(pixels: bytes, noise: str, clip: bool, seed: int, network: Autoencoder) -> tuple[Sweep, str, str]:
    """The strip of one digit: it stays as it is while the level moves, so it is worth keeping."""
    levels = NOISES[noise].levels(LEVELS)
    result = sweep(network, Digit(pixels).clean, noise, levels, seed=seed, clip=clip)
    return result, tiles.png(tiles.row(result.noisy)), tiles.png(tiles.row(result.restored))


def _figures(image: torch.Tensor, clean: torch.Tensor) -> list[tuple[str, str]]:
    error = metrics.mse(image, clean)
    return [
        ("MSE", tiles.number(error, 4)),
        ("PSNR", f"{tiles.number(metrics.psnr(error), 1)} dB"),
        ("SSIM", tiles.number(metrics.ssim(image, clean), 2)),
    ]


@torch.inference_mode()
def stage_value(lesson: Lesson, digit: Digit, lang: str) -> dict[str, Any]:
    """All that the stage shows, ready to be put in place by the browser."""
    clean = digit.clean
    noisy = corrupt(clean, lesson.noise, lesson.level, seed=lesson.seed, clip=lesson.clip)
    network = models.load(lesson.model)
    path = denoise_again(network, noisy, lesson.passes)
    restored = path[-1]
    noise = text(f"noise_{lesson.noise}", lang)
    levels, noisy_strip, restored_strip = levels_of(digit.pixels, lesson.noise, lesson.clip, lesson.seed, network)
    figures = {"noisy": _figures(noisy, clean), "reconstruction": _figures(restored, clean)}
    pictures = {
        "clean": tiles.png(tiles.grey(clean)[0]),
        "noisy": tiles.png(tiles.grey(noisy)[0]),
        "reconstruction": tiles.png(tiles.grey(restored)[0]),
        "error": tiles.png(tiles.signed((restored - clean)[0, 0])),
    }
    alt = {
        "clean": text("alt_clean", lang, what=digit.describe(lang)),
        "noisy": text("alt_noisy", lang, noise=noise, level=f"{lesson.level:g}"),
        "reconstruction": text(
            "alt_reconstruction", lang, model=lesson.model, psnr=figures["reconstruction"][1][1].removesuffix(" dB")
        ),
        "error": text("alt_error", lang),
    }
    readings = verdict(torch.cat([clean, noisy, restored]))
    grid = [f"{level:g}" for level in levels.levels]
    return {
        "pictures": {
            part: {"src": pictures[part], "alt": alt[part], "word": text(part, lang), "figures": figures.get(part)}
            for part in pictures
        },
        "verdicts": {
            part: {"label": text("verdict", lang), "digit": str(reading.digit), "sure": f"{reading.confidence:.0%}"}
            for part, reading in zip(("clean", "noisy", "reconstruction"), readings, strict=True)
        },
        "verdict_about": text("verdict_about", lang),
        "path": _path(path, clean, lang) if lesson.passes > 1 else [],
        "path_title": text("path", lang),
        "what": digit.describe(lang),
        "too_little": text("too_little", lang),
        "too_much": text("too_much", lang),
        "error_scale": text("error_scale", lang),
        "strip": {
            "title": text("every_level", lang),
            "caption": text("curve_caption", lang),
            "levels": grid,
            "here": min(range(LEVELS), key=lambda i: abs(levels.levels[i] - lesson.level)),
            "noisy": {
                "src": noisy_strip,
                "alt": text("alt_strip_noisy", lang, count=LEVELS, low=grid[0], high=grid[-1]),
            },
            "restored": {"src": restored_strip, "alt": text("alt_strip_restored", lang)},
            "plot": tiles.curves(
                levels.levels,
                {"noisy": levels.noisy_psnr, "restored": levels.restored_psnr},
                at=lesson.level,
                unit="dB",
            ),
        },
        "level": lesson.level,
        "key": f"{lesson.model}:{lesson.noise}:{lesson.level:g}:{lesson.seed}",
        "query": lesson.query(),
        "lang": lang,
        "hide": list(lesson.hide),
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


def render(values: Values) -> Any:
    """The stage for the controls' values; what was shown before where no model can be had."""
    try:
        return stage_value(values.lesson, values.shown, values.lang)
    except CheckpointError:
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


def bind(controls: Controls) -> None:
    """What the stage itself can be asked for: a click on the strip chooses that level."""
    stage = next(view.component for view in controls.views if view.tab == "denoise")

    def choose_level(values: Values, event: gr.EventData) -> Change:
        noise = values.noise if values.noise in NOISES else Lesson.noise
        level = clamp_level(noise, getattr(event, "level", None))
        return replace(values, level=level), [level]

    controls.listen(stage.level, choose_level, [controls.level], trigger_mode="multiple")
