"""How well a network finds the ink of made-up photos, for each thing that may disturb.

measure(ink.network(), test)[0]["overlap"]               # on plain photos
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import torch
from torch import Tensor

from dae.data import Digits
from dae.noise import seeded
from dae.photographs import Photographs

PLAIN = {field.name: 0.0 for field in fields(Photographs)}
# Photos that are plain but for one thing each.
DISTURBED = {
    "plain": {},
    "pencil": {"pencil": 1.0},
    "ruled paper": {"lines": 1.0},
    "boxes": {"frame": 1.0},
    "captions": {"caption": 1.0},
    "neighbours": {"neighbours": 1.0},
    "several digits": {"several": 1.0},
    "shadow": {"uneven": 1.0, "shadow": 1.0},
    "edge of the sheet": {"sheet": 1.0, "texture": 1.0},
    "light on dark": {"light": 1.0},
    "sideways": {"sideways": 1.0},
    "noise and blur": {"blurred": 1.0, "noisy": 1.0, "compressed": 1.0},
    "everything": {field.name: field.default for field in fields(Photographs)} | {"bare": 0.0},
}
SHAPE = (128, 128)


@torch.inference_mode()
def measure(
    network: Callable[[Tensor], Tensor], digits: Digits, *, seed: int = 0, count: int = 96
) -> list[dict[str, Any]]:
    """How well the ink of made-up photos is found, for each thing that may disturb.

    Args:
        network: photos (N, 1, H, W) to ink (N, 1, H, W), on the CPU.
        digits: what is photographed; the first `count` are.
        seed: of the photos.

    Returns:
        a record for each of `DISTURBED`: `photos`, its name; `overlap`, the ink in common over that of either (the
        intersection over union at a threshold of 1/2), mean over the photos; `mse`; `digits`, how many there were.
    """
    records = []
    for name, shares in DISTURBED.items():
        photos, ink = Photographs(**(PLAIN | shares))(digits.images[:count], seeded(seed, "cpu"), SHAPE)
        found = torch.cat([network(part) for part in photos.split(32)])
        both, either = ((found > 0.5) & (ink > 0.5)).flatten(1).sum(1), ((found > 0.5) | (ink > 0.5)).flatten(1).sum(1)
        overlap = (both / either.clamp_min(1)).mean()
        mse = (found - ink).square().mean()
        records.append({"photos": name, "overlap": float(overlap), "mse": float(mse), "digits": len(photos)})
    return records
