"""The U-Net: skip connections past the bottleneck, so no code."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dae.models.autoencoder import Autoencoder, Output
from dae.models.config import ModelConfig, NoCodeError


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


class ResidualUNet(Autoencoder):
    """Encoder and decoder joined by skip connections (Ronneberger et al. 2015): no bottleneck, so no code.

    2x2 blocks of pixels become channels first (Shi et al. 2016), so that the convolutions work at half the sides.
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
        self.middle = nn.ModuleList(ResidualBlock(channels[-1], channels[-1], self.activation) for _ in range(2))
        self.add_between()
        self.head = nn.Conv2d(channels[0], 4, 3, padding=1)

    def add_between(self) -> None:
        """Add the modules of `between`."""

    def between(self, hidden: Tensor) -> Tensor:
        """What happens between the two blocks at the bottom: nothing."""
        return hidden

    def encode(self, images: Tensor) -> Tensor:
        raise NoCodeError("This network has skip connections past its bottleneck: it has no code to look at.")

    def decode(self, code: Tensor) -> Tensor:
        raise NoCodeError("This network has skip connections past its bottleneck: no code can be decoded.")

    def logits(self, images: Tensor) -> Tensor:
        """Images (N, 1, H, W) whose sides halve as often as there are channels -> what the output activation gets."""
        hidden = self.stem(F.pixel_unshuffle(images, 2).contiguous(memory_format=torch.channels_last))
        skips = []
        for block, shrink in zip(self.down, self.shrink, strict=True):
            hidden = block(hidden)
            skips.append(hidden)
            hidden = shrink(hidden)
        hidden = self.middle[1](self.between(self.middle[0](hidden)))
        for grow, block in zip(self.grow, self.up, strict=True):
            hidden = block(torch.cat((grow(hidden), skips.pop()), 1))
        return F.pixel_shuffle(self.head(self.activation(hidden)), 2)

    def run(self, noisy: Tensor, generator: torch.Generator | None = None) -> Output:
        logits = self.logits(noisy)
        return Output(self.output(logits), logits, None)


class UNet(ResidualUNet):
    """The U-Net of digits: at 14x14 and below.

    Between the two convolutional blocks at the bottom a fully connected layer of width `latent_dim` sees the whole
    digit at once; as the skips pass it by, it is no code.
    """

    def add_between(self) -> None:
        channels = self.config.channels
        last, side = channels[-1], 14 // 2 ** (len(channels) - 1)
        self.whole = nn.Sequential(
            nn.Conv2d(last, 32, 1),
            nn.Flatten(),
            nn.Linear(32 * side**2, self.config.latent_dim),
            self.activation,
            nn.Linear(self.config.latent_dim, 32 * side**2),
            nn.Unflatten(1, (32, side, side)),
            nn.Conv2d(32, last, 1),
        )

    def between(self, hidden: Tensor) -> Tensor:
        return hidden + self.whole(hidden)
