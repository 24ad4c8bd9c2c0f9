"""The Results tab: what was measured, as tables to sort and as curves, and the curves as a figure for slides."""

from __future__ import annotations

import base64
import logging
import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import gradio as gr

from dae import encoding, evaluation, figures
from dae.noise import NOISES
from dae.ui.controls import LIVE, told
from dae.ui.language import Language
from dae.ui.text import TEXT, text, texts
from dae.ui.widgets import read_asset

log = logging.getLogger(__name__)

# metric: (decimals, which is better)
METRICS = {"mse": (4, "low"), "psnr": (1, "high"), "ssim": (3, "high")}
FIRST_LINES = ("none", "universal", "conv-gaussian", "fc-gaussian", "plain", "wiener", "median")
TYPES = {"png": "image/png", "svg": "image/svg+xml"}
NOISY_INPUT = "none"

Json = dict[str, Any]


def available() -> bool:
    """Whether anything was measured."""
    return evaluation.results_file().is_file()


def add(language: Language, lang: gr.State) -> None:
    """An empty tab; what it shows is read when it is first seen. `lang` holds the page's language."""
    board = gr.HTML(
        None,
        words=words("en"),
        results=None,
        figure=None,
        html_template=read_asset("results.html"),
        css_template=_palette() + read_asset("results.css"),
        js_on_load=f"const given = {{ least: {figures.LEAST_MSE} }};\n{read_asset('results.js')}",
        apply_default_css=False,
        elem_id="results",
    )
    language.follow(board, lambda lang: {"words": words(lang)})
    board.seen(_seen, lang, board, **LIVE)
    # Queued, one at a time: a figure takes half a second of one core.
    board.draw(
        _drawn,
        None,
        board,
        show_progress="hidden",
        api_visibility="private",
        concurrency_limit=1,
        concurrency_id="figure",
    )


def _seen(lang: str) -> Any:
    # An update that reaches a component before it is drawn takes the place of all that it was made with, so this one
    # says everything, the words again.
    return gr.update(words=words(lang), results=contents())


def words(lang: str) -> dict[str, str]:
    """What the browser says: the tab's strings, the noises and the classical denoisers."""
    noises = {f"noise_{key}": text(f"noise_{key}", lang) for key in NOISES}
    baselines = {f"name_{key}": text(f"baseline_{key}", lang) for key in figures.NAMES if f"baseline_{key}" in TEXT}
    return texts("results_", lang) | noises | baselines


def contents() -> Json:
    """All that the tab shows, in JSON types; names and versions are texts that may hold anything."""
    try:
        stat = evaluation.results_file().stat()
        return _contents(str(evaluation.results_file()), stat.st_mtime_ns, stat.st_size)
    except (OSError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        log.warning("no results: %s", error)
        return {}


@lru_cache(maxsize=2)
def _contents(path: str, modified: int, size: int) -> Json:
    results = evaluation.load_results()
    if not isinstance(results, dict):
        raise ValueError(f"{path} is no JSON object.")
    return arranged(results)


def arranged(results: Mapping[str, Any]) -> Json:
    """The content of results.json as tables, for the browser. Records that are not whole are left out."""
    networks = set(results.get("files") or ())
    records = list(figures.measured(results))
    versions = results.get("versions") or {}
    return {
        "digits": max((record["digits"] for record in records), default=0),
        "ssim_digits": evaluation.SLOW_DIGITS,
        "seed": str(results.get("seed")),
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items()),
        "metrics": {key: {"decimals": decimals, "better": better} for key, (decimals, better) in METRICS.items()},
        "tables": {
            "denoising": _denoising(records, networks),
            "codes": _codes(_whole(results.get("codes"), CODE_FIELDS), networks),
            "labels": _few_labels(_whole(results.get("few_labels"), LABEL_FIELDS), networks),
        },
        "lines": _first_lines([record["denoiser"] for record in records]),
        "colours": len(figures.COLOURS),
        "dashes": len(figures.DASHES),
    }


def _first_lines(names: Iterable[str]) -> list[str]:
    """Whose curves are shown at first: the usual ones, and others where there are few of those."""
    present = list(dict.fromkeys(names))
    usual = [name for name in FIRST_LINES if name in present]
    return usual + [name for name in present if name not in usual][: max(0, 4 - len(usual))]


