"""The process's memory: what was freed goes back to the system, where its C library is glibc."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys

ARENAS = 2  # heaps that threads share: each keeps what its threads have freed
MAPPED = 2**20  # bytes from which on a piece of memory is the system's own, and goes back at once
_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3  # of malloc.h


def bound() -> None:
    """To be called before there are threads: glibc would keep some hundred megabytes for each of them."""
    _glibc("mallopt", _M_ARENA_MAX, ARENAS)
    _glibc("mallopt", _M_MMAP_THRESHOLD, MAPPED)


def give_back() -> None:
    """After what takes much: figures and runs lie in circles, and glibc keeps what was freed for the next one."""
    gc.collect()
    trim()


def trim() -> None:
    """Now and then, for what takes little at a time."""
    _glibc("malloc_trim", 0)


def _glibc(function: str, *arguments: int) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError):  # another C library
            getattr(ctypes.CDLL(None), function)(*arguments)
