"""Every corruption process, in one registry that the page, the command line and the tests all read.

    noisy = corrupt(clean, "gaussian", 0.5, seed=0)

Images are float32 `(N, 1, 28, 28)` in [0, 1]. A level is one number, or one per image `(N,)`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


def _like(sample: Callable[..., Tensor], shape: torch.Size | tuple[int, ...], clean: Tensor, generator) -> Tensor:
    """Draw where the generator lives, then move: a CPU seed gives the same picture on every device."""
    device = clean.device if generator is None else generator.device
    return sample(shape, generator=generator, device=device).to(clean)


def gaussian(clean: Tensor, level: Tensor, generator: torch.Generator | None, clip: bool = True) -> Tensor:
    """x + sigma e, e ~ N(0, I); clipped to [0, 1] unless `clip` is false (Vincent et al. 2010, section 3.3)."""
    noisy = _like(torch.randn, clean.shape, clean, generator).mul_(level).add_(clean)
    return noisy.clamp_(0, 1) if clip else noisy


def masking(clean: Tensor, level: Tensor, generator: torch.Generator | None) -> Tensor:
    """Each pixel set to 0 with probability p (Vincent et al. 2008)."""
    return clean * (_like(torch.rand, clean.shape, clean, generator) >= level)


def salt_and_pepper(clean: Tensor, level: Tensor, generator: torch.Generator | None) -> Tensor:
    """Each pixel set to 0 with probability p/2 and to 1 with probability p/2."""
    uniform = _like(torch.rand, clean.shape, clean, generator)
    # Pepper grows from the bottom and salt from the top, so a rising level only ever adds corrupted pixels.
    return clean.masked_fill(uniform < level / 2, 0.0).masked_fill(uniform >= 1 - level / 2, 1.0)


def dropout(clean: Tensor, level: Tensor, generator: torch.Generator | None) -> Tensor:
    """Each pixel set to 0 with probability p, the survivors divided by 1 - p: the mean stays, the range does not."""
    return masking(clean, level, generator) / (1 - level)


def speckle(clean: Tensor, level: Tensor, generator: torch.Generator | None) -> Tensor:
    """x + sigma x e, e ~ N(0, I), clipped to [0, 1]: noise in proportion to the ink."""
    return (clean + level * clean * _like(torch.randn, clean.shape, clean, generator)).clamp(0, 1)


def block(clean: Tensor, level: Tensor, generator: torch.Generator | None) -> Tensor:
    """One square of side round(28 level), at a random place inside the picture, set to 0."""
    size = clean.shape[-1]
    side = torch.round(level * size)
    corner = torch.floor(_like(torch.rand, (2, len(clean), 1, 1, 1), clean, generator) * (size - side + 1))
    position = torch.arange(size, device=clean.device)
    row, column = position.view(1, 1, -1, 1), position.view(1, 1, 1, -1)
    top, left = corner
    inside = (row >= top) & (row < top + side) & (column >= left) & (column < left + side)
    return clean.masked_fill(inside, 0.0)


@dataclass(frozen=True)
class Noise:
    """One corruption process and the range of its level."""

    key: str
    symbol: str  # what the level is called in formulas
    maximum: float  # the slider runs from 0 to here
    default: float
    apply: Callable[..., Tensor]  # (clean, level (N, 1, 1, 1), generator) -> noisy
    limit: float = math.inf  # no level beyond this makes sense
    can_clip: bool = False  # takes `clip`

    def levels(self, count: int) -> list[float]:
        """`count` levels evenly spread over the slider's range, both ends included."""
        return [round(self.maximum * i / (count - 1), 4) for i in range(count)]


NOISES: dict[str, Noise] = {
    noise.key: noise
    for noise in (
        Noise("gaussian", "σ", 1.5, 0.5, gaussian, can_clip=True),
        Noise("masking", "p", 0.95, 0.5, masking, limit=1.0),
        Noise("salt_and_pepper", "p", 0.95, 0.3, salt_and_pepper, limit=1.0),
        Noise("dropout", "p", 0.9, 0.5, dropout, limit=0.999),
        Noise("speckle", "σ", 3.0, 1.0, speckle),
        Noise("block", "s/28", 0.8, 0.4, block, limit=1.0),
    )
}


def seeded(seed: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator that starts at `seed` (any integer that fits in 64 bits)."""
    return torch.Generator(device).manual_seed(int(seed))


def corrupt(
    clean: Tensor,
    noise: str,
    level: float | Tensor,
    *,
    seed: int | None = None,
    generator: torch.Generator | None = None,
    clip: bool = True,
) -> Tensor:
    """Corrupt images with one of `NOISES`.

    Args:
        clean: images `(N, 1, 28, 28)` in [0, 1], on any device.
        noise: a key of `NOISES`.
        level: the strength, one number or one per image `(N,)`; 0 leaves the images as they are.
        seed: the same seed gives the same noise, on the page, in a script and on every device.
        generator: draws from this generator instead of a seed; without either, from torch's global one.
        clip: Gaussian only: false leaves values outside [0, 1], as some tutorials do.

    Returns:
        noisy images, of the same shape, type and device. In [0, 1] except for dropout and unclipped Gaussian.

    Raises:
        ValueError: an unknown noise, both a seed and a generator, a level that is not finite, below 0 or beyond the
            noise's limit, or a list of levels whose length is not N.
    """
    if noise not in NOISES:
        raise ValueError(f"There is no noise called {noise!r}; there are {', '.join(NOISES)}.")
    if seed is not None and generator is not None:
        raise ValueError("Give a seed or a generator, not both.")
    process = NOISES[noise]
    levels = torch.as_tensor(level, dtype=clean.dtype, device=clean.device)
    if levels.ndim > 1 or (levels.ndim == 1 and len(levels) != len(clean)):
        raise ValueError(f"A level is one number or one per image: {len(clean)} images, {tuple(levels.shape)} levels.")
    if not bool(((levels >= 0) & (levels <= process.limit) & levels.isfinite()).all()):
        raise ValueError(f"The level of {noise} must lie between 0 and {process.limit:g}.")
    generator = seeded(seed) if seed is not None else generator
    options = {"clip": clip} if process.can_clip else {}
    return process.apply(clean, levels.expand(len(clean)).view(-1, 1, 1, 1), generator, **options)
