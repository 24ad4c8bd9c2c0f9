"""A run as an event of Gradio's queue: its line, what it says, and how it ends when nobody listens."""

import asyncio
import base64
import threading
from dataclasses import replace
from types import SimpleNamespace

import anyio
import pytest
from anyio import to_thread
from asked import small
from served import run_async
from trained import ANN, SMALL, said_by, streamed, trained

from dae.server import events, networks, runs, tickets, training
from dae.server.askers import Asker


def test_an_event_says_what_there_is_to_see(visitor):
    said = streamed(visitor, seconds=1)
    first, last = said[0], said[-1]
    assert first["state"] == "waiting" and first["curve"] == [] and last["state"] == "done"
    run = runs.of(visitor)
    assert {each["run"] for each in said} == {run.key} and 0 < last["step"] == run.steps <= last["planned"]
    assert last["curve"] == [list(point) for point in run.curve] and last["curve"][-1][0] == run.steps
    assert last["unseen"] == run.moment.unseen and last["nothing"] == pytest.approx(0.115, abs=0.003)
    for name, length in (("clean", 8 * 784), ("noisy", 8 * 784), ("restored", 8 * 784), ("features", 8 * 784)):
        assert len(base64.b64decode(last[name])) == length
    assert [each["key"] for each in last["networks"]] == [last["kept"]] == [networks.of(visitor)[0].key]
    assert last["digits"] == {"seen": 4500, "unseen": 500, "everything": False}
    assert all(each["networks"] is None for each in said[:2])


def test_no_snapshot_changes_after_it_was_sent(visitor):
    run = runs.begin(visitor, SMALL, 10)
    moments = list(runs.stream(SMALL, None, 10, False))
    run.take(moments[-1])
    sent = training.snapshot(run)
    before = sent.model_dump_json()
    run.curve.append((11, 0.1, 0.1))
    assert sent.model_dump_json() == before and sent.curve is not run.curve


def test_a_curve_is_read_while_the_run_writes_it(visitor, monkeypatch):
    monkeypatch.setattr(runs, "MOST_POINTS", 20)
    run = runs.begin(visitor, SMALL, 10)
    moment = list(runs.stream(SMALL, None, 2, False))[-1]
    ended, wrong = threading.Event(), []

    def read():
        while not ended.is_set():
            steps = [step for step, _, _ in run.points()]
            if steps != sorted(set(steps)):
                wrong.append(steps)

    reader = threading.Thread(target=read)
    reader.start()
    for step in range(1, 3000):
        run.take(replace(moment, progress=replace(moment.progress, step=step)))
    ended.set()
    reader.join()
    assert wrong == [] and len(run.points()) <= 21


@pytest.mark.parametrize("ending", ["close", "stop", "leave", "deaf"])
def test_a_run_ends_when_nobody_listens_or_somebody_says_so(visitor, ask, ending):
    hears = True

    async def listen() -> dict | None:
        nonlocal hears
        stream = training.train(Asker("here", visitor), "new", small(seconds=60), "", lambda _: hears)
        while (await anext(stream))["step"] == 0:
            pass
        begun.append(runs.of(visitor))
        if ending == "close":
            await stream.aclose()
            return None
        if ending == "deaf":
            hears = False
        else:
            await to_thread.run_sync(lambda: ask(ending, visitor=visitor))
        return ([said async for said in stream] or [None])[-1]

    begun: list[runs.Run] = []
    last = run_async(listen)
    (run,) = begun
    run.thread.join(60)
    if last is not None:
        assert last["state"] == "stopped" and bool(last["networks"]) == (ending == "stop")
    assert run.state == "stopped" and not run.thread.is_alive() and 0 < run.steps < run.planned
    assert networks.owners() == ({visitor} if ending == "stop" else set())
    assert (runs.of(visitor) is None) == (ending in ("leave", "deaf"))


def test_whether_somebody_listens_is_told_by_what_lies_unread(monkeypatch):
    messages: asyncio.Queue = asyncio.Queue()
    queue = SimpleNamespace(pending_messages_per_session={"here": messages})
    now = 0.0
    monkeypatch.setattr(events, "time", SimpleNamespace(monotonic=lambda: now))
    assert not events.is_heard(queue, "nobody") and events.is_heard(queue, "here", 0)
    messages.put_nowait("one")
    assert events.is_heard(queue, "here") and not events.is_heard(queue, "here", 0)
    now = events.DEAF_SECONDS
    assert not events.is_heard(queue, "here")
    messages.get_nowait()
    assert events.is_heard(queue, "here", 0)
    messages.put_nowait("two")
    assert events.is_heard(queue, "here")


