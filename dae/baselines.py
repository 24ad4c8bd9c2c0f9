"""The yardsticks: what removes noise without a network, each a denoiser like any network.

    denoiser = baseline("wiener", "gaussian", 0.5)
    restored = denoiser(noisy)  # (N, 1, 28, 28) -> the same, in [0, 1]

median, tv, nlm   scikit-image's filters. They know nothing about digits; their strength was tuned per noise and level
                  on training digits and is recorded in `baselines.json`.
wiener            the best affine map from noisy to clean: needs the mean and covariance of digits, no more.
memoriser         the posterior mean over a finite set of digits: perfect for a digit of the set, close to a nearest
                  neighbour for any other. Not an upper bound for new digits.

Tuning again takes ten minutes of one core, and MNIST in DAE_DATA or the cache folder:

    python -m dae.baselines > baselines.json
"""

from __future__ import annotations

import functools
import json
import logging
import math
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dae import data, metrics
from dae.data import Digits
from dae.denoising import Denoiser
from dae.noise import NOISES, corrupt, seeded

log = logging.getLogger(__name__)


class RecordError(ValueError):
    """The recorded parameters are missing or damaged; the message is one sentence."""


RECORD = Path(__file__).with_name("baselines.json")
GREYS = 256  # MNIST's pixels are k / 255
RIDGE = (1 / 255) ** 2  # added to every pixel's variance: one grey level, so that no matrix is singular
LEAST_SIGMA = 0.01  # the memoriser's Gaussian is never narrower: at level 0 it is the nearest neighbour
CHUNK = 5000  # digits at a time, for memory's sake


# scikit-image's filters


@dataclass(frozen=True)
class Median:
    """The median of a size x size window around each pixel, the border repeated outwards."""

    size: int

    @property
    def details(self) -> str:
        return f"{self.size}x{self.size} median"

    def __call__(self, noisy: Tensor) -> Tensor:
        from skimage.filters import median

        # A window one picture deep: all pictures in one call.
        return _filtered(noisy, lambda pictures: median(pictures, np.ones((1, self.size, self.size))))


@dataclass(frozen=True)
class TotalVariation:
    """Total-variation denoising (Chambolle 2004): the larger the weight, the flatter the picture."""

    weight: float

    @property
    def details(self) -> str:
        return f"total variation, weight {self.weight:.3g}"

    def __call__(self, noisy: Tensor) -> Tensor:
        from skimage.restoration import denoise_tv_chambolle

        return _filtered(noisy, lambda pictures: [denoise_tv_chambolle(p, self.weight) for p in pictures], self.weight)


@dataclass(frozen=True)
class NonLocalMeans:
    """Non-local means (Buades, Coll and Morel 2005): pixels averaged whose 5x5 surroundings are alike.

    h: how alike; the larger, the smoother. sigma: of the noise, which is taken off the distance between surroundings.
    """

    h: float
    sigma: float = 0.0

    @property
    def details(self) -> str:
        return f"non-local means, h {self.h:.3g}"

    def __call__(self, noisy: Tensor) -> Tensor:
        from skimage.restoration import denoise_nl_means

        options = {"patch_size": 5, "patch_distance": 6, "h": self.h, "sigma": self.sigma, "fast_mode": True}
        return _filtered(noisy, lambda pictures: [denoise_nl_means(p, **options) for p in pictures], self.h)


def _filtered(noisy: Tensor, denoise: Callable[[np.ndarray], Any], strength: float = 1.0) -> Tensor:
    """`denoise` on the pictures as an array (N, 28, 28); a strength of 0 leaves them alone."""
    if not strength or not len(noisy):
        return noisy.clamp(0, 1)
    restored = np.asarray(denoise(noisy.detach().cpu().numpy()[:, 0]))
    return torch.from_numpy(restored).unsqueeze(1).to(noisy).clamp(0, 1)


# What the noises do to a pixel: the one place where their probabilities are written down


