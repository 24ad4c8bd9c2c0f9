"""The yardsticks' parameters, as `dae.baselines.tuning` found them: `baselines.json`."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np

RECORD = Path(__file__).with_name("baselines.json")


class RecordError(ValueError):
    """The recorded parameters are missing or damaged; the message is one sentence."""


@functools.cache
def recorded() -> list[dict[str, Any]]:
    """The settings of `baselines.json`. Raises RecordError."""
    try:
        settings = json.loads(RECORD.read_text(encoding="utf-8"))["settings"]
        for setting in settings:
            whole = {"noise", "level", "clip"} <= setting.keys() and all(
                isinstance(value, int | float) for value in (setting["level"], *setting["parameters"].values())
            )
            if not whole:
                raise ValueError("a setting that is none")
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise RecordError(
            f"{RECORD.name}, the baselines' parameters, is missing or damaged: `python -m dae.baselines` makes it anew."
        ) from error
    return settings


def tuned(name: str, noise: str, level: float, clip: bool = True) -> float:
    """A recorded parameter at any level: interpolated between the recorded levels, the median's size the nearest one.

    At level 0 the filters leave a picture as it is; the memoriser keeps the deviation of its lowest level.

    Raises RecordError.
    """
    points = {
        setting["level"]: setting["parameters"][name]
        for setting in recorded()
        if setting["noise"] == noise and setting["clip"] in (None, clip) and name in setting["parameters"]
    }
    if not points:
        raise RecordError(f"{RECORD.name} says nothing of {name} for {noise}: `python -m dae.baselines` makes it anew.")
    if name != "memoriser":
        points[0.0] = 1 if name == "median" else 0.0
    levels = sorted(points)
    if name == "median":
        return points[min(levels, key=lambda known: abs(known - level))]
    return float(np.interp(level, levels, [points[known] for known in levels]))
