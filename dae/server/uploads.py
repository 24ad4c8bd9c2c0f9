"""The folder of what visitors upload: one for each process, swept by age and size, gone with the process.

Gradio keeps what it is sent until it is told otherwise, knows nothing of what broke off, and leaves it all behind when
it is ended. Here nothing depends on what it knows.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from anyio import to_thread

try:
    import fcntl
except ImportError:  # there, a file that a process has open cannot be deleted, which does the same
    fcntl = None  # type: ignore[assignment]

PREFIX = "playground-"
LOCK = "in-use"
MAX_BYTES = 200 * 2**20  # of all files
MAX_FILES = 1000
MAX_SECONDS = 3600.0  # that a file is kept
MOST_AT_ONCE = 16  # files that come

_mine: Path | None = None
_held: list[IO[bytes]] = []


def begin() -> Path:
    """Give this process a folder of its own, delete those of processes that are gone, and tell Gradio of it.

    To be called before Gradio is imported. The folder lies in `GRADIO_TEMP_DIR`, or in the system's.

    Raises:
        OSError: no folder can be made there.
    """
    global _mine
    if _mine is not None:
        return _mine
    parent = Path(os.environ.get("GRADIO_TEMP_DIR") or Path(tempfile.gettempdir(), "gradio"))
    parent.mkdir(parents=True, exist_ok=True)
    with (parent / f"{PREFIX}lock").open("ab") as gate:  # no two begin at once
        _lock(gate, patiently=True)
        for folder in parent.glob(f"{PREFIX}*/"):
            if _is_left_behind(folder):
                shutil.rmtree(folder, ignore_errors=True)
        _mine = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=parent))
        _held.append((_mine / LOCK).open("wb"))
        _lock(_held[-1])
    os.environ["GRADIO_TEMP_DIR"] = str(_mine)
    atexit.register(end)
    return _mine


def end() -> None:
    """Delete this process's folder with all that is in it."""
    global _mine
    if _mine is None:
        return
    os.environ["GRADIO_TEMP_DIR"] = str(_mine.parent)
    while _held:
        _held.pop().close()
    shutil.rmtree(_mine, ignore_errors=True)
    _mine = None


def _lock(file: IO[bytes], *, patiently: bool = False) -> bool:
    """Whether this process has the file for itself now; it loses it when it ends, however it ends."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if patiently else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


def _is_left_behind(folder: Path) -> bool:
    lock = folder / LOCK
    try:
        if fcntl is None:
            lock.unlink()
            return True
        with lock.open("rb") as file:
            return _lock(file)
    except FileNotFoundError:
        return True
    except OSError:
        return False


class Uploads:
    """What comes into a folder, and how much of it stays."""

    def __init__(
        self, folder: Path, most_bytes: int = MAX_BYTES, most_files: int = MAX_FILES, most_seconds: float = MAX_SECONDS
    ) -> None:
        self.folder = folder
        self.most_bytes, self.most_files, self.most_seconds = most_bytes, most_files, most_seconds
        self._coming: dict[object, float] = {}  # since when
        self._sweeping = threading.Lock()

    @contextlib.asynccontextmanager
    async def coming(self, size: int) -> Iterator[bool]:
        """While a file of at most so many bytes comes: there is room for it before, and nothing half of it after.

        Gives False where too many come at once.
        """
        if len(self._coming) >= MOST_AT_ONCE:
            yield False
            return
        token = object()
        self._coming[token] = time.time()
        try:
            await to_thread.run_sync(self.sweep, size)
            yield True
        finally:
            del self._coming[token]
            # Not awaited where it is broken off: the file is deleted by the next who comes.
            await to_thread.run_sync(self.drop_halves, abandon_on_cancel=True)

    def drop_halves(self) -> None:
        """Delete what came and was never put in its place: it lies in the folder itself, and nobody writes it now."""
        oldest = min(list(self._coming.values()), default=float("inf"))
        for path in list(self.folder.glob("*")):
            with contextlib.suppress(OSError):  # deleted in the meantime
                if path.name != LOCK and path.is_file() and path.stat().st_mtime < oldest:
                    path.unlink()

    def sweep(self, room: int = 0) -> None:
        """Delete what is too old, and the oldest until there is room for so many bytes more."""
        with self._sweeping:
            self.drop_halves()
            found = sorted((state.st_mtime, state.st_size, path) for path, state in self._files())
            total, count, now = sum(size for _, size, _ in found), len(found), time.time()
            for changed, size, path in found:
                fits = total + room <= self.most_bytes and count + bool(room) <= self.most_files
                if fits and now - changed <= self.most_seconds:
                    return
                if path.parent != self.folder:  # what is still coming stays
                    _delete(path)
                    total, count = total - size, count - 1

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        for where, _, names in os.walk(self.folder):
            for name in names:
                path = Path(where, name)
                with contextlib.suppress(OSError):  # deleted in the meantime
                    if name != LOCK:
                        yield path, path.stat()


def _delete(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
        path.parent.rmdir()  # most have a folder of their own; one that is not empty stays
