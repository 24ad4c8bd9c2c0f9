"""What a denoiser learns, where one can see it: points of the plane, their score, and a small network that finds it.

    clean = points("ring", 500, seed=0)                          # (500, 2)
    exact = partial(exact_denoiser, clean)                       # exact(x, sigma): (M, 2) -> the same
    for moment in train(clean, Training(sigma_low=0.2, sigma_high=0.2)):
        print(moment.step, moment.loss)
    field(moment.denoiser, grid(21), 0.2)                        # (441, 2), beside field(exact, grid(21), 0.2)

For Gaussian noise of sigma the best denoiser r satisfies (r(x) - x) / sigma^2 = grad log p_sigma(x), the score of the
density p_sigma of clean points blurred by the noise: Miyasawa 1961; training a denoiser is matching that score: P.
Vincent, "A connection between score matching and denoising autoencoders", Neural Computation 23(7), 2011; for small
sigma it tends to the score of the clean points: G. Alain and Y. Bengio, JMLR 15, 2014.

Points are float32 `(N, 2)`, x to the right and y upwards, most of them in [-1, 1].
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from dae.noise import seeded

Denoiser2d = Callable[[Tensor, float], Tensor]  # noisy points (M, 2) and their sigma -> clean estimates (M, 2)

# The data


def _ring(place: Tensor) -> Tensor:
    angle = 2 * math.pi * place
    return 0.8 * torch.stack([angle.cos(), angle.sin()], 1)


def _spiral(place: Tensor) -> Tensor:
    # The square root spreads the points evenly along an arm whose length grows with the square of the angle.
    turn = place.sqrt()
    angle = 4 * math.pi * turn
    return 0.9 * turn[:, None] * torch.stack([angle.cos(), angle.sin()], 1)


def _moons(place: Tensor) -> Tensor:
    angle = 2 * math.pi * place
    upper = torch.stack([angle.cos() - 0.5, angle.sin() - 0.25], 1)
    lower = torch.stack([0.5 - (angle - math.pi).cos(), 0.25 - (angle - math.pi).sin()], 1)
    return 0.6 * torch.where(place[:, None] < 0.5, upper, lower)


def _clusters(place: Tensor) -> Tensor:
    angle = 2 * math.pi * ((5 * place).floor() / 5 + 0.25)
    return 0.75 * torch.stack([angle.cos(), angle.sin()], 1)


# D, A and E in a row.
_LETTERS = (
    ((-0.9, -0.35), (-0.9, 0.35), (-0.65, 0.35), (-0.45, 0.15), (-0.45, -0.15), (-0.65, -0.35), (-0.9, -0.35)),
    ((-0.25, -0.35), (0.0, 0.35), (0.25, -0.35)),
    ((-0.14, -0.05), (0.14, -0.05)),
    ((0.85, 0.35), (0.45, 0.35), (0.45, -0.35), (0.85, -0.35)),
    ((0.45, 0.0), (0.75, 0.0)),
)


def _letters(place: Tensor) -> Tensor:
    lines = torch.tensor([(*a, *b) for stroke in _LETTERS for a, b in pairwise(stroke)])
    begin, end = lines[:, :2], lines[:, 2:]
    reached = (end - begin).norm(dim=1).cumsum(0)
    along = place * reached[-1]
    line = torch.searchsorted(reached, along, right=True).clamp(max=len(lines) - 1)
    left = (reached[line] - along)[:, None] / (end - begin).norm(dim=1)[line, None]
    return end[line] + left * (begin - end)[line]


CURVES: dict[str, Callable[[Tensor], Tensor]] = {
    "ring": _ring,
    "spiral": _spiral,
    "moons": _moons,
    "clusters": _clusters,
    "letters": _letters,
}
"""A set's name -> places (N,) in [0, 1) to points (N, 2): evenly along its curve, or among its centres."""

SPREAD = {"clusters": 0.08}  # around the curve; of all others 0.02


def points(name: str, count: int, seed: int = 0) -> Tensor:
    """Clean points `(count, 2)` of one of the sets of `CURVES`.

    Raises:
        ValueError: an unknown set, or no points.
    """
    if name not in CURVES:
        raise ValueError(f"There is no set of points called {name!r}; there are {', '.join(CURVES)}.")
    if count < 1:
        raise ValueError(f"There is at least one point, not {count}.")
    generator = seeded(seed)
    place = torch.rand(count, generator=generator)
    return CURVES[name](place) + SPREAD.get(name, 0.02) * torch.randn(count, 2, generator=generator)


# What is exact


def _check(clean: Tensor, sigma: float) -> None:
    if clean.ndim != 2 or clean.shape[1] != 2 or not len(clean):
        raise ValueError(f"Points are (N, 2) with at least one, not {tuple(clean.shape)}.")
    if not 0 < sigma < math.inf:
        raise ValueError(f"sigma must be finite and above 0, not {sigma}.")


