"""The stage: a digit clean, noisy and restored, and the error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dae.figures.colours import INK, QUIET, SLIDE, signed_colours
from dae.figures.sheet import DPI, WIDE, check_format, content, title_and_caption, wrap

if TYPE_CHECKING:
    from torch import Tensor


def stage_figure(
    pictures: Sequence[tuple[str, Tensor]],
    notes: Sequence[Sequence[str]],
    title: str,
    caption: str = "",
    fmt: str = "png",
    *,
    signed: Sequence[int] = (),
) -> bytes:
    """A few pictures side by side, 16:9: a digit clean, noisy, restored, and the error, which is signed.

    Args:
        pictures: up to four of (label, picture `(28, 28)`), from 0, black, to 1, white.
        notes: the lines below each picture.
        title: above them.
        caption: below: what the pictures were made from.
        fmt: one of `FORMATS`.
        signed: which of the pictures are signed, from -1 to 1.

    Returns:
        the content of a file.

    Raises:
        ValueError: an unknown format, no pictures, more than four, or notes that do not fit.
    """
    import numpy as np
    from matplotlib.figure import Figure

    check_format(fmt)
    if not 0 < len(pictures) <= 4 or len(notes) != len(pictures):
        raise ValueError("A stage has one to four pictures, each with its notes.")
    width, height = WIDE
    figure = Figure((width, height), dpi=DPI, facecolor="white")
    side, gap = 2.2, 0.2
    left = (width - len(pictures) * side - (len(pictures) - 1) * gap) / 2
    bottom = 1.75
    for i, ((label, picture), lines) in enumerate(zip(pictures, notes, strict=True)):
        values = picture.detach().cpu().float().nan_to_num().numpy()
        if i in signed:
            colours = signed_colours(values)
        else:
            grey = (values.clip(0, 1) * 255).round().astype(np.uint8)
            colours = np.maximum(grey[..., None], np.array(SLIDE, dtype=np.uint8))
        x = left + i * (side + gap)
        axes = figure.add_axes((x / width, bottom / height, side / width, side / height))
        axes.set_axis_off()
        axes.imshow(colours, interpolation="nearest")
        middle = (x + side / 2) / width
        words = {"ha": "center", "parse_math": False}
        figure.text(middle, (bottom + side + 0.1) / height, label, va="bottom", fontsize=14, color=INK, **words)
        text = "\n".join(part for line in lines for part in wrap(line, 28))
        figure.text(middle, (bottom - 0.1) / height, text, va="top", fontsize=11, color=QUIET, linespacing=1.4, **words)
    title_and_caption(figure, wrap(title, 70), wrap(caption, 125))
    return content(figure, fmt, title, caption)
