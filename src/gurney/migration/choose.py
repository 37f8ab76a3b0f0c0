"""Which records make a sample: every stratum that occurs, as few records as do so, parents included. Pure.

A stratum is something that a mapping does that could go wrong by itself: a pick-list value, a populated field,
a derived status, a note of several parts, a file, a practitioner, a combination of custom fields. Memory is
bounded: for each stratum only a handful of candidates is remembered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gurney.records import SourceKey

CANDIDATES = 24
"""How many records that show a stratum are remembered; more make a smaller sample possible, at the cost of memory."""


Closure = Mapping[SourceKey, Sequence[SourceKey]]
"""For each candidate all records that it depends on, itself excluded, in their order."""


@dataclass(slots=True)
class Strata:
    """What has been seen: strata, a few candidates for each, and what each candidate needs."""

    candidates: dict[str, list[SourceKey]] = field(default_factory=lambda: defaultdict(list))
    occurs: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    shows: dict[SourceKey, set[str]] = field(default_factory=lambda: defaultdict(set))
    parents: dict[SourceKey, set[SourceKey]] = field(default_factory=lambda: defaultdict(set))

    def see(self, key: SourceKey, strata: Iterable[str], parents: Iterable[SourceKey]) -> None:
        """Note which strata a record shows and which records it cannot go without."""
        strata = list(strata)
        wanted = False
        for stratum in strata:
            self.occurs[stratum] += 1
            known = self.candidates[stratum]
            if len(known) < CANDIDATES:
                known.append(key)
                wanted = True
        if wanted or key in self.shows:
            self.shows[key].update(strata)
            self.parents[key].update(parents)


@dataclass(frozen=True, slots=True)
class Sample:
    """The chosen records, and what they leave uncovered within the asked size."""

    chosen: tuple[SourceKey, ...]
    covered: int
    uncovered: tuple[str, ...]


def choose(strata: Strata, closure: Closure, size: int) -> Sample:
    """Greedy cover, rarest stratum first, closed under parents; stops at `size` records.

    Leaving out what proved needless makes room, so what did not fit is tried again while that brings anything.
    """
    chosen: dict[SourceKey, None] = {}
    covered: set[str] = set()
    known = -1
    while known < len(covered) < len(strata.candidates):
        known = len(covered)
        _cover(strata, closure, size, chosen, covered)
        chosen = _needed(strata, closure, chosen)
    return Sample(tuple(chosen), len(covered), tuple(name for name in _rarest(strata) if name not in covered))


def _rarest(strata: Strata) -> list[str]:
    return sorted(strata.candidates, key=lambda name: (strata.occurs[name], name))


def _cover(strata: Strata, closure: Closure, size: int, chosen: dict[SourceKey, None], covered: set[str]) -> None:
    """Add records for every stratum that is not shown yet and for which there is room."""
    for stratum in _rarest(strata):
        if stratum in covered:
            continue
        for key in _best(strata, closure, stratum, covered, chosen, size - len(chosen)):
            chosen[key] = None
            covered |= strata.shows.get(key, set())


def _best(
    strata: Strata,
    closure: Closure,
    stratum: str,
    covered: set[str],
    chosen: Mapping[SourceKey, None],
    room: int,
) -> list[SourceKey]:
    """The candidate that brings most new strata for each record it adds, behind its parents; nothing if none fits."""
    fitting: list[tuple[float, SourceKey, list[SourceKey]]] = []
    for key in strata.candidates[stratum]:
        brought = [other for other in (*closure.get(key, ()), key) if other not in chosen]
        if len(brought) <= room:
            new = set().union(*(strata.shows.get(other, set()) for other in brought)) - covered
            fitting.append((-len(new) / len(brought), key, brought))
    return min(fitting)[2] if fitting else []


def _needed(strata: Strata, closure: Closure, chosen: Iterable[SourceKey]) -> dict[SourceKey, None]:
    """Leave out, latest first, what adds no stratum that the others do not show and what no other depends on."""
    left = dict.fromkeys(chosen)
    while len(fewer := _once_needed(strata, closure, list(left))) < len(left):
        left = fewer
    return left


def _once_needed(strata: Strata, closure: Closure, chosen: Sequence[SourceKey]) -> dict[SourceKey, None]:
    left = dict.fromkeys(chosen)
    shown: dict[str, int] = defaultdict(int)
    for key in chosen:
        for stratum in strata.shows.get(key, ()):
            shown[stratum] += 1
    needed_by: dict[SourceKey, int] = defaultdict(int)
    for key in chosen:
        for parent in closure.get(key, ()):
            needed_by[parent] += 1
    for key in reversed(chosen):
        mine = strata.shows.get(key, set())
        if needed_by[key] or any(shown[stratum] == 1 for stratum in mine):
            continue
        del left[key]
        for stratum in mine:
            shown[stratum] -= 1
        for parent in closure.get(key, ()):
            needed_by[parent] -= 1
    return left
