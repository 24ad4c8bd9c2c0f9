"""Gradio's queue within bounds: how many events there are, and what is said to those who do not listen."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from dae.server import askers
from dae.server.bodies import Refusal

if TYPE_CHECKING:
    from gradio.queueing import Queue

MOST = 600  # events, all of which are begun at once: their own lines say whose turn it is
MOST_OF_ONE = 200  # of one address
MOST_SESSIONS = 20_000  # whose messages are remembered until the next sweep
DEAF_SECONDS = 6.0  # that messages may lie there, with none of them taken in between

_unread: WeakKeyDictionary[object, float] = WeakKeyDictionary()  # by a session's messages: since when some lie there


def bound(queue: Queue) -> None:
    """Bound a queue that was launched with `MOST` threads."""
    queue.max_size = MOST
    # The oldest would go first, whoever still listens to it.
    queue.pending_messages_per_session.max_size = MOST_SESSIONS


def behind(queue: Queue, but: str = "") -> Counter[str]:
    """How many events each address has, but for those of a function."""
    return Counter(
        askers.address_of(event.request.client.host if event.request.client else None)
        for event in list(queue.event_ids_to_events.values())
        if event.fn.api_name != but
    )


def check_room(queue: Queue, address: str) -> None:
    """Raises Refusal where an address has too many events already."""
    counted = behind(queue)
    if counted[address] >= MOST_OF_ONE or counted.total() >= MOST:
        raise Refusal(503, "Too much comes at once: try again in a moment.")


def is_heard(queue: Queue, session: str, patience: float = DEAF_SECONDS) -> bool:
    """Whether somebody takes what is said to a session. To be asked again and again.

    Args:
        patience: seconds that messages may lie there; 0: whether all of them are taken.
    """
    messages = queue.pending_messages_per_session.get(session)
    if messages is None:
        return False
    if messages.empty():
        _unread.pop(messages, None)
        return True
    return time.monotonic() - _unread.setdefault(messages, time.monotonic()) < patience


def sweep(queue: Queue, before: frozenset[str]) -> frozenset[str]:
    """Forget sessions whose events are over and whose messages nobody has taken since the last sweep.

    Args:
        before: what the last sweep returned.

    Returns:
        the sessions that the next one may forget.
    """
    sessions, events = queue.pending_messages_per_session, queue.pending_event_ids_session
    idle = {
        session
        for session in {*sessions, *events}
        if not any(event in queue.event_ids_to_events for event in events.get(session, ()))
    }
    for session in idle & before:
        sessions.pop(session, None)
        events.pop(session, None)
    return frozenset(idle - before)
