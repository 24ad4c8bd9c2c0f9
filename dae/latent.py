"""Codes to a plane, a point of the plane to a picture, and what noise does to a code.

    plane = pca_plane(codes_of(model, digits.images))    # (N, D) codes -> a plane with places (N, 2)
    decode_at(model, plane, torch.tensor([[0.5, -1.0]]))    # a point of it -> the decoder's picture (1, 1, 28, 28)
    drift(model.encode(clean), model.encode(noisy), class_scale(codes, digits.labels))

python -m dae planes      # the planes of every checkpoint's gallery codes, into checkpoints/planes/

Codes are (N, D), places on a plane (N, 2), images (N, 1, 28, 28) in [0, 1].
"""

from __future__ import annotations

import functools
import logging
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dae import checkpoints, data, measured, tsne
from dae.data import Digits
from dae.encoding import codes_of
from dae.models import Autoencoder
from dae.noise import corrupt, seeded

log = logging.getLogger(__name__)

COPIES = 64  # noisy copies of one digit
STEPS = 9  # of an interpolation, both ends included
GRID = 20  # pictures along each side of a decoder grid
KINDS = ("code", "pca", "tsne")
# (noise, level) at which the drift of the whole gallery is measured; Gaussian noise clipped.
DRIFT = (("gaussian", 0.25), ("gaussian", 0.5), ("gaussian", 1.0))
FORMAT = "dae-planes-2"
FINE, COARSE = 2**16 - 1, 2**8 - 1  # steps each way that places are stored in: of a linear plane, of t-SNE's
OUTCOMES = ("kept", "written", "has no code")  # of `write_planes`, where nothing went wrong


@dataclass(frozen=True, eq=False)
class Plane:
    """A flat picture of codes. A linear one (axes given) has a code for every place, t-SNE has none."""

    kind: str  # one of KINDS
    xy: Tensor  # (N, 2), the places of the codes it was made from
    mean: Tensor | None = None  # (D,)
    axes: Tensor | None = None  # (2, D); rows orthonormal
    share: tuple[float, ...] = ()  # PCA: the share of the codes' variance along each axis

    @property
    def linear(self) -> bool:
        return self.axes is not None

    def project(self, codes: Tensor) -> Tensor:
        """Codes (N, D) to places (N, 2): (z - mean) A^T. Raises ValueError for t-SNE, which has no such map."""
        if self.axes is None:
            raise ValueError("t-SNE places only the codes that it was made from.")
        return (codes - self.mean) @ self.axes.T

    def lift(self, xy: Tensor) -> Tensor:
        """Places (N, 2) to codes (N, D): mean + p A, so that project(lift(p)) = p. Raises ValueError for t-SNE.

        For PCA this is scikit-learn's `inverse_transform`: the code of the place that has no part outside the plane.
        It may lie where no digit's code does: below 0 behind a ReLU, or denser than top-k allows.
        """
        if self.axes is None:
            raise ValueError("A place of t-SNE's plane has no code.")
        return self.mean + xy @ self.axes

    def nearest(self, xy: Tensor) -> Tensor:
        """The index (K,) of the code whose place is nearest to each place (K, 2)."""
        return torch.cdist(xy, self.xy).argmin(1)


def code_plane(codes: Tensor) -> Plane:
    """Codes (N, 1) or (N, 2) as they are; a code of one value lies on the horizontal axis.

    Raises ValueError for wider codes.
    """
    width = codes.shape[1]
    if width > 2:
        raise ValueError(f"A code of {width} values is no place on a plane.")
    axes = torch.eye(2)[:, :width]
    return Plane("code", codes @ axes.T, torch.zeros(width), axes)


def pca_plane(codes: Tensor) -> Plane:
    """The plane of the first two principal components of codes (N, D), D and N at least 2."""
    from sklearn.decomposition import PCA

    pca = PCA(2, random_state=0).fit(codes.numpy())
    mean, axes = (torch.from_numpy(array).float() for array in (pca.mean_, pca.components_))
    share = tuple(float(value) for value in pca.explained_variance_ratio_)
    return Plane("pca", (codes - mean) @ axes.T, mean, axes, share)


