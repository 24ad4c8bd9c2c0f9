"""The convolutional networks with a code: strided, pooled, unpadded."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional as F

from dae.models.autoencoder import Autoencoder
from dae.models.config import PIXELS, ModelConfig


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
