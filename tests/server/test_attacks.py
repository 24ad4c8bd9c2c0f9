"""What was once possible for anybody who could reach the page, tried on `app.py` as it is started."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import websockets
from served import Served, listening, run_async, running_app

from dae.server import bodies, connections, uploads
from dae.server.bounds import MAX_FORM

JSON = {"Content-Type": "application/json"}
QUESTION = "denoise " + json.dumps({"query": "digit=3", "lang": "en"})


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Iterator[Served]:
    with running_app(tmp_path_factory.mktemp("app")) as served:
        yield served


@pytest.fixture(scope="module")
def http(page) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=page.url, timeout=60) as client:
        yield client


def megabytes(served: Served) -> float:
    """Resident memory of the process."""
    return int(Path(f"/proc/{served.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def kept(served: Served) -> list[Path]:
    return [path for path in (served.folder / "files").rglob("*") if path.is_file() and path.stat().st_size]


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


@pytest.mark.parametrize(
    "path",
    [
        *("dev/reload", "vibe-code", "vibe-edit", "vibe-starter-queries", "undo-vibe-edit", "process_recording"),
        *("deep_link?session_hash=x", "runs", "user", "token", "login_check", "openapi.json", "queue/status"),
        *("stream/x", "stream/a/b/1/playlist.m3u8", "custom_component/a/client/b/c", "run-history/buckets", "mcp/"),
        *("profiling/traces", "file/app.py", "call/v2/denoise", "api/predict", "../monitoring", "../login"),
        *("../monitoring/summary", "../monitoring/x", "../logout", "../openapi.json", "../pwa_icon", "../docs"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "HEAD", "PUT"])
def test_what_is_not_needed_is_not_there(http, method, path):
    assert http.request(method, f"/gradio_api/{path}").status_code == 404


@pytest.mark.parametrize("route", ["run/predict", "queue/join", "call/denoise", "component_server"])
@pytest.mark.parametrize(
    "spelling", ["http://127.0.0.1:{port}/x.png", "HTTPS://127.0.0.1:{port}/", " http:x", "data:,"]
)
def test_no_input_is_a_file_by_its_address(http, route, spelling):
    with listening("x" * 100) as (port, heard):
        file = {"path": spelling.format(port=port), "meta": {"_type": "gradio.FileData"}}
        body = {"data": [[{"deep": file}]], "fn_index": 0, "session_hash": "x", "component_id": 1, "fn_name": "live"}
        # An escape hides the address from whoever looks for it in the bytes.
        content = json.dumps(body).replace("http", "\\u0068ttp")
        answer = http.post(f"/gradio_api/{route}", content=content, headers=JSON)
        assert answer.status_code == 400 and "never fetched from an address" in answer.text
        assert heard == []


# Bodies, messages, unknown sessions


@pytest.mark.parametrize("route", ["run/predict", "queue/join", "call/denoise", "component_server"])
@pytest.mark.parametrize("body", ['{"data": ' + "[" * 500 + "]" * 500 + "}", "[" * 100_000, "{", "no", "9" * 10_000])
def test_a_deep_or_broken_question_is_a_sentence(http, page, route, body):
    before = len(page.log)
    answer = http.post(f"/gradio_api/{route}", content=body, headers=JSON)
    assert answer.status_code == 400 and re.fullmatch(r"This is .{10,80}\.", answer.text)
    assert len(page.log) == before


def test_an_unknown_session_is_a_sentence_and_no_traceback(http, page):
    before = len(page.log)
    for path in ("queue/data?session_hash=nobody", "queue/data", "call/denoise/nothing", f"call/x/{'a' * 5000}"):
        answer = http.get(f"/gradio_api/{path}")
        assert answer.status_code == 404 and answer.text == "There is no such event here, or it is over."
    assert len(page.log) == before


def test_a_message_has_a_largest_size(page):
    """Whole, without a blank, in unfinished pieces: and no memory is held by many that never end."""

    async def closed_by(*pieces: str) -> int:
        async with websockets.connect(f"ws://127.0.0.1:{page.port}/live", max_size=None) as ws:
            with contextlib.suppress(websockets.ConnectionClosed):
                await (ws.send(pieces[0]) if len(pieces) == 1 else ws.send(iter(pieces)))
                await ws.recv()
                return 0
            return ws.protocol.close_code

    async def talk() -> None:
        long = bodies.MAX_MESSAGE + 1
        for pieces in (["denoise " + " " * long], ["x" * long], ["x" * 50_000] * 8):
            assert await closed_by(*pieces) == 1009
        async with websockets.connect(f"ws://127.0.0.1:{page.port}/live", max_size=None) as ws:
            await ws.send(QUESTION)
            assert "pictures" in await ws.recv()

    run_async(talk)


def test_messages_that_never_end_hold_no_memory(page):
    before, held = megabytes(page), []
    try:
        for _ in range(40):
            client = socket.create_connection(("127.0.0.1", page.port))
            held.append(client)
            head = f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{page.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            client.sendall(f"{head}Sec-WebSocket-Key: {'A' * 22}==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
            assert b"101" in client.recv(1000)
            with contextlib.suppress(OSError):  # refused at the frame's head, which says how long it is
                client.sendall(b"\x81\xff" + (15 * 2**20).to_bytes(8, "big") + b"abcd")
                for _ in range(10):
                    client.sendall(b"x" * 2**20)
        assert megabytes(page) - before < 100
    finally:
        for client in held:
            client.close()


# Uploads


def form(name: str, size: int, whole: bool = True) -> bytes:
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="a.bin"\r\n\r\n'.encode()
    return head + secrets.token_bytes(size) + (b"\r\n--b--\r\n" if whole else b"")


FORM = {"Content-Type": "multipart/form-data; boundary=b"}


def test_what_breaks_off_or_has_another_name_does_not_stay(page, http):
    before = kept(page)
    for name in ("files", "others", ""):
        part = form(name, 200_000, whole=False)
        with socket.create_connection(("127.0.0.1", page.port)) as client:
            head = f"POST /gradio_api/upload HTTP/1.1\r\nHost: 127.0.0.1:{page.port}\r\nContent-Length: 900000\r\n"
            client.sendall(f"{head}Content-Type: {FORM['Content-Type']}\r\n\r\n".encode() + part)
            end = time.monotonic() + 20
            while name == "files" and kept(page) == before and time.monotonic() < end:
                time.sleep(0.02)  # it has come
    answer = http.post("/gradio_api/upload", content=form("others", 100_000), headers=FORM)
    assert answer.json() == []
    answer = http.post("/gradio_api/upload", content=form("files", 100_000, whole=False) + b"\r\n--b", headers=FORM)
    (path,) = http.post("/gradio_api/upload", content=form("files", 100_000), headers=FORM).json()
    end = time.monotonic() + 20
    while (left := set(kept(page)) - set(before)) != {Path(path)} and time.monotonic() < end:
        time.sleep(0.05)
    assert left == {Path(path)}


def test_what_is_declared_too_long_is_refused_at_once(page):
    with socket.create_connection(("127.0.0.1", page.port), timeout=20) as client:
        head = f"POST /gradio_api/upload HTTP/1.1\r\nHost: x\r\nContent-Length: {MAX_FORM + 1}\r\n"
        client.sendall(f"{head}Content-Type: {FORM['Content-Type']}\r\n\r\n".encode())
        answer = client.recv(10_000)
    assert answer.startswith(b"HTTP/1.1 413 ") and answer.endswith(b"A file has at most 12 MB.")


def test_of_uploads_only_files_in_their_folder_can_be_fetched(page, http):
    (path,) = http.post("/gradio_api/upload", content=form("files", 1000), headers=FORM).json()
    answer = http.get(f"/gradio_api/file={path}")
    assert answer.status_code == 200 and len(answer.content) == 1000
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["content-disposition"].startswith("attachment")
    for other in (path.replace(Path(path).parent.name, "../.."), "/etc/passwd", f"{Path(path).parent}/../../../x"):
        assert http.get(f"/gradio_api/file={other}").status_code == 404


@pytest.mark.parametrize("way", ["terminate", "interrupt", "kill"])
def test_what_visitors_brought_goes_with_the_process(tmp_path, way):
    served = Served(tmp_path)
    try:
        served.start()
        httpx.post(f"{served.url}/gradio_api/upload", content=form("files", 1000), headers=FORM)
        assert len(kept(served)) == 1
        if way == "kill":
            served.kill()
            served.start()
            assert kept(served) == []
        served.stop() if way != "interrupt" else served.interrupt()
        assert list((tmp_path / "files").glob("*/")) == []
        assert "Traceback" not in served.log
    finally:
        served.kill()


# Who asks


@pytest.mark.parametrize(
    ("headers", "is_welcome"),
    [
        ({}, True),
        ({"Origin": "{url}"}, True),
        ({"Origin": "https://school.example", "Host": "school.example"}, True),
        ({"Origin": "https://school.example", "X-Forwarded-Host": "school.example"}, True),
        ({"Origin": "https://me-digits.hf.space", "Host": "me-digits.hf.space", "Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "https://me-digits.hf.space", "Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "https://evil.example", "Host": "school.example"}, False),
        ({"Origin": "http://127.0.0.1:1"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "https://school.example.evil.example", "Host": "school.example"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Origin": "{url}", "Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, False),
    ],
)
def test_pages_of_other_sites_cannot_ask(page, http, headers, is_welcome):
    headers = {name: value.format(url=page.url) for name, value in headers.items()}
    posted = http.post("/live/denoise", json={"query": "digit=3", "lang": "en"}, headers=headers)
    assert posted.status_code == (200 if is_welcome else 403)
    joined = http.post("/gradio_api/call/models", json={"data": []}, headers=headers)
    assert joined.status_code == (200 if is_welcome else 403)
    allowed = http.options(
        "/live/denoise", headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    )
    assert allowed.status_code == 404 and "access-control-allow-origin" not in allowed.headers

    async def converse() -> None:
        async with websockets.connect(f"ws://127.0.0.1:{page.port}/live", additional_headers=headers) as ws:
            await ws.send(QUESTION)
            await ws.recv()

    if "Host" not in headers:  # the client sets its own
        with contextlib.nullcontext() if is_welcome else pytest.raises(websockets.InvalidStatus, match="403"):
            run_async(converse)


def test_a_link_from_another_site_opens_the_page(http):
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
    assert http.get("/?digit=3", headers=headers).status_code == 200


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


# Headers


@pytest.mark.parametrize("path", ["/", "/config", "/gradio_api/app_id", "/nowhere", "/live/gallery.png", "/theme.css"])
def test_every_answer_carries_what_a_browser_may_do_with_it(http, path):
    answer = http.get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    policy = dict(each.split(" ", 1) for each in answer.headers["content-security-policy"].split("; "))
    assert policy["frame-ancestors"] == "'self' https://huggingface.co https://*.hf.space"
    assert policy["default-src"] == "'self'" and policy["object-src"] == policy["frame-src"] == "'none'"
    assert not re.search(r"https?:|\*", " ".join(policy[name] for name in policy if name != "frame-ancestors"))


def test_the_page_asks_no_other_host_for_scripts(http):
    assert not re.search(r"<(script|link)[^>]+(src|href)=.https?://(?!127\.0\.0\.1)", http.get("/").text)


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
            assert httpx.get(f"{served.url}/gradio_api/app_id", timeout=30).status_code == 200
        end = time.monotonic() + 4 * connections.HEAD_SECONDS
        for client in held:
            client.settimeout(max(1.0, end - time.monotonic()))
            with contextlib.suppress(ConnectionResetError):
                assert client.recv(1) == b""
        assert len(served.log) - before < 1000
        assert httpx.get(f"{served.url}/gradio_api/app_id", timeout=30).status_code == 200
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


def test_the_folder_of_uploads_is_the_process_own(page):
    (folder,) = (page.folder / "files").glob("*/")
    assert folder.name.startswith(f"{uploads.PREFIX}{page.process.pid}-")
