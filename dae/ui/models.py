"""The networks that the page offers: each loaded once, when first asked for."""

from __future__ import annotations

import functools
import logging
from pathlib import Path

from dae import checkpoints
from dae.ui.text import TEXT, text

log = logging.getLogger(__name__)


def names() -> tuple[str, ...]:
    """The shipped checkpoints, the page's starting model first."""
    shipped = checkpoints.names()
    first = [name for name in ("conv-gaussian", "fc-gaussian", "plain") if name in shipped]
    return (*first, *(name for name in shipped if name not in first))


def load(name: str):
    """A shipped network by its name. Raises CheckpointError for any other text, and for a damaged file."""
    if name not in names():
        raise checkpoints.CheckpointError(f"There is no checkpoint called {name!r}.")
    path = checkpoints.find(name)
    return _load(path, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=64)
def _load(path: Path, _changed: int):
    # By file and time, not by name: a replaced file is another network.
    return checkpoints.load(path)


def can_load(name: str) -> bool:
    """Whether a shipped network is there and undamaged."""
    try:
        load(name)
    except checkpoints.CheckpointError:
        return False
    return True


def summary(name: str, lang: str) -> str:
    """One line on what a model is: the page's own words where it has some, else its recipe's."""
    key = f"model_{name}"
    if key in TEXT:
        return text(key, lang)
    try:
        return str(checkpoints.info(name).recipe.get("summary", ""))
    except checkpoints.CheckpointError:
        return text("model_unreadable", lang)
