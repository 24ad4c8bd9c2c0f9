"""What a visitor's run is judged by: digits that nobody trains on, and the best of the shipped networks on them."""

from __future__ import annotations

import functools

from dae import data, trial
from dae.server import memory, networks
from dae.server.background import Background
from dae.server.line import give_way, is_ending
from dae.server.refusal import Refusal
from dae.trial import Settings


@functools.lru_cache(maxsize=8)  # each takes 3 MB
def exam(noises: tuple) -> trial.Exam:
    """The digits that runs with this noise are judged by, and nobody trains on."""
    _, unseen = data.visitor_split()
    return trial.exam(noises, unseen)


def _best(noises: tuple, names: tuple[str, ...]) -> tuple[str, float] | None:
    questions = exam(noises)
    errors = {}
    for name in names:
        give_way()
        if is_ending():
            return None
        try:
            errors[name] = trial.examine(networks.load(name), questions)
        except Refusal:  # a damaged file
            continue
    best = min(errors, key=errors.get, default=None)
    return None if best is None else (best, errors[best])


_judged: dict[tuple, tuple[str, float] | None] = {}
_background = Background("judging")


def _judge(key: tuple) -> None:
    if key in _judged:  # for another who asked
        return
    try:
        if len(_judged) > 100:
            _judged.clear()
        _judged[key] = _best(*key)
    finally:
        memory.give_back()


def best(settings: Settings) -> tuple[str, float] | None:
    """The best shipped network and its MSE, once it is known: it is worked out in the background."""
    key = settings.noises, tuple(networks.names())
    if key not in _judged:
        _background.ask(key, functools.partial(_judge, key))
    return _judged.get(key)
