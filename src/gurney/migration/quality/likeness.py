"""Same and similar among very many: compact sets of ids, groups of equal values, names that differ by a slip.

Everything grows by a few bytes a record, and comparing stays linear: only patients who share a birth date, an
e-mail or a telephone are compared, and in a crowded group only neighbours in the order of names.
"""

from __future__ import annotations

import heapq
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import combinations, pairwise

from rapidfuzz.distance import OSA

CROWD = 60
"""Above this size a group is no longer compared all with all: a default birth date may have thousands."""
NEIGHBOURS = 10
ALIKE = 0.75
"""One slip in a name of four letters: Wong, Wnog."""


def keyed(value: str, key: bytes) -> int:
    """A 64-bit keyed hash: tells equal from different, and nothing else without the key."""
    return int.from_bytes(blake2b(value.encode("utf-8", "surrogatepass"), digest_size=8, key=key).digest())


class IdSet:
    """Ids as 8 bytes each. Source ids are 64-bit integers sent as text (FACTS 5); others are hashed."""

    def __init__(self) -> None:
        self._sorted = array("Q")
        self._fresh: set[int] = set()

    def add(self, id: str) -> None:
        self._fresh.add(number_of(id))
        if len(self._fresh) > 1024 + len(self._sorted) // 4:
            self._settle()

    def __contains__(self, id: str) -> bool:
        return self.has(number_of(id))

    def has(self, number: int) -> bool:
        place = bisect_left(self._sorted, number)
        return number in self._fresh or (place < len(self._sorted) and self._sorted[place] == number)

    def _settle(self) -> None:
        self._sorted = array("Q", heapq.merge(self._sorted, sorted(self._fresh)))
        self._fresh.clear()


def number_of(id: str) -> int:
    """An id in 64 bits."""
    return int(id) if id.isdecimal() and len(id) < 20 else keyed(id, b"id")


class Groups:
    """Which members share a value, without keeping the values: 16 bytes for each."""

    def __init__(self) -> None:
        self._hashes = array("Q")
        self._members = array("Q")

    def add(self, hash: int, member: int) -> None:
        self._hashes.append(hash)
        self._members.append(member)

    def repeated(self) -> Iterator[list[int]]:
        """The members of each value that at least two have, in the order in which they were added."""
        twice = {one for one, other in pairwise(sorted(self._hashes)) if one == other}
        found: dict[int, dict[int, None]] = {hash: {} for hash in twice}
        for hash, member in zip(self._hashes, self._members, strict=True):
            if hash in twice:
                found[hash][member] = None
        return (list(members) for members in found.values() if len(members) > 1)


def folded(name: str) -> str:
    """A name for comparison: no case, marks or punctuation.

    >>> folded("D’Arcy-José ")
    'darcyjose'
    """
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


def alike(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether two (first, last) names are probably one person's: a slip in either, or both swapped."""
    return (_near(one[0], other[0]) and _near(one[1], other[1])) or (
        _near(one[0], other[1]) and _near(one[1], other[0])
    )


def _near(one: str, other: str) -> bool:
    if not one or not other:
        return False
    return OSA.normalized_similarity(one, other) >= ALIKE


def probable_pairs(group: Sequence[int], names: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Pairs of a group whose names are alike. `names` holds 'first\\tlast', folded, by member."""
    pairs: Iterable[tuple[int, int]]
    if len(group) <= CROWD:
        pairs = combinations(group, 2)
    else:
        queue = sorted(group, key=lambda member: names[member])
        pairs = ((one, other) for at, one in enumerate(queue) for other in queue[at + 1 : at + 1 + NEIGHBOURS])
    return ((one, other) for one, other in pairs if alike(_parts(names[one]), _parts(names[other])))


def _parts(name: str) -> tuple[str, str]:
    first, _, last = name.partition("\t")
    return first, last


def in_a_circle(edges: Iterable[tuple[str, str]]) -> set[str]:
    """Nodes from which one can walk forever in both directions: loops, and what lies between two loops."""
    left = set(edges)
    while True:
        starts, ends = {start for start, _ in left}, {end for _, end in left}
        kept = {(start, end) for start, end in left if end in starts and start in ends}
        if len(kept) == len(left):
            return starts
        left = kept
