"""The files of the page as they are: looking, drawing and sliding need nothing else of the server.

Each file is read, named by its content and compressed once, and kept in memory until it changes; all of them are
looked at again together, once a second, so that a class that comes all at once costs little. A browser asks at
each load whether it still has the newest one (`no-cache` and an ETag), unless it asks for a content by name: with
`?v=` and the first 16 digits of its SHA-256 the answer stays good for ever.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
import math
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import brotli
from anyio import to_thread
from starlette._utils import get_route_path
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from dae import folders
from dae.manifest import PAGE

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
    folders.SUFFIX: "application/octet-stream",
    ".bin": "application/octet-stream",
}
PACKED_ALREADY = (".png", ".webp", ".woff2")


def _brotli(body: bytes) -> bytes:
    """Some milliseconds: what is small is packed well, the best quality takes seconds for a network."""
    return brotli.compress(body, quality=10 if len(body) < 2**17 else 6)


PACKINGS: dict[str, Callable[[bytes], bytes]] = {"br": _brotli, "gzip": gzip.compress}  # the best first
WORTH = 0.97  # of its length at most: what shrinks less is sent as it is
FRESH_SECONDS = 1.0  # that what was sent is sent again without a look at the files
CHECKPOINT_FILES = ("results.json",)  # beside the networks and their planes


def packing(accepted: str) -> str:
    """The best encoding that a browser takes; empty where it takes none of ours."""
    return next((each for each in PACKINGS if each in accepted), "")


def _state(path: Path) -> tuple[int, int]:
    """Time and size of a file, by which a change is seen. Raises OSError."""
    found = os.stat(path)
    return found.st_mtime_ns, found.st_size


@dataclass(eq=False)
class Content:
    """What is sent for one address."""

    body: bytes
    type: str
    path: Path | None = None
    changed: tuple[int, int] = (0, 0)  # time and size of its file
    packed: dict[str, bytes] = field(default_factory=dict)  # by encoding; empty where nothing is won
    packing: threading.Lock = field(default_factory=threading.Lock)

    @functools.cached_property
    def digest(self) -> str:
        """The first 16 digits of the SHA-256."""
        return hashlib.sha256(self.body).hexdigest()[:16]

    def encoded(self, accepted: str) -> tuple[bytes, str]:
        """The body as this browser takes it, and its encoding, empty where it is sent as it is."""
        encoding = packing(accepted)
        if not encoding:
            return self.body, ""
        with self.packing:
            if encoding not in self.packed:
                packed = PACKINGS[encoding](self.body)
                self.packed[encoding] = packed if len(packed) < WORTH * len(self.body) else b""
        return (self.packed[encoding], encoding) if self.packed[encoding] else (self.body, "")


class Files:
    """What is served as it is.

    Args:
        page: the page's folder, with `index.html` and `sw.js`.
        base: the address that the page is reached by, with a slash at its end, for the links that other sites follow
            (`og:image`, `og:url`); empty where nobody has said it: then they stay relative.
    """

    def __init__(self, page: Path = PAGE, base: str = "") -> None:
        self.page, self.base = page, base
        self._kept: dict[str, Content] = {}  # by address; bounded by the files that there are
        self._reading = threading.Lock()
        self._sent: dict[tuple[str, str], tuple[Content, bytes, str]] = {}  # bounded as those that are kept
        self._looked_at = -math.inf

    def find(self, address: str) -> Content | None:
        """The content of an address without its first slash; None where there is none."""
        folder, _, name = address.rpartition("/")
        if folder == "gallery":
            return self._digits(name)
        if address == "files.json":
            return self._listed()
        try:
            path = self._path(address)
            if path is None:
                return None
            changed = _state(path)
            kept = self._kept.get(address)
            if kept is None or kept.changed != changed:
                body = path.read_bytes()
                kept = Content(
                    self._with_base(body) if path.suffix == ".html" else body, TYPES[path.suffix], path, changed
                )
                self._kept[address] = kept
        except OSError:  # gone, or a name that no file could have
            self._kept.pop(address, None)
            return None
        return kept

    def _path(self, address: str) -> Path | None:
        """The file of an address, if it is one of those that are meant."""
        if address in ("", "index.html", "sw.js"):
            return self.page / (address or "index.html")
        first, _, rest = address.partition("/")
        if first == "checkpoints":
            return self._checkpoint(rest)
        parts = rest.split("/")
        # An address says no more than names of files that are seen, below the folder.
        if first != "page" or any(part.startswith(".") or "\\" in part or "\0" in part or not part for part in parts):
            return None
        path = self.page.joinpath(*parts)
        is_inside = path.suffix in TYPES and path.resolve().is_relative_to(self.page.resolve())
        return path if is_inside and path.is_file() else None

    def _checkpoint(self, name: str) -> Path | None:
        if name in folders.BESIDE:
            return folders.BESIDE[name]
        root = folders.checkpoints()
        where, _, base = name.rpartition("/")
        if where not in ("", "planes", "features"):
            return None
        folder = root / where if where else root
        is_meant = base.endswith(folders.SUFFIX) or (not where and base in CHECKPOINT_FILES)
        try:
            return folder / base if is_meant and base in os.listdir(folder) else None
        except OSError:
            return None

    def _digits(self, name: str) -> Content | None:
        """The gallery's digits of a class, 784 bytes each."""
        if name not in {f"{digit}.bin" for digit in range(10)}:
            return None
        address = f"gallery/{name}"
        with self._reading:
            if address not in self._kept:
                from dae.site import gallery_bytes

                self._kept[address] = Content(gallery_bytes(int(name[0])), TYPES[".bin"])
        return self._kept[address]

    def _listed(self) -> Content:
        """What the service worker keeps: it may change with the page's files."""
        from dae.site import offline

        body = json.dumps(offline()).encode()
        kept = self._kept.get("files.json")
        if kept is None or kept.body != body:
            kept = self._kept["files.json"] = Content(body, TYPES[".json"])
        return kept

    def _with_base(self, page: bytes) -> bytes:
        """The page with whole addresses where other sites read them."""
        return page.replace(b'property="og:image" content="', b'property="og:image" content="' + self.base.encode())

    def _look(self) -> None:
        """Forget what was sent of files that have changed or gone since, and the list of all."""
        for (address, accepted), (content, *_) in list(self._sent.items()):
            try:
                is_so = address != "files.json" and (content.path is None or content.changed == _state(content.path))
            except OSError:
                is_so = False
            if not is_so:
                self._sent.pop((address, accepted), None)

    def _encoded(self, address: str, accepted: str) -> tuple[Content, bytes, str] | None:
        content = self.find(address)
        return None if content is None else (content, *content.encoded(accepted))

    async def _found(self, address: str, accepted: str) -> tuple[Content, bytes, str] | None:
        """What is sent for an address to a browser that takes these encodings; no thread where it was sent before."""
        now = time.monotonic()
        if now - self._looked_at > FRESH_SECONDS:
            self._looked_at = now  # whoever comes meanwhile does not look as well
            await to_thread.run_sync(self._look)
        key = address, packing(accepted)
        sent = self._sent.get(key) or await to_thread.run_sync(self._encoded, address, accepted)
        if sent is not None:
            self._sent[key] = sent
        return sent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for any of these addresses, GET or HEAD."""
        await (await self.answer(Request(scope)))(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        """What is answered to GET and HEAD."""
        address = get_route_path(request.scope).removeprefix("/")
        found = await self._found(address, request.headers.get("accept-encoding", ""))
        if found is None:
            return PlainTextResponse("Not Found", 404)
        content, body, encoding = found
        is_named = request.query_params.get("v") == content.digest
        headers = {
            "ETag": f'"{content.digest}{"-" + encoding if encoding else ""}"',
            "Cache-Control": "public, max-age=31536000, immutable" if is_named else "no-cache",
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
        }
        if encoding:
            headers["Content-Encoding"] = encoding
        if f'"{content.digest}' in request.headers.get("if-none-match", ""):
            return Response(None, 304, headers)
        headers["Content-Length"] = str(len(body))
        return Response(None if request.method == "HEAD" else body, 200, headers, content.type)
