"""The lines: who is admitted, whose turn it is, what becomes of the rest. Work ends when a test says so."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace

import anyio
import pytest
from asked import digit_text
from served import run_async
from starlette.datastructures import Address

from dae.server import askers, costs, gate, line, tickets
from dae.server.askers import Asker, asking
from dae.server.background import Background
from dae.server.line import Busy, Cost, Line, Replaced, TooMuch
from dae.server.protocol import EXCHANGES
from dae.server.room import too_much
from dae.server.turns import Turns

QUICK, SLOW = Cost(0.2), Cost(2.0)


async def wait_for(true: Callable[[], bool]) -> None:
    """Waits for what takes a thread's start, or a turn of the loop; and a moment more, in which nothing else may."""
    with anyio.move_on_after(20):
        while not true():
            await anyio.sleep(0.005)
    await anyio.sleep(0.05)


class Work:
    """Calls that wait until they are let go, and what became of them."""

    def __init__(self, line_: Line) -> None:
        self.line, self.begun, self.ended = line_, [], []
        self._go = threading.Semaphore(0)

    def _work(self, name: str) -> None:
        self.begun.append(name)
        self._go.acquire(timeout=30)

    async def ask(self, name: str, address: str, cost: Cost, visitor: str = "", kind: str = "") -> None:
        asking.set(Asker(address, visitor))
        try:
            await self.line.run(self._work, name, cost=cost, kind=kind)
            self.ended.append(name)
        except Exception as error:
            self.ended.append(f"{name}: {type(error).__name__}")

    async def comes_to(self, begun: list[str]) -> None:
        await wait_for(lambda: self.begun == begun)
        assert self.begun == begun

    async def let_go(self, count: int = 1) -> None:
        ended = len(self.ended)
        for _ in range(count):
            self._go.release()
        while len(self.ended) < ended + count:
            await anyio.sleep(0.001)
        await anyio.sleep(0.01)


def test_an_address_has_one_at_once_and_others_come_in_between():
    async def come() -> Work:
        work = Work(Line())
        async with anyio.create_task_group() as group:
            for number in range(4):
                group.start_soon(work.ask, f"bad {number}", "bad", SLOW, f"made up {number}")
            await work.comes_to(["bad 0"])
            group.start_soon(work.ask, "good", "good", SLOW)
            await work.comes_to(["bad 0", "good"])
            group.start_soon(work.ask, "quick", "third", QUICK)
            await work.comes_to(["bad 0", "good", "quick"])  # a lane of its own
            await work.let_go(6)
        return work

    assert len(run_async(come).ended) == 6


def test_visitors_behind_one_address_take_turns_and_the_cheaper_comes_first():
    async def come() -> Work:
        work = Work(Line())
        async with anyio.create_task_group() as group:
            for visitor, name, cost in [
                *(("a", "a1", SLOW), ("a", "a2", Cost(3.0)), ("a", "a3", Cost(1.0))),
                *(("b", "b1", Cost(5.0)), ("c", "c1", Cost(4.0))),
            ]:
                group.start_soon(work.ask, name, "school", cost, visitor)
                await anyio.sleep(0.01)
            for _ in range(5):
                await work.let_go()
        return work

    assert run_async(come).begun == ["a1", "c1", "b1", "a3", "a2"]


def test_the_newest_of_a_visitors_kind_replaces_the_one_that_waits():
    async def come() -> Work:
        work, me = Work(Line()), "v" * 20
        async with anyio.create_task_group() as group:
            for name, kind, visitor in [
                *(("first", "grid", me), ("second", "grid", me), ("third", "grid", me)),
                *(("other kind", "stage", me), ("other visitor", "grid", "w" * 20)),
                *(("program 1", "grid", ""), ("program 2", "grid", "")),
            ]:
                group.start_soon(work.ask, name, "here", SLOW, visitor, kind)
                await anyio.sleep(0.01)
            assert work.ended == ["second: Replaced"]
            for _ in range(6):
                await work.let_go()
        return work

    assert sorted(run_async(come).begun) == ["first", "other kind", "other visitor", "program 1", "program 2", "third"]


def test_what_costs_too_much_or_comes_when_too_much_waits_is_refused_before_it_begins():
    async def come() -> list:
        work = Work(Line(waiting_seconds=3))
        async with anyio.create_task_group() as group:
            group.start_soon(work.ask, "huge", "x", Cost(line.MOST_SECONDS + 1))
            group.start_soon(work.ask, "heavy", "x", Cost(1.0, line.MOST_MEGABYTES + 1))
            await anyio.sleep(0.01)
            assert work.ended == ["huge: TooMuch", "heavy: TooMuch"]
            for number in range(5):
                group.start_soon(work.ask, f"{number}", "x", SLOW)
                await anyio.sleep(0.01)
            assert work.ended[2:] == ["3: Busy", "4: Busy"]  # one is worked on, two wait
            await work.comes_to(["0"])
            group.start_soon(work.ask, "elsewhere", "y", SLOW)
            await work.comes_to(["0", "elsewhere"])
            for _ in range(4):
                await work.let_go()
        return work.begun

    assert sorted(run_async(come)) == ["0", "1", "2", "elsewhere"]
    for error in (Busy, Replaced, TooMuch):
        assert issubclass(error, Exception)


