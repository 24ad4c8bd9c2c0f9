"""What the process writes is bounded, and how many files it may open is raised."""

import asyncio
import io
import socket
import subprocess
import sys

import anyio
import uvicorn
from served import ROOT, run_async
from uvicorn.protocols.http.h11_impl import H11Protocol

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


def test_heads_have_a_bound_whatever_else_is_installed():
    """uvicorn takes httptools where it is there, which reads on for ever."""
    assert issubclass(connections.Patient, H11Protocol)


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

    async def serve() -> None:
        config = uvicorn.Config(app, http=Seen, ws="none", lifespan="off", log_level="critical")
        config.load()
        state = uvicorn.server.ServerState()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Seen(config, state, {}), "127.0.0.1", 0)
        client = socket.create_connection(server.sockets[0].getsockname())
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        with anyio.fail_after(60):
            while not ended:
                await asyncio.sleep(0.02)
        client.close()
        server.close()

    run_async(serve)
