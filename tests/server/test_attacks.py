"""What was once possible for anybody who could reach the page, tried on `app.py` as it is started."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import time
from collections.abc import Iterator

import httpx
import pytest
import websockets
from served import Served, listening, run_async, running_app

from dae.server import connections, temporary

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Iterator[Served]:
    with running_app(tmp_path_factory.mktemp("app")) as served:
        yield served


@pytest.fixture(scope="module")
def http(page) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=page.url, timeout=60) as client:
        yield client


# Routes, and files by an address


@pytest.mark.parametrize(
    "path",
    [
        *("/gradio_api/file=http://127.0.0.1:{port}/x.png", "/gradio_api/file=https://127.0.0.1:{port}/x.png"),
        *("/gradio_api/file/http://127.0.0.1:{port}/x.png", "/gradio_api/proxy=http://127.0.0.1:{port}/x.png"),
        *("/gradio_api/file=HTTP://127.0.0.1:{port}/x", "/gradio_api/file=%68ttp://127.0.0.1:{port}/x"),
    ],
)
def test_nothing_is_fetched_from_elsewhere(http, path):
    with listening("<script>alert(1)</script>") as (port, heard):
        assert http.get(path.format(port=port)).status_code == 404
        assert heard == []


# Bodies, messages, unknown sessions


@pytest.mark.parametrize("route", ["run/predict", "queue/join", "call/denoise"])
@pytest.mark.parametrize("body", ['{"data": ' + "[" * 500 + "]" * 500 + "}", "[" * 100_000, "{", "no", "9" * 10_000])
def test_a_deep_or_broken_question_is_a_sentence(http, page, route, body):
    before = len(page.log)
    answer = http.post(f"/gradio_api/{route}", content=body, headers=JSON)
    assert answer.status_code == 400 and re.fullmatch(r"This is .{10,80}\.", answer.text)
    assert len(page.log) == before


@pytest.mark.parametrize(
    ("route", "said", "status"),
    [
        ("queue/join", {"data": [1, 2, 3, 4], "fn_index": 0, "session_hash": ""}, 400),
        ("queue/join", {"data": [1, 2, 3, 4], "fn_index": 0, "session_hash": "s" * 101}, 400),
        ("queue/join", {"data": [1, 2, 3, 4], "fn_index": 99, "session_hash": "s"}, 404),
        ("queue/join", {"data": [1, 2, 3, 4], "fn_index": [], "session_hash": "s"}, 404),
        ("queue/join", {"data": [1, 2, 3], "fn_index": 0, "session_hash": "s"}, 400),
        ("call/nothing", {"data": []}, 404),
        ("call/denoise", {"data": []}, 400),
        ("run/denoise/", {"data": [[]]}, 400),
        ("run/models", {"data": [], "session_hash": "s" * 10**6}, 400),
    ],
)
def test_a_call_that_gradio_would_fail_at_is_a_sentence(http, page, route, said, status):
    before = len(page.log)
    answer = http.post(f"/gradio_api/{route}", json=said)
    assert answer.status_code == status and answer.text.endswith(".") and len(page.log) == before


def test_an_unknown_session_is_a_sentence_and_no_traceback(http, page):
    before = len(page.log)
    for path in ("queue/data?session_hash=nobody", "queue/data", "call/denoise/nothing", f"call/x/{'a' * 5000}"):
        answer = http.get(f"/gradio_api/{path}")
        assert answer.status_code == 404 and answer.text == "There is no such event here, or it is over."
    assert len(page.log) == before


def test_nothing_is_asked_through_a_websocket(page):
    async def converse(path: str) -> None:
        async with websockets.connect(f"ws://127.0.0.1:{page.port}{path}"):
            pass

    for path in ("/live", "/", "/gradio_api/queue/join", "/gradio_api/mcp/"):
        with pytest.raises(websockets.InvalidStatus, match="403"):
            run_async(converse, path)


@pytest.mark.parametrize(
    "length", ["", "Content-Length: 2\r\n\r\n{}", "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"]
)
@pytest.mark.parametrize("asks", ["GET /", "POST /ask/keep"])
def test_who_asks_for_a_websocket_with_a_body_is_answered(page, asks, length):
    head = f"{asks} HTTP/1.1\r\nHost: 127.0.0.1:{page.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    with socket.create_connection(("127.0.0.1", page.port), 30) as connection:
        connection.sendall(f"{head}{length}\r\n".encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 403")


def test_a_body_that_does_not_come_ends_with_its_connection_for_a_websocket_too(page):
    head = f"GET / HTTP/1.1\r\nHost: x:{page.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    with socket.create_connection(("127.0.0.1", page.port), 30) as connection:
        connection.sendall(f"{head}Content-Length: 2\r\n\r\n".encode())
        while connection.recv(1000):  # answered, and then it ends
            pass


# What stays


@pytest.mark.parametrize("way", ["terminate", "interrupt", "kill"])
def test_what_lies_in_its_folder_goes_with_the_process(tmp_path, way):
    served = Served(tmp_path)
    try:
        served.start()
        (folder,) = (tmp_path / "files").glob("*/")
        assert folder.name.startswith(f"{temporary.PREFIX}{served.process.pid}-")
        (folder / "brought").write_bytes(bytes(1000))
        if way == "kill":
            served.kill()
            assert folder.exists()
            served.start()
            assert not folder.exists()
        served.stop() if way != "interrupt" else served.interrupt()
        assert list((tmp_path / "files").glob("*/")) == []
        assert "Traceback" not in served.log
    finally:
        served.kill()


# Whose address is shown to whom


def test_what_the_api_says_of_itself_is_nobody_elses_address(http):
    first = http.get("/gradio_api/info", headers={"Host": "evil.example"}).text
    http.get("/gradio_api/info/", headers={"Host": "evil.example"})
    second = http.get("/gradio_api/info?serialize=False").text
    assert "evil.example" in first and "evil.example" not in second
    assert set(json.loads(second)["named_endpoints"]) == {
        *("/models", "/corrupt", "/denoise", "/encode", "/decode", "/features", "/results")
    }
    assert http.get("/gradio_api/info?all_endpoints=true").json() == json.loads(second)


@pytest.mark.parametrize("host", ['x"><script>', "a b", "<x>", "x/y", "user@x", "x:port", "[::1", "a" * 300])
@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host"])
def test_a_host_that_is_none_is_refused(http, host, header):
    answer = http.get("/", headers={header: host})
    assert answer.status_code == 400 and "understood" in answer.text


def test_monitoring_is_off(http, page):
    before = len(page.log)
    for path in ("/monitoring", "/monitoring/", "/monitoring/summary", "/gradio_api/monitoring"):
        assert http.get(path, headers={"Host": "evil.example"}).status_code == 404
    assert len(page.log) == before


# Connections


def test_connections_that_say_nothing_stop_nobody(tmp_path, monkeypatch):
    """More of them than the usual limit of files: the page answers, they end, and the log stays short."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(3000, hard), hard))  # of this process
    held: list[socket.socket] = []
    try:
        served = Served(tmp_path)
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
        served.begin()  # with the usual limit
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(3000, hard), hard))
        served.wait()
        held += [socket.create_connection(("127.0.0.1", served.port)) for _ in range(1100)]
        for client in held[:50]:
            client.sendall(b"GET / HTTP/1.1\r\nHost:")
        before = len(served.log)
        for _ in range(3):
            assert httpx.get(f"{served.url}/sw.js", timeout=30).status_code == 200
        end = time.monotonic() + 4 * connections.HEAD_SECONDS
        for client in held:
            client.settimeout(max(1.0, end - time.monotonic()))
            with contextlib.suppress(ConnectionResetError):
                assert client.recv(1) == b""
        assert len(served.log) - before < 1000
        assert httpx.get(f"{served.url}/sw.js", timeout=30).status_code == 200
    finally:
        for client in held:
            client.close()
        served.kill()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_open_pages_do_not_hold_up_the_end(tmp_path):
    with running_app(tmp_path) as served:
        with contextlib.ExitStack() as pages:
            client = pages.enter_context(httpx.Client(base_url=served.url, timeout=60))
            for number in range(5):
                stream = client.stream("GET", f"/gradio_api/heartbeat/page{number}")
                pages.enter_context(stream)
            assert served.interrupt() == 0
        assert "Traceback" not in served.log and not list((tmp_path / "files").glob("*/"))
