"""A U-Net for pictures of any size: what of a photo is ink."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dae.models.autoencoder import Autoencoder, Output
from dae.models.config import ModelConfig, NoCodeError
from dae.models.unet import ResidualBlock

LEAST_SPREAD = 0.02  # of the grey levels; a photo that varies less is not made to vary more


class PhotoUNet(Autoencoder):
    """The U-Net (Ronneberger et al. 2015) without its fully connected layer, so that a picture may have any size.

    2x2 blocks of pixels become channels first, as in `UNet`. A photo is given as it is: its grey levels are brought to
    median 0 and standard deviation 1 here, so that neither the light nor the paper's shade matters.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        channels = config.channels
        self.step = 2 ** len(channels)  # a side is a multiple of it
        self.stem = nn.Conv2d(4, channels[0], 3, padding=1)
        self.down, self.shrink, self.grow, self.up = (nn.ModuleList() for _ in range(4))
        for before, after in pairwise(channels):
            self.down.append(ResidualBlock(before, before, self.activation))
            self.shrink.append(nn.Conv2d(before, after, 2, 2))
            self.grow.insert(0, nn.ConvTranspose2d(after, before, 2, 2))
            self.up.insert(0, ResidualBlock(2 * before, before, self.activation))
        last = channels[-1]
        self.middle = nn.ModuleList(ResidualBlock(last, last, self.activation) for _ in range(2))
        self.head = nn.Conv2d(channels[0], 4, 3, padding=1)

    def encode(self, images: Tensor) -> Tensor:
        raise NoCodeError("This network has skip connections past its bottleneck: it has no code to look at.")

    def decode(self, code: Tensor) -> Tensor:
        raise NoCodeError("This network has skip connections past its bottleneck: no code can be decoded.")

    def run(self, noisy: Tensor, generator: torch.Generator | None = None) -> Output:
        """Photos (N, 1, H, W) to ink (N, 1, H, W); both sides are padded to multiples of `step` on the way."""
        height, width = noisy.shape[-2:]
        photos = F.pad(standardised(noisy), (0, -width % self.step, 0, -height % self.step), mode="replicate")
        hidden = self.stem(F.pixel_unshuffle(photos, 2).contiguous(memory_format=torch.channels_last))
        skips = []
        for block, shrink in zip(self.down, self.shrink, strict=True):
            hidden = block(hidden)
            skips.append(hidden)
            hidden = shrink(hidden)
        for block in self.middle:
            hidden = block(hidden)
        for grow, block in zip(self.grow, self.up, strict=True):
            hidden = block(torch.cat((grow(hidden), skips.pop()), 1))
        logits = F.pixel_shuffle(self.head(self.activation(hidden)), 2)[..., :height, :width]
        return Output(self.output(logits), logits, None)


def standardised(photos: Tensor) -> Tensor:
    """Photos (N, 1, H, W), each with median 0 and standard deviation 1."""
    levels = photos.flatten(1)
    median = levels.median(1).values
    spread = levels.std(1, correction=0).clamp_min(LEAST_SPREAD)
    return (photos - median.view(-1, 1, 1, 1)) / spread.view(-1, 1, 1, 1)
