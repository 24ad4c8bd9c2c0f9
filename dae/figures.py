"""Figures for slides: matplotlib's, on white, as PNG or SVG.

    png = grid_figure([("noisy", noisy), ("conv-gaussian", restored)], levels, "Gaussian noise", "MNIST, seed 7")
    svg = curves_figure(evaluation.load_results(), "gaussian", True, ["none", "universal"], "mse", "svg")
    png = scatter_figure(plane.xy, digits.labels, "The codes of plain", "PCA of 5,000 gallery digits")

They are drawn on a `Figure` of their own, never through pyplot, which keeps global state and is not made for servers.
What they are given is shown as it is: a dollar sign does not start a formula.
"""

from __future__ import annotations

import io
import math
import textwrap
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dae.evaluation import SLOW_DIGITS
from dae.noise import NOISES

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from torch import Tensor

FORMATS = ("png", "svg")
DPI = 200
INK, QUIET, SLIDE = "#16191d", "#5d6672", (11, 13, 16)  # SLIDE: behind the digits
PIXEL = 8  # a digit's pixel on the figure, in pixels at DPI
GAP = 12  # between digits, in pixels at DPI
MAX_TILES = 2000
LEAST_MSE = 5e-5  # smaller errors, which the tables round to 0, would stretch the logarithmic axis for all others
BELOW, ABOVE = (78, 154, 255), (255, 149, 42)  # negative and positive values of a signed picture: blue and orange

# Lines: 7 colours and 5 dashes give 35 pairs. On white and on the page's dark paper the colours have a contrast of at
# least 3 and can be told apart without red, green or blue cones; where lines cross, the dashes help.
COLOURS = ("#0688e5", "#953404", "#049565", "#bd8605", "#732653", "#136086", "#16191d")
COLOURS_DARK = ("#55b6e7", "#bd4205", "#1af9af", "#e5a206", "#b03b7f", "#0570bd", "#eceff3")
DASHES = ((), (7, 4), (2, 3), (10, 3, 2, 3), (16, 4))  # on, off, ... in line widths; () is solid
NOISY_DASH = (3, 3)  # of the noisy input itself, in QUIET

# The ten classes, the same in every tab: on the slide behind the digits they have a contrast of at least 3, on white of
# at least 2, and any two are further apart than two neighbouring lines above, with and without all cones. Classes that
# share a neighbourhood (4 and 9, 3 and 5 and 8) have the most different ones.
CLASS_COLOURS = (
    "#dd0000", "#ccaaaa", "#5555aa", "#ee44ff", "#ff9900", "#994444", "#775577", "#66bb66", "#9999cc", "#8800ff",
)  # fmt: skip

METRICS = {"mse": "MSE", "psnr": "PSNR, dB", "ssim": "SSIM"}
NAMES = {
    "none": "Noisy input",
    "median": "Median filter",
    "tv": "Total variation",
    "nlm": "Non-local means",
    "wiener": "Wiener filter",
    "memoriser": "Perfect memoriser",
}

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

    _check_format(fmt)
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
    figure, axes, _ = _sheet(grid, title, caption, left=label_width, above=0.4, below=0.25, least=5.0)
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
    return _file(figure, fmt, title, caption)


