"""What stands between the world and the server: what is served, to whom, how much may be sent, what answers carry.

    class Playground(Bounded, gradio.Server): ...
    server = Playground(rules=Rules(Served(API), policy({})))

Plain ASGI, before everything else, also before what Gradio puts in front when it is launched.
"""

from __future__ import annotations

import asyncio
import logging
import os
import traceback
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dae.server import bodies, headers, origins
from dae.server.bodies import MAX_BODY, Gone, Refusal
from dae.server.routes import Served, before_gradio, route_path

log = logging.getLogger(__name__)

MOST_PLACES = 200  # in the code whose first failure is told with its traceback


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
        self._room = bodies.Room()
        self._failed: set[tuple[str, str, int]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._answer(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # nothing here is asked through one
        else:
            await self.app(scope, receive, send)

    def _refusal(self, scope: Scope, asked: Headers) -> Refusal | None:
        """Why a request is not answered, as far as it can be told before its body."""
        names = origins.hosts(asked)
        if not names or not all(origins.HOST.fullmatch(name) for name in names):
            return Refusal(400, "The name of this server is not understood.")
        if self.rules.hosts and names[-1].lower().partition(":")[0] not in self.rules.hosts:
            return Refusal(400, "This server has another name.")
        if self.rules.served.find(scope) is None:
            return Refusal(404, "There is nothing here.")
        if not origins.is_welcome(asked, is_opening=scope["method"] in ("GET", "HEAD")):
            return Refusal(403, "Pages of other sites cannot ask this server.")
        return None

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, begun = route_path(scope), False

        async def told(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun, message = True, headers.with_headers(message, self.rules.policy)
            await send(message)

        try:
            if (refusal := self._refusal(scope, Headers(scope=scope))) is not None:
                raise refusal
            scope = before_gradio(scope)
            if scope["method"] in ("GET", "HEAD", "DELETE"):
                await self.app(scope, receive, told)
            else:
                own = next((most for start, most in self.rules.own.items() if path.startswith(start)), None)
                async with self._room.body(receive, own or MAX_BODY) as body:
                    if own is None:
                        await bodies.check(body)
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
            self._tell(scope, path, error)
            if not begun:
                await PlainTextResponse("The server could not answer this.", 500)(scope, receive, told)

    def _tell(self, scope: Scope, path: str, error: Exception) -> None:
        """Log what failed: the first time at a place in the code with the traceback, then in a line."""
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = type(error).__name__, where.filename, where.lineno or 0
        is_new = place not in self._failed and len(self._failed) < MOST_PLACES
        self._failed.add(place) if is_new else None
        log.error("%s %.100r was not answered: %s", scope["method"], path, place[0], exc_info=error if is_new else None)
