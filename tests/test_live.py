"""What the browser asks directly: the right answers, and calm ones to anything else."""

import base64
import json
import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from dae import checkpoints, trial
from dae.models import ModelConfig
from dae.models import build as build_network
from dae.ui import build, denoise_tab, features_tab, latent_tab, live, models, runs
from dae.ui.controls import picked
from dae.ui.session import Lesson
from dae.ui.text import text

QUERY = "source=pick&digit=3&index=5&noise=masking&level=0.25&seed=9&model=conv-gaussian"
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def client() -> TestClient:
    build.build()
    for name in ("conv-gaussian", "plain"):
        models.load(name)  # else the first answer says that it is being loaded
    return TestClient(Starlette(routes=live.routes()), raise_server_exceptions=False)


def test_an_answer_is_what_the_controls_would_give(client):
    lesson = Lesson(digit=3, index=5, noise="masking", level=0.25, seed=9)
    expected = denoise_tab.stage_value(lesson, picked(3, 5), "zh")
    answer = client.post("/live/denoise", json={"query": QUERY, "lang": "zh", "extras": [True]})
    assert answer.json() == json.loads(json.dumps(expected))


def test_the_strip_comes_when_it_is_asked_for(client):
    without, complete = (
        client.post("/live/denoise", json={"query": QUERY, "lang": "en", "extras": [strip]}).json()
        for strip in (False, True)
    )
    assert without["strip"] is None and len(complete["strip"]["levels"]) == denoise_tab.LEVELS
    assert without["strip_key"] == complete["strip_key"] and without["pictures"] == complete["pictures"]


def test_the_film_is_what_the_slider_would_get_at_each_level(client):
    levels = [0.0, 0.25, 0.9]
    asked = {"query": QUERY, "lang": "en", "extras": [levels]}
    frames = client.post("/live/film", json=asked).json()["frames"]
    assert [frame["level"] for frame in frames] == levels
    for level, frame in zip(levels, frames, strict=True):
        query = QUERY.replace("level=0.25", f"level={level}")
        alone = client.post("/live/denoise", json={"query": query, "lang": "en", "extras": [False]}).json()
        assert frame.keys() == alone.keys()
        for part, picture in frame.pop("pictures").items():
            other = alone["pictures"][part]
            assert {**picture, "pixels": ""} == {**other, "pixels": ""}
            one, two = (np.frombuffer(base64.b64decode(each["pixels"]), np.uint8) for each in (picture, other))
            # A network rounds a batch's last bits in its own way
            assert np.abs(one.astype(int) - two).max() <= (2 if part in ("reconstruction", "error") else 0)
        alone.pop("pictures")
        assert frame == alone


@pytest.mark.parametrize("levels", [None, 3, {}, ["0.5", None, -1, 7, True], [math.inf, math.nan]])
def test_a_film_of_nonsense_is_short(client, levels):
    asked = json.dumps({"query": QUERY, "lang": "en", "extras": [levels]})
    frames = client.post("/live/film", content=asked).json()["frames"]
    assert all(0 <= frame["level"] <= 0.95 for frame in frames) and len(frames) <= 1


@pytest.fixture
def slow(monkeypatch) -> tuple[threading.Semaphore, threading.Event]:
    """The view `slow` says when it has begun, and answers {"slow": True} when it may go on."""
    begun, go_on = threading.Semaphore(0), threading.Event()

    def answer(values):
        begun.release()
        go_on.wait(20)
        return {"slow": True}

    monkeypatch.setitem(live._views, "slow", live.follow(answer))
    return begun, go_on


def test_a_run_makes_no_step_while_a_question_is_answered(client, slow, monkeypatch):
    begun, go_on = slow
    monkeypatch.setattr(runs, "WAY_SECONDS", 60.0)
    monkeypatch.setattr(runs, "cores", lambda: 1)
    with client, ThreadPoolExecutor(1) as pool:
        try:
            asked = pool.submit(client.post, "/live/slow", json={"query": QUERY, "lang": "en"})
            assert begun.acquire(timeout=20)
            run = runs.begin("ann", trial.Settings(widths=(16,), latent_dim=8, seconds=30), 10)
            run.look_after()
            run.start()
            while run.moment is None:
                assert run.wait()
            time.sleep(0.3)
            assert run.steps == 0 and not run.is_over
            go_on.set()
            assert asked.result().json() == {"slow": True}
            while run.wait():
                pass
            assert (run.state, run.steps) == ("done", 10)
        finally:
            go_on.set()
            runs.end("ann")


def test_a_film_waits_while_others_do(client, slow):
    """Two questions are worked on and a third waits: the film is not answered, and comes when they are done."""
    begun, go_on = slow
    question = {"query": QUERY, "lang": "en"}
    with client, ThreadPoolExecutor(3) as pool:  # one event loop for all
        try:
            asked = [pool.submit(client.post, "/live/slow", json=question) for _ in range(live.AT_ONCE + 1)]
            for _ in range(live.AT_ONCE):
                assert begun.acquire(timeout=20)
            for _ in range(200):
                if live._limiter.statistics().tasks_waiting:
                    break
                time.sleep(0.02)
            film = {**question, "extras": [[0.5]]}
            assert client.post("/live/film", json=film).json() is None
        finally:
            go_on.set()
        assert all(answer.result().json() == {"slow": True} for answer in asked)
        assert client.post("/live/film", json=film).json()["frames"]


def test_a_film_has_an_end(client):
    asked = {"query": QUERY, "lang": "en", "extras": [[i / 1000 for i in range(900)]]}
    assert len(client.post("/live/film", json=asked).json()["frames"]) == denoise_tab.FILM


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/live/nowhere", b"{}", 404),
        ("/live/denoise", b"", 400),
        ("/live/denoise", b"\xff\xfe{", 400),
        ("/live/denoise", b"[" * 60_000, 400),
        ("/live/denoise", b" " * (live.MAX_MESSAGE + 1), 413),
    ],
)
def test_what_cannot_be_read_is_refused(client, path, body, status):
    answer = client.post(path, content=body)
    assert answer.status_code == status and answer.json() is None


