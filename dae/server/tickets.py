"""The line of those who want to train, one at a time: fair between addresses and between the visitors behind each.

A visitor has one place, which a newer wish takes over; whoever has gone loses it, see `dae.server.training`.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass

from dae.server.askers import Asker
from dae.server.turns import Turns

MOST_WAITING = 300  # of all addresses together
MOST_OF_ONE = 100  # of one address: three classes


class Full(Exception):
    """Too many wait already."""


@dataclass(eq=False)
class Ticket:
    """A place in the line; `place` is 0 when its turn has come, None when it has lost it."""

    asker: Asker
    number: int
    place: int | None = None
    seconds: float = 0.0  # longer runs do not wait longer


class Tickets:
    """The line; all of it happens in the server's one thread."""

    def __init__(self) -> None:
        self._turns, self._numbers = Turns(), itertools.count()
        self._waiting: list[Ticket] = []
        self._training: Ticket | None = None

    def take(self, asker: Asker) -> Ticket:
        """A place; the visitor loses the one before, if that still waits. Raises Full."""
        before = self.of(asker.visitor)
        behind = Counter(ticket.asker.address for ticket in self._waiting)
        if before is None and (behind.total() >= MOST_WAITING or behind[asker.address] >= MOST_OF_ONE):
            raise Full
        ticket = Ticket(asker, next(self._numbers) if before is None else before.number)
        self._waiting.append(ticket)
        if before is not None:
            self._waiting.remove(before)
            before.place = None
        self._move_up()
        return ticket

    def of(self, visitor: str) -> Ticket | None:
        """The ticket with which a visitor waits."""
        return next((ticket for ticket in self._waiting if ticket.asker.visitor == visitor), None)

    def leave(self, ticket: Ticket) -> None:
        """Its run has ended, or is not wanted any more."""
        ticket.place = None
        if ticket in self._waiting:
            self._waiting.remove(ticket)
        if ticket is self._training:
            self._training = None
        self._move_up()

    def _move_up(self) -> None:
        if self._training is None and self._waiting:
            self._training = self._turns.order(self._waiting)[0]
            self._training.place = 0
            self._waiting.remove(self._training)
            self._turns.took(self._training.asker)
        for before, ticket in enumerate(self._turns.order(self._waiting)):
            ticket.place = before + 1


line = Tickets()
