"""The networks that questions can be about: the shipped ones, and those that visitors have trained or brought along.

A shipped network is loaded once, when it is first asked for. A visitor's is known by a key that nobody can guess, and
gone when its visitor has left: whatever has been worked out about a network is kept no longer than the network itself.
"""

from __future__ import annotations

import itertools
import logging
import secrets
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import torch

from dae import checkpoints, data
from dae.checkpoints import CheckpointError, Info
from dae.encoding import codes_of
from dae.models import Autoencoder
from dae.server.askers import asking
from dae.server.refusal import Refusal
from dae.server.room import too_much

log = logging.getLogger(__name__)

MOST_LOADED_BYTES = 64 * 2**20  # of shipped networks' weights: those that are asked for, a dozen
FORGET_SECONDS = 5.0  # so long a file that could not be loaded is not tried again
YOURS = "yours-"  # begins the keys of visitors' networks
PER_VISITOR = 5
MOST_BYTES = 96 * 2**20  # of all visitors' networks together: the page has them too, and brings them again
AROUND_WEIGHTS = 100_000  # bytes that any network takes beside its weights: its modules, what is said of it
MOST_CODES_BYTES = 90 * 2**20  # of the gallery's codes, of which a network's widest take 41

T = TypeVar("T")

# Shipped networks


def names() -> list[str]:
    """The shipped checkpoints whose names can go to a browser."""
    return [name for name in checkpoints.names() if name.isprintable()]


# By file and time, not by name: a replaced file is another network. The one asked for last is the last.
_loaded: OrderedDict[tuple[Path, int], Autoencoder] = OrderedDict()
_failed: dict[Path, tuple[float, str]] = {}  # when, and the sentence; bounded by the files that there are
_loading = threading.Lock()


def _load(name: str) -> Autoencoder:
    if name not in names():
        raise CheckpointError(f"There is no checkpoint called {name!r}.")
    path = checkpoints.directory() / (name + checkpoints.SUFFIX)
    with _loading:  # two who ask at once wait for one loading, not for two
        at, problem = _failed.get(path, (0.0, ""))
        if problem and time.monotonic() - at < FORGET_SECONDS:
            raise CheckpointError(problem)
        try:
            key = path, path.stat().st_mtime_ns
            network = _loaded.pop(key, None) or checkpoints.load(path)
        except (CheckpointError, OSError) as error:
            problem = str(error) if isinstance(error, CheckpointError) else f"There is no file {path.name}."
            _failed[path] = time.monotonic(), problem
            raise CheckpointError(problem) from error
        _loaded[key] = network
        while len(_loaded) > 1 and sum(map(bytes_of, _loaded.values())) > MOST_LOADED_BYTES:
            _loaded.popitem(last=False)
        return network


def bytes_of(network: Autoencoder) -> int:
    """Of its weights."""
    return sum(value.nbytes for value in network.state_dict().values())


# Visitors' networks


@dataclass(frozen=True, eq=False)
class Kept:
    """A network of a visitor's own."""

    key: str
    owner: str  # the visitor
    address: str  # where the visitor is
    number: int  # counts the visitor's networks
    version: int  # of what is behind the key: a run that goes on keeps the key and has other weights
    title: str  # its settings in a few words; of a file that was brought along it may say anything
    network: Autoencoder
    info: Info

    @property
    def bytes(self) -> int:
        return AROUND_WEIGHTS + bytes_of(self.network)


_kept: dict[str, Kept] = {}  # in the order of their coming
_keeping = threading.Lock()
_versions = itertools.count(1)


def keep(owner: str, title: str, network: Autoencoder, info: Info, instead: str = "") -> Kept:
    """Remember a visitor's network until the visitor leaves; beyond a handful the oldest makes room, and where all
    visitors together have too much, see `dae.server.room`.

    Args:
        instead: the key of one of the visitor's that it takes the place of, as a run that goes on does.
    """
    with _keeping:
        before = _kept.get(instead)
        if before is not None and before.owner == owner:
            del _kept[instead]
            number, key = before.number, before.key
        else:
            number = 1 + max((own.number for own in _kept.values() if own.owner == owner), default=0)
            key = YOURS + secrets.token_urlsafe(16)
        made = Kept(key, owner, asking.get().address, number, next(_versions), title, network, info)
        _kept[key] = made
        mine = [own for own in _kept.values() if own.owner == owner]
        for own in mine[:-PER_VISITOR]:
            del _kept[own.key]
        for own in too_much([own for own in _kept.values() if own is not made], MOST_BYTES - made.bytes):
            del _kept[own.key]
    return made