def test_what_nobody_fetches_is_swept_away_and_what_somebody_may_is_not():
    queue = SimpleNamespace(
        pending_messages_per_session={"over": [1], "going": [1], "new": []},
        pending_event_ids_session={"over": {"a"}, "going": {"b"}, "gone": {"c"}},
        event_ids_to_events={"b": None},
    )
    idle = events.sweep(queue, frozenset())
    assert idle == {"over", "gone", "new"} and len(queue.pending_messages_per_session) == 3
    queue.event_ids_to_events["c"] = None  # asks again
    events.sweep(queue, idle)
    assert set(queue.pending_messages_per_session) == {"going"}
    assert set(queue.pending_event_ids_session) == {"going", "gone"}


def test_those_who_wait_are_told_their_place_and_may_leave(visitor, ask):
    """One trains; three wait, of whom one leaves, one does not listen, and one is served."""
    heard: dict[str, list] = {name: [] for name in ("first", "leaves", "deaf", "last")}

    async def listen(name: str) -> None:
        asker = Asker("here", f"{name}-{visitor}")
        settings = small(seconds=60 if name == "first" else 1)
        async for said in training.train(asker, "new", settings, "", lambda _: name != "deaf"):
            heard[name].append((said["state"], said["place"]))
            if name == "first" and said["step"]:
                begun.set()

    async def come() -> None:
        async with anyio.create_task_group() as group:
            for name in heard:
                group.start_soon(listen, name)
                while not heard[name] and name != "deaf":
                    await anyio.sleep(0.01)
            await begun.wait()
            while heard["last"][-1] != ("waiting", 2):  # whoever does not listen has left
                await anyio.sleep(0.01)
            for name in ("leaves", "first"):
                await to_thread.run_sync(lambda name=name: ask("stop", visitor=f"{name}-{visitor}"))

    begun = anyio.Event()
    run_async(come)
    assert heard["leaves"][0] == ("waiting", 1) and heard["leaves"][-1] == ("stopped", None)
    assert heard["deaf"] == [("stopped", None)]
    assert heard["last"][-1] == ("done", None)
    assert runs.of(f"leaves-{visitor}") is None and tickets.line._training is None


def test_stop_continue_step_restart(visitor):
    first = streamed(visitor, seconds=1)[-1]
    again = streamed(visitor, "continue", first["run"])[-1]
    assert first["step"] < again["step"] <= first["step"] + first["planned"] and again["unseen"] < first["unseen"]
    assert again["kept"] == first["kept"] and len(again["networks"]) == 1  # the same network, further on
    assert again["networks"][0]["version"] > first["networks"][0]["version"]
    step = streamed(visitor, "step", first["run"])[-1]
    assert step["step"] == again["step"] + 1 and step["numbers"]["gradient"] > 0 and step["state"] == "stopped"
    restarted = streamed(visitor, "restart", first["run"])[-1]
    assert restarted["run"] != first["run"] and restarted["planned"] == first["planned"]
    assert restarted["kept"] != first["kept"] and len(restarted["networks"]) == 2


def test_a_first_step_begins_a_run(visitor):
    said = streamed(visitor, "step")[-1]
    assert said["step"] == 1 and said["numbers"]["lossAfter"] < said["numbers"]["loss"]


@pytest.mark.parametrize("mode", ["continue", "step", "restart"])
def test_a_run_that_the_server_has_let_go_is_told_of_and_none_begins_in_its_place(visitor, mode):
    (said,) = streamed(visitor, mode, "a-run-of-before")
    assert said["state"] == "failed" and said["problem"]["code"] == "gone" and runs.of(visitor) is None


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("short", "new", small(), ""), "malformed"),
        ((ANN, "sideways", small(), ""), "malformed"),
        ((ANN, "new", {}, ""), "malformed"),
        ((ANN, "new", None, ""), "malformed"),
        ((ANN, "new", small(), None), "malformed"),
        ((ANN, "new", small(learning_rate=float("nan")), ""), "malformed"),
        ((ANN, "new", small(learning_rate=1e3), ""), "learning_rate"),
        ((ANN, "new", small(batch_size=10**4), ""), "batch"),
        ((ANN, "new", small(seconds=61.0), ""), "range"),
        ((ANN, "new", small(widths=[2048, 2048]), ""), "size"),
        ((ANN, "continue", small(), ""), "gone"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_begin_says_why_and_the_run_before_stays(arguments, code):
    run = trained(ANN, 2)
    (said,) = said_by(*arguments)
    assert said["problem"]["code"] == code and said["problem"]["message"].endswith(".")
    assert runs.of(ANN) is run and run.state == "done"


def test_digits_that_are_gone_are_told(visitor, monkeypatch):
    monkeypatch.setattr("dae.data.is_downloaded", lambda directory=None: True)
    (said,) = streamed(visitor)
    assert said["problem"]["code"] == "failed" and runs.of(visitor) is None
