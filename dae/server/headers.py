"""Headers that tell a browser what an answer of ours may do and what it is."""

from __future__ import annotations

import base64
import hashlib
import os
import re

from starlette.types import Message

# A Space is shown within a frame of huggingface.co.
FRAMES = ("'self'", "https://huggingface.co", "https://*.hf.space")
EVENTS = b"text/event-stream"
_SOURCE = re.compile(r"https?://(\*\.)?[\w.-]+(:\d+)?")

# For a page of our own modules. Its pictures are made in the browser; the engine's products are WebAssembly.
OWN_PAGE = {
    "script-src": "'self' 'wasm-unsafe-eval'",
    "img-src": "'self' data: blob:",
}


def frame_ancestors() -> str:
    """Who may show the page in a frame: Hugging Face, and the addresses in `DAE_FRAME_ANCESTORS`, with blanks between.

    Raises ValueError, with a sentence for who hosts it, for what is no address.
    """
    others = os.environ.get("DAE_FRAME_ANCESTORS", "").split()
    for source in others:
        if not _SOURCE.fullmatch(source):
            raise ValueError(f"DAE_FRAME_ANCESTORS names addresses like https://school.example, not {source!r}.")
    return " ".join((*FRAMES, *others))


_SCRIPT = re.compile(r'<script(?: type="importmap")?>(.*?)</script>', re.DOTALL)


def own_page(html: str) -> dict[str, str]:
    """The directives for a page of our own modules: what scripts stand in it, its import map among them, by hash."""
    found = _SCRIPT.findall(html)
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in found]
    return {**OWN_PAGE, "script-src": " ".join([OWN_PAGE["script-src"], *hashes])}


def policy(directives: dict[str, str]) -> str:
    """A Content-Security-Policy: everything from the page's own origin and nothing else, but for what is given.

    Args:
        directives: name -> sources, in the place of the strict ones.
    """
    strict = {
        "default-src": "'self'",
        "object-src": "'none'",
        "frame-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": frame_ancestors(),
    }
    return "; ".join(f"{name} {sources}" for name, sources in {**strict, **directives}.items())


def with_headers(message: Message, content_policy: str) -> Message:
    """The start of an answer with what all answers carry."""
    added = {
        b"content-security-policy": content_policy.encode("ascii"),
        b"x-content-type-options": b"nosniff",
        # Links hold what the page shows, which is nobody else's business.
        b"referrer-policy": b"same-origin",
    }
    # Of a stream of events: nginx and its like hand on what comes as it comes.
    if any(name.lower() == b"content-type" and value.startswith(EVENTS) for name, value in message.get("headers", ())):
        added[b"x-accel-buffering"] = b"no"
    kept = [(name, value) for name, value in message.get("headers", ()) if name.lower() not in added]
    return {**message, "headers": [*kept, *added.items()]}
