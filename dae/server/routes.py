"""What is served: lists of routes, as "METHOD path" in Starlette's spelling. Whatever else Gradio has answers 404.

A test walks Gradio's own table and finds each of its routes here or among those that are shut.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs, urlencode

from starlette._utils import get_route_path
from starlette.routing import compile_path
from starlette.types import Scope

from dae.server import askers, events
from dae.server.bodies import Refusal

LONGEST_SESSION = 100  # characters of its name; clients make up some ten
# The API's functions and the queue: what gradio_client, @gradio/client and curl ask for.
API = frozenset(
    {
        "GET /config",
        "GET /gradio_api/info",
        "GET /gradio_api/startup-events",  # Gradio asks itself when it is launched
        "GET /gradio_api/heartbeat/{session_hash}",
        "POST /gradio_api/run/{api_name}",
        "POST /gradio_api/call/{api_name}",
        "GET /gradio_api/call/{api_name}/{event_id}",
        "POST /gradio_api/queue/join",
        "GET /gradio_api/queue/data",
        "POST /gradio_api/cancel",
        "POST /gradio_api/reset",
    }
)
# Those of them that take Gradio most time.
COSTLY = frozenset(
    {
        "/config",
        "/gradio_api/info",
        "/gradio_api/run/{api_name}",
        "/gradio_api/call/{api_name}",
        "/gradio_api/queue/join",
    }
)
# The same functions as tools for MCP clients: only where the host asks for them.
# Clients ask for `/gradio_api/mcp/` itself, which is without its slash here: see `route_path`.
TOOLS = frozenset(
    f"{method} /gradio_api/mcp{rest}" for method in ("GET", "POST", "DELETE") for rest in ("", "/{path:path}")
)


def route_path(scope: Scope) -> str:
    """The path that a request asks for as the router understands it, without the slash that Gradio lets stand at the
    end of some."""
    path = get_route_path(scope)
    return path[:-1] if len(path) > 1 and path[-1] == "/" != path[-2] else path


class Served:
    """A list of routes.

    Args:
        routes: each as "METHOD path"; the method of a WebSocket is WEBSOCKET. The path as the router has it.
    """

    def __init__(self, routes: Iterable[str]) -> None:
        self.routes = frozenset(routes)
        split = [route.split(" ", 1) for route in sorted(self.routes)]
        self._patterns = [(method, path, compile_path(path)[0]) for method, path in split]
        self._plain = {(method, path) for method, path in split if "{" not in path}

    def find(self, scope: Scope) -> str | None:
        """The listed path that a request asks for; None where it is not on the list."""
        path = route_path(scope)
        method = "WEBSOCKET" if scope["type"] == "websocket" else scope["method"]
        if (method, path) in self._plain:
            return path
        return next((path_ for verb, path_, form in self._patterns if verb == method and form.match(path)), None)


def before_gradio(scope: Scope) -> Scope:
    """A request as Gradio may see it.

    Raises:
        Refusal: it is about an event or a session that is not known.
    """
    _, is_gradio, route = route_path(scope).partition("/gradio_api/")
    if not is_gradio or scope["method"] != "GET":
        return scope
    if route == "info":
        # Of all functions together it keeps what it says to the first who asks, with the address that one came by.
        return {**scope, "query_string": b"page="}
    if route == "queue/data" or route.startswith("call/"):
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [""])[0]
        if not _is_known(scope["app"].blocks, asked if route == "queue/data" else route.rpartition("/")[2]):
            raise Refusal(404, "There is no such event here, or it is over.")
        if route == "queue/data":  # said twice, Gradio would read another one
            return {**scope, "query_string": urlencode({"session_hash": asked}).encode()}
    return scope


def check_call(scope: Scope, said: Any) -> None:
    """Refuse a call that Gradio would fail at, or keep for too long.

    Args:
        said: what its body says.

    Raises:
        Refusal: it is of no function, without enough values, or of a session that has no name or a long one.
    """
    verb, _, name = route_path(scope).partition("/gradio_api/")[2].partition("/")
    is_queued = (verb, name) == ("queue", "join")
    if not isinstance(said, dict) or not (is_queued or verb in ("run", "call")):
        return
    # Gradio remembers sessions whose events nobody comes for.
    session, values = said.get("session_hash"), said.get("data")
    if session is not None and not (isinstance(session, str) and 0 < len(session) <= LONGEST_SESSION):
        raise Refusal(400, f"The name of a session has 1 to {LONGEST_SESSION} characters.")
    functions = scope["app"].blocks.fns
    asked = said.get("fn_index")
    found = (each for number, each in functions.items() if (number == asked if is_queued else each.api_name == name))
    function = next(found, None)
    if function is None:
        raise Refusal(404, "There is no such function here.")
    if isinstance(values, list) and len(values) < len(function.inputs):
        raise Refusal(400, f"This takes {len(function.inputs)} values.")
    if verb != "run":
        events.check_room(scope["app"].blocks._queue, askers.asking.get().address)


def _is_known(blocks: Any, name: str) -> bool:
    """Whether the queue has something to say to a session, or of an event."""
    queue = blocks._queue
    sessions, events = queue.pending_messages_per_session, queue.pending_event_ids_session
    return name in sessions or name in queue.event_ids_to_events or any(name in each for each in list(events.values()))
