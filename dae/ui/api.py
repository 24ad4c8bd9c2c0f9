"""The page's functions for programs: named endpoints for `gradio_client`, curl and other languages, tools for MCP.

Pictures travel as numbers, as `dae` has them: a list of N pictures, each 28 rows of 28 values, white ink being 1. What
is asked may hold anything, so all of it is checked here; what is wrong is answered with a sentence.

The docstrings describe the tools: Gradio takes one line for each argument, and as one paragraph what is returned. The
schemas stop at lists of lists, since an MCP server checks every single value of a call against them.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Literal

import gradio as gr
import numpy as np
import torch
from anyio import CapacityLimiter, to_thread

import dae.noise
from dae import checkpoints, evaluation, figures
from dae.checkpoints import CheckpointError
from dae.features import dictionary
from dae.models import Autoencoder
from dae.ui import models as shipped

log = logging.getLogger(__name__)

MOST = 64  # pictures, codes or features in one call
LARGEST = 1000.0  # of a value
AT_ONCE = 2  # calls that are worked on
MOST_WAITING = 60  # of others

Noise = Literal[tuple(dae.noise.NOISES)]


class Refusal(gr.Error):
    """The sentence that answers a call that is wrong. It is the caller's business: the log stays silent."""

    def __init__(self, message: str) -> None:
        super().__init__(message, print_exception=False)

    def __str__(self) -> str:
        return self.message


def models() -> list[dict]:
    """List the shipped networks.

    Returns:
        the name that other calls take, what each network is, the size of its code (null where it has none).
    """
    found = []
    for name in shipped.names():
        try:
            config = checkpoints.info(name).model
        except CheckpointError:  # a damaged file
            continue
        size = config.latent_dim if config.has_code else None
        found.append({"name": name, "summary": shipped.summary(name, "en"), "code": size})
    return found


def corrupt(
    images: list[list], noise: Noise = "gaussian", level: float = 0.5, seed: int = 0, clip: bool = True
) -> list[list]:
    """Spoil pictures of handwritten digits with noise.

    Args:
        images: 1 to 64 pictures, each 28 rows of 28 numbers from 0 (black paper) to 1 (white ink).
        noise: the kind of noise.
        level: its strength: a standard deviation, a probability, or the block's side as a share of 28.
        seed: 0 unless given; the same seed gives the same noise, here, on the page and in the library.
        clip: Gaussian noise only: whether the result is clipped to [0, 1].

    Returns:
        the noisy pictures, in the same form.
    """
    clean = _pictures(images)
    if clean.min() < 0 or clean.max() > 1:
        raise Refusal("Clean pictures hold values between 0 and 1.")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**63:
        raise Refusal("A seed is a whole number from 0 on.")
    if isinstance(level, bool) or not isinstance(level, int | float):
        raise Refusal("A level is a number.")
    try:
        return _numbers(dae.noise.corrupt(clean, str(noise), level, seed=seed, clip=bool(clip))[:, 0])
    except ValueError as error:
        raise Refusal(str(error)[:300]) from error


def denoise(images: list[list], model: str = "conv-gaussian") -> list[list]:
    """Restore noisy pictures of handwritten digits with a trained network.

    Args:
        images: 1 to 64 pictures, each 28 rows of 28 numbers, 0 being black paper and 1 white ink.
        model: the name of a shipped network, as `models` lists them.

    Returns:
        the reconstructions, in the same form.
    """
    with torch.inference_mode():
        return _numbers(_network(model)(_pictures(images))[:, 0])


def encode(images: list[list], model: str = "conv-gaussian") -> list[list]:
    """Compute the codes of pictures: what a network's encoder makes of them.

    Args:
        images: 1 to 64 pictures, each 28 rows of 28 numbers, 0 being black paper and 1 white ink.
        model: the name of a shipped network that has a code, as `models` lists them.

    Returns:
        a list of numbers for each picture.
    """
    with torch.inference_mode():
        return _numbers(_coded(model).encode(_pictures(images)))


def decode(codes: list[list], model: str = "conv-gaussian") -> list[list]:
    """Turn codes into pictures with a network's decoder.

    Args:
        codes: 1 to 64 codes, each a list of as many numbers as the network's code has.
        model: the name of a shipped network that has a code, as `models` lists them.

    Returns:
        a picture of each code: 28 rows of 28 numbers, 0 being black paper and 1 white ink.
    """
    network = _coded(model)
    values = _array(codes)
    if values.ndim != 2 or values.shape[1] != network.config.latent_dim:
        raise Refusal(f"A code of {model} has {network.config.latent_dim} values; send a list of such lists.")
    with torch.inference_mode():
        return _numbers(network.decode(torch.from_numpy(values))[:, 0])