@dataclass(frozen=True)
class _Pixel:
    """A pixel x under a noise: 0 with probability `zero`, 1 with `one`, else gain * (x + sigma(x) e), e ~ N(0, 1).

    Where `clipped`, x + sigma(x) e is clipped to [0, 1]. Block moves whole squares to 0 and is not in here.
    """

    zero: float = 0.0
    one: float = 0.0
    gain: float = 1.0
    sigma: float = 0.0
    speckle: float = 0.0
    clipped: bool = True

    @classmethod
    def of(cls, noise: str, level: float, clip: bool) -> _Pixel:
        if noise == "gaussian":
            return cls(sigma=level, clipped=clip)
        if noise == "masking":
            return cls(zero=level)
        if noise == "salt_and_pepper":
            return cls(zero=level / 2, one=level / 2)
        if noise == "dropout":
            return cls(zero=level, gain=1 / (1 - level))
        return cls(speckle=level) if noise == "speckle" else cls()

    @property
    def kept(self) -> float:
        return max(0.0, 1 - self.zero - self.one)

    def spread(self, grey: Tensor) -> Tensor:
        """The standard deviation around each clean value, before any clipping."""
        return (self.sigma**2 + (self.speckle * grey) ** 2).sqrt()

    def moments(self, grey: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance of the noisy pixel for each clean value."""
        mean, square = grey, grey**2 + self.spread(grey) ** 2
        if self.clipped and (self.sigma or self.speckle):
            mean, square = _rectified(grey, self.spread(grey))
        mean = self.kept * self.gain * mean + self.one
        return mean, self.kept * self.gain**2 * square + self.one - mean**2


def _rectified(mean: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
    """First and second moment of a Gaussian clipped to [0, 1]; a sigma of 0 is a Gaussian of no width."""
    narrow = sigma <= 0
    sigma = sigma.masked_fill(narrow, 1.0)
    low, high = -mean / sigma, (1 - mean) / sigma
    inside = torch.special.ndtr(high) - torch.special.ndtr(low)
    above = torch.special.ndtr(-high)
    at_low, at_high = ((-(z**2) / 2).exp() / math.sqrt(2 * math.pi) for z in (low, high))
    first = mean * inside + sigma * (at_low - at_high) + above
    second = (mean**2 + sigma**2) * inside + sigma * (mean * at_low - (1 + mean) * at_high) + above
    return torch.where(narrow, mean, first), torch.where(narrow, mean**2, second)


def _squares(level: float, size: int) -> Tensor:
    """Every place of the block noise's square, equally likely: bool (places, size, size)."""
    side = int(torch.round(torch.tensor(float(level)) * size))  # in float32, as the noise does it
    starts = torch.arange(size - side + 1)
    position = torch.arange(size)
    within = (position >= starts[:, None]) & (position < starts[:, None] + side)
    return (within[:, None, :, None] & within[None, :, None, :]).flatten(0, 1)


# Digits as the two fitted baselines hold them


def _to_levels(images: Tensor) -> Tensor:
    """Images as grey levels, uint8 (N, pixels): what a noise does to a pixel is then a table of 256 entries."""
    return (images * (GREYS - 1)).round().to(torch.uint8).flatten(1)


@functools.lru_cache(maxsize=2)
def _levels(digits: Digits) -> Tensor:
    return _to_levels(digits.images)


def _grey() -> Tensor:
    return torch.arange(GREYS, dtype=torch.float64) / (GREYS - 1)


def _look_up(table: Tensor, levels: Tensor) -> Tensor:
    """table (256,), levels uint8 (N, pixels) -> float32 (N, pixels), where the levels are."""
    return table.float().to(levels.device).index_select(0, levels.flatten().int()).view(levels.shape)


def _excluded(levels: Tensor, exclude: Tensor | None) -> Tensor:
    """Which of the digits are among the images to leave out, by content: bool (N,)."""
    if exclude is None:
        return torch.zeros(len(levels), dtype=torch.bool)
    unwanted = {row.tobytes() for row in _to_levels(exclude.cpu()).numpy()}
    return torch.tensor([row.tobytes() in unwanted for row in levels.numpy()])


def _who(digits: Digits, excluded: Tensor) -> str:
    count = int(excluded.sum())
    return f"{digits.name}, {count} left out" if count else digits.name


# Wiener


@dataclass(frozen=True, eq=False)
class Wiener:
    """The best affine estimate of the clean digit, clipped to [0, 1]: clip(x~ W + b)."""

    weight: Tensor
    """float32 (pixels, pixels)"""
    bias: Tensor
    """float32 (pixels,)"""
    fitted_on: str

    @property
    def details(self) -> str:
        return f"linear least squares, fitted on {self.fitted_on}"

    def __call__(self, noisy: Tensor) -> Tensor:
        restored = torch.addmm(self.bias.to(noisy), noisy.flatten(1), self.weight.to(noisy))
        return restored.clamp(0, 1).view_as(noisy)


@dataclass(frozen=True, eq=False)
class _Sums:
    """Sums over digits x and E[x~ | x] = m, the noisy pixel's mean."""

    count: int
    clean: Tensor  # x: (pixels,)
    noisy: Tensor  # m
    variance: Tensor  # of x~ around m
    cross: Tensor  # m x^T: (pixels, pixels)
    square: Tensor  # m m^T

    def __sub__(self, other: _Sums) -> _Sums:
        return _Sums(*(getattr(self, name) - getattr(other, name) for name in self.__dataclass_fields__))


def _sums(levels: Tensor, noise: str, level: float, clip: bool) -> _Sums:
    pixels = levels.shape[1]
    clean, noisy, variance = (torch.zeros(pixels) for _ in range(3))
    cross, square = torch.zeros(pixels, pixels), torch.zeros(pixels, pixels)
    mean_table, variance_table = _Pixel.of(noise, level, clip).moments(_grey())
    for part in levels.split(CHUNK):
        x, m = _look_up(_grey(), part), _look_up(mean_table, part)
        clean, noisy = clean + x.sum(0), noisy + m.sum(0)
        variance = variance + _look_up(variance_table, part).sum(0)
        cross, square = cross.addmm(m.T, x), square.addmm(m.T, m)
    return _Sums(len(levels), clean, noisy, variance, cross, square)


@functools.lru_cache(maxsize=8)  # 5 MB each
def _all_sums(digits: Digits, noise: str, level: float, clip: bool) -> _Sums:
    return _sums(_levels(digits), noise, level, clip)


def _fit(noise: str, level: float, clip: bool, digits: Digits, exclude: Tensor | None) -> Wiener:
    """The normal equations with the noise's exact moments: no noise is sampled.

    The pixels are independent given the digit, so cov(x~) = cov(m) + diag(E var(x~ | x)) and cov(x~, x) = cov(m, x)
    with m = E[x~ | x]; for unclipped Gaussian noise that is C + sigma^2 I and C. Block noise is the exception: its
    square is independent of the digit, so its second moments are the digits' times the square's.
    """
    excluded = _excluded(_levels(digits), exclude)
    sums = _all_sums(digits, noise, level, clip)
    if excluded.any():
        sums = sums - _sums(_levels(digits)[excluded], noise, level, clip)
    if not sums.count:
        raise ValueError("A Wiener filter needs at least one digit to be fitted on.")
    clean, noisy, variance, cross, square = (
        part.double() / sums.count for part in (sums.clean, sums.noisy, sums.variance, sums.cross, sums.square)
    )
    if noise == "block":
        seen = (~_squares(level, digits.images.shape[-1])).flatten(1).double()
        chance = seen.mean(0)
        noisy, cross, square = noisy * chance, cross * chance[:, None], square * (seen.T @ seen / len(seen))
    covariance = square - noisy[:, None] * noisy + torch.diag(variance + RIDGE)
    weight = torch.linalg.solve(covariance, cross - noisy[:, None] * clean)
    return Wiener(weight.float(), (clean - noisy @ weight).float(), _who(digits, excluded))


# The perfect memoriser


@dataclass(frozen=True, eq=False)
class Memoriser:
    """The mean of remembered digits, each weighted by how likely it is to have become the noisy one.

    D(x~) = sum_i p(x~ | y_i) y_i / sum_i p(x~ | y_i): Karras et al. 2022 (EDM), eq. 57, with each noise's own
    likelihood. Where Gaussian noise is clipped, a pixel that is seen as 0 counts Phi(-y / sigma), one that is seen as
    1 counts Phi((y - 1) / sigma), any other its density.

    The other noises leave some pixels exactly as they were, so a new digit is impossible under every remembered one.
    There a digit is taken for a remembered one plus a Gaussian deviation, clipped, before the noise comes; its width
    is tuned on training digits.
    """

    levels: Tensor
    """the remembered digits' grey levels, uint8 (M, pixels)"""
    noise: str
    level: float
    clip: bool
    deviation: float
    remembers: str

    @property
    def details(self) -> str:
        return f"posterior mean over {self.remembers}" + (f", deviation {self.deviation:.2g}" if self.deviation else "")

    @torch.no_grad()
    def __call__(self, noisy: Tensor) -> Tensor:
        return torch.cat([self._restore(part) for part in noisy.split(1000)]) if len(noisy) else noisy

    def _restore(self, noisy: Tensor) -> Tensor:
        best = noisy.new_full((len(noisy), 1), -torch.inf)
        total = torch.zeros_like(best)
        restored = torch.zeros_like(noisy.flatten(1))
        # A running softmax: neither all weights nor all tables are ever held at once.
        for part in self.levels.split(CHUNK):
            part = part.to(noisy.device)
            likelihood = self.log_likelihood(noisy, part)
            higher = torch.maximum(best, likelihood.amax(1, keepdim=True))
            weight, fade = (likelihood - higher).exp(), (best - higher).exp()
            total = total * fade + weight.sum(1, keepdim=True)
            restored = restored * fade + weight @ _look_up(_grey(), part)
            best = higher
        return (restored / total).view_as(noisy).clamp(0, 1)

    def log_likelihood(self, noisy: Tensor, levels: Tensor) -> Tensor:
        """log p(x~ | y) up to a term that depends on x~ alone: noisy (N, ...), levels uint8 (M, pixels) -> (N, M)."""
        pixel = _Pixel.of(self.noise, self.level, self.clip)
        value = noisy.flatten(1) / pixel.gain
        grey = _grey()
        sigma = (pixel.spread(grey) ** 2 + self.deviation**2).sqrt().clamp(min=LEAST_SIGMA)
        precision = sigma**-2
        # log N(v; y, sigma^2) = -v^2 p/2 + v y p - y^2 p/2 + log(p)/2 + constant, with p = 1 / sigma^2
        rest = (precision.log() - grey**2 * precision) / 2
        if pixel.clipped:
            half_grey = 0.5 / (GREYS - 1)  # dropout's gain does not divide out exactly
            zero, one = value <= 0, value >= (1 if pixel.gain == 1 else 1 - half_grey)
        else:
            zero = one = torch.zeros_like(value, dtype=torch.bool)
        between = (~(zero | one)).to(value)
        as_zero = _either(pixel.zero, pixel.kept, torch.special.log_ndtr(-grey / sigma))
        as_one = _either(pixel.one, pixel.kept, torch.special.log_ndtr((grey - 1) / sigma))
        terms = [(zero, as_zero), (one, as_one), (between * value, grey * precision), (between, rest)]
        if pixel.speckle:  # else the same for every y
            terms.append((between * value**2, -precision / 2))
        if not pixel.clipped:
            terms = terms[2:]
        likelihood = sum(seen.to(value) @ _look_up(table, levels).T for seen, table in terms)
        if self.noise == "block":
            likelihood = likelihood + self._hidden(zero, _look_up(as_zero, levels), noisy.shape[-1])
        return likelihood

    def _hidden(self, zero: Tensor, as_zero: Tensor, size: int) -> Tensor:
        """What it adds that an unknown square is hidden: zero (N, pixels), as_zero (M, pixels) -> (N, M).

        Any square that is seen as all 0 may be the one; what is in it then says nothing about the digit. If there is
        none, nothing is hidden.
        """
        squares = _squares(self.level, size).flatten(1).to(as_zero)
        possible = (~zero).to(as_zero) @ squares.T == 0  # (N, places)
        told = as_zero @ squares.T  # (M, places), at most 0
        # exp(700) times the number of places still fits: nothing overflows, and no term is below 1.
        hidden = possible.double() @ (-told).clamp(max=700).double().exp().T
        return hidden.clamp(min=1).log().to(as_zero)


def _either(certain: float, kept: float, log_probability: Tensor) -> Tensor:
    """log(certain + kept * probability); never so low that 0 times it is not a number."""
    certain, kept = torch.tensor([certain, kept], dtype=torch.float64).log()
    return torch.logaddexp(certain, kept + log_probability).clamp(min=-1e30)


def _remember(
    noise: str, level: float, clip: bool, digits: Digits, exclude: Tensor | None, deviation: float = 0.0
) -> Memoriser:
    levels = _levels(digits)
    excluded = _excluded(levels, exclude)
    if excluded.all():
        raise ValueError("A memoriser needs at least one digit to remember.")
    levels = levels[~excluded] if excluded.any() else levels  # a copy only where needed
    return Memoriser(levels, noise, level, clip, deviation, _who(digits, excluded))


# What was tuned

# Gaussian twice: clipped and not.
TUNED_LEVELS: dict[str, tuple[float, ...]] = {
    "gaussian": (0.1, 0.3, 0.5, 0.75, 1.0, 1.5),
    "masking": (0.1, 0.25, 0.5, 0.75, 0.95),
    "salt_and_pepper": (0.1, 0.3, 0.5, 0.7, 0.95),
    "dropout": (0.1, 0.2, 0.35, 0.5, 0.7, 0.9),
    "speckle": (0.3, 0.6, 1.0, 1.5, 2.0, 3.0),
    "block": (0.1, 0.2, 0.3, 0.4, 0.6, 0.8),
}
GRID: dict[str, tuple[float, ...]] = {
    "median": (1, 3, 5, 7),  # size
    "tv": (0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.75, 1.0, 1.4, 2.0),  # weight
    "nlm": (0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.75, 1.0, 1.4),  # h
    "memoriser": (0.2, 0.3, 0.5, 0.7, 1.0, 1.4, 2.0),  # deviation
}
TUNING_DIGITS, TUNING_MEMORY = 300, 10_000


def tune(directory: str | os.PathLike | None = None) -> dict[str, Any]:
    """Find the best parameter of each baseline for each noise and level: the contents of `baselines.json`.

    Every value of a fixed grid is tried on the same training digits; the lowest MSE wins. The memoriser remembers
    10,000 other training digits while its deviation is tuned; under Gaussian noise it has none.

    Raises DataError without MNIST in `directory` (default: DAE_DATA or the cache folder).
    """
    everything = data.train(directory)
    order = torch.randperm(len(everything), generator=seeded(0))
    digits, memory = everything[order[:TUNING_DIGITS]], everything[order[TUNING_DIGITS:][:TUNING_MEMORY]]
    settings = [
        _tune(digits, memory, noise, level, clip)
        for noise, levels in TUNED_LEVELS.items()
        for clip in ((True, False) if NOISES[noise].can_clip else (None,))
        for level in levels
    ]
    return {
        "tuned_on": f"{len(digits)} digits of {everything.name}, mean squared error",
        "memory": f"{len(memory):,} other digits of {everything.name}",
        "seed": 0,
        "grid": {name: list(values) for name, values in GRID.items()},
        "versions": _versions(),
        "settings": settings,
    }


@torch.inference_mode()
def _tune(digits: Digits, memory: Digits, noise: str, level: float, clip: bool | None) -> dict[str, Any]:
    clipped = clip is not False
    make: dict[str, Callable[[Any], Denoiser]] = {
        "median": Median,
        "tv": TotalVariation,
        "nlm": lambda h: NonLocalMeans(h, _known_sigma(noise, level, clipped)),
        "memoriser": lambda deviation: _remember(noise, level, clipped, memory, None, deviation),
    }
    if noise == "gaussian":
        del make["memoriser"]
    noisy = corrupt(digits.images, noise, level, seed=0, clip=clipped)
    found = {
        name: min((metrics.mse(denoiser(value)(noisy), digits.images), value) for value in GRID[name])
        for name, denoiser in make.items()
    }
    log.info("%s %g clip=%s: %s", noise, level, clip, found)
    return {
        "noise": noise,
        "level": level,
        "clip": clip,
        "parameters": {name: value for name, (_, value) in found.items()},
        "mse": {name: round(error, 5) for name, (error, _) in found.items()},
    }


def _versions() -> dict[str, str]:
    import skimage

    return {"python": platform.python_version(), "torch": torch.__version__, "scikit-image": skimage.__version__}


@functools.cache
def _settings() -> list[dict[str, Any]]:
    try:
        settings = json.loads(RECORD.read_text(encoding="utf-8"))["settings"]
        for setting in settings:
            whole = {"noise", "level", "clip"} <= setting.keys() and all(
                isinstance(value, int | float) for value in (setting["level"], *setting["parameters"].values())
            )
            if not whole:
                raise ValueError("a setting that is none")
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise RecordError(
            f"{RECORD.name}, the baselines' parameters, is missing or damaged: `python -m dae.baselines` makes it anew."
        ) from error
    return settings


def tuned(name: str, noise: str, level: float, clip: bool = True) -> float:
    """A recorded parameter at any level: interpolated between the recorded levels, the median's size the nearest one.

    At level 0 the filters leave a picture as it is; the memoriser keeps the deviation of its lowest level.

    Raises RecordError.
    """
    points = {
        setting["level"]: setting["parameters"][name]
        for setting in _settings()
        if setting["noise"] == noise and setting["clip"] in (None, clip) and name in setting["parameters"]
    }
    if not points:
        raise RecordError(f"{RECORD.name} says nothing of {name} for {noise}: `python -m dae.baselines` makes it anew.")
    if name != "memoriser":
        points[0.0] = 1 if name == "median" else 0.0
    levels = sorted(points)
    if name == "median":
        return points[min(levels, key=lambda recorded: abs(recorded - level))]
    return float(np.interp(level, levels, [points[recorded] for recorded in levels]))


# The registry


@dataclass(frozen=True)
class Baseline:
    """One yardstick."""

    key: str
    summary: str  # one line for the model menu
    make: Callable[..., Denoiser]  # (noise, level, clip), and (digits, exclude) where it is fitted
    fitted: bool = False  # made from digits
    slow: bool = False  # seconds per 1,000 digits: published figures are of 1,000
    noises: tuple[str, ...] = tuple(NOISES)


def _make_median(noise: str, level: float, clip: bool) -> Median:
    return Median(tuned("median", noise, level, clip))


def _make_tv(noise: str, level: float, clip: bool) -> TotalVariation:
    return TotalVariation(tuned("tv", noise, level, clip))


def _make_nlm(noise: str, level: float, clip: bool) -> NonLocalMeans:
    return NonLocalMeans(tuned("nlm", noise, level, clip), _known_sigma(noise, level, clip))


def _known_sigma(noise: str, level: float, clip: bool) -> float:
    """Non-local means takes noise for plain Gaussian: only there it is told the sigma."""
    return level if noise == "gaussian" and not clip else 0.0


def _make_memoriser(noise: str, level: float, clip: bool, digits: Digits, exclude: Tensor | None) -> Memoriser:
    deviation = 0.0 if noise == "gaussian" else tuned("memoriser", noise, level, clip)
    return _remember(noise, level, clip, digits, exclude, deviation)


BASELINES: dict[str, Baseline] = {
    entry.key: entry
    for entry in (
        Baseline("median", "Median of each pixel's surroundings", _make_median),
        Baseline("tv", "Total variation: flat areas, sharp edges", _make_tv),
        Baseline("nlm", "Non-local means: averages pixels whose surroundings are alike", _make_nlm),
        Baseline("wiener", "Wiener filter: the best linear map, fitted on training digits", _fit, fitted=True),
        Baseline(
            "memoriser",
            "Perfect memoriser: the mean of all training digits that the noisy one may have been",
            _make_memoriser,
            fitted=True,
            slow=True,
        ),
    )
}


def baseline(
    name: str,
    noise: str | None,
    level: float,
    clip: bool = True,
    *,
    digits: Digits | None = None,
    exclude: Tensor | None = None,
) -> Denoiser:
    """A yardstick for one noise and level.

    Args:
        name: a key of `BASELINES`.
        noise: a key of `NOISES`, or None for clean input, which is a level of 0.
        level: the strength of the noise, one number.
        clip: Gaussian only: whether the noisy images were clipped to [0, 1].
        digits: wiener and memoriser: the digits to be made from; default the 55,000 where they are downloaded, else
            the gallery.
        exclude: wiener and memoriser: images `(M, 1, 28, 28)` that are left out wherever the digits hold the same
            ones, so that no digit is restored by something that has seen it.

    Returns:
        a denoiser, noisy `(N, 1, 28, 28)` to an estimate of the same shape in [0, 1]. Its `details` say in a phrase
        what it is: parameters, and the digits that it was made from.

    Raises:
        ValueError: an unknown baseline, a noise that it cannot handle, a level out of range, or no digits left.
        RecordError: its recorded parameters are missing or damaged.
    """
    if name not in BASELINES:
        raise ValueError(f"There is no baseline called {name!r}; there are {', '.join(BASELINES)}.")
    entry = BASELINES[name]
    if noise is None:
        noise, level = "gaussian", 0.0
    if noise not in entry.noises:
        raise ValueError(f"The baseline {name} cannot handle {noise!r}; it can {', '.join(entry.noises)}.")
    limit = NOISES[noise].limit
    if not (0 <= level <= limit and math.isfinite(level)):
        raise ValueError(f"The level of {noise} must lie between 0 and {limit:g}.")
    arguments = (noise, float(level), clip or not NOISES[noise].can_clip)
    if not entry.fitted:
        return entry.make(*arguments)
    if digits is None:
        digits = data.train() if data.is_downloaded() else data.gallery()
    return entry.make(*arguments, digits, exclude)


def _as_text(record: dict[str, Any]) -> str:
    """The record as JSON, one setting a line."""
    lines = ",\n".join("  " + json.dumps(setting) for setting in record["settings"])
    head = json.dumps(record | {"settings": []}, indent=1)
    return head.replace('"settings": []', f'"settings": [\n{lines}\n ]') + "\n"


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    sys.stdout.write(_as_text(tune()))