def test_what_takes_memory_waits_for_memory():
    async def come() -> None:
        work, half = Work(Line()), 0.6 * line.MOST_MEGABYTES
        async with anyio.create_task_group() as group:
            group.start_soon(work.ask, "one", "x", Cost(1.0, half))
            await anyio.sleep(0.01)
            group.start_soon(work.ask, "other", "y", Cost(1.0, half))
            await work.comes_to(["one"])
            await work.let_go()
            await work.comes_to(["one", "other"])
            await work.let_go()

    run_async(come)


def test_whoever_goes_leaves_the_line():
    async def come() -> None:
        work = Work(Line())
        async with anyio.create_task_group() as group:
            group.start_soon(work.ask, "one", "x", SLOW)
            await anyio.sleep(0.01)
            with anyio.move_on_after(0.05):
                await work.ask("gone", "x", SLOW)
            group.start_soon(work.ask, "next", "x", SLOW)
            await anyio.sleep(0.01)
            await work.let_go(2)
        assert work.begun == ["one", "next"]

    run_async(come)


# Costs


def test_every_question_has_a_cost_and_more_of_it_costs_more():
    noise = {"digit": digit_text(), "noise": "gaussian", "seed": 0}

    def cost(name: str, **values) -> Cost:
        return costs.of(EXCHANGES[name].question.model_validate(values))

    rows = [{"denoiser": "universal", "label": "u"}, {"denoiser": "nlm", "label": "n"}]
    grid = {"title": "t", "noisy": "n", "levelName": "l", **noise}
    assert cost("grid-figure", rows=rows, **grid) > cost("grid-figure", rows=rows[1:], **grid) > line.CHEAP
    usual = cost("denoise", levels=[0.5], denoisers=["median", "tv", "nlm", "wiener", "memoriser"], **noise)
    assert usual.seconds <= line.QUICK  # what a slider asks
    everything = ["median", "tv", "nlm", "wiener", "memoriser"]
    assert cost("denoise", levels=[0.1] * 6, denoisers=everything, **noise).seconds < line.MOST_SECONDS
    assert cost("denoise", levels=[0.1] * 31, denoisers=everything, **noise).seconds > line.MOST_SECONDS
    assert cost("here", visitor="v" * 20) == line.CHEAP
    words = {"model": "wta-2000", "title": "t", "less": "l", "more": "m"}
    some, whole = (cost("dictionary-figure", features=list(range(count)), **words) for count in (200, 2000))
    assert line.QUICK < some.seconds < line.MOST_SECONDS and some.megabytes < line.MOST_MEGABYTES < whole.megabytes


@pytest.mark.parametrize("arguments", [(), ("x",), (None, 3), ([], "no-such"), ({}, []), ([[1]] * 10**5, "universal")])
@pytest.mark.parametrize("name", ["denoise", "encode", "decode", "features", "models", "corrupt", "results"])
def test_a_call_of_anything_has_a_cost(name, arguments):
    arguments = arguments or ([], "plain")
    assert 0 < costs.of_call(name, arguments).seconds < line.MOST_SECONDS


def test_too_much_is_a_sentence(ask):
    answer = ask(
        "denoise", digit=digit_text(), noise="gaussian", seed=0, levels=[0.1] * 31, denoisers=["wiener", "memoriser"]
    )
    assert answer.status_code == 413 and answer.json()["code"] == "too_much" and answer.json()["message"].endswith(".")


# The gate


def test_few_requests_of_an_address_are_with_gradio_at_once_what_it_has_queued_among_them():
    def queued(function: str) -> SimpleNamespace:
        return SimpleNamespace(
            fn=SimpleNamespace(api_name=function), request=SimpleNamespace(client=Address("1.1.1.1", 1))
        )

    queue = SimpleNamespace(event_ids_to_events={number: queued("train") for number in range(9)})  # they have a line
    within, begun = gate.Gate(), []

    async def all_of_them() -> None:
        go = anyio.Event()

        async def ask(address: str, number: int) -> None:
            async with within.passing(address, queue):
                begun.append((address, number))
                await go.wait()

        async with anyio.create_task_group() as tasks:
            for number in range(10):
                tasks.start_soon(ask, "1.1.1.1", number)
            tasks.start_soon(ask, "2.2.2.2", 0)
            await wait_for(lambda: len(begun) > gate.AT_ONCE)
            assert sorted(begun) == [*(("1.1.1.1", number) for number in range(gate.AT_ONCE)), ("2.2.2.2", 0)]
            queue.event_ids_to_events |= {f"call {number}": queued("models") for number in range(gate.AT_ONCE)}
            go.set()
            await anyio.sleep(3 * gate.LOOK_SECONDS)
            assert len(begun) == gate.AT_ONCE + 1
            del queue.event_ids_to_events["call 0"]
        assert [number for address, number in begun if address == "1.1.1.1"] == list(range(10))

    run_async(all_of_them)


