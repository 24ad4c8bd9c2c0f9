"""Measured errors against the level of the noise."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dae.evaluation import SLOW_DIGITS
from dae.figures.colours import COLOURS, DASHES, NOISY_DASH, QUIET
from dae.figures.sheet import DPI, WIDE, check_format, content, title_and_caption, width_of, wrap
from dae.noise import NOISES

LEAST_MSE = 5e-5  # smaller errors, which the tables round to 0, would stretch the logarithmic axis for all others
METRICS = {"mse": "MSE", "psnr": "PSNR, dB", "ssim": "SSIM"}
NAMES = {
    "none": "Noisy input",
    "median": "Median filter",
    "tv": "Total variation",
    "nlm": "Non-local means",
    "wiener": "Wiener filter",
    "memoriser": "Perfect memoriser",
}


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
    *,
    names: Mapping[str, str] = NAMES,
    title: str = "",
    caption: str = "",
    axes_names: tuple[str, str] = ("", ""),
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
        names: what denoisers are called where it is not their name in the records.
        title, caption, axes_names: of the figure, of the level and of the metric; English ones where they are empty.

    Returns:
        the content of a file.

    Raises:
        ValueError: an unknown noise, metric or format, or nothing measured to be drawn.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    check_format(fmt)
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
    title = title or f"{METRICS[metric].split(',')[0]} against level: {name} noise{how}"
    caption = caption or _measured_on(results, noise, clip, list(lines), metric)
    captions = wrap(caption, 125)
    width, foot, head = WIDE[0], 0.85 + 0.2 * len(captions), 0.75  # inches
    height = max(WIDE[1], 0.24 * len(lines) + foot + head)
    right = 0.35 + 0.095 * max(width_of(names.get(name, name)) for name in lines)
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
    axes.set_xlabel(axes_names[0] or f"level {symbol}", color=QUIET, parse_math=False)
    axes.set_ylabel(axes_names[1] or METRICS[metric], color=QUIET, parse_math=False)
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
            names.get(name, name),
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
    title_and_caption(figure, wrap(title, 70), captions)
    return content(figure, fmt, title, caption)


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
