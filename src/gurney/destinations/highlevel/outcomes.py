"""Outcomes of single writes: the id of what was made, and the words about what was not. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gurney.destinations.highlevel.answers import complained_field, is_gone, without_values
from gurney.destinations.highlevel.objects import CONTACT, NOTES, TASKS
from gurney.destinations.highlevel.places import Body
from gurney.destinations.highlevel.records import Codec, modified
from gurney.errors import VendorRefused
from gurney.records import Link, Outcome, Write


def destination_id(write: Write, row: Any) -> str:
    """The id under which we know a record: notes and tasks with their contact's."""
    id = str(row.get("id") or row.get("_id") or "")
    if write.object in (NOTES, TASKS) and id:
        parent = write.parent if write.object == NOTES else write.fields.get(CONTACT)
        return f"{parent.id}/{id}" if isinstance(parent, Link) else ""
    return id


def refused(write: Write, no: VendorRefused) -> Outcome:
    """The outcome of a record that was read and declined."""
    told = complained_field(no.words)
    words = without_values(no.words or no.message, write.fields.values())
    code = "parent-gone" if write.parent is not None and is_gone(no) else no.code or str(no.status)
    return Outcome.failed(write.key, code=code, words=words, field=told if told in write.fields else "")


def sent_twice(batch: Sequence[Write]) -> set[int]:
    """Writes (by `id`) whose key an earlier one of the batch has: both would be made."""
    seen: set[str] = set()
    twice: set[int] = set()
    for write in batch:
        if write.key_field and write.key_value in seen:
            twice.add(id(write))
        seen.add(write.key_value)
    return twice


def changed_since(write: Write, row: Any) -> bool:
    guard, now = write.unless_modified_since, modified(row)
    return guard is not None and now is not None and now > guard


def not_emptied(codec: Codec, write: Write, row: Body) -> list[str]:
    """Fields that were to be empty and are not: telephone numbers, perhaps dates, stay without a word (FACTS 4.1)."""
    emptied = [name for name, value in write.fields.items() if value is None]
    if not emptied or not row.get("id"):
        return []
    told = codec.read(row, emptied).fields
    return [name for name in emptied if told[name] is not None]


def still_there(write: Write, names: list[str]) -> Outcome:
    words = f"HighLevel does not empty {', '.join(names)} through its API; the rest was written. Empty it by hand"
    return Outcome.failed(write.key, code="not-emptied", words=words, field=names[0])


def same_key(write: Write) -> Outcome:
    words = "another record of the same batch has the same key; both would be made"
    return Outcome.failed(write.key, code="duplicate-key", words=words, field=write.key_field)


def hopeless(write: Write) -> Outcome:
    words = "HighLevel's own program fails on this record (500), each time; nothing was written"
    return Outcome.failed(write.key, code="500", words=words)
