"""Adding the account-level records of a clinic, one at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from gurney.twins.clinic.wire import DAY_S, Ids, Record, head, stamp
from gurney.twins.clinic.words import Words

MISSING = object()
"""Marks a relation that does not exist: it is left out of the record (FACTS 0.6)."""


@dataclass
class Maker:
    """What account-level records are drawn from, and those made so far, by resource."""

    rng: Random
    words: Words
    ids: Ids
    as_of: int
    records: dict[str, list[Record]] = field(default_factory=dict)
    when: int = 0

    def __post_init__(self) -> None:
        self.when = self.as_of - 9 * 365 * DAY_S

    def one(self, resource: str, **fields: object) -> str:
        """Add one record, a while after the previous one, and give its id.

        A function as value is called with the id; what is MISSING is left out.
        """
        self.when += 3_600 + self.rng.randrange(7_200)
        record_id = self.ids.take(self.when)
        record = head(resource, record_id, self.when, self.when)
        for name, value in fields.items():
            if value is not MISSING:
                record[name] = value(record_id) if callable(value) else value
        self.records.setdefault(resource, []).append(record)
        return record_id

    def archived(self, archived: bool) -> str | None:
        """`archived_at` of what was given up some months ago, or null."""
        return stamp(self.as_of - 200 * DAY_S) if archived else None
