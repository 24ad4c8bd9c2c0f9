"""Answers that are figures for slides. What they say comes from the page, in its language."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import torch

from dae import data, evaluation, figures, latent, metrics
from dae.features import dictionary
from dae.noise import NOISES
from dae.server import codes, digits, networks, pixels
from dae.server.protocol import Message
from dae.server.protocol.pictures import (
    CodesFigure,
    CurvesFigure,
    DictionaryFigure,
    Drawn,
    Figure,
    GridFigure,
    StageFigure,
)
from dae.server.refusal import Refusal

GRID_LEVELS = 6
TYPES = {"png": "image/png", "svg": "image/svg+xml"}


def has_chinese() -> bool:
    """Whether figures can hold Chinese."""
    return figures.can_write("中")


def _figure(question: Drawn, name: str, content: bytes, missing: list[str] | None = None) -> Figure:
    return Figure(
        name=f"{name}.{question.format}",
        type=TYPES[question.format],
        content=base64.b64encode(content).decode(),
        missing=missing or [],
    )


def _check_fonts(*texts: str) -> None:
    if not figures.can_write("".join(texts)):
        raise Refusal("no_font", "This server has no font for Chinese: ask for the figure in English.")


def _called(model: str) -> str:
    return "yours" if model.startswith(networks.YOURS) else model


@torch.inference_mode()
def grid(question: GridFigure) -> Figure:
    _check_fonts(question.title, question.caption, question.noisy, *(row.label for row in question.rows))
    levels = NOISES[question.noise].levels(GRID_LEVELS)
    spoilt = [digits.noisy(question, level) for level in levels]
    rows, missing = [(question.noisy, torch.cat(spoilt))], []
    for row in question.rows:
        try:
            if row.denoiser in digits.BASELINES:
                images = digits.restored(row.denoiser, question, levels, spoilt)
            else:
                images = networks.load(row.denoiser)(torch.cat(spoilt))
        except (Refusal, ValueError):  # a network that is gone, a noise that a baseline has no answer to
            missing.append(row.denoiser)
            continue
        rows.append((row.label, images))
    content = figures.grid_figure(
        rows, levels, question.title, question.caption, question.format, level_name=question.level_name
    )
    return _figure(question, f"grid-{question.noise}", content, missing)


@torch.inference_mode()
def features(question: DictionaryFigure) -> Figure:
    _check_fonts(question.title, question.caption, question.less, question.more)
    network = networks.coded(question.model)
    width = network.config.latent_dim
    if not all(0 <= feature < width for feature in question.features):
        raise Refusal("features", f"This network has features 0 to {width - 1}.", last=width - 1)
    words = dictionary(network, networks.gallery_codes(network), 1 + max(question.features))
    content = figures.dictionary_figure(
        words.pictures[question.features],
        question.title,
        question.caption,
        question.format,
        common=question.common,
        ends=(question.less, question.more),
    )
    return _figure(question, f"dictionary-{_called(question.model)}", content)


def curves(question: CurvesFigure) -> Figure:
    labels = {curve.denoiser: curve.label for curve in question.curves}
    _check_fonts(question.title, question.caption, question.level_label, question.metric_label, *labels.values())
    styles = {curve.denoiser: curve.style for curve in question.curves}
    try:
        content = figures.curves_figure(
            evaluation.load_results() or {},
            question.noise,
            question.clip,
            styles,
            question.metric,
            question.format,
            names=labels,
            title=question.title,
            caption=question.caption,
            axes_names=(question.level_label, question.metric_label),
        )
    except ValueError as error:
        raise Refusal("nothing_measured", str(error)) from error
    how = {True: "-clipped", False: "-unclipped", None: ""}[question.clip]
    return _figure(question, f"{question.metric}-{question.noise}{how}", content)


@torch.inference_mode()
def plane(question: CodesFigure) -> Figure:
    _check_fonts(question.title, question.caption)
    network = networks.coded(question.model)
    known, code = networks.gallery_codes(network), network.encode(pixels.read(question.digit))
    if question.plane == "tsne":
        shown = codes.tsne_of(question.model, network)
        if shown is None:
            raise Refusal("not_computed", "This t-SNE has not been computed.")
        place = shown.xy[latent.neighbours(known, code[0], 1)[0]]
    else:
        shown = latent.linear_plane(known)
        place = shown.project(code)
    content = figures.scatter_figure(
        shown.xy, data.gallery().labels, question.title, question.caption, question.format, star=place[0].tolist()
    )
    return _figure(question, f"codes-{_called(question.model)}-{question.plane}", content)


@torch.inference_mode()
def stage(question: StageFigure) -> Figure:
    _check_fonts(question.title, question.caption, *question.labels, *question.notes)
    clean, noisy = pixels.read(question.digit), digits.noisy(question, question.level)
    network, restored = networks.load(question.model), noisy
    for _ in range(question.passes):
        restored = network(restored)
    notes = [[], _figures(noisy, clean), _figures(restored, clean), []]
    for lines, note in zip(notes, question.notes, strict=False):
        lines.extend([note] if note else [])
    pictures = [image[0, 0] for image in (clean, noisy, restored, restored - clean)]
    content = figures.stage_figure(
        list(zip(question.labels, pictures, strict=True)), notes, question.title, question.caption, question.format,
        signed=(3,),
    )  # fmt: skip
    return _figure(question, f"stage-{_called(question.model)}-{question.noise}", content)


def _figures(image: torch.Tensor, clean: torch.Tensor) -> list[str]:
    error = metrics.mse(image, clean)
    ratio = metrics.psnr(error)
    return [f"MSE {error:.4f}", f"PSNR {ratio:.1f} dB", f"SSIM {metrics.ssim(image, clean):.2f}"]


ANSWERS: dict[str, Callable[[Any], Message]] = {
    "grid-figure": grid,
    "dictionary-figure": features,
    "curves-figure": curves,
    "codes-figure": plane,
    "stage-figure": stage,
}