def kept(key: str) -> Kept | None:
    """A visitor's network by its key; None for anything else."""
    return _kept.get(key)


def of(owner: str) -> list[Kept]:
    """A visitor's networks, the oldest first."""
    with _keeping:
        return sorted((own for own in _kept.values() if own.owner == owner), key=lambda own: own.number)


def owners() -> set[str]:
    """The visitors who have networks here."""
    with _keeping:
        return {own.owner for own in _kept.values()}


def forget(owner: str, key: str | None = None) -> None:
    """Drop one of a visitor's networks, or all of them, and with them what is known about them."""
    with _keeping:
        for own in [own for own in _kept.values() if own.owner == owner and key in (None, own.key)]:
            del _kept[own.key]


# Either


def load(name: str) -> Autoencoder:
    """A shipped network by its name, or a visitor's by its key.

    Raises:
        Refusal: "gone" for a visitor's that is not here, or not any more; "model" for any other text, and for a
            damaged file.
    """
    if name.startswith(YOURS):
        own = _kept.get(name)
        if own is None:
            raise Refusal("gone", "That network is not here any more.", 410)
        return own.network
    try:
        return _load(name)
    except CheckpointError as error:
        raise Refusal("model", str(error), 404, name=name) from error


def coded(name: str) -> Autoencoder:
    """The same, of a network that has a code. Raises Refusal, also "no_code"."""
    network = load(name)
    if not network.config.has_code:
        raise Refusal("no_code", f"{name[:60]} has no code.", name=name)
    return network


class Remembered(weakref.WeakKeyDictionary[Autoencoder, Any]):
    """What has been worked out about networks: each gone with its network, and of the others the oldest beyond a
    bound.

    Args:
        most: how many.
        most_bytes: of all that are tensors.
    """

    def __init__(self, most: int, most_bytes: int = 2**40) -> None:
        super().__init__()
        self.most, self.most_bytes, self.working = most, most_bytes, threading.Lock()

    def of(self, network: Autoencoder, work: Callable[[Autoencoder], T]) -> T:
        """What `work` makes of the network; those who ask at once wait for one computation."""
        if (found := self.get(network)) is not None:
            return found
        with self.working:
            found = self.get(network)
            if found is None:
                found = self[network] = work(network)
                while len(self) > self.most or (len(self) > 1 and self._bytes() > self.most_bytes):
                    del self[next(iter(self))]
            return found

    def _bytes(self) -> int:
        return sum(getattr(value, "nbytes", 0) for value in self.values())


_codes = Remembered(64, MOST_CODES_BYTES)


def has_codes(name: str) -> bool:
    """Whether the gallery's codes in a network are remembered."""
    own = _kept.get(name)
    found = [own.network] if own else [network for (path, _), network in list(_loaded.items()) if path.stem == name]
    return any(network in _codes for network in found)


def gallery_codes(network: Autoencoder) -> torch.Tensor:
    """The codes (5000, D) of the gallery's digits."""
    return _codes.of(network, lambda network: codes_of(network, data.gallery().images))


def one_line(words: object, most: int = 300) -> str:
    """What a file says of itself, as it can be shown: short, on one line, no character that is not seen."""
    line = " ".join(words[: 10 * most].split()) if isinstance(words, str) else ""
    return "".join(letter for letter in line if letter.isprintable())[:most]


def brief(info: Info) -> Info:
    """What the page needs of what a visitor's file says of itself; the rest could be anything, of any length."""
    recipe = {name: one_line(info.recipe.get(name)) for name in ("name", "summary")}
    figures = [
        {name: value for name in ("mse", "nothing") if isinstance(value := figure.get(name), float)}
        for figure in info.figures[:1]
    ]
    return replace(info, recipe=recipe, data=one_line(info.data), figures=figures, versions={}, command="")
