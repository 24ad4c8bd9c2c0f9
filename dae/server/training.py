"""Runs as events of Gradio's queue: a stream of snapshots, which ends when nobody listens any more.

The queue says the place in line, and on ZeroGPU whose minutes a run takes. Nothing here imports torch before the first
run.
"""

from __future__ import annotations

import logging
import math
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gradio import Server
from pydantic import ValidationError

from dae.server.protocol.training import Snapshot, StepNumbers, Training, TrainingDigits
from dae.server.refusal import Refusal, malformed

if TYPE_CHECKING:
    from dae.server.runs import Run

log = logging.getLogger(__name__)


def add(server: Server) -> None:
    """Name the event; call before the server is launched. One run at a time has the machine."""
    if os.environ.get("SPACES_ZERO_GPU"):
        from dae.server import runs  # noqa: F401  # its functions for the GPU must be there at start
    server.api(train, name="train", concurrency_limit=1, concurrency_id="train", api_visibility="private")


def train(visitor: str, mode: str, settings: dict, run: str) -> dict:  # each of what is yielded
    """Train, or take a single step: the run's snapshots as they come.

    Args:
        visitor: see `dae.server.protocol`.
        mode: "new"; "continue" the run; "restart" it from the same weights; one "step" of it.
        settings: those of a new run, as TrainingSettings.
        run: the key of the run that is meant; may be empty, for "new" and for a first "step".
    """
    from dae.server import visitors

    try:
        asked = Training(visitor=visitor, mode=mode, settings=settings, run=run)
        made = _begun(asked)
    except (ValidationError, Refusal) as error:
        refusal = error if isinstance(error, Refusal) else malformed(error)
        yield _said(Snapshot(run="", state="failed", problem=refusal.problem))
        return
    visitors.heard(visitor)
    try:
        yield _said(snapshot(made))
        made.start(is_single=mode == "step")
        while made.wait():
            yield _said(snapshot(made))
        made.keep()
        visitors.heard(visitor)
        yield _said(snapshot(made))
    finally:
        made.stop()


def _said(snapshot: Snapshot) -> dict[str, Any]:
    return snapshot.model_dump(mode="json")


def _begun(asked: Training) -> Run:
    """The run that is meant, ready to start. Raises Refusal."""
    from dae import data
    from dae.server import runs, trials
    from dae.trial import SettingsError

    run = runs.of(asked.visitor)
    needs_one = asked.mode in ("continue", "restart") or (asked.mode == "step" and asked.run)
    if needs_one and (run is None or run.key != asked.run):
        raise Refusal("gone", "That run is not here any more.")
    try:
        if not needs_one:
            run = runs.begin(asked.visitor, trials.read(asked.settings))
        elif asked.mode == "restart":
            # As many steps as before on the same digits, so that the same seed gives the same curve.
            run = runs.begin(asked.visitor, run.settings, run.planned, run.everything)
        elif not run.is_over:
            raise Refusal("running", "That run goes on already.")
        else:
            run.prepare()
    except SettingsError as error:
        raise Refusal(error.reason, str(error), **error.values) from error
    except data.DataError as error:
        log.warning("a visitor's run did not begin: %s", error)
        raise Refusal("failed", str(error)) from error
    run.look_after()
    return run


def snapshot(run: Run) -> Snapshot:
    """What there is to see of a run now: nothing of it changes while it is sent."""
    from dae.server import judging, pixels, trials, visitors

    noises, moment = run.settings.noises, run.moment
    exam = judging.exam(noises)
    clean, noisy = trials.shown(noises)
    problem = None if run.problem is None else Refusal(run.problem[0], **run.problem[1]).problem
    values: dict[str, Any] = {
        "run": run.key,
        "state": run.state,
        "problem": problem,
        "title": run.settings.title,
        "seconds": float(run.settings.seconds),
        "digits": TrainingDigits(seen=run.seen, unseen=len(exam.clean), everything=run.everything),
        "nothing": exam.nothing,
        "best": trials.best(run.settings),
        "curve": run.points(),
        "clean": clean,
        "noisy": noisy,
        "numbers": None if run.numbers is None else StepNumbers(**asdict(run.numbers)),
    }
    if moment is not None:
        progress = moment.progress
        values |= {
            "step": run.steps,
            "planned": None if run.planned is None else run.before + run.planned,
            "fraction": progress.fraction,
            "loss": _finite(progress.loss),
            "error": _finite(progress.error),
            "unseen": _finite(moment.unseen),
            "rate": progress.samples_per_second,
            "learning_rate": progress.learning_rate,
            "restored": pixels.grey(moment.restored),
            "features": pixels.signed(moment.features),
        }
    if run.is_over:
        values |= {"networks": visitors.listed(run.owner), "kept": run.kept}
    return Snapshot(**values)


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