def features(model: str = "conv-gaussian", first: int = 0, count: int = 16) -> dict:
    """Show what the values of a network's code stand for: a signed picture for each, the decoder's dictionary.

    A decoder that is one matrix has its columns as pictures. Of any other, a picture is what changes when that value
    alone is moved from the mean code of the gallery's digits.

    Args:
        model: the name of a shipped network that has a code, as `models` lists them.
        first: the first feature, 0 unless given.
        count: how many, at most 64.

    Returns:
        the pictures, and as steps how far each value was moved (null where the decoder is one matrix).
    """
    network = _coded(model)
    width = network.config.latent_dim
    if any(isinstance(each, bool) or not isinstance(each, int) for each in (first, count)):
        raise Refusal("First and count are whole numbers.")
    if not (0 <= first < width and 1 <= count <= MOST):
        raise Refusal(f"{model} has features 0 to {width - 1}; at most {MOST} are sent at once.")
    with torch.inference_mode():
        words = dictionary(network, shipped.gallery_codes(network), first + count)
    steps = None if words.steps is None else _numbers(words.steps[first:])
    return {"pictures": _numbers(words.pictures[first:]), "steps": steps}


def results() -> dict:
    """List what every shipped network and every classical denoiser measured on MNIST's test digits.

    Returns:
        the content of checkpoints/results.json, MSE, PSNR and SSIM among it; a PSNR is null where it is infinite.
    """
    measured = evaluation.load_results()
    if measured is None:
        raise Refusal("Nothing has been measured yet.")
    denoising = [
        record | {"psnr": record["psnr"] if math.isfinite(record["psnr"]) else None}
        for record in figures.measured(measured)
    ]
    return measured | {"denoising": denoising}


def add() -> None:
    """Name the endpoints; call inside the page's `gr.Blocks`."""
    for endpoint in (models, corrupt, denoise, encode, decode, features, results):
        call, name = in_turn(endpoint), endpoint.__name__
        gr.api(call, api_name=name, queue=False, concurrency_limit=AT_ONCE, concurrency_id="api")


# Tools do not wait in Gradio's queue: for each that does Gradio holds one of the server's threads, until none is left
# to answer any, and has a client of its own send the arguments, which copies the server's files that they name.
_limiter = CapacityLimiter(AT_ONCE)


def in_turn(endpoint: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, Any]]:
    """The endpoint as the server calls it: `AT_ONCE` of all of them run, the others wait and take no thread meanwhile.

    Raises Refusal, whatever happens, and at once where `MOST_WAITING` wait.
    """

    @wraps(endpoint)
    async def call(*arguments: Any) -> Any:
        if _limiter.statistics().tasks_waiting >= MOST_WAITING:
            raise Refusal("The server is busy: too many calls wait already. Please try again later.")
        try:
            return await to_thread.run_sync(endpoint, *arguments, limiter=_limiter)
        except Refusal:
            raise
        except Exception:
            log.exception("the call of %s failed", endpoint.__name__)
            raise Refusal("The server could not answer this.") from None

    return call


def _network(name: Any) -> Autoencoder:
    if not isinstance(name, str) or name not in shipped.names():
        raise Refusal(f"There is no model called {str(name)[:60]!r}; `models` lists them.")
    try:
        return shipped.load(name)
    except CheckpointError as error:
        raise Refusal(f"The file of {name} cannot be read.") from error


def _coded(name: Any) -> Autoencoder:
    network = _network(name)
    if not network.config.has_code:
        raise Refusal(f"{name} has no code.")
    return network


def _array(values: Any) -> np.ndarray:
    """Nested lists of numbers -> float32, at most `MOST` along the first axis."""
    if not isinstance(values, list) or not 1 <= len(values) <= MOST:
        raise Refusal(f"Send a list of 1 to {MOST}.")
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "iuf":
            raise ValueError
    except (ValueError, TypeError, OverflowError):
        raise Refusal("Send lists of numbers, all of the same length.") from None
    with np.errstate(over="ignore"):  # infinite, which the next line refuses
        array = array.astype(np.float32)
    if not np.isfinite(array).all() or np.abs(array).max(initial=0) > LARGEST:
        raise Refusal(f"Every value is a number between {-LARGEST:g} and {LARGEST:g}.")
    return array


def _pictures(images: Any) -> torch.Tensor:
    array = _array(images)
    if array.shape[1:] != (28, 28):
        raise Refusal("A picture is 28 rows of 28 values; send a list of pictures.")
    return torch.from_numpy(array)[:, None]


def _numbers(values: torch.Tensor) -> list:
    return np.round(values.double().cpu().numpy(), 5).tolist()
