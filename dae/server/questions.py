"""The page's questions: who answers which, and what becomes of one that makes no sense."""

from __future__ import annotations

import functools
import logging
import string
from collections.abc import Callable
from typing import Any

from anyio import to_thread
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from dae.server.failures import tell
from dae.server.line import Busy, Line
from dae.server.protocol import EXCHANGES, Message
from dae.server.protocol.basics import SMALL, TINY
from dae.server.refusal import Refusal, malformed

log = logging.getLogger(__name__)


@functools.cache
def answers() -> dict[str, Callable[[Any], Message]]:
    """Who answers each question. The first call takes seconds: it imports torch."""
    from dae.server import codes, digits, slides, trials, visitors

    return {**digits.ANSWERS, **codes.ANSWERS, **slides.ANSWERS, **trials.ANSWERS, **visitors.ANSWERS}


FILES = string.ascii_letters.encode() + string.digits.encode() + b"+/="  # of base64


def respond(name: str, body: bytes) -> bytes:
    """The answer to a question, both as JSON. Raises Refusal."""
    # Of a million wrong values pydantic says each, which takes minutes: what is long is a file and little else.
    if len(body) > SMALL and len(body.translate(None, FILES)) > TINY:
        raise Refusal("too_large", f"At most {TINY:,} signs are read beside a file.", 413)
    try:
        question = EXCHANGES[name].question.model_validate_json(body)
    except ValidationError as error:
        raise malformed(error) from None
    return answers()[name](question).model_dump_json().encode()


async def ask(request: Request, line: Line) -> Response:
    """For the route `POST ask/{question}`."""
    try:
        return Response(await _ask(request, line), media_type="application/json", headers={"Cache-Control": "no-store"})
    except Refusal as refusal:
        said = refusal
    except Busy:
        said = Refusal("busy", "Too many questions wait already: please ask again.", 503)
    except Exception as error:
        tell(log, f"the question {request.path_params['question']} was not answered", error)
        said = Refusal("failed", "The server could not answer this.", 500)
    return Response(said.problem.model_dump_json(), said.status, media_type="application/json")


async def _ask(request: Request, line: Line) -> bytes:
    name = request.path_params["question"]
    exchange = EXCHANGES.get(name)
    if exchange is None:
        raise Refusal("unknown", "There is no such question.", 404)
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > exchange.most_bytes:
            raise Refusal("too_large", f"At most {exchange.most_bytes:,} bytes are read.", 413)
    if exchange.at_once:
        await to_thread.run_sync(answers)  # at hand but for the first seconds
        return respond(name, bytes(body))
    return await line.run(respond, name, bytes(body))
