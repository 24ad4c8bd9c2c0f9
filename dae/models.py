"""Autoencoders built from a config: fully connected, convolutional, variational, and a U-Net.

    model = build(ModelConfig(hidden=(512,), latent_dim=64), seed=0)
    reconstruction = model(noisy)                # (N, 1, 28, 28) -> (N, 1, 28, 28)
    code = model.encode(noisy)                   # (N, latent_dim)

Every network is f(x~) = output(decoder(code)), code = sparsity(activation(encoder(x~))).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dae import rules
from dae.sparsity import Sparsity

PIXELS = 28 * 28

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "identity": nn.Identity,
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "gelu": nn.GELU,
}
OUTPUTS = ("sigmoid", "identity", "leaky_relu")
# How many convolutional stages fit: unpadded ones use the picture up, and the U-Net's halves must meet again (14, 7).
STAGES = {"conv": (2, 8), "pooled_conv": (1, 8), "valid_conv": (1, 5), "unet": (1, 2)}


class NoCodeError(ValueError):
    """The network has no code to look at."""


@dataclass(frozen=True)
class ModelConfig:
    """Everything needed to build a network, before its weights."""

    architecture: str = "mlp"  # a key of ARCHITECTURES
    hidden: tuple[int, ...] = ()  # mlp: widths between the pixels and the code; the decoder mirrors them
    channels: tuple[int, ...] = ()  # convolutional: channels of each stage
    latent_dim: int = 64  # width of the code; the U-Net has none
    activation: str = "relu"  # between the layers
    code_activation: str = "identity"  # on the code
    output: str = "sigmoid"  # on the reconstruction, one of OUTPUTS
    tied: bool = False  # mlp: the decoder's weights are the encoder's, transposed
    variational: bool = False  # mlp: the code is drawn from N(mean, variance) while training
    sparsity: Sparsity = field(default_factory=Sparsity)

    def __post_init__(self) -> None:
        if self.architecture not in ARCHITECTURES:
            raise ValueError(f"There is no architecture called {self.architecture!r}.")
        for name in (self.activation, self.code_activation):
            if name not in ACTIVATIONS:
                raise ValueError(f"There is no activation called {name!r}; there are {', '.join(ACTIVATIONS)}.")
        if self.output not in OUTPUTS:
            raise ValueError(f"The output is one of {', '.join(OUTPUTS)}, not {self.output!r}.")
        widths = (*self.hidden, *self.channels, self.latent_dim)
        if not all(type(width) is int and 1 <= width <= 4096 for width in widths):  # True is an int, but no width
            raise ValueError("Widths, channels and the code size are whole numbers between 1 and 4096.")
        if len(self.hidden) > 8:
            raise ValueError("At most 8 hidden layers.")
        rules.check_tie(self.tied, self.architecture)
        if self.variational and self.architecture != "mlp":
            raise ValueError("Variational codes exist for the fully connected network only.")
        fewest, most = STAGES.get(self.architecture, (0, 8))
        if not fewest <= len(self.channels) <= most:
            raise ValueError(
                f"The {self.architecture} network takes {fewest} to {most} channel widths, not {len(self.channels)}."
            )
        if self.variational and self.sparsity.kind != "none":
            raise ValueError("A variational code has its own prior; it takes no sparsity.")
        if self.variational and (self.tied or self.code_activation != "identity"):
            raise ValueError("A variational code is unbounded and its two halves cannot be tied.")
        rules.check_penalty(self.sparsity.kind, self.code_activation)
        if self.architecture == "unet" and self.sparsity.kind != "none":
            raise ValueError("The U-Net has no code that could be sparse.")

    @property
    def has_code(self) -> bool:
        return self.architecture != "unet"


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
        for layer in self.encoder[: self.pairs - 1]:
            hidden = self.activation(layer(hidden))
        return self.encoder[self.pairs - 1](hidden)

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
        untied = build(replace(self.config, tied=False)).to(next(self.parameters()).device).train(self.training)
        untied.encoder.load_state_dict(self.encoder.state_dict())
        with torch.no_grad():
            for layer, (weight, bias) in zip(untied.decoder, self.decoder_weights(), strict=True):
                layer.weight.copy_(weight)
                layer.bias.copy_(bias)
        return untied


class Conv(Autoencoder):
    """Stride-2 convolutions down to 7x7, a linear code, and transposed convolutions back."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        first, *middle, last = config.channels
        self.encoder = nn.ModuleList([nn.Conv2d(1, first, 3, padding=1)])
        self.decoder = nn.ModuleList([nn.Conv2d(first, 1, 3, padding=1)])
        for i, (before, after) in enumerate(pairwise(config.channels)):
            stride = 2 if i < 2 else 1  # 28 -> 14 -> 7
            self.encoder.append(nn.Conv2d(before, after, 3, stride, 1))
            self.decoder.insert(
                0, nn.ConvTranspose2d(after, before, 4, 2, 1) if stride == 2 else nn.Conv2d(after, before, 3, 1, 1)
            )
        self.side = 28 // 2 ** min(2, len(middle) + 1)
        self.to_code = nn.Linear(last * self.side**2, config.latent_dim)
        self.from_code = nn.Linear(config.latent_dim, last * self.side**2)

    def encode_raw(self, images: Tensor) -> Tensor:
        for layer in self.encoder:
            images = self.activation(layer(images))
        return self.to_code(images.flatten(1))

    def decode_raw(self, code: Tensor) -> Tensor:
        hidden = self.activation(self.from_code(code)).unflatten(1, (-1, self.side, self.side))
        *inner, last = self.decoder
        for layer in inner:
            hidden = self.activation(layer(hidden))
        return last(hidden)


