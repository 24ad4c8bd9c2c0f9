"""Answers about codes: neighbours in code space, and t-SNE where it was not computed beforehand."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any

import torch

from dae import data, latent
from dae.latent import Plane
from dae.models import Autoencoder
from dae.server import networks, pixels
from dae.server.background import Background
from dae.server.line import is_ending
from dae.server.protocol import Message
from dae.server.protocol.pictures import Embedding, EmbeddingState, Neighbourhood, Neighbours
from dae.server.refusal import Refusal

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


# t-SNE, one at a time, for whose turn it is


class _Abandoned(Exception):
    """Its network has gone."""


_background = Background("t-SNE")
_finished = networks.Remembered(64)
_failed: weakref.WeakSet[Autoencoder] = weakref.WeakSet()
_percent = 0  # of the one that is under way


def tsne_of(name: str, network: Autoencoder) -> Plane | None:
    """The t-SNE of a network's codes, stored or computed; None where it is neither."""
    stored = stored_planes(name)
    return stored.tsne if stored is not None else _finished.get(network)


def _compute(name: str) -> None:
    global _percent

    def watch(percent: int) -> None:
        global _percent
        _percent = percent
        if is_ending() or (name.startswith(networks.YOURS) and networks.kept(name) is None):
            raise _Abandoned

    try:
        network = networks.load(name)
        if _finished.get(network) is not None:  # for another who asked
            return
    except Refusal:  # its visitor has gone
        return
    try:
        plane = latent.tsne_plane(networks.gallery_codes(network), watch=watch)
        _finished.of(network, lambda _: plane)
    except _Abandoned:
        pass
    except Exception:
        _failed.add(network)
        raise
    finally:
        _percent = 0


def tsne(question: Embedding) -> EmbeddingState:
    """Has it made, or says how far it is."""
    network = networks.coded(question.model)
    if len(latent.kinds(network.config.latent_dim)) == 1:
        raise Refusal("narrow", "A code of so few values is a plane itself.")
    if (plane := tsne_of(question.model, network)) is not None:
        return EmbeddingState(state="done", percent=100, xy=pixels.floats(plane.xy))
    if network in _failed:
        _failed.discard(network)
        return EmbeddingState(state="failed", percent=0, xy=None)
    is_begun = _background.ask(question.model, functools.partial(_compute, question.model))
    return EmbeddingState(state="running" if is_begun else "waiting", percent=_percent, xy=None)


ANSWERS: dict[str, Callable[[Any], Message]] = {"neighbours": neighbours, "tsne": tsne}
