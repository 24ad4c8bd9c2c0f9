"""What the tests of runs share."""

import pytest
import torch

from dae.data import Digits


@pytest.fixture
def few(digits, split):
    """60 digits to train on, 500 to judge by."""
    return Digits(digits, torch.arange(10).repeat_interleave(6), "sixty"), split[1]
