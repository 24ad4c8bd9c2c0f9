"""One run of somebody who tries settings out: what may be set, and a stream of what there is to see meanwhile.

    settings = Settings.of(recipes.get("quick"))
    for moment in watch(settings, digits()):
        print(moment.progress.step, moment.unseen)       # MSE on digits that the network never saw

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
from typing import Any

import torch
from torch import Tensor

from dae import checkpoints, data, metrics
from dae.cost import cost
from dae.features import dictionary
from dae.models import (
    ACTIVATIONS,
    ARCHITECTURES,
    OUTPUTS,
    Autoencoder,
    ModelConfig,
    build,
    compression_ratio,
    describe_widths,
)
from dae.noise import NOISES, seeded
from dae.recipes import RECIPES, Recipe
from dae.sparsity import KINDS, Sparsity
from dae.training import LOSSES, Progress, Snapshot, Stage, StepNumbers, Trainer, TrainingNoise

NETWORKS = ("mlp", "conv")
PLAIN = "none"  # in the place of a noise: clean to clean
WARMUP_STEPS = 50
CLIP_NORM = 1.0
MOST_WORK = 2e9  # multiplications of a batch's forward pass: no step takes much longer than a fifth of a second
CALIBRATION_SECONDS = 0.3
RESERVE = 0.94  # of the time that is planned for, so that a machine that is a little slower still makes all steps
SHOWN_CLASSES = (0, 2, 3, 4, 5, 7, 8, 9)
SHOWN_FEATURES = 40

# field: (smallest, largest) of what can be set; the batch is also bounded by the digits that there are.
RANGES: dict[str, tuple[float, float]] = {
    "latent_dim": (1, 2048),
    "k": (1, 2048),
    "fraction": (0.001, 1.0),
    "weight": (0.0, 10.0),
    "rho": (0.001, 0.999),
    "learning_rate": (1e-5, 0.1),
    "batch_size": (8, 2048),
    "seed": (0, 999_999),
    "seconds": (1, 60),
}
WIDTHS = {"mlp": (0, 4, 2048), "conv": (2, 4, 128)}  # fewest and most layers, largest width

REASONS = {
    "number": "{field} must be a number, a whole one where things are counted.",
    "range": "{field} must lie between {low} and {high}.",
    "learning_rate": "A learning rate of {value} is out of range: it must lie between {low} and {high}.",
    "batch": "A batch of {batch} is larger than the {digits} training digits.",
    "choice": "{field} cannot be {value}.",
    "widths": "This network takes {fewest} to {most} layers of 1 to {largest} units.",
    "levels": "The levels of this noise lie between 0 and {limit}, low first.",
    "kl_unbounded": "The KL penalty compares probabilities: it needs codes in (0, 1), so a sigmoid code.",
    "bce_unbounded": "Binary cross-entropy reads the output as probabilities: it needs a sigmoid output.",
    "tied_conv": "Tied weights exist for the fully connected network only.",
    "topk_all": "Top {k} of a code of {code} keeps everything: choose a smaller k.",
    "weights": "The weights of {name} fit its own network only: choose random weights for another one.",
    "size": "This network has more than {most} parameters: choose smaller layers.",
    "work": "A step of this network with this batch would take too long: choose a smaller one of the two.",
}


class SettingsError(ValueError):
    """Settings that make no sense, in a sentence; `reason` is a key of REASONS and `values` fill its places."""

    def __init__(self, reason: str, **values: Any) -> None:
        super().__init__(REASONS[reason].format(**values))
        self.reason, self.values = reason, values

    def __reduce__(self) -> tuple:  # it comes back from another process
        return functools.partial(SettingsError, self.reason, **self.values), ()


@dataclass(frozen=True)
class Settings:
    """What can be set. `check` says whether it makes sense."""

    architecture: str = "mlp"  # one of NETWORKS
    widths: tuple[int, ...] = ()  # of the layers between pixels and code, or the channels of the convolutions
    latent_dim: int = 512
    activation: str = "relu"
    code_activation: str = "relu"
    output: str = "sigmoid"
    tied: bool = False
    sparsity: str = "none"  # one of dae.sparsity.KINDS
    k: int = 16  # these four: see dae.sparsity.Sparsity
    fraction: float = 0.05
    weight: float = 1e-2
    rho: float = 0.05
    noise: str = "gaussian"  # a key of NOISES, or PLAIN
    low: float = 0.5  # levels are drawn evenly from [low, high]
    high: float = 0.5
    clip: bool = True  # Gaussian only
    loss: str = "bce_with_logits"  # one of LOSSES
    learning_rate: float = 2e-3
    batch_size: int = 128
    seed: int = 0
    seconds: float = 15.0
    start: str = ""  # the shipped checkpoint whose weights it starts from; empty: random weights
    precision: str = "float32"  # or bfloat16, for the matrix products

    @classmethod
    def of(cls, recipe: Recipe, **others: Any) -> Settings:
        """A recipe's settings, those of its first stage.

        Raises:
            SettingsError: a network, a sparsity or a mixture of noises that cannot be set.
        """
        stage = recipe.stages[0]
        if len(stage.noises) > 1:
            raise SettingsError("choice", field="noise", value="a mixture")
        noise = stage.noises[0] if stage.noises else TrainingNoise("gaussian", 0.5)
        settings = cls(
            noise=noise.key if stage.noises else PLAIN,
            low=noise.high if noise.low is None else noise.low,
            high=noise.high,
            clip=noise.clip,
            loss=stage.loss,
            learning_rate=stage.learning_rate,
            batch_size=stage.batch_size,
        )
        return replace(settings.with_network(recipe.model), **others)

    def with_network(self, config: ModelConfig) -> Settings:
        """These settings with another network.

        Raises:
            SettingsError: a network that cannot be set.
        """
        if config.architecture not in NETWORKS or config.variational:
            raise SettingsError("choice", field="architecture", value=config.architecture)
        sparsity = config.sparsity
        return replace(
            self,
            architecture=config.architecture,
            widths=config.hidden if config.architecture == "mlp" else config.channels,
            latent_dim=config.latent_dim,
            activation=config.activation,
            code_activation=config.code_activation,
            output=config.output,
            tied=config.tied,
            sparsity=sparsity.kind,
            k=sparsity.k,
            fraction=sparsity.fraction,
            weight=sparsity.weight,
            rho=sparsity.rho,
        )

    def check(self, digits: int | None = None) -> None:
        """Refuse what makes no sense.

        Args:
            digits: how many there are to train on.

        Raises:
            SettingsError: with the reason.
        """
        choices = {
            "architecture": NETWORKS,
            "activation": ACTIVATIONS,
            "code_activation": ACTIVATIONS,
            "output": OUTPUTS,
            "sparsity": KINDS,
            "noise": (PLAIN, *NOISES),
            "loss": LOSSES,
            "precision": ("float32", "bfloat16"),
        }
        for field, known in choices.items():
            if getattr(self, field) not in known:
                raise SettingsError("choice", field=field, value=getattr(self, field))
        low, high = RANGES["learning_rate"]
        if not low <= self.learning_rate <= high:
            raise SettingsError("learning_rate", value=f"{self.learning_rate:g}", low=f"{low:g}", high=f"{high:g}")
        if digits is not None and self.batch_size > digits:
            raise SettingsError("batch", batch=f"{self.batch_size:,}", digits=f"{digits:,}")
        for field, (low, high) in RANGES.items():
            if not low <= getattr(self, field) <= high:
                raise SettingsError("range", field=field, low=f"{low:g}", high=f"{high:g}")
        fewest, most, largest = WIDTHS[self.architecture]
        if not (fewest <= len(self.widths) <= most and all(1 <= width <= largest for width in self.widths)):
            raise SettingsError("widths", fewest=fewest, most=most, largest=largest)
        if self.noise != PLAIN:
            limit = NOISES[self.noise].maximum
            if not 0 <= self.low <= self.high <= limit:
                raise SettingsError("levels", limit=f"{limit:g}")
        if self.sparsity == "kl" and self.code_activation != "sigmoid":
            raise SettingsError("kl_unbounded")
        if self.loss != "mse" and self.output != "sigmoid":
            raise SettingsError("bce_unbounded")
        if self.tied and self.architecture != "mlp":
            raise SettingsError("tied_conv")
        if self.sparsity == "topk" and self.k >= self.latent_dim:
            raise SettingsError("topk_all", k=self.k, code=self.latent_dim)
        if self.start and _config_of(self.start) != self.model:
            raise SettingsError("weights", name=self.start)
        if cost(self.model).multiplications * self.batch_size > MOST_WORK:
            raise SettingsError("work")

    @property
    def model(self) -> ModelConfig:
        """The network's config. Raises ValueError for one that `check` refuses."""
        layers = {"hidden" if self.architecture == "mlp" else "channels": self.widths}
        # What the chosen sparsity does not read stays out, so that equal networks have equal configs.
        used = {"topk": ("k",), "lifetime": ("fraction",), "l1": ("weight",), "kl": ("weight", "rho")}
        strength = {name: getattr(self, name) for name in used.get(self.sparsity, ())}
        return ModelConfig(
            self.architecture,
            latent_dim=self.latent_dim,
            activation=self.activation,
            code_activation=self.code_activation,
            output=self.output,
            tied=self.tied,
            sparsity=Sparsity(self.sparsity, **strength),
            **layers,
        )

    @property
    def noises(self) -> tuple[TrainingNoise, ...]:
        if self.noise == PLAIN:
            return ()
        return (TrainingNoise(self.noise, self.high, None if self.low == self.high else self.low, self.clip),)

    @property
    def stage(self) -> Stage:
        """How to train; how long is not the stage's to say here."""
        return Stage(
            self.noises,
            self.loss,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            schedule="cosine",
            warmup_steps=WARMUP_STEPS,
            clip_norm=CLIP_NORM,
            precision=self.precision,
        )

    @property
    def recipe(self) -> Recipe:
        """As a recipe, for a checkpoint's header."""
        return Recipe("trial", self.title, self.model, (self.stage,), "float32")

    @property
    def title(self) -> str:
        """The settings in a few words: layers, noise, loss."""
        if self.architecture == "mlp":
            shape = "-".join(map(str, describe_widths(self.model)))
        else:
            shape = f"conv {'-'.join(map(str, self.widths))}, {self.latent_dim}"
        levels = f"{self.high:g}" if self.low == self.high else f"{self.low:g}-{self.high:g}"
        spoilt = "plain" if self.noise == PLAIN else f"{self.noise.replace('_', '-')} {levels}"
        return f"{shape}, {spoilt}"


