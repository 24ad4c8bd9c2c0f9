"""What the tests of the yardsticks share."""

import pytest
import torch

from dae import data
from dae.data import Digits


@pytest.fixture(scope="session")
def few() -> Digits:
    return data.gallery()[torch.arange(0, 5000, 25)]
