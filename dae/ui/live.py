"""What follows the slider and the pen while they move: the browser asks for it directly.

Gradio's own events compare every property of every component, there and back, which takes several times as long as the
picture itself. So the script of a view sends the lesson, as the query of a link, to a route of its own and puts the
answer in place (`assets/page.js`).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.status import WS_1008_POLICY_VIOLATION
from starlette.websockets import WebSocket, WebSocketDisconnect

from dae.server.bodies import MAX_MESSAGE  # a drawing takes a few thousand bytes
from dae.ui import models, runs
from dae.ui.controls import Values, drawn_digit, start_digit
from dae.ui.session import MAX_LINK_PIXELS, Lesson
from dae.ui.text import LANGUAGES

log = logging.getLogger(__name__)

AT_ONCE = 2  # questions that are worked on
MAX_QUERY = 2 * MAX_LINK_PIXELS  # characters


def values_of(asked: Any) -> Values | None:
    """The controls' values that a browser asks about, checked as anything from outside; None for nonsense.

    Args:
        asked: {"query": a link's query, "lang": one of LANGUAGES, "drawing": the pad's picture or nothing}.
    """
    if not isinstance(asked, dict) or not isinstance(asked.get("query"), str) or len(asked["query"]) > MAX_QUERY:
        return None
    query = dict(parse_qsl(asked["query"]))
    lesson = Lesson.read(query, models.known(query.get("model")))
    try:
        digit = drawn_digit(asked["drawing"]) if asked.get("drawing") else start_digit(lesson)
    except ValueError:  # a stroke that has only begun has no ink yet; the picture before stays
        return None
    lang, model = asked.get("lang"), query.get("model")
    return Values(
        digit,
        lesson.noise,
        lesson.level,
        lesson.clip,
        lesson.seed,
        model if models.is_missing(model) else lesson.model,
        lang if lang in LANGUAGES else LANGUAGES[0],
        lesson.hide,
        lesson.passes,
    )


def follow(render: Callable[..., Any], extras: int = 0) -> Callable[[Any], Any]:
    """A server function `live` for the component of a view that is drawn by `render(values, *extras)`.

    The browser's `server.live({query, lang, drawing, extras, mine})` gives the view's new value, null where what is
    shown shall stay, or {"missing_network": true} where the lesson's model is a visitor's and not there any more.
    """

    def live(asked: Any) -> Any:
        values = values_of(asked)
        if values is None:
            return None
        if models.is_missing(values.model):
            return {"missing_network": True}
        own = asked.get("extras")
        own = own if isinstance(own, list) and len(own) == extras else [None] * extras
        mine = models.yours(asked.get("mine"))
        token = models.asking.set(mine.owner if mine else "")
        try:
            shown = render(values, *own)
        finally:
            models.asking.reset(token)
        return shown if isinstance(shown, dict) and "__type__" not in shown else None

    return live


# An answer is many short calls, which hold Python's lock in turn: more threads at once only make each of them slower.
_limiter = CapacityLimiter(AT_ONCE)
_views: dict[str, Callable[[Any], Any]] = {}
_ahead: set[str] = set()


def serve(view: str, render: Callable[..., Any], extras: int = 0, *, ahead: bool = False) -> None:
    """Answer the browser's `daeAsk(view, {query, lang, drawing, extras})` with `render(values, *extras)`.

    What is fetched `ahead`, before anybody looks at it, is not answered while somebody else's question is worked on.
    """
    _views[view] = follow(render, extras)
    if ahead:
        _ahead.add(view)


def routes() -> list[BaseRoute]:
    """The routes that the views are asked by, for the server that Gradio launches.

    A page asks through a WebSocket, whose messages cost a quarter of a request; by POST while there is none.
    """
    return [Route("/live/{view}", _post, methods=["POST"]), WebSocketRoute("/live", _converse)]


async def _reply(view: str, body: str | bytes) -> tuple[int, Any]:
    """The answer to one question, with the status that HTTP has for it."""
    if view not in _views:
        return 404, None
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        return 400, None
    if view in _ahead and _limiter.borrowed_tokens:
        return 200, None
    try:
        with runs.others_first():
            return 200, await to_thread.run_sync(_views[view], asked, limiter=_limiter)
    except Exception:
        log.exception("the view %s did not answer", view)
        return 500, None


async def _post(request: Request) -> JSONResponse:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_MESSAGE:
            return JSONResponse(None, 413)
    status, answer = await _reply(request.path_params["view"], bytes(body))
    return JSONResponse(answer, status)


async def _converse(socket: WebSocket) -> None:
    """Questions as `view question`, each answered in turn; null where there is no answer."""
    await socket.accept()
    try:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text") or ""
            if message.get("bytes") is not None or len(text) > MAX_MESSAGE:
                await socket.close(WS_1008_POLICY_VIOLATION)  # no page of ours sends that
                return
            view, _, body = text.partition(" ")
            _, answer = await _reply(view, body)
            await socket.send_text(json.dumps(answer, separators=(",", ":")))
    except WebSocketDisconnect:  # the browser left before the answer
        return
