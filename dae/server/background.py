"""Work that nobody waits for within a question: one at a time, in a thread, fair as `dae.server.turns` has it."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from dae.server.askers import Asker, asking
from dae.server.line import is_ending, step_back
from dae.server.turns import Turns

log = logging.getLogger(__name__)

MOST_WAITING = 100  # wishes of one address


@dataclass(eq=False)
class _Wish:
    asker: Asker
    number: int
    key: Hashable
    work: Callable[[], None]
    seconds: float = 0.0  # what takes longer does not wait longer


class Background:
    """What is worked on and what waits for it: of each who asks, the newest wish.

    Args:
        name: of the thread, which is there while there is work.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._turns, self._numbers, self._changing = Turns(), itertools.count(), threading.Lock()
        self._waiting: dict[Asker, _Wish] = {}
        self._working: _Wish | None = None

    def ask(self, key: Hashable, work: Callable[[], None]) -> bool:
        """Wish for work, in the place of what the same asker has wished for and not got yet.

        Args:
            key: what it is about; asked again, it keeps its place.
            work: what is done when its turn has come.

        Returns:
            whether it is worked on now.
        """
        asker = asking.get()
        with self._changing:
            if self._working is not None and self._working.key == key:
                return True
            before = self._waiting.get(asker)
            behind = sum(other.address == asker.address for other in self._waiting)
            if before is not None or behind < MOST_WAITING:
                self._waiting[asker] = _Wish(asker, before.number if before else next(self._numbers), key, work)
            if self._working is None and self._next():
                threading.Thread(target=self._work_off, name=self.name).start()
            return self._working is not None and self._working.key == key

    def _next(self) -> bool:
        """Whether there is a next one; it has begun then."""
        order = [] if is_ending() else self._turns.order(self._waiting.values())
        self._working = order[0] if order else None
        if self._working is not None:
            del self._waiting[self._working.asker]
            self._turns.took(self._working.asker)
        return self._working is not None

    def _work_off(self) -> None:
        step_back()
        is_more = True
        while is_more:
            try:
                self._working.work()
            except Exception:
                log.exception("%s failed", self.name)
            with self._changing:
                is_more = self._next()
