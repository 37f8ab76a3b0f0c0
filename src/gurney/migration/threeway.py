"""Three values of one field, and what may be done: pure functions, no I/O.

What we last wrote, what the source says now, what the destination says now. A delta writes only what changed at
the source and not at the destination; a rollback undoes only what is still as we left it. Whatever a person
changed is kept and reported (design, section 6).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from gurney.records import Value

Same = Callable[[str, Value, Value], bool]
"""Whether two values of the named field are the same to this destination."""


@dataclass(frozen=True, slots=True)
class Merge:
    """What a three-way comparison of one record says, by field name."""

    write: dict[str, Value]
    """Changed at the source alone: write it."""
    conflicts: tuple[str, ...]
    """Changed on both sides, differently: keep the destination's value, report."""
    agreed: dict[str, Value]
    """Changed on both sides to the same value: nothing to write, but it is now what we stand for."""


def merge(written: Mapping[str, Value], source: Mapping[str, Value], there: Mapping[str, Value], same: Same) -> Merge:
    """Bring a record up to date without touching what a person changed."""
    write: dict[str, Value] = {}
    agreed: dict[str, Value] = {}
    conflicts: list[str] = []
    for name, now in source.items():
        before = written.get(name)
        if same(name, before, now):
            continue
        if same(name, there.get(name), now):
            agreed[name] = now
        elif same(name, there.get(name), before):
            write[name] = now
        else:
            conflicts.append(name)
    return Merge(write, tuple(conflicts), agreed)


def changed_by_others(written: Mapping[str, Value], there: Mapping[str, Value], same: Same) -> tuple[str, ...]:
    """Fields of ours that no longer hold what we wrote."""
    return tuple(name for name, value in written.items() if not same(name, value, there.get(name)))


def typed_in(empty: Collection[str], there: Mapping[str, Value]) -> tuple[str, ...]:
    """Fields that we left empty and that hold something now; a box that is not ticked and a zero are nothing."""
    return tuple(sorted(name for name in empty if there.get(name)))


def restore(
    before: Mapping[str, Value], written: Mapping[str, Value], there: Mapping[str, Value], same: Same
) -> tuple[dict[str, Value], tuple[str, ...]]:
    """For a record that was updated: the old values to put back, and the fields that a person changed since."""
    put_back: dict[str, Value] = {}
    kept: list[str] = []
    for name, old in before.items():
        if same(name, there.get(name), old):
            continue
        if name in written and same(name, there.get(name), written[name]):
            put_back[name] = old
        else:
            kept.append(name)
    return put_back, tuple(kept)
