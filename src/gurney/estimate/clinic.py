"""A clinic in groups of records that are alike: all that is known of it before, or instead of, trying every record.

A mapping decides by conditions which records an object map takes. Records of a group answer them alike, so that a
count file and an audited clinic are asked in the same way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gurney.estimate.counts import Counts, known
from gurney.mapping.model import Mapping as Document
from gurney.mapping.model import ObjectMap
from gurney.mapping.paths import test_of


@dataclass(frozen=True, slots=True)
class Group:
    """So many records of a source object that are alike in what mappings ask about."""

    object: str
    records: int
    facts: Mapping[str, Any] = field(default_factory=dict)
    """As in a source record: {'derived': {'state': 'Booked'}}."""
    is_put_away: bool = False
    """Archived or deleted: most object maps leave them behind."""


@dataclass(frozen=True, slots=True)
class Clinic:
    """The source, as far as an estimate needs it."""

    groups: tuple[Group, ...]
    files: int = 0
    file_bytes: int = 0
    """Of all files together."""
    note_chars: int = 0
    """Of an average treatment note."""
    definition: Mapping[str, Any] = field(default_factory=dict)
    """The clinic's own patient fields, as Cliniko defines them."""
    filled: Mapping[str, int] | None = None
    """Own field's token -> patients with a value; None: nobody knows."""
    words: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    """Records of objects whose names become pick-list values."""
    assumptions: tuple[str, ...] = ()

    def counted(self) -> Counter[str]:
        """Records by source object."""
        found: Counter[str] = Counter()
        for group in self.groups:
            found[group.object] += group.records
        return found

    @property
    def records(self) -> int:
        return sum(group.records for group in self.groups)

    def taken(self, mapping: Document, entry: ObjectMap) -> int:
        """How many records an object map migrates."""
        return sum(group.records for group in self.groups if _takes(mapping, entry, group))


def of_counts(counts: Counts) -> Clinic:
    """A clinic that was told in numbers."""
    return Clinic(
        groups=tuple(_groups(counts)),
        files=counts["files"],
        file_bytes=counts["files"] * counts["average_file_bytes"],
        note_chars=counts["average_note_chars"],
        definition=_own_fields(counts["own_fields"]),
        words={one.object: _words(counts[one.name]) for one in known().values() if one.object in NAMED},
        assumptions=tuple(
            f"{one.words}: {counts[name]:,} ({one.rule})" for name, one in known().items() if name in counts.assumed
        ),
    )


NAMED = frozenset({"practitioners", "businesses", "appointment_types", "referral_source_types"})
"""Objects whose records' names become values at a destination."""


def _groups(counts: Counts) -> list[Group]:
    found = [Group("settings", 1), Group("attendees", counts["appointments"], {"derived": {"is_group": False}})]
    for name, one in known().items():
        whole = known()[one.part_of] if one.part_of else one
        parts = sum(counts[part.name] for part in known().values() if part.part_of == name)
        if whole.object:
            found.append(Group(whole.object, counts[name] - parts, one.facts))
    return found


def _own_fields(number: int) -> dict[str, Any]:
    """Texts: what most own fields are, and what every destination has room for or not."""
    fields = [{"name": f"Own field {n}", "token": f"own-{n}", "type": "text"} for n in range(1, number + 1)]
    return {"sections": [{"name": "Own fields", "fields": fields}]}


def _words(number: int) -> tuple[dict[str, Any], ...]:
    return tuple({"id": str(n), "name": f"Name {n}", "display_name": f"Name {n}"} for n in range(1, number + 1))


def _takes(mapping: Document, entry: ObjectMap, group: Group) -> bool:
    if group.object != entry.source or (group.is_put_away and entry.archived == "skip"):
        return False
    applies = test_of(entry.when)
    if applies is not None and not applies(group.facts):
        return False
    others = [one for one in mapping.active() if one.map in entry.yields_to]
    unless = [test_of(part.when) for part in (*others, *entry.leave_out)]
    return not any(test(group.facts) for test in unless if test is not None)
