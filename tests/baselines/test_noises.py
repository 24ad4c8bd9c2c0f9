"""What is written down of the noises against the noises."""

import pytest
import torch
from made_up_digits import SETTINGS

from dae.baselines.noises import Pixel
from dae.noise import corrupt


@pytest.mark.parametrize(("noise", "level", "clip"), [s for s in SETTINGS if s[0] != "block"])
def test_moments_are_the_noises(noise, level, clip):
    """Against the noise itself, 200,000 times on each of five greys."""
    greys = torch.tensor([0, 1, 100, 200, 255], dtype=torch.float64) / 255
    noisy = corrupt(greys.float().expand(200_000, 1, 1, 5), noise, level, seed=0, clip=clip).double()[:, 0, 0]
    mean, variance = Pixel.of(noise, level, clip).moments(greys)
    torch.testing.assert_close(noisy.mean(0), mean, atol=0.005, rtol=0)
    torch.testing.assert_close(noisy.var(0), variance, atol=0.005, rtol=0.01)
