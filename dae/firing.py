"""How the features of each checkpoint fire over the gallery, measured once and stored for the page.

    python -m dae features      # of every checkpoint with a code, into checkpoints/features/

A file holds what takes a pass over all digits: rates, means, classes, the digits that excite a feature most, an order
by similarity. The pictures of the features are left out: they follow from the network and the mean code.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from dae import checkpoints, data, features, measured
from dae.data import Digits
from dae.encoding import codes_of
from dae.models import Autoencoder

log = logging.getLogger(__name__)

EXCITING = 9
BINS = 24
STEPS = 255  # a share is stored as a whole number up to here
FORMAT = "dae-firing-1"
OUTCOMES = ("kept", "written", "has no code")  # of `write_firing`, where nothing went wrong


@dataclass(frozen=True, eq=False)
class Firing:
    """How D features fire for N digits."""

    digits: int  # N
    threshold: float  # a feature fires when |value| is above it
    rate: Tensor  # (D,) share of the digits for which it fires
    mean: Tensor  # (D,)
    std: Tensor  # (D,) population standard deviation
    class_share: Tensor  # (D, 10) share of each class among the digits for which it fires
    exciting: Tensor  # (D, 9) the digits for which its value is largest in size, the largest first; int64
    histogram: Tensor  # (D, 24) of its values where it fires, as shares of the tallest bar
    edges: Tensor  # (D, 2) the lowest and the highest of those values
    similar: Tensor  # (D,) the features with like beside like; int64
    active: list[float]  # shares of the digits by how many features fire for them, from none to `most`
    most: int
    nonzero: float  # how many features fire for a digit, on average

    @property
    def energy(self) -> Tensor:
        """(D,) mean square of each value."""
        return self.mean.square() + self.std.square()


def measure(model: Autoencoder, digits: Digits) -> Firing:
    """How a network's features fire for digits.

    Raises:
        NoCodeError: the network has no code.
    """
    codes = codes_of(model, digits.images)
    words = features.dictionary(model, codes)
    stats = features.statistics(codes, digits.labels)
    histograms, edges = [], []
    for values in codes.T:
        counts, places = features.histogram(values[values.abs() > stats.threshold], BINS)
        histograms.append(counts / counts.max().clamp_min(1))
        edges.append(places[[0, -1]])
    most = shown_most(stats.active, codes.shape[1])
    return Firing(
        digits=len(digits),
        threshold=stats.threshold,
        rate=stats.rate,
        mean=stats.mean,
        std=stats.std * (codes.amax(0) > codes.amin(0)),  # rounding must not move a value that never changes
        class_share=stats.class_share,
        exciting=torch.stack([features.most_exciting(values, EXCITING) for values in codes.T]),
        histogram=torch.stack(histograms),
        edges=torch.stack(edges).float(),
        similar=features.similarity_order(words.pictures),
        active=features.shares(stats.active, most, BINS).tolist(),
        most=most,
        nonzero=stats.nonzero,
    )


def shown_most(active: Tensor, width: int) -> int:
    """Where a histogram of how many of `width` features fire ends: beyond what clean digits `active` (N,) need, as
    noise may make more of them fire."""
    return min(width, 3 * int(active.max()) // 2 + 1)


def directory() -> Path:
    """The folder of the stored files: beside the checkpoints."""
    return checkpoints.directory() / "features"


def save_firing(path: Path, firing: Firing, checkpoint: str) -> None:
    """Write a file with the SHA-256 of the checkpoint that it belongs to: bars in 255 steps, values in 16 bits."""
    tensors = {
        "mean": firing.mean.half(),
        "std": firing.std.half(),
        "counts": (firing.class_share * (firing.rate * firing.digits)[:, None]).round().to(torch.uint16),
        "exciting": firing.exciting.to(torch.uint16),
        "histogram": (STEPS * firing.histogram).round().to(torch.uint8),
        "edges": firing.edges.half(),
        "similar": firing.similar.to(torch.uint16),
    }
    header = {
        "digits": firing.digits,
        "threshold": firing.threshold,
        "active": [round(share, 5) for share in firing.active],
        "most": firing.most,
        "nonzero": firing.nonzero,
    }
    content = {name: tensor.contiguous() for name, tensor in tensors.items()}
    measured.write(path, FORMAT, checkpoint, header, content)


def load_firing(name: str) -> Firing | None:
    """What is stored of a shipped checkpoint; None where there is nothing, or where it belongs to another file.

    Raises:
        CheckpointError: there is no such checkpoint.
    """
    path = directory() / f"{name}{checkpoints.SUFFIX}"
    try:
        found = measured.read(path, FORMAT, checkpoints.digest(checkpoints.find(name)))
        if found is None:
            return None
        header, stored = found
        stored["histogram"] = stored["histogram"].float() / STEPS
        counts = stored.pop("counts").float()  # (D, 10) digits of each class for which it fires
        total = counts.sum(1)
        stored["class_share"] = counts / total.clamp_min(1)[:, None]
        stored["rate"] = total / header["digits"]
        for indices in ("exciting", "similar"):
            stored[indices] = stored[indices].long()
        for values in ("mean", "std", "edges"):
            stored[values] = stored[values].float()
        return Firing(**header, **stored)
    except (KeyError, TypeError, ValueError, AttributeError):
        log.warning("%s is damaged; `python -m dae features` writes it anew", path)
        return None


def write_firing(names: list[str]) -> Iterator[tuple[str, str]]:
    """Measure and store how the features of checkpoints fire; what is stored for the same file is left alone.

    Args:
        names: checkpoints; those without a code are passed over.

    Yields:
        (name, one of `OUTCOMES` or the sentence of what is wrong with the file).
    """
    for name in names:
        try:
            if not checkpoints.info(name).model.has_code:
                yield name, "has no code"
                continue
            if load_firing(name) is not None:
                yield name, "kept"
                continue
            firing = measure(checkpoints.load(name), data.gallery())
        except checkpoints.CheckpointError as error:
            yield name, str(error)
            continue
        save_firing(directory() / f"{name}{checkpoints.SUFFIX}", firing, checkpoints.digest(checkpoints.find(name)))
        yield name, "written"
