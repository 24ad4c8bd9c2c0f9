"""The page's functions for programs: named endpoints for `gradio_client`, curl and other languages.

Pictures travel as numbers, as `dae` has them: a list of N pictures, each 28 rows of 28 values, white ink being 1. What
is asked may hold anything, so all of it is checked here; what is wrong is answered with a sentence.
"""

from __future__ import annotations

import math
from typing import Any

import gradio as gr
import numpy as np
import torch

import dae.noise
from dae import checkpoints, evaluation, figures
from dae.checkpoints import CheckpointError
from dae.features import dictionary
from dae.models import Autoencoder
from dae.ui import models as shipped

MOST = 64  # pictures, codes or features in one call
LARGEST = 1000.0  # of a value


def models() -> list[dict]:
    """The shipped networks: name, what each is, the size of its code (null where it has none)."""
    found = []
    for name in shipped.names():
        try:
            config = checkpoints.info(name).model
        except CheckpointError:  # a damaged file
            continue
        size = config.latent_dim if config.has_code else None
        found.append({"name": name, "summary": shipped.summary(name, "en"), "code": size})
    return found


def corrupt(images: list, noise: str = "gaussian", level: float = 0.5, seed: int = 0, clip: bool = True) -> list:
    """Spoil pictures with noise.

    Args:
        images: up to 64 pictures of 28 x 28 values in [0, 1].
        noise: gaussian, masking, salt_and_pepper, dropout, speckle or block.
        level: the noise's strength: its standard deviation, its probability, or the block's side as a share of 28.
        seed: the same seed gives the same noise, here, on the page and in the library.
        clip: Gaussian noise only: whether the result is clipped to [0, 1].

    Returns:
        the noisy pictures.
    """
    clean = _pictures(images)
    if clean.min() < 0 or clean.max() > 1:
        raise _wrong("Clean pictures hold values between 0 and 1.")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**63:
        raise _wrong("A seed is a whole number from 0 on.")
    if isinstance(level, bool) or not isinstance(level, int | float):
        raise _wrong("A level is a number.")
    try:
        return _numbers(dae.noise.corrupt(clean, str(noise), level, seed=seed, clip=bool(clip))[:, 0])
    except ValueError as error:
        raise _wrong(str(error)[:300]) from error


def denoise(images: list, model: str = "conv-gaussian") -> list:
    """Restore noisy pictures.

    Args:
        images: up to 64 pictures of 28 x 28 values.
        model: the name of a shipped network.

    Returns:
        the reconstructions.
    """
    with torch.inference_mode():
        return _numbers(_network(model)(_pictures(images))[:, 0])


def encode(images: list, model: str = "conv-gaussian") -> list:
    """The codes of pictures.

    Args:
        images: up to 64 pictures of 28 x 28 values.
        model: the name of a shipped network that has a code.

    Returns:
        a list of values for each picture.
    """
    with torch.inference_mode():
        return _numbers(_coded(model).encode(_pictures(images)))


def decode(codes: list, model: str = "conv-gaussian") -> list:
    """The pictures of codes.

    Args:
        codes: up to 64 lists of as many values as the network's code has.
        model: the name of a shipped network that has a code.

    Returns:
        the decoder's picture of each code.
    """
    network = _coded(model)
    values = _array(codes)
    if values.ndim != 2 or values.shape[1] != network.config.latent_dim:
        raise _wrong(f"A code of {model} has {network.config.latent_dim} values; send a list of such lists.")
    with torch.inference_mode():
        return _numbers(network.decode(torch.from_numpy(values))[:, 0])


def features(model: str = "conv-gaussian", first: int = 0, count: int = 16) -> dict:
    """The decoder's dictionary: a signed picture for each value of the code.

    Args:
        model: the name of a shipped network that has a code.
        first: the first feature, from 0 on.
        count: how many, at most 64.

    Returns:
        pictures, and steps: how far each value was moved from the mean code of the gallery's digits; null where the
        decoder is one matrix and the pictures are its columns.
    """
    network = _coded(model)
    width = network.config.latent_dim
    if any(isinstance(each, bool) or not isinstance(each, int) for each in (first, count)):
        raise _wrong("First and count are whole numbers.")
    if not (0 <= first < width and 1 <= count <= MOST):
        raise _wrong(f"{model} has features 0 to {width - 1}; at most {MOST} are sent at once.")
    with torch.inference_mode():
        words = dictionary(network, shipped.gallery_codes(network), first + count)
    steps = None if words.steps is None else _numbers(words.steps[first:])
    return {"pictures": _numbers(words.pictures[first:]), "steps": steps}


def results() -> dict:
    """What every shipped network and every classical denoiser measured on MNIST's test digits.

    Returns:
        the content of checkpoints/results.json; a PSNR is null where it is infinite.
    """
    measured = evaluation.load_results()
    if measured is None:
        raise _wrong("Nothing has been measured yet.")
    denoising = [
        record | {"psnr": record["psnr"] if math.isfinite(record["psnr"]) else None}
        for record in figures.measured(measured)
    ]
    return measured | {"denoising": denoising}


def add() -> None:
    """Name the endpoints; call inside the page's `gr.Blocks`."""
    for endpoint in (models, corrupt, denoise, encode, decode, features, results):
        gr.api(endpoint, api_name=endpoint.__name__, concurrency_limit=2, concurrency_id="api")


def _wrong(sentence: str) -> gr.Error:
    """For whoever asked; what others ask is no fault to be logged."""
    return gr.Error(sentence, print_exception=False)


def _network(name: Any) -> Autoencoder:
    if not isinstance(name, str) or name not in shipped.names():
        raise _wrong(f"There is no model called {str(name)[:60]!r}; `models` lists them.")
    try:
        return shipped.load(name)
    except CheckpointError as error:
        raise _wrong(f"The file of {name} cannot be read.") from error


def _coded(name: Any) -> Autoencoder:
    network = _network(name)
    if not network.config.has_code:
        raise _wrong(f"{name} has no code.")
    return network


def _array(values: Any) -> np.ndarray:
    """Nested lists of numbers -> float32, at most `MOST` along the first axis."""
    if not isinstance(values, list) or not 1 <= len(values) <= MOST:
        raise _wrong(f"Send a list of 1 to {MOST}.")
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "iuf":
            raise ValueError
    except (ValueError, TypeError, OverflowError):
        raise _wrong("Send lists of numbers, all of the same length.") from None
    array = array.astype(np.float32)
    if not np.isfinite(array).all() or np.abs(array).max(initial=0) > LARGEST:
        raise _wrong(f"Every value is a number between {-LARGEST:g} and {LARGEST:g}.")
    return array


def _pictures(images: Any) -> torch.Tensor:
    array = _array(images)
    if array.shape[1:] != (28, 28):
        raise _wrong("A picture is 28 rows of 28 values; send a list of pictures.")
    return torch.from_numpy(array)[:, None]


def _numbers(values: torch.Tensor) -> list:
    return np.round(values.double().cpu().numpy(), 5).tolist()
