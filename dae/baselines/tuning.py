"""What the yardsticks' parameters should be, found on training digits: writes `baselines.json`."""

from __future__ import annotations

import json
import logging
import os
import platform
from collections.abc import Callable
from typing import Any

import torch

from dae import data, metrics
from dae.baselines.median import Median
from dae.baselines.memoriser import remember
from dae.baselines.non_local_means import NonLocalMeans, known_sigma
from dae.baselines.total_variation import TotalVariation
from dae.data import Digits
from dae.denoising import Denoiser
from dae.noise import NOISES, corrupt, seeded

log = logging.getLogger(__name__)

# Gaussian twice: clipped and not.
TUNED_LEVELS: dict[str, tuple[float, ...]] = {
    "gaussian": (0.1, 0.3, 0.5, 0.75, 1.0, 1.5),
    "masking": (0.1, 0.25, 0.5, 0.75, 0.95),
    "salt_and_pepper": (0.1, 0.3, 0.5, 0.7, 0.95),
    "dropout": (0.1, 0.2, 0.35, 0.5, 0.7, 0.9),
    "speckle": (0.3, 0.6, 1.0, 1.5, 2.0, 3.0),
    "block": (0.1, 0.2, 0.3, 0.4, 0.6, 0.8),
}
GRID: dict[str, tuple[float, ...]] = {
    "median": (1, 3, 5, 7),  # size
    "tv": (0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.75, 1.0, 1.4, 2.0),  # weight
    "nlm": (0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.75, 1.0, 1.4),  # h
    "memoriser": (0.2, 0.3, 0.5, 0.7, 1.0, 1.4, 2.0),  # deviation
}
TUNING_DIGITS, TUNING_MEMORY = 300, 10_000


def tune(directory: str | os.PathLike | None = None) -> dict[str, Any]:
    """Find the best parameter of each baseline for each noise and level: the contents of `baselines.json`.

    Every value of a fixed grid is tried on the same training digits; the lowest MSE wins. The memoriser remembers
    10,000 other training digits while its deviation is tuned; under Gaussian noise it has none.

    Raises DataError without MNIST in `directory` (default: DAE_DATA or the cache folder).
    """
    everything = data.train(directory)
    order = torch.randperm(len(everything), generator=seeded(0))
    digits, memory = everything[order[:TUNING_DIGITS]], everything[order[TUNING_DIGITS:][:TUNING_MEMORY]]
    settings = [
        _tune(digits, memory, noise, level, clip)
        for noise, levels in TUNED_LEVELS.items()
        for clip in ((True, False) if NOISES[noise].can_clip else (None,))
        for level in levels
    ]
    return {
        "tuned_on": f"{len(digits)} digits of {everything.name}, mean squared error",
        "memory": f"{len(memory):,} other digits of {everything.name}",
        "seed": 0,
        "grid": {name: list(values) for name, values in GRID.items()},
        "versions": _versions(),
        "settings": settings,
    }


@torch.inference_mode()
def _tune(digits: Digits, memory: Digits, noise: str, level: float, clip: bool | None) -> dict[str, Any]:
    clipped = clip is not False
    make: dict[str, Callable[[Any], Denoiser]] = {
        "median": Median,
        "tv": TotalVariation,
        "nlm": lambda h: NonLocalMeans(h, known_sigma(noise, level, clipped)),
        "memoriser": lambda deviation: remember(noise, level, clipped, memory, None, deviation),
    }
    if noise == "gaussian":
        del make["memoriser"]
    noisy = corrupt(digits.images, noise, level, seed=0, clip=clipped)
    found = {
        name: min((metrics.mse(denoiser(value)(noisy), digits.images), value) for value in GRID[name])
        for name, denoiser in make.items()
    }
    log.info("%s %g clip=%s: %s", noise, level, clip, found)
    return {
        "noise": noise,
        "level": level,
        "clip": clip,
        "parameters": {name: value for name, (_, value) in found.items()},
        "mse": {name: round(error, 5) for name, (error, _) in found.items()},
    }


def _versions() -> dict[str, str]:
    import skimage

    return {"python": platform.python_version(), "torch": torch.__version__, "scikit-image": skimage.__version__}


def as_text(record: dict[str, Any]) -> str:
    """The record as JSON, one setting a line."""
    lines = ",\n".join("  " + json.dumps(setting) for setting in record["settings"])
    head = json.dumps(record | {"settings": []}, indent=1)
    return head.replace('"settings": []', f'"settings": [\n{lines}\n ]') + "\n"
