"""What a request brings along: read whole within bounds, and looked through, before anything of Gradio sees it."""

from __future__ import annotations

import contextlib
import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import anyio
from anyio import to_thread
from starlette.types import Message, Receive

MAX_BODY = 2 * 2**20  # bytes of a request; 64 codes of 2,048 values take half of it
MOST_TOGETHER = 192 * 2**20  # bytes of all requests that are being read or answered
MOST_OF_ONE = 34 * 2**20  # of those bytes, for one address: two files at once
AS_NUMBERS = 10  # times as much as its bytes take the lists of numbers that a call becomes
PATIENCE_SECONDS = 20.0  # that a large request waits for room
MAX_DEPTH = 32  # lists and dictionaries within each other; pictures have four
BODY_SECONDS = 60.0  # that a request may take to arrive
LARGE = 2**16  # bytes that are looked through in another thread, and that need room
FULL = "Too much comes at once: try again in a moment."
_ADDRESS = re.compile(r"\s*[a-z][a-z0-9+.-]+:", re.IGNORECASE)  # of one letter it is a drive


class Refusal(Exception):
    """A request that is answered with a status and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class Gone(Exception):
    """Whoever asked is not there any more."""


class Room:
    """What bodies, or answers, of all requests may take together; those of one address have a part of it.

    Args:
        most: bytes of all addresses.
        of_one: bytes of one of them.
    """

    def __init__(self, most: int = MOST_TOGETHER, of_one: int = MOST_OF_ONE) -> None:
        self.left, self.of_one = most, of_one
        self._taken: Counter[str] = Counter()

    def has(self, size: int, address: str) -> bool:
        return size <= LARGE or (size <= self.left and size + self._taken[address] <= self.of_one)

    def take(self, size: int, address: str) -> None:
        """Raises Refusal where there is no room. What is small always has some."""
        if not self.has(size, address):
            raise Refusal(503, FULL)
        self._count(size, address)

    def give(self, size: int, address: str) -> None:
        """Of what was taken."""
        self._count(-size, address)

    def _count(self, size: int, address: str) -> None:
        if abs(size) > LARGE:
            self.left -= size
            self._taken[address] += size
            if not self._taken[address]:
                del self._taken[address]

    @contextlib.asynccontextmanager
    async def body(
        self, receive: Receive, announced: int | None, most: int, address: str, times: int = 1
    ) -> AsyncIterator[bytes]:
        """A request's body, while it is answered. It is not read before there is room for all of it.

        Args:
            announced: its bytes, as the request says; None where it does not.
            most: bytes that it may have.
            times: how much more room it takes than it has bytes.

        Raises: see `read`; also Refusal where there is no room for long.
        """
        if announced is not None and announced > most:
            raise Refusal(413, f"This is too much at once: at most {most:,} bytes.")
        size = most if announced is None else announced
        room = size * times if size > LARGE else 0
        with anyio.move_on_after(PATIENCE_SECONDS):
            while not self.has(room, address):
                await anyio.sleep(0.1)
        self.take(room, address)
        try:
            yield await read(receive, size)
        finally:
            self.give(room, address)


async def read(receive: Receive, most: int) -> bytes:
    """A request's body.

    Args:
        most: bytes of it.

    Raises:
        Refusal: it is longer than `most`, or takes too long to arrive.
        Gone: it broke off.
    """
    body: list[bytes] = []
    size = 0
    with anyio.move_on_after(BODY_SECONDS) as patience:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Gone
            piece = message.get("body", b"")
            size += len(piece)
            if size > most:
                raise Refusal(413, f"This is too much at once: at most {most:,} bytes.")
            body.append(piece)
            if not message.get("more_body"):
                return b"".join(body)
    assert patience.cancelled_caught
    raise Refusal(408, "This request took too long to arrive.")


def again(body: bytes, receive: Receive) -> Receive:
    """A body that was read, for the app to receive; after it what comes, which is that the connection ends."""
    kept: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def given() -> Message:
        return kept.pop() if kept else await receive()

    return given


async def check(body: bytes) -> Any:
    """What a body says. None where it is empty.

    Raises:
        Refusal: it is no JSON, is nested too deep, or names a file by an address.
    """
    if len(body) > LARGE:
        return await to_thread.run_sync(_check, body)
    return _check(body) if body else None


def _check(body: bytes) -> Any:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "This is no JSON that can be read here.") from error
    level = [said]
    for _ in range(MAX_DEPTH + 1):
        level = [value for value in level if isinstance(value, dict | list)]
        if not level:
            return said
        for value in level:
            if isinstance(value, dict) and isinstance(path := value.get("path"), str) and _ADDRESS.match(path):
                raise Refusal(400, "No call here takes a file: one is never fetched from an address.")
        level = [inner for value in level for inner in (value.values() if isinstance(value, dict) else value)]
    raise Refusal(400, f"This is nested more than {MAX_DEPTH} deep.")
