"""What failed, for the log: the first time at a place in the code with the traceback, then in a line."""

from __future__ import annotations

import logging
import traceback

MOST_PLACES = 200  # in the code whose first failure is told with its traceback

_failed: set[tuple[str, str, int]] = set()


def tell(log: logging.Logger, what: str, error: Exception) -> None:
    """Log that something failed, as a sentence without its full stop."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = type(error).__name__, where.filename, where.lineno or 0
    is_new = place not in _failed and len(_failed) < MOST_PLACES
    if is_new:
        _failed.add(place)
    log.error("%s: %s", what, place[0], exc_info=error if is_new else None)
