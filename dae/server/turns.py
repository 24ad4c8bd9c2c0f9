"""Whose turn it is: addresses take turns, and behind each its visitors, so that no one is served twice before another
who waits beside them once."""

from __future__ import annotations

import itertools
from collections import OrderedDict, defaultdict
from collections.abc import Hashable, Iterable
from typing import Protocol, TypeVar

from dae.server.askers import Asker

REMEMBERED = 5000  # addresses and visitors whose last turn is known


class Waiting(Protocol):
    """What waits for its turn."""

    asker: Asker
    seconds: float  # that its turn will take, roughly
    number: int  # counts those who come


T = TypeVar("T", bound=Waiting)


class Turns:
    """The last turn of each address and of each visitor."""

    def __init__(self) -> None:
        self._last: OrderedDict[Hashable, int] = OrderedDict()
        self._count = itertools.count(1)

    def took(self, asker: Asker) -> None:
        """It was this one's turn."""
        number = next(self._count)
        for who in (asker.address, asker):
            self._last.pop(who, None)
            self._last[who] = number
        while len(self._last) > REMEMBERED:
            self._last.popitem(last=False)

    def order(self, waiting: Iterable[T]) -> list[T]:
        """All who wait, the next first: as they would come if nobody else did.

        Of the addresses the one whose last turn is longest ago comes first, then the others in turn; behind an address
        the visitor whose last turn is longest ago, of one visitor's what takes less, then what came first.
        """
        behind: dict[str, list[T]] = defaultdict(list)
        for each in waiting:
            behind[each.asker.address].append(each)
        placed = []
        for address, all_here in behind.items():
            all_here.sort(key=lambda each: (self._last.get(each.asker, 0), each.seconds, each.number))
            first = self._last.get(address, 0), all_here[0].number
            placed += [(round_, first, each) for round_, each in enumerate(self._in_turn(all_here))]
        return [each for *_, each in sorted(placed, key=lambda place: place[:2])]

    @staticmethod
    def _in_turn(all_here: list[T]) -> list[T]:
        """Those behind one address, a visitor's second after everybody's first."""
        had: dict[Asker, int] = defaultdict(int)
        rounds = []
        for place, each in enumerate(all_here):
            rounds.append((had[each.asker], place, each))
            had[each.asker] += 1
        return [each for *_, each in sorted(rounds, key=lambda round_: round_[:2])]
