"""What stands between the world and the server: what is served, to whom, how much may be sent, what answers carry.

    class Playground(Bounded, gradio.Server): ...
    server = Playground(rules=Rules(Served(API), policy({})))

Plain ASGI, before everything else, also before what Gradio puts in front when it is launched.
"""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dae.server import askers, bodies, headers, origins
from dae.server.bodies import AS_NUMBERS, MAX_BODY, Gone, Refusal
from dae.server.failures import tell
from dae.server.gate import Gate
from dae.server.routes import COSTLY, Served, before_gradio, check_call, route_path

log = logging.getLogger(__name__)

PIECE = 2**16  # bytes of an answer that are handed on at once


def allowed_hosts() -> frozenset[str]:
    """The names that the server answers to, of `DAE_HOSTS`, with commas between; any where there are none."""
    return frozenset(name.strip().lower() for name in os.environ.get("DAE_HOSTS", "").split(",") if name.strip())


@dataclass
class Rules:
    """What a server serves and how."""

    served: Served
    policy: str  # the Content-Security-Policy of its pages
    hosts: frozenset[str] = field(default_factory=allowed_hosts)
    # How our own routes begin, which read JSON themselves: most bytes.
    own: dict[str, int] = field(default_factory=dict)
    # Of what is served, what `files` answers at once: Gradio's middleware would take most of a request's time.
    file_routes: frozenset[str] = frozenset()
    files: ASGIApp | None = None


class Bounded:
    """For an app of FastAPI's kind, before it in the list of bases: everything that it is asked passes `Bounds` first.

    Args:
        rules: what is served and how; all others are the app's.
    """

    def __init__(self, *args: Any, rules: Rules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rules = rules

    def build_middleware_stack(self) -> ASGIApp:
        return Bounds(super().build_middleware_stack(), self.rules)


class Bounds:
    """Answers what is not to be answered, and hands on the rest.

    Status 400: a Host that is none, a body that is no JSON, is nested too deep or names a file by its address; 403: a
    page of another site asks; 404: not on the list; 408 and 413: a body takes too long or is too long; 503: too much
    comes at once. Each with a sentence, and all answers with the headers of `dae.server.headers`.
    """

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self.app, self.rules = app, rules
        self._room, self._answers, self._gate = bodies.Room(), bodies.Room(), Gate()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._answer(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # nothing here is asked through one
        else:
            await self.app(scope, receive, send)

    def _passing(self, scope: Scope, route: str, address: str) -> AbstractAsyncContextManager[None]:
        """While a request is answered: what takes Gradio most time waits for its turn."""
        return self._gate.passing(address, scope["app"].blocks._queue) if route in COSTLY else nullcontext()

    def _refusal(self, scope: Scope, asked: Headers, route: str | None) -> Refusal | None:
        """Why a request is not answered, as far as it can be told before its body.

        Args:
            route: the listed path that it asks for, if any.
        """
        names = origins.hosts(asked)
        if not names or not all(origins.HOST.fullmatch(name) for name in names):
            return Refusal(400, "The name of this server is not understood.")
        if self.rules.hosts and not origins.are_ours(names, self.rules.hosts):
            return Refusal(400, "This server has another name.")
        if "websocket" in asked.get("upgrade", "").lower():
            return Refusal(403, "Nothing is asked through a WebSocket here.")
        if route is None:
            return Refusal(404, "There is nothing here.")
        if not origins.is_welcome(asked, is_opening=scope["method"] in ("GET", "HEAD")):
            return Refusal(403, "Pages of other sites cannot ask this server.")
        return None

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, begun, taken = route_path(scope), False, 0
        asker = askers.of(scope)
        askers.asking.set(asker)

        async def told(message: Message) -> None:
            nonlocal begun, taken
            if message["type"] == "http.response.start":
                if scope["method"] == "POST":  # made for this request, where a file is there anyway
                    size = int(Headers(raw=message["headers"]).get("content-length", 0))
                    self._answers.take(size, asker.address)
                    taken = size
                begun, message = True, headers.with_headers(message, self.rules.policy)
                await send(message)
                return
            # In pieces: each waits until the one before is on its way, whole ones would lie here for slow readers.
            body, more = message.get("body", b""), message.get("more_body", False)
            for start in range(0, max(1, len(body)), PIECE):
                is_last = start + PIECE >= len(body)
                await send({**message, "body": body[start : start + PIECE], "more_body": more or not is_last})

        try:
            route = self.rules.served.find(scope)
            if (refusal := self._refusal(scope, Headers(scope=scope), route)) is not None:
                raise refusal
            scope = before_gradio(scope)
            if self.rules.files is not None and route in self.rules.file_routes:
                await self.rules.files(scope, receive, told)
            elif scope["method"] in ("GET", "HEAD", "DELETE"):
                async with self._passing(scope, route, asker.address):
                    await self.app(scope, receive, told)
            else:
                own = next((most for start, most in self.rules.own.items() if path.startswith(start)), None)
                announced = Headers(scope=scope).get("content-length", "")
                size = int(announced) if announced.isdecimal() else None
                times = AS_NUMBERS if own is None else 1
                async with self._room.body(receive, size, own or MAX_BODY, asker.address, times) as body:
                    if own is None:
                        check_call(scope, await bodies.check(body))
                    async with self._passing(scope, route, asker.address):
                        await self.app(scope, bodies.again(body, receive), told)
        except Refusal as refusal:
            if not begun:
                # The rest of what is sent is not read: the connection ends with the answer.
                close = {"connection": "close"} if refusal.status in (408, 413, 503) else None
                await PlainTextResponse(refusal.sentence, refusal.status, close)(scope, receive, told)
        except Gone:
            pass
        except asyncio.CancelledError:  # the server ends
            if not begun:
                raise
        except Exception as error:
            tell(log, f"{scope['method']} {path[:100]!r} was not answered", error)
            if not begun:
                await PlainTextResponse("The server could not answer this.", 500)(scope, receive, told)
        finally:
            self._answers.give(taken, asker.address)
