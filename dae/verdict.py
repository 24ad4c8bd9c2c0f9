"""Which digit a picture shows, or none: did the digit survive?

    verdict(images)  # [Verdict(digit=7, confidence=0.98), Verdict(digit=None, confidence=0.31), ...]

One hidden layer, trained on the clean training digits, turned, slanted, bent and written anew with pens of other
widths, on drawn ones, threes, fours, sevens and nines of shapes that MNIST lacks, and on pictures that are no digit
(`dae.made_up`): an eleventh class. Its confidence is calibrated by temperature scaling (C. Guo et al., "On calibration
of modern neural networks", ICML 2017) on 5,000 training digits that it is not trained on. Its weights lie beside this
file; training them again takes a quarter of an hour on one processor:

    python -m dae.verdict
"""

from __future__ import annotations

import functools
import os
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from dae.folders import VERDICT

FILE = VERDICT
HIDDEN = 128
CLASSES = 11  # the ten digits, and no digit
NO_DIGIT = 10
LEAST = 0.5  # a smaller confidence is "not sure": all else together is likelier
SHAPES = {
    "weight_1": (784, HIDDEN),
    "bias_1": (HIDDEN,),
    "weight_2": (HIDDEN, CLASSES),
    "bias_2": (CLASSES,),
    "least": (1,),
}

HELD_OUT = 5000  # training digits, the last, that the temperature is fitted on and nothing else
EPOCHS, BATCH, MADE_UP = 60, 256, 10000  # drawn digits, and as many pictures of no digit
REWRITTEN, BENT = 0.3, 0.7  # of each batch
FURTHEST = 1.1  # pixels, the standard deviation of a bend
PENS = (1.6, 4.0)  # pixels across
BINS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)


class VerdictError(ValueError):
    """The classifier's weights are missing or damaged; the message is one sentence."""


class Verdict(NamedTuple):
    """The classifier's answer for one picture."""

    digit: int | None  # None: not sure, or no digit
    confidence: float  # the probability of the likeliest digit


