"""The process and its connections: how many, how long they may say nothing, how it ends, how much it writes.

Gradio starts uvicorn with settings of its own, so a server is bounded once it runs: `bound(server)`.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from typing import Any, TextIO

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 10.0  # that a connection may take to say what it wants
MOST_HEAD = 64 * 2**10  # bytes of a request beside its body, and as many more as the body has
MOST_AHEAD = 16  # requests that a connection may send before the first of them is answered
TAKE_SECONDS = 30.0  # that it may take for some 50 kB of an answer
ENDING_SECONDS = 0.5  # that answers may take when the server ends
MOST_CONNECTIONS = 4000
FILES_FOR_OTHERS = 250  # that are open beside the connections: matplotlib's fonts, up to 64 times three, and some ten
LOG_BURST = 256 * 2**10  # bytes that may be written at once
LOG_RATE = 200.0  # bytes a second that may be written for ever: 17 MB a day


class Patient(HttpToolsProtocol):
    """uvicorn's quick HTTP, which bounds nothing, but a connection that does not say what it wants, or says it at too
    great a length, ends, as does one that does not take what it asked for, and one that is too many."""

    most = MOST_CONNECTIONS

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._waiting: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._said = self._body = 0  # bytes of the request that is being read
        if len(self.connections) > self.most:
            transport.abort()
        else:
            self._wait()

    def data_received(self, data: bytes) -> None:
        before = self.cycle
        self._said += len(data)
        super().data_received(data)
        if self._said > MOST_HEAD + 2 * self._body or len(self.pipeline) > MOST_AHEAD:
            self.transport.abort()
        elif self.cycle is not before:
            self._stop_waiting()

    def _should_upgrade(self) -> bool:
        """Never: who asks for a WebSocket is answered as any other; its handshake would be waited for without end."""
        return False

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing for the log: it is refused, see `dae.server.bounds`."""

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._body += len(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._said = self._body = 0

    def on_response_complete(self) -> None:
        super().on_response_complete()
        # The next request may be here already.
        if not self.transport.is_closing() and (self.cycle is None or self.cycle.response_complete):
            self._wait()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalled = self.loop.call_later(TAKE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._go_on()

    def _go_on(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._go_on()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._stop_waiting()
        self._waiting = self.loop.call_later(HEAD_SECONDS, self._look_again)

    def _look_again(self) -> None:
        # While another thread kept the loop waiting, what is wanted may have come: it is read before this is over.
        self._waiting = self.loop.call_later(1.0, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


def bound(server: uvicorn.Server) -> None:
    """Bound the connections of a server that runs: those that come from now on."""
    config = server.config
    config.http_protocol_class = Patient
    config.timeout_graceful_shutdown = ENDING_SECONDS  # type: ignore[assignment]
    Patient.most = min(MOST_CONNECTIONS, max(50, open_files() - FILES_FOR_OTHERS))


def end(server: uvicorn.Server) -> None:
    """Let a server end now; what it says of those who still ask is no news."""
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    server.should_exit = True


def open_files() -> int:
    """How many files the process may have open: as many as the system lets it, from now on."""
    try:
        import resource
    except ImportError:  # on Windows
        return MOST_CONNECTIONS + FILES_FOR_OTHERS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + 2 * FILES_FOR_OTHERS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return wanted if soft == resource.RLIM_INFINITY else soft


class BoundedStream:
    """A stream that lets through so many bytes at once and so many a second, and says when it has left some out."""

    def __init__(self, stream: TextIO, burst: int = LOG_BURST, rate: float = LOG_RATE) -> None:
        self._stream, self._burst, self._rate = stream, burst, rate
        self._left, self._at, self._dropped = float(burst), time.monotonic(), 0

    def write(self, text: str) -> int:
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < len(text):
            self._dropped += len(text)
            return len(text)
        if self._dropped:
            self._stream.write(f"({self._dropped:,} characters of the log were left out)\n")
            self._dropped = 0
        self._left -= len(text)
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def bound_log() -> None:
    """Bound what the process writes to its log, whoever makes it write."""
    sys.stdout, sys.stderr = BoundedStream(sys.stdout), BoundedStream(sys.stderr)  # type: ignore[assignment]