def _row(name: str, networks: set[str], digits: int | None = None) -> Json:
    kind = "network" if name in networks else "input" if name == NOISY_INPUT else "baseline"
    return {"name": name, "kind": kind, "digits": digits}


def _value(number: float) -> float | str | None:
    """A figure as JSON can say it."""
    return "inf" if number == math.inf else number if math.isfinite(number) else None


def _denoising(records: list[Json], networks: set[str]) -> Json:
    """Rows: denoisers. Columns: noises at their levels, in the order of `CONDITIONS`."""
    order = [
        (noise or "clean", level, clip if noise == "gaussian" else None) for noise, level, clip in evaluation.CONDITIONS
    ]
    found = {(record["noise"], float(record["level"]), record["clip"]): None for record in records}
    conditions = sorted(found, key=lambda condition: order.index(condition) if condition in order else len(order))
    columns, groups = [], []
    for noise, level, clip in conditions:
        symbol = NOISES[noise].symbol if noise in NOISES else ""
        if not groups or (groups[-1]["noise"], groups[-1]["clip"]) != (noise, clip):
            groups.append({"noise": noise, "clip": clip, "symbol": symbol, "span": 0})
        groups[-1]["span"] += 1
        columns.append({"text": "" if noise == "clean" else f"{level:g}", "level": level, "noise": noise, "clip": clip})
    rows, values = [], {metric: [] for metric in METRICS}
    for name in dict.fromkeys(record["denoiser"] for record in records):
        own = {
            (record["noise"], float(record["level"]), record["clip"]): record
            for record in records
            if record["denoiser"] == name
        }
        rows.append(_row(name, networks, min(record["digits"] for record in own.values())))
        for metric in METRICS:
            values[metric].append([_value(own[place][metric]) if place in own else None for place in conditions])
    first = next((i for i, column in enumerate(conditions) if column[0] != "clean"), 0)
    usual = ("gaussian", 0.5, True)
    sort = conditions.index(usual) if usual in conditions else first
    return {"head": "denoiser", "groups": groups, "columns": columns, "rows": rows, "values": values, "sort": sort}


CODE_FIELDS = {"model": str, "input": str} | dict.fromkeys(
    ("probe", "neighbours", "nmi", "latent_dim", "nonzero", "dead"), float
)
LABEL_FIELDS = {"model": str} | dict.fromkeys(("labels", "error", "draws"), float)


def _whole(records: Any, fields: Mapping[str, type]) -> list[Json]:
    """The records in which every field is there and of its kind; `float` stands for any finite number."""

    def fits(value: Any, kind: type) -> bool:
        return isinstance(value, str) if kind is str else isinstance(value, int | float) and math.isfinite(value)

    return [
        record
        for record in (records if isinstance(records, list) else ())
        if isinstance(record, dict) and all(fits(record.get(name), kind) for name, kind in fields.items())
    ]


def _codes(records: list[Json], networks: set[str]) -> Json:
    groups = [
        {"word": "probe", "span": 3},
        {"word": "neighbours", "span": 2},
        {"word": "nmi", "span": 2},
        {"word": "units", "span": 3},
    ]
    high, low = {"decimals": 1, "better": "high"}, {"decimals": 1, "better": "low"}
    columns = [
        {"word": "clean", **high},
        {"word": "noisy", **high},
        {"word": "lost", **low},
        {"word": "clean", **high},
        {"word": "noisy", **high},
        {"word": "clean", **high, "decimals": 2},
        {"word": "noisy", **high, "decimals": 2},
        {"word": "width", "decimals": 0},
        {"word": "nonzero", "decimals": 1},
        {"word": "dead", "decimals": 0},
    ]
    rows, values = [], []
    for name in dict.fromkeys(record["model"] for record in records):
        own = [record for record in records if record["model"] == name]
        clean = next((record for record in own if record["input"] == "clean"), {})
        noisy = next((record for record in own if record["input"] != "clean"), {})

        def percent(record: Json, key: str) -> float | None:
            return 100 * record[key] if key in record else None

        probe = percent(clean, "probe"), percent(noisy, "probe")
        rows.append(_row(name, networks))
        values.append(
            [
                *probe,
                None if None in probe else probe[0] - probe[1],
                percent(clean, "neighbours"),
                percent(noisy, "neighbours"),
                clean.get("nmi"),
                noisy.get("nmi"),
                *(clean.get(key) for key in ("latent_dim", "nonzero", "dead")),
            ]
        )
    noise, _, level = next((record["input"] for record in records if record["input"] != "clean"), "").rpartition(" ")
    about = {"key": noise, "level": level, "active": f"{100 * encoding.ACTIVE:g}"}
    return {
        "head": "model",
        "groups": groups,
        "columns": columns,
        "rows": rows,
        "values": {"": values},
        "sort": 1,
        "about": about,
    }