def _log_weights(clean: Tensor, noisy: Tensor, sigma: float) -> Tensor:
    """-|x - p|^2 / (2 sigma^2): `(M, N)`."""
    return -(noisy[:, None] - clean).square().sum(2) / (2 * sigma**2)


def log_density(clean: Tensor, noisy: Tensor, sigma: float) -> Tensor:
    """log p_sigma, the density of the clean points `(N, 2)` blurred by Gaussian noise, at points `(M, 2)`: `(M,)`."""
    _check(clean, sigma)
    return _log_weights(clean, noisy, sigma).logsumexp(1) - math.log(len(clean) * 2 * math.pi * sigma**2)


def exact_denoiser(clean: Tensor, noisy: Tensor, sigma: float) -> Tensor:
    """The best denoiser of a finite set: the softmax-weighted mean of its points.

    D(x) = sum_i N(x; p_i, sigma^2) p_i / sum_i N(x; p_i, sigma^2): T. Karras et al., "Elucidating the design space of
    diffusion-based generative models", NeurIPS 2022, eq. 57.

    Args:
        clean: the points `(N, 2)`.
        noisy: where, `(M, 2)`.
        sigma: of the noise, above 0.
    """
    _check(clean, sigma)
    return _log_weights(clean, noisy, sigma).softmax(1) @ clean


def field(denoiser: Denoiser2d, noisy: Tensor, sigma: float) -> Tensor:
    """What a denoiser takes for the score at points `(M, 2)`: (r(x) - x) / sigma^2."""
    return (denoiser(noisy, sigma) - noisy) / sigma**2


def exact_score(clean: Tensor, noisy: Tensor, sigma: float) -> Tensor:
    """grad log p_sigma at points `(M, 2)`."""
    return field(lambda points, width: exact_denoiser(clean, points, width), noisy, sigma)


def grid(side: int, reach: float = 1.25) -> Tensor:
    """`side` x `side` points over [-reach, reach]^2, row by row from the bottom: `(side^2, 2)`."""
    axis = torch.linspace(-reach, reach, side)
    return torch.cartesian_prod(axis, axis).flip(1)


def field_error(denoiser: Denoiser2d, clean: Tensor, sigma: float, side: int = 41) -> float:
    """How far a denoiser's field is from the exact one: the mean length of the difference over the exact mean length.

    Both are means over a grid, weighted with the blurred density p_sigma: where noisy points lie.
    """
    places = grid(side, 1.25 + 2 * sigma)
    weight = log_density(clean, places, sigma).softmax(0)
    exact = exact_score(clean, places, sigma)
    with torch.no_grad():
        difference = field(denoiser, places, sigma) - exact
    return float((weight * difference.norm(dim=1)).sum() / (weight * exact.norm(dim=1)).sum())


# A network that learns it


class Network(nn.Module):
    """r(x, sigma): x and log sigma through `depth` hidden layers of tanh units to the clean estimate.

    Weights and biases start uniform in +-sqrt(3 / inputs), those of the first layer twice as large.
    """

    def __init__(self, width: int = 64, depth: int = 2, seed: int = 0) -> None:
        super().__init__()
        sizes = [3, *[width] * depth, 2]
        self.layers = nn.ModuleList(nn.utils.skip_init(nn.Linear, *pair) for pair in pairwise(sizes))
        generator = seeded(seed)
        with torch.no_grad():
            for layer in self.layers:
                # Twice as much for the first: curves need units that bend within the square.
                bound = (2 if layer is self.layers[0] else 1) * math.sqrt(3 / layer.in_features)
                for parameter in layer.parameters():
                    parameter.copy_(bound * (2 * torch.rand(parameter.shape, generator=generator) - 1))

    def forward(self, noisy: Tensor, sigma: float | Tensor) -> Tensor:
        """Noisy points `(M, 2)`, and sigma as one number or `(M, 1)` -> clean estimates `(M, 2)`."""
        width = torch.as_tensor(sigma, dtype=noisy.dtype).clamp(min=LEAST_SIGMA).log().expand(len(noisy), 1)
        hidden = torch.cat([noisy, width], 1)
        for layer in self.layers[:-1]:
            hidden = torch.tanh(layer(hidden))
        return self.layers[-1](hidden)


LEAST_SIGMA = 1e-3  # what the network is told of no noise at all
MOST_STEPS, MOST_WIDTH, MOST_DEPTH, MOST_BATCH = 1_000_000, 1024, 8, 100_000


