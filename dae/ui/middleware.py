"""What stands between the network and Gradio: bounds on what may be sent and kept, and the page, which is made once.

Both are plain ASGI middleware, for the server that Gradio launches.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import re
from collections import OrderedDict
from pathlib import Path
from typing import Any

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_UPLOAD = 12 * 2**20  # bytes of a file
MAX_FORM = MAX_UPLOAD + 2**16  # bytes of the request that brings it
MAX_BODY = 2 * 2**20  # bytes of any other request; 64 codes of 2,048 values take half of it
MAX_KEPT = 200 * 2**20  # bytes of uploaded files on the disk
MAX_FILES = 1000
MAX_PAGES = 16  # remembered, one for each address that the page is reached by

# Gradio's routes for what this page does not have. The first two write files that nothing ever deletes.
UNUSED = re.compile(r"/gradio_api/(process_recording|deep_link|proxy=|stream/|vibe-|undo-vibe)")


class Bounds:
    """Refuses requests that are too large, and makes room on the disk before a file is uploaded.

    Answers 413 to a body over `MAX_FORM` bytes for an upload, over `MAX_BODY` for all else, and 404 for `UNUSED`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.asking = RequestBodyLimitMiddleware(app, MAX_BODY)
        self.uploading = RequestBodyLimitMiddleware(app, MAX_FORM)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif UNUSED.search(scope["path"]):
            await PlainTextResponse("Not Found", 404)(scope, receive, send)
        elif scope["path"].rstrip("/").endswith("/gradio_api/upload"):
            await to_thread.run_sync(make_room, scope["app"].get_blocks().temp_file_sets)
            await self.uploading(scope, receive, send)
        else:
            await self.asking(scope, receive, send)


def make_room(kept: list[set[str]], most_bytes: int = MAX_KEPT, most_files: int = MAX_FILES) -> None:
    """Delete the oldest of the files that an app has put on the disk, until they are few and small enough."""
    found = []
    for path in {path for paths in kept for path in list(paths)}:
        with contextlib.suppress(OSError):  # deleted in the meantime
            state = os.stat(path)
            found.append((state.st_mtime, state.st_size, path))
    total, count = sum(size for _, size, _ in found), len(found)
    for _, size, path in sorted(found):
        if total <= most_bytes and count <= most_files:
            return
        with contextlib.suppress(OSError):
            os.unlink(path)
            Path(path).parent.rmdir()  # each has a folder of its own
        for paths in kept:
            paths.discard(path)
        total, count = total - size, count - 1


class FrontPage:
    """Remembers the page. Gradio makes half a megabyte anew for each visitor, and sends it as it is; it is the same for
    all who reach it by the same address."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.pages: OrderedDict[tuple[Any, ...], Response] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] != scope.get("root_path", "") + "/":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        packed = "gzip" in headers.get("accept-encoding", "")
        address = *(headers.get(name) for name in ("host", "x-forwarded-host", "x-forwarded-proto")), scope["scheme"]
        key = *address, scope.get("root_path", ""), packed
        if key not in self.pages:
            page = await self._made({**scope, "query_string": b""}, receive)
            if page.status_code != 200:
                await page(scope, receive, send)
                return
            if packed:
                page = Response(
                    await to_thread.run_sync(gzip.compress, page.body),
                    headers={"content-encoding": "gzip", "vary": "Accept-Encoding"},
                    media_type="text/html",
                )
            self.pages[key] = page
            while len(self.pages) > MAX_PAGES:
                self.pages.popitem(last=False)
        await self.pages[key](scope, receive, send)

    async def _made(self, scope: Scope, receive: Receive) -> Response:
        """The page as the app makes it; what is said in the query is read by the page's own event."""
        start: Message = {}
        body = bytearray()

        async def keep(message: Message) -> None:
            start.update(message) if message["type"] == "http.response.start" else body.extend(message.get("body", b""))

        await self.app(scope, receive, keep)
        response = Response(bytes(body), start["status"])
        response.raw_headers = start["headers"]
        return response
