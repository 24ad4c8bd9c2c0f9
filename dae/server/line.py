"""The one place that admits what Python answers: what it costs is known before it begins.

What costs too much is refused. All else waits, and holds no thread meanwhile, in one of two lanes, so that what is
quick never waits behind what takes long. In each lane few are worked on at once, of one address one at a time, and
addresses and visitors take turns. The newest of a visitor's questions of one kind replaces the one before, as long as
that waits. Training gives way to all of them.

An answer is many short calls that hold Python's lock by turns: more threads at once only make each of them slower.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from anyio import CapacityLimiter, Event, to_thread

from dae.server import memory
from dae.server.askers import Asker, asking
from dae.server.turns import Turns

AT_ONCE = 2  # in each lane
MOMENT = 0.1  # seconds of work that an address may have more than one of at once
QUICK = 0.5  # seconds of work: all else goes in the slow lane
MOST_SECONDS = 10.0  # of work, of one question
MOST_MEGABYTES = 250.0  # of memory while it is worked on, of one question, and of all together
WAITING_SECONDS = 30.0  # of work that may wait in a lane for one address, and four times as much for all together
MOST_WAITING = 1000  # in a lane, of one address
NICE = 10  # of threads that work for long
WAY_SECONDS = 0.03  # that a step of a training waits for questions at most


class Busy(Exception):
    """Too much waits already."""


class Replaced(Exception):
    """The same visitor has asked the same anew."""


class TooMuch(Exception):
    """It costs more than anybody may ask for at once."""


class Cost(NamedTuple):
    """What a question costs, roughly, before it is worked on."""

    seconds: float  # of one core
    megabytes: float = 10.0


CHEAP = Cost(0.01)

_questions = 0  # that are being answered or wait, of all visitors
_counting = threading.Lock()
_nobody_asks = threading.Event()
_nobody_asks.set()


@contextlib.contextmanager
def others_first() -> Iterator[None]:
    """While a question is answered: a run in this process makes few steps meanwhile."""
    global _questions
    with _counting:
        _questions += 1
        _nobody_asks.clear()
    try:
        yield
    finally:
        with _counting:
            _questions -= 1
            if not _questions:
                _nobody_asks.set()


def give_way() -> None:
    """Let questions come first, for a while: threads share one lock in Python, whatever the cores."""
    _nobody_asks.wait(WAY_SECONDS)


def step_back() -> None:
    """Of a thread that works for long: whoever only looks comes first."""
    if sys.platform == "linux":  # elsewhere it would be the whole process
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


def is_ending() -> bool:
    """Whether the process ends and waits for its threads: one that is cut off within torch would make it abort."""
    return not threading.main_thread().is_alive()


@dataclass(eq=False)
class _Ticket:
    asker: Asker
    cost: Cost
    kind: str
    number: int
    called: Event = field(default_factory=Event)
    is_replaced: bool = False

    @property
    def seconds(self) -> float:
        return self.cost.seconds


class _Lane:
    """Those who wait and those who are worked on; all of it happens in the server's one thread."""

    def __init__(self, line: Line) -> None:
        self.line, self.turns = line, Turns()
        self.waiting: list[_Ticket] = []
        self.working: list[_Ticket] = []
        self._numbers = itertools.count()

    @contextlib.asynccontextmanager
    async def turn(self, asker: Asker, cost: Cost, kind: str) -> AsyncIterator[None]:
        """Wait for one's turn, and have it. Raises Busy at once, Replaced while it waits."""
        ticket = _Ticket(asker, cost, kind, next(self._numbers))
        self._enter(ticket)
        self.line.call()
        try:
            await ticket.called.wait()
            if ticket.is_replaced:
                raise Replaced
            yield
        finally:
            for tickets in (self.waiting, self.working):
                if ticket in tickets:
                    tickets.remove(ticket)
            self.line.call()

    def _enter(self, ticket: _Ticket) -> None:
        same = (ticket.asker, ticket.kind) if ticket.kind and ticket.asker.visitor else None
        for other in [other for other in self.waiting if (other.asker, other.kind) == same]:
            self.waiting.remove(other)
            ticket.number, other.is_replaced = other.number, True  # the place in the line stays
            other.called.set()
        here = [other for other in self.waiting if other.asker.address == ticket.asker.address]
        most = self.line.waiting_seconds
        if len(here) >= MOST_WAITING or sum(other.seconds for other in here) > most:
            raise Busy
        if sum(other.seconds for other in self.waiting) > 4 * most:
            raise Busy
        self.waiting.append(ticket)

    def next(self, megabytes: float) -> _Ticket | None:
        """Who may be worked on now.

        Args:
            megabytes: of memory that there are left.
        """
        if len(self.working) >= AT_ONCE:
            return None
        busy = {ticket.asker.address for ticket in self.working}
        for ticket in self.turns.order(self.waiting):
            is_free = ticket.seconds <= MOMENT or ticket.asker.address not in busy
            if is_free and ticket.cost.megabytes <= megabytes:
                return ticket
        return None


class Line:
    """The line of a server, for the page's questions and for the public API's calls together.

    Args:
        waiting_seconds: of work that may wait in a lane for one address.
    """

    def __init__(self, waiting_seconds: float = WAITING_SECONDS) -> None:
        self.waiting_seconds = waiting_seconds
        self._quick, self._slow = _Lane(self), _Lane(self)
        self._threads = CapacityLimiter(2 * AT_ONCE)  # whose turn it is finds one free

    async def run(self, answer: Callable[..., Any], *arguments: Any, cost: Cost = CHEAP, kind: str = "") -> Any:
        """What the function answers, in a thread, when it is its turn; who waits holds no thread.

        Args:
            answer: the function, with its arguments.
            cost: of the call.
            kind: of the question: in a lane a visitor's newest of a kind replaces the one that waits. Empty: none does.

        Raises:
            TooMuch: at once, where it costs more than anybody may ask for.
            Busy: at once, where too much waits.
            Replaced: while it waits.
        """
        if cost.seconds > MOST_SECONDS or cost.megabytes > MOST_MEGABYTES:
            raise TooMuch
        is_slow = cost.seconds > QUICK
        lane = self._slow if is_slow else self._quick
        with others_first():
            async with lane.turn(asking.get(), cost, kind):
                try:
                    return await to_thread.run_sync(answer, *arguments, limiter=self._threads)
                finally:
                    if is_slow:
                        await to_thread.run_sync(memory.give_back, limiter=self._threads)

    def call(self) -> None:
        """Let those begin for whom there is room."""
        for lane in (self._quick, self._slow):
            while (ticket := lane.next(MOST_MEGABYTES - self._megabytes)) is not None:
                lane.waiting.remove(ticket)
                lane.working.append(ticket)
                lane.turns.took(ticket.asker)
                ticket.called.set()

    @property
    def _megabytes(self) -> float:
        """Of all that is worked on."""
        return sum(ticket.cost.megabytes for lane in (self._quick, self._slow) for ticket in lane.working)
