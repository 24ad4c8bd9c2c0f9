"""Answers of Gradio's page that are made once: plain ASGI middleware, for the server that Gradio launches."""

from __future__ import annotations

import asyncio
import functools
import gzip
import re
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, ClassVar

import brotli
from anyio import to_thread
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOBODY = "nobody.invalid"  # a host
SMALL = 400  # bytes that nothing is won by compressing
PACKINGS: dict[str, Callable[[bytes], bytes]] = {  # the best first
    "br": functools.partial(brotli.compress, quality=6),  # a few milliseconds; the best quality takes seconds
    "gzip": gzip.compress,
}
NAMED_BY_CONTENT = re.compile(r"/assets/[\w.-]+-[\w-]{8,}\.(js|css)")


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
    """The page, half a megabyte that Gradio makes anew for each visitor.

    It names the address that it is reached by in many places. So it is made once, for an address that nobody has, and
    each visitor's is put in its place: whoever comes by any other name waits for that and no longer.
    """

    most = 16
    headers: ClassVar[dict[str, str]] = {}

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self.made: dict[str, Response] = {}  # by the path before the page

    def key(self, path: str, headers: Headers, scheme: str) -> tuple[Any, ...] | None:
        if path != "/":
            return None
        host = headers.get("x-forwarded-host", "").split(",")[0].strip() or headers.get("host", "")
        proxied = headers.get("x-forwarded-proto", "").split(",")[0].strip()
        return (f"{proxied if proxied in ('http', 'https') else scheme}://{host}",)

    async def _made(self, scope: Scope, receive: Receive) -> Response:
        root = scope.get("root_path", "")
        if root not in self.made:
            asked = [
                (name, value) for name, value in scope["headers"] if not name.startswith((b"host", b"x-forwarded-"))
            ]
            answer = await super()._made({**scope, "headers": [*asked, (b"host", NOBODY.encode())]}, receive)
            if answer.status_code != 200:
                return answer
            self.made[root] = answer
        before = self.made[root]
        (address,) = self.key("/", Headers(scope=scope), scope["scheme"])
        answer = Response(before.body.replace(f"http://{NOBODY}".encode(), address.encode()), 200)
        answer.raw_headers = [each for each in before.raw_headers if each[0] != b"content-length"]
        answer.headers["content-length"] = str(len(answer.body))
        return answer


class FrontEnd(Remembered):
    """The scripts and styles of Gradio's page, some eighty for each visitor, named by what they hold."""

    most = 400
    headers: ClassVar[dict[str, str]] = {"cache-control": "public, max-age=31536000, immutable"}

    def key(self, path: str, headers: Headers, scheme: str) -> tuple[Any, ...] | None:
        return (path,) if NAMED_BY_CONTENT.fullmatch(path) else None
