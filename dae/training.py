"""The training loop: one generator that trains and reports.

    for progress in fit(model, train.images, Stage(noises=(TrainingNoise("gaussian", 0.5),), epochs=5), seed=0):
        print(progress.step, progress.loss)

Images stay in memory on the device; the permutation and the noise are drawn there too.
"""

from __future__ import annotations

import contextlib
import logging
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

from dae.models import MLP, Autoencoder, Output, build
from dae.noise import NOISES, seeded

if TYPE_CHECKING:
    from dae.recipes import Recipe

log = logging.getLogger(__name__)

LOSSES = ("mse", "bce", "bce_with_logits")
SCHEDULES = ("constant", "cosine", "plateau")
REPORT_SECONDS = 0.25


class TrainingDiverged(ValueError):
    """The loss is no longer finite; the network was given back its last good weights."""


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

    def __post_init__(self) -> None:
        if self.loss not in LOSSES:
            raise ValueError(f"There is no loss called {self.loss!r}; there are {', '.join(LOSSES)}.")
        if self.schedule not in SCHEDULES:
            raise ValueError(f"There is no schedule called {self.schedule!r}; there are {', '.join(SCHEDULES)}.")
        if not (self.batch_size >= 1 and 0 < self.epochs < math.inf and 0 < self.learning_rate < math.inf):
            raise ValueError("Batch size, epochs and learning rate must be finite and above 0.")
        if self.precision not in ("float32", "bfloat16"):
            raise ValueError("The precision is float32 or bfloat16.")


@dataclass(frozen=True)
class Progress:
    """What one report of `fit` says. Losses are those of training, penalties included."""

    step: int
    steps: int  # in all; with a time limit, those made so far
    epoch: float
    seconds: float
    loss: float  # mean since the last report; NaN before the first step
    learning_rate: float
    samples_per_second: float
    fraction: float  # of the planned steps or seconds, 0 to 1


def loss_of(output: Output, clean: Tensor, stage: Stage, model: Autoencoder) -> Tensor:
    """The training loss of one batch: reconstruction + sparsity penalty + KL to N(0, I). A scalar.

    MSE: mean of (x' - x)^2. BCE: mean of -x log x' - (1 - x) log(1 - x'). The KL of a variational code (Kingma &
    Welling 2014, appendix B) is summed over the code and divided by the 784 pixels, as the reconstruction is.

    Raises:
        ValueError: a BCE of outputs that are not probabilities.
    """
    if stage.loss == "mse":
        loss = F.mse_loss(output.reconstruction, clean)
    elif stage.loss == "bce_with_logits":
        loss = F.binary_cross_entropy_with_logits(output.logits, clean)
    else:
        loss = F.binary_cross_entropy(output.reconstruction, clean)
    if output.mean is not None:
        divergence = -0.5 * (1 + output.log_variance - output.mean.square() - output.log_variance.exp()).sum(1).mean()
        loss = loss + stage.kl_weight * divergence / clean[0].numel()
    if output.code is not None:
        loss = loss + model.config.sparsity.penalty(output.code)
    return loss


def check(model: Autoencoder, images: Tensor, stage: Stage) -> None:
    """Refuse settings that make no sense together.

    Raises:
        ValueError: with the reason.
    """
    if stage.loss != "mse" and model.config.output != "sigmoid":
        raise ValueError("Binary cross-entropy reads the output as probabilities: it needs a sigmoid output.")
    if stage.batch_size > len(images):
        raise ValueError(f"A batch of {stage.batch_size} is larger than the {len(images)} training digits.")
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
    shares = clean.tensor_split(len(stage.noises))
    return torch.cat([noise(share, generator) for noise, share in zip(stage.noises, shares, strict=True)])


def trainable(model: Autoencoder, stage: Stage) -> list[torch.nn.Parameter]:
    """The parameters that a stage trains; the others are frozen."""
    parameters = list(model.parameters())
    if stage.newest_pair_only:
        parameters = [*model.encoder[stage.pairs - 1].parameters(), *model.decoder[-stage.pairs].parameters()]
    elif stage.pairs:
        parameters = [p for layer in model.encoder[: stage.pairs] for p in layer.parameters()]
        parameters += [p for layer in model.decoder[-stage.pairs :] for p in layer.parameters()]
    kept = {id(parameter) for parameter in parameters}
    for parameter in model.parameters():
        parameter.requires_grad_(id(parameter) in kept)
    return parameters


