"""What the server answers where it has no answer."""

from __future__ import annotations

from typing import Any

import gradio as gr
from pydantic import ValidationError

from dae.server.protocol.basics import Problem


class Refusal(Exception):
    """A question that is not answered: a code that the page has words for, and what fills their places.

    Args:
        code: one of those of `dae.server.protocol`.
        message: an English sentence, for who reads the log.
        status: HTTP's.
        values: become text.
    """

    def __init__(self, code: str, message: str = "", status: int = 422, **values: Any) -> None:
        super().__init__(message or code)
        self.status = status
        self.problem = Problem(
            code=code,
            values={name: str(value)[:60] for name, value in values.items()},
            message=message[:300],
        )


def malformed(error: ValidationError) -> Refusal:
    """What answers a question that is none: what is wrong with it first of all."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(map(str, first["loc"]))
    status = 400 if first["type"] == "json_invalid" else 422
    return Refusal("malformed", f"{place + ': ' if place else ''}{first['msg']}.", status)


class CallError(gr.Error):
    """The sentence that answers a call that is wrong. It is the caller's business: the log stays silent."""

    def __init__(self, message: str) -> None:
        super().__init__(message, print_exception=False)

    def __str__(self) -> str:
        return self.message