def tsne_plane(codes: Tensor, seed: int = 0, watch: Callable[[int], None] = lambda percent: None) -> Plane:
    """t-SNE of codes (N, D): see `dae.tsne.embed`. It takes about a minute for 5,000."""
    return Plane("tsne", torch.from_numpy(tsne.embed(codes.numpy(), seed, watch)))


def kinds(width: int) -> tuple[str, ...]:
    """The kinds of planes that codes of a width have, the first to be shown first."""
    return ("code",) if width <= 2 else ("pca", "tsne")


def linear_plane(codes: Tensor) -> Plane:
    """The plane that has a decoder: the code itself where it is flat, else PCA."""
    return code_plane(codes) if codes.shape[1] <= 2 else pca_plane(codes)


@torch.inference_mode()
def decode_at(model: Autoencoder, plane: Plane, xy: Tensor) -> Tensor:
    """The decoder's picture (K, 1, 28, 28) of each place (K, 2) of a linear plane."""
    return torch.cat([model.decode(part) for part in plane.lift(xy).split(100)])


def grid_places(extent: tuple[float, float, float, float], side: int = GRID) -> Tensor:
    """The centres (side * side, 2) of equal cells over (left, right, bottom, top), row by row from the top left."""
    left, right, bottom, top = extent
    middle = (torch.arange(side) + 0.5) / side
    x, y = left + middle * (right - left), top - middle * (top - bottom)
    return torch.stack([x.repeat(side), y.repeat_interleave(side)], 1)


def neighbours(codes: Tensor, code: Tensor, count: int, leave_out: int | None = None) -> tuple[Tensor, Tensor]:
    """The nearest of codes (N, D) to one code (D,): indices (count,) and Euclidean distances, nearest first.

    `leave_out` is an index that shall not be its own neighbour.
    """
    distances = (codes - code).norm(dim=1)
    if leave_out is not None:
        distances[leave_out] = math.inf
    found = distances.topk(min(count, len(codes) - (leave_out is not None)), largest=False)
    return found.indices, found.values


def noisy_copies(
    clean: Tensor, noise: str, level: float, *, seed: int, clip: bool = True, count: int = COPIES
) -> Tensor:
    """One digit (1, 1, 28, 28) corrupted `count` times by draws of one seed: (count, 1, 28, 28)."""
    return corrupt(clean.expand(count, -1, -1, -1), noise, level, seed=seed, clip=clip)


def class_scale(codes: Tensor, labels: Tensor) -> float:
    """How far classes lie apart: the mean distance between the class centroids of codes (N, D), labels (N,).

    s = mean over pairs a < b of |c_a - c_b|, with c_a the mean code of class a.
    """
    centroids = torch.stack([codes[labels == label].mean(0) for label in labels.unique()])
    return float(torch.nn.functional.pdist(centroids).mean())


def drift(clean_codes: Tensor, noisy_codes: Tensor, scale: float) -> float:
    """How far noise moves codes, in units of the distance between classes:

        d = mean over m of |f(noisy_m) - f(clean_m)| / s,    s = `class_scale` of the clean gallery

    with the Euclidean distance in the full code space of the encoder f, not on a plane. Moving, turning or scaling
    all codes of a network leaves d as it is, so two networks can be compared. At d = 1 noise moves a code as far as one
    class lies from another.

    Args:
        clean_codes: (N, D), or (1, D) for copies of one digit.
        noisy_codes: (N, D).
        scale: s.

    Returns:
        d; NaN where all classes lie on one point.
    """
    return float((noisy_codes - clean_codes).norm(dim=1).mean()) / scale if scale > 0 else math.nan


