"""The Results tab: every figure in its place, and nothing but texts from a file that may hold anything."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_results import RESULTS

from dae import evaluation, figures
from dae.ui import results_tab
from dae.ui.text import PROSE
from dae.ui.widgets import read_asset


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setenv("DAE_CHECKPOINTS", str(tmp_path))
    results_tab._contents.cache_clear()
    return tmp_path / "results.json"


def head(table: dict, column: int) -> tuple:
    """What stands above a column: its group and its own words."""
    group, left = 0, column
    while left >= table["groups"][group]["span"]:
        left -= table["groups"][group]["span"]
        group += 1
    group = table["groups"][group]
    return group.get("word") or (group["noise"], group["clip"]), table["columns"][column].get("word") or table[
        "columns"
    ][column]["text"]


def test_every_record_is_in_its_row_and_column():
    table = results_tab.arranged(RESULTS)["tables"]["denoising"]
    names = [row["name"] for row in table["rows"]]
    heads = [head(table, i) for i in range(len(table["columns"]))]
    assert len(set(heads)) == len(heads)
    for record in RESULTS["denoising"]:
        level = "" if record["noise"] == "clean" else f"{record['level']:g}"
        i, j = names.index(record["denoiser"]), heads.index(((record["noise"], record["clip"]), level))
        for metric in ("mse", "psnr", "ssim"):
            expected = "inf" if record[metric] == float("inf") else record[metric]
            assert table["values"][metric][i][j] == expected
    filled = sum(value is not None for row in table["values"]["mse"] for value in row)
    assert filled == len(RESULTS["denoising"])
    assert head(table, table["sort"]) == (("gaussian", True), "0.5")


def test_columns_are_in_the_order_of_the_published_table():
    table = results_tab.arranged(RESULTS)["tables"]["denoising"]
    published = [
        (noise or "clean", level, clip if noise == "gaussian" else None) for noise, level, clip in evaluation.CONDITIONS
    ]
    shown = [(column["noise"], column["level"], column["clip"]) for column in table["columns"]]
    assert shown == [condition for condition in published if condition in shown] + [("rain", 0.2, None)]
    assert sum(group["span"] for group in table["groups"]) == len(shown)


def test_rows_say_what_they_are_and_on_how_many_digits():
    rows = {row["name"]: row for row in results_tab.arranged(RESULTS)["tables"]["denoising"]["rows"]}
    assert {name: row["kind"] for name, row in rows.items()} == {
        "none": "input", "net": "network", "<b>bold</b>": "network", "memoriser": "baseline",
    }  # fmt: skip
    assert rows["memoriser"]["digits"] == 1000 and rows["net"]["digits"] == 10_000


def test_codes_and_what_noise_costs_them():
    table = results_tab.arranged(RESULTS)["tables"]["codes"]
    heads = [head(table, i) for i in range(len(table["columns"]))]
    values = dict(zip([row["name"] for row in table["rows"]], table["values"][""], strict=True))
    net = dict(zip(heads, values["net"], strict=True))
    assert net[("probe", "clean")] == pytest.approx(96) and net[("probe", "noisy")] == pytest.approx(90)
    assert net[("probe", "lost")] == pytest.approx(6)
    assert net[("nmi", "noisy")] == 0.4 and net[("units", "width")] == 64
    assert net[("units", "nonzero")] == 12.5 and net[("units", "dead")] == 3
    assert values["pixels"][1] is None and values["pixels"][2] is None  # never measured on noisy digits
    assert table["about"] == {"key": "gaussian", "level": "0.5", "active": "1"}


def test_few_labels():
    table = results_tab.arranged(RESULTS)["tables"]["labels"]
    assert [column["text"] for column in table["columns"]] == ["100", "55,000"]
    assert table["values"][""] == [[pytest.approx(20), pytest.approx(4)], [pytest.approx(30), None]]
    assert table["about"]["draws"] == "5"


def test_the_file_is_read_when_it_changes(file):
    assert not results_tab.available() and results_tab.contents() == {}
    file.write_text(json.dumps(RESULTS))
    assert results_tab.available() and results_tab.contents()["seed"] == "3"
    file.write_text(json.dumps(RESULTS | {"seed": 12}))
    assert results_tab.contents()["seed"] == "12"


@pytest.mark.parametrize("content", ["", "{", "[]", "3", '"text"', "\0"])
def test_a_file_that_is_no_results_gives_no_tables(file, content):
    file.write_text(content)
    assert results_tab.contents() == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("clean"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


FIELDS = [(key, field) for key in ("denoising", "codes", "few_labels") for field in RESULTS[key][0]]


@given(st.sampled_from(FIELDS), st.integers(0, 2), JSON, st.sampled_from([None, *RESULTS]), JSON)
def test_what_is_shown_is_strict_json_whatever_the_file_holds(field, index, value, key, other):
    results = {name: list(part) if isinstance(part, list) else part for name, part in RESULTS.items()}
    results[field[0]][index] = results[field[0]][index] | {field[1]: value}
    if key:
        results[key] = other
    try:
        shown = results_tab.arranged(results)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return  # what `contents` takes for a file that cannot be read
    json.dumps(shown, allow_nan=False)
    table = shown["tables"]["denoising"]
    assert all(len(row) == len(table["columns"]) for row in table["values"]["mse"])


def test_a_figure_is_drawn_of_what_was_chosen(file, monkeypatch):
    file.write_text(json.dumps(RESULTS))
    asked = []
    monkeypatch.setattr(figures, "curves_figure", lambda *arguments: asked.append(arguments) or b"<svg/>")
    wanted = {"noise": "gaussian", "clip": False, "metric": "psnr", "format": "svg"}
    drawn = results_tab.figure(wanted | {"lines": {"net": 2, "unknown": 3, "none": -1, "memoriser": "x"}})
    assert drawn == {"name": "psnr-gaussian-unclipped.svg", "data": "data:image/svg+xml;base64,PHN2Zy8+"}
    ((results, noise, clip, styles, metric, fmt),) = asked
    assert results == json.loads(file.read_text())
    assert (noise, clip, metric, fmt) == ("gaussian", False, "psnr", "svg")
    assert styles["net"] == 2 and set(styles) == {"net", "none"}


@pytest.mark.parametrize(
    "change",
    [
        {"noise": "../../etc"},
        {"noise": None},
        {"noise": ["gaussian"]},
        {"metric": {}},
        {"metric": "digits"},
        {"format": "exe"},
        {"format": 7},
        {"clip": "yes"},
        {"clip": []},
        {"lines": None},
        {"lines": ["net"]},
        {"lines": {}},
        {"lines": {"unknown": 1}},
    ],
)
def test_a_request_that_is_no_figure_is_refused(file, change):
    file.write_text(json.dumps(RESULTS))
    wanted = {"noise": "gaussian", "clip": True, "metric": "mse", "format": "png", "lines": {"net": 0}}
    with pytest.raises(ValueError, match=r"\.$"):
        results_tab.figure(wanted | change)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_browser_has_every_word_it_says(lang):
    words = results_tab.words(lang)
    script = read_asset("results.js")
    said = set(re.findall(r'say\("(\w+)"', script)) | {"curves", "denoising", "codes", "labels"}
    said |= {
        f"{start}{metric}{end}" for metric in results_tab.METRICS for start, end in (("metric_", ""), ("", "_about"))
    }
    tables = results_tab.arranged(RESULTS)["tables"].values()
    said |= {table["head"] for table in tables}
    said |= {part["word"] for table in tables for part in (*table["groups"], *table["columns"]) if "word" in part}
    assert said <= set(words)
    assert {f"name_{key}" for key in figures.NAMES} <= set(words)


@pytest.mark.parametrize("key", [key for key in PROSE if key.startswith("results_")])
def test_both_languages_fill_the_same_places(key):
    english, chinese = PROSE[key]
    assert english.strip() and chinese.strip()
    assert sorted(re.findall(r"\{\w+\}", english)) == sorted(re.findall(r"\{\w+\}", chinese))
