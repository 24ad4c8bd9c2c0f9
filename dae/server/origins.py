"""Where a request comes from: a page of another site has no business here, programs have."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers

HOST = re.compile(r"([\w.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:\d{1,5})?", re.ASCII)
PORTS = {"http": "80", "https": "443"}
ASKED_FOR = ("none", "same-origin")  # by the person, by our own page


def hosts(headers: Headers) -> list[str]:
    """The hosts that a request says it was sent to: the browser's, and a proxy's in front."""
    named = (headers.get("host"), *headers.get("x-forwarded-host", "").split(","))
    return [each.strip() for each in named if each and each.strip()]


def is_welcome(headers: Headers, *, is_opening: bool) -> bool:
    """Whether a request comes from our own page, from a person or from a program, and from no other site's script.

    Browsers say who asks by `Sec-Fetch-Site`, over HTTPS and on the same machine, and by `Origin`, where a script asks
    or something is changed; neither can be set by a script. Programs send none of them.

    Args:
        is_opening: a GET or HEAD, which a link on another site may lead to.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if is_opening and headers.get("sec-fetch-mode") == "navigate":
        return True
    if site is not None:
        return site in ASKED_FOR
    if origin is None:
        return True
    asking = urlsplit(origin)
    return any(_same(asking.scheme, asking.netloc, host) for host in hosts(headers))


def _same(scheme: str, asking: str, host: str) -> bool:
    def full(name: str) -> str:
        bare, colon, port = name.lower().rpartition(":")
        return name.lower() if colon and port.isdecimal() and bare else f"{name.lower()}:{PORTS.get(scheme, '')}"

    return scheme in PORTS and full(asking) == full(host)
