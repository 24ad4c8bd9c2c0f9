"""A download of MNIST, for all visitors together."""

from __future__ import annotations

import itertools
import logging
import threading
from dataclasses import dataclass

from dae import data

log = logging.getLogger(__name__)

ARCHIVE_BYTES = 11_594_722  # all four archives


@dataclass(eq=False)
class Fetch:
    """A download of MNIST, for all visitors together."""

    state: str = "running"  # then done or failed
    thread: threading.Thread | None = None

    @property
    def fraction(self) -> float:
        """How much is there, 0 to 1."""
        raw = data.data_dir() / "MNIST" / "raw"
        size = 0
        for path in itertools.chain(raw.glob("*"), raw.glob(".download-*/*")):
            try:
                size += path.stat().st_size if path.suffix == ".gz" else path.stat().st_size / 4.74
            except OSError:  # moved in the meantime
                continue
        return min(1.0, size / ARCHIVE_BYTES)


_fetching = threading.Lock()
_fetch: Fetch | None = None


def fetch() -> Fetch:
    """Fetch MNIST in the background, or join those who do."""
    global _fetch
    with _fetching:
        if _fetch is None or _fetch.state != "running":
            _fetch = Fetch()
            _fetch.thread = threading.Thread(target=_download, args=(_fetch,), daemon=True, name="download")
            _fetch.thread.start()
        return _fetch


def begun() -> Fetch | None:
    """The latest download, if there was one."""
    return _fetch


def _download(made: Fetch) -> None:
    try:
        data.download()
        data.train()
        made.state = "done"
    except ValueError as error:
        log.warning("%s", error)
        made.state = "failed"
    except Exception:
        log.exception("MNIST could not be fetched")
        made.state = "failed"