def _few_labels(records: list[Json], networks: set[str]) -> Json:
    counts = sorted({int(record["labels"]) for record in records})
    rows, values = [], []
    for name in dict.fromkeys(record["model"] for record in records):
        own = {int(record["labels"]): 100 * record["error"] for record in records if record["model"] == name}
        rows.append(_row(name, networks))
        values.append([own.get(count) for count in counts])
    return {
        "head": "model",
        "groups": [{"word": "labelled", "span": len(counts)}] if counts else [],
        "columns": [{"text": f"{count:,}", "decimals": 1, "better": "low"} for count in counts],
        "rows": rows,
        "values": {"": values},
        "sort": 0,
        "about": {"draws": f"{max((int(record['draws']) for record in records), default=0)}"},
    }


def _drawn(event: gr.EventData) -> Any:
    """The figure that a visitor asked for, or the news that there is none."""
    wanted = told(event)
    try:
        return gr.update(figure=figure(wanted) | {"request": str(wanted.get("request"))[:40]})
    except (OSError, TypeError, ValueError) as error:
        log.warning("no figure: %s", error)
        return gr.update(figure={"failed": True, "request": str(wanted.get("request"))[:40]})


def figure(wanted: Mapping[str, Any]) -> dict[str, str]:
    """A figure to download: its file's name, and its content as a data-URI.

    Args:
        wanted: "noise", "clip", "metric", "format", and "lines": name -> its pair of colour and dash. It comes from a
            browser and may be anything.

    Raises:
        ValueError: when that is no figure that can be drawn.
    """
    results = evaluation.load_results()
    lines, fmt = wanted.get("lines"), wanted.get("format")
    noise, clip, metric = wanted.get("noise"), wanted.get("clip"), wanted.get("metric")
    if not isinstance(results, dict) or not isinstance(lines, Mapping):
        raise ValueError("There is nothing to draw.")
    if not all(isinstance(word, str) for word in (noise, metric, fmt)) or clip not in (None, True, False):
        raise ValueError("That is no figure.")
    known = {record["denoiser"] for record in figures.measured(results)}
    pairs = len(figures.COLOURS) * len(figures.DASHES)
    styles = {name: pair % pairs for name, pair in lines.items() if name in known and type(pair) is int}
    content = figures.curves_figure(results, noise, clip, styles, metric, fmt)
    how = {True: "-clipped", False: "-unclipped", None: ""}[clip]
    data = base64.b64encode(content).decode()
    return {"name": f"{metric}-{noise}{how}.{fmt}", "data": f"data:{TYPES[fmt]};base64,{data}"}


def _palette() -> str:
    """The lines' colours and dashes as custom properties, the same as in the figures to download."""

    def colours(values: Iterable[str]) -> str:
        return "".join(f"--curve-{i}: {value}; " for i, value in enumerate(values))

    dashes = "".join(
        f"--dash-{i}: {' '.join(f'{2 * length}px' for length in dash) or 'none'}; "
        for i, dash in enumerate(figures.DASHES)
    )
    noisy = " ".join(f"{2 * length}px" for length in figures.NOISY_DASH)
    return (
        f".results {{ {colours(figures.COLOURS)}{dashes}--dash-noisy: {noisy}; }}\n"
        f".results:is(.dark *) {{ {colours(figures.COLOURS_DARK)}}}\n"
    )
