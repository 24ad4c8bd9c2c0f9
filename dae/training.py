"""The training loop: one generator that trains and reports.

    for progress in fit(model, train.images, Stage(noises=(TrainingNoise("gaussian", 0.5),), epochs=5), seed=0):
        print(progress.step, progress.loss)

Images stay in memory on the device; the permutation and the noise are drawn there too.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from dae.models import Autoencoder, Output
from dae.noise import seeded
from dae.stages import Stage, check, example

REPORT_SECONDS = 0.25


class TrainingDiverged(ValueError):
    """The loss is no longer finite; the network was given back its last good weights."""


@dataclass(frozen=True)
class Progress:
    """What one report of `fit` says. Losses are those of training, penalties included."""

    step: int
    steps: int  # in all; with nothing but a time limit, those made so far
    epoch: float
    seconds: float
    loss: float  # mean since the last report; NaN before the first step
    learning_rate: float
    samples_per_second: float
    fraction: float  # of the planned steps or seconds, 0 to 1
    error: float = math.nan  # mean squared error of the batches since the last report; NaN before the first step


def loss_of(output: Output, clean: Tensor, stage: Stage, model: Autoencoder) -> Tensor:
    """The training loss of one batch: reconstruction + sparsity penalty + KL to N(0, I). A scalar, made in float32.

    MSE: mean of (x' - x)^2. BCE: mean of -x log x' - (1 - x) log(1 - x'). The KL of a variational code (Kingma &
    Welling 2014, appendix B) is summed over the code and divided by the 784 pixels, as the reconstruction is.

    Raises:
        ValueError: a BCE of outputs that are not probabilities.
    """
    return _with_penalties(_reconstruction_loss(output, clean, stage), output, clean, stage, model)


def _reconstruction_loss(output: Output, clean: Tensor, stage: Stage) -> Tensor:
    if stage.loss == "mse":
        return F.mse_loss(output.reconstruction.float(), clean)
    if stage.loss == "bce_with_logits":
        return F.binary_cross_entropy_with_logits(output.logits.float(), clean)
    return F.binary_cross_entropy(output.reconstruction.float(), clean)


def _with_penalties(loss: Tensor, output: Output, clean: Tensor, stage: Stage, model: Autoencoder) -> Tensor:
    if output.mean is not None:
        mean, log_variance = output.mean.float(), output.log_variance.float()
        divergence = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum(1).mean()
        loss = loss + stage.kl_weight * divergence / clean[0].numel()
    if output.code is not None:
        loss = loss + model.config.sparsity.penalty(output.code.float())
    return loss


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


@dataclass(frozen=True)
class Snapshot:
    """Where a training stands, in CPU tensors: enough to go on as if it had never stopped, in another process too."""

    weights: dict[str, Tensor]
    optimizer: dict[str, Any]
    plateau: dict[str, Any]
    generator: Tensor  # its state
    epoch_generator: Tensor  # its state when the present epoch's order was drawn
    epoch_loss: Tensor
    step: int
    seconds: float
    average: dict[str, Any] | None = None  # of the weights, where the stage keeps one


@dataclass(frozen=True)
class StepNumbers:
    """What one step of the optimiser did. Losses are of the step's own batch, with the same noise."""

    loss: float
    loss_after: float
    error: float  # mean squared error before the step
    gradient: float  # Euclidean norm, before it was clipped
    change: float  # Euclidean norm of the weights' change


class Trainer:
    """A network in training: takes steps, reports, and can be frozen and taken up again.

        trainer = Trainer(model, images, stage, seed=0)
        for progress in trainer.run(): ...

    Args:
        model, images, stage, seed, device: see `fit`.

    Raises:
        ValueError: settings that make no sense together.
    """

    def __init__(
        self, model: Autoencoder, images: Tensor, stage: Stage, *, seed: int = 0, device: torch.device | str = "cpu"
    ) -> None:
        check(model, images, stage)
        self.model, self.stage, self.device = model, stage, torch.device(device)
        model.to(self.device, memory_format=torch.channels_last)
        self.images = images.to(self.device)
        self.generator = seeded(seed, self.device)
        if hasattr(model, "pairs"):
            model.pairs = stage.pairs or len(model.encoder)
        self.parameters = trainable(model, stage)
        self.optimizer = torch.optim.AdamW(
            self.parameters, lr=stage.learning_rate, weight_decay=stage.weight_decay, betas=(0.9, 0.999), fused=True
        )
        self.plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(self.optimizer, factor=0.1, patience=10)
        self.average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(stage.average)) if stage.average else None
        self.half = stage.precision == "bfloat16"
        self.per_epoch = len(images) // stage.batch_size
        self.steps = 0  # made so far
        self.seconds = 0.0  # spent so far
        self.running, self.running_error, self.epoch_loss = (torch.zeros((), device=self.device) for _ in range(3))
        self.epoch_generator = self.noise_generator = self.generator.get_state()
        self.order = torch.empty(0, dtype=torch.long)
        self.gradient_norm = torch.tensor(math.nan)  # of the last step, before it was clipped; where it is clipped
        self.good: dict[str, Tensor] = {}  # the weights of the last report

    def snapshot(self) -> Snapshot:
        """What `restore` needs to go on from here."""
        return Snapshot(
            weights={name: value.detach().cpu().clone() for name, value in self.model.state_dict().items()},
            optimizer=_to_cpu(self.optimizer.state_dict()),
            plateau=self.plateau.state_dict(),
            generator=self.generator.get_state(),
            epoch_generator=self.epoch_generator,
            epoch_loss=self.epoch_loss.detach().cpu().clone(),
            step=self.steps,
            seconds=self.seconds,
            average=_to_cpu(dict(self.average.state_dict())) if self.average else None,
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Go back, or on, to where a trainer of the same settings stood."""
        self.model.load_state_dict(snapshot.weights)
        self.optimizer.load_state_dict(snapshot.optimizer)
        self.plateau.load_state_dict(snapshot.plateau)
        if self.average and snapshot.average:
            self.average.load_state_dict(snapshot.average)
        self.epoch_loss.copy_(snapshot.epoch_loss)
        self.steps, self.seconds = snapshot.step, snapshot.seconds
        self.generator.set_state(snapshot.epoch_generator)
        if self.steps % self.per_epoch:
            self._shuffle()
        self.generator.set_state(snapshot.generator)

    def _shuffle(self) -> None:
        self.epoch_generator = self.generator.get_state()
        self.order = torch.randperm(len(self.images), generator=self.generator, device=self.device)

    def loss(self, clean: Tensor) -> tuple[Tensor, Tensor]:
        """Loss and mean squared error of a batch `(N, 1, 28, 28)` spoilt anew: two scalars."""
        half = torch.autocast(self.device.type, torch.bfloat16) if self.half else contextlib.nullcontext()
        noisy, target = example(clean, self.stage, self.generator)
        with half:
            output = self.model.run(noisy, self.generator)
        loss = _reconstruction_loss(output, target, self.stage)
        error = loss if self.stage.loss == "mse" else F.mse_loss(output.reconstruction.detach().float(), target)
        return _with_penalties(loss, output, target, self.stage, self.model), error.detach()

    def batch(self) -> Tensor:
        """The next batch of clean digits `(batch_size, 1, 28, 28)`."""
        if self.steps % self.per_epoch == 0:
            self._shuffle()
            if self.steps and self.stage.schedule == "plateau":
                self.plateau.step(float(self.epoch_loss) / self.per_epoch)
            self.epoch_loss.zero_()
        first = self.steps % self.per_epoch * self.stage.batch_size
        clean = self.images.index_select(0, self.order[first : first + self.stage.batch_size])
        return self.stage.augmentation(clean, self.generator) if self.stage.augmentation else clean

    def step(self, done: float) -> Tensor:
        """One step of the optimiser; its batch of clean digits.

        Args:
            done: how much of the run is over, 0 to 1; the schedule follows it.
        """
        clean = self.batch()
        self.noise_generator = self.generator.get_state()
        stage = self.stage
        if stage.schedule != "plateau":
            rate = stage.learning_rate * min(1.0, (self.steps + 1) / (stage.warmup_steps + 1))
            if stage.schedule == "cosine":
                rate *= 0.5 * (1 + math.cos(math.pi * done))
            self.optimizer.param_groups[0]["lr"] = rate
        loss, error = self.loss(clean)
        for parameter in self.parameters:  # as the optimiser's own way, which takes a tenth of a millisecond
            parameter.grad = None
        loss.backward()
        if stage.clip_norm:
            self.gradient_norm = torch.nn.utils.clip_grad_norm_(self.parameters, stage.clip_norm)
        self.optimizer.step()
        if self.average:
            self.average.update_parameters(self.model)
        self.running += loss.detach()
        self.running_error += error
        self.epoch_loss += loss.detach()
        self.steps += 1
        return clean

    def measured_step(self, done: float) -> StepNumbers:
        """As `step`, with what it did."""
        old = [parameter.detach().clone() for parameter in self.parameters]
        loss, error = float(self.running), float(self.running_error)
        clean = self.step(done)
        loss, error = float(self.running) - loss, float(self.running_error) - error
        going_on = self.generator.get_state()
        self.generator.set_state(self.noise_generator)  # the same noise again
        with torch.no_grad():
            after, _ = self.loss(clean)
        self.generator.set_state(going_on)
        gradients = [parameter.grad for parameter in self.parameters if parameter.grad is not None]
        norm = self.gradient_norm if self.stage.clip_norm else torch.nn.utils.get_total_norm(gradients)
        changes = [new.detach() - was for new, was in zip(self.parameters, old, strict=True)]
        return StepNumbers(loss, float(after), error, float(norm), float(torch.nn.utils.get_total_norm(changes)))

    def is_finite(self) -> bool:
        """Whether every weight is a finite number."""
        return all(bool(value.isfinite().all()) for value in self.model.state_dict().values())

    def run(
        self, steps: int | None = None, seconds: float | None = None, pause: Callable[[], object] | None = None
    ) -> Iterator[Progress]:
        """Train until so many steps are made or so long was spent, from the first step on, and report as `fit` does.

        Without either, the stage's epochs decide. With both, whichever comes first; the schedule follows the one that
        is further on. `pause` is called before each step, and its time counts.

        Raises:
            TrainingDiverged: the loss is no longer finite; the network has its last good weights again.
        """
        if seconds is not None and not seconds > 0:
            raise ValueError("The training time must be above 0 seconds.")
        if steps is None:
            steps = max(1, round(self.stage.epochs * self.per_epoch)) if seconds is None else 10**12
        start = time.monotonic() - self.seconds
        reported, before = start + self.seconds, self.steps
        self.running.zero_()
        self.running_error.zero_()

        def done(elapsed: float) -> float:
            return max(self.steps / steps, 0.0 if seconds is None else min(1.0, elapsed / seconds))

        def report() -> Progress:
            nonlocal reported, before
            now = time.monotonic()
            made = self.steps - before
            loss, error = (float(x) / made if made else math.nan for x in (self.running, self.running_error))
            # The last step can spoil the weights after a loss that was still finite.
            if made and not (math.isfinite(loss) and self.is_finite()):
                self.model.load_state_dict(self.good)
                raise TrainingDiverged(
                    f"The loss stopped being a finite number at step {self.steps}: the learning rate is too high for "
                    "these settings. The network has its last good weights again."
                )
            self.good = {name: value.detach().clone() for name, value in self.model.state_dict().items()}
            rate = made * self.stage.batch_size / max(now - reported, 1e-9)
            reported, before = now, self.steps
            self.running.zero_()
            self.running_error.zero_()
            self.seconds = now - start
            return Progress(
                step=self.steps,
                steps=steps if steps < 10**12 else self.steps,
                epoch=self.steps / self.per_epoch,
                seconds=self.seconds,
                loss=loss,
                learning_rate=self.optimizer.param_groups[0]["lr"],
                samples_per_second=rate,
                fraction=done(self.seconds),
                error=error,
            )

        try:
            yield report()
            self.model.train()
            while self.steps < steps and (seconds is None or self.seconds < seconds):
                if pause:
                    pause()
                begun = time.monotonic()
                self.step(done(begun - start))
                now = time.monotonic()
                if seconds is not None and now - start >= seconds:
                    break
                # A step that would end after the time of a report comes after the report.
                if 2 * now - begun - reported >= REPORT_SECONDS and self.steps < steps:
                    yield report()
                    self.model.train()
            yield report()
        finally:
            self.model.requires_grad_(True)
            self.model.eval()


def _to_cpu(value: Any) -> Any:
    """A copy of nested dicts and lists whose tensors are on the CPU and their own."""
    if isinstance(value, Tensor):
        return value.detach().cpu().clone()
    if isinstance(value, dict):
        return {key: _to_cpu(each) for key, each in value.items()}
    return [_to_cpu(each) for each in value] if isinstance(value, list) else value


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
    trainer = Trainer(model, images, stage, seed=seed, device=device)
    yield from trainer.run(seconds=seconds)
    if trainer.average:
        model.load_state_dict(trainer.average.module.state_dict())


def resolve_device(name: str = "auto") -> torch.device:
    """`auto`: the GPU where there is one.

    Raises:
        ValueError: cuda was asked for and is not there.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise ValueError("There is no CUDA device here; use --device cpu.")
    return torch.device("cuda" if name == "auto" and torch.cuda.is_available() else name.replace("auto", "cpu"))


def device_name(device: torch.device) -> str:
    """What a result was computed on: `cpu`, or `cuda` with the GPU's name."""
    return f"cuda ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else str(device)