@pytest.mark.parametrize(
    "asked",
    [
        None,
        {},
        {"query": 3},
        {"query": "x" * (live.MAX_QUERY + 1)},
        {"query": QUERY, "drawing": "data:text/html,<b>"},
        {"query": QUERY, "drawing": {"a": 1}},
    ],
)
def test_nonsense_leaves_what_is_shown(client, asked):
    answer = client.post("/live/denoise", content=json.dumps(asked))
    assert answer.status_code == 200 and answer.json() is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    asked=ANYTHING
    | st.fixed_dictionaries(
        {"query": st.text(max_size=60) | st.just(QUERY)},
        optional={
            "lang": ANYTHING,
            "drawing": ANYTHING,
            "extras": ANYTHING,
        },
    ),
    view=st.sampled_from(["denoise", "compare", "film"]),
)
def test_no_question_breaks_it(client, asked, view):
    try:
        body = json.dumps(asked)
    except UnicodeEncodeError:
        return
    answer = client.post(f"/live/{view}", content=body.encode("utf-8", "replace"))
    assert answer.status_code == 200
    value = answer.json()
    assert value is None or "query" in value or "frames" in value


def test_a_socket_answers_each_question_in_turn(client):
    question = json.dumps({"query": QUERY, "lang": "en", "extras": [False]})
    with client.websocket_connect("/live") as socket:
        for view in ("denoise", "nowhere", "denoise"):
            socket.send_text(f"{view} {question}")
            answer = socket.receive_json()
            expected = client.post(f"/live/{view}", content=question).json()
            assert answer == expected and (answer is None) == (view == "nowhere")


@pytest.mark.parametrize("message", ["", "denoise", "denoise {", "denoise " + "[" * 60_000, "nonsense"])
def test_nonsense_does_not_end_the_conversation(client, message):
    with client.websocket_connect("/live") as socket:
        socket.send_text(message)
        assert socket.receive_json() is None
        socket.send_text("denoise " + json.dumps({"query": QUERY}))
        assert socket.receive_json()["query"]


def test_a_network_that_is_missing_is_never_replaced_in_silence(client):
    question = {"query": QUERY.replace("conv-gaussian", "yours-gone"), "lang": "en"}
    for view in ("denoise", "compare"):
        assert client.post(f"/live/{view}", json=question).json() == {"missing_network": True}
    film = client.post("/live/film", json=question | {"extras": [[0.5]]})
    assert film.json() == {"missing_network": True}
    chosen = {"query": QUERY, "lang": "en", "extras": [["plain", "yours-gone", "yours-too"]]}
    compared = client.post("/live/compare", json=chosen).json()
    assert [card["key"] for card in compared["cards"]] == ["plain"]
    assert compared["missing"] == [text("model_missing", "en")]


@pytest.mark.parametrize("send", ["bytes", "long", "one word"])
def test_what_no_page_sends_ends_the_conversation(client, send):
    with client.websocket_connect("/live") as socket:
        if send == "bytes":
            socket.send_bytes(b"denoise {}")
        else:
            socket.send_text("denoise" + (" " if send == "long" else "e") * (live.MAX_MESSAGE + 1))
        with pytest.raises(WebSocketDisconnect):
            socket.receive_json()


def test_a_network_that_goes_on_keeps_its_key_and_no_answer_passes_for_the_one_before(client):
    """The browser remembers by key and version: pictures of the old weights must not stay."""
    assert models.version("plain") == 0 == models.version(None)
    asked, own, seen = {"lang": "en", "extras": [[0.5]]}, None, []
    try:
        for seed in (1, 2):
            network = build_network(ModelConfig(latent_dim=4), seed=seed).eval()
            info = checkpoints.Info({}, network.config, 0, "a test")  # the steps need not tell them apart
            own = models.keep("ann", "four values", network, info, own.key if own else "")
            asked["query"] = f"digit=3&index=5&noise=masking&level=0.5&model={own.key}"
            values = live.values_of(asked)
            (frame,) = client.post("/live/film", json=asked).json()["frames"]
            stage = client.post("/live/denoise", json=asked | {"extras": [False]}).json()
            assert stage["strip_key"] == frame["strip_key"]
            sides = latent_tab.shown(values)["sides"][0], features_tab.features_value(values, {})["sides"][0]
            assert [side["model"] for side in sides] == [own.key] * 2
            assert [side["version"] for side in sides] == [models.version(own.key)] * 2
            seen.append((stage["strip_key"], models.version(own.key)))
        assert len(models.of("ann")) == 1
        assert seen[0][0] != seen[1][0] and 0 != seen[0][1] != seen[1][1] != 0
    finally:
        models.forget("ann")


def test_who_shows_a_key_is_offered_all_of_the_visitors_networks(client):
    """And nobody else is."""
    network = build_network(ModelConfig(latent_dim=4), seed=1).eval()
    info = checkpoints.Info({}, network.config, 0, "a test")
    one, other = (models.keep("ann", "four values", network, info) for _ in range(2))
    models.keep("bob", "not hers", network, info)
    try:
        ask = live.follow(lambda values: {"offered": list(models.offered())})
        for mine, added in ((other.key, [one.key, other.key]), (None, []), ("yours-guessed", []), (["x"], [])):
            offered = ask({"query": QUERY, "mine": mine})["offered"]
            assert offered == [*models.names(), *added]
        assert models.visitor() == ""
    finally:
        models.forget("ann")
        models.forget("bob")
