"""Answers about codes: neighbours in code space, and t-SNE where it was not computed beforehand."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from dae import data, latent
from dae.latent import Plane
from dae.models import Autoencoder
from dae.server import networks, pixels
from dae.server.line import is_ending, step_back
from dae.server.protocol import Message
from dae.server.protocol.pictures import Embedding, EmbeddingState, Neighbourhood, Neighbours
from dae.server.refusal import Refusal

log = logging.getLogger(__name__)

_scales = networks.Remembered(64)


def scale_of(name: str, network: Autoencoder) -> float:
    """The typical distance between two classes."""
    stored = stored_planes(name)
    if stored is not None:
        return stored.scale
    return _scales.of(
        network, lambda network: latent.class_scale(networks.gallery_codes(network), data.gallery().labels)
    )


def stored_planes(name: str) -> latent.Planes | None:
    """What was computed beforehand; nothing for a visitor's own network."""
    return None if name.startswith(networks.YOURS) else latent.load_planes(name)


@torch.inference_mode()
def neighbours(question: Neighbourhood) -> Neighbours:
    network = networks.coded(question.model)
    codes = networks.gallery_codes(network)
    near, distances = latent.neighbours(codes, codes[question.index], question.count, leave_out=question.index)
    scale = scale_of(question.model, network)
    return Neighbours(indices=near.tolist(), distances=distances.tolist(), scale=scale)


# t-SNE, one at a time, in a thread of its own


@dataclass(eq=False)
class _Work:
    """A t-SNE that is under way, or has failed."""

    network: weakref.ref[Autoencoder]
    percent: int = 0
    failed: bool = False


class _Abandoned(Exception):
    """Its network has gone."""


_finished = networks.Remembered(64)
_working = threading.Lock()
_work: _Work | None = None


def tsne_of(name: str, network: Autoencoder) -> Plane | None:
    """The t-SNE of a network's codes, stored or computed; None where it is neither."""
    stored = stored_planes(name)
    return stored.tsne if stored is not None else _finished.get(network)


def _compute(name: str, network: Autoencoder, work: _Work) -> None:
    global _work

    def watch(percent: int) -> None:
        work.percent = percent
        if is_ending() or (name.startswith(networks.YOURS) and networks.kept(name) is None):
            raise _Abandoned

    try:
        step_back()
        plane = latent.tsne_plane(networks.gallery_codes(network), watch=watch)
        _finished.of(network, lambda _: plane)
        with _working:
            _work = None
    except _Abandoned:
        with _working:
            _work = None
    except Exception:
        log.exception("t-SNE failed")
        work.failed = True


def tsne(question: Embedding) -> EmbeddingState:
    """Begins it, or says how far it is."""
    global _work
    network = networks.coded(question.model)
    if len(latent.kinds(network.config.latent_dim)) == 1:
        raise Refusal("narrow", "A code of so few values is a plane itself.")
    if (plane := tsne_of(question.model, network)) is not None:
        return EmbeddingState(state="done", percent=100, xy=pixels.floats(plane.xy))
    with _working:
        if _work is not None and _work.network() is network:
            if not _work.failed:
                return EmbeddingState(state="running", percent=_work.percent, xy=None)
            _work = None
            return EmbeddingState(state="failed", percent=0, xy=None)
        if _work is not None and not _work.failed:
            return EmbeddingState(state="waiting", percent=_work.percent, xy=None)
        _work = _Work(weakref.ref(network))
        threading.Thread(target=_compute, args=(question.model, network, _work), name="t-SNE").start()
    return EmbeddingState(state="running", percent=0, xy=None)


ANSWERS: dict[str, Callable[[Any], Message]] = {"neighbours": neighbours, "tsne": tsne}
