"""Sampling with a denoiser: digits out of pure noise, or all that fit a measurement.

    digits = sample(dae.load("universal"), 8, seed=0)                   # (8, 1, 28, 28)
    filled = sample(model, 8, measurement=known(digit, mask))           # eight answers to one question
    filled = sample(model, 8, measurement=known(digit, mask), start=model(digit * mask), **FITTING)  # by its mean
    cleaned = sample(model, 8, start=noisy, sigma_start=0, schedule=Ascent(beta=0.5))   # and to a noisy digit
    for step in steps(model, 8): ...                                    # y, D(y) and sigma on the way

For Gaussian noise of any sigma the best denoiser satisfies D(y) - y = sigma^2 grad log p_sigma(y), where p_sigma is the
density of clean images blurred by the noise (Miyasawa 1961): it points uphill. `Ascent` climbs with a *blind* denoiser,
which is not told sigma, as it reads sigma off the length of D(y) - y itself: Z. Kadkhodaie and E. Simoncelli,
"Stochastic solutions for linear inverse problems using the prior implicit in a denoiser", NeurIPS 2021, algorithms 1
(from noise) and 2 (under a measurement). `Ladder` goes down a given row of sigmas without adding noise.

A *denoiser* is any callable, noisy `(N, ...)` to a clean estimate of the same shape.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional as F

from dae.noise import seeded

Denoiser = Callable[[Tensor], Tensor]

SHAPE = (1, 28, 28)
# Samples grow out of START + SIGMA_START z: noise as strong as the shipped `universal` has seen, about a grey between
# the mean of all digits, 0.13, from which they come out thin, and the paper's 0.5, from which they come out bold.
START, SIGMA_START = 0.25, 1.5
BATCH = 100  # images that the denoiser gets at once: what a convolution makes of them still fits into the cache
MOST_STEPS = 10_000


class SamplingError(ValueError):
    """The denoiser does not lead to samples; the message is one sentence."""


@dataclass(frozen=True)
class Ascent:
    """Kadkhodaie and Simoncelli's schedule: step number t goes a part h of the way and adds noise of width gamma.

    h = h0 t / (1 + h0 (t - 1)); gamma = sigma sqrt((1 - beta h)^2 - (1 - h)^2), so that a step takes sigma to
    (1 - beta h) sigma. It ends when sigma, the root mean square of D(y) - y, falls below `sigma_end`.

    The paper has h0 = 0.01, sigma_end = 0.01 and beta from 0.01 to 1. With the defaults here the shipped `universal`
    takes about 100 steps; `dae.sample_quality` measures a slower schedule.

    Samples have the distribution that the denoiser knows as h and, under a measurement, beta tend to 0. Large steps
    narrow it; and as what is measured is blurred by sigma, too, until the end, a large beta settles between answers
    that lie far apart before the measured values can tell them apart.

    From an image with Gaussian noise beta = 1/2 leads, as h tends to 0, to samples of all clean images that it may come
    from: its steps are those of the noise's own process, run backwards in time (B. Anderson, "Reverse-time diffusion
    equation models", Stochastic Processes and their Applications 12, 1982). A smaller beta forgets the image.
    """

    beta: float = 0.05  # in (0, 1]; 1 adds no noise: the probability flow of the score in steps of h
    h0: float = 0.03  # in (0, 1]: the first step
    sigma_end: float = 0.05
    most_steps: int = 1000

    def __post_init__(self) -> None:
        for name in ("beta", "h0"):
            if not 0 < getattr(self, name) <= 1:  # also false for NaN
                raise ValueError(f"{name} must lie between 0 and 1, 0 excluded, not {getattr(self, name)}.")
        if not 0 < self.sigma_end < math.inf:
            raise ValueError(f"sigma_end must be finite and above 0, not {self.sigma_end}.")
        if not 1 <= self.most_steps <= MOST_STEPS:
            raise ValueError(f"There are 1 to {MOST_STEPS:,} steps, not {self.most_steps}.")

    def move(self, number: int) -> tuple[float, float]:
        """Of step `number`, from 1: h, and gamma in units of sigma."""
        h = self.h0 * number / (1 + self.h0 * (number - 1))
        return h, math.sqrt(max(0.0, (1 - self.beta * h) ** 2 - (1 - h) ** 2)) if self.beta < 1 else 0.0


# Where some pixels are known and the denoiser knows missing ones too, its one-step answer is the mean of all that fit.
# About it, in noise that is as strong as they are far apart, lies what the noise makes of them, so that the noise's own
# process, run backwards, leads to them from there.
FITTING = {"schedule": Ascent(beta=0.5), "sigma_start": 1.0}


@dataclass(frozen=True)
class Ladder:
    """A deterministic row of falling sigmas: y <- D(y) + (sigma' / sigma) (y - D(y)), and D(y) at the last one.

    Euler's steps along the probability flow (T. Karras et al., "Elucidating the design space of diffusion-based
    generative models", NeurIPS 2022, algorithm 1 without its correction), which is also DDIM.
    """

    sigmas: tuple[float, ...]

    def __post_init__(self) -> None:
        falling = all(low < high for high, low in pairwise(self.sigmas))
        if not (self.sigmas and falling and self.sigmas[-1] > 0 and self.sigmas[0] < math.inf):
            raise ValueError("The sigmas of a ladder are finite, above 0, and fall from each to the next.")
        if len(self.sigmas) > MOST_STEPS:
            raise ValueError(f"There are 1 to {MOST_STEPS:,} steps, not {len(self.sigmas)}.")

    @classmethod
    def geometric(cls, count: int, first: float = 1.0, last: float = 0.01) -> Ladder:
        """`count` sigmas in a geometric row, from the first to the last."""
        if count < 2 or not 0 < last < first < math.inf:
            raise ValueError("A geometric ladder has two sigmas or more, and the last lies between 0 and the first.")
        return cls(tuple(first * (last / first) ** (step / (count - 1)) for step in range(count)))

    def move(self, number: int) -> tuple[float, float]:
        """Of step `number`, from 1: which part of the way to D(y) it goes, and 0, as it adds no noise."""
        return 1 - self.sigmas[number] / self.sigmas[number - 1], 0.0


@dataclass(frozen=True)
class Measurement:
    """What is known of the clean images: their orthogonal projection onto a measured space."""

    project: Callable[[Tensor], Tensor]  # M: images (N, ...) -> the same shape, linear, with M M = M = M^T
    values: Tensor  # M x: (1, ...) or one for each sample (N, ...)


def known(clean: Tensor, mask: Tensor) -> Measurement:
    """Some pixels are known.

    Args:
        clean: images `(N, 1, 28, 28)`, or one `(1, 1, 28, 28)` for all samples; only the known pixels are looked at.
        mask: true where a pixel is known, of the images' shape or one that broadcasts to it, such as `(28, 28)`.

    Raises:
        ValueError: a mask of another shape, or known pixels that are not finite.
    """
    try:
        fits = torch.broadcast_shapes(mask.shape, clean.shape) == clean.shape
    except RuntimeError:
        fits = False
    if not fits:
        raise ValueError(f"A mask {tuple(mask.shape)} does not fit images {tuple(clean.shape)}.")
    seen = mask.to(clean.device, torch.bool)
    return _measured(clean.where(seen, 0), lambda images: images.where(seen.to(images.device), 0))


def coarse(clean: Tensor, side: int) -> Measurement:
    """The mean of each block of `side` x `side` pixels is known.

    Args:
        clean: images `(N, 1, 28, 28)`, or one `(1, 1, 28, 28)` for all samples; only the means are looked at.
        side: in pixels; it divides the images' height and width.

    Raises:
        ValueError: blocks that do not fill the images, or pixels that are not finite.
    """
    if side < 1 or any(size % side for size in clean.shape[-2:]):
        raise ValueError(f"Blocks of side {side} do not fill images {tuple(clean.shape)}.")

    def project(images: Tensor) -> Tensor:
        return F.interpolate(F.avg_pool2d(images, side), scale_factor=side, mode="nearest")

    return _measured(project(clean), project)


def _measured(values: Tensor, project: Callable[[Tensor], Tensor]) -> Measurement:
    if not bool(values.isfinite().all()):
        raise ValueError("Some measured values are not finite numbers.")
    return Measurement(project, values)


@dataclass(frozen=True)
class Step:
    """Where all samples are before step `number`. Those that have arrived stay as they were."""

    number: int  # from 1
    noisy: Tensor  # y: (N, ...)
    denoised: Tensor  # D(y): (N, ...)
    sigma: Tensor  # (N,): root mean square of the direction, the noise that is left
    running: Tensor  # (N,), bool: false for those that have arrived
    direction: (
        Tensor  # (N, ...): D(y) - y, and under a measurement towards its values instead; y + direction is the end
    )


@torch.no_grad()
def steps(
    denoiser: Denoiser,
    count: int,
    *,
    seed: int = 0,
    schedule: Ascent | Ladder | None = None,
    measurement: Measurement | None = None,
    start: float | Tensor = START,
    sigma_start: float | None = None,
    shape: Sequence[int] = SHAPE,
    device: torch.device | str = "cpu",
) -> Iterator[Step]:
    """Walk from noise to samples: y <- y + h d + gamma z, with d = D(y) - y.

    Under a measurement d = (1 - M)(D(y) - y) + (M x - M y), and y starts around M x where it is measured.

    Args:
        denoiser: any callable, noisy `(N, ...)` to clean estimate; it gets at most `BATCH` images at once.
        count: how many samples.
        seed: sample number i draws all of its noise from a generator of its own with seed + i, on the CPU, so it does
            not depend on how many are drawn with it, nor on the device.
        schedule: default `Ascent()`.
        measurement: what is known; its values are `(1, ...)` or `(count, ...)`.
        start: y starts as start + sigma_start z where nothing is measured: a number, or images `(1, ...)` or
            `(count, ...)`.
        sigma_start: default `SIGMA_START`, or a ladder's first sigma; 0: images to start from have their noise.
        shape: of one image.
        device: where the denoiser lives.

    Yields:
        a `Step` before each step, the last one when all have arrived: y + direction are the samples.

    Raises:
        ValueError: numbers out of their range, or a measurement of another shape.
        SamplingError: a denoiser whose answers are not finite or of another shape, or under which some samples have
            not arrived after the schedule's most steps.
    """
    schedule = schedule or Ascent()
    ladder = isinstance(schedule, Ladder)
    sigma_start = sigma_start if sigma_start is not None else schedule.sigmas[0] if ladder else SIGMA_START
    shape = tuple(shape)
    if count < 1:
        raise ValueError(f"There is at least one sample, not {count}.")
    given = torch.as_tensor(start, dtype=torch.float32, device=device)
    if given.dim() and (given.shape[1:] != shape or len(given) not in (1, count)):
        raise ValueError(f"A start {tuple(given.shape)} does not fit {count} samples {shape}.")
    enough = 0 <= sigma_start < math.inf if given.dim() else 0 < sigma_start < math.inf
    if not (enough and bool(given.isfinite().all())):
        raise ValueError("The start must be finite, and the first sigma finite and above 0 unless images are given.")
    y = given.expand(count, *shape).clone()
    if measurement:
        values = measurement.values.to(y)
        if values.shape[1:] != shape or len(values) not in (1, count):
            raise ValueError(f"A measurement {tuple(values.shape)} does not fit {count} samples {shape}.")
        values = values.expand_as(y)
        y = y - measurement.project(y) + values
    generators = [seeded(seed + number) for number in range(count)]

    def draw(places: list[int]) -> Tensor:
        return torch.stack([torch.randn(shape, generator=generators[place]) for place in places]).to(y)

    y = y + sigma_start * draw(list(range(count)))
    denoised, direction = torch.zeros_like(y), torch.zeros_like(y)
    sigma = torch.full((count,), math.inf, device=device)
    running = torch.ones(count, dtype=torch.bool, device=device)
    last = len(schedule.sigmas) if ladder else schedule.most_steps + 1
    for number in range(1, last + 1):
        own = running.nonzero().flatten()
        before = y[own]
        after = torch.cat([_restored(denoiser, part) for part in before.split(BATCH)])
        towards = after - before
        if measurement:
            # Masks and values may be one for each sample, so the projection gets all of them.
            everywhere = torch.zeros_like(y).index_copy(0, own, towards)
            wanted = torch.zeros_like(y).index_copy(0, own, values[own] - before)
            towards = (everywhere + measurement.project(wanted - everywhere))[own]
        denoised[own], direction[own] = after, towards
        sigma[own] = towards.flatten(1).square().mean(1).sqrt()
        running = running & (number < last) if ladder else running & (sigma >= schedule.sigma_end)
        yield Step(number, y.clone(), denoised.clone(), sigma.clone(), running.clone(), direction.clone())
        if not bool(running.any()):
            return
        if number == last:
            break
        own = running.nonzero().flatten()
        h, gamma = schedule.move(number)
        moved = y[own] + h * direction[own]
        if gamma:
            moved += gamma * sigma[own].view(-1, *[1] * len(shape)) * draw(own.tolist())
        y[own] = moved
    raise SamplingError(
        f"After {last - 1:,} steps {int(running.sum())} of {count} samples have not arrived: "
        f"sigma is still {float(sigma[running].max()):.2g}."
    )


def sample(denoiser: Denoiser, count: int, **settings: object) -> Tensor:
    """Samples `(count, 1, 28, 28)`: the end of `steps`, which says what may be set and what is raised.

    The end is y + d, a last whole step: D(y), and under a measurement with exactly what was measured. Values may lie a
    little outside [0, 1] where the denoiser's do.
    """
    for step in steps(denoiser, count, **settings):
        end = step
    return end.noisy + end.direction


def _restored(denoiser: Denoiser, noisy: Tensor) -> Tensor:
    restored = denoiser(noisy)
    if restored.shape != noisy.shape:
        raise SamplingError(f"The denoiser makes {tuple(restored.shape)} of images {tuple(noisy.shape)}.")
    if not bool(restored.isfinite().all()):
        raise SamplingError("Some of the denoiser's answers are not finite numbers.")
    return restored
