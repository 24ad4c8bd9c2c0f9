"""The Wiener filter: the best affine map from noisy to clean, from the mean and covariance of digits."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import torch
from torch import Tensor

from dae.baselines.images import CHUNK, description, excluded_from, grey_levels, levels_of, look_up
from dae.baselines.noises import Pixel, squares
from dae.data import Digits

RIDGE = (1 / 255) ** 2  # added to every pixel's variance: one grey level, so that no matrix is singular


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
    mean_table, variance_table = Pixel.of(noise, level, clip).moments(grey_levels())
    for part in levels.split(CHUNK):
        x, m = look_up(grey_levels(), part), look_up(mean_table, part)
        clean, noisy = clean + x.sum(0), noisy + m.sum(0)
        variance = variance + look_up(variance_table, part).sum(0)
        cross, square = cross.addmm(m.T, x), square.addmm(m.T, m)
    return _Sums(len(levels), clean, noisy, variance, cross, square)


@functools.lru_cache(maxsize=8)  # 5 MB each
def _all_sums(digits: Digits, noise: str, level: float, clip: bool) -> _Sums:
    return _sums(levels_of(digits), noise, level, clip)


def fit(noise: str, level: float, clip: bool, digits: Digits, exclude: Tensor | None) -> Wiener:
    """The normal equations with the noise's exact moments: no noise is sampled.

    The pixels are independent given the digit, so cov(x~) = cov(m) + diag(E var(x~ | x)) and cov(x~, x) = cov(m, x)
    with m = E[x~ | x]; for unclipped Gaussian noise that is C + sigma^2 I and C. Block noise is the exception: its
    square is independent of the digit, so its second moments are the digits' times the square's.
    """
    excluded = excluded_from(levels_of(digits), exclude)
    sums = _all_sums(digits, noise, level, clip)
    if excluded.any():
        sums = sums - _sums(levels_of(digits)[excluded], noise, level, clip)
    if not sums.count:
        raise ValueError("A Wiener filter needs at least one digit to be fitted on.")
    clean, noisy, variance, cross, square = (
        part.double() / sums.count for part in (sums.clean, sums.noisy, sums.variance, sums.cross, sums.square)
    )
    if noise == "block":
        seen = (~squares(level, digits.images.shape[-1])).flatten(1).double()
        chance = seen.mean(0)
        noisy, cross, square = noisy * chance, cross * chance[:, None], square * (seen.T @ seen / len(seen))
    covariance = square - noisy[:, None] * noisy + torch.diag(variance + RIDGE)
    weight = torch.linalg.solve(covariance, cross - noisy[:, None] * clean)
    return Wiener(weight.float(), (clean - noisy @ weight).float(), description(digits, excluded))
