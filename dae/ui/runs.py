"""Training for visitors: one run at a time for each of them, in a thread of its own or on a borrowed GPU.

A run outlives no session. What it made is kept in `dae.ui.models`, under a key that only its visitor knows.
"""

from __future__ import annotations

import collections
import contextlib
import contextvars
import ctypes
import functools
import itertools
import logging
import math
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from dae import checkpoints, data, trial
from dae.cost import MOST_PARAMETERS, cost
from dae.training import Snapshot, TrainingDiverged, resolve_device
from dae.trial import Moment, Schedule, Settings, SettingsError
from dae.ui import models

log = logging.getLogger(__name__)

ZERO_GPU = bool(os.environ.get("SPACES_ZERO_GPU"))
LONGEST = 20 if ZERO_GPU else 60  # seconds of a run
MOST_RUNS = 300  # that are remembered: one for each session that Gradio remembers
MOST_RUN_BYTES = 2**30  # of their weights and the optimiser's state: a hundred of the page's first recipe
MOST_POINTS = 1000  # of a curve
NICE = 10  # of threads that work for long
WAY_SECONDS = 0.03  # that a step waits for others at most
ABANDONED_SECONDS = 10.0  # a run that nobody has looked after for so long ends

Problem = tuple[str, dict[str, Any]]  # a reason, and what fills the places of its sentence

TEACHING = threading.Lock()  # the threads of torch are one setting for the whole process

_questions = 0  # of the pages, that are being answered or wait
_nobody_asks = threading.Event()
_nobody_asks.set()


def is_ending() -> bool:
    """Whether the process ends and waits for its threads: one that is cut off within torch would make it abort."""
    return not threading.main_thread().is_alive()


@contextlib.contextmanager
def others_first() -> Iterator[None]:
    """While a question is answered: a run in this process makes few steps meanwhile. For the server's own thread."""
    global _questions
    _questions += 1
    _nobody_asks.clear()
    try:
        yield
    finally:
        _questions -= 1
        if not _questions:
            _nobody_asks.set()


def give_way() -> None:
    """Let the questions of others come first, for a while: threads share one lock in Python, whatever the cores."""
    _nobody_asks.wait(WAY_SECONDS)


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
        if self.planned is None:
            return self.ended
        if not self.is_over:
            return [*self.ended, Schedule.whole(self.planned)]
        has_begun = self.moment is not None and self.moment.progress.step > 0
        return [*self.ended, Schedule.of(replace(self.moment, steps=self.planned))] if has_begun else self.ended

    def take(self, moment: Moment) -> None:
        """Note what there is to see now."""
        is_new = self.moment is None or moment.progress.step != self.moment.progress.step
        self.moment, self.planned = moment, moment.steps or self.planned
        if is_new and math.isfinite(moment.progress.error):
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

    def stop(self) -> None:
        """End it, with the network as it is; returns when it has ended."""
        self.stopping.set()
        if self.thread is not None:
            self.thread.join(5)
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
            _give_memory_back()

    def _train(self) -> str:
        moments = stream(self.settings, self.snapshot, self.planned, self.everything)
        try:
            for moment in moments:
                self.take(moment)
                is_abandoned = time.monotonic() - self.looked_after > ABANDONED_SECONDS
                if self.stopping.is_set() or is_abandoned or is_ending():
                    return "stopped"
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
        self.kept = models.keep(self.owner, self.settings.title, network, info, self.kept).key
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
        _step_back()
        before = torch.get_num_threads()
        torch.set_num_threads(cores())
        try:
            yield
        finally:
            torch.set_num_threads(before)


def _step_back() -> None:
    """Let the requests of others come before what this thread does, and what the threads do that it starts."""
    if sys.platform == "linux":  # where each thread has a niceness of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


def _give_memory_back() -> None:
    """What a run has freed goes back to the system; glibc would keep some hundred megabytes of it."""
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)


