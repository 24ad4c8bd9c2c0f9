"""What a network is before its weights: architecture, widths, activations, sparsity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from torch import nn

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
# Each architecture, and how many convolutional stages fit: unpadded ones use the picture up, and the U-Net's halves
# must meet again (14, 7).
STAGES = {
    "mlp": (0, 8),
    "conv": (2, 8),
    "pooled_conv": (1, 8),
    "valid_conv": (1, 5),
    "unet": (1, 2),
    "photo_unet": (2, 5),
}
U_NETS = ("unet", "photo_unet")


class NoCodeError(ValueError):
    """The network has no code to look at."""


@dataclass(frozen=True)
class ModelConfig:
    """Everything needed to build a network, before its weights."""

    architecture: str = "mlp"  # a key of STAGES
    hidden: tuple[int, ...] = ()  # mlp: widths between the pixels and the code; the decoder mirrors them
    channels: tuple[int, ...] = ()  # convolutional: channels of each stage
    latent_dim: int = 64  # width of the code; U-Nets have none
    activation: str = "relu"  # between the layers
    code_activation: str = "identity"  # on the code
    output: str = "sigmoid"  # on the reconstruction, one of OUTPUTS
    tied: bool = False  # mlp: the decoder's weights are the encoder's, transposed
    variational: bool = False  # mlp: the code is drawn from N(mean, variance) while training
    sparsity: Sparsity = field(default_factory=Sparsity)
    initial: str = "default"  # weights: PyTorch's own, or xavier (Glorot & Bengio 2010, eq. 16; biases 0)

    def __post_init__(self) -> None:
        if self.architecture not in STAGES:
            raise ValueError(f"There is no architecture called {self.architecture!r}.")
        for name in (self.activation, self.code_activation):
            if name not in ACTIVATIONS:
                raise ValueError(f"There is no activation called {name!r}; there are {', '.join(ACTIVATIONS)}.")
        if self.output not in OUTPUTS:
            raise ValueError(f"The output is one of {', '.join(OUTPUTS)}, not {self.output!r}.")
        if self.initial not in ("default", "xavier"):
            raise ValueError("The initial weights are default or xavier.")
        widths = (*self.hidden, *self.channels, self.latent_dim)
        if not all(type(width) is int and 1 <= width <= 4096 for width in widths):  # True is an int, but no width
            raise ValueError("Widths, channels and the code size are whole numbers between 1 and 4096.")
        if len(self.hidden) > 8:
            raise ValueError("At most 8 hidden layers.")
        rules.check_tie(self.tied, self.architecture)
        if self.variational and self.architecture != "mlp":
            raise ValueError("Variational codes exist for the fully connected network only.")
        fewest, most = STAGES[self.architecture]
        if not fewest <= len(self.channels) <= most:
            raise ValueError(
                f"The {self.architecture} network takes {fewest} to {most} channel widths, not {len(self.channels)}."
            )
        if self.variational and self.sparsity.kind != "none":
            raise ValueError("A variational code has its own prior; it takes no sparsity.")
        if self.variational and (self.tied or self.code_activation != "identity"):
            raise ValueError("A variational code is unbounded and its two halves cannot be tied.")
        rules.check_penalty(self.sparsity.kind, self.code_activation)
        if self.architecture in U_NETS and self.sparsity.kind != "none":
            raise ValueError("The U-Net has no code that could be sparse.")

    @property
    def has_code(self) -> bool:
        return self.architecture not in U_NETS


def compression_ratio(config: ModelConfig) -> float | None:
    """Pixels per code value, or None for a network without a code."""
    return PIXELS / config.latent_dim if config.has_code else None


def describe_widths(config: ModelConfig) -> Sequence[int]:
    """Layer widths from the pixels to the code and back (fully connected networks)."""
    half = (PIXELS, *config.hidden, config.latent_dim)
    return (*half, *half[-2::-1])