class PooledConv(Autoencoder):
    """Stride-2 3x3 convolutions, global average pooling to the code, bilinear upsampling back."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        channels = (1, *config.channels)
        steps = list(pairwise(channels))
        self.sizes = [28]
        for _ in steps:
            self.sizes.append((self.sizes[-1] + 1) // 2)  # 28, 14, 7, 4, 2
        self.encoder = nn.ModuleList(nn.Conv2d(i, o, 3, 2, 1) for i, o in steps)
        self.decoder = nn.ModuleList(nn.Conv2d(o, i, 3, 1, 1) for i, o in reversed(steps))
        self.to_code = nn.Linear(channels[-1], config.latent_dim)
        self.from_code = nn.Linear(config.latent_dim, channels[-1] * self.sizes[-1] ** 2)

    def encode_raw(self, images: Tensor) -> Tensor:
        for layer in self.encoder:
            images = self.activation(layer(images))
        return self.to_code(images.mean((2, 3)))

    def decode_raw(self, code: Tensor) -> Tensor:
        hidden = self.activation(self.from_code(code)).unflatten(1, (-1, self.sizes[-1], self.sizes[-1]))
        for i, (layer, size) in enumerate(zip(self.decoder, reversed(self.sizes[:-1]), strict=True)):
            hidden = layer(F.interpolate(hidden, size=(size, size), mode="bilinear"))
            if i < len(self.decoder) - 1:
                hidden = self.activation(hidden)
        return hidden


class ValidConv(Autoencoder):
    """Four unpadded 6x6 convolutions of 8 channels, 2x2 max pooling, and one linear layer from the code of 128."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        channels = (1, *config.channels)
        self.encoder = nn.ModuleList(nn.Conv2d(i, o, 6) for i, o in pairwise(channels))
        side = (28 - 5 * len(config.channels)) // 2
        if config.latent_dim != channels[-1] * side**2:
            raise ValueError(f"These convolutions give a code of {channels[-1] * side**2}, not {config.latent_dim}.")
        self.decoder = nn.Linear(config.latent_dim, PIXELS)

    def encode_raw(self, images: Tensor) -> Tensor:
        *inner, last = self.encoder
        for layer in inner:
            images = self.activation(layer(images))
        return F.max_pool2d(last(images), 2).flatten(1)

    def decode_raw(self, code: Tensor) -> Tensor:
        return self.decoder(code).view(-1, 1, 28, 28)