@functools.cache
def weights() -> dict[str, Tensor]:
    """The classifier's two layers, and the least confidence of a verdict. Raises VerdictError."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        layers = {name: value.float() for name, value in load_file(FILE).items()}
    except (OSError, SafetensorError) as error:
        raise VerdictError(
            f"{FILE.name}, the classifier, is missing or damaged: `python -m dae.verdict` fits it anew."
        ) from error
    if {name: tuple(value.shape) for name, value in layers.items()} != SHAPES:
        raise VerdictError(f"{FILE.name} does not hold the classifier: `python -m dae.verdict` fits it anew.")
    return layers


def logits(images: Tensor, layers: dict[str, Tensor]) -> Tensor:
    """Log-odds `(N, 11)` of the ten digits and of no digit, for images `(N, 1, 28, 28)`."""
    hidden = torch.relu(images.flatten(1).clamp(0, 1) @ layers["weight_1"] + layers["bias_1"])
    return hidden @ layers["weight_2"] + layers["bias_2"]


@torch.inference_mode()
def probabilities(images: Tensor) -> Tensor:
    """The probability of each digit for images `(N, 1, 28, 28)`: `(N, 10)`. What a row lacks of 1 is that of no digit.

    Raises VerdictError.
    """
    return torch.softmax(logits(images, weights()), dim=1)[:, :NO_DIGIT]


def verdict(images: Tensor) -> list[Verdict]:
    """The verdict on each of the images `(N, 1, 28, 28)`; values outside [0, 1] are clamped. Raises VerdictError."""
    confidence, digit = probabilities(images).max(1)
    sure = confidence >= weights()["least"]
    found = zip(digit.tolist(), confidence.tolist(), sure.tolist(), strict=True)
    return [Verdict(number if is_sure else None, share) for number, share, is_sure in found]


def accuracy(images: Tensor, labels: Tensor) -> float:
    """The share of images `(N, 1, 28, 28)` whose likeliest digit is their label `(N,)`, sure or not."""
    return float((probabilities(images).argmax(1) == labels).float().mean())


@torch.inference_mode()
def reliability(images: Tensor, labels: Tensor) -> list[dict[str, Any]]:
    """How often a verdict is right, by its confidence: records `{"low", "high", "count", "confidence", "right"}`.

    Args:
        images: digits `(N, 1, 28, 28)`.
        labels: what they are, `(N,)`.
    """
    confidence, digit = probabilities(images).max(1)
    right = (digit == labels).float()
    records = []
    for low, high in pairwise(BINS):
        own = (confidence >= low) & ((confidence < high) | (high == 1))
        count = int(own.sum())
        means = {"confidence": float(confidence[own].mean()), "right": float(right[own].mean())} if count else {}
        records.append({"low": low, "high": high, "count": count, **means})
    return records


def unsure(images: Tensor) -> float:
    """The share of images `(N, 1, 28, 28)` on which there is no verdict."""
    found = verdict(images)
    return sum(each.digit is None for each in found) / len(found)


def fit(
    directory: str | os.PathLike | None = None, path: Path = FILE, epochs: int = EPOCHS, device: str = "auto"
) -> float:
    """Train the classifier and write its weights in half precision; its accuracy on the test digits."""
    import numpy as np
    from safetensors.torch import save

    from dae import data, made_up
    from dae.augmentation import Augmentation, bent
    from dae.noise import seeded
    from dae.skeletons import distances, written
    from dae.training import device_name, resolve_device

    place = resolve_device(device)
    everything, test = data.train(directory), data.test(directory)
    training, held_out = everything[:-HELD_OUT], everything[-HELD_OUT:]
    rng, generator = np.random.default_rng(0), seeded(0, place)
    drawn, names = made_up.digits(MADE_UP, rng)
    others = made_up.no_digits(MADE_UP, rng)
    images = torch.cat([training.images, drawn, others]).to(place)
    labels = torch.cat([training.labels, names, torch.full((len(others),), NO_DIGIT)]).to(place)
    lines = torch.cat([distances(part).half() for part in images[: len(training)].split(1000)])
    augmentation = Augmentation(rotation=12, shear=0.2, scale=0.15, shift=1, share=0.8)

    def batch() -> tuple[Tensor, Tensor]:
        chosen = torch.randint(len(images), (BATCH,), generator=generator, device=place)
        clean = images[chosen]
        pens = torch.rand((round(REWRITTEN * BATCH), 1, 1), generator=generator, device=place)
        pens = PENS[0] + (PENS[1] - PENS[0]) * pens
        anew = (chosen[: len(pens)] < len(training)).nonzero().flatten()  # of the others there are no lines
        clean[anew] = written(lines[chosen[anew]].float(), pens[anew])
        first, second = clean.tensor_split([round(BENT * BATCH)])
        order = torch.randperm(BATCH, generator=generator, device=place)
        clean = torch.cat([bent(first, generator, FURTHEST), second])[order]
        return augmentation(clean, generator), labels[chosen][order]

    layers = {name: torch.zeros(SHAPES[name], device=place) for name in SHAPES if name != "least"}
    for name in ("weight_1", "weight_2"):
        layers[name].normal_(0, (2 / len(layers[name])) ** 0.5, generator=generator)
    parameters = [layer.requires_grad_() for layer in layers.values()]
    steps = max(1, epochs * len(images) // BATCH)
    optimizer = torch.optim.AdamW(parameters, lr=2e-3, weight_decay=1e-2, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    for _ in range(steps):
        clean, wanted = batch()
        loss = F.cross_entropy(logits(clean, layers), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()

    with torch.no_grad():
        layers = {name: layer.cpu() for name, layer in layers.items()}
        found = logits(held_out.images, layers)
        # One number, so a search: the temperature under which the right digits are likeliest.
        temperatures = torch.logspace(-1, 1, 401)
        losses = torch.stack([F.cross_entropy(found / temperature, held_out.labels) for temperature in temperatures])
        temperature = float(temperatures[losses.argmin()])
        for name in ("weight_2", "bias_2"):
            layers[name] /= temperature
        state = {name: layer.half().contiguous() for name, layer in layers.items()} | {"least": torch.tensor([LEAST])}
    made_by = {"made by": "python -m dae.verdict", "data": everything.name, "temperature": f"{temperature:.3f}"}
    path.write_bytes(save(state, metadata=made_by | {"device": device_name(place)}))
    weights.cache_clear()
    return accuracy(test.images, test.labels)


if __name__ == "__main__":
    print(f"right on {fit():.2%} of the 10,000 test digits")
