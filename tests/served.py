"""Servers to test with: `app.py` as a process of its own, which can be asked, killed and started again, and a port that
only listens; and a thread of one's own to ask."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Served:
    """A server on a port of this machine.

    Args:
        folder: an empty one for what the process writes: its log and its files.
        where: its working directory.
        environment: added to this process's.
    """

    def __init__(self, folder: Path, where: Path = ROOT, **environment: str) -> None:
        self.port, self.folder, self.where = free_port(), folder, where
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen | None = None
        here = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        self._environment = here | {
            "PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
            "GRADIO_TEMP_DIR": str(folder / "files"),
            "DAE_DATA": str(folder / "no-mnist"),
            **environment,
        }

    @property
    def log(self) -> str:
        """All that the processes have said."""
        path = self.folder / "log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def begin(self) -> None:
        """Start it; `wait` for it afterwards, so that several can start at once."""
        with (self.folder / "log").open("a") as log:
            self._said = log.tell()
            self.process = subprocess.Popen(
                [sys.executable, ROOT / "app.py"],
                cwd=self.where,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background ignores it
            )

    def wait(self, seconds: float = 120.0, wanted: Iterable[str] = ("Open http",)) -> None:
        """Until it serves its page, or has said something else."""
        end = time.monotonic() + seconds
        while not all(sentence in self.log[self._said :] for sentence in wanted):
            assert self.process.poll() is None, f"the server has ended: {self.log}"
            assert time.monotonic() < end, f"the server does not start: {self.log}"
            time.sleep(0.1)

    def start(self) -> None:
        self.begin()
        self.wait()

    def stop(self) -> None:
        """As who hosts it ends it."""
        self.process.terminate()
        self.process.wait(60)
        self.process = None

    def interrupt(self) -> int:
        """Ctrl+C: its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    def kill(self) -> None:
        """As a machine loses it: at once, without a word."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def pause(self) -> None:
        """It accepts connections and answers nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)


@contextlib.contextmanager
def running_app(folder: Path, **settings: Any) -> Iterator[Served]:
    """One that is up, and ended in the end."""
    served = Served(folder, **{"GRADIO_MCP_SERVER": "", **settings})
    try:
        served.start()
        yield served
    finally:
        served.kill()


@contextlib.contextmanager
def listening(answer: str = "") -> Iterator[tuple[int, list[bytes]]]:
    """A port that answers so whatever it is asked, or hangs up where that is empty: its number, and what it heard."""
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    heard.append(connection.recv(65536))
                    if answer:
                        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(answer)}\r\nConnection: close\r\n\r\n"
                        connection.sendall((head + answer).encode())

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1], heard
        server.shutdown(socket.SHUT_RDWR)  # a close alone does not wake who accepts


def run_async(function: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any, seconds: float = 300.0) -> Any:
    """What a coroutine function returns; in another thread, as Playwright has a loop of its own in this one."""

    async def in_time() -> Any:
        with anyio.fail_after(seconds):  # a server that has ended never answers
            return await function(*arguments)

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(anyio.run, in_time).result()
