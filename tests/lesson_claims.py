"""The sentences of lessons, and the numbers in them: for the tests that measure what they claim."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from lesson_steps import lesson

from dae import checkpoints, data, evaluation, training, trial

NUMBER = r"(\d[\d,]*(?:\.\d+)?)"


def texts(part: Any, lang: str) -> Iterator[str]:
    """Every text of a part of a lesson in a language."""
    if isinstance(part, dict) and isinstance(part.get(lang), str):
        yield part[lang].replace("*", "")
    elif isinstance(part, (dict, list)):
        for each in part.values() if isinstance(part, dict) else part:
            yield from texts(each, lang)


def step(name: str, number: int) -> dict[str, Any]:
    """A step of a lesson, `number` from 1."""
    return lesson(name)["steps"][number - 1]


def said(part: Any, sentence: str) -> list[float]:
    """The numbers that a sentence of a step, or of a lesson's worksheet, states.

    Args:
        part: of a lesson.
        sentence: English, a regular expression with a group for each number. It must be there, and the Chinese texts of
            the part must state the same numbers.
    """
    english, chinese = (" ".join(texts(part, lang)) for lang in ("en", "zh"))
    found = re.search(sentence, english)
    assert found, f"{sentence!r} is not said"
    for number in found.groups():
        plain = re.escape(number.replace(",", ""))
        assert re.search(rf"(?<![\d.]){plain}(?![\d.]*\d)", chinese.replace(",", "")), (
            f"{number} is not said in Chinese"
        )
    return [float(number.replace(",", "")) for number in found.groups()]


def right(part: dict[str, Any]) -> str:
    """The English text of the right choice of a step's question."""
    (choice,) = [each for each in part["question"]["choices"] if each.get("right")]
    return choice["text"]["en"].replace("*", "")


def measured(key: str, name: str, **wanted: Any) -> dict[str, Any]:
    """A published record of a network."""
    results = evaluation.load_results()
    assert results["files"][name] == checkpoints.digest(checkpoints.find(name)), "`python -m dae evaluate`"
    (record,) = [
        each
        for each in results[key]
        if each[evaluation.FIELDS[key]] == name and all(each[field] == value for field, value in wanted.items())
    ]
    return record


def run(settings: trial.Settings, steps: int) -> list[trial.Moment]:
    """A run of so many steps, on the digits that come with the page. Its clock is made up: how much is learnt in a time
    depends on the machine, how much in a number of steps does not."""
    ticks = itertools.count()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "time", SimpleNamespace(monotonic=lambda: next(ticks) / 50))
        return list(trial.watch(replace(settings, seconds=60), data.visitor_split(), steps=steps))
