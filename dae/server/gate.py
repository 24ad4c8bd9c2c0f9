"""What Gradio answers takes it milliseconds of the one thread of the server, also what is refused or never fetched:
so of one address few requests are with it at once, and the others wait before it, in the order in which they came.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import anyio

from dae.server import events

if TYPE_CHECKING:
    from gradio.queueing import Queue

AT_ONCE = 4  # of one address
LOOK_SECONDS = 0.05  # between two looks at what is still being worked on


class Gate:
    """The gate before Gradio; all of it happens in the server's one thread."""

    def __init__(self) -> None:
        self._limiters: WeakValueDictionary[str, anyio.CapacityLimiter] = WeakValueDictionary()

    @contextlib.asynccontextmanager
    async def passing(self, address: str, queue: Queue) -> AsyncIterator[None]:
        """While one request of an address is with Gradio. What is only queued, and answered later, counts as well."""
        limiter = self._limiters.get(address)
        if limiter is None:
            limiter = self._limiters[address] = anyio.CapacityLimiter(AT_ONCE)
        async with limiter:
            # Those of runs are not counted: they have a line of their own.
            while events.behind(queue, but="train")[address] >= AT_ONCE:
                await anyio.sleep(LOOK_SECONDS)
            yield
