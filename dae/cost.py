"""What a network costs, read off its config: nothing is allocated, whatever the config says.

cost(ModelConfig(hidden=(512,), latent_dim=64)).multiplications
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from dae.models import ARCHITECTURES, PIXELS, ModelConfig

# The largest network that a visitor may train or bring along. So many parameters fit into a file that can be uploaded.
MOST_PARAMETERS = 2_900_000
MOST_MULTIPLICATIONS = 250_000_000  # of one picture's way through it
MOST_VALUES = 128 * PIXELS  # that one picture makes in a layer: 128 channels at full size


class Cost(NamedTuple):
    """What a config asks for."""

    parameters: int  # numbers that the network learns
    multiplications: int  # of one picture's way through it
    values: int  # of the largest layer, for one picture

    @property
    def is_bearable(self) -> bool:
        """Whether a server can let anybody use such a network."""
        most = Cost(MOST_PARAMETERS, MOST_MULTIPLICATIONS, MOST_VALUES)
        return all(asked <= allowed for asked, allowed in zip(self, most, strict=True))


class _Counter(TorchDispatchMode):
    """Counts what torch is asked to compute."""

    def __init__(self) -> None:
        super().__init__()
        self.multiplications = self.values = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        aten = torch.ops.aten
        if func is aten.addmm.default or func is aten.mm.default:
            left, right = args[-2:]
            self.multiplications += left.shape[0] * right.numel()
        elif func is aten.convolution.default:
            # Each weight meets each place: of the result, or of what a transposed convolution spreads.
            (source, weight), is_transposed = args[:2], args[6]
            places = source if is_transposed else result
            self.multiplications += places.shape[2] * places.shape[3] * weight.numel()
        if isinstance(result, Tensor) and result.shape[:1] == (1,):  # of the one picture, and no turned weights
            self.values = max(self.values, result.numel())
        return result


@functools.lru_cache(maxsize=256)
def cost(config: ModelConfig) -> Cost:
    """The cost of a network, without its weights.

    Raises:
        ValueError, RuntimeError: a config that makes no network.
    """
    with torch.device("meta"), torch.no_grad():  # shapes only
        network = ARCHITECTURES[config.architecture](config).eval()
        with _Counter() as counter:
            network(torch.zeros(1, 1, 28, 28))
    return Cost(network.parameter_count, counter.multiplications, counter.values)
