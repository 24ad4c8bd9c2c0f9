"""Digits as a grid: models by levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dae.figures.colours import INK, QUIET, SLIDE
from dae.figures.sheet import DPI, MAX_TILES, PIXEL, check_format, content, sheet, width_of, wrap

if TYPE_CHECKING:
    from torch import Tensor

GAP = 12  # between digits, in pixels at DPI
FEW, MANY = 7, 20  # rows: beyond, a digit's pixels are half as large, a quarter; drawing takes up to 30 MB for a large row


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

    check_format(fmt)
    if not rows or not levels:
        raise ValueError("A grid needs a row and a level.")
    if len(rows) * len(levels) > MAX_TILES:
        raise ValueError(f"A grid holds at most {MAX_TILES} pictures.")
    for label, images in rows:
        if images.ndim != 4 or images.shape[:2] != (len(levels), 1):
            raise ValueError(f"{label} has images of shape {tuple(images.shape)} for {len(levels)} levels.")
    pixel = PIXEL if len(rows) <= FEW else PIXEL // 2 if len(rows) <= MANY else PIXEL // 4
    height, width = rows[0][1].shape[-2:]
    step_x, step_y = width * pixel + GAP, height * pixel + GAP
    grid = np.zeros((len(rows) * step_y - GAP, len(levels) * step_x - GAP, 4), dtype=np.uint8)
    for i, (_, images) in enumerate(rows):
        grey = (images.detach().cpu().float().nan_to_num().clamp(0, 1) * 255).round().byte().numpy()[:, 0]
        for j, tile in enumerate(grey.repeat(pixel, axis=1).repeat(pixel, axis=2)):
            top, left = i * step_y, j * step_x
            place = grid[top : top + height * pixel, left : left + width * pixel]
            place[..., :3] = np.maximum(tile[..., None], np.array(SLIDE, dtype=np.uint8))
            place[..., 3] = 255

    labels = ["\n".join(wrap(label, 20)) for label, _ in rows]
    label_width = max(
        0.6, 0.125 * max((width_of(line) for label in labels for line in label.splitlines()), default=0) + 0.2
    )
    figure, axes, _ = sheet(grid, title, caption, left=label_width, above=0.4, below=0.25, least=5.0)
    quiet = {"fontsize": 12, "color": QUIET, "parse_math": False}
    axes.text(-0.15 * DPI, -0.12 * DPI, level_name, ha="right", va="bottom", **quiet)
    for j, level in enumerate(levels):
        words = level if isinstance(level, str) else f"{level:g}"
        axes.text(j * step_x + width * pixel / 2, -0.12 * DPI, words, ha="center", va="bottom", **quiet)
    for i, label in enumerate(labels):
        axes.text(
            -0.15 * DPI,
            i * step_y + height * pixel / 2,
            label,
            ha="right",
            va="center",
            fontsize=12,
            color=INK,
            parse_math=False,
        )
    return content(figure, fmt, title, caption)
