"""Neutral records: what passes between source, mapping, ledger and destination.

A source record is the vendor's own JSON object (a dict). What is written to a destination is a `Write`: plain
typed values by destination field name. Nothing here knows a vendor, a database or the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias

SourceRecord: TypeAlias = dict[str, Any]
"""One record as the source sent it, ids and money as text."""


Assigned = tuple[str, str]
"""(object map, source id) of the record that another one is assigned to, once and for all."""


@dataclass(frozen=True, slots=True)
class Link:
    """A reference to a record of the destination."""

    object: str
    id: str


Value: TypeAlias = str | bool | int | Decimal | date | datetime | tuple[str, ...] | Link | None
"""A field's value between mapping and destination. Text is never '' (that is None); datetimes are aware UTC,
whole seconds; money is Decimal; several pick-list values are a tuple of text in the source's order."""


@dataclass(frozen=True, slots=True, order=True)
class SourceKey:
    """Which record of the source: its object and its id, which is text and stays text."""

    object: str
    id: str


@dataclass(frozen=True, slots=True, order=True)
class OperationKey:
    """One intended effect: this part of that source record, by this object map. Unique in a migration."""

    map: str
    object: str
    id: str
    part: int = 0

    @property
    def source(self) -> SourceKey:
        return SourceKey(self.object, self.id)

    def __str__(self) -> str:
        return f"{self.map}/{self.object}/{self.id}/{self.part}"


class Kind(StrEnum):
    """What an operation does to the destination."""

    CREATE = "create"
    UPDATE = "update"
    LINK = "link"
    """Sets lookups that could not be set at creation, because their target came later."""
    DELETE = "delete"
    RESTORE = "restore"


class State(StrEnum):
    """What became of an operation. SENT means unknown: settle before sending anything of it again."""

    SENT = "sent"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    MANUAL = "manual"
    """Left to a person, with instructions: a file over the limit, for instance."""


@dataclass(frozen=True, slots=True)
class File:
    """Bytes to attach: an encrypted file of the store, read through the store alone."""

    store_id: str
    name: str
    size_bytes: int
    content_type: str
    sha256: str
    md5: str = ""
    """For vendors that tell no better checksum; '' of a file kept before it was noted."""


@dataclass(frozen=True, slots=True)
class Write:
    """One record to be written to a destination object."""

    key: OperationKey
    object: str
    """The destination object: Contacts, Events, Notes, Attachments ..."""
    key_field: str
    """The destination field that holds our key; '' where the object has none (notes, attachments)."""
    key_value: str
    """The text that identifies the record there for ever, found by settlement."""
    fields: Mapping[str, Value]
    """By destination field name; holds the key field as well. On an update: only what changes."""
    kind: Kind = Kind.CREATE
    destination_id: str | None = None
    """Set for everything but a creation; for that too, once its record is known to be there in part."""
    owner_id: str | None = None
    """A user of the destination; None leaves ownership to the vendor's default."""
    parent: Link | None = None
    """What a note or file hangs on."""
    file: File | None = None
    unless_modified_since: datetime | None = None
    """Refuse the update when the destination changed the record after this moment, where the vendor can."""

    def known_as(self, id: str | None) -> Write:
        """The same, of a record whose id is known by now."""
        return replace(self, destination_id=id) if id else self


NOT_PROVABLE = "not-provable"
"""Code of a creation that is left to a person: nothing can tell whether it took effect, so it is never sent again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one write."""

    key: OperationKey
    state: State
    destination_id: str | None = None
    created: bool = True
    """False when the record had been there before this call, by our key."""
    code: str = ""
    """The vendor's own code when refused, or our reason code when skipped or manual."""
    words: str = ""
    """The vendor's own words, or our reason and what to do; never a record's value."""
    field: str = ""
    """The destination field that the vendor complained of."""
    modified_at: datetime | None = None
    """The destination's own modification stamp after the write, where it says one."""

    @classmethod
    def done(
        cls,
        key: OperationKey,
        destination_id: str,
        *,
        created: bool = True,
        modified_at: datetime | None = None,
    ) -> Outcome:
        return cls(key, State.DONE, destination_id, created=created, modified_at=modified_at)

    @classmethod
    def failed(cls, key: OperationKey, *, code: str, words: str, field: str = "") -> Outcome:
        return cls(key, State.FAILED, code=code, words=words, field=field)

    @classmethod
    def sent(cls, key: OperationKey, destination_id: str | None = None) -> Outcome:
        """The answer was lost: it may exist. With an id it does, and what belongs to it takes another call."""
        return cls(key, State.SENT, destination_id)


@dataclass(frozen=True, slots=True)
class Issue:
    """Something about one record that a person should know: a value shortened, refused, replaced, or left out.

    `code` is one of ours (kebab-case); `words` never hold the value itself.
    """

    source: SourceKey
    field: str
    code: str
    words: str
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class ReadBack:
    """A destination record as it is now, in neutral values."""

    id: str
    fields: Mapping[str, Value]
    modified_at: datetime | None = None
    modified_by: str | None = None
    unreadable: frozenset[str] = field(default_factory=frozenset)
    """Fields that the vendor will not show (HIPAA restriction): they cannot be verified, which is not a loss."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a check found. `level`: 'error' refuses, 'warning' is shown where the user signs, 'info'."""

    level: str
    code: str
    words: str
    next_step: str = ""
