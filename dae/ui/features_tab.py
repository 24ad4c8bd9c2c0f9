"""The Features tab: what each value of a code stands for, when it fires, and the digit built up from its features.

The browser asks for what it shows through the component's server functions: pictures of one page of features at a time,
so that two thousand of them stay light. Nothing is computed before the tab is opened.
"""

from __future__ import annotations

import base64
import functools
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
import torch

from dae import data, features, metrics
from dae.checkpoints import CheckpointError
from dae.encoding import codes_of
from dae.models import Autoencoder
from dae.noise import corrupt
from dae.ui import models, tiles
from dae.ui.controls import Controls, Digit, Values, View
from dae.ui.latent_tab import has_code
from dae.ui.live import follow, values_of
from dae.ui.models import Loading
from dae.ui.session import Lesson
from dae.ui.text import LANGUAGES, text, texts
from dae.ui.widgets import from_head, in_head, pack_floats, read_asset, script

log = logging.getLogger(__name__)

MAX_PAGE = 256  # pictures that are given at once
SAMPLE = 10  # every tenth digit of the gallery shows what noise does
MAX_SAMPLES = 32
EXCITING = 9
BINS = 24
TYPES = {"png": "image/png", "svg": "image/svg+xml"}

Json = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Study:
    """All that is known of a network's features, on the clean gallery."""

    model: Autoencoder
    words: features.Dictionary
    filters: features.Filters
    stats: features.Statistics
    # By what was asked for, the latest few; here and not in caches of their own, so that they go with the study.
    orders: dict[str, torch.Tensor] = field(default_factory=dict)
    samples: dict[tuple, tuple[features.NoiseEffect, features.Statistics]] = field(default_factory=dict)

    @property
    def codes(self) -> torch.Tensor:
        """(5000, D)"""
        return models.gallery_codes(self.model)


_studying = threading.Lock()  # two visitors who open the tab at once wait for one study, not for two


def study_of(model: Autoencoder) -> Study:
    """The features of a network; the latest few are remembered."""
    with _studying:
        return _study(model)


@functools.lru_cache(maxsize=8)
def _study(model: Autoencoder) -> Study:
    gallery = data.gallery()
    codes = models.gallery_codes(model)
    return Study(
        model,
        features.dictionary(model, codes),
        features.encoder_filters(model),
        features.statistics(codes, gallery.labels),
    )


def under_noise(study: Study, lesson: Lesson) -> tuple[features.NoiseEffect, features.Statistics]:
    """What the noise of the controls does to the features, over every tenth digit of the gallery."""
    asked = (lesson.noise, lesson.level, lesson.clip, lesson.seed)
    if (known := study.samples.get(asked)) is not None:
        return known
    gallery, limit = data.gallery()[::SAMPLE], study.stats.threshold
    noisy = codes_of(
        study.model, corrupt(gallery.images, lesson.noise, lesson.level, seed=lesson.seed, clip=lesson.clip)
    )
    effect = features.noise_effect(study.codes[::SAMPLE], noisy, limit)
    found = effect, features.statistics(noisy, gallery.labels, limit)
    if len(study.samples) >= MAX_SAMPLES:
        study.samples.clear()
    study.samples[asked] = found
    return found


def order(study: Study, by: str, lesson: Lesson) -> torch.Tensor:
    """The features in one of `features.ORDERS`."""
    if by == "noise":
        return features.order(by, study.words, study.stats, under_noise(study, lesson)[0])
    if by not in study.orders:
        study.orders[by] = features.order(by, study.words, study.stats)
    return study.orders[by]


# What the browser may ask: anything may arrive, so each answer is None for nonsense


def asked_study(asked: Any) -> Study | None:
    """The study of the network that is asked about: {"model": name, ...}."""
    name = asked.get("model") if isinstance(asked, dict) else None
    try:
        model = models.load(name) if isinstance(name, str) else None
    except CheckpointError:
        return None
    return study_of(model) if model is not None and model.config.has_code else None


def asked_number(asked: Json, name: str, below: int) -> int | None:
    number = asked.get(name)
    return number if type(number) is int and 0 <= number < below else None


def study(asked: Any) -> Json | None:
    """What a network's features are like, all at once: {"model"}."""
    found = asked_study(asked)
    if found is None:
        return None
    stats, config = found.stats, found.model.config
    return {
        "count": len(found.words.pictures),
        "digits": len(found.codes),
        "linear": found.words.is_linear,
        "peak": _peak(found.words.pictures),
        "tied": config.tied,
        "filters": {
            "count": len(found.filters.pictures),
            "side": found.filters.pictures.shape[-1],
            "peak": _peak(found.filters.pictures),
            "convolution": found.filters.is_convolution,
            "own": found.filters.one_per_feature,
        },
        "threshold": stats.threshold,
        "nonzero": stats.nonzero,
        "dead": int(stats.dead.sum()),
        "rates": pack_floats(stats.rate),
        "most": _most(stats),
        "sparsity": features.shares(stats.active, _most(stats), BINS).tolist(),
    }