def measure_drift(model: Autoencoder, digits: Digits, codes: Tensor, seed: int = 0) -> list[dict[str, Any]]:
    """The drift over all digits, one draw for each, at the settings of `DRIFT`.

    Args:
        model: a network with a code.
        digits: clean digits.
        codes: theirs, (N, D).
        seed: of the noise.

    Returns:
        records {"noise", "level", "drift", "digits"}.
    """
    scale = class_scale(codes, digits.labels)
    return [
        {
            "noise": noise,
            "level": level,
            "drift": drift(codes, codes_of(model, corrupt(digits.images, noise, level, seed=seed)), scale),
            "digits": len(digits),
        }
        for noise, level in DRIFT
    ]


def interpolate(start: Tensor, end: Tensor, steps: int = STEPS) -> Tensor:
    """Even steps on the straight line between two codes or images (1, ...): (steps, ...), both ends included."""
    weights = torch.linspace(0, 1, steps).view(-1, *[1] * (start.ndim - 1))
    return torch.lerp(start, end, weights)


@torch.inference_mode()
def samples(model: Autoencoder, count: int, seed: int) -> Tensor:
    """Pictures of codes drawn from N(0, I): (count, 1, 28, 28). For variational networks, whose prior that is."""
    return model.decode(torch.randn(count, model.config.latent_dim, generator=seeded(seed)))


@torch.inference_mode()
def manifold(model: Autoencoder, plane: Plane, side: int = GRID) -> Tensor:
    """Pictures of equally probable codes of the prior N(0, I): (side * side, 1, 28, 28), row by row from the top left.

    z = Q(u) a_1 + Q(v) a_2 with Q the inverse normal CDF, u and v the middles of `side` equal parts of (0, 1), and a_1,
    a_2 the axes of the linear plane (Kingma & Welling 2014, appendix A, for a code of two values). Orthonormal axes
    through the origin carry N(0, I) as well, so in a wider code this is the slice that shows most of the digits.
    """
    if plane.axes is None:
        raise ValueError("A place of t-SNE's plane has no code.")
    uv = torch.special.ndtri(grid_places((0, 1, 0, 1), side))
    return torch.cat([model.decode(part) for part in (uv @ plane.axes).split(100)])


# The planes of the shipped checkpoints


@dataclass(frozen=True, eq=False)
class Planes:
    """What is known beforehand of a checkpoint's codes of the gallery: all that takes long."""

    linear: Plane
    tsne: Plane | None  # of codes of more than two values
    scale: float  # see `class_scale`
    drift: list[dict[str, Any]] = field(default_factory=list)  # see `measure_drift`


def directory() -> Path:
    """The folder of the stored planes: beside the checkpoints."""
    return checkpoints.directory() / "planes"


def make_planes(model: Autoencoder, digits: Digits, watch: Callable[[int], None] = lambda percent: None) -> Planes:
    """Everything of `Planes` for a network's codes of digits; `watch` is told the percentage that is done."""
    codes = codes_of(model, digits.images)
    measured = measure_drift(model, digits, codes)
    tsne = tsne_plane(codes, watch=watch) if "tsne" in kinds(codes.shape[1]) else None
    watch(100)
    return Planes(linear_plane(codes), tsne, class_scale(codes, digits.labels), measured)


def _pack(name: str, xy: Tensor, steps: int) -> dict[str, Tensor]:
    """Places (N, 2) as whole numbers of steps from the lowest to the highest in each direction."""
    low, high = xy.amin(0), xy.amax(0)
    packed = torch.round(steps * (xy - low) / (high - low).clamp_min(1e-9))
    kind = torch.uint8 if steps == COARSE else torch.uint16
    return {name: packed.to(kind).contiguous(), f"{name}_extent": torch.stack([low, high])}


def _unpack(name: str, stored: dict[str, Tensor]) -> Tensor:
    low, high = stored[f"{name}_extent"]
    packed = stored[name]
    return low + packed.float() / (COARSE if packed.dtype == torch.uint8 else FINE) * (high - low)


