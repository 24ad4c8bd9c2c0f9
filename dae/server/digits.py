"""Answers about digits: what classical denoisers make of a noisy one."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from dae import data
from dae.baselines import BASELINES, RecordError, baseline
from dae.denoising import Denoiser
from dae.noise import corrupt
from dae.server import pixels
from dae.server.protocol import Message
from dae.server.protocol.pictures import Classical, Corrupted, Restoration, Restorations
from dae.server.refusal import Refusal

log = logging.getLogger(__name__)


@functools.lru_cache(maxsize=24)  # of up to 4 MB each
def classical(name: str, noise: str, level: float, clip: bool, digit: str) -> Denoiser:
    """A baseline for this noise and level, made from the gallery, but never from the digit that it restores.

    Args:
        digit: of the protocol; empty for a baseline that is not made from digits.

    Raises:
        ValueError: the noise has no answer here.
        RecordError: its parameters are missing or damaged.
    """
    exclude = pixels.read(digit) if digit else None
    return baseline(name, noise, level, clip, digits=data.gallery(), exclude=exclude)


def noisy(question: Corrupted, level: float) -> Tensor:
    """The noisy digit, (1, 1, 28, 28). Raises Refusal."""
    clean = pixels.read(question.digit)
    try:
        return corrupt(clean, question.noise, level, seed=question.seed, clip=question.clip)
    except ValueError as error:
        raise Refusal("level", str(error)) from error


def restored(name: str, question: Corrupted, levels: list[float], spoilt: list[Tensor]) -> Tensor:
    """The noisy pictures of some levels through a baseline, (L, 1, 28, 28). Raises: see `classical`."""
    digit = question.digit if BASELINES[name].fitted else ""
    return torch.cat(
        [
            classical(name, question.noise, round(level, 2), question.clip, digit)(image)
            for level, image in zip(levels, spoilt, strict=True)
        ]
    )


@torch.inference_mode()
def denoise(question: Classical) -> Restorations:
    spoilt = [noisy(question, level) for level in question.levels]

    def one(name: str) -> Restoration:
        try:
            images = restored(name, question, question.levels, spoilt)
        except RecordError as error:
            say_once(str(error))
            return Restoration(denoiser=name, restored=None, problem="no_record")
        except ValueError:
            return Restoration(denoiser=name, restored=None, problem="no_answer")
        return Restoration(denoiser=name, restored=pixels.floats(images))

    return Restorations(restorations=[one(name) for name in dict.fromkeys(question.denoisers)])


@functools.cache
def say_once(problem: str) -> None:
    """Log what would be said again and again."""
    log.warning("%s", problem)


ANSWERS: dict[str, Callable[[Any], Message]] = {"denoise": denoise}
