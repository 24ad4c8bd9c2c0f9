"""Which digit a picture shows, by a classifier that has seen clean digits only: did the digit survive?

    verdict(images)  # [Verdict(digit=7, confidence=0.98), ...]

One hidden layer, fitted by scikit-learn on the 55,000 clean training digits. Its weights lie beside this file; fitting
them again takes about a minute:

    python -m dae.verdict
"""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from dae.folders import VERDICT

FILE = VERDICT
HIDDEN = 128


class VerdictError(ValueError):
    """The classifier's weights are missing or damaged; the message is one sentence."""


class Verdict(NamedTuple):
    """The classifier's answer for one picture."""

    digit: int
    confidence: float  # the softmax's probability of that digit


@functools.cache
def weights() -> dict[str, Tensor]:
    """The classifier's two layers. Raises VerdictError."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    shapes = {"weight_1": (784, HIDDEN), "bias_1": (HIDDEN,), "weight_2": (HIDDEN, 10), "bias_2": (10,)}
    try:
        layers = {name: value.float() for name, value in load_file(FILE).items()}
    except (OSError, SafetensorError) as error:
        raise VerdictError(
            f"{FILE.name}, the classifier, is missing or damaged: `python -m dae.verdict` fits it anew."
        ) from error
    if {name: tuple(value.shape) for name, value in layers.items()} != shapes:
        raise VerdictError(f"{FILE.name} does not hold the classifier: `python -m dae.verdict` fits it anew.")
    return layers


@torch.inference_mode()
def probabilities(images: Tensor) -> Tensor:
    """The probability of each class for images `(N, 1, 28, 28)`: `(N, 10)`. Raises VerdictError."""
    layers = weights()
    hidden = torch.relu(images.flatten(1).clamp(0, 1) @ layers["weight_1"] + layers["bias_1"])
    return torch.softmax(hidden @ layers["weight_2"] + layers["bias_2"], dim=1)


def verdict(images: Tensor) -> list[Verdict]:
    """The verdict on each of the images `(N, 1, 28, 28)`; values outside [0, 1] are clamped. Raises VerdictError."""
    confidence, digit = probabilities(images).max(1)
    return [Verdict(*pair) for pair in zip(digit.tolist(), confidence.tolist(), strict=True)]


def fit(directory: str | os.PathLike | None = None, path: Path = FILE) -> float:
    """Fit the classifier on the 55,000 and write its weights in half precision; its accuracy on the test digits."""
    from safetensors.torch import save_file
    from sklearn.neural_network import MLPClassifier

    from dae import data

    training, test = data.train(directory), data.test(directory)
    classifier = MLPClassifier((HIDDEN,), alpha=1e-3, batch_size=256, max_iter=25, random_state=0)
    classifier.fit(training.images.flatten(1).numpy(), training.labels.numpy())
    names = [("weight_1", "bias_1"), ("weight_2", "bias_2")]
    layers = zip(names, classifier.coefs_, classifier.intercepts_, strict=True)
    state = {}
    for (weight, bias), coefficients, intercepts in layers:
        state[weight] = torch.from_numpy(coefficients).half().contiguous()
        state[bias] = torch.from_numpy(intercepts).half()
    save_file(state, path, metadata={"made by": "python -m dae.verdict", "data": training.name})
    weights.cache_clear()
    return float((probabilities(test.images).argmax(1) == test.labels).float().mean())


if __name__ == "__main__":
    print(f"right on {fit():.2%} of the 10,000 test digits")
