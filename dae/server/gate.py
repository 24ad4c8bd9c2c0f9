"""What Gradio answers takes it milliseconds of the one thread of the server, also what is refused or never fetched:
so of one address few requests are with it at once, and the others wait before it, in the order in which they came.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import anyio

from dae.server import events

if TYPE_CHECKING:
    from gradio.queueing import Queue

AT_ONCE = 4  # of one address
LOOK_SECONDS = 0.05  # between two looks at what is still being worked on


@dataclass(eq=False)
class _Door:
    """Of one address; who comes first passes first."""

    room: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(AT_ONCE))
    first: anyio.Lock = field(default_factory=anyio.Lock)  # held by the one that looks, while the others wait behind it


class Gate:
    """The gate before Gradio; all of it happens in the server's one thread."""

    def __init__(self) -> None:
        self._doors: WeakValueDictionary[str, _Door] = WeakValueDictionary()

    @contextlib.asynccontextmanager
    async def passing(self, address: str, queue: Queue) -> AsyncIterator[None]:
        """While one request of an address is with Gradio. What is only queued, and answered later, counts as well."""
        door = self._doors.get(address)
        if door is None:
            door = self._doors[address] = _Door()
        async with door.room:
            async with door.first:
                # Those of runs are not counted: they have a line of their own.
                while events.behind(queue, but="train")[address] >= AT_ONCE:
                    await anyio.sleep(LOOK_SECONDS)
            yield
