"""The page's routes as anybody on the internet can reach them: whatever is sent, answers are calm and say nothing of
the server, and the page works as before.

`pytest tests/test_bounds.py --hypothesis-profile=thorough` asks some ten thousand times.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import gradio as gr
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from served import run_async
from starlette.responses import PlainTextResponse, Response

import dae
from dae.server import bodies, bounds
from dae.ui import middleware, models
from dae.ui.build import MAX_QUEUE, build, launch_options
from dae.ui.session import Lesson

QUERY = Lesson().query()
# Where the server's files are: of the project, of Python's packages, of the system
SERVER = re.compile(
    "|".join([re.escape(str(Path(dae.__file__).parent)), "site-packages", "/usr/lib", "/home/", "/root/", "Traceback"])
)

NASTY = st.sampled_from(
    [
        "../../../etc/passwd",
        "/etc/passwd",
        "conv-gaussian",
        "conv-gaussian.safetensors",
        "yours-x",
        "gaussian",
        "mlp",
        "<img src=x onerror=alert(1)>",
        "data:image/png;base64,",
        "data:image/png;base64,AAAA",
        "data:image/png;base64,iVBORw0KGgo=",
        "data:text/html,<b>",
        "\x00",
        "\ud800",
        "9" * 400,
        "x" * 20_000,
        float("nan"),
        float("inf"),
        -1,
        2**63,
        10**30,
        1e308,
        [],
        {},
        [[[]]],
        [0.0] * 10_000,
        {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}},
        {"__type__": "update", "value": 1},
    ]
)
SCALAR = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=30) | NASTY
KEYS = st.sampled_from(
    [
        "key",
        "ticket",
        "settings",
        "query",
        "lang",
        "drawing",
        "extras",
        "mode",
        "model",
        "index",
        "digit",
        "x",
        "y",
        "at",
    ]
)
ANYTHING = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)


class Page:
    """The page's server, asked by hand."""

    def __init__(self, url: str, demo: gr.Blocks) -> None:
        self.demo = demo
        self.http = httpx.Client(base_url=url.rstrip("/"), timeout=60)
        props = {each["id"]: each["props"] for each in demo.config["components"]}
        self.events = [each for each in demo.config["dependencies"] if each["backend_fn"] and each["targets"]]
        self.starts = {each["id"]: [props[i].get("value") for i in each["inputs"]] for each in self.events}
        self.functions = [
            (each["id"], name) for each in demo.config["components"] for name in each["props"].get("server_fns") or []
        ]

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.http.post(path, content=json.dumps(body).encode("utf-8", "replace"), headers=JSON)

    def run(self, event: dict, data: list, said: Any = None) -> httpx.Response:
        return self.post("/gradio_api/run/predict", self.body(event, data, said, "somebody"))

    def join(self, event: dict, data: list, said: Any, session: str) -> httpx.Response:
        return self.post("/gradio_api/queue/join", self.body(event, data, said, session))

    @staticmethod
    def body(event: dict, data: list, said: Any, session: str) -> dict[str, Any]:
        asked = {"fn_index": event["id"], "session_hash": session, "data": data, "event_data": said}
        return {**asked, "trigger_id": event["targets"][0][0]}

    def queue(self, event: dict, data: list, said: Any) -> list[str]:
        """What comes of an event that goes through the queue; a training run is left soon."""
        session = secrets.token_hex(8)
        joined = self.join(event, data, said, session)
        if joined.status_code != 200:
            return [joined.text]
        messages, end = [], time.monotonic() + 20
        with self.http.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as stream:
            for line in stream.iter_lines():
                messages.append(line)
                if "process_completed" in line or len(messages) > 8:
                    return messages
                assert time.monotonic() < end, messages
        return messages

    def picture(self) -> Any:
        return self.post("/live/denoise", {"query": QUERY, "lang": "en", "extras": [True]}).json()


JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    demo = build()
    _, url, _ = demo.launch(prevent_thread_lock=True, quiet=True, _frontend=False, **launch_options())
    asked = Page(url, demo)
    models.load(Lesson.model)  # else the first picture says that it is being loaded
    before = asked.picture()
    yield asked
    assert before == asked.picture() and before["pictures"]  # alive, and as it was
    asked.http.close()
    demo.close(verbose=False)


