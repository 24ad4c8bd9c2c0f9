"""`app.py` as a process of its own, which can be asked, killed and started again; and a thread of one's own to ask."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
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
        environment: added to this process's.
    """

    def __init__(self, folder: Path, **environment: str) -> None:
        self.port, self.folder = free_port(), folder
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
                [sys.executable, "app.py"], cwd=ROOT, env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )

    def wait(self, seconds: float = 120.0) -> None:
        """Until it serves its page."""
        end = time.monotonic() + seconds
        while "Open http" not in self.log[self._said :]:
            assert self.process.poll() is None, f"the server has ended: {self.log}"
            assert time.monotonic() < end, f"the server does not start: {self.log}"
            time.sleep(0.1)

    def start(self) -> None:
        self.begin()
        self.wait()

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
def running_app(folder: Path, **environment: str) -> Iterator[Served]:
    """One that is up, and ended in the end."""
    served = Served(folder, **{"GRADIO_MCP_SERVER": "", **environment})
    try:
        served.start()
        yield served
    finally:
        served.kill()


def run_async(function: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any) -> Any:
    """What a coroutine function returns; in another thread, as Playwright has a loop of its own in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(anyio.run, function, *arguments).result()
