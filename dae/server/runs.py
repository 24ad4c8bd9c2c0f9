"""Training for visitors: one run at a time for each of them, in a thread of its own or on a borrowed GPU.

A run outlives no visit. What it made is kept in `dae.server.networks`, under a key that only its visitor knows.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import logging
import math
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from dae import checkpoints, data, trial
from dae.cost import MOST_PARAMETERS, cost
from dae.server import memory, networks
from dae.server.askers import asking
from dae.server.judging import exam
from dae.server.line import give_way, is_ending, step_back
from dae.server.room import too_much
from dae.training import Snapshot, TrainingDiverged, resolve_device
from dae.trial import Moment, Schedule, Settings, SettingsError

log = logging.getLogger(__name__)

ZERO_GPU = bool(os.environ.get("SPACES_ZERO_GPU"))
LONGEST = 20 if ZERO_GPU else 60  # seconds of a run
MOST_RUNS = 300  # that are remembered
MOST_RUN_BYTES = 192 * 2**20  # of their weights and the optimiser's state: twenty of the page's first recipe
MOST_POINTS = 1000  # of a curve
ABANDONED_SECONDS = 10.0  # a run that nobody has looked after for so long ends

Problem = tuple[str, dict[str, Any]]  # a reason, and what fills the places of its sentence

TEACHING = threading.Lock()  # the threads of torch are one setting for the whole process


def on_gpu(duration: Callable[..., int]) -> Callable[[Callable], Callable]:
    """`spaces.GPU` on a Space with ZeroGPU; elsewhere the function stays as it is."""
    if not ZERO_GPU:
        return lambda function: function
    import spaces

    return spaces.GPU(duration=duration)


def duration(settings: Settings, *_: Any) -> int:
    """For how many seconds a run may need the GPU."""
    return math.ceil(min(settings.seconds, LONGEST)) + 5


# These two run in another process on ZeroGPU: all that goes in or comes out can be pickled and is on the CPU.


@on_gpu(duration)
def stream(settings: Settings, snapshot: Snapshot | None, steps: int | None, everything: bool) -> Iterator[Moment]:
    device, digits = resolve_device(), trial.digits(everything)
    threads = () if device.type != "cpu" or cores() == 1 else (1, cores())
    yield from trial.watch(
        settings, digits, device=device, snapshot=snapshot, steps=steps, threads=threads, pause=give_way
    )


@on_gpu(duration)
def single(settings: Settings, snapshot: Snapshot | None, steps: int, everything: bool) -> Iterator[Any]:
    digits = trial.digits(everything)
    yield trial.one_step(settings, digits, device=resolve_device(), snapshot=snapshot, steps=steps)


@functools.lru_cache(maxsize=1)
def precision() -> str:
    """Of the matrix products, as this machine is fastest."""
    return "bfloat16" if trial.gains_from_half(resolve_device()) else "float32"


@dataclass(eq=False)
class Run:
    """A visitor's run, from its first weights on, on the same digits; it may be stopped and go on."""

    owner: str
    address: str  # where the visitor is
    settings: Settings
    source: str  # the digits, as they call themselves
    everything: bool  # all of MNIST but the gallery; see `dae.trial.digits`
    seen: int  # how many they are
    key: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    state: str = "waiting"  # then running; then stopped, done or failed
    problem: Problem | None = None
    moment: Moment | None = None
    planned: int | None = None  # steps of the schedule
    ended: list[Schedule] = field(default_factory=list)  # schedules that came to their end
    before: int = 0  # steps of those
    seconds_before: float = 0.0
    curve: list[tuple[int, float, float]] = field(default_factory=list)  # step, MSE of the batches, MSE on unseen
    numbers: Any = None  # StepNumbers of the last single step
    kept: str = ""  # key of the model that this run made
    kept_steps: int = 0  # how far it was when it was kept
    keeping: threading.Lock = field(default_factory=threading.Lock)
    drawing: threading.Lock = field(default_factory=threading.Lock)  # of the curve
    looked_after: float = 0.0
    stopping: threading.Event = field(default_factory=threading.Event)
    news: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    @property
    def is_over(self) -> bool:
        return self.state in ("stopped", "done", "failed")

    @property
    def snapshot(self) -> Snapshot | None:
        return self.moment.snapshot if self.moment else None

    @property
    def bytes(self) -> int:
        """Of the weights, and of what the optimiser remembers of each: a run needs both to go on."""
        if self.snapshot is None:
            return 0
        states = self.snapshot.optimizer["state"].values()
        tensors = [*self.snapshot.weights.values(), *(value for state in states for value in state.values())]
        return sum(value.nbytes for value in tensors)

    @property
    def steps(self) -> int:
        return self.before + (self.moment.progress.step if self.moment else 0)

    @property
    def schedules(self) -> list[Schedule]:
        """What it has made of its schedules, one after the other; while it runs, what is planned of the last one."""
        ended, moment, planned = list(self.ended), self.moment, self.planned
        if planned is None:
            return ended
        if not self.is_over:
            return [*ended, Schedule.whole(planned)]
        has_begun = moment is not None and moment.progress.step > 0
        return [*ended, Schedule.of(replace(moment, steps=planned))] if has_begun else ended

    def points(self) -> list[tuple[int, float, float]]:
        """The curve as it is now, a list of one's own."""
        with self.drawing:
            return list(self.curve)

    def take(self, moment: Moment) -> None:
        """Note what there is to see now."""
        is_new = self.moment is None or moment.progress.step != self.moment.progress.step
        self.moment, self.planned = moment, moment.steps or self.planned
        if is_new and math.isfinite(moment.progress.error):
            with self.drawing:
                self.curve.append((self.steps, moment.progress.error, moment.unseen))
                if len(self.curve) > MOST_POINTS:
                    del self.curve[1:-1:2]
        self.news.set()

    def prepare(self) -> None:
        """Before it goes on: a run whose schedule has ended begins another one with the weights that it has."""
        if self.state == "done" and self.moment is not None:
            self.before += self.moment.progress.step
            self.seconds_before += self.moment.progress.seconds
            self.ended.append(Schedule.of(self.moment))
            again = trial.again(self.moment.snapshot)
            progress = replace(self.moment.progress, step=0, seconds=0.0, fraction=0.0)
            self.moment = replace(self.moment, snapshot=again, progress=progress)
        self.state, self.problem = "waiting", None
        self.stopping.clear()
        self.look_after()

    def look_after(self) -> None:
        self.looked_after = time.monotonic()

    def start(self, is_single: bool = False) -> None:
        """Train in a thread until the schedule's end, or make a single step."""
        self.state = "running"
        # On ZeroGPU the request says whose minutes these are.
        context = contextvars.copy_context()
        work = self._step if is_single else self._train
        self.thread = threading.Thread(target=context.run, args=(self._guarded, work), name="training")
        self.thread.start()

    def wait(self, seconds: float = 0.5) -> bool:
        """Wait for news; whether the run still goes on."""
        self.look_after()
        self.news.wait(seconds)
        self.news.clear()
        return not self.is_over

    def stop(self, seconds: float = 5.0) -> None:
        """End it, with the network as it is; returns when it has ended, or after so many seconds."""
        self.stopping.set()
        if self.thread is not None:
            self.thread.join(seconds)
        if not self.is_over:  # it has not begun, or takes its time to end
            self.state = "stopped"

    def _guarded(self, work: Callable[[], str]) -> None:
        state = "failed"
        try:
            with _all_cores():
                state = work()
        except SettingsError as error:
            self.problem = error.reason, error.values
        except TrainingDiverged:
            self.problem = "diverged", {}
        except ValueError as error:
            log.warning("a visitor's run failed: %s", error)
            self.problem = "failed", {}
        except Exception:
            log.exception("a visitor's run failed")
            self.problem = "failed", {}
        finally:
            self.state = state
            self.news.set()
            memory.give_back()

    def _train(self) -> str:
        moments = stream(self.settings, self.snapshot, self.planned, self.everything)
        was_abandoned = False
        try:
            for moment in moments:
                self.take(moment)
                is_abandoned = time.monotonic() - self.looked_after > ABANDONED_SECONDS
                # Twice in a row: a machine that was asleep has looked after nobody, and may do so now.
                if self.stopping.is_set() or (is_abandoned and was_abandoned) or is_ending():
                    return "stopped"
                was_abandoned = is_abandoned
        finally:
            moments.close()
        return "done"

    def _step(self) -> str:
        steps = self.planned or guessed_steps(self.settings)
        ((self.numbers, moment),) = single(self.settings, self.snapshot, steps, self.everything)
        self.take(moment)
        return "done" if moment.progress.step >= steps else "stopped"

    def keep(self) -> None:
        """Put the network as it is into the visitor's menus, unless it has been there or the visitor has left."""
        with self.keeping:
            if self.moment is not None and self.steps != self.kept_steps and of(self.owner) is self:
                self._keep()

    def _keep(self) -> None:
        moment = self.moment
        info = checkpoints.Info(
            recipe=checkpoints.describe(self.settings.recipe),
            model=moment.config,
            seed=self.settings.seed,
            data=self.source,
            figures=[self._figure(moment)],
            versions=checkpoints.versions(),
            seconds=round(self.seconds_before + moment.progress.seconds, 1),
            steps=self.before + moment.progress.step,
        )
        network = trial.trained(moment.config, moment.snapshot.weights)
        self.kept = networks.keep(self.owner, self.settings.title, network, info, self.kept).key
        self.kept_steps = info.steps

    def _figure(self, moment: Moment) -> dict[str, Any]:
        """What it measured on the digits that it never saw."""
        settings = self.settings
        return {
            "denoiser": "trial",
            "noise": settings.noise,
            "level": settings.high,
            "clip": settings.clip,
            "digits": len(data.visitor_split()[1]),
            "mse": moment.unseen,
            "nothing": exam(settings.noises).nothing,
        }