@pytest.fixture(autouse=True)
def errors_of_ours(capfd) -> Iterator[None]:
    """What a handler of this project did not catch is printed by Gradio, with the lines that it went through."""
    yield
    out, err = capfd.readouterr()
    lines = re.findall(r'File "[^"]*/(dae/[^"]+)", line (\d+), in (\w+)', out + err)
    assert not lines, f"{lines[-1]}: {(out + err)[-1500:]}"


def calm(answer: str) -> None:
    """Not a word of the server's inside."""
    found = SERVER.search(answer)
    assert not found, answer[max(0, found.start() - 200) : found.end() + 200]


def pick(options: list) -> st.SearchStrategy:
    return st.integers(0, 10**6).map(lambda i: options[i % len(options)])


@given(st.data())
def test_no_event_breaks_the_page(page, data):
    """Any of the page's events, with its values one by one replaced by anything."""
    event = data.draw(pick(page.events))
    values = list(page.starts[event["id"]])
    for place in data.draw(st.lists(pick(range(len(values))), max_size=2)) if values else []:
        values[place] = data.draw(ANYTHING)
    if data.draw(st.integers(0, 9)) == 0:
        values = data.draw(st.lists(ANYTHING, max_size=3))
    said = data.draw(ANYTHING)
    if event["queue"]:
        assert page.run(event, values, said).status_code == 404  # in line like everybody
        for message in page.queue(event, values, said):
            calm(message)
    else:
        calm(page.run(event, values, said).text)


@given(st.data())
def test_no_question_breaks_the_page(page, data):
    """Any of the functions that the tabs' scripts ask, with anything."""
    component, name = data.draw(pick(page.functions))
    asked = {"component_id": component, "fn_name": name, "session_hash": "somebody", "data": data.draw(ANYTHING)}
    answer = page.post("/gradio_api/component_server", asked)
    calm(answer.text)
    assert answer.status_code < 500, (name, asked)


@pytest.mark.parametrize(
    "path",
    [
        *("app.py", "dae/ui/build.py", "checkpoints/results.json", ".git/config", "/etc/passwd", "../../etc/passwd"),
        "%2e%2e/%2e%2e/etc/passwd",
        str(Path(dae.__file__)),
    ],
)
def test_no_file_of_the_server_can_be_read(page, path):
    for route in ("/gradio_api/file=", "/file=", "/static/", "/assets/", "/"):
        answer = page.http.get(route + path)
        assert answer.status_code in (403, 404), (route, path)
        calm(answer.text.replace(path, ""))


@pytest.mark.parametrize("route", ["process_recording", "deep_link?session_hash=somebody", "proxy=https://x.hf.space/"])
def test_what_gradio_has_and_this_page_has_not_is_not_there(page, route):
    for method in ("GET", "POST"):
        assert page.http.request(method, f"/gradio_api/{route}").status_code == 404


@pytest.mark.parametrize("route", ["/gradio_api/run/predict", "/gradio_api/component_server", "/gradio_api/queue/join"])
@pytest.mark.parametrize("declared", [True, False])
def test_a_question_has_a_largest_size(page, route, declared):
    body = b'{"data": ["' + b"x" * bodies.MAX_BODY + b'"]}'
    content = body if declared else iter([body[:100_000], body[100_000:]])
    answer = page.http.post(route, content=content, headers=JSON)
    assert answer.status_code in (400, 413)


@pytest.mark.parametrize(("size", "status"), [(1000, 200), (bounds.MAX_UPLOAD + 1, 413), (bounds.MAX_FORM, 413)])
def test_an_upload_has_a_largest_size(page, size, status):
    answer = page.http.post("/gradio_api/upload", files={"files": ("a.png", b"x" * size)})
    assert answer.status_code == status


def test_the_line_has_an_end(page, monkeypatch):
    """Beyond so many visitors in line, the next is told so."""
    assert page.demo._queue.max_size == MAX_QUEUE
    monkeypatch.setattr(page.demo._queue, "max_size", 2)
    (train,) = (each for each in page.events if each["targets"][0][1] == "train")
    names = [f"waiting{i}" for i in range(6)]
    start, said = page.starts[train["id"]], {"mode": "new"}
    answers = {name: page.join(train, start, said, name) for name in names}
    refused = [answer for answer in answers.values() if answer.status_code == 503]
    for name, answer in answers.items():
        if answer.status_code == 200:
            cancelled = {"session_hash": name, "fn_index": train["id"], "event_id": answer.json()["event_id"]}
            page.post("/gradio_api/cancel", cancelled)
    assert 3 <= len(refused) < 6 and "full" in refused[0].json()["detail"]


