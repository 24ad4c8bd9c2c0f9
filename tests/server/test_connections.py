"""What the process writes is bounded, and how many files it may open is raised."""

import asyncio
import io
import socket
import subprocess
import sys
import time

import anyio
import pytest
import uvicorn
from served import ROOT, run_async

from dae.server import connections
from dae.server.connections import BoundedStream


def test_a_log_without_end_is_cut_and_goes_on_later(monkeypatch):
    now, stream = [0.0], io.StringIO()
    monkeypatch.setattr(connections.time, "monotonic", lambda: now[0])
    log = BoundedStream(stream, burst=1000, rate=10)
    for _ in range(100):
        log.write("x" * 99 + "\n")
    assert len(stream.getvalue()) == 1000
    now[0] = 20.0
    log.write("back\n")
    assert stream.getvalue()[1000:] == "(9,000 characters of the log were left out)\nback\n"
    assert log.getvalue() == stream.getvalue()  # all else is the stream's own


def test_the_limit_of_files_is_raised_as_far_as_it_can_be():
    code = (
        "import resource; hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1];"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, {hard}));"
        "from dae.server.connections import open_files;"
        "print(open_files(), *resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    for hard, wanted in (("1000", 1000), ("hard", None)):
        done = subprocess.run([sys.executable, "-c", code.format(hard=hard)], cwd=ROOT, capture_output=True, text=True)
        said, soft, _ = map(int, done.stdout.split())
        assert said == soft and (soft == wanted or (wanted is None and soft > 256)), done.stderr


async def _serve(app, protocol, client) -> None:
    """`client(port)` in a thread, beside a server of nothing but these connections."""
    config = uvicorn.Config(app, http=protocol, ws="none", lifespan="off", log_level="critical")
    config.load()
    state = uvicorn.server.ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: protocol(config, state, {}), "127.0.0.1", 0)
    await anyio.to_thread.run_sync(client, server.sockets[0].getsockname()[1])
    server.close()


async def _count(scope, receive, send) -> None:
    """Answers with the length of a body."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    body = str(size).encode()
    head = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]}
    await send(head)
    await send({"type": "http.response.body", "body": body})


GET = b"GET / HTTP/1.1\r\nHost: x\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (b"GET /", b"a" * 1000),
        (GET + b"X-Long: ", b"a" * 1000),
        (GET, b"".join(b"X-%d: y\r\n" % i for i in range(100))),
        (CHUNKED + b"1;", b"a" * 1000),  # an extension of a chunk
        (CHUNKED + b"0\r\n", b"X-Trailer: y\r\n" * 100),
        (CHUNKED, b"1\r\na\r\n" * 200),
    ],
)
def test_what_a_request_says_beside_its_body_has_a_bound(start, more):
    def client(port):
        with socket.create_connection(("127.0.0.1", port), 60) as connection, pytest.raises(OSError):
            connection.sendall(start)
            for _ in range(20 * connections.MOST_HEAD // len(more)):
                connection.sendall(more)
            assert connection.recv(100) == b""
            raise ConnectionAbortedError

    run_async(_serve, _count, connections.Patient, client)


def test_long_bodies_and_requests_one_after_the_other_pass():
    def ask(connection, request, expected):
        connection.sendall(request)
        answer = b""
        while not answer.endswith(b"\r\n\r\n" + expected):
            got = connection.recv(10_000)
            assert got, answer
            answer += got
        assert answer.startswith(b"HTTP/1.1 200")

    def client(port):
        with socket.create_connection(("127.0.0.1", port), 60) as connection:
            for _ in range(40):
                ask(connection, GET + b"X-Long: " + b"a" * 20_000 + b"\r\n\r\n", b"0")
            size = 5 * connections.MOST_HEAD
            ask(connection, CHUNKED + b"1000\r\n" + bytes(4096) + b"\r\n0\r\n\r\n", b"4096")
            whole = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size
            ask(connection, whole + bytes(size), str(size).encode())

    run_async(_serve, _count, connections.Patient, client)


def test_who_asks_far_ahead_of_the_answers_is_cut_off():
    begun = []

    async def never(scope, receive, send) -> None:
        begun.append(scope["path"])
        await anyio.sleep_forever()

    def client(port):
        with socket.create_connection(("127.0.0.1", port), 60) as connection, pytest.raises(OSError):
            connection.sendall((GET + b"\r\n") * 5000)
            assert connection.recv(100) == b""
            raise ConnectionAbortedError

    run_async(_serve, never, connections.Patient, client)
    assert len(begun) == 1


def test_a_connection_that_takes_nothing_of_its_answer_ends(monkeypatch):
    monkeypatch.setattr(connections, "TAKE_SECONDS", 0.1)
    ended = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(1000):
            await send({"type": "http.response.body", "body": bytes(2**16), "more_body": True})
            if (await anyio.to_thread.run_sync(lambda: False)) or transports[0].is_closing():
                ended.append(True)
                return

    transports: list[asyncio.Transport] = []

    class Seen(connections.Patient):
        def connection_made(self, transport) -> None:
            super().connection_made(transport)
            transports.append(transport)

    def client(port):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(GET + b"\r\n")
            end = time.monotonic() + 60
            while not ended and time.monotonic() < end:
                time.sleep(0.02)

    run_async(_serve, app, Seen, client)
    assert ended
