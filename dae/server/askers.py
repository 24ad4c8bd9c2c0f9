"""Who asks: an address, and one of the visitors behind it. What there is for all is shared between these.

A whole school may stand behind one address, and one program may claim to be a thousand visitors: so addresses share
first, and behind each of them its visitors.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from contextvars import ContextVar
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.types import Scope

HEADER = "visitor"  # by which the page's questions say who asks
_VISITOR = re.compile(r"[A-Za-z0-9_-]{20,64}", re.ASCII)  # as of dae.server.protocol


class Asker(NamedTuple):
    """Who asks."""

    address: str
    visitor: str = ""  # empty: a program, which does not say


NOBODY = Asker("")
asking: ContextVar[Asker] = ContextVar("asking", default=NOBODY)
"""Who is being answered."""


@functools.lru_cache(maxsize=5000)  # it is asked of each event again and again
def address_of(host: str | None) -> str:
    """The address that shares are counted for: of IPv6 the network of 64 bits that a household or a school has."""
    try:
        found = ipaddress.ip_address(host or "")
    except ValueError:
        return host or ""
    return str(found) if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))


def of(scope: Scope) -> Asker:
    """Who sends a request, as the server's `X-Forwarded-For` has it where a trusted proxy stands before it."""
    said = Headers(scope=scope).get(HEADER, "")
    client = scope.get("client")
    return Asker(address_of(client[0] if client else None), said if _VISITOR.fullmatch(said) else "")