def cores() -> int:
    """How many cores a training may have."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(available, 8))


def guessed_steps(settings: Settings) -> int:
    """How many steps fit into the time, roughly, before any was made: 30 billion multiplications a second, three times
    as many for a step as for a forward pass."""
    seconds = 3 * cost(settings.model).multiplications * settings.batch_size / 3e10 + 2e-3
    return max(1, int(float(f"{settings.seconds / seconds:.2g}")))


_runs: dict[str, Run] = {}  # by session
_left: collections.deque[str] = collections.deque(maxlen=1000)  # sessions that are over; their events may still come
_listing = threading.Lock()


def begin(owner: str, settings: Settings, steps: int | None = None, everything: bool | None = None) -> Run:
    """A new run of a visitor, in the place of the one before; where there are too many, those that have rested longest
    make room.

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
    run = Run(owner, settings, seen.name, everything, len(seen), planned=steps)
    with _listing:
        _runs[owner] = run
        count, size = len(_runs), sum(each.bytes for each in _runs.values())
        for each in sorted((each for each in _runs.values() if each.is_over), key=lambda each: each.looked_after):
            if count <= MOST_RUNS and size <= MOST_RUN_BYTES:
                break
            del _runs[each.owner]
            count, size = count - 1, size - each.bytes
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
    """Stop a visitor's run, and forget it."""
    with _listing:
        run = _runs.pop(owner, None)
    if run is not None:
        run.stop()


def has_left(owner: str) -> bool:
    """Whether the session is over."""
    return owner in _left


def leave(owner: str) -> None:
    """The session is over: nothing of it stays."""
    _left.append(owner)
    end(owner)
    models.forget(owner)


MOST_WAITING = 40  # visitors in line; fewer than Gradio's queue holds, so that it is said in our words
TICKET_SECONDS = 4.0  # a ticket that was not shown for so long is void
_tickets: dict[str, float] = {}  # in the order of their coming -> when they were shown last


def place(ticket: str) -> int | None:
    """How many runs come before that of a waiting visitor, who shows a ticket again and again; None where too many
    wait already."""
    now = time.monotonic()
    with _listing:
        for other in [other for other, shown in _tickets.items() if now - shown > TICKET_SECONDS]:
            del _tickets[other]
        if len(_tickets) >= MOST_WAITING and ticket not in _tickets:
            return None
        _tickets[ticket] = now
        return list(_tickets).index(ticket) + sum(run.state == "running" for run in _runs.values())


# The best of the shipped networks on the same digits with the same noise, for comparison


@functools.lru_cache(maxsize=8)  # each takes 3 MB
def exam(noises: tuple) -> trial.Exam:
    """The digits that runs with this noise are judged by, and nobody trains on."""
    _, unseen = data.visitor_split()
    return trial.exam(noises, unseen)


def _best(noises: tuple, names: tuple[str, ...]) -> tuple[str, float] | None:
    questions = exam(noises)
    errors = {}
    for name in names:
        if is_ending():
            return None
        try:
            errors[name] = trial.examine(models.load(name), questions)
        except ValueError:  # a damaged file
            continue
    best = min(errors, key=errors.get, default=None)
    return None if best is None else (best, errors[best])


_judged: dict[tuple, tuple[str, float] | None] = {}
_judging = threading.Lock()


def best(settings: Settings) -> tuple[str, float] | None:
    """The best shipped network and its MSE, once it is known: it is worked out in the background."""
    key = settings.noises, models.names()
    if key in _judged:
        return _judged[key]
    if _judging.acquire(blocking=False):

        def judge() -> None:
            try:
                _step_back()
                if len(_judged) > 100:
                    _judged.clear()
                _judged[key] = _best(*key)
            finally:
                _judging.release()

        threading.Thread(target=judge, name="judging").start()
    return None


# MNIST

ARCHIVE_BYTES = 11_594_722  # all four archives


@dataclass(eq=False)
class Fetch:
    """A download of MNIST, for all visitors together."""

    state: str = "running"  # then done or failed
    thread: threading.Thread | None = None

    @property
    def fraction(self) -> float:
        """How much is there, 0 to 1."""
        raw = data.data_dir() / "MNIST" / "raw"
        size = 0
        for path in itertools.chain(raw.glob("*"), raw.glob(".download-*/*")):
            try:
                size += path.stat().st_size if path.suffix == ".gz" else path.stat().st_size / 4.74
            except OSError:  # moved in the meantime
                continue
        return min(1.0, size / ARCHIVE_BYTES)


_fetching = threading.Lock()
_fetch: Fetch | None = None


def fetch() -> Fetch:
    """Fetch MNIST in the background, or join those who do."""
    global _fetch
    with _fetching:
        if _fetch is None or _fetch.state != "running":
            _fetch = Fetch()
            _fetch.thread = threading.Thread(target=_download, args=(_fetch,), daemon=True, name="download")
            _fetch.thread.start()
        return _fetch


def _download(made: Fetch) -> None:
    try:
        data.download()
        data.train()
        made.state = "done"
    except ValueError as error:
        log.warning("%s", error)
        made.state = "failed"
    except Exception:
        log.exception("MNIST could not be fetched")
        made.state = "failed"