def measured(results: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The records of `results["denoising"]` that are whole, those of clean digits with a noise of "clean".

    A PSNR may be infinite; all other numbers are finite. What is no such record is left out.
    """
    records = results.get("denoising")
    for record in records if isinstance(records, list) else ():
        try:
            level, digits, mse, psnr, ssim = (record[key] for key in ("level", "digits", "mse", "psnr", "ssim"))
            texts = isinstance(record["denoiser"], str) and isinstance(record["noise"], str)
            whole = texts and all(math.isfinite(number) for number in (level, digits, mse, ssim)) and psnr == psnr
            if whole and record.get("clip") in (None, True, False):
                yield record | {"clip": record.get("clip"), "digits": int(digits), "psnr": float(psnr)}
        except (KeyError, OverflowError, TypeError, ValueError):
            continue


def curve_points(
    results: Mapping[str, Any], denoiser: str, noise: str, clip: bool | None, metric: str
) -> list[tuple[float, float]]:
    """What a denoiser measured over the levels of a noise: (level, value), levels rising, infinite values left out.

    Clean digits are level 0 of every noise.
    """
    points = {
        float(record["level"]): float(record[metric])
        for record in measured(results)
        if record["denoiser"] == denoiser
        and (record["noise"] == "clean" or (record["noise"] == noise and record["clip"] == clip))
        and math.isfinite(record[metric])
    }
    return sorted(points.items()) if any(level > 0 for level in points) else []


def spread(places: Sequence[float], gap: float) -> list[float]:
    """The places, in their order, moved just so far that neighbours are at least `gap` apart."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    groups: list[tuple[list[int], float]] = []  # each evenly spaced around its centre
    for i in order:
        members, centre = [i], places[i]
        while groups and centre - groups[-1][1] < gap * (len(members) + len(groups[-1][0])) / 2:
            before, other = groups.pop()
            centre = (len(members) * centre + len(before) * other) / (len(members) + len(before))
            members = before + members
        groups.append((members, centre))
    moved = list(places)
    for members, centre in groups:
        for place, i in enumerate(members):
            moved[i] = centre + (place - (len(members) - 1) / 2) * gap
    return moved


def curves_figure(
    results: Mapping[str, Any],
    noise: str,
    clip: bool | None,
    denoisers: Sequence[str] | Mapping[str, int],
    metric: str = "mse",
    fmt: str = "png",
) -> bytes:
    """Error against level, a line for each denoiser, on white.

    Args:
        results: the content of results.json.
        noise: a key of `NOISES`.
        clip: as in the records: true or false for Gaussian noise, None for the others.
        denoisers: whose lines, by their names in the records; a mapping also says which of the 35 pairs of colour and
            dash each has.
        metric: a key of `METRICS`; MSE has a logarithmic axis.
        fmt: one of `FORMATS`.

    Returns:
        the content of a file.

    Raises:
        ValueError: an unknown noise, metric or format, or nothing measured to be drawn.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    _check_format(fmt)
    if noise not in NOISES:
        raise ValueError(f"There is no noise called {noise!r}; there are {', '.join(NOISES)}.")
    if metric not in METRICS:
        raise ValueError(f"There is no metric called {metric!r}; there are {', '.join(METRICS)}.")
    styles = denoisers if isinstance(denoisers, Mapping) else {name: i for i, name in enumerate(denoisers)}
    lines = {name: curve_points(results, name, noise, clip, metric) for name in styles}
    if metric == "mse":
        lines = {
            name: [(level, value) for level, value in points if value >= LEAST_MSE] for name, points in lines.items()
        }
    lines = {name: points for name, points in lines.items() if points}
    if not lines:
        raise ValueError("Nothing that was measured can be drawn.")

    symbol = NOISES[noise].symbol
    how = {True: ", clipped to [0, 1]", False: ", not clipped", None: ""}[clip]
    name = noise.replace("_", " ").replace("gaussian", "Gaussian")
    title = f"{METRICS[metric].split(',')[0]} against level: {name} noise{how}"
    caption = _measured_on(results, noise, clip, list(lines), metric)
    captions = textwrap.wrap(caption, 125)
    width, foot, head = 10.0, 0.85 + 0.2 * len(captions), 0.75  # inches
    height = max(5.625, 0.24 * len(lines) + foot + head)
    right = 0.35 + 0.095 * max(len(NAMES.get(name, name)) for name in lines)
    figure = Figure((width, height), dpi=DPI, facecolor="white")
    axes = figure.add_axes((0.08, foot / height, 0.92 - right / width, 1 - (foot + head) / height))
    for name, points in lines.items():
        colour, dash = _style(name, styles[name])
        axes.plot(
            *zip(*points, strict=True),
            color=colour,
            linestyle=(0, dash) if dash else "-",
            lw=2,
            marker="o",
            ms=4.5,
            clip_on=False,
        )
    if metric == "mse":
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    levels = sorted({level for points in lines.values() for level, _ in points} | {0.0})
    axes.set_xlim(0, levels[-1])
    axes.set_xticks(levels, [f"{level:g}" for level in levels])
    axes.set_xlabel(f"level {symbol}", color=QUIET, parse_math=False)
    axes.set_ylabel(METRICS[metric], color=QUIET)
    axes.tick_params(colors=QUIET, length=0)
    axes.tick_params(axis="y", which="minor", length=0)
    axes.grid(axis="y", color="#dfe2e6", lw=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#dfe2e6")

    axes.autoscale_view()  # now, as the labels' places depend on it
    ends = [points[-1] for points in lines.values()]
    heights = axes.transData.transform(ends)[:, 1] * 72 / DPI
    x = axes.transAxes.transform((1, 0))[0] * 72 / DPI
    for name, end, place in zip(lines, ends, spread(heights, 13.5), strict=True):
        axes.annotate(
            NAMES.get(name, name),
            end,
            (x + 14, place),
            textcoords="figure points",
            va="center",
            fontsize=11,
            color=_style(name, styles[name])[0],
            parse_math=False,
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": "#b4bac2",
                "lw": 0.8,
                "shrinkA": 1,
                "shrinkB": 4,
                "relpos": (0, 0.5),
            },
        )
    _title_and_caption(figure, textwrap.wrap(title, 70), captions)
    return _file(figure, fmt, title, caption)


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

    _check_format(fmt)
    places, labels = np.asarray(xy, dtype=float), np.asarray(classes)
    if places.ndim != 2 or places.shape[1] != 2 or not len(places) or labels.shape != places.shape[:1]:
        raise ValueError(f"Points are (N, 2) with (N,) classes, not {places.shape} with {labels.shape}.")
    if not np.isin(labels, range(len(CLASS_COLOURS))).all():
        raise ValueError("Classes are 0 to 9.")
    low, high = places.min(0), places.max(0)
    half, middle = 0.54 * (max(high - low) or 1.0), (low + high) / 2
    left, right, bottom, top = extent or (middle[0] - half, middle[0] + half, middle[1] - half, middle[1] + half)
    width, side = 7.2, 6.0  # inches
    titles, captions = textwrap.wrap(title, 48) or [""], textwrap.wrap(caption, 85)
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
    _title_and_caption(figure, titles, captions)
    return _file(figure, fmt, title, caption)


def signed_colours(values: Any) -> Any:
    """Signed values in [-1, 1], any shape, as uint8 RGB `(..., 3)`: black at 0, `BELOW` at -1, `ABOVE` at 1.

    Strength grows with the square root of the value, so that small ones show.
    """
    import numpy as np

    values = np.nan_to_num(np.asarray(values, dtype=np.float64)).clip(-1, 1)[..., None]
    return (np.sqrt(np.abs(values)) * np.where(values < 0, BELOW, ABOVE)).round().astype(np.uint8)


def _sheet(
    grid: Any, title: str, caption: str, *, left: float, above: float, below: float, least: float
) -> tuple[Any, Any, float]:
    """A figure of pixels under a title and over a caption: figure, axes in pixels, and where the pixels end.

    `left` of the grid, `above` it and `below` it there is so much room, and the figure is at `least` so wide: inches.
    """
    from matplotlib.figure import Figure

    grid_width, grid_height = grid.shape[1] / DPI, grid.shape[0] / DPI
    width = max(left + grid_width + 0.3, least)
    titles = textwrap.wrap(title, int(width / 0.135)) or [""]
    captions = textwrap.wrap(caption, int(width / 0.085))
    head, foot = 0.25 + 0.32 * len(titles) + above, below + 0.2 * len(captions)
    height = head + grid_height + foot
    figure = Figure((width, height), dpi=DPI, facecolor="white")
    axes = figure.add_axes((left / width, foot / height, grid_width / width, grid_height / height))
    axes.set_axis_off()
    axes.imshow(grid, interpolation="nearest", aspect="auto", extent=(0, grid.shape[1], grid.shape[0], 0))
    _title_and_caption(figure, titles, captions)
    return figure, axes, foot


def dictionary_figure(
    pictures: Tensor, title: str, caption: str = "", fmt: str = "png", *, common: bool = False
) -> bytes:
    """Signed pictures as a grid, in the given order from left to right and from top to bottom, with a legend.

    Args:
        pictures: `(K, h, w)`, of any range.
        title: above the grid.
        caption: below it: the model, the data, and what a picture is.
        fmt: one of `FORMATS`.
        common: one scale of colours for all pictures, with its ends in the legend; else one for each.

    Returns:
        the content of a file.

    Raises:
        ValueError: an unknown format, no pictures or too many of them.
    """
    import numpy as np

    _check_format(fmt)
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

    figure, _, foot = _sheet(grid, title, caption, left=0.3, above=0.1, below=0.75, least=6.0)
    figure_width, figure_height = figure.get_size_inches()
    low, high = (f"{-peak:.3g} less ink", f"more ink {peak:.3g}") if common else ("less ink", "more ink")
    left, bar = 0.3 + 0.085 * len(low) + 0.1, 1.2
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
    return _file(figure, fmt, title, caption)


def _style(name: str, slot: int) -> tuple[str, tuple[int, ...]]:
    return (QUIET, NOISY_DASH) if name == "none" else (COLOURS[slot % len(COLOURS)], DASHES[slot % len(DASHES)])


def _measured_on(results: Mapping[str, Any], noise: str, clip: bool | None, names: Sequence[str], metric: str) -> str:
    """A sentence on digits, seed and versions."""
    digits: dict[str, int] = {}
    for record in measured(results):
        if record["denoiser"] in names and (record["noise"], record["clip"]) in ((noise, clip), ("clean", None)):
            digits[record["denoiser"]] = min(record["digits"], digits.get(record["denoiser"], record["digits"]))
    most = max(digits.values())
    fewer = [f"{NAMES.get(name, name)}: {count:,}" for name, count in digits.items() if count < most]
    versions = results.get("versions")
    parts = [
        f"Measured on {most:,} MNIST test digits" + (f" ({'; '.join(fewer)})" if fewer else ""),
        f"SSIM over the first {SLOW_DIGITS:,} of them" if metric == "ssim" and most > SLOW_DIGITS else "",
        "clean digits at level 0",
        f"noise seed {results.get('seed')}",
        *(f"{name} {version}" for name, version in (versions.items() if isinstance(versions, Mapping) else ())),
    ]
    return ", ".join(part for part in parts if part) + "."


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


def _check_format(fmt: str) -> None:
    if fmt not in FORMATS:
        raise ValueError(f"A figure is {' or '.join(FORMATS)}, not {fmt!r}.")


def _file(figure: Figure, fmt: str, title: str, caption: str) -> bytes:
    stream = io.BytesIO()
    metadata = {"Title": title, "Description": caption}
    with _drawing:
        figure.savefig(stream, format=fmt, dpi=DPI, facecolor="white", metadata=metadata)
    return stream.getvalue()
