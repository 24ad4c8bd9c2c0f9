"""The Train tab's handlers, called as Gradio calls them: train, stop, go on, one step, remove, load a file."""

import base64
import json
from types import SimpleNamespace

import gradio as gr
import pytest

from dae import checkpoints
from dae.models import ModelConfig
from dae.models import build as network
from dae.ui import connection, models, runs, train_tab
from dae.ui.build import build

SMALL = {"widths": [], "latent_dim": 8, "batch_size": 50, "learning_rate": 0.01, "seconds": 60, "seed": 5}


@pytest.fixture(scope="module")
def handlers():
    """name -> the tab's handler."""
    demo = build()
    found = {}
    for each in demo.fns.values():
        if getattr(each.fn, "__module__", "") == train_tab.__name__:
            found[each.fn.__name__] = each.fn
    return found


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path):
    monkeypatch.setenv("DAE_DATA", str(tmp_path))
    monkeypatch.setattr(runs, "cores", lambda: 1)
    yield
    runs.leave("ann")
    runs._left.clear()
    models._kept.clear()


def request(owner: str = "ann") -> SimpleNamespace:
    return SimpleNamespace(session_hash=owner)


def event(**data) -> gr.EventData:
    return gr.EventData(None, data)


def choices(update: dict) -> list[str]:
    return [key for _, key in update["choices"]]


def news(update: dict) -> dict:
    return update["value"]


def menus(handlers, chosen: str = "conv-gaussian", several: tuple = ("median",)) -> list:
    """The updates of the two menus."""
    return handlers["offer"]("en", chosen, list(several), request())


def go(handlers, mode: str, stop_after: int = 0, **changes) -> list:
    """What is said of a run, stopped after so many words."""
    said, before = [], getattr(runs.of("ann"), "steps", 0) if mode == "continue" else 0
    stream = handlers["train"](request(), event(mode=mode, settings=SMALL | changes))
    for update in stream:
        said.append(update)
        run = runs.of("ann")
        if stop_after and len(said) >= stop_after and run is not None and run.steps > before:
            stream.close()
            said.append(handlers["stop"](request()))
            break
    return said


def test_train_stop_continue_step_remove(handlers, monkeypatch):
    monkeypatch.setattr(models, "visitor", lambda: "ann")
    said = go(handlers, "new", stop_after=3)
    assert news(said[0])["starting"] and news(said[0])["key"] == ""  # before any work
    run = runs.of("ann")
    assert run.state == "stopped" and not run.thread.is_alive()
    at = run.steps
    assert at > 0 and news(said[-1])["key"] == run.key
    (own,) = models.of("ann")
    model, compared = menus(handlers)
    assert choices(model)[-1] == own.key and own.key in choices(compared)
    assert "value" not in model and "value" not in compared  # what was chosen stays

    go(handlers, "continue", stop_after=3)
    assert run.steps > at and [each.key for each in models.of("ann")] == [own.key]
    before = run.steps
    said = go(handlers, "step")
    assert run.steps == before + 1 and run.numbers.gradient > 0
    assert news(said[-1])["models"][0]["steps"] == before + 1

    handlers["remove"](request(), event(key=own.key))
    model, compared = menus(handlers, own.key, ("median", own.key))
    assert models.of("ann") == [] and model["value"] == models.names()[0] and compared["value"] == ["median"]


def test_stop_in_line_brings_nothing_back_and_says_that_nothing_runs(handlers):
    assert news(handlers["stop"](request())) | {"beat": 0} == {"beat": 0, "key": "", "models": [], "problem": None}
    go(handlers, "new", seconds=1)
    run = runs.of("ann")
    handlers["remove"](request(), event(key=run.kept))
    said = news(handlers["stop"](request()))
    assert said["key"] == run.key and said["models"] == models.of("ann") == [] and run.state == "done"
    go(handlers, "continue", stop_after=3)  # it has learnt more since
    assert len(models.of("ann")) == 1


def test_a_run_that_is_stopped_before_its_first_step_is_over(handlers):
    stream = handlers["train"](request(), event(mode="new", settings=SMALL))
    next(stream), next(stream)
    stream.close()
    assert runs.of("ann").state == "stopped" and runs.of("ann").thread is None