@contextlib.contextmanager
def _all_cores() -> Iterator[None]:
    """All cores for one training, as far as those who only look leave them; the page itself works with one thread for
    each request."""
    with TEACHING:
        step_back()
        before = torch.get_num_threads()
        torch.set_num_threads(cores())
        try:
            yield
        finally:
            torch.set_num_threads(before)


def cores() -> int:
    """How many cores a training may have."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(available, 8))


def guessed_steps(settings: Settings) -> int:
    """How many steps fit into the time, roughly, before any was made: 30 billion multiplications a second, three times
    as many for a step as for a forward pass."""
    seconds = 3 * cost(settings.model).multiplications * settings.batch_size / 3e10 + 2e-3
    return max(1, int(float(f"{settings.seconds / seconds:.2g}")))


_runs: dict[str, Run] = {}  # by visitor
_listing = threading.Lock()


def begin(owner: str, settings: Settings, steps: int | None = None, everything: bool | None = None) -> Run:
    """A new run of a visitor, in the place of the one before; where there are too many, those that have rested longest
    make room, and where they take too much, see `dae.server.room`.

    Args:
        steps, everything: those of a run that this one repeats; see `dae.trial.watch` and `dae.trial.digits`.

    Raises:
        SettingsError: settings that make no sense.
        DataError: the digits are not there any more.
    """
    everything = data.is_downloaded() if everything is None else everything
    seen, _ = trial.digits(everything)
    check(settings, len(seen))
    end(owner)
    run = Run(owner, asking.get().address, settings, seen.name, everything, len(seen), planned=steps)
    with _listing:
        rested = sorted((each for each in _runs.values() if each.is_over), key=lambda each: each.looked_after)
        going = sum(each.bytes for each in _runs.values() if not each.is_over)
        gone = too_much(rested, MOST_RUN_BYTES - going)
        kept = [each for each in rested if each not in gone]
        for each in (*gone, *kept[: max(0, len(_runs) - len(gone) + 1 - MOST_RUNS)]):
            del _runs[each.owner]
        _runs[owner] = run
    return run


def check(settings: Settings, count: int) -> None:
    """Refuse what makes no sense, and what a visitor may not do here.

    Raises:
        SettingsError: with the reason.
    """
    settings.check(count)
    if settings.seconds > LONGEST:
        raise SettingsError("range", field="seconds", low="1", high=str(LONGEST))
    if cost(settings.model).parameters > MOST_PARAMETERS:
        raise SettingsError("size", most=f"{MOST_PARAMETERS:,}")


def of(owner: str) -> Run | None:
    return _runs.get(owner)


def by_key(key: object) -> Run | None:
    """The run of an unguessable key; None for anything else."""
    return next((run for run in list(_runs.values()) if isinstance(key, str) and run.key == key), None)


def end(owner: str) -> None:
    """Forget a visitor's run, which stops at its next moment."""
    with _listing:
        run = _runs.pop(owner, None)
    if run is not None:
        run.stopping.set()
        run.news.set()


def owners() -> set[str]:
    """The visitors who have runs here."""
    with _listing:
        return set(_runs)


def busy() -> set[str]:
    """Those of them whose runs go on: they are here."""
    with _listing:
        return {owner for owner, run in _runs.items() if run.state == "running"}
