"""The page's files on a port of this machine, without Python behind them, and what its tests share."""

from __future__ import annotations

import functools
import json
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from dae import checkpoints, folders, manifest, site

if TYPE_CHECKING:
    from playwright.sync_api import Page

KINDS = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".json": "application/json"}
KINDS |= {".svg": "image/svg+xml", ".wasm": "application/wasm"}
# Without the service worker, whose requests a test cannot answer.
CONTEXT = {"locale": "en-US", "viewport": {"width": 1366, "height": 1000}, "service_workers": "block"}
SHOWN = ".denoise .held .pictures[data-shown]"  # the Denoise tab with a reconstruction

gallery_bytes = functools.lru_cache(site.gallery_bytes)


def file_of(path: str) -> Path:
    """The file that an address of the page means."""
    folder, _, rest = path.lstrip("/").partition("/")
    if folder in ("", "sw.js", "page"):
        return manifest.PAGE / (rest if folder == "page" else folder or "index.html")
    return folders.BESIDE.get(rest) or checkpoints.directory() / rest


class Files(BaseHTTPRequestHandler):
    """Answers with files alone; what would need Python is not found."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer's second part waits 40 ms for the first one's receipt

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        try:
            digits = path.startswith("/gallery/")
            body = gallery_bytes(int(Path(path).stem)) if digits else file_of(path).read_bytes()
        except (OSError, ValueError):
            self.answer(404, b"", "text/plain")
        else:
            self.answer(200, body, KINDS.get(Path(path).suffix or ".html", "application/octet-stream"))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(404, b"{}", "application/json")

    def answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    """Says nothing of browsers that went away before their answer was there."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@pytest.fixture(scope="session")
def site_url() -> Iterator[str]:
    """The page's address, on a server of files alone."""
    with Server(("127.0.0.1", 0), Files) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def visit(open_page: Callable[..., Page], site_url: str) -> Callable[..., Page]:
    """`visit(query, shown=selector, **context)`: the page that a link opens, once it shows something."""

    def visited(query: str = "", shown: str = SHOWN, **context: object) -> Page:
        page = open_page(f"{site_url}?{query.rpartition('?')[2]}", **CONTEXT | context)
        page.wait_for_selector(shown, timeout=60_000)
        return page

    return visited


@pytest.fixture
def blank(open_page: Callable[..., Page]) -> Callable[..., Page]:
    """`blank(**context)`: an empty page, to be prepared before it goes to the address."""
    return lambda **context: open_page("about:blank", **CONTEXT | context)


@pytest.fixture
def bench(visit) -> Callable[..., Page]:
    """`bench(lesson)`: the bench beside the Denoise tab, with a lesson on it from its file."""

    def opened(lesson: dict | None = None, lang: str = "en", **context: object) -> Page:
        page = visit(f"tab=lessons&lang={lang}", shown="#build-lesson", **context)
        page.locator("#build-lesson").click()
        page.wait_for_selector(".builder #add-step")
        page.wait_for_selector(".denoise .held .pictures[data-shown]")
        if lesson:
            content = json.dumps(lesson).encode()
            file = {"name": "lesson.json", "mimeType": "application/json", "buffer": content}
            page.locator(".builder input[type=file]").set_input_files(file)
            page.locator(".builder .steps li").nth(len(lesson["steps"]) - 1).wait_for()
        return page

    return opened


@pytest.fixture
def opened(open_page, site_url) -> Callable[..., Page]:
    """`opened(end of the address)`: the page that a teacher's link opens, in a browser of its own."""

    def visited(end: str, shown: str = ".player h2", **context: object) -> Page:
        context = {"locale": "en-US", "viewport": {"width": 1366, "height": 1000}, "service_workers": "block"} | context
        page = open_page(f"{site_url}{end}", **context)
        page.wait_for_selector(shown, timeout=60_000)
        return page

    return visited
