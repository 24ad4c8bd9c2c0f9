"""How a network is trained, as settings: the noise on its digits, the loss, the optimiser and its schedule.

    stage = Stage(noises=(TrainingNoise("gaussian", 0.5),), epochs=5)
    noisy = spoil(clean, stage, generator)       # (N, 1, 28, 28) -> the same

A recipe is a network and one stage or several in a row (`dae.recipes`); `dae.training` carries them out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from dae import rules
from dae.augmentation import Augmentation
from dae.models import MLP, Autoencoder
from dae.noise import NOISES
from dae.photographs import Photographs

LOSSES = ("mse", "bce", "bce_with_logits")
SCHEDULES = ("constant", "cosine", "plateau")


@dataclass(frozen=True)
class TrainingNoise:
    """A noise to train on, at levels drawn uniformly from [low, high] for each image."""

    key: str
    high: float
    low: float | None = None  # None: always `high`
    clip: bool = True  # Gaussian only

    def __post_init__(self) -> None:
        low = self.high if self.low is None else self.low
        if self.key not in NOISES:
            raise ValueError(f"There is no noise called {self.key!r}; there are {', '.join(NOISES)}.")
        if not 0 <= low <= self.high <= NOISES[self.key].limit or math.isinf(self.high):
            raise ValueError(f"The levels of {self.key} must lie between 0 and {NOISES[self.key].limit:g}, low first.")

    def __call__(self, clean: Tensor, generator: torch.Generator) -> Tensor:
        level = torch.full((len(clean), 1, 1, 1), self.high, device=clean.device)
        if self.low is not None:
            level = self.low + (self.high - self.low) * torch.rand(
                level.shape, generator=generator, device=clean.device
            )
        noise = NOISES[self.key]
        options = {"clip": self.clip} if noise.can_clip else {}
        return noise.apply(clean, level, generator, **options)


@dataclass(frozen=True)
class Stage:
    """How to train: noise, loss, optimiser, schedule. A recipe has one stage or several in a row."""

    noises: tuple[TrainingNoise, ...] = ()  # each batch is shared out among them; empty: clean to clean
    loss: str = "mse"  # one of LOSSES
    epochs: float = 10
    batch_size: int = 128
    learning_rate: float = 1e-3
    schedule: str = "constant"  # cosine: falls to 0; plateau: x0.1 after 10 epochs without a better loss
    warmup_steps: int = 0
    weight_decay: float = 0.0
    clip_norm: float = 0.0  # largest norm of the gradient, 0: not clipped
    kl_weight: float = 1.0  # variational only
    precision: str = "float32"  # or bfloat16, for the matrix products
    untie: bool = False  # start by giving the decoder its own weights
    pairs: int = 0  # greedy: train with this many outer layer pairs, 0: all
    newest_pair_only: bool = False  # greedy: freeze the pairs outside the newest
    augmentation: Augmentation | None = None  # of the clean digits, before the noise
    photographs: Photographs | None = None  # of the digits, instead of noise: their ink is wanted
    average: float = 0.0  # end with an exponential moving average of the weights, of this decay per step; 0: the last

    def __post_init__(self) -> None:
        if self.loss not in LOSSES:
            raise ValueError(f"There is no loss called {self.loss!r}; there are {', '.join(LOSSES)}.")
        if self.schedule not in SCHEDULES:
            raise ValueError(f"There is no schedule called {self.schedule!r}; there are {', '.join(SCHEDULES)}.")
        if not (self.batch_size >= 1 and 0 < self.epochs < math.inf and 0 < self.learning_rate < math.inf):
            raise ValueError("Batch size, epochs and learning rate must be finite and above 0.")
        if self.precision not in ("float32", "bfloat16"):
            raise ValueError("The precision is float32 or bfloat16.")
        if not 0 <= self.average < 1:
            raise ValueError("The decay of the average of the weights must lie between 0 and 1, 1 excluded.")


def check(model: Autoencoder, images: Tensor, stage: Stage) -> None:
    """Refuse settings that make no sense together.

    Raises:
        ValueError: with the reason; a SettingsError where it is one of `dae.rules`.
    """
    rules.check_loss(stage.loss, model.config.output)
    rules.check_batch(stage.batch_size, len(images))
    if images.shape[1:] != (1, 28, 28):
        raise ValueError(f"Training digits are (N, 1, 28, 28), not {tuple(images.shape)}.")
    if stage.pairs or stage.newest_pair_only:
        if not isinstance(model, MLP) or model.config.tied or model.config.variational:
            raise ValueError("Layer-wise training needs a fully connected network whose decoder has its own weights.")
        if not 1 <= stage.pairs <= len(model.encoder):
            raise ValueError(f"This network has 1 to {len(model.encoder)} layer pairs to train, not {stage.pairs}.")


def spoil(clean: Tensor, stage: Stage, generator: torch.Generator) -> Tensor:
    """Corrupt a batch: each of the stage's noises gets an equal share of it."""
    if not stage.noises:
        return clean
    if len(stage.noises) == 1:
        return stage.noises[0](clean, generator)
    shares = clean.tensor_split(len(stage.noises))
    return torch.cat([noise(share, generator) for noise, share in zip(stage.noises, shares, strict=True)])


def example(clean: Tensor, stage: Stage, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """What a network is given and what it shall answer, made of a batch of clean digits."""
    if stage.photographs:
        return stage.photographs(clean, generator)
    return spoil(clean, stage, generator), clean
