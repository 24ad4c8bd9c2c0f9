"""What stands between the network and Gradio: bounds on what may be sent and kept, and answers that are made once.

All are plain ASGI middleware, for the server that Gradio launches.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gzip
import os
import re
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import brotli
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
SMALL = 400  # bytes that nothing is won by compressing
PACKINGS: dict[str, Callable[[bytes], bytes]] = {  # the best first
    "br": functools.partial(brotli.compress, quality=6),  # a few milliseconds; the best quality takes seconds
    "gzip": gzip.compress,
}
NAMED_BY_CONTENT = re.compile(r"/assets/[\w.-]+-[\w-]{8,}\.(js|css)")

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


class Remembered:
    """Answers that are the same for all visitors, each made once, and sent compressed.

    For `GET` only, and not for parts of a file. Subclasses say what they remember.
    """

    most: int  # answers that are kept
    headers: dict[str, str]  # added to each

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.kept: OrderedDict[tuple[Any, ...], Response] = OrderedDict()
        self.making = asyncio.Lock()  # a class that comes all at once waits for one answer, and does not make fifty

    def key(self, path: str, headers: Headers, scheme: str) -> tuple[Any, ...] | None:
        """What the answer depends on; None where it is not remembered."""
        raise NotImplementedError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = None
        if scope["type"] == "http" and scope["method"] == "GET":
            headers, root = Headers(scope=scope), scope.get("root_path", "")
            packing = next((each for each in PACKINGS if each in headers.get("accept-encoding", "")), "")
            if "range" not in headers:
                key = self.key(scope["path"].removeprefix(root), headers, scope["scheme"])
        if key is None:
            await self.app(scope, receive, send)
            return
        key = *key, root, packing
        if key not in self.kept:
            async with self.making:
                if key not in self.kept:
                    answer = await self._made(scope, receive)
                    if answer.status_code == 200:
                        await to_thread.run_sync(self._pack, answer, packing)
                        self.kept[key] = answer
                        while len(self.kept) > self.most:
                            self.kept.popitem(last=False)
                    else:
                        await answer(scope, receive, send)
                        return
        await self.kept[key](scope, receive, send)

    async def _made(self, scope: Scope, receive: Receive) -> Response:
        """The answer as the app makes it; what is said in the query is read by the page's own event."""
        start: Message = {}
        body = bytearray()

        async def keep(message: Message) -> None:
            start.update(message) if message["type"] == "http.response.start" else body.extend(message.get("body", b""))

        await self.app({**scope, "query_string": b""}, receive, keep)
        answer = Response(bytes(body), start["status"])
        answer.raw_headers = start["headers"]
        return answer

    def _pack(self, answer: Response, packing: str) -> None:
        answer.headers.update(self.headers)
        if packing and len(answer.body) > SMALL:
            answer.body = PACKINGS[packing](answer.body)
            answer.headers.update({"content-encoding": packing, "content-length": str(len(answer.body))})
            answer.headers.add_vary_header("Accept-Encoding")


class FrontPage(Remembered):
    """The page, half a megabyte that Gradio makes anew for each visitor. It depends on the address it is reached by."""

    most = 16
    headers: ClassVar[dict[str, str]] = {}

    def key(self, path: str, headers: Headers, scheme: str) -> tuple[Any, ...] | None:
        hosts = (headers.get(name) for name in ("host", "x-forwarded-host", "x-forwarded-proto"))
        return (*hosts, scheme) if path == "/" else None


class FrontEnd(Remembered):
    """The scripts and styles of Gradio's page, some eighty for each visitor, named by what they hold."""

    most = 400
    headers: ClassVar[dict[str, str]] = {"cache-control": "public, max-age=31536000, immutable"}

    def key(self, path: str, headers: Headers, scheme: str) -> tuple[Any, ...] | None:
        return (path,) if NAMED_BY_CONTENT.fullmatch(path) else None
