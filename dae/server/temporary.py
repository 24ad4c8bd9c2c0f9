"""The folder of what visitors bring along, for as long as it is read: one for each process, gone with the process.

Gradio's own way to upload files is shut; what it may still write goes here too.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # there, a file that a process has open cannot be deleted, which does the same
    fcntl = None  # type: ignore[assignment]

PREFIX = "playground-"
LOCK = "in-use"

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


def folder() -> Path | None:
    """This process's folder; None, which stands for the system's, where none was begun."""
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
