"""The networks that the page offers: each loaded once, when first asked for."""

from __future__ import annotations

import contextvars
import functools
import itertools
import logging
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch

from dae import checkpoints, data
from dae.checkpoints import CheckpointError
from dae.encoding import codes_of
from dae.models import Autoencoder
from dae.ui.text import MODELS, text
from dae.verdict import Verdict, VerdictError, verdict

log = logging.getLogger(__name__)


def names() -> tuple[str, ...]:
    """The shipped checkpoints, the page's starting model first."""
    shipped = [name for name in checkpoints.names() if name.isprintable()]  # no other text can go to a browser
    first = [name for name in ("conv-gaussian", "fc-gaussian", "plain") if name in shipped]
    return (*first, *(name for name in shipped if name not in first))


MOST_LOADED = 64
FORGET_SECONDS = 5.0  # so long a file that could not be loaded is not tried again


class Loading(Exception):
    """The network is being loaded: whoever asks again has it later."""


@dataclass(eq=False)
class _Load:
    """The loading of a file, in a thread of its own: however long it takes, it is done once, and nobody has to wait."""

    path: Path
    ended: threading.Event = field(default_factory=threading.Event)
    network: Autoencoder | None = None
    problem: str = ""
    at: float = 0.0  # when it ended

    def work(self) -> None:
        try:
            self.network = checkpoints.load(self.path)
        except CheckpointError as error:
            self.problem = str(error)
        except Exception:
            log.exception("%s could not be loaded", self.path.name)
            self.problem = f"{self.path.name} could not be loaded."
        self.at = time.monotonic()
        self.ended.set()

    @property
    def is_old(self) -> bool:
        return bool(self.problem) and self.ended.is_set() and time.monotonic() - self.at > FORGET_SECONDS

    def result(self) -> Autoencoder:
        if self.network is None:
            raise CheckpointError(self.problem)
        return self.network


# By file and time, not by name: a replaced file is another network. The one asked for last is the last.
_loads: dict[tuple[Path, int], _Load] = {}
_loading = threading.Lock()


def _begin(name: str) -> _Load:
    if name not in names():
        raise CheckpointError(f"There is no checkpoint called {name!r}.")
    path = checkpoints.directory() / (name + checkpoints.SUFFIX)
    try:
        key = path, path.stat().st_mtime_ns
    except OSError as error:  # removed in the meantime
        raise CheckpointError(f"There is no file {path.name}.") from error
    with _loading:
        load = _loads.pop(key, None)
        if load is None or load.is_old:
            load = _Load(path)
            threading.Thread(target=load.work, daemon=True, name="loading").start()
        _loads[key] = load
        while len(_loads) > MOST_LOADED:
            del _loads[next(iter(_loads))]
    return load


def load(name: str) -> Autoencoder:
    """A shipped network by its name, or a visitor's by its key; waits until it is loaded.

    Raises CheckpointError for any other text, and for a damaged file.
    """
    if (own := yours(name)) is not None:
        return own.network
    begun = _begin(name)
    begun.ended.wait()
    return begun.result()


def at_hand(name: str, patience: float = 0.0) -> Autoencoder:
    """The same, for those who cannot wait longer than so many seconds.

    Raises Loading while it is being loaded, and CheckpointError as `load` does.
    """
    if (own := yours(name)) is not None:
        return own.network
    begun = _begin(name)
    if not begun.ended.wait(patience):
        raise Loading(name)
    return begun.result()


_encoding = threading.Lock()  # two who ask at once wait for one computation, not for two


def gallery_codes(model: Autoencoder) -> torch.Tensor:
    """The codes (5000, D) of the gallery's digits; those of the latest few networks are remembered."""
    with _encoding:
        return _gallery_codes(model)


@functools.lru_cache(maxsize=8)
def _gallery_codes(model: Autoencoder) -> torch.Tensor:
    return codes_of(model, data.gallery().images)


@functools.cache
def say_once(problem: str) -> None:
    """Log what would be said again and again."""
    log.warning("%s", problem)


def readings(images: torch.Tensor) -> list[Verdict | None]:
    """Which digit each of the images (N, 1, 28, 28) shows; None where nobody can say, as the classifier is damaged."""
    try:
        return list(verdict(images))
    except VerdictError as error:
        say_once(str(error))
        return [None] * len(images)


def one_line(words: object, most: int = 300) -> str:
    """What a file says of itself, as it can be shown: short, on one line, no character that is not seen."""
    line = " ".join(words[: 10 * most].split()) if isinstance(words, str) else ""
    return "".join(letter for letter in line if letter.isprintable())[:most]


