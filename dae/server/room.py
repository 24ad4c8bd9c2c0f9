"""What goes where visitors' things take too much room: the heaviest's oldest, and never everybody's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Protocol, TypeVar


class Thing(Protocol):
    """What is kept for a visitor."""

    @property
    def owner(self) -> str: ...  # the visitor

    @property
    def address(self) -> str: ...  # where the visitor is

    @property
    def bytes(self) -> int: ...


T = TypeVar("T", bound=Thing)


def too_much(things: Iterable[T], most: int) -> list[T]:
    """What has to go so that the rest takes at most so many bytes.

    One by one: of the address that has most, of the visitor behind it who has most, what comes first.

    Args:
        things: the oldest first.
        most: bytes of all of them.
    """
    left, gone = [(each, each.bytes) for each in things], []
    addresses: Counter[str] = Counter()
    visitors: Counter[tuple[str, str]] = Counter()
    for each, size in left:
        addresses[each.address] += size
        visitors[each.address, each.owner] += size
    while left and addresses.total() > most:
        address = max(addresses, key=addresses.__getitem__)
        (_, owner) = max((who for who in visitors if who[0] == address), key=visitors.__getitem__)
        place = next(i for i, (each, _) in enumerate(left) if (each.address, each.owner) == (address, owner))
        each, size = left.pop(place)
        gone.append(each)
        for counter, who in ((addresses, address), (visitors, (address, owner))):
            counter[who] -= size
            if counter[who] <= 0:
                del counter[who]
    return gone
