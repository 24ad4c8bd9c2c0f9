"""Autoencoders built from a config: fully connected, convolutional, variational, and U-Nets.

    model = build(ModelConfig(hidden=(512,), latent_dim=64), seed=0)
    reconstruction = model(noisy)                # (N, 1, 28, 28) -> (N, 1, 28, 28)
    code = model.encode(noisy)                   # (N, latent_dim)

Every network is f(x~) = output(decoder(code)), code = sparsity(activation(encoder(x~))).
"""

from dae.models.autoencoder import Autoencoder, Output, fresh
from dae.models.config import (
    ACTIVATIONS,
    OUTPUTS,
    PIXELS,
    STAGES,
    ModelConfig,
    NoCodeError,
    compression_ratio,
    describe_widths,
)
from dae.models.conv import Conv, PooledConv, ValidConv
from dae.models.mlp import MLP
from dae.models.photo import PhotoUNet
from dae.models.unet import UNet

__all__ = [
    "ACTIVATIONS",
    "ARCHITECTURES",
    "MLP",
    "OUTPUTS",
    "PIXELS",
    "STAGES",
    "Autoencoder",
    "Conv",
    "ModelConfig",
    "NoCodeError",
    "Output",
    "PhotoUNet",
    "PooledConv",
    "UNet",
    "ValidConv",
    "build",
    "compression_ratio",
    "describe_widths",
]

ARCHITECTURES: dict[str, type[Autoencoder]] = {
    "mlp": MLP,
    "conv": Conv,
    "pooled_conv": PooledConv,
    "valid_conv": ValidConv,
    "unet": UNet,
    "photo_unet": PhotoUNet,
}


def build(config: ModelConfig, seed: int = 0) -> Autoencoder:
    """A fresh network; the same seed gives the same initial weights and leaves torch's global generator alone.

    Raises:
        ValueError: settings that do not fit together, with the reason.
    """
    return fresh(ARCHITECTURES[config.architecture], config, seed)
