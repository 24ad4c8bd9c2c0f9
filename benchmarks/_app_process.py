"""An app as a process of its own, and what /proc says of it (Linux): for the benchmarks beside this file."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = (sys.executable, "app.py")


@dataclass(frozen=True)
class App:
    """A process that answers at a port of this machine."""

    pid: int
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def megabytes(self) -> float:
        """Resident memory."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    @property
    def threads(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/task"))

    @property
    def children(self) -> int:
        """Child processes."""
        lists = Path(f"/proc/{self.pid}/task").glob("*/children")
        return sum(len(each.read_text().split()) for each in lists)

    @property
    def open_files(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    @property
    def cpu_seconds(self) -> float:
        """Spent since its start, by all cores together."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wait_until_idle(self, limit: float = 60.0) -> None:
        """Until it has loaded in the background what it loads then."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            used = self.cpu_seconds
            time.sleep(1)
            if self.cpu_seconds - used < 0.05:
                return


@contextlib.contextmanager
def running(
    command: Sequence[str] = PAGE, root: Path = ROOT, environment: dict[str, str] | None = None, limit: float = 120.0
) -> Iterator[App]:
    """Start a command, with PORT in its environment, and wait until it answers; it ends with the block.

    Raises SystemExit if it ends by itself, or does not answer within `limit` seconds.
    """
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port = asked.getsockname()[1]
    around = {**os.environ, "PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False", **(environment or {})}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=root, env=around, **quiet)
    app, end = App(process.pid, port), time.perf_counter() + limit
    try:
        while not _answers(app, limit):
            if process.poll() is not None:
                raise SystemExit(f"{' '.join(command[:2])} ended with {process.returncode}")
            if time.perf_counter() > end:
                raise SystemExit(f"no answer within {limit:.0f} s")
            time.sleep(0.02)
        yield app
    finally:
        process.terminate()
        process.wait(30)


def _answers(app: App, limit: float) -> bool:
    try:
        with urllib.request.urlopen(app.url, timeout=limit) as answer:
            answer.read()
    except (urllib.error.URLError, ConnectionError):
        return False
    return True
