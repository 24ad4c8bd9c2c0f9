"""Figures for slides: matplotlib's, on white, as PNG or SVG.

    png = grid_figure([("noisy", noisy), ("conv-gaussian", restored)], levels, "Gaussian noise", "MNIST, seed 7")

They are drawn on a `Figure` of their own, never through pyplot, which keeps global state and is not made for servers.
What they are given is shown as it is: a dollar sign does not start a formula.
"""

from __future__ import annotations

import io
import textwrap
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from torch import Tensor

FORMATS = ("png", "svg")
DPI = 200
INK, QUIET, SLIDE = "#16191d", "#5d6672", (11, 13, 16)  # SLIDE: behind the digits
PIXEL = 8  # a digit's pixel on the figure, in pixels at DPI
GAP = 12  # between digits, in pixels at DPI
MAX_TILES = 2000

_drawing = threading.Lock()  # matplotlib is not thread-safe


def grid_figure(
    rows: Sequence[tuple[str, Tensor]],
    levels: Sequence[float | str],
    title: str,
    caption: str = "",
    fmt: str = "png",
    *,
    level_name: str = "level",
) -> bytes:
    """A grid of digits, a row for each model and a column for each level.

    Args:
        rows: (label, images `(L, 1, 28, 28)`), from top to bottom; what lies outside [0, 1] is shown as black or white.
        levels: what stands above each of the L columns; numbers are written as short as they are.
        title: above the grid.
        caption: below it: what the pictures were made from.
        fmt: one of `FORMATS`.
        level_name: what the levels are, such as "σ".

    Returns:
        the content of a file.

    Raises:
        ValueError: an unknown format, no rows or levels, too many pictures, or rows that are not one image per level.
    """
    import numpy as np
    from matplotlib.figure import Figure

    if not rows or not levels:
        raise ValueError("A grid needs a row and a level.")
    if len(rows) * len(levels) > MAX_TILES:
        raise ValueError(f"A grid holds at most {MAX_TILES} pictures.")
    for label, images in rows:
        if images.ndim != 4 or images.shape[:2] != (len(levels), 1):
            raise ValueError(f"{label} has images of shape {tuple(images.shape)} for {len(levels)} levels.")
    height, width = rows[0][1].shape[-2:]
    step_x, step_y = width * PIXEL + GAP, height * PIXEL + GAP
    grid = np.zeros((len(rows) * step_y - GAP, len(levels) * step_x - GAP, 4), dtype=np.uint8)
    for i, (_, images) in enumerate(rows):
        grey = (images.detach().cpu().float().nan_to_num().clamp(0, 1) * 255).round().byte().numpy()[:, 0]
        for j, tile in enumerate(grey.repeat(PIXEL, axis=1).repeat(PIXEL, axis=2)):
            top, left = i * step_y, j * step_x
            place = grid[top : top + height * PIXEL, left : left + width * PIXEL]
            place[..., :3] = np.maximum(tile[..., None], np.array(SLIDE, dtype=np.uint8))
            place[..., 3] = 255

    labels = [textwrap.fill(label, 20, break_long_words=True) for label, _ in rows]
    label_width = max(0.6, 0.125 * max(len(line) for label in labels for line in label.splitlines()) + 0.2)
    grid_width, grid_height = grid.shape[1] / DPI, grid.shape[0] / DPI  # inches
    figure_width = max(label_width + grid_width + 0.3, 5.0)
    titles = textwrap.wrap(title, int(figure_width / 0.135)) or [""]
    captions = textwrap.wrap(caption, int(figure_width / 0.085))
    head, foot = 0.25 + 0.32 * len(titles) + 0.4, 0.25 + 0.2 * len(captions)
    figure_height = head + grid_height + foot
    figure = Figure((figure_width, figure_height), dpi=DPI, facecolor="white")
    axes = figure.add_axes(
        (label_width / figure_width, foot / figure_height, grid_width / figure_width, grid_height / figure_height)
    )
    axes.set_axis_off()
    axes.imshow(grid, interpolation="nearest", aspect="auto", extent=(0, grid.shape[1], grid.shape[0], 0))
    quiet = {"fontsize": 12, "color": QUIET, "parse_math": False}
    axes.text(-0.15 * DPI, -0.12 * DPI, level_name, ha="right", va="bottom", **quiet)
    for j, level in enumerate(levels):
        words = level if isinstance(level, str) else f"{level:g}"
        axes.text(j * step_x + width * PIXEL / 2, -0.12 * DPI, words, ha="center", va="bottom", **quiet)
    for i, label in enumerate(labels):
        axes.text(
            -0.15 * DPI,
            i * step_y + height * PIXEL / 2,
            label,
            ha="right",
            va="center",
            fontsize=12,
            color=INK,
            parse_math=False,
        )
    _title_and_caption(figure, titles, captions)
    return _file(figure, fmt, title, caption)


def _title_and_caption(figure: Figure, titles: list[str], captions: list[str]) -> None:
    height = figure.get_size_inches()[1]
    figure.text(
        0.02,
        1 - 0.2 / height,
        "\n".join(titles),
        va="top",
        fontsize=16,
        fontweight="bold",
        color=INK,
        parse_math=False,
    )
    figure.text(0.02, 0.12 / height, "\n".join(captions), va="bottom", fontsize=9, color=QUIET, parse_math=False)


def _file(figure: Figure, fmt: str, title: str, caption: str) -> bytes:
    if fmt not in FORMATS:
        raise ValueError(f"A figure is {' or '.join(FORMATS)}, not {fmt!r}.")
    stream = io.BytesIO()
    metadata = {"Title": title, "Description": caption}
    with _drawing:
        figure.savefig(stream, format=fmt, dpi=DPI, facecolor="white", metadata=metadata)
    return stream.getvalue()
