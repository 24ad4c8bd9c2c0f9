"""Runs as events of Gradio's queue: a stream of snapshots, which ends when nobody listens any more.

Gradio begins all of them at once, and says whose minutes a run takes on ZeroGPU; whose turn it is says
`dae.server.tickets`. Whoever waits holds no thread. Nothing here imports torch before the first run.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import anyio
import gradio as gr
from anyio import to_thread
from gradio import Server
from pydantic import ValidationError

from dae.server import askers, events, tickets
from dae.server.askers import Asker
from dae.server.events import DEAF_SECONDS
from dae.server.protocol.training import Snapshot, StepNumbers, Training, TrainingDigits
from dae.server.questions import loaded
from dae.server.refusal import Refusal, malformed
from dae.server.tickets import Ticket

if TYPE_CHECKING:
    from dae.server.runs import Run

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.1  # between two looks at the run
WAIT_SECONDS = 0.25  # between two looks at the line
SAY_SECONDS = 2.0  # between two messages to one who waits
END_SECONDS = 5.0  # that a run may take to end


def add(server: Server) -> None:
    """Name the event; call before the server is launched. One run at a time has the machine."""
    if os.environ.get("SPACES_ZERO_GPU"):
        from dae.server import runs  # noqa: F401  # its functions for the GPU must be there at start

    async def event(
        visitor: str, mode: str, settings: dict, run: str, request: gr.Request
    ) -> dict:  # each of what is yielded
        def is_heard(patience: float) -> bool:
            return events.is_heard(server.get_blocks()._queue, request.session_hash or "", patience)

        address = askers.address_of(request.client.host if request.client else None)
        async for said in train(Asker(address, visitor), mode, settings, run, is_heard):
            yield said

    server.api(event, name="train", concurrency_limit=None, api_visibility="private")


async def train(
    asker: Asker, mode: str, settings: dict, run: str, is_heard: Callable[[float], bool] = lambda patience: True
) -> AsyncIterator[dict]:
    """Train, or take a single step: the run's snapshots as they come.

    Args:
        asker: the visitor, see `dae.server.protocol`, and the address.
        mode: "new"; "continue" the run; "restart" it from the same weights; one "step" of it.
        settings: those of a new run, as TrainingSettings.
        run: the key of the run that is meant; may be empty, for "new" and for a first "step".
        is_heard: whether somebody takes what is said, see `dae.server.events`.
    """
    try:
        asked = Training(visitor=asker.visitor, mode=mode, settings=settings, run=run)
        await loaded()
        await to_thread.run_sync(_check, asked)
        ticket = tickets.line.take(asker)
    except (ValidationError, Refusal, tickets.Full) as error:
        yield _problem(error)
        return
    made = None
    try:
        async for place in _waiting(ticket, is_heard):
            yield _said(Snapshot(run="", state="waiting", place=place))
        if ticket.place is None or not await _listens(is_heard):
            yield _said(Snapshot(run="", state="stopped"))
            return
        askers.asking.set(asker)  # whose it is
        try:
            made = await to_thread.run_sync(_begun, asked)
        except Refusal as error:
            yield _problem(error)
            return
        yield await to_thread.run_sync(shown, made)
        made.start(is_single=mode == "step")
        async for _ in _news(made, is_heard):
            yield await to_thread.run_sync(shown, made)
        if not is_heard(DEAF_SECONDS):
            await to_thread.run_sync(_forget, made)
            return
        await to_thread.run_sync(_keep, made)
        yield await to_thread.run_sync(shown, made)
    finally:
        with anyio.CancelScope(shield=True):
            if made is not None:
                await _end(made)
            tickets.line.leave(ticket)


async def _listens(is_heard: Callable[[float], bool]) -> bool:
    """Whether somebody is there when the turn has come: nothing begins for who never listened."""
    while is_heard(DEAF_SECONDS):
        if is_heard(0):
            return True
        await anyio.sleep(LOOK_SECONDS)
    return False


async def _waiting(ticket: Ticket, is_heard: Callable[[float], bool]) -> AsyncIterator[int]:
    """The place in the line whenever it is another, until the turn has come or the ticket is lost."""
    place, at = 0, -math.inf
    while ticket.place:
        if not is_heard(DEAF_SECONDS):
            tickets.line.leave(ticket)
            return
        if ticket.place != place and anyio.current_time() - at >= SAY_SECONDS:
            place, at = ticket.place, anyio.current_time()
            yield place
        await anyio.sleep(WAIT_SECONDS)


async def _news(run: Run, is_heard: Callable[[float], bool]) -> AsyncIterator[None]:
    """Whenever there is something to see, until the run has ended; where nobody looks, it ends."""
    while not run.is_over:
        run.look_after()
        if run.news.is_set():
            run.news.clear()
            if not is_heard(DEAF_SECONDS):
                run.stopping.set()
            elif not run.is_over:
                yield
        await anyio.sleep(LOOK_SECONDS)


async def _end(run: Run) -> None:
    run.stopping.set()
    with anyio.move_on_after(END_SECONDS):
        while run.thread is not None and run.thread.is_alive():
            await anyio.sleep(LOOK_SECONDS / 5)
    run.stop(0)


def _said(snapshot: Snapshot) -> dict[str, Any]:
    return snapshot.model_dump(mode="json")


def _problem(error: Exception) -> dict[str, Any]:
    if isinstance(error, ValidationError):
        error = malformed(error)
    elif isinstance(error, tickets.Full):
        error = Refusal("busy", "Too many wait already: please try again in a few minutes.")
    return _said(Snapshot(run="", state="failed", problem=error.problem))


def _meant(asked: Training) -> Run | None:
    """The run that goes on or is repeated; None where a new one begins. Raises Refusal."""
    from dae.server import runs

    if asked.mode == "new" or (asked.mode == "step" and not asked.run):
        return None
    run = runs.of(asked.visitor)
    if run is None or run.key != asked.run:
        raise Refusal("gone", "That run is not here any more.")
    return run


def _check(asked: Training) -> None:
    """Refuse at once what could not begin later either. Raises Refusal."""
    from dae.server import runs, trials

    if _meant(asked) is None:
        with _refusals():
            runs.check(trials.read(asked.settings), trials.digits().seen)


@contextmanager
def _refusals() -> Iterator[None]:
    """What is wrong with a run, as a Refusal."""
    from dae import data
    from dae.trial import SettingsError

    try:
        yield
    except SettingsError as error:
        raise Refusal(error.reason, str(error), **error.values) from error
    except data.DataError as error:
        log.warning("a visitor's run did not begin: %s", error)
        raise Refusal("failed", str(error)) from error


def _begun(asked: Training) -> Run:
    """The run that is meant, ready to start. Raises Refusal."""
    from dae.server import runs, trials, visitors

    run = _meant(asked)
    with _refusals():
        if run is None:
            run = runs.begin(asked.visitor, trials.read(asked.settings))
        elif asked.mode == "restart":
            # As many steps as before on the same digits, so that the same seed gives the same curve.
            run = runs.begin(asked.visitor, run.settings, run.planned, run.everything)
        elif not run.is_over:
            raise Refusal("running", "That run goes on already.")
        else:
            run.prepare()
    run.look_after()
    visitors.heard(asked.visitor)
    return run


def _keep(run: Run) -> None:
    from dae.server import visitors

    run.keep()
    visitors.heard(run.owner)


def _forget(run: Run) -> None:
    """Whoever does not listen any more has gone."""
    from dae.server import visitors

    visitors.forget(run.owner)


def shown(run: Run) -> dict[str, Any]:
    """The run's snapshot as it is sent."""
    return _said(snapshot(run))


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
