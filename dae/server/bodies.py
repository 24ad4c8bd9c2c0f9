"""What a request brings along: read whole within bounds, and looked through, before anything of Gradio sees it."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
from anyio import to_thread
from starlette.types import Message, Receive

MAX_BODY = 2 * 2**20  # bytes of a request; 64 codes of 2,048 values take half of it
MOST_TOGETHER = 256 * 2**20  # bytes of all requests that are being read or answered
MAX_DEPTH = 32  # lists and dictionaries within each other; pictures have four
BODY_SECONDS = 60.0  # that a request may take to arrive
LARGE = 2**16  # bytes that are looked through in another thread
_ADDRESS = re.compile(r"\s*[a-z][a-z0-9+.-]+:", re.IGNORECASE)  # of one letter it is a drive


class Refusal(Exception):
    """A request that is answered with a status and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class Gone(Exception):
    """Whoever asked is not there any more."""


class Room:
    """What the bodies of all requests may take together."""

    def __init__(self, most: int = MOST_TOGETHER) -> None:
        self.left = most

    def take(self, size: int) -> None:
        """Raises Refusal where there is no room."""
        if size > self.left:
            raise Refusal(503, "Too much comes at once: try again in a moment.")
        self.left -= size

    @contextlib.asynccontextmanager
    async def body(self, receive: Receive, most: int) -> AsyncIterator[bytes]:
        """A request's body, while it is answered. Raises: see `read`; also Refusal where there is no room."""
        taken = 0

        def take(size: int) -> None:
            nonlocal taken
            self.take(size)
            taken += size

        try:
            yield await read(receive, most, take)
        finally:
            self.left += taken


async def read(receive: Receive, most: int, take: Callable[[int], None]) -> bytes:
    """A request's body.

    Args:
        most: bytes of it.
        take: is told of each piece's size, before the piece is kept.

    Raises:
        Refusal: it is longer than `most`, or takes too long to arrive.
        Gone: it broke off.
    """
    body = bytearray()
    with anyio.move_on_after(BODY_SECONDS) as patience:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Gone
            piece = message.get("body", b"")
            if len(body) + len(piece) > most:
                raise Refusal(413, f"This is too much at once: at most {most:,} bytes.")
            take(len(piece))
            body += piece
            if not message.get("more_body"):
                return bytes(body)
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