@pytest.mark.parametrize("mode", ["continue", "step", "restart"])
def test_a_run_that_the_server_has_let_go_is_told_of_and_none_begins_in_its_place(handlers, mode):
    def said(key: str) -> list:
        return list(handlers["train"](request(), event(mode=mode, settings=SMALL | {"seconds": 1}, key=key)))

    go(handlers, "new", stop_after=3)
    key = runs.of("ann").key
    del runs._runs["ann"]
    assert news(said(key)[-1])["problem"] == ["gone", {}] and runs.of("ann") is None
    said("")  # a page that knows of none
    assert runs.of("ann").steps > 0
    assert news(said(key)[-1])["problem"] == ["gone", {}] and runs.of("ann").key != key


def test_restart_repeats_the_steps_on_the_same_digits(handlers, monkeypatch):
    go(handlers, "new", stop_after=3)
    first = runs.of("ann")
    monkeypatch.setattr("dae.data.is_downloaded", lambda directory=None: True)
    go(handlers, "restart", stop_after=3)
    again = runs.of("ann")
    assert again is not first and (again.planned, again.everything) == (first.planned, False)
    (said,) = go(handlers, "new")[1:]  # all of MNIST, which is not there after all
    assert news(said)["problem"] == ["failed", {}] and runs.of("ann") is again


def test_what_makes_no_sense_is_told_and_the_next_run_runs(handlers):
    for changes, reason in (({"learning_rate": 1e3}, "learning_rate"), ({"batch_size": 10**6}, "batch")):
        said = go(handlers, "new", **changes)
        assert news(said[-1])["problem"][0] == reason and models.of("ann") == []
    go(handlers, "new", seconds=1)
    assert runs.of("ann").state == "done" and len(models.of("ann")) == 1


def test_a_file_is_loaded_or_refused(handlers, tmp_path):
    go(handlers, "new", seconds=1)
    (own,) = models.of("ann")
    file = train_tab.file({"key": own.key})
    path = tmp_path / file["name"]
    path.write_bytes(base64.b64decode(file["content"]))
    updates = handlers["load"](str(path), request("bob"))
    (copy,) = models.of("bob")
    assert news(updates)["loaded"] and copy.title == own.title and copy.key != own.key
    assert all(a.equal(b) for a, b in zip(copy.network.parameters(), own.network.parameters(), strict=True))
    path.write_bytes(b"broken")
    updates = handlers["load"](str(path), request("bob"))
    assert "damaged" in news(updates)["refused"] and len(models.of("bob")) == 1
    runs.leave("bob")
    assert models.of("bob") == []


def test_of_what_a_file_says_of_itself_little_is_kept(handlers, tmp_path):
    model = network(ModelConfig(latent_dim=2))
    figures = [{"mse": 0.5, "nothing": "x" * 1000, "more": [[]] * 100}] * 10
    recipe = {"name": "n" * 9000, "summary": "Two values", "stages": [{"noises": ["x" * 1000] * 10}]}
    info = checkpoints.Info(recipe, model.config, 3, "d" * 9000, figures, {"torch": "v" * 1000}, "c" * 1000)
    handlers["load"](str(checkpoints.save(tmp_path / "own.safetensors", model, info)), request())
    (own,) = models.of("ann")
    assert len(json.dumps(checkpoints.asdict(own.info))) < 2000
    assert own.title == "Two values" and own.info.figures == [{"mse": 0.5}] and own.info.seed == 3
    assert own.bytes > 100_000 > sum(value.nbytes for value in model.state_dict().values())


@pytest.mark.parametrize("words", ["a\ud800b", "a\x00\u202e\u200b\u2028b", "<b>" * 5000, ["no", "text"], 10**30, None])
def test_what_a_file_says_of_itself_can_always_be_sent(words, handlers, tmp_path):
    info = checkpoints.Info({"summary": words, "name": words}, ModelConfig(latent_dim=4), 10**30, str(words))
    path = checkpoints.save(tmp_path / "odd.safetensors", network(info.model, 0).eval(), info)
    updates = handlers["load"](str(path), request())
    assert news(updates)["loaded"]
    json.dumps(updates, ensure_ascii=False).encode()  # no half of a character
    (shown,) = news(updates)["models"]
    assert 0 < len(shown["title"]) <= 80 and shown["title"].isprintable() and shown["seed"] == f"{10**30}"
    if isinstance(words, str):
        assert shown["title"] in ("ab", "a b", ("<b>" * 27)[:80])


def test_a_page_that_is_back_hears_whether_its_session_is_over():
    assert "value" not in connection.back(request())
    runs.leave("ann")
    assert connection.back(request())["value"]["key"] == "left"


def test_nothing_begins_after_the_session(handlers):
    runs.leave("ann")
    (said,) = go(handlers, "new")
    assert news(said)["left"] and runs.of("ann") is None