def fit(
    model: Autoencoder,
    images: Tensor,
    stage: Stage,
    *,
    seed: int = 0,
    device: torch.device | str = "cpu",
    seconds: float | None = None,
) -> Iterator[Progress]:
    """Train a network in place and report: once before any work, then about four times a second, and at the end.

    Args:
        model: the network; it is moved to the device and left in evaluation mode at the end.
        images: clean training digits `(N, 1, 28, 28)` in [0, 1].
        stage: noise, loss, optimiser and schedule.
        seed: of the permutation, the noise and the variational draws.
        device: where to train.
        seconds: stop after so long; the schedule is then stretched over the time instead of the epochs.

    Raises:
        ValueError: settings that make no sense together, before any work.
        TrainingDiverged: the loss is no longer finite; the network has its last good weights again.
    """
    check(model, images, stage)
    if seconds is not None and not seconds > 0:
        raise ValueError("The training time must be above 0 seconds.")
    device = torch.device(device)
    model.to(device, memory_format=torch.channels_last)
    images = images.to(device)
    generator = seeded(seed, device)
    if hasattr(model, "pairs"):
        model.pairs = stage.pairs or len(model.encoder)
    parameters = trainable(model, stage)
    optimizer = torch.optim.AdamW(
        parameters, lr=stage.learning_rate, weight_decay=stage.weight_decay, betas=(0.9, 0.999), fused=True
    )
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.1, patience=10)
    half = torch.autocast(device.type, torch.bfloat16) if stage.precision == "bfloat16" else contextlib.nullcontext()

    per_epoch = len(images) // stage.batch_size
    steps = max(1, round(stage.epochs * per_epoch)) if seconds is None else 10**12
    start = reported = time.monotonic()
    running, running_steps, epoch_loss = torch.zeros((), device=device), 0, torch.zeros((), device=device)
    good = None
    step = 0

    def report() -> Progress:
        nonlocal reported, running_steps, good
        now = time.monotonic()
        loss = float(running) / running_steps if running_steps else math.nan
        state = model.state_dict()
        # The last step can spoil the weights after a loss that was still finite.
        if running_steps and not (math.isfinite(loss) and all(bool(x.isfinite().all()) for x in state.values())):
            model.load_state_dict(good)
            raise TrainingDiverged(
                f"The loss stopped being a finite number at step {step}: the learning rate is too high for these "
                "settings. The network has its last good weights again."
            )
        good = {name: value.detach().clone() for name, value in state.items()}
        rate = running_steps * stage.batch_size / max(now - reported, 1e-9)
        reported, running_steps = now, 0
        running.zero_()
        return Progress(
            step=step,
            steps=steps if seconds is None else step,
            epoch=step / per_epoch,
            seconds=now - start,
            loss=loss,
            learning_rate=optimizer.param_groups[0]["lr"],
            samples_per_second=rate,
            fraction=step / steps if seconds is None else min(1.0, (now - start) / seconds),
        )

    try:
        yield report()
        model.train()
        while step < steps:
            if step % per_epoch == 0:
                order = torch.randperm(len(images), generator=generator, device=device)
                if step and stage.schedule == "plateau":
                    plateau.step(float(epoch_loss) / per_epoch)
                epoch_loss.zero_()
            elapsed = time.monotonic() - start
            if stage.schedule != "plateau":
                done = step / steps if seconds is None else min(1.0, elapsed / seconds)
                rate = stage.learning_rate * min(1.0, (step + 1) / (stage.warmup_steps + 1))
                if stage.schedule == "cosine":
                    rate *= 0.5 * (1 + math.cos(math.pi * done))
                optimizer.param_groups[0]["lr"] = rate
            first = step % per_epoch * stage.batch_size
            clean = images[order[first : first + stage.batch_size]]
            with half:
                output = model.run(spoil(clean, stage, generator), generator)
            loss = loss_of(Output(*(x.float() if x is not None else None for x in output)), clean, stage, model)
            optimizer.zero_grad()
            loss.backward()
            if stage.clip_norm:
                torch.nn.utils.clip_grad_norm_(parameters, stage.clip_norm)
            optimizer.step()
            running += loss.detach()
            epoch_loss += loss.detach()
            running_steps += 1
            step += 1
            if seconds is not None and time.monotonic() - start >= seconds:
                break
            if time.monotonic() - reported >= REPORT_SECONDS and step < steps:
                yield report()
                model.train()
        yield report()
    finally:
        model.requires_grad_(True)
        model.eval()


def resolve_device(name: str = "auto") -> torch.device:
    """`auto`: the GPU where there is one.

    Raises:
        ValueError: cuda was asked for and is not there.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise ValueError("There is no CUDA device here; use --device cpu.")
    return torch.device("cuda" if name == "auto" and torch.cuda.is_available() else name.replace("auto", "cpu"))


@dataclass(frozen=True)
class Report:
    """Where `run` stands: the network as it is now, the stage, and the stage's own progress."""

    model: Autoencoder
    stage: int
    progress: Progress
    percent: float  # of the whole recipe, 0 to 100
    seconds: float  # since the run began
    steps: int  # since the run began


def run(
    recipe: Recipe,
    images: Tensor,
    *,
    seed: int = 0,
    device: torch.device | str = "cpu",
    seconds: float | None = None,
) -> Iterator[Report]:
    """Build a recipe's network and train it through all its stages.

    Args:
        recipe: see `dae.recipes`.
        images: clean training digits `(N, 1, 28, 28)`.
        seed: of the weights, the order of the digits and the noise.
        device: where to train.
        seconds: see `fit`; for each stage.

    Raises:
        ValueError, TrainingDiverged: see `fit`.
    """
    model = build(recipe.model, seed)
    start = time.monotonic()
    total, before, steps = sum(stage.epochs for stage in recipe.stages), 0.0, 0
    for number, stage in enumerate(recipe.stages):
        if stage.untie:
            model = model.untie()
        for progress in fit(model, images, stage, seed=seed + 1000 * number, device=device, seconds=seconds):
            percent = 100 * (before + progress.fraction * stage.epochs) / total
            yield Report(model, number, progress, percent, time.monotonic() - start, steps + progress.step)
        before += stage.epochs
        steps += progress.step
