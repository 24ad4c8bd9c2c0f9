"""Total variation: flat areas, sharp edges."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from dae.baselines.images import filtered
from dae.baselines.record import tuned


@dataclass(frozen=True)
class TotalVariation:
    """Total-variation denoising (Chambolle 2004): the larger the weight, the flatter the picture."""

    weight: float

    @property
    def details(self) -> str:
        return f"total variation, weight {self.weight:.3g}"

    def __call__(self, noisy: Tensor) -> Tensor:
        from skimage.restoration import denoise_tv_chambolle

        return filtered(noisy, lambda pictures: [denoise_tv_chambolle(p, self.weight) for p in pictures], self.weight)


def make(noise: str, level: float, clip: bool) -> TotalVariation:
    return TotalVariation(tuned("tv", noise, level, clip))
