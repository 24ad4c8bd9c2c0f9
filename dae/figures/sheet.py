"""What all figures share: pixels under a title and over a caption, and the content of a file."""

from __future__ import annotations

import functools
import io
import re
import threading
import unicodedata
from typing import TYPE_CHECKING, Any

from dae.figures.colours import INK, QUIET

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("png", "svg")
SAVING = {"png": {"pil_kwargs": {"compress_level": 3}}, "svg": {}}  # a third larger, in a third of the time
DPI = 200
WIDE = 10.0, 5.625  # inches, 16:9
PIXEL = 8  # a digit's pixel on the figure, in pixels at DPI
MAX_TILES = 2000

CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "PingFang SC",
    "Microsoft YaHei",
    "SimHei",
    "Droid Sans Fallback",
)

_drawing = threading.Lock()  # matplotlib is not thread-safe


@functools.cache
def _fonts() -> list[str]:
    """Matplotlib's own, and one for Chinese where there is one."""
    from matplotlib import font_manager

    found = {font.name for font in font_manager.fontManager.ttflist}
    return ["DejaVu Sans", *[name for name in CHINESE_FONTS if name in found][:1]]


def can_write(text: str) -> bool:
    """Whether there are fonts for a text: Chinese needs one that is installed."""
    return len(_fonts()) > 1 or not any(_is_wide(letter) for letter in text)


def _is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WF"


def width_of(text: str) -> int:
    """How many places a text takes, where a Chinese character takes two."""
    return sum(1 + _is_wide(letter) for letter in text)


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most so many places, broken between words, and between Chinese characters; too long words are cut."""
    lines, line = [], ""
    for part in re.findall(r"\s+|[^\s\u2e80-\uffef]+|[\u2e80-\uffef]", text):
        while line and not part.isspace() and width_of(line + part) > width:
            lines.append(line.rstrip())
            line = ""
        while width_of(part) > width:
            lines.append(part[:width])
            part = part[width:]
        line += " " if part.isspace() and line else part.strip()
    return [*lines, line.rstrip()] if line.strip() else lines


def sheet(
    grid: Any, title: str, caption: str, *, left: float, above: float, below: float, least: float
) -> tuple[Any, Any, float]:
    """A figure of pixels under a title and over a caption: figure, axes in pixels, and where the pixels end.

    `left` of the grid, `above` it and `below` it there is so much room, and the figure is at `least` so wide: inches.
    """
    from matplotlib.figure import Figure

    grid_width, grid_height = grid.shape[1] / DPI, grid.shape[0] / DPI
    width = max(left + grid_width + 0.3, least)
    titles = wrap(title, int(width / 0.135)) or [""]
    captions = wrap(caption, int(width / 0.085))
    head, foot = 0.25 + 0.32 * len(titles) + above, below + 0.2 * len(captions)
    height = head + grid_height + foot
    figure = Figure((width, height), dpi=DPI, facecolor="white")
    axes = figure.add_axes((left / width, foot / height, grid_width / width, grid_height / height))
    axes.set_axis_off()
    axes.imshow(grid, interpolation="nearest", aspect="auto", extent=(0, grid.shape[1], grid.shape[0], 0))
    title_and_caption(figure, titles, captions)
    return figure, axes, foot


def title_and_caption(figure: Figure, titles: list[str], captions: list[str]) -> None:
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


def check_format(fmt: str) -> None:
    if fmt not in FORMATS:
        raise ValueError(f"A figure is {' or '.join(FORMATS)}, not {fmt!r}.")


def content(figure: Figure, fmt: str, title: str, caption: str) -> bytes:
    stream = io.BytesIO()
    metadata = {"Title": title, "Description": caption}
    with _drawing:
        for text in figure.findobj(lambda artist: hasattr(artist, "set_fontfamily")):
            text.set_fontfamily(_fonts())
        figure.savefig(stream, format=fmt, dpi=DPI, facecolor="white", metadata=metadata, **SAVING[fmt])
    return stream.getvalue()
