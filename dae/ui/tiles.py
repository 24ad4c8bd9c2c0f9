"""Arrays to inline PNG tiles and small SVG plots: what moves on the page. Figures to download are matplotlib's."""

from __future__ import annotations

import base64
import collections
import io
import math
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from dae.figures import signed_colours

_figures: collections.deque[tempfile.TemporaryDirectory] = collections.deque(maxlen=32)


def png(pixels: np.ndarray) -> str:
    """A data-URI of uint8 pixels, `(H, W)` grey or `(H, W, 3)` RGB."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


def raw(pixels: np.ndarray) -> str:
    """Uint8 pixels, `(H, W)` grey or `(H, W, 3)` RGB, row by row in base64: for a canvas, which needs no decoder."""
    return base64.b64encode(pixels.tobytes()).decode()


def grey(images) -> np.ndarray:
    """Images `(N, 1, 28, 28)` as uint8 `(N, 28, 28)`; what lies outside [0, 1] is shown as black or white."""
    return (images.detach().cpu().clamp(0, 1) * 255).round().byte().numpy()[:, 0]


def row(images) -> np.ndarray:
    """Images `(N, 1, 28, 28)` side by side: uint8 `(28, 28 N)`."""
    return np.concatenate(list(grey(images)), axis=1)


def signed(difference) -> np.ndarray:
    """A signed map `(H, W)` in [-1, 1] as RGB: see `dae.figures.signed_colours`."""
    return signed_colours(difference.detach().cpu())


def number(value: float, digits: int) -> str:
    """A figure with a fixed number of decimals, and a word for what has none."""
    if math.isnan(value):
        return "–"
    return "∞" if math.isinf(value) else f"{value:.{digits}f}"


def curves(
    levels: Sequence[float],
    lines: dict[str, Sequence[float]],
    unit: str,
    width: int = 640,
    height: int = 132,
) -> str:
    """A small SVG of some lines over the noise levels; the page lays its marker over it.

    Args:
        levels: x of each point; both ends of the axis are the first and last of them.
        lines: CSS class -> y of each point; infinite values are left out.
        unit: of y, written at the axis.
    """
    finite = [y for ys in lines.values() for y in ys if math.isfinite(y)]
    low = 5 * math.floor(min(finite, default=0) / 5)
    high = 5 * math.ceil(min(40, max(finite, default=5)) / 5)
    high = max(high, low + 5)
    half = width / len(levels) / 2  # points stand over the middle of the strip's tiles

    def x(level: float) -> float:
        return half + (level - levels[0]) / ((levels[-1] - levels[0]) or 1) * (width - 2 * half)

    def y(value: float) -> float:
        return 6 + (high - min(value, high)) / (high - low) * (height - 12)

    parts = [
        f'<svg viewBox="0 0 {width} {height}" preserveAspectRatio="none" aria-hidden="true" class="curves">',
    ]
    step = 5 if high - low <= 20 else 10
    ticks = range(low, high + 1, step)
    parts += [f'<line class="grid" x1="0" x2="{width}" y1="{y(t):.1f}" y2="{y(t):.1f}"/>' for t in ticks]
    for name, values in lines.items():
        points = " ".join(
            f"{x(level):.1f},{y(value):.1f}"
            for level, value in zip(levels, values, strict=True)
            if math.isfinite(value)
        )
        parts.append(f'<polyline class="{name}" points="{points}"/>')
    parts.append("</svg>")
    labels = "".join(
        f'<span style="top:{y(t) / height * 100:.1f}%">{t} {unit if t == high else ""}</span>' for t in ticks
    )
    return "".join(parts) + f'<div class="ticks" aria-hidden="true">{labels}</div>'


def figure_file(content: bytes, name: str) -> str:
    """A figure to download, in a folder of its own; Gradio copies it into its cache, which is emptied in time.

    Raises OSError where the disk is full.
    """
    folder = tempfile.TemporaryDirectory(prefix="dae-figure-")
    path = Path(folder.name, name)
    path.write_bytes(content)
    _figures.append(folder)  # whose end is the end of the folder
    return str(path)