def test_the_page_is_made_once_for_each_address_it_is_reached_by(page):
    one, again, packed, other, proxied = (
        page.http.get("/?lang=zh&deep_link=x", headers=headers)
        for headers in (
            {"Accept-Encoding": "identity"},
            {"Accept-Encoding": "identity"},
            {"Accept-Encoding": "gzip, br"},
            {"Accept-Encoding": "identity", "Host": "lesson.example"},
            {"Accept-Encoding": "identity", "X-Forwarded-Host": "school.example", "X-Forwarded-Proto": "https"},
        )
    )
    assert one.content == again.content == packed.content and "gradio_config" in one.text
    assert packed.headers["Content-Encoding"] == "br" and int(packed.headers["Content-Length"]) < len(one.content) / 3
    assert "http://lesson.example" in other.text and "lesson.example" not in one.text
    assert "https://school.example" in proxied.text and "school.example" not in other.text
    assert page.http.head("/").status_code == 200 and page.http.get("/nowhere").status_code == 404


def test_names_that_nobody_has_make_gradio_make_no_page():
    made = []

    async def app(scope, receive, send):
        made.append(dict(scope["headers"])[b"host"])
        content = f"<p>http://{made[-1].decode()}/a</p>"
        await Response(content, headers={"content-type": "text/html"})(scope, receive, send)

    async def visits() -> None:
        transport = httpx.ASGITransport(middleware.FrontPage(app))
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            for number in range(60):
                answer = await client.get("/", headers={"Host": f"{number}.example:80", "X-Forwarded-Proto": "https"})
                assert answer.text == f"<p>https://{number}.example:80/a</p>"

    run_async(visits)
    assert len(made) == 1


def test_scripts_and_styles_are_sent_compressed_and_kept_by_the_browser(page):
    name = re.search(r"/assets/index-[\w-]+\.js", page.http.get("/").text)[0]
    answers = [page.http.get(name, headers={"Accept-Encoding": each}) for each in ("identity", "gzip", "deflate, br")]
    assert len({answer.content for answer in answers}) == 1 and answers[0].headers["Content-Type"].endswith(
        "javascript"
    )
    assert [answer.headers.get("Content-Encoding") for answer in answers] == [None, "gzip", "br"]
    for answer in answers:
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    part = page.http.get(name, headers={"Range": "bytes=0-9", "Accept-Encoding": "identity"})
    assert part.status_code == 206 and part.content == answers[0].content[:10]


def test_what_all_visitors_get_is_made_once_even_when_they_come_together():
    made = []

    async def app(scope, receive, send):
        made.append(scope["path"])
        await anyio.sleep(0.05)
        await PlainTextResponse("styles" * 100, 404 if "none" in scope["path"] else 200)(scope, receive, send)

    remembering = middleware.FrontEnd(app)
    remembering.most = 2
    first, second, third = (f"/assets/{name}-AbCd1234.css" for name in ("a", "b", "c"))

    async def ask(client: httpx.AsyncClient, path: str, method: str = "GET", count: int = 1) -> tuple[list[str], int]:
        """What `count` visitors get who come together, and how often it was made."""
        made.clear()
        answers = []

        async def one() -> None:
            answers.append((await client.request(method, path)).text)

        async with anyio.create_task_group() as together:
            for _ in range(count):
                together.start_soon(one)
        return answers, len(made)

    async def visits() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(remembering), base_url="http://here") as client:
            assert await ask(client, first, count=20) == (["styles" * 100] * 20, 1)
            for path, calls in ((second, 1), (third, 1), (second, 0), (first, 1)):  # of two that are kept
                assert (await ask(client, path))[1] == calls, path
            for path, method in ((first, "POST"), ("/assets/none-AbCd1234.css", "GET"), ("/assets/plain.css", "GET")):
                assert (await ask(client, path, method, 2))[1] == 2, path

    run_async(visits)


def test_sessions_that_have_ended_are_forgotten_first(page, monkeypatch):
    """Gradio remembers so many sessions, and those that are there before those that were."""
    holder = page.demo.state_holder
    monkeypatch.setattr(holder, "capacity", len(holder.session_data) + 2)
    (unload,) = (each for each in page.demo.fns.values() if each.targets and each.targets[0][1] == "unload")
    for name in ("stays", "leaves"):
        holder[name]
    unload.fn(SimpleNamespace(session_hash="leaves"))
    holder["comes"]
    assert "leaves" not in holder and "stays" in holder and "comes" in holder