def _peak(pictures: torch.Tensor) -> float:
    return float(pictures.abs().max())


def _most(stats: features.Statistics) -> int:
    """Where the histogram of firing features ends: beyond the clean digits', as noise may make more of them fire."""
    return min(len(stats.rate), 3 * int(stats.active.max()) // 2 + 1)


def pictures(asked: Any) -> Json | None:
    """Pictures of some features: {"model", "kind": "words" or "filters", "indices"}.

    Bytes, 128 for 0 and 1 to 255 for the picture's own lowest and highest possible value, and those values beside it.
    """
    found = asked_study(asked)
    if found is None or asked.get("kind") not in ("words", "filters"):
        return None
    every = getattr(found, asked["kind"]).pictures
    wanted = asked.get("indices")
    if not isinstance(wanted, list) or len(wanted) > MAX_PAGE:
        return None
    if not all(type(index) is int and 0 <= index < len(every) for index in wanted):
        return None
    chosen = every[wanted] if wanted else every[:0]
    peaks = chosen.flatten(1).abs().amax(1) if wanted else torch.zeros(0)
    scaled = chosen / peaks.clamp_min(1e-12)[:, None, None]
    return {
        "pixels": tiles.raw((scaled * 127 + 128).round().byte().numpy()),
        "peaks": peaks.tolist(),
        "side": every.shape[-1],
    }


def feature(asked: Any) -> Json | None:
    """One feature in detail: {"model", "index", "seed"}."""
    found = asked_study(asked)
    if found is None:
        return None
    index = asked_number(asked, "index", len(found.words.pictures))
    if index is None:
        return None
    stats, values, gallery = found.stats, found.codes[:, index], data.gallery()
    firing = values[values.abs() > stats.threshold]
    counts, edges = features.histogram(firing, BINS)
    seed = asked_number(asked, "seed", 1_000_000) or 0

    def digits(places: torch.Tensor) -> Json:
        return {
            "pixels": tiles.raw(tiles.grey(gallery.images[places])),
            "labels": gallery.labels[places].tolist(),
            "values": values[places].tolist(),
        }

    return {
        "index": index,
        "rate": float(stats.rate[index]),
        "energy": float(stats.energy[index]),
        "mean": float(stats.mean[index]),
        "std": float(stats.std[index]),
        "step": None if found.words.is_linear else float(found.words.steps[index]),
        "histogram": {"counts": counts.tolist(), "low": float(edges[0]), "high": float(edges[-1])},
        "firing": len(firing),
        "digits": len(values),
        "classes": stats.class_share[index].tolist(),
        "most": digits(features.most_exciting(values, EXCITING) if len(firing) else torch.zeros(0, dtype=torch.long)),
        "some": digits(features.some_exciting(values, stats.threshold, EXCITING, seed)),
    }


def ordered(asked: Any) -> list[int] | None:
    """The features of a network in some order: {"model", "by", "query"}."""
    found, values = asked_study(asked), values_of(asked)
    if found is None or values is None or asked.get("by") not in features.ORDERS:
        return None
    return order(found, asked["by"], values.lesson).tolist()


def sample(asked: Any) -> Json | None:
    """What the noise of the controls does to a network's features, over a sample: {"model", "query"}."""
    found, values = asked_study(asked), values_of(asked)
    if found is None or values is None:
        return None
    effect, stats = under_noise(found, values.lesson)
    return {
        "digits": len(stats.active),
        "nonzero": stats.nonzero,
        "woken": int((found.stats.dead & (effect.on > 0)).sum()),
        "sparsity": features.shares(stats.active, _most(found.stats), BINS).tolist(),
        "drift": pack_floats(effect.drift),
        "on": pack_floats(effect.on),
        "off": pack_floats(effect.off),
    }


_drawing = threading.Semaphore(2)  # two thousand pictures take a core some seconds
PATIENCE = 20.0  # seconds


def _called(name: str) -> str:
    """A model's name in a file: never the key of a visitor's own, which is a secret."""
    return models.label(name, "en").replace(" ", "-")


def figure(asked: Any) -> Json | None:
    """The dictionary as a file: {"model", "by", "common", "format", "query"}."""
    found, values = asked_study(asked), values_of(asked)
    if (
        found is None
        or values is None
        or asked.get("by") not in features.ORDERS
        or asked.get("format") not in tuple(TYPES)
    ):
        return None
    if not _drawing.acquire(timeout=PATIENCE):
        return None
    try:
        places = tuple(order(found, asked["by"], values.lesson).tolist())
        content = _figure(
            found,
            models.label(asked["model"], "en"),
            models.summary(asked["model"], "en"),
            asked["by"],
            places,
            bool(asked.get("common")),
            asked["format"],
        )
    finally:
        _drawing.release()
    kind = TYPES[asked["format"]]
    return {
        "name": f"dictionary-{_called(asked['model'])}.{asked['format']}",
        "src": f"data:{kind};base64,{base64.b64encode(content).decode()}",
    }


@functools.lru_cache(maxsize=4)
def _figure(found: Study, name: str, summary: str, by: str, places: tuple[int, ...], common: bool, fmt: str) -> bytes:
    from dae.figures import dictionary_figure

    sentences = [
        text("features_linear" if found.words.is_linear else "features_deeper", "en"),
        text("features_common_about" if common else "features_own_about", "en"),
        text(
            "features_figure_about", "en", order=text(f"features_by_{by}", "en").lower(), digits=f"{len(found.codes):,}"
        ),
    ]
    return dictionary_figure(
        found.words.pictures[list(places)],
        f"Decoder dictionary of {name}",
        f"{summary}. {' '.join(sentences)}",
        fmt,
        common=common,
    )


# The view


def glance(values: Values) -> Json:
    """What an event of the controls leaves behind: the browser asks for the rest when it is not as it was."""
    lesson = values.lesson
    return {"query": lesson.query(), "lang": values.lang, "model": lesson.model, "versions": models.versions()}


def features_value(values: Values, own: Any) -> Json:
    """What changes with the digit and its noise, for the chosen model and the one beside it."""
    lesson, digit, lang = values.lesson, values.shown, values.lang
    own = own if isinstance(own, dict) else {}
    second = own.get("second")
    is_there = models.is_missing(second) or (second in models.known(second) and has_code(second))
    chosen = [lesson.model] + ([second] if is_there else [])
    sides = [side(name, lesson, digit, lang, own.get("clean") is True) for name in chosen]
    return {
        "query": lesson.query(),
        "lang": lang,
        "what": digit.describe(lang),
        "others": [[name, models.label(name, lang)] for name in models.offered() if has_code(name)],
        "sides": sides,
        "loading": any(each.get("loading", False) for each in sides),
    }


@torch.inference_mode()
def side(name: str, lesson: Lesson, digit: Digit, lang: str, from_clean: bool) -> Json:
    """One model's part: the digit built up, and what the noise does to its code."""
    if models.is_missing(name):
        return {"model": "", "label": "", "problem": text("model_missing", lang)}
    version = models.version(name)
    try:
        model = models.at_hand(name)
    except Loading:
        problem = text("stage_loading", lang)
        return {"model": name, "label": models.label(name, lang), "problem": problem, "loading": True}
    except CheckpointError:
        return {
            "model": name,
            "label": name,
            "problem": text("no_model", lang, name=name) if name else text("features_empty", lang),
        }
    label = models.label(name, lang)
    if not model.config.has_code:
        return {"model": name, "label": label, "problem": text("features_no_code", lang, name=label)}
    found = study_of(model)
    clean = digit.clean
    noisy = corrupt(clean, lesson.noise, lesson.level, seed=lesson.seed, clip=lesson.clip)
    codes = model.encode(torch.cat((clean, noisy)))
    effect = features.noise_effect(codes[:1], codes[1:], found.stats.threshold)
    steps = features.build_up(model, codes[:1] if from_clean else codes[1:], found.words, found.stats.mean)
    errors = metrics.mse_each(steps.pictures, clean.expand_as(steps.pictures)).tolist()
    return {
        "model": name,
        "version": version,
        "label": label,
        "summary": models.summary(name, lang),
        "clean": pack_floats(codes[0]),
        "noisy": pack_floats(codes[1]),
        "on": effect.on.nonzero()[:, 0].tolist(),
        "off": effect.off.nonzero()[:, 0].tolist(),
        "build": {
            "output": steps.output,
            "order": steps.order.tolist(),
            "counts": steps.counts,
            "errors": errors,
            "pixels": tiles.raw(tiles.grey(steps.pictures)),
            "target": tiles.raw(tiles.grey(clean)),
        },
    }


def page_script() -> str:
    """What the tab wants in the page's head: its script."""
    return in_head("features", script("features", {"words": {lang: texts("features_", lang) for lang in LANGUAGES}}))


def add(controls: Controls) -> None:
    """Build the tab; it follows the controls while it is open and costs nothing while it is not."""
    functions: list[Callable[..., Any]] = [
        follow(features_value, extras=1), study, pictures, feature, ordered, sample, figure,
    ]  # fmt: skip
    view = gr.HTML(
        None,
        html_template=read_asset("features.html"),
        js_on_load=from_head("features"),
        server_functions=functions,
        apply_default_css=False,
        elem_id="features",
    )
    controls.views.append(View("features", view, glance))
