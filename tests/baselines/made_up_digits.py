"""Settings of every noise, and small digits whose yardsticks can be worked out the slow way."""

import torch

from dae.data import Digits

SETTINGS = [
    ("gaussian", 0.5, True),
    ("gaussian", 0.5, False),
    ("masking", 0.4, True),
    ("salt_and_pepper", 0.3, True),
    ("dropout", 0.3, True),
    ("speckle", 1.2, True),
    ("block", 0.4, True),
]


def digits_like(count: int, height: int, width: int, seed: int = 0) -> Digits:
    """Small pictures of 8-bit greys, a third of them black and a sixth white, as in digits."""
    generator = torch.Generator().manual_seed(seed)
    greys = torch.randint(-128, 320, (count, 1, height, width), generator=generator).clamp(0, 255)
    return Digits(greys / 255, torch.arange(count) % 10, f"made up ({count})")