@dataclass(frozen=True)
class Training:
    """How the network learns. Noise has sigma between the two bounds, drawn log-uniformly; both 0: none at all, a plain
    autoencoder."""

    sigma_low: float = 0.2
    sigma_high: float = 0.2
    width: int = 64
    depth: int = 2
    batch_size: int = 256
    learning_rate: float = 0.02
    steps: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        if not (self.sigma_low == self.sigma_high == 0 or 0 < self.sigma_low <= self.sigma_high < math.inf):
            raise ValueError("The sigmas must be finite and above 0, low first, or both 0.")
        if not 0 < self.learning_rate < math.inf:
            raise ValueError(f"The learning rate must be finite and above 0, not {self.learning_rate}.")
        bounds = {"width": MOST_WIDTH, "depth": MOST_DEPTH, "batch_size": MOST_BATCH, "steps": MOST_STEPS}
        for name, most in bounds.items():
            if not 1 <= getattr(self, name) <= most:
                raise ValueError(f"{name} must lie between 1 and {most:,}, not {getattr(self, name)}.")


@dataclass(frozen=True)
class Moment:
    """A training after a step."""

    step: int  # from 1
    loss: float  # of this step's batch: the squared distance to the clean points, mean over points and both values
    denoiser: Network  # still learning: the same object each time


def train(clean: Tensor, training: Training | None = None) -> Iterator[Moment]:
    """Train a `Network` to find clean points `(N, 2)` under Gaussian noise that is drawn anew in each step.

    Adam (betas 0.9 and 0.999, epsilon 1e-8) on the squared error; the learning rate falls to 0 along half a cosine. All
    draws are float32 on the CPU from one generator of the seed, in this order: batch_size places, as many sigmas where
    the bounds differ, and the noise. The weights are drawn from another, layer by layer, weight before bias.

    Yields:
        a `Moment` after each step.

    Raises:
        ValueError: points of another shape.
    """
    training = training or Training()
    _check(clean, 1.0)
    network = Network(training.width, training.depth, training.seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=training.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, training.steps)
    generator, count = seeded(training.seed + 1), training.batch_size
    low, high = training.sigma_low, training.sigma_high
    for step in range(1, training.steps + 1):
        target = clean[(torch.rand(count, generator=generator) * len(clean)).long().clamp(max=len(clean) - 1)]
        sigma = torch.full((count, 1), low)
        if low < high:
            sigma = low * (high / low) ** torch.rand(count, 1, generator=generator)
        noisy = target + sigma * torch.randn(count, 2, generator=generator)
        loss = (network(noisy, sigma) - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        yield Moment(step, float(loss.detach()), network)


# Walks


@torch.no_grad()
def repeat(denoiser: Denoiser2d, start: Tensor, sigma: float, steps: int) -> Iterator[Tensor]:
    """x <- r(x), again and again at one sigma. Yields the points `(M, 2)`: the start, and after each step."""
    points = start
    yield points
    for _ in range(steps):
        points = denoiser(points, sigma)
        yield points


@torch.no_grad()
def langevin(
    denoiser: Denoiser2d, start: Tensor, sigmas: Sequence[float], steps: int = 100, rate: float = 0.1, seed: int = 0
) -> Iterator[Tensor]:
    """Annealed Langevin dynamics: `steps` times at each of the falling sigmas x <- x + a/2 score(x) + sqrt(a) z.

    a = rate sigma^2, in proportion to the variance of the noise as in Y. Song and S. Ermon, "Generative modeling by
    estimating gradients of the data distribution", NeurIPS 2019, algorithm 1, whose epsilon is rate times the square of
    the last sigma.

    Yields:
        the points `(M, 2)`: the start, and after each step.

    Raises:
        ValueError: a rate outside (0, 2], beyond which steps lead away.
    """
    if not 0 < rate <= 2:
        raise ValueError(f"The rate must lie between 0 and 2, 0 excluded, not {rate}.")
    points, generator = start, seeded(seed)
    yield points
    for sigma in sigmas:
        size = rate * sigma**2
        for _ in range(steps):
            noise = torch.randn(points.shape, generator=generator, dtype=points.dtype)
            points = points + size / 2 * field(denoiser, points, sigma) + math.sqrt(size) * noise
            yield points


@torch.no_grad()
def ladder(denoiser: Denoiser2d, start: Tensor, sigmas: Sequence[float]) -> Iterator[Tensor]:
    """The deterministic ladder x <- r(x) + (sigma' / sigma) (x - r(x)) down a row of sigmas, and r(x) at the last.

    Euler's steps along the probability flow (T. Karras et al. 2022, algorithm 1 without its correction; DDIM).

    Yields:
        the points `(M, 2)`: the start, and after each step.
    """
    points = start
    yield points
    for sigma, lower in pairwise([*sigmas, 0.0]):
        denoised = denoiser(points, sigma)
        points = denoised + lower / sigma * (points - denoised)
        yield points