def recipes_to_start_from() -> dict[str, Settings]:
    """The recipes of the zoo that can be set here, `quick` first."""
    found = {}
    for name, recipe in sorted(RECIPES.items(), key=lambda item: item[0] != "quick"):
        try:
            settings = Settings.of(recipe)
            settings.check()
        except SettingsError:
            continue
        found[name] = settings
    return found


def weights_to_start_from() -> dict[str, Settings]:
    """The shipped checkpoints whose network can be set here, each with its network."""
    found = {}
    for name in checkpoints.names():
        try:
            settings = replace(Settings().with_network(checkpoints.info(name).model), start=name)
            if _config_of(name) == settings.model:
                found[name] = settings
        except ValueError:  # another kind of network, or a damaged file
            continue
    return found


def _config_of(name: str) -> ModelConfig | None:
    """The network of a shipped checkpoint in the form of `Settings.model`, None where there is none."""
    try:
        return Settings().with_network(checkpoints.info(name).model).model if name in checkpoints.names() else None
    except ValueError:
        return None


@functools.lru_cache(maxsize=256)
def compression(config: ModelConfig) -> float | None:
    """Pixels per code value; of a top-k code, per value that is kept."""
    if config.sparsity.kind == "topk":
        return 784 / config.sparsity.k
    return compression_ratio(config)


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
    """Digits that a run never sees, spoilt always in the same way."""

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
    return metrics.mse(model(questions.noisy.to(device)).cpu(), questions.clean)


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
        fraction=min(1.0, trainer.seconds / seconds),
    )


def _moment(trainer: Trainer, questions: Exam, progress: Progress, steps: int) -> Moment:
    model = trainer.model
    half = torch.autocast(trainer.device.type, torch.bfloat16, enabled=trainer.half)
    with torch.inference_mode(), half:
        restored = model(questions.noisy.to(trainer.device)).float().cpu()
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
    numbers = trainer.measured_step(min(1.0, trainer.steps / steps))
    trainer.seconds += time.monotonic() - begun
    trainer.model.eval()
    progress = replace(_standing(trainer, settings.seconds, steps), loss=numbers.loss, error=numbers.error)
    return numbers, _moment(trainer, exam(settings.noises, unseen), progress, steps)
