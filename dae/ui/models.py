"""The networks that the page offers: each loaded once, when first asked for."""

from __future__ import annotations

import functools
import logging

from dae import checkpoints

log = logging.getLogger(__name__)


def names() -> tuple[str, ...]:
    """The shipped checkpoints, the page's starting model first."""
    shipped = checkpoints.names()
    first = [name for name in ("conv-gaussian", "fc-gaussian", "plain") if name in shipped]
    return (*first, *(name for name in shipped if name not in first))


@functools.lru_cache(maxsize=64)
def load(name: str):
    """A shipped network by its name. Raises CheckpointError for any other text, and for a damaged file."""
    if name not in names():
        raise checkpoints.CheckpointError(f"There is no checkpoint called {name!r}.")
    return checkpoints.load(name)
