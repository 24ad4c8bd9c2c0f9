"""The pictures of a decoder's dictionary."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dae.figures.colours import QUIET, signed_colours
from dae.figures.sheet import MAX_TILES, PIXEL, check_format, content, sheet, width_of

if TYPE_CHECKING:
    from torch import Tensor


def dictionary_figure(
    pictures: Tensor,
    title: str,
    caption: str = "",
    fmt: str = "png",
    *,
    common: bool = False,
    ends: tuple[str, str] = ("less ink", "more ink"),
) -> bytes:
    """Signed pictures as a grid, in the given order from left to right and from top to bottom, with a legend.

    Args:
        pictures: `(K, h, w)`, of any range.
        title: above the grid.
        caption: below it: the model, the data, and what a picture is.
        fmt: one of `FORMATS`.
        common: one scale of colours for all pictures, with its ends in the legend; else one for each.
        ends: what the legend says of negative and of positive values.

    Returns:
        the content of a file.

    Raises:
        ValueError: an unknown format, no pictures or too many of them.
    """
    import numpy as np

    check_format(fmt)
    if pictures.ndim != 3 or not 0 < len(pictures) <= MAX_TILES:
        raise ValueError(f"A dictionary holds 1 to {MAX_TILES} pictures (h, w), not {tuple(pictures.shape)}.")
    values = pictures.detach().cpu().double().numpy()
    peaks = np.abs(values).max(axis=(1, 2), keepdims=True)
    peak = float(peaks.max())
    colours = signed_colours(values / np.maximum(peak if common else peaks, 1e-30))
    count, height, width = values.shape
    columns = min(count, math.ceil(math.sqrt(1.6 * count * height / width)))  # a slide is wider than high
    rows = math.ceil(count / columns)
    pixel = max(2, min(PIXEL, 2000 // (columns * (width + 1)))) * max(1, 28 // width)
    gap = max(3, pixel // 2)
    step_x, step_y = width * pixel + gap, height * pixel + gap
    grid = np.zeros((rows * step_y - gap, columns * step_x - gap, 4), dtype=np.uint8)
    for i, tile in enumerate(colours.repeat(pixel, axis=1).repeat(pixel, axis=2)):
        top, left = i // columns * step_y, i % columns * step_x
        place = grid[top : top + height * pixel, left : left + width * pixel]
        place[..., :3], place[..., 3] = tile, 255

    figure, _, foot = sheet(grid, title, caption, left=0.3, above=0.1, below=0.75, least=6.0)
    figure_width, figure_height = figure.get_size_inches()
    low, high = (f"{-peak:.3g} {ends[0]}", f"{ends[1]} {peak:.3g}") if common else ends
    left, bar = 0.3 + 0.085 * width_of(low) + 0.1, 1.2
    legend = figure.add_axes(
        (left / figure_width, (foot - 0.34) / figure_height, bar / figure_width, 0.12 / figure_height)
    )
    legend.set_axis_off()
    legend.imshow(signed_colours(np.linspace(-1, 1, 255))[None], interpolation="nearest", aspect="auto")
    for x, words, side in ((left - 0.08, low, "right"), (left + bar + 0.08, high, "left")):
        figure.text(
            x / figure_width, (foot - 0.28) / figure_height, words, ha=side, va="center", fontsize=10, color=QUIET,
            parse_math=False,
        )  # fmt: skip
    return content(figure, fmt, title, caption)
