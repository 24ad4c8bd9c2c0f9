"""The perfect memoriser: the posterior mean over a finite set of digits."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dae.baselines.images import CHUNK, GREYS, description, excluded_from, grey_levels, levels_of, look_up
from dae.baselines.noises import Pixel, squares
from dae.baselines.record import tuned
from dae.data import Digits

LEAST_SIGMA = 0.01  # the Gaussian is never narrower: at level 0 this is the nearest neighbour


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
            restored = restored * fade + weight @ look_up(grey_levels(), part)
            best = higher
        return (restored / total).view_as(noisy).clamp(0, 1)

    def log_likelihood(self, noisy: Tensor, levels: Tensor) -> Tensor:
        """log p(x~ | y) up to a term that depends on x~ alone: noisy (N, ...), levels uint8 (M, pixels) -> (N, M)."""
        pixel = Pixel.of(self.noise, self.level, self.clip)
        value = noisy.flatten(1) / pixel.gain
        grey = grey_levels()
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
        likelihood = sum(seen.to(value) @ look_up(table, levels).T for seen, table in terms)
        if self.noise == "block":
            likelihood = likelihood + self._hidden(zero, look_up(as_zero, levels), noisy.shape[-1])
        return likelihood

    def _hidden(self, zero: Tensor, as_zero: Tensor, size: int) -> Tensor:
        """What it adds that an unknown square is hidden: zero (N, pixels), as_zero (M, pixels) -> (N, M).

        Any square that is seen as all 0 may be the one; what is in it then says nothing about the digit. If there is
        none, nothing is hidden.
        """
        places = squares(self.level, size).flatten(1).to(as_zero)
        possible = (~zero).to(as_zero) @ places.T == 0  # (N, places)
        told = as_zero @ places.T  # (M, places), at most 0
        # exp(700) times the number of places still fits: nothing overflows, and no term is below 1.
        hidden = possible.double() @ (-told).clamp(max=700).double().exp().T
        return hidden.clamp(min=1).log().to(as_zero)


def _either(certain: float, kept: float, log_probability: Tensor) -> Tensor:
    """log(certain + kept * probability); never so low that 0 times it is not a number."""
    certain, kept = torch.tensor([certain, kept], dtype=torch.float64).log()
    return torch.logaddexp(certain, kept + log_probability).clamp(min=-1e30)


def remember(
    noise: str, level: float, clip: bool, digits: Digits, exclude: Tensor | None, deviation: float = 0.0
) -> Memoriser:
    """A memoriser of digits, without those whose images are to be left out."""
    levels = levels_of(digits)
    excluded = excluded_from(levels, exclude)
    if excluded.all():
        raise ValueError("A memoriser needs at least one digit to remember.")
    levels = levels[~excluded] if excluded.any() else levels  # a copy only where needed
    return Memoriser(levels, noise, level, clip, deviation, description(digits, excluded))


def make(noise: str, level: float, clip: bool, digits: Digits, exclude: Tensor | None) -> Memoriser:
    deviation = 0.0 if noise == "gaussian" else tuned("memoriser", noise, level, clip)
    return remember(noise, level, clip, digits, exclude, deviation)
