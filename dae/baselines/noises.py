"""What the noises do to a pixel: the one place where their probabilities are written down."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Pixel:
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
    def of(cls, noise: str, level: float, clip: bool) -> Pixel:
        """What a noise of `dae.noise.NOISES` does."""
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
        """The probability that neither 0 nor 1 takes its place."""
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


def squares(level: float, size: int) -> Tensor:
    """Every place of the block noise's square, equally likely: bool (places, size, size)."""
    side = int(torch.round(torch.tensor(float(level)) * size))  # in float32, as the noise does it
    starts = torch.arange(size - side + 1)
    position = torch.arange(size)
    within = (position >= starts[:, None]) & (position < starts[:, None] + side)
    return (within[:, None, :, None] & within[None, :, None, :]).flatten(0, 1)
