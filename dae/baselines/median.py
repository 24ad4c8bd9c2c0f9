"""The median of each pixel's surroundings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from dae.baselines.images import filtered
from dae.baselines.record import tuned


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
        return filtered(noisy, lambda pictures: median(pictures, np.ones((1, self.size, self.size))))


def make(noise: str, level: float, clip: bool) -> Median:
    return Median(tuned("median", noise, level, clip))
