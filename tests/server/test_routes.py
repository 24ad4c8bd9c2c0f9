"""Gradio's own table of routes: each is on a list, or known and shut. One that is new fails here, and is shut."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from dae.server import app
from dae.server.routes import Served

# Of Gradio 6.31, with those of a server in its `server` mode and with tools.
SHUT = {
    *("GET /gradio_api/user", "GET /gradio_api/token", "GET /gradio_api/login_check", "POST /login", "GET /logout"),
    *(
        "GET /gradio_api/dev/reload",
        "GET /gradio_api/deep_link",
        "GET /gradio_api/runs",
        "GET /gradio_api/openapi.json",
    ),
    *("GET /gradio_api/run-history/buckets", "GET /gradio_api/run-history/records"),
    "GET /gradio_api/run-history/records/{endpoint}/{record_id}/assets/{asset_id}",
    *("POST /gradio_api/run-history/connect", "GET /svelte/{path:path}", "GET /gradio_api/file/{path:path}"),
    "GET /gradio_api/custom_component/{id}/{environment}/{type}/{file_name}",
    *("GET /gradio_api/proxy={url_path:path}", "HEAD /gradio_api/proxy={url_path:path}"),
    *("HEAD /gradio_api/file={path_or_url:path}", "POST /gradio_api/api/{api_name}"),
    *("POST /gradio_api/stream/{event_id}", "POST /gradio_api/stream/{event_id}/close"),
    "GET /gradio_api/stream/{session_hash}/{run}/{component_id}/playlist.m3u8",
    "GET /gradio_api/stream/{session_hash}/{run}/{component_id}/{segment_id}.{ext}",
    "GET /gradio_api/stream/{session_hash}/{run}/{component_id}/playlist-file",
    *("POST /gradio_api/call/v2/{api_name}", "GET /gradio_api/call/v2/{api_name}/{event_id}"),
    *("GET /gradio_api/queue/status", "GET /pwa_icon", "GET /pwa_icon/{size}", "POST /gradio_api/process_recording"),
    *("GET /monitoring", "GET /monitoring/summary", "GET /monitoring/{key}"),
    *("POST /gradio_api/vibe-edit", "POST /gradio_api/undo-vibe-edit", "GET /gradio_api/vibe-code"),
    *("POST /gradio_api/vibe-code", "POST /gradio_api/vibe-starter-queries"),
    # Of pages that are made of Gradio's components: ours brings files of its own
    *("GET /assets/{path:path}", "GET /static/{path:path}", "GET /theme.css", "GET /gradio_api/theme.css"),
    *("GET /favicon.ico", "GET /manifest.json", "GET /robots.txt", "GET /gradio_api/app_id"),
    *("GET /gradio_api/file={path_or_url:path}", "POST /gradio_api/component_server"),
    *("POST /gradio_api/upload", "GET /gradio_api/upload_progress"),
}
RULES = app.rules(tools=True)
LISTED = RULES.served.routes


def table(routes: list[Any], before: str = "") -> Iterator[str]:
    """All routes of an app, also of routers within it; one slash at the end less."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from table(inner.routes, before + route.include_context.prefix)
        elif type(route).__name__ == "Mount":
            rests = ("", "/{path:path}")
            yield from (
                f"{method} {before}{route.path}{rest}" for method in ("GET", "POST", "DELETE") for rest in rests
            )
        else:
            methods = getattr(route, "methods", None) or ["WEBSOCKET"]
            path = before + route.path
            yield from (f"{method} {path.rstrip('/') or '/'}" for method in methods)


@pytest.fixture(scope="module")
def found() -> Iterator[set[str]]:
    """All routes of the server, with tools."""
    own = app.build(tools=True)
    app.launch(own, mcp_server=True)
    yield set(table(own.routes))
    own.get_blocks().close(verbose=False)
    os.environ.pop("GRADIO_SERVER_MODE_ENABLED", None)  # which it sets for all


def test_every_route_of_gradio_is_listed_or_known_to_be_shut(found):
    assert sorted(found - LISTED - SHUT) == [], (
        "a route that nobody has looked at: it is shut; say here that it shall be"
    )
    assert sorted(SHUT - found) == [], "no longer there"
    ours = {route for route in LISTED if route.split(" ")[1] in RULES.file_routes}  # answered before Gradio
    assert sorted(LISTED - ours - found) == [], "listed and not there"
    assert LISTED.isdisjoint(SHUT)
    assert len(found) > 60  # so that the table was walked


@pytest.mark.parametrize(
    ("method", "path", "root", "listed"),
    [
        ("GET", "/", "", True),
        ("GET", "/page/app.js", "", True),
        ("HEAD", "/checkpoints/plain.safetensors", "", True),
        ("POST", "/ask/denoise", "", True),
        ("POST", "/ask/denoise/more", "", False),
        ("GET", "/assets/index-1.js", "", False),
        ("POST", "/gradio_api/call/denoise", "", True),
        ("POST", "/gradio_api/call/v2/denoise", "", False),
        ("POST", "/gradio_api/queue/join/", "", True),
        ("POST", "/gradio_api/queue/join//", "", False),
        ("GET", "//", "", False),
        ("GET", "/monitoring/", "", False),
        ("POST", "/", "", False),
        ("GET", "/gradio_api/proxy=x", "", False),
        ("GET", "/gradio_api//info", "", False),
        ("GET", "/GRADIO_API/info", "", False),
        ("GET", "/playground/gradio_api/info", "/playground", True),
        ("GET", "/gradio_api/info", "/playground", True),
        ("GET", "/playgroundgradio_api/info", "/playground", False),
        ("GET", "/playground/monitoring", "/playground", False),
        ("WEBSOCKET", "/gradio_api/queue/join", "", False),
    ],
)
def test_a_request_is_found_as_the_router_would(method, path, root, listed):
    kind = {"type": "websocket"} if method == "WEBSOCKET" else {"type": "http", "method": method}
    found = Served(LISTED).find({**kind, "path": path, "root_path": root})
    assert (found is not None) == listed
