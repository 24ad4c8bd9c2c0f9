"""The public functions for programs: named endpoints for `gradio_client`, curl and other languages, tools for MCP.

Pictures travel as numbers, as `dae` has them: a list of N pictures, each 28 rows of 28 values, white ink being 1. What
they do is in `dae.server.calls`, which needs torch; what is wrong is answered with a sentence.

The docstrings describe the tools: Gradio takes one line for each argument, and as one paragraph what is returned. The
schemas stop at lists of lists, since an MCP server checks every single value of a call against them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

import gradio as gr

from dae.server.failures import tell
from dae.server.line import Busy, Line, TooMuch
from dae.server.protocol.basics import Noise
from dae.server.questions import loaded
from dae.server.refusal import CallError

log = logging.getLogger(__name__)


def models() -> list[dict]:
    """List the shipped networks.

    Returns:
        the name that other calls take, what each network is, the size of its code (null where it has none).
    """
    from dae.server import calls

    return calls.models()


def corrupt(
    images: list[list], noise: Noise = "gaussian", level: float = 0.5, seed: int = 0, clip: bool = True
) -> list[list]:
    """Corrupt pictures of handwritten digits with noise.

    Args:
        images: 1 to 64 pictures, each 28 rows of 28 numbers from 0 (black paper) to 1 (white ink).
        noise: the kind of noise.
        level: its strength: a standard deviation, a probability, or the block's side as a share of 28.
        seed: 0 unless given; the same seed gives the same noise, here, on the page and in the library.
        clip: Gaussian noise only: whether the result is clipped to [0, 1].

    Returns:
        the noisy pictures, in the same form.
    """
    from dae.server import calls

    return calls.corrupt(images, noise, level, seed, clip)


def denoise(images: list[list], model: str = "conv-gaussian") -> list[list]:
    """Restore noisy pictures of handwritten digits with a trained network.

    Args:
        images: 1 to 64 pictures, each 28 rows of 28 numbers, 0 being black paper and 1 white ink.
        model: the name of a shipped network, as `models` lists them.

    Returns:
        the reconstructions, in the same form.
    """
    from dae.server import calls

    return calls.denoise(images, model)


def encode(images: list[list], model: str = "conv-gaussian") -> list[list]:
    """Compute the codes of pictures: what a network's encoder makes of them.

    Args:
        images: 1 to 64 pictures, each 28 rows of 28 numbers, 0 being black paper and 1 white ink.
        model: the name of a shipped network that has a code, as `models` lists them.

    Returns:
        a list of numbers for each picture.
    """
    from dae.server import calls

    return calls.encode(images, model)


def decode(codes: list[list], model: str = "conv-gaussian") -> list[list]:
    """Turn codes into pictures with a network's decoder.

    Args:
        codes: 1 to 64 codes, each a list of as many numbers as the network's code has.
        model: the name of a shipped network that has a code, as `models` lists them.

    Returns:
        a picture of each code: 28 rows of 28 numbers, 0 being black paper and 1 white ink.
    """
    from dae.server import calls

    return calls.decode(codes, model)


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
    from dae.server import calls

    return calls.features(model, first, count)


def results() -> dict:
    """List what every shipped network and every classical denoiser measured on MNIST's test digits.

    Returns:
        the content of checkpoints/results.json, MSE, PSNR and SSIM among it; a PSNR is null where it is infinite.
    """
    from dae.server import calls

    return calls.results()


ENDPOINTS = (models, corrupt, denoise, encode, decode, features, results)


def add(server: gr.Server, line: Line) -> None:
    """Name the endpoints; call before the server is launched.

    Their calls wait in the line of the page's questions and not in Gradio's queue: for each tool that waits there
    Gradio holds one of the server's threads, until none is left to answer any, and has a client of its own send the
    arguments, which copies the server's files that they name.
    """
    for endpoint in ENDPOINTS:
        server.api(in_turn(endpoint, line), name=endpoint.__name__, queue=False, concurrency_limit=None)


def in_turn(endpoint: Callable[..., Any], line: Line) -> Callable[..., Coroutine[Any, Any, Any]]:
    """The endpoint as the server calls it, when it is its turn. It raises CallError, whatever happens."""

    @wraps(endpoint)
    async def call(*arguments: Any) -> Any:
        try:
            await loaded()
            from dae.server import costs

            return await line.run(endpoint, *arguments, cost=costs.of_call(endpoint.__name__, arguments))
        except CallError:
            raise
        except TooMuch:
            raise CallError("This is more than anybody may ask for at once: send less.") from None
        except Busy:
            raise CallError("The server is busy: too many calls wait already. Please try again later.") from None
        except Exception as error:
            tell(log, f"the call of {endpoint.__name__} failed", error)
            raise CallError("The server could not answer this.") from None

    return call
