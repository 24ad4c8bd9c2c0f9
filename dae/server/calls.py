"""What the public functions do. What is asked may hold anything, so all of it is checked here."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

import dae.noise
from dae import checkpoints, evaluation, figures
from dae.checkpoints import CheckpointError
from dae.features import dictionary
from dae.models import Autoencoder
from dae.server import networks
from dae.server.refusal import CallError, Refusal

MOST = 64  # pictures, codes or features in one call
LARGEST = 1000.0  # of a value


def models() -> list[dict]:
    found = []
    for name in networks.names():
        try:
            info = checkpoints.info(name)
        except CheckpointError:  # a damaged file
            continue
        size = info.model.latent_dim if info.model.has_code else None
        summary = networks.one_line(info.recipe.get("summary", ""))
        found.append({"name": name, "summary": summary, "code": size})
    return found


def corrupt(images: list[list], noise: str, level: float, seed: int, clip: bool) -> list[list]:
    clean = _pictures(images)
    if clean.min() < 0 or clean.max() > 1:
        raise CallError("Clean pictures hold values between 0 and 1.")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**63:
        raise CallError("A seed is a whole number from 0 on.")
    if isinstance(level, bool) or not isinstance(level, int | float):
        raise CallError("A level is a number.")
    try:
        return _numbers(dae.noise.corrupt(clean, str(noise), level, seed=seed, clip=bool(clip))[:, 0])
    except ValueError as error:
        raise CallError(str(error)[:300]) from error


def denoise(images: list[list], model: str) -> list[list]:
    with torch.inference_mode():
        return _numbers(_network(model)(_pictures(images))[:, 0])


def encode(images: list[list], model: str) -> list[list]:
    with torch.inference_mode():
        return _numbers(_coded(model).encode(_pictures(images)))


def decode(codes: list[list], model: str) -> list[list]:
    network = _coded(model)
    values = _array(codes)
    if values.ndim != 2 or values.shape[1] != network.config.latent_dim:
        raise CallError(f"A code of {model} has {network.config.latent_dim} values; send a list of such lists.")
    with torch.inference_mode():
        return _numbers(network.decode(torch.from_numpy(values))[:, 0])


def features(model: str, first: int, count: int) -> dict:
    network = _coded(model)
    width = network.config.latent_dim
    if any(isinstance(each, bool) or not isinstance(each, int) for each in (first, count)):
        raise CallError("First and count are whole numbers.")
    if not (0 <= first < width and 1 <= count <= MOST):
        raise CallError(f"{model} has features 0 to {width - 1}; at most {MOST} are sent at once.")
    with torch.inference_mode():
        words = dictionary(network, networks.gallery_codes(network), first + count)
    steps = None if words.steps is None else _numbers(words.steps[first:])
    return {"pictures": _numbers(words.pictures[first:]), "steps": steps}


def results() -> dict:
    measured = evaluation.load_results()
    if measured is None:
        raise CallError("Nothing has been measured yet.")
    denoising = [
        record | {"psnr": record["psnr"] if math.isfinite(record["psnr"]) else None}
        for record in figures.measured(measured)
    ]
    return measured | {"denoising": denoising}


def _network(name: Any) -> Autoencoder:
    if not isinstance(name, str) or name not in networks.names():
        raise CallError(f"There is no model called {str(name)[:60]!r}; `models` lists them.")
    try:
        return networks.load(name)
    except Refusal as error:
        raise CallError(f"The file of {name} cannot be read.") from error


def _coded(name: Any) -> Autoencoder:
    network = _network(name)
    if not network.config.has_code:
        raise CallError(f"{name} has no code.")
    return network


def _array(values: Any) -> np.ndarray:
    """Nested lists of numbers -> float32, at most `MOST` along the first axis."""
    if not isinstance(values, list) or not 1 <= len(values) <= MOST:
        raise CallError(f"Send a list of 1 to {MOST}.")
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "iuf":
            raise ValueError
    except (ValueError, TypeError, OverflowError):
        raise CallError("Send lists of numbers, all of the same length.") from None
    with np.errstate(over="ignore"):  # infinite, which the next line refuses
        array = array.astype(np.float32)
    if not np.isfinite(array).all() or np.abs(array).max(initial=0) > LARGEST:
        raise CallError(f"Every value is a number between {-LARGEST:g} and {LARGEST:g}.")
    return array


def _pictures(images: Any) -> torch.Tensor:
    array = _array(images)
    if array.shape[1:] != (28, 28):
        raise CallError("A picture is 28 rows of 28 values; send a list of pictures.")
    return torch.from_numpy(array)[:, None]


def _numbers(values: torch.Tensor) -> list:
    return np.round(values.double().cpu().numpy(), 5).tolist()
