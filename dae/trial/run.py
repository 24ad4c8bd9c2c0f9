"""A run of some settings: a stream of what there is to see meanwhile.

All that `watch` takes and yields can be pickled and lives on the CPU, so it may run in another process.
"""

from __future__ import annotations

import copy
import functools
import itertools
import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from dae import checkpoints, data, metrics
from dae.features import dictionary
from dae.models import ARCHITECTURES, Autoencoder, ModelConfig, build
from dae.noise import seeded
from dae.stages import TrainingNoise
from dae.training import Progress, Snapshot, StepNumbers, Trainer
from dae.trial.settings import Settings

CALIBRATION_SECONDS = 0.3
RESERVE = 0.94  # of the time that is planned for, so that a machine that is a little slower still makes all steps
SHOWN_CLASSES = (0, 2, 3, 4, 5, 7, 8, 9)
SHOWN_FEATURES = 40


def digits(everything: bool | None = None) -> tuple[data.Digits, data.Digits]:
    """What a visitor's run is trained on and judged by: all of MNIST but the gallery, or 4,500 of the gallery; judged
    by the gallery's other 500 in both cases.

    Args:
        everything: which of the two; None: all of MNIST where it is there.

    Raises:
        DataError: everything was asked for and is not there any more.
    """
    seen, unseen = data.visitor_split()
    return (data.train() if (data.is_downloaded() if everything is None else everything) else seen), unseen