def brief(info: checkpoints.Info) -> checkpoints.Info:
    """What the page needs of what a visitor's file says of itself; the rest could be anything, of any length."""
    recipe = {name: one_line(info.recipe.get(name)) for name in ("name", "summary")}
    figures = [
        {name: value for name in ("mse", "nothing") if isinstance(value := figure.get(name), float)}
        for figure in info.figures[:1]
    ]
    return replace(info, recipe=recipe, data=one_line(info.data), figures=figures, versions={}, command="")


def summary(name: str, lang: str) -> str:
    """One line on what a model is: its recipe's, or the page's own words in Chinese."""
    if (own := yours(name)) is not None:
        return own.title
    if lang == "zh" and name in MODELS:
        return MODELS[name]
    try:
        return one_line(checkpoints.info(name).recipe.get("summary", ""))
    except CheckpointError:
        return text("model_unreadable", lang)


# What visitors have trained: known by keys that nobody can guess, to nobody else, and gone with the session

YOURS = "yours-"
PER_VISITOR = 5
MOST_BYTES = 512 * 2**20  # of all visitors' networks together
AROUND_WEIGHTS = 100_000  # bytes that any network takes beside its weights: its modules, what is said of it


@dataclass(frozen=True, eq=False)
class Yours:
    """A network that a visitor has trained or brought along."""

    key: str
    owner: str  # the session
    number: int  # counts the visitor's networks
    version: int  # of what is behind the key: a run that goes on keeps the key and has other weights
    title: str  # its settings in a few words; of a file that was brought along it may say anything
    network: Autoencoder
    info: checkpoints.Info

    @property
    def bytes(self) -> int:
        return AROUND_WEIGHTS + sum(value.nbytes for value in self.network.state_dict().values())


_kept: dict[str, Yours] = {}  # in the order of their coming
_keeping = threading.Lock()
_versions = itertools.count(1)


def keep(owner: str, title: str, network: Autoencoder, info: checkpoints.Info, instead: str = "") -> Yours:
    """Remember a visitor's network until the session ends; beyond a handful the oldest makes room.

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
            key = YOURS + secrets.token_urlsafe(12)
        made = Yours(key, owner, number, next(_versions), title, network, info)
        _kept[key] = made
        mine = [own for own in _kept.values() if own.owner == owner]
        for own in mine[:-PER_VISITOR]:
            del _kept[own.key]
        while len(_kept) > 1 and sum(own.bytes for own in _kept.values()) > MOST_BYTES:
            del _kept[next(iter(_kept))]
    return made


def yours(key: object) -> Yours | None:
    """A visitor's network by its key; None for anything else."""
    return _kept.get(key) if isinstance(key, str) and key.startswith(YOURS) else None


def version(name: object) -> int:
    """Tells a visitor's network from the one that had the same key before; 0 for anything else.

    Ask for it before the network: an answer that is newer than it says is asked for again, an older one would stay.
    """
    own = yours(name)
    return 0 if own is None else own.version


def is_missing(key: object) -> bool:
    """Whether it is the key of a visitor's network that is not there, or not any more."""
    return isinstance(key, str) and key.startswith(YOURS) and key not in _kept


def of(owner: str) -> list[Yours]:
    """A visitor's networks, the oldest first."""
    with _keeping:
        return sorted((own for own in _kept.values() if own.owner == owner), key=lambda own: own.number)


def versions() -> list[int]:
    """What becomes another list whenever one of the asking visitor's networks comes, changes or goes."""
    return [own.version for own in of(visitor())]


def forget(owner: str, key: str | None = None) -> None:
    """Drop one of a visitor's networks, or all of them."""
    with _keeping:
        for own in [own for own in _kept.values() if own.owner == owner and key in (None, own.key)]:
            del _kept[own.key]


def known(name: object = None) -> tuple[str, ...]:
    """The names that may be chosen: the shipped ones, and `name` itself where it is the key of a visitor's network."""
    return (*names(), name) if yours(name) is not None else names()


# Whose networks are offered in an answer to a script of the page: Gradio does not say whose session asks.
asking: contextvars.ContextVar[str] = contextvars.ContextVar("asking", default="")


def visitor() -> str:
    """The session that asks just now; empty where nobody does."""
    from gradio.context import LocalContext

    return getattr(LocalContext.request.get(None), "session_hash", None) or asking.get()


def label(name: str, lang: str) -> str:
    """What a model is called: a shipped one by its name."""
    own = yours(name)
    return name if own is None else text("your_model", lang, number=own.number)


def offered(owner: str | None = None) -> Sequence[str]:
    """What one visitor can choose from: the shipped names and the keys of the visitor's own networks."""
    owner = visitor() if owner is None else owner
    return (*names(), *(own.key for own in of(owner))) if owner else names()