class ResidualBlock(nn.Module):
    """x + conv(activation(conv(activation(x)))), the last convolution starting at 0, so that no norm is needed."""

    def __init__(self, inputs: int, outputs: int, activation: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            activation,
            nn.Conv2d(inputs, outputs, 3, padding=1),
            activation,
            nn.Conv2d(outputs, outputs, 3, padding=1),
        )
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        nn.init.zeros_(self.layers[-1].weight)

    def forward(self, hidden: Tensor) -> Tensor:
        return self.skip(hidden) + self.layers(hidden)


class UNet(Autoencoder):
    """Encoder and decoder joined by skip connections (Ronneberger et al. 2015): no bottleneck, so no code.

    2x2 blocks of pixels become channels first (Shi et al. 2016), so that the convolutions work at 14x14 and below.
    Between two convolutional blocks at the bottom a fully connected layer of width `latent_dim` sees the whole
    digit at once; as the skips pass it by, it is no code.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        channels = config.channels
        self.stem = nn.Conv2d(4, channels[0], 3, padding=1)
        self.down, self.shrink, self.grow, self.up = (nn.ModuleList() for _ in range(4))
        for before, after in pairwise(channels):
            self.down.append(ResidualBlock(before, before, self.activation))
            self.shrink.append(nn.Conv2d(before, after, 2, 2))
            self.grow.insert(0, nn.ConvTranspose2d(after, before, 2, 2))
            self.up.insert(0, ResidualBlock(2 * before, before, self.activation))
        last, side = channels[-1], 14 // 2 ** (len(channels) - 1)
        self.middle = nn.ModuleList(ResidualBlock(last, last, self.activation) for _ in range(2))
        self.whole = nn.Sequential(
            nn.Conv2d(last, 32, 1),
            nn.Flatten(),
            nn.Linear(32 * side**2, config.latent_dim),
            self.activation,
            nn.Linear(config.latent_dim, 32 * side**2),
            nn.Unflatten(1, (32, side, side)),
            nn.Conv2d(32, last, 1),
        )
        self.head = nn.Conv2d(channels[0], 4, 3, padding=1)

    def encode(self, images: Tensor) -> Tensor:
        raise NoCodeError("This network has skip connections past its bottleneck: it has no code to look at.")

    def decode(self, code: Tensor) -> Tensor:
        raise NoCodeError("This network has skip connections past its bottleneck: no code can be decoded.")

    def run(self, noisy: Tensor, generator: torch.Generator | None = None) -> Output:
        hidden = self.stem(F.pixel_unshuffle(noisy, 2).contiguous(memory_format=torch.channels_last))
        skips = []
        for block, shrink in zip(self.down, self.shrink, strict=True):
            hidden = block(hidden)
            skips.append(hidden)
            hidden = shrink(hidden)
        hidden = self.middle[0](hidden)
        hidden = self.middle[1](hidden + self.whole(hidden))
        for grow, block in zip(self.grow, self.up, strict=True):
            hidden = block(torch.cat((grow(hidden), skips.pop()), 1))
        logits = F.pixel_shuffle(self.head(self.activation(hidden)), 2)
        return Output(self.output(logits), logits, None)


ARCHITECTURES: dict[str, type[Autoencoder]] = {
    "mlp": MLP,
    "conv": Conv,
    "pooled_conv": PooledConv,
    "valid_conv": ValidConv,
    "unet": UNet,
}


_BUILDING = threading.Lock()  # torch's layers draw from one generator for all threads


def build(config: ModelConfig, seed: int = 0) -> Autoencoder:
    """A fresh network; the same seed gives the same initial weights and leaves torch's global generator alone.

    Raises:
        ValueError: settings that do not fit together, with the reason.
    """
    with _BUILDING, torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)  # torch.manual_seed would reset the GPU's generators as well
        return ARCHITECTURES[config.architecture](config)


def compression_ratio(config: ModelConfig) -> float | None:
    """Pixels per code value, or None for a network without a code."""
    return PIXELS / config.latent_dim if config.has_code else None


def describe_widths(config: ModelConfig) -> Sequence[int]:
    """Layer widths from the pixels to the code and back (fully connected networks)."""
    half = (PIXELS, *config.hidden, config.latent_dim)
    return (*half, *half[-2::-1])
