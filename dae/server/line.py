"""One line for everything that Python answers: few questions at once, the others wait in turn, training gives way.

An answer is many short calls that hold Python's lock by turns: more threads at once only make each of them slower.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

from anyio import CapacityLimiter, to_thread

AT_ONCE = 2  # questions that are worked on
MOST_WAITING = 60  # of others
NICE = 10  # of threads that work for long
WAY_SECONDS = 0.03  # that a step of a training waits for questions at most


class Busy(Exception):
    """Too many questions wait already."""


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


class Line:
    """The line of a server, for the page's questions and for the public API's calls together."""

    def __init__(self, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING) -> None:
        self.limiter, self.most = CapacityLimiter(at_once), at_once + most_waiting
        self.here = 0  # that are being answered or wait; counted by the server's one thread alone

    async def run(self, answer: Callable[..., Any], *arguments: Any) -> Any:
        """What the function answers, in a thread, when it is its turn; who waits holds no thread.

        Raises:
            Busy: at once, where too many wait.
        """
        if self.here >= self.most:
            raise Busy
        self.here += 1
        try:
            with others_first():
                return await to_thread.run_sync(answer, *arguments, limiter=self.limiter)
        finally:
            self.here -= 1
