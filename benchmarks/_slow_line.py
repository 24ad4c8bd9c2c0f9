"""A slow line between a browser and a server on the same machine: a proxy that delays and paces what it passes on.

A browser's own throttle holds for its pages only, neither for their workers nor for a service worker.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

CHUNK = 4096  # bytes that are paced together


class _Direction:
    """One direction of the line, which all connections share."""

    def __init__(self, bytes_per_second: float, latency: float) -> None:
        self.rate, self.latency, self.free_at, self.passed = bytes_per_second, latency, 0.0, 0

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        arriving: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def arrive() -> None:
            while True:
                at, chunk = await arriving.get()
                await asyncio.sleep(at - loop.time())
                if not chunk:
                    break
                writer.write(chunk)
                await writer.drain()
            writer.close()

        arrivals = asyncio.create_task(arrive())
        try:
            while chunk := await reader.read(CHUNK):
                self.passed += len(chunk)
                self.free_at = max(self.free_at, loop.time()) + len(chunk) / self.rate
                arriving.put_nowait((self.free_at + self.latency, chunk))
                await asyncio.sleep(self.free_at - loop.time())
        except ConnectionError:
            pass
        arriving.put_nowait((loop.time() + self.latency, b""))
        await asyncio.gather(arrivals, return_exceptions=True)


class SlowLine:
    """Where the proxy listens, and how many bytes have come down it."""

    def __init__(self, url: str, down: _Direction) -> None:
        self.url, self._down = url, down

    @property
    def kilobytes(self) -> float:
        return self._down.passed / 1000


@contextmanager
def slow_line(url: str, *, bits_per_second: float = 1.6e6, round_trip: float = 0.15) -> Iterator[SlowLine]:
    """A proxy to `url`: so many bits a second down and half of it up, and seconds of a round trip."""
    target = urlsplit(url)
    down = _Direction(bits_per_second / 8, round_trip / 2)
    up = _Direction(bits_per_second / 16, round_trip / 2)

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(round_trip)  # the connection's own
        try:
            there, to_there = await asyncio.open_connection(target.hostname, target.port)
        except OSError:
            writer.close()
            return
        with suppress(asyncio.CancelledError):  # the line is taken away
            await asyncio.gather(up.relay(reader, to_there), down.relay(there, writer), return_exceptions=True)

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(asyncio.start_server(connect, "127.0.0.1", 0), loop).result()
    try:
        yield SlowLine(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", down)
    finally:
        loop.call_soon_threadsafe(server.close)

        async def end() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=5)
