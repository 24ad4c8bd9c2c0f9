"""Who is here, and their own networks: a visitor who leaves, or is not heard of any more, leaves nothing behind."""

from __future__ import annotations

import base64
import logging
import math
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from dae import checkpoints, data
from dae.checkpoints import CheckpointError
from dae.models import Autoencoder
from dae.server import networks, runs, temporary, tickets
from dae.server.protocol import Message, Nothing
from dae.server.protocol.pictures import File
from dae.server.protocol.training import Network, NetworkFile, NetworkKey, Networks, OwnNetwork, Visit
from dae.server.refusal import Refusal

log = logging.getLogger(__name__)

GONE_SECONDS = 180.0  # browsers let a tab that is not seen speak once a minute
BRIEF_SECONDS = 45.0  # of those who have never said that they are here; the page does every half a minute
LATE_SECONDS = 60.0  # between two sweeps: beyond, the machine was asleep
MAX_TITLE = 80
LARGEST = 1e9  # of a value that a visitor's network makes: squares of them can be added up

_heard: dict[str, float] = {}  # of the visitors who have something here
_staying: set[str] = set()  # those of them who have said that they are here
_listening = threading.Lock()


def heard(visitor: str) -> None:
    """The visitor is here."""
    with _listening:
        _heard[visitor] = time.monotonic()


def forget(visitor: str) -> None:
    """Nothing of the visitor stays."""
    with _listening:
        _heard.pop(visitor, None)
        _staying.discard(visitor)
    runs.end(visitor)
    networks.forget(visitor)


_swept = time.monotonic()


def sweep() -> None:
    """Forget those who have not been heard of for too long. The time that the machine was asleep does not count: it
    could not hear anybody."""
    global _swept
    now = time.monotonic()
    asleep, _swept = max(0.0, now - _swept - LATE_SECONDS), now
    with _listening:
        for visitor in _heard if asleep else ():
            _heard[visitor] += asleep
        here = {
            visitor
            for visitor, at in _heard.items()
            if now - at < (GONE_SECONDS if visitor in _staying else BRIEF_SECONDS)
        }
        known = set(_heard) | networks.owners() | runs.owners()
    for visitor in known - here - runs.busy():
        forget(visitor)


def described(own: networks.Kept) -> Network:
    """A visitor's network as the page lists it."""
    figure = next(iter(own.info.figures), {})
    measured = {name: figure.get(name) for name in ("mse", "nothing")}
    numbers = {
        name: each if isinstance(each, float) and math.isfinite(each) else None for name, each in measured.items()
    }
    return Network(
        key=own.key,
        number=own.number,
        title=own.title,
        parameters=own.network.parameter_count,
        digits=networks.one_line(own.info.data, MAX_TITLE),
        seconds=float(own.info.seconds),
        steps=int(own.info.steps),  # a file may say True
        seed=str(own.info.seed)[:40],  # of any size
        version=own.version,
        **numbers,
    )


def listed(visitor: str) -> list[Network]:
    """The visitor's networks, the newest first."""
    return [described(own) for own in reversed(networks.of(visitor))]


def here(question: Visit) -> Nothing:
    if runs.of(question.visitor) or networks.of(question.visitor):  # of others there is nothing to remember
        heard(question.visitor)
        with _listening:
            _staying.add(question.visitor)
    return Nothing()


def leave(question: Visit) -> Nothing:
    _leave_line(question.visitor)
    forget(question.visitor)
    return Nothing()


def _leave_line(visitor: str) -> bool:
    """Whether the visitor waited to train."""
    ticket = tickets.line.of(visitor)
    if ticket is not None:
        tickets.line.leave(ticket)
    return ticket is not None


def stop(question: Visit) -> Nothing:
    """Ends the visitor's run, or its wait for one: its event says the rest."""
    run = runs.of(question.visitor)
    if not _leave_line(question.visitor) and run is not None:
        run.stopping.set()
    return Nothing()


def own_networks(question: Visit) -> Networks:
    here(question)
    return Networks(networks=listed(question.visitor))


def keep(question: NetworkFile) -> Network:
    with tempfile.TemporaryDirectory(dir=temporary.folder()) as folder:
        path = Path(folder, "network" + checkpoints.SUFFIX)
        path.write_bytes(base64.b64decode(question.file))
        try:
            network, info = checkpoints.read(path)
        except CheckpointError as error:
            raise Refusal("file", str(error)) from error
    if not _is_usable(network):
        raise Refusal("file", "What the network in this file makes of digits are no numbers to work with.")
    heard(question.visitor)
    info = networks.brief(info)
    title = networks.one_line(info.recipe["summary"] or info.name, MAX_TITLE) or "?"
    return described(networks.keep(question.visitor, title, network, info))


@torch.inference_mode()
def _is_usable(network: Autoencoder) -> bool:
    """Whether a digit of each class has a code and a reconstruction that can be drawn."""
    images = data.gallery().images[::500]
    made = [network(images), *([network.encode(images)] if network.config.has_code else ())]
    return all(bool((values.abs() < LARGEST).all()) for values in made)  # also false for NaN


def remove(question: OwnNetwork) -> Networks:
    networks.forget(question.visitor, question.key)
    return Networks(networks=listed(question.visitor))


def download(question: NetworkKey) -> File:
    own = networks.kept(question.key)
    if own is None:
        raise Refusal("gone", "That network is not here any more.", 410)
    content = checkpoints.serialized(own.network, own.info)
    name = f"your-model-{own.number}{checkpoints.SUFFIX}"
    return File(name=name, type="application/octet-stream", content=base64.b64encode(content).decode())


ANSWERS: dict[str, Callable[[Any], Message]] = {
    "here": here,
    "leave": leave,
    "stop": stop,
    "networks": own_networks,
    "keep": keep,
    "forget": remove,
    "network": download,
}