def gains_from_half(device: torch.device | str) -> bool:
    """Whether the device multiplies 16-bit matrices faster than 32-bit ones, as far as it tells."""
    if torch.device(device).type != "cpu":
        return True
    tests = (getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
    return any(test() for test in tests if test is not None)


@dataclass(frozen=True, eq=False)
class Exam:
    """Digits that a run never sees, corrupted always in the same way."""

    clean: Tensor  # (N, 1, 28, 28)
    noisy: Tensor  # (N, 1, 28, 28)
    shown: list[int]  # the eight that are shown

    @functools.cached_property
    def nothing(self) -> float:
        """The MSE of leaving the noise as it is."""
        return metrics.mse(self.noisy, self.clean)


def exam(noises: Sequence[TrainingNoise], unseen: data.Digits) -> Exam:
    """The digits to judge a run by, with noise as it is trained on (none or one)."""
    clean = unseen.images
    noisy = clean
    for noise in noises:
        noisy = noise(clean, seeded(0))
    return Exam(clean, noisy, [int((unseen.labels == label).nonzero()[0]) for label in SHOWN_CLASSES])


@torch.inference_mode()
def examine(model: Autoencoder, questions: Exam) -> float:
    """The MSE of a network, in evaluation mode, on an exam."""
    device = next(model.parameters()).device
    return metrics.mse(_restored(model, questions.noisy.to(device)).cpu(), questions.clean)


def _restored(model: Autoencoder, noisy: Tensor) -> Tensor:
    """The same as `model(noisy)`, a hundred at a time: of 500 the layers of the largest would take 200 MB."""
    return torch.cat([model(part) for part in noisy.split(100)])


@dataclass(frozen=True, eq=False)
class Moment:
    """What there is to see of a run at one moment."""

    progress: Progress
    unseen: float  # MSE on the exam
    restored: Tensor  # (8, 1, 28, 28), the exam's shown digits
    features: Tensor  # (F, 28, 28), signed: what some of the code's values stand for
    snapshot: Snapshot
    steps: int  # that were planned
    config: ModelConfig


@dataclass(frozen=True)
class Schedule:
    """A learning rate that rises for `WARMUP_STEPS` and falls to 0 with a half cosine, as far as a run followed it."""

    made: int  # steps
    planned: int  # steps that the run was to make
    length: int  # steps after which the rate is 0: fewer than planned where the clock was ahead of them

    @classmethod
    def whole(cls, steps: int) -> Schedule:
        """A schedule that is followed to its end."""
        return cls(steps, steps, steps)

    @classmethod
    def of(cls, moment: Moment) -> Schedule:
        """What a run has made of its present schedule; there must have been a plan."""
        made, planned, fraction = moment.progress.step, moment.steps, moment.progress.fraction
        follows_clock = fraction > made / planned
        return cls(made, planned, max(made, round(made / fraction)) if follows_clock else planned)

    @property
    def follows_clock(self) -> bool:
        """Whether the rate depended on how quick the machine was, so that no other run has quite the same."""
        return self.length < self.planned


@torch.inference_mode()
def features(model: Autoencoder, clean: Tensor, count: int = SHOWN_FEATURES) -> Tensor:
    """Signed pictures of the code's first values `(at most count, 28, 28)`: see `dae.features.dictionary`."""
    codes = model.encode(clean.to(next(model.parameters()).device))
    return dictionary(model, codes, count).pictures.cpu()


def network(settings: Settings) -> Autoencoder:
    """The network before its first step: random weights from the seed, or those of a checkpoint."""
    if settings.start:
        return checkpoints.load(settings.start).train().requires_grad_(True)
    return build(settings.model, settings.seed)


def trained(config: ModelConfig, weights: dict[str, Tensor]) -> Autoencoder:
    """A network as a snapshot's weights make it: evaluation mode, no gradients."""
    with torch.device("meta"):
        model = ARCHITECTURES[config.architecture](config)
    model.load_state_dict(weights, assign=True)
    return model.eval().requires_grad_(False)


def _trainer(settings: Settings, seen: data.Digits, device: torch.device | str, snapshot: Snapshot | None) -> Trainer:
    trainer = Trainer(network(settings), seen.images, settings.stage, seed=settings.seed, device=device)
    if snapshot is not None:
        trainer.restore(snapshot)
    return trainer


def _plan(trainer: Trainer, seconds: float, overhead: float, threads: Sequence[int]) -> int:
    """How many steps fit into the time: measured on a copy, which leaves the trainer as it is. Of the numbers of CPU
    threads the fastest is left set: on a busy machine, one."""
    trial = Trainer(copy.deepcopy(trainer.model), trainer.images, trainer.stage, seed=0, device=trainer.device)
    trial.model.train()
    start, fastest = time.monotonic(), math.inf
    for count in threads or (0,):
        if count:
            torch.set_num_threads(count)
        times: list[float] = []
        begun = time.monotonic()
        while len(times) < 5 or time.monotonic() - begun < CALIBRATION_SECONDS / max(1, len(threads)):
            before = time.monotonic()
            trial.step(0.0)
            if trainer.device.type == "cuda":
                torch.cuda.synchronize(trainer.device)
            times.append(time.monotonic() - before)
        # The median of the later ones: the first of all pay for what the others find ready.
        if (median := statistics.median(times[2:])) < fastest:
            fastest, best = median, count
    if best:
        torch.set_num_threads(best)
    rest = max(seconds - (time.monotonic() - start), seconds / 2)
    steps = rest * RESERVE * (1 - min(0.5, 4 * overhead)) / fastest
    return max(1, int(float(f"{steps:.2g}")))


def watch(
    settings: Settings,
    split: tuple[data.Digits, data.Digits],
    *,
    device: torch.device | str = "cpu",
    snapshot: Snapshot | None = None,
    steps: int | None = None,
    threads: Sequence[int] = (),
    pause: Callable[[], object] | None = None,
) -> Iterator[Moment]:
    """Train as set, and yield what there is to see: before any work, then about four times a second, and at the end.

    Args:
        settings: what was set; its seconds bound the run.
        split: digits to train on and to judge by.
        device: where to train.
        snapshot: of a run of the same settings, to go on with.
        steps: how many to make in all, for the schedule of the learning rate; None: as many as fit into the time, as
            measured before the first. A run of as many steps gives the same network again, unless the time ends it.
        threads: numbers of CPU threads to choose from where the steps are measured; the setting is the process's.
        pause: called before each step; it may wait, for others that need the machine.

    Raises:
        SettingsError: before any work.
        TrainingDiverged: the loss is no longer finite; the last moment holds the last good weights.
    """
    seen, unseen = split
    settings.check(len(seen))
    questions = exam(settings.noises, unseen)
    trainer = _trainer(settings, seen, device, snapshot)
    trainer.model.eval()
    start = time.monotonic()
    before = _moment(trainer, questions, _standing(trainer, settings.seconds, steps or 0), steps or 0)
    yield before
    if steps is None:
        overhead = time.monotonic() - start
        start = time.monotonic()
        steps = _plan(trainer, settings.seconds, overhead, threads)
        # On a machine that has no time for it, the run is longer rather than empty.
        trainer.seconds += min(time.monotonic() - start, settings.seconds / 2)
    for progress in itertools.islice(trainer.run(steps, settings.seconds, pause), 1, None):
        trainer.model.eval()
        yield _moment(trainer, questions, progress, steps)


def _standing(trainer: Trainer, seconds: float, steps: int) -> Progress:
    return Progress(
        step=trainer.steps,
        steps=steps,
        epoch=trainer.steps / trainer.per_epoch,
        seconds=trainer.seconds,
        loss=math.nan,
        learning_rate=trainer.optimizer.param_groups[0]["lr"],
        samples_per_second=0.0,
        fraction=_fraction(trainer, seconds, steps),
    )


def _fraction(trainer: Trainer, seconds: float, steps: int) -> float:
    """How much of a run is over, 0 to 1: of its steps, 0 where they are not planned yet, or of its time."""
    return min(1.0, max(trainer.steps / steps if steps else 0.0, trainer.seconds / seconds))


def _moment(trainer: Trainer, questions: Exam, progress: Progress, steps: int) -> Moment:
    model = trainer.model
    half = torch.autocast(trainer.device.type, torch.bfloat16, enabled=trainer.half)
    with torch.inference_mode(), half:
        restored = _restored(model, questions.noisy.to(trainer.device)).float().cpu()
        pictures = features(model, questions.clean[::5]).float()
        unseen = metrics.mse(restored, questions.clean)
    return Moment(
        progress=progress,
        unseen=unseen,
        restored=restored[questions.shown].clone(),
        features=pictures.clone(),
        snapshot=trainer.snapshot(),
        steps=steps,
        config=model.config,
    )


def again(snapshot: Snapshot) -> Snapshot:
    """Where a run that came to its end goes on with a new schedule: its weights and moments, at step 0."""
    return replace(snapshot, step=0, seconds=0.0, epoch_generator=snapshot.generator)


def one_step(
    settings: Settings,
    split: tuple[data.Digits, data.Digits],
    *,
    device: torch.device | str = "cpu",
    snapshot: Snapshot | None = None,
    steps: int,
) -> tuple[StepNumbers, Moment]:
    """The next step of a run, with its numbers.

    Args, Raises: see `watch`.
    """
    seen, unseen = split
    settings.check(len(seen))
    trainer = _trainer(settings, seen, device, snapshot)
    begun = time.monotonic()
    trainer.model.train()
    numbers = trainer.measured_step(_fraction(trainer, settings.seconds, steps))
    trainer.seconds += time.monotonic() - begun
    trainer.model.eval()
    progress = replace(_standing(trainer, settings.seconds, steps), loss=numbers.loss, error=numbers.error)
    return numbers, _moment(trainer, exam(settings.noises, unseen), progress, steps)
