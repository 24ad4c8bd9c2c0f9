"""The server: Gradio's engine for training and the API, and beside it the page and its questions."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
from gradio import Server
from starlette.requests import Request
from starlette.responses import Response

from dae.manifest import PAGE
from dae.server import api, events, headers, memory, questions, training
from dae.server.bounds import Bounded, Rules
from dae.server.line import Line, is_ending
from dae.server.protocol.basics import LARGE
from dae.server.routes import API, TOOLS, Served
from dae.server.static import Files

log = logging.getLogger(__name__)

MAX_SESSIONS = 300  # that Gradio remembers, also when they have ended
SWEEP_SECONDS = 15.0
STATIC = (
    *("/", "/index.html", "/sw.js", "/files.json"),
    *("/page/{path:path}", "/checkpoints/{path:path}", "/gallery/{path:path}"),
)
ASK = "/ask/{question}"


def base_address() -> str:
    """The address that others reach the page by, for previews of its links: `DAE_ADDRESS`, or a Space's own; may be
    empty. It is never taken from a request, which may say anything."""
    host = os.environ.get("SPACE_HOST", "")
    address = os.environ.get("DAE_ADDRESS") or (f"https://{host}" if host else "")
    return address.rstrip("/") + "/" if address.startswith(("http://", "https://")) else ""


class Playground(Bounded, Server):
    """Gradio's server within bounds."""


def rules(page: Path = PAGE, *, tools: bool = False) -> Rules:
    """What is served and how. Args: see `build`. Raises ValueError where the environment makes no sense."""
    ours = {f"{method} {address}" for method in ("GET", "HEAD") for address in STATIC} | {f"POST {ASK}"}
    html = (page / "index.html").read_text(encoding="utf-8")
    served = Served({*API, *ours, *(TOOLS if tools else ())})
    return Rules(
        served,
        headers.policy(headers.own_page(html)),
        own={"/ask/": LARGE},
        file_routes=frozenset(STATIC),
        files=Files(page, base_address()),
    )


def build(page: Path = PAGE, line: Line | None = None, *, tools: bool = False) -> Server:
    """The whole server, ready to launch.

    Args:
        page: the folder of the page.
        line: of the questions and calls; a new one unless given.
        tools: whether the API's functions are tools for MCP clients as well.
    """
    # So long waits whoever wants Python's lock, after each call of torch, while another thread computes in Python.
    sys.setswitchinterval(5e-4)
    server = Playground(title="Denoising Autoencoder Playground", openapi_url=None, rules=rules(page, tools=tools))
    line = line or Line()

    async def ask(request: Request) -> Response:
        return await questions.ask(request, line)

    server.add_route(ASK, ask, methods=["POST"], include_in_schema=False)
    training.add(server)
    api.add(server, line)
    return server


@contextlib.asynccontextmanager
async def _lifespan(app: Any) -> AsyncIterator[None]:
    """While the server runs, visitors who are not heard of any more are forgotten."""

    async def sweep() -> None:
        idle: frozenset[str] = frozenset()
        while True:
            await anyio.sleep(SWEEP_SECONDS)
            idle = events.sweep(app.get_blocks()._queue, idle)
            # Not imported yet, or just being imported: nobody has been here.
            if (forget := getattr(sys.modules.get("dae.server.visitors"), "sweep", None)) is not None:
                await anyio.to_thread.run_sync(forget)
                await anyio.to_thread.run_sync(memory.trim)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(sweep)
        yield
        tasks.cancel_scope.cancel()


def launch(server: Server, **where: Any) -> str:
    """Serve in a thread: the address. Raises OSError where the port is taken. Args: as of `gradio.Server.launch`."""
    _, url, _ = server.launch(
        prevent_thread_lock=True,
        quiet=True,
        _frontend=False,  # no second look at its own page, which a busy machine fails after three seconds
        show_error=False,
        ssr_mode=False,
        max_file_size="2mb",  # no event of ours takes files
        state_session_capacity=MAX_SESSIONS,
        footer_links=[],
        enable_monitoring=False,
        max_threads=events.MOST,  # of events at once; ours take none
        app_kwargs={"lifespan": _lifespan},
        **where,
    )
    blocks = server.get_blocks()
    blocks.api_open = False  # all events wait in the queue
    events.bound(blocks._queue)  # Server mode takes no setting for it, and on ZeroGPU would have one place
    return url


def warm_up() -> None:
    """Load in the background what the first question would wait for; then say what is missing or damaged."""

    def work() -> None:
        try:
            import torch

            # Many small requests at once: one thread each serves them better than all cores for one of them.
            torch.set_num_threads(1)
            from dae import data, shipped

            data.gallery()
            questions.answers()
            for problem in () if is_ending() else shipped.problems():
                log.warning("%s", problem)
            if not is_ending():
                from dae import trial

                trial.recipes_to_start_from()  # who counts multiplications first waits a second for torch's imports
            gc.collect()
            gc.freeze()  # what stays is not looked through again whenever a figure's memory is given back
        except ValueError as error:
            log.error("%s", error)
        except Exception:
            log.exception("warming up failed")

    threading.Thread(target=work, name="warm-up").start()
