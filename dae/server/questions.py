"""The page's questions: who answers which, and what becomes of one that makes no sense."""

from __future__ import annotations

import functools
import logging
import string
from collections.abc import Callable
from typing import Any

from anyio import CapacityLimiter, create_task_group, to_thread
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from dae.server.failures import tell
from dae.server.line import Busy, Line, Replaced, TooMuch
from dae.server.protocol import EXCHANGES, Message
from dae.server.protocol.basics import SMALL, TINY
from dae.server.refusal import Refusal, malformed

log = logging.getLogger(__name__)

_loading = CapacityLimiter(1)  # threads that wait for torch in the first seconds


@functools.cache
def answers() -> dict[str, Callable[[Any], Message]]:
    """Who answers each question. The first call takes seconds: it imports torch."""
    from dae.server import codes, digits, slides, trials, visitors

    return {**digits.ANSWERS, **codes.ANSWERS, **slides.ANSWERS, **trials.ANSWERS, **visitors.ANSWERS}


async def loaded() -> None:
    """Until all that answers needs is at hand: of those who wait in the first seconds one holds a thread."""
    if not answers.cache_info().currsize:
        await to_thread.run_sync(answers, limiter=_loading)


FILES = string.ascii_letters.encode() + string.digits.encode() + b"+/="  # of base64


def read(name: str, body: bytes) -> Message:
    """What is asked. Raises Refusal."""
    # Of a million wrong values pydantic says each, which takes minutes: what is long is a file and little else.
    if len(body) > SMALL and len(body.translate(None, FILES)) > TINY:
        raise Refusal("too_large", f"At most {TINY:,} signs are read beside a file.", 413)
    try:
        return EXCHANGES[name].question.model_validate_json(body)
    except ValidationError as error:
        raise malformed(error) from None


def respond(name: str, question: Message) -> bytes:
    """The answer to a question, as JSON. Raises Refusal."""
    return answers()[name](question).model_dump_json().encode()


async def ask(request: Request, line: Line) -> Response:
    """For the route `POST ask/{question}`. Whoever has gone meanwhile is not answered any more."""
    name, answer = request.path_params["question"], Response(status_code=499)
    try:
        body = await _body(request, name)
    except Refusal as refusal:
        return _refused(refusal)
    async with create_task_group() as group:

        async def leave() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass
            group.cancel_scope.cancel()

        group.start_soon(leave)
        answer = await _answered(name, body, line)
        group.cancel_scope.cancel()
    return answer


async def _body(request: Request, name: str) -> bytes:
    exchange = EXCHANGES.get(name)
    if exchange is None:
        raise Refusal("unknown", "There is no such question.", 404)
    body = await request.body()  # of a length that is bounded for all of them already
    if len(body) > exchange.most_bytes:
        raise Refusal("too_large", f"At most {exchange.most_bytes:,} bytes are read.", 413)
    return body


def _refused(refusal: Refusal) -> Response:
    return Response(refusal.problem.model_dump_json(), refusal.status, media_type="application/json")


async def _answered(name: str, body: bytes, line: Line) -> Response:
    try:
        content = await _answer(name, body, line)
        return Response(content, media_type="application/json", headers={"Cache-Control": "no-store"})
    except Refusal as refusal:
        said = refusal
    except Replaced:
        said = Refusal("replaced", "The same visitor has asked this anew.", 409)
    except TooMuch:
        said = Refusal("too_much", "This is more than anybody may ask for at once: ask for less.", 413)
    except Busy:
        said = Refusal("busy", "Too many questions wait already: please ask again.", 503)
    except Exception as error:
        tell(log, f"the question {name} was not answered", error)
        said = Refusal("failed", "The server could not answer this.", 500)
    return _refused(said)


async def _answer(name: str, body: bytes, line: Line) -> bytes:
    await loaded()
    from dae.server import costs

    if EXCHANGES[name].at_once or len(body) <= TINY:
        question = read(name, body)
    else:
        question = await line.run(read, name, body, cost=costs.reading(body))
    if EXCHANGES[name].at_once:
        return respond(name, question)
    kind = name if EXCHANGES[name].newest else ""
    return await line.run(respond, name, question, cost=costs.of(question), kind=kind)
