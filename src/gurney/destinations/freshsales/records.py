"""Records between neutral values and Freshsales' JSON, both directions, by the places of an object's fields.

What Freshsales would refuse or pass over in silence is found here, before a call is spent on it: an unknown field, an
option that is not on the list, a text that is too long.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from gurney.destinations.freshsales.answers import moment
from gurney.destinations.freshsales.metadata import Described
from gurney.destinations.freshsales.objects import (
    ACCOUNTS,
    APPOINTMENTS,
    CONTACTS,
    EXTERNAL_ID,
    LIFECYCLE,
    NOTES,
    OWNER,
    VISITS,
    WORDS,
)
from gurney.destinations.freshsales.places import ATTENDEES, Body, Row
from gurney.destinations.freshsales.values import link_id
from gurney.destinations.plain import Unsendable
from gurney.records import Link, ReadBack, Value, Write

NEEDED = {
    "contacts": ("external_id",),
    "sales_accounts": ("name",),
    "deals": ("name", "amount"),
    "products": ("name",),
    "tasks": ("title", "due_date"),
    "appointments": ("title", "from_date", "end_date"),
}
"""Without these the vendor refuses, or cannot find it again (FACTS 3)."""


OUR_KEY = re.compile(r"(?:cliniko_\w*|location_|source_system_)id$")
"""Names of fields that hold an id of Cliniko's."""


class Codec:
    """How one object's records are written and read."""

    def __init__(self, described: Described) -> None:
        self.described = described
        self._places = described.places
        self.object = described.schema.name
        fields = described.schema.fields
        self._most = {name: field.max_length for name, field in fields.items() if field.max_length is not None}
        self._at = {name: at for at, name in enumerate(described.places)}
        self._whole = {name for name, place in described.places.items() if place.needs_row}

    @property
    def key_fields(self) -> tuple[str, ...]:
        """The fields that hold a key of ours: the external id, ids of Cliniko, last lines of descriptions."""
        return tuple(name for name in self._places if name == EXTERNAL_ID or OUR_KEY.search(name))

    def needs_row(self, write: Write) -> bool:
        """Whether an update must know the record as it is: for what is replaced whole, or to guard it."""
        moves_attendee = self.object == APPOINTMENTS and write.owner_id is not None
        return write.unless_modified_since is not None or moves_attendee or not self._whole.isdisjoint(write.fields)

    def new(self, write: Write) -> Body:
        """The body of a creation. What is empty is left out. Raises Unsendable."""
        body: Body = {}
        for name, value in self._in_order(write):
            place = self._place(name)
            if value is not None:
                self._check(name, value)
                self._put(name, place.put, body, value, {})
        for name in NEEDED.get(self.object, ()):
            if body.get(name) is None:
                raise Unsendable(name, "required", f"{self.object} need {name}")
        self._add_owner(body, write, {})
        self._add_target(body, write)
        if self.object == APPOINTMENTS:
            body["is_allday"] = False
        return body

    def changed(self, write: Write, row: Row) -> Body:
        """The body of an update: only what changes; None empties a field. Raises Unsendable."""
        body: Body = {}
        for name, value in self._in_order(write):
            place = self._place(name)
            self._check(name, value)
            self._put(name, place.put, body, value, row)
        self._add_owner(body, write, row)
        return body

    def read(self, row: Row, fields: Sequence[str]) -> ReadBack:
        """A record as neutral values of exactly `fields`."""
        found: dict[str, Value] = {}
        for name in fields:
            place = self._places.get(name)
            found[name] = place.get(row) if place is not None else None
        hidden = frozenset({LIFECYCLE} & set(fields)) if "lifecycle_stage_id" not in row else frozenset()
        who = row.get("updater_id")
        return ReadBack(str(row["id"]), found, modified(row), str(who) if who else None, hidden)

    def key(self, row: Row, key_field: str) -> str | None:
        """Our key in a record."""
        place = self._places.get(key_field)
        found = place.get(row) if place is not None else None
        return found if isinstance(found, str) else None

    def _in_order(self, write: Write) -> list[tuple[str, Value]]:
        """Fields as their places follow on each other, however the write came: a title goes before its text."""
        return sorted(write.fields.items(), key=lambda one: self._at.get(one[0], -1))

    def _put(self, name: str, put: Any, body: Body, value: Any, row: Row) -> None:
        try:
            put(body, value, row)
        except Unsendable as no:
            raise Unsendable(no.field or name, no.code, no.words) from None

    def _place(self, name: str) -> Any:
        place = self._places.get(name)
        if place is None:
            if name in self.described.schema.fields:
                raise Unsendable(name, "not-writable", f"Freshsales does not let anyone write {name}")
            raise Unsendable(name, "unknown-field", f"{self.object} have no field {name}; run `gurney provision`")
        return place

    def _add_owner(self, body: Body, write: Write, row: Row) -> None:
        if write.owner_id is None:
            return
        if OWNER not in self._places:
            return  # notes have no author but the key's user (FACTS 3)
        if not write.owner_id.isdigit():
            raise Unsendable(OWNER, "unknown-owner", "the owner is no user of this account")
        self._places[OWNER].put(body, Link("users", write.owner_id), row)

    def _add_target(self, body: Body, write: Write) -> None:
        """What a note hangs on; tasks and appointments say it by their fields."""
        if self.object == NOTES:
            parent = write.parent
            if parent is None or parent.object not in WORDS or not parent.id:
                raise Unsendable("", "no-parent", "a note hangs on a contact, an account or a deal that is there")
            body["targetable_type"], body["targetable_id"] = WORDS[parent.object], link_id(parent)
        elif self.object in VISITS and "targetable_id" not in body:
            raise Unsendable("contact", "no-parent", "it must be about a contact or an account that is there")

    def _check(self, name: str, value: Any) -> None:
        most = self._most.get(name)
        if most is not None and type(value) is str and len(value) > most:
            raise Unsendable(name, "text-too-long", f"{len(value)} characters, and {name} takes {most}")


class Codecs:
    """Codecs by object, made anew when the schema was fetched anew."""

    def __init__(self) -> None:
        self._known: dict[str, Codec] = {}

    def of(self, described: Described) -> Codec:
        name = described.schema.name
        known = self._known.get(name)
        if known is None or known.described is not described:
            known = self._known[name] = Codec(described)
        return known


def key_of(write: Write) -> str:
    """What a record's key field will hold: words before Cliniko's id, where several kinds share the field."""
    told = write.fields.get(write.key_field)
    return told if isinstance(told, str) else write.key_value


def target_of(write: Write) -> Link | None:
    """What a task, an appointment, a note or a file hangs on."""
    if write.parent is not None:
        return write.parent
    for name, object in (("contact", CONTACTS), ("account", ACCOUNTS)):
        value = write.fields.get(name)
        if isinstance(value, Link):
            return Link(object, value.id)
    return None


def with_attendees(said: Any, row: Row) -> Row:
    """An appointment with its attendees, which stand beside it (FACTS 3)."""
    beside = said.get(ATTENDEES) if isinstance(said, dict) else None
    own = [one for one in beside or () if one.get("appointment_id", row.get("id")) == row.get("id")]
    return {**row, ATTENDEES: own}


def modified(row: Row) -> datetime | None:
    """When a record was last changed."""
    return moment(row.get("updated_at")) or moment(row.get("created_at"))


def is_live(row: Row) -> bool:
    """Whether a row is not one that was deleted."""
    return row.get("is_deleted") is not True