# Turns


def test_addresses_take_turns_and_their_visitors_behind_them():
    turns = Turns()
    numbers = itertools.count()

    def wish(address: str, visitor: str) -> SimpleNamespace:
        return SimpleNamespace(asker=Asker(address, visitor), seconds=0.0, number=next(numbers))

    waiting = [wish("school", f"pupil {i}") for i in range(4)] + [wish("home", "one"), wish("home", "one")]
    turns.took(Asker("school", "pupil 0"))
    turns.took(Asker("school", "pupil 1"))
    order = [each.asker.visitor for each in turns.order(waiting)]
    assert order == ["one", "pupil 2", "one", "pupil 3", "pupil 0", "pupil 1"]
    # What is foretold is what comes.
    came, left = [], list(waiting)
    while left:
        each = turns.order(left)[0]
        left.remove(each)
        turns.took(each.asker)
        came.append(each.asker.visitor)
    assert came == order


def test_thirty_who_want_to_train_are_served_in_turn_and_none_twice_before_another_once():
    tickets_, served = tickets.Tickets(), []
    waiting = [tickets_.take(Asker("school", f"pupil {i}")) for i in range(30)]
    assert [ticket.place for ticket in waiting] == list(range(30))
    for _ in range(60):
        ticket = next(ticket for ticket in waiting if ticket.place == 0)
        served.append(ticket.asker.visitor)
        waiting.remove(ticket)
        waiting.append(tickets_.take(ticket.asker))  # presses again at once
        tickets_.leave(ticket)
    assert set(Counter(served[:30]).values()) == set(Counter(served[30:]).values()) == {1}
    stranger = tickets_.take(Asker("home", "one"))
    assert stranger.place == 1  # another address does not wait for the whole class


def test_a_visitor_has_one_place_and_an_address_not_all(monkeypatch):
    monkeypatch.setattr(tickets, "MOST_OF_ONE", 3)
    queue = tickets.Tickets()
    running = queue.take(Asker("a", "one"))
    first, other = queue.take(Asker("a", "two")), queue.take(Asker("a", "three"))
    second = queue.take(Asker("a", "two"))
    assert first.place is None and (second.place, other.place) == (1, 2)
    queue.take(Asker("a", "four"))
    with pytest.raises(tickets.Full):
        queue.take(Asker("a", "five"))
    assert queue.take(Asker("b", "six")).place == 1
    queue.leave(second)
    assert queue.of("two") is None and other.place == 2
    queue.leave(running)
    assert queue.of("six") is None  # it is training


def test_what_is_worked_on_in_the_background_takes_turns_and_the_newest_wish_of_each_counts():
    background, done, go = Background("test"), [], threading.Event()

    def wish(address: str, visitor: str, key: str) -> bool:
        token = asking.set(Asker(address, visitor))

        def work() -> None:
            go.wait(30)
            done.append(key)
            if key == "fails":
                raise ValueError

        try:
            return background.ask(key, work)
        finally:
            asking.reset(token)

    assert wish("school", "one", "first") and wish("home", "one", "first")  # the same for both
    thread = next(thread for thread in threading.enumerate() if thread.name == "test")
    wishes = [("school", "one", "old"), ("school", "two", "fails"), ("school", "one", "new"), ("home", "two", "other")]
    assert not any(wish(*each) for each in wishes)
    go.set()
    thread.join(30)
    assert done == ["first", "other", "fails", "new"]


# Room


def test_the_heaviest_address_makes_room_and_nobody_else():
    def thing(address: str, owner: str, size: int) -> SimpleNamespace:
        return SimpleNamespace(address=address, owner=owner, bytes=size)

    mine = [thing("home", "me", 5)]
    theirs = [thing("bad", f"made up {i}", 10) for i in range(9)] + [thing("bad", "two", 8), thing("bad", "two", 8)]
    gone = too_much(mine + theirs, 45)
    assert all(each.address == "bad" for each in gone) and gone[0] is theirs[9]  # the oldest of who has most
    assert sum(each.bytes for each in mine + theirs) - sum(each.bytes for each in gone) <= 45
    assert too_much(mine, 5) == []


def test_an_address_is_a_household():
    assert askers.address_of("10.1.2.3") == "10.1.2.3"
    assert (
        askers.address_of("2001:db8:1:2:3::4")
        == askers.address_of("2001:db8:1:2:ffff::1")
        != askers.address_of("2001:db8:1:3::1")
    )
    assert askers.address_of(None) == "" and askers.address_of("testclient") == "testclient"
    scope = {"headers": [(b"visitor", b"a" * 24)], "client": ("10.0.0.1", 5)}
    assert askers.of(scope) == Asker("10.0.0.1", "a" * 24)
    assert askers.of({**scope, "headers": [(b"visitor", b"no visitor")]}).visitor == ""
