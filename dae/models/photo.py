"""A U-Net for pictures of any size: what of a photo is ink."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from dae.models.autoencoder import Output
from dae.models.unet import ResidualUNet

LEAST_SPREAD = 0.02  # of the grey levels; a photo that varies less is not made to vary more


class PhotoUNet(ResidualUNet):
    """The U-Net without a fully connected layer, so that a picture may have any size.

    A photo is given as it is: its grey levels are brought to median 0 and standard deviation 1 here, so that neither
    the light nor the paper's shade matters.
    """

    def run(self, noisy: Tensor, generator: torch.Generator | None = None) -> Output:
        """Photos (N, 1, H, W) to ink (N, 1, H, W); both sides are padded on the way, so that they can be halved."""
        height, width = noisy.shape[-2:]
        step = 2 ** len(self.config.channels)
        photos = F.pad(standardised(noisy), (0, -width % step, 0, -height % step), mode="replicate")
        logits = self.logits(photos)[..., :height, :width]
        return Output(self.output(logits), logits, None)


def standardised(photos: Tensor) -> Tensor:
    """Photos (N, 1, H, W), each with median 0 and standard deviation 1."""
    levels = photos.flatten(1)
    median = levels.median(1).values
    spread = levels.std(1, correction=0).clamp_min(LEAST_SPREAD)
    return (photos - median.view(-1, 1, 1, 1)) / spread.view(-1, 1, 1, 1)
