"""Answers for the Train tab that need no run: what can be set, what follows from it, and which digits there are."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable
from dataclasses import asdict, fields, replace
from typing import Any

from dae import data, trial
from dae.cost import cost
from dae.models import describe_widths
from dae.server import judging, mnist, pixels, runs
from dae.server.protocol import Message, Nothing
from dae.server.protocol.training import (
    Best,
    Layer,
    Mnist,
    MnistQuestion,
    Recipes,
    Server,
    SettingsAnswer,
    SettingsQuestion,
    TrainingDigits,
    TrainingSettings,
)
from dae.server.refusal import Refusal
from dae.training import resolve_device
from dae.trial import Schedule, Settings, SettingsError
from dae.trial.script import script

ID = secrets.token_urlsafe(12)  # of this process
STARTING_SECONDS = 15


def digits(everything: bool | None = None) -> TrainingDigits:
    """How many digits there are to train on and to judge by."""
    everything = data.is_downloaded() if everything is None else everything
    seen, unseen = trial.digits(everything)
    return TrainingDigits(seen=len(seen), unseen=len(unseen), everything=everything)


def read(asked: TrainingSettings) -> Settings:
    """Settings of the protocol; whether they make sense is not said."""
    values = {each.name: getattr(asked, each.name) for each in fields(Settings) if each.name != "precision"}
    return Settings(**values | {"widths": tuple(asked.widths), "precision": runs.precision()})


def written(settings: Settings) -> TrainingSettings:
    """The same the other way."""
    values = asdict(replace(settings, seconds=float(min(STARTING_SECONDS, runs.LONGEST))))
    del values["precision"]
    return TrainingSettings(**values | {"widths": list(settings.widths)})


def best(settings: Settings) -> Best | None:
    found = judging.best(settings)
    return None if found is None else Best(name=found[0], mse=found[1])


def server(_: Nothing) -> Server:
    from dae.server.slides import has_chinese

    return Server(id=ID, seconds=runs.LONGEST, gpu=runs.ZERO_GPU, chinese=has_chinese())


def recipes(_: Nothing) -> Recipes:
    return Recipes(
        digits=digits(),
        recipes={name: written(settings) for name, settings in trial.recipes_to_start_from().items()},
        weights={name: written(settings) for name, settings in trial.weights_to_start_from().items()},
    )


def settings(question: SettingsQuestion) -> SettingsAnswer:
    asked, present = read(question.settings), digits()
    try:
        runs.check(asked, present.seen)
    except SettingsError as error:
        raise Refusal(error.reason, str(error), **error.values) from error
    run = runs.by_key(question.run)
    schedules = run.schedules if run is not None and run.settings == asked else []
    is_run = bool(schedules)
    schedules = schedules or [Schedule.whole(runs.guessed_steps(asked))]
    everything = run.everything if is_run else present.everything
    clean, noisy = shown(asked.noises)
    return SettingsAnswer(
        digits=present,
        clean=clean,
        noisy=noisy,
        nothing=judging.exam(asked.noises).nothing,
        best=best(asked),
        parameters=cost(asked.model).parameters,
        compression=trial.compression(asked.model),
        layers=layers(asked),
        steps=sum(schedule.made for schedule in schedules),
        planned=schedules[-1].planned,
        schedules=len(schedules),
        script=script(asked, schedules, everything=everything, device=resolve_device().type),
        is_run=is_run,
        script_is=_kind(run, schedules) if is_run else "guess",
    )


def _kind(run: runs.Run, schedules: list[Schedule]) -> str:
    """What the script of a run is."""
    last = schedules[-1]
    if not run.is_over:
        return "planned"
    if len(schedules) > 1:
        return "schedules"
    if last.made == last.planned:
        return "run"
    return "clock" if last.follows_clock else "stopped"


@functools.lru_cache(maxsize=64)
def shown(noises: tuple) -> tuple[str, str]:
    """The eight digits of an exam that are shown, clean and noisy, as they travel."""
    questions = judging.exam(noises)
    clean, noisy = (pixels.grey(each[questions.shown]) for each in (questions.clean, questions.noisy))
    return clean, noisy


def layers(settings: Settings) -> list[Layer]:
    """The network's layers, from pixels to pixels."""
    if settings.architecture == "mlp":
        widths = list(describe_widths(settings.model))
        named = [(width, f"{width:,}") for width in widths]
    else:
        sides = (28, 14, 7, 7)[: len(settings.widths)]
        layered = zip(settings.widths, sides, strict=True)
        half = [(channels * side**2, f"{channels}×{side}²") for channels, side in layered]
        named = [(784, "784"), *half, (settings.latent_dim, f"{settings.latent_dim:,}"), *half[::-1], (784, "784")]
    middle = len(named) // 2
    return [Layer(width=width, label=label, is_code=i == middle) for i, (width, label) in enumerate(named)]


def fetching(question: MnistQuestion) -> Mnist:
    """How far the download of MNIST is; all visitors share one."""
    if question.start and not data.is_downloaded():
        mnist.fetch()
    fetch = mnist.begun()
    state = "none" if fetch is None else fetch.state
    if state != "running" and data.is_downloaded():  # also by somebody else
        state = "done"
    return Mnist(state=state, fraction=1.0 if state == "done" else 0.0 if fetch is None else fetch.fraction)


ANSWERS: dict[str, Callable[[Any], Message]] = {
    "server": server,
    "recipes": recipes,
    "settings": settings,
    "mnist": fetching,
}
