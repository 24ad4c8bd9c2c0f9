"""A client that takes little of the processor that it shares with the server: for the benchmarks beside this file."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable

import anyio

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CONNECTIONS = 6  # of a browser to one host
PATIENCE_SECONDS = 60.0


class Connection:
    """One connection to the server at a port of this machine, opened when it is first needed.

    Args:
        port: of the server.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> bytes:
        """The body of an answer, as it is packed.

        Raises:
            OSError: no connection, one that broke off, or a status other than 200, which is said.
            TimeoutError: nothing for so long.
        """
        with anyio.fail_after(PATIENCE_SECONDS):
            if self._streams is None:
                self._streams = await asyncio.open_connection("127.0.0.1", self.port)
            reader, writer = self._streams
            asked = f"GET /{path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nAccept-Encoding: br, gzip\r\n\r\n"
            writer.write(asked.encode("ascii"))
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(int(LENGTH.search(head)[1]))
            except asyncio.IncompleteReadError as error:
                raise ConnectionError("broken off") from error
        if head[9:12] != b"200":
            raise ConnectionError(f"status {head[9:12].decode()}")
        return body

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def get_all(port: int, first: str, paths: Iterable[str]) -> tuple[list[float], list[str]]:
    """Fetch as a browser does: the page, then all else by six connections.

    Returns:
        the seconds of each answer, and what failed.
    """
    loop = asyncio.get_running_loop()
    times: list[float] = []
    failed: list[str] = []
    left = list(paths)

    async def get(connection: Connection, path: str) -> None:
        start = loop.time()
        try:
            await connection.get(path)
            times.append(loop.time() - start)
        except OSError as error:  # a TimeoutError too
            failed.append(f"{path}: {str(error) or type(error).__name__}")
            connection.close()

    async def work(connection: Connection) -> None:
        while left:
            await get(connection, left.pop(0))

    connections = [Connection(port) for _ in range(CONNECTIONS)]
    try:
        await get(connections[0], first)
        await asyncio.gather(*map(work, connections))
    finally:
        for connection in connections:
            connection.close()
    return times, failed
