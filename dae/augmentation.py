"""Made-up training digits: small random changes of the real ones, drawn anew for every batch.

augmentation = Augmentation(rotation=7, shear=0.1, scale=0.06, shift=1, share=0.5)
digits = augmentation(clean, generator)      # (N, 1, 28, 28) -> the same
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Augmentation:
    """Random affine maps of digits, each number drawn uniformly up to its bound, in either direction.

    A network with many weights learns its training digits by heart; of digits that are never the same it cannot.
    """

    rotation: float = 0.0  # degrees
    shear: float = 0.0  # how far a row slides sideways for each row that it lies from the middle, in pixels
    scale: float = 0.0  # of width and height, each on its own: by a factor of 1 - scale to 1 + scale
    shift: float = 0.0  # pixels, sideways and upright
    share: float = 1.0  # of each batch; the rest is left as it is

    def __post_init__(self) -> None:
        if not all(0 <= getattr(self, field.name) < math.inf for field in fields(self)):
            raise ValueError("An augmentation's bounds are finite numbers and not negative.")
        if not (self.scale < 1 and self.share <= 1):
            raise ValueError("An augmentation's scale must lie below 1, and its share of each batch at 1 or below.")

    def __call__(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        """Change the first part of a batch `(N, 1, 28, 28)` in [0, 1]: `share` of it. The generator shares its device.

        Outside the picture there is no ink; between its pixels the values are interpolated with cubics, which keep
        strokes as sharp as they were, and clipped to [0, 1].
        """
        changed, kept = clean.tensor_split([round(self.share * len(clean))])
        maps = self.maps(len(changed), clean.shape[-1], generator)
        grid = F.affine_grid(maps, list(changed.shape), align_corners=False)
        changed = F.grid_sample(changed, grid, mode="bicubic", align_corners=False).clamp(0, 1)
        return torch.cat([changed, kept])

    def maps(self, count: int, size: int, generator: torch.Generator) -> Tensor:
        """Random maps `(count, 2, 3)` from places in the new picture to places in the old one, as `affine_grid` takes.

        Its places run from -1 to 1 across the `size` pixels.
        """
        draws = 2 * torch.rand((6, count), generator=generator, device=generator.device) - 1
        angle, shear = draws[0] * math.radians(self.rotation), draws[1] * self.shear
        width, height = 1 + draws[2:4] * self.scale
        shift = draws[4:6].T * self.shift * 2 / size
        cos, sin, one, zero = angle.cos(), angle.sin(), torch.ones_like(angle), torch.zeros_like(angle)

        def matrices(*entries: Tensor) -> Tensor:
            return torch.stack(entries, 1).view(-1, 2, 2)

        linear = matrices(cos, sin, -sin, cos) @ matrices(one, shear, zero, one)
        linear = linear @ matrices(1 / width, zero, zero, 1 / height)
        return torch.cat([linear, -linear @ shift.unsqueeze(2)], 2)


def bent(clean: Tensor, generator: torch.Generator, most: float = 0.9) -> Tensor:
    """Digits `(N, 1, 28, 28)` in [0, 1], each pixel shifted a little, its neighbours nearly as far.

    The shifts are normal at 5x5 places and cubic between them, as P. Simard et al. bend digits ("Best practices for
    convolutional neural networks", ICDAR 2003).

    Args:
        clean: the digits.
        generator: on their device.
        most: the shifts' standard deviation in pixels, of the digit that is bent most; of each it is drawn up to that.
    """
    count, _, height, width = clean.shape

    def draw(sample: Callable[..., Tensor], *shape: int) -> Tensor:
        return sample((count, *shape), generator=generator, device=generator.device)

    shifts = draw(torch.randn, 2, 5, 5) * draw(torch.rand, 1, 1, 1) * most * 2 / width
    shifts = F.interpolate(shifts, (height, width), mode="bicubic", align_corners=True).permute(0, 2, 3, 1)
    still = F.affine_grid(torch.eye(2, 3, device=clean.device).expand(count, 2, 3), list(clean.shape), False)
    return F.grid_sample(clean, still + shifts, mode="bicubic", align_corners=False).clamp(0, 1)
