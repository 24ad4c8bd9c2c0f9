"""The fully connected network, its variational form, and its greedy training layer by layer."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dae.models.autoencoder import Autoencoder, Output, fresh
from dae.models.config import PIXELS, ModelConfig


class MLP(Autoencoder):
    """Fully connected: 784 - hidden - latent_dim - hidden mirrored - 784.

    `pairs` limits the network to its outer encoder and decoder layers, for greedy layer-wise training
    (Bengio et al. 2007): with one pair, 784 - first width - 784.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        widths = (PIXELS, *config.hidden, config.latent_dim)
        steps = list(pairwise(widths))
        self.encoder = nn.ModuleList(nn.Linear(i, o) for i, o in steps)
        if config.variational:
            self.encoder[-1] = nn.Linear(widths[-2], 2 * config.latent_dim)
        if config.tied:
            self.decoder_biases = nn.ParameterList(torch.zeros(i) for i, _ in reversed(steps))
        else:
            self.decoder = nn.ModuleList(nn.Linear(o, i) for i, o in reversed(steps))
        self.pairs = len(steps)

    def encode_raw(self, images: Tensor) -> Tensor:
        hidden = images.flatten(1)
        *inner, last = list(self.encoder)[: self.pairs]  # a slice of a ModuleList is a new module, at each step
        for layer in inner:
            hidden = self.activation(layer(hidden))
        return last(hidden)

    def decoder_weights(self) -> list[tuple[Tensor, Tensor]]:
        """Weight `(out, in)` and bias `(out,)` of each decoder layer, from the code to the pixels."""
        if self.config.tied:
            weights = [layer.weight.T for layer in reversed(self.encoder)]
            return list(zip(weights, self.decoder_biases, strict=True))
        return [(layer.weight, layer.bias) for layer in self.decoder]

    def decode_raw(self, code: Tensor) -> Tensor:
        *inner, last = self.decoder_weights()[-self.pairs :]
        for weight, bias in inner:
            code = self.activation(F.linear(code, weight, bias))
        return F.linear(code, *last).view(-1, 1, 28, 28)

    def encode(self, images: Tensor) -> Tensor:
        if self.config.variational:
            return self.encode_raw(images)[:, : self.config.latent_dim]
        if self.pairs < len(self.encoder):
            return self.activation(self.encode_raw(images))
        return super().encode(images)

    def run(self, noisy: Tensor, generator: torch.Generator | None = None) -> Output:
        """As `Autoencoder.run`; variational: z = mean + sigma e while training (Kingma & Welling 2014, eq. 10)."""
        if not self.config.variational:
            return super().run(noisy, generator)
        mean, log_variance = self.encode_raw(noisy).chunk(2, dim=1)
        code = mean
        if self.training:
            draws = torch.randn(mean.shape, generator=generator, dtype=mean.dtype, device=mean.device)
            code = mean + torch.exp(0.5 * log_variance) * draws
        logits = self.decode_raw(code)
        return Output(self.output(logits), logits, code, mean, log_variance)

    def untie(self) -> MLP:
        """The same function with a decoder of its own, to fine-tune without the tie."""
        if not self.config.tied:
            return self
        untied = fresh(MLP, replace(self.config, tied=False)).to(next(self.parameters()).device).train(self.training)
        untied.encoder.load_state_dict(self.encoder.state_dict())
        with torch.no_grad():
            for layer, (weight, bias) in zip(untied.decoder, self.decoder_weights(), strict=True):
                layer.weight.copy_(weight)
                layer.bias.copy_(bias)
        return untied
