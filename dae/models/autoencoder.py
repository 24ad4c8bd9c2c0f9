"""What all networks share."""

from __future__ import annotations

import threading
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dae.models.config import ACTIVATIONS, ModelConfig


class Output(NamedTuple):
    """One forward pass, with what losses and penalties need."""

    reconstruction: Tensor  # (N, 1, 28, 28)
    logits: Tensor  # (N, 1, 28, 28), before the output activation
    code: Tensor | None  # (N, latent_dim), None where there is none
    mean: Tensor | None = None  # (N, latent_dim), variational only
    log_variance: Tensor | None = None  # (N, latent_dim), variational only


class Autoencoder(nn.Module):
    """What all networks share. Subclasses give `encode_raw` and `decode_raw`."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.activation = ACTIVATIONS[config.activation]()
        self.code_activation = ACTIVATIONS[config.code_activation]()

    def encode_raw(self, images: Tensor) -> Tensor:
        """Images `(N, 1, 28, 28)` to the code before its activation `(N, latent_dim)`."""
        raise NotImplementedError

    def decode_raw(self, code: Tensor) -> Tensor:
        """Codes `(N, latent_dim)` to images before the output activation `(N, 1, 28, 28)`."""
        raise NotImplementedError

    def encode(self, images: Tensor) -> Tensor:
        """The code of images `(N, 1, 28, 28)`, after activation and sparsity: `(N, latent_dim)`."""
        return self.config.sparsity.activate(self.code_activation(self.encode_raw(images)), self.training)

    def decode(self, code: Tensor) -> Tensor:
        """The picture of each code `(N, latent_dim)`: `(N, 1, 28, 28)`."""
        return self.output(self.decode_raw(code))

    def output(self, logits: Tensor) -> Tensor:
        """The output activation."""
        if self.config.output == "sigmoid":
            return torch.sigmoid(logits)
        return F.leaky_relu(logits) if self.config.output == "leaky_relu" else logits

    def run(self, noisy: Tensor, generator: torch.Generator | None = None) -> Output:
        """Forward pass with logits and code; what is random while training is drawn from the generator."""
        code = self.encode(noisy)
        logits = self.decode_raw(code)
        return Output(self.output(logits), logits, code)

    def forward(self, noisy: Tensor) -> Tensor:
        """Restore noisy images: `(N, 1, 28, 28)` to the same."""
        return self.run(noisy).reconstruction

    @property
    def parameter_count(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters())


T = TypeVar("T", bound=Autoencoder)
_BUILDING = threading.Lock()  # torch's layers draw from one generator for all threads


def fresh(network: type[T], config: ModelConfig, seed: int = 0) -> T:
    """A network with new weights; the same seed gives the same ones and leaves torch's global generator alone."""
    with _BUILDING, torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)  # torch.manual_seed would reset the GPU's generators as well
        model = network(config)
        if config.initial == "xavier":
            for parameter in model.parameters():
                nn.init.xavier_uniform_(parameter) if parameter.ndim > 1 else nn.init.zeros_(parameter)
        return model
