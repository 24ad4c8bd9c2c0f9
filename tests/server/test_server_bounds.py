"""The bounds around the server of the page: asked within this process."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace

import anyio
import pytest
from served import run_async
from starlette.testclient import TestClient

from dae import checkpoints
from dae.models import ModelConfig, build
from dae.server import app, bodies, bounds, networks
from dae.server.headers import with_headers
from dae.server.routes import before_gradio

FILE = {"visitor": "v" * 20, "file": base64.b64encode(b"no network").decode()}


@pytest.mark.parametrize(
    "route",
    [
        *("GET /gradio_api/file=http://127.0.0.1/x.png", "GET /gradio_api/file=/etc/passwd", "POST /gradio_api/upload"),
        *(
            "POST /gradio_api/component_server",
            "GET /gradio_api/proxy=x",
            "GET /monitoring",
            "GET /docs",
            "GET /assets/x",
        ),
        *("GET /openapi.json", "GET /gradio_api/openapi.json", "GET /theme.css", "POST /", "PUT /ask/keep"),
        *(
            "GET /ask/keep",
            "GET /gradio_api/mcp/",
            "GET /gradio_api/app_id",
            "OPTIONS /ask/keep",
            "GET /manifest.json",
        ),
    ],
)
def test_what_the_page_does_not_need_is_not_there(client, route):
    method, path = route.split()
    assert client.request(method, path).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 422),
        ({"Origin": "http://testserver"}, 422),
        ({"Origin": "https://school.example", "X-Forwarded-Host": "school.example"}, 422),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"}, 403),
        ({"Origin": "http://[::1"}, 403),
    ],
)
def test_pages_of_other_sites_cannot_ask(client, headers, status):
    asked = client.post("/ask/keep", json=FILE, headers=headers)
    assert asked.status_code == status  # 422: it was looked at, and is no network


def test_a_picture_within_another_sites_page_is_refused_and_a_link_is_followed(client):
    cross = {"Sec-Fetch-Site": "cross-site"}
    assert client.get("/page/app.js", headers=cross).status_code == 403
    assert client.get("/", headers=cross | {"Sec-Fetch-Mode": "navigate"}).status_code == 200


def test_the_policy_lets_the_pages_own_scripts_run_and_no_others(monkeypatch):
    monkeypatch.setenv("DAE_FRAME_ANCESTORS", "https://school.example http://127.0.0.1:9000")
    policy = dict(each.split(" ", 1) for each in app.rules().policy.split("; "))
    assert policy["default-src"] == "'self'" and policy["object-src"] == "'none'"
    scripts = policy["script-src"].split()
    assert scripts[:2] == ["'self'", "'wasm-unsafe-eval'"] and "'unsafe-inline'" not in scripts
    assert all(each.startswith("'sha256-") for each in scripts[2:])
    assert policy["frame-ancestors"].endswith(" https://school.example http://127.0.0.1:9000")
    for nonsense in ("*", "school.example", "https://x; script-src *", "https://"):
        monkeypatch.setenv("DAE_FRAME_ANCESTORS", nonsense)
        with pytest.raises(ValueError, match="DAE_FRAME_ANCESTORS names addresses"):
            app.rules()


def test_a_server_answers_to_its_own_names(monkeypatch, page):
    monkeypatch.setenv("DAE_HOSTS", "testserver, school.example")
    client = TestClient(app.build(page))
    for headers in ({}, {"Host": "school.example:8000"}, {"Host": "10.0.0.1", "X-Forwarded-Host": "School.example"}):
        assert client.get("/", headers=headers).status_code == 200
    for host in ("evil.example", "school.example.evil.example", "127.0.0.1"):
        assert client.get("/", headers={"Host": host}).text == "This server has another name."
        proxied = client.get("/", headers={"Host": host, "X-Forwarded-Host": "school.example"})
        assert proxied.status_code == (200 if host == "127.0.0.1" else 400)  # what another site's page may say as well
    monkeypatch.setenv("DAE_HOSTS", "[::1]")
    assert TestClient(app.build(page)).get("/", headers={"Host": "[::1]:7860"}).status_code == 200


def test_a_file_by_its_address_is_refused_before_gradio_sees_it(client):
    file = {"path": "http://127.0.0.1/x", "meta": {"_type": "gradio.FileData"}}
    for route in ("queue/join", "call/denoise", "run/predict"):
        answer = client.post(f"/gradio_api/{route}", json={"data": [file], "session_hash": "x", "fn_index": 0})
        assert answer.status_code == 400 and "never fetched" in answer.text


@pytest.mark.parametrize("depth", [1, 200, 100_000])
def test_a_deep_question_is_a_sentence(client, depth):
    answer = client.post("/ask/keep", content="[" * depth + "]" * depth, headers={"Content-Type": "application/json"})
    assert (
        answer.status_code in (400, 413, 422) and answer.json()["sentence" if "sentence" in answer.json() else "code"]
    )


def test_of_what_a_file_says_of_itself_little_is_kept(ask, visitor):
    model = build(ModelConfig(latent_dim=2))
    recipe = {"name": "n" * 9000, "summary": "Two values", "stages": ["x" * 9000]}
    info = checkpoints.Info(recipe, model.config, 3, "d" * 9000, [{"mse": 0.5, "more": "x" * 9000}], {"a": "v"}, "c")
    file = base64.b64encode(checkpoints.serialized(model, info)).decode()
    assert ask("keep", visitor=visitor, file=file).json()["title"] == "Two values"
    (own,) = networks.of(visitor)
    assert len(json.dumps(checkpoints.asdict(own.info))) < 2000 and own.info.figures == [{"mse": 0.5}]
    assert own.bytes > networks.AROUND_WEIGHTS


async def _set(event: anyio.Event) -> None:
    event.set()


def test_bodies_wait_for_room_and_one_address_has_not_all_of_it(monkeypatch):
    monkeypatch.setattr(bodies, "LARGE", 10)
    monkeypatch.setattr(bodies, "PATIENCE_SECONDS", 0.2)
    room = bodies.Room(200, 100)

    def sender(size: int):
        async def receive() -> dict:
            return {"type": "http.request", "body": bytes(size), "more_body": False}

        return receive

    async def refused(sent: int, said: int | None, most: int, address: str) -> int:
        with pytest.raises(bodies.Refusal) as refusal:
            async with room.body(sender(sent), said, most, address):
                pass
        return refusal.value.status

    async def come() -> None:
        async with room.body(sender(60), 60, 1000, "a") as body:
            assert len(body) == 60
            assert await refused(60, 60, 1000, "a") == 503
            async with room.body(sender(90), None, 100, "b"):  # does not say how much: all that it may
                assert room.left == 40
                assert await refused(41, 41, 1000, "c") == 503
                async with room.body(sender(9), 9, 1000, "a"):  # what is small needs none
                    assert room.left == 40
        assert await refused(60, 60, 50, "a") == 413 and await refused(60, None, 50, "a") == 413
        assert await refused(60, 40, 50, "a") == 413  # more than it says
        assert room.left == 200 and not room._taken

    async def wait() -> None:
        async with anyio.create_task_group() as group:
            released = anyio.Event()

            async def first() -> None:
                async with room.body(sender(60), 60, 1000, "a"):
                    await released.wait()

            group.start_soon(first)
            await anyio.sleep(0.01)
            group.start_soon(_set, released)
            monkeypatch.setattr(bodies, "PATIENCE_SECONDS", 20.0)
            async with room.body(sender(60), 60, 1000, "a") as body:
                assert len(body) == 60

    run_async(come)  # Playwright may have a loop of its own in this thread
    run_async(wait)


def test_a_session_that_is_said_twice_is_one(client):
    queue = SimpleNamespace(
        pending_messages_per_session={"known": None}, event_ids_to_events={}, pending_event_ids_session={}
    )
    app = SimpleNamespace(blocks=SimpleNamespace(_queue=queue))
    scope = {"type": "http", "method": "GET", "path": "/gradio_api/queue/data", "app": app}
    asked = before_gradio(scope | {"query_string": b"session_hash=known&session_hash=other"})
    assert asked["query_string"] == b"session_hash=known"


def test_streams_of_events_are_not_held_back_by_a_proxy():
    def answered(kind: bytes) -> dict:
        message = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]}
        return dict(with_headers(message, "p")["headers"])

    assert answered(b"text/event-stream; charset=utf-8")[b"x-accel-buffering"] == b"no"
    assert b"x-accel-buffering" not in answered(b"application/json")


def test_answers_wait_for_slow_readers_outside_of_memory(page):
    """A large answer is handed on in pieces, of which the next waits for the one before; all together have a bound."""
    sent: list[dict] = []
    size = 4 * bounds.PIECE

    async def big(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(size).encode())]})
        await send({"type": "http.response.body", "body": bytes(size)})

    async def ask(within: bounds.Bounds, method: str) -> int:
        async def receive() -> dict:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict) -> None:
            sent.append(message | {"left": within._answers.left})

        path = "/ask/network" if method == "POST" else "/sw.js"
        await within(
            {"type": "http", "method": method, "path": path, "headers": [(b"host", b"x")], "query_string": b""},
            receive,
            send,
        )
        return sent[0]["status"]

    within = bounds.Bounds(big, app.rules(page))
    within._answers = bodies.Room(size, size)
    assert run_async(ask, within, "POST") == 200
    pieces = sent[1:]
    assert [len(each["body"]) for each in pieces] == 4 * [bounds.PIECE]
    assert [each["more_body"] for each in pieces] == [True, True, True, False]
    assert {each["left"] for each in pieces} == {0} and within._answers.left == size
    sent.clear()
    within._answers = bodies.Room(size - 1, size)
    assert run_async(ask, within, "POST") == 503
    sent.clear()
    assert run_async(ask, within, "GET") == 200  # a file is in memory once for all
