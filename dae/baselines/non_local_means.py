"""Non-local means: pixels averaged whose surroundings are alike."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from dae.baselines.images import filtered
from dae.baselines.record import tuned


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
        return filtered(noisy, lambda pictures: [denoise_nl_means(p, **options) for p in pictures], self.h)


def make(noise: str, level: float, clip: bool) -> NonLocalMeans:
    return NonLocalMeans(tuned("nlm", noise, level, clip), known_sigma(noise, level, clip))


def known_sigma(noise: str, level: float, clip: bool) -> float:
    """Non-local means takes noise for plain Gaussian: only there it is told the sigma."""
    return level if noise == "gaussian" and not clip else 0.0
