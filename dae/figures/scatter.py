"""Codes on a plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dae.figures.colours import CLASS_COLOURS, INK, QUIET, SLIDE
from dae.figures.sheet import DPI, check_format, content, title_and_caption, wrap

if TYPE_CHECKING:
    from torch import Tensor


def scatter_figure(
    xy: Tensor,
    classes: Tensor,
    title: str,
    caption: str = "",
    fmt: str = "png",
    *,
    star: Sequence[float] | None = None,
    extent: Sequence[float] | None = None,
) -> bytes:
    """Points of ten classes on a plane, behind them the slide that the digits have.

    Args:
        xy: (N, 2) places.
        classes: (N,) 0 to 9.
        title: above the points.
        caption: below: model and data.
        fmt: one of `FORMATS`; in an SVG the points are a picture, the words are text.
        star: (x, y) of a place to be marked.
        extent: (left, right, bottom, top), by default a square around the points.

    Returns:
        the content of a file.

    Raises:
        ValueError: an unknown format, no points, or classes that do not fit.
    """
    import numpy as np
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    check_format(fmt)
    places, labels = np.asarray(xy, dtype=float), np.asarray(classes)
    if places.ndim != 2 or places.shape[1] != 2 or not len(places) or labels.shape != places.shape[:1]:
        raise ValueError(f"Points are (N, 2) with (N,) classes, not {places.shape} with {labels.shape}.")
    if not np.isin(labels, range(len(CLASS_COLOURS))).all():
        raise ValueError("Classes are 0 to 9.")
    low, high = places.min(0), places.max(0)
    half, middle = 0.54 * (max(high - low) or 1.0), (low + high) / 2
    left, right, bottom, top = extent or (middle[0] - half, middle[0] + half, middle[1] - half, middle[1] + half)
    width, side = 7.2, 6.0  # inches
    titles, captions = wrap(title, 48) or [""], wrap(caption, 85)
    head, foot = 0.3 + 0.3 * len(titles), 0.45 + 0.2 * len(captions)
    height = head + side + foot
    figure = Figure((width, height), dpi=DPI, facecolor="white")
    axes = figure.add_axes((0.55 / width, foot / height, side / width, side / height))
    axes.set_facecolor([value / 255 for value in SLIDE])
    colours = np.array(CLASS_COLOURS)[labels]
    size = 30 / max(1, len(places) / 200) ** 0.5
    axes.scatter(*places.T, s=size, c=colours, linewidths=0, alpha=0.85, rasterized=True)
    if star is not None:
        axes.plot(*star, marker="*", markersize=18, color="white", markeredgecolor="black", clip_on=False)
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.tick_params(colors=QUIET, length=0, labelsize=9)
    for spine in axes.spines.values():
        spine.set_visible(False)
    marks = [
        Line2D([], [], marker="o", linestyle="", markersize=7, color=colour, label=str(digit))
        for digit, colour in enumerate(CLASS_COLOURS)
        if (labels == digit).any()
    ]
    axes.legend(
        handles=marks, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, handletextpad=0.1, labelcolor=INK
    )
    title_and_caption(figure, titles, captions)
    return content(figure, fmt, title, caption)