def save_planes(path: Path, planes: Planes, checkpoint: str) -> None:
    """Write planes, their places as whole numbers, with the SHA-256 of the checkpoint that they belong to."""
    linear = planes.linear
    tensors = {"mean": linear.mean.contiguous(), "axes": linear.axes.contiguous(), **_pack("linear", linear.xy, FINE)}
    if planes.tsne is not None:
        tensors |= _pack("tsne", planes.tsne.xy, COARSE)
    header = {
        "scale": planes.scale,
        "drift": planes.drift,
        "linear": [planes.linear.kind, *planes.linear.share],
    }
    measured.write(path, FORMAT, checkpoint, header, tensors)


def load_planes(name: str) -> Planes | None:
    """The stored planes of a shipped checkpoint; None where there are none, or where they belong to another file.

    Raises:
        CheckpointError: there is no such checkpoint.
    """
    wanted = checkpoints.digest(checkpoints.find(name))
    path = directory() / f"{name}{checkpoints.SUFFIX}"
    try:
        return _read(path, path.stat().st_mtime_ns, wanted)
    except OSError:
        return None


@functools.lru_cache(maxsize=16)
def _read(path: Path, _changed: int, wanted: str) -> Planes | None:
    try:
        found = measured.read(path, FORMAT, wanted)
        if found is None:
            return None
        header, stored = found
        kind, *share = header["linear"]
        linear = Plane(kind, _unpack("linear", stored), stored["mean"], stored["axes"], tuple(share))
        tsne = Plane("tsne", _unpack("tsne", stored)) if "tsne" in stored else None
        return Planes(linear, tsne, float(header["scale"]), list(header["drift"]))
    except (KeyError, TypeError, ValueError, AttributeError):
        log.warning("%s is damaged; `python -m dae planes` writes it anew", path)
        return None


def write_planes(names: list[str], watch: Callable[[str, int], None]) -> Iterator[tuple[str, str]]:
    """Compute and store the planes of checkpoints; what is stored for the same file is left alone.

    Args:
        names: checkpoints; those without a code are passed over.
        watch: is called with the name and the percentage that is done of it.

    Yields:
        (name, one of `OUTCOMES` or the sentence of what is wrong with the file).
    """
    for name in names:
        try:
            if not checkpoints.info(name).model.has_code:
                yield name, "has no code"
                continue
            if load_planes(name) is not None:
                yield name, "kept"
                continue
            planes = make_planes(checkpoints.load(name), data.gallery(), functools.partial(watch, name))
        except checkpoints.CheckpointError as error:
            yield name, str(error)
            continue
        save_planes(directory() / f"{name}{checkpoints.SUFFIX}", planes, checkpoints.digest(checkpoints.find(name)))
        yield name, "written"


def drift_table(names: list[str]) -> str:
    """The stored drifts as Markdown, the smallest at the middle level first."""
    rows = [(name, stored.drift) for name in names if (stored := load_planes(name)) is not None and stored.drift]
    rows.sort(key=lambda row: row[1][len(row[1]) // 2]["drift"])
    columns = [f"{noise} {level:g}" for noise, level in DRIFT]
    lines = [
        "# How far noise moves the codes",
        "",
        "Written by `python -m dae planes`, which also stores the PCA and the t-SNE of each checkpoint's codes of the",
        "5,000 gallery digits here. Drift is the mean distance between the code of a noisy digit and that of the clean",
        "one, divided by the mean distance between the centroids of the ten classes, both in the full code space of",
        "each network; 1 means that noise moves a code as far as one class lies from another. Measured on the gallery,",
        "one draw of clipped noise (seed 0) for each digit.",
        "",
        "| code | " + " | ".join(columns) + " |",
        "| --- |" + " --- |" * len(columns),
        *(f"| {name} | " + " | ".join(f"{record['drift']:.3f}" for record in drifts) + " |" for name, drifts in rows),
    ]
    return "\n".join(lines) + "\n"
