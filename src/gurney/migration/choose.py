"""Which records make a sample: every stratum that occurs, as few records as do so, parents included. Pure.

A stratum is something that a mapping does that could go wrong by itself: a pick-list value, a populated field,
a derived status, a note of several parts, a file, a practitioner, a combination of custom fields. Memory is
bounded: for each stratum only a handful of candidates is remembered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gurney.records import SourceKey

CANDIDATES = 24
"""How many records that show a stratum are remembered; more make a smaller sample possible, at the cost of memory."""


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


def choose(strata: Strata, closure: dict[SourceKey, set[SourceKey]], size: int) -> Sample:
    """Greedy cover, rarest stratum first, closed under parents; stops at `size` records.

    `closure` gives, for every candidate, all records it depends on (itself excluded).
    """
    chosen: dict[SourceKey, None] = {}
    covered: set[str] = set()
    uncovered: list[str] = []
    for stratum in sorted(strata.candidates, key=lambda name: (strata.occurs[name], name)):
        if stratum in covered:
            continue
        best = _best(strata, closure, stratum, covered, chosen)
        added = [key for key in (*sorted(closure.get(best, ())), best) if key not in chosen]
        if len(chosen) + len(added) > size:
            uncovered.append(stratum)
            continue
        for key in added:
            chosen[key] = None
            covered |= strata.shows.get(key, set())
        covered.add(stratum)
    chosen = _needed(strata, closure, list(chosen), covered)
    return Sample(tuple(chosen), len(covered), tuple(name for name in uncovered if name not in covered))


def _best(
    strata: Strata,
    closure: dict[SourceKey, set[SourceKey]],
    stratum: str,
    covered: set[str],
    chosen: dict[SourceKey, None],
) -> SourceKey:
    """The candidate that brings most new strata for each record it adds."""

    def worth(key: SourceKey) -> tuple[float, SourceKey]:
        brought = [other for other in (key, *closure.get(key, ())) if other not in chosen]
        new = set().union(*(strata.shows.get(other, set()) for other in brought)) - covered if brought else set()
        return (-len(new) / max(1, len(brought)), key)

    return min(strata.candidates[stratum], key=worth)


def _needed(
    strata: Strata, closure: dict[SourceKey, set[SourceKey]], chosen: Sequence[SourceKey], covered: set[str]
) -> dict[SourceKey, None]:
    """Leave out, latest first, what adds no stratum that the others do not show and what no other depends on."""
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
        if needed_by[key] or any(shown[stratum] == 1 for stratum in mine if stratum in covered):
            continue
        del left[key]
        for stratum in mine:
            shown[stratum] -= 1
        for parent in closure.get(key, ()):
            needed_by[parent] -= 1
    return left
