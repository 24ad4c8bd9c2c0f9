"""Where a request comes from: a page of another site has no business here, programs have."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers

HOST = re.compile(r"([\w.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:\d{1,5})?", re.ASCII)
INTERNAL = re.compile(r"[^.]+|[\d.]+|\[.+\]")  # what no other site can be called
PORTS = {"http": "80", "https": "443"}
ASKED_FOR = ("none", "same-origin")  # by the person, by our own page


def hosts(headers: Headers) -> list[str]:
    """The hosts that a request says it was sent to: the browser's, and a proxy's in front."""
    named = (headers.get("host"), *headers.get("x-forwarded-host", "").split(","))
    return [each.strip() for each in named if each and each.strip()]


def bare(host: str) -> str:
    """A host's name without its port."""
    return HOST.fullmatch(host)[1].lower()


def are_ours(named: list[str], allowed: frozenset[str]) -> bool:
    """Whether a request was sent to a name that the server is reached by.

    The last is what the outermost proxy says of the visitor. A page of another site whose name leads here may say that
    too, but it cannot hide its own name, which has a dot: a proxy's own may be an address or a name without one.

    Args:
        named: of `hosts`, each as `HOST` has it.
    """
    *proxies, visitors = map(bare, named)
    return visitors in allowed and all(name in allowed or INTERNAL.fullmatch(name) for name in proxies)


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
    try:
        asking = urlsplit(origin)
    except ValueError:  # an address within brackets that is none
        return False
    return any(_same(asking.scheme, asking.netloc, host) for host in hosts(headers))


def _same(scheme: str, asking: str, host: str) -> bool:
    def full(name: str) -> str:
        bare, colon, port = name.lower().rpartition(":")
        return name.lower() if colon and port.isdecimal() and bare else f"{name.lower()}:{PORTS.get(scheme, '')}"

    return scheme in PORTS and full(asking) == full(host)
