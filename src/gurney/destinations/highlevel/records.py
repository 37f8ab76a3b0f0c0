"""Records between neutral values and HighLevel's JSON, both directions, by the places of an object's fields.

What HighLevel would refuse is found here, before a call is spent on it: an unknown field, an option that is not on the
list, a text that is too long. Lookups are no part of a body: they are relations of their own (see `links`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gurney.destinations.highlevel import places
from gurney.destinations.highlevel.answers import moment
from gurney.destinations.highlevel.billing import INVOICE_KEYS, TERMS
from gurney.destinations.highlevel.metadata import Described
from gurney.destinations.highlevel.objects import (
    APPOINTMENT_KEYS,
    APPOINTMENTS,
    CONTACT,
    CONTACTS,
    INVOICES,
    OWNER,
    STATUS,
    TASK_KEYS,
    TASKS,
    with_keys,
)
from gurney.destinations.highlevel.places import Body, Row
from gurney.destinations.highlevel.rules import e164
from gurney.destinations.plain import Unsendable
from gurney.records import Link, ReadBack, Value, Write

IN_TEXT = {APPOINTMENTS: (APPOINTMENT_KEYS, "description"), TASKS: (TASK_KEYS, "body"), INVOICES: (INVOICE_KEYS, TERMS)}


HELD = frozenset({APPOINTMENTS, TASKS})
"""What stays with its contact."""


class Codec:
    """How one object's records are written and read."""

    def __init__(self, described: Described) -> None:
        self.described = described
        self.name = described.schema.name
        self._places = described.places
        fields = described.schema.fields
        self._most = {name: field.max_length for name, field in fields.items() if field.max_length is not None}

    def new(self, write: Write) -> Body:
        """The body of a creation. What is empty is left out."""
        body: Body = {}
        for name, value in write.fields.items():
            if value is not None and name not in self.described.links:
                self._put(body, name, value)
        return self._finished(body, write, {}, changes=False)

    def changed(self, write: Write, row: Row) -> Body:
        """The body of an update: only what changes; None empties a field.

        An appointment's status is always sent, for without it the vendor confirms the appointment (FACTS 0.9); and all
        channels of what a person must not be sent, for nobody says that those left out stay.
        """
        body: Body = {}
        for name, value in write.fields.items():
            if name not in self.described.links:
                self._put(body, name, value)
                if (own := self.described.stand_ins.get(name)) is not None:
                    places.set_custom(body, own, "")
        if self.name == APPOINTMENTS and STATUS not in write.fields:
            body["appointmentStatus"] = row.get("appointmentStatus")
        if self.name in HELD and "contactId" in body:
            self._stays(body.pop("contactId"), row)
        if places.CHANNELS in body:
            body[places.CHANNELS] = (row.get(places.CHANNELS) or {}) | body[places.CHANNELS]
        return self._finished(body, write, row, changes=True)

    def links(self, write: Write) -> dict[str, Link | None]:
        """The lookups of a write, which become relations."""
        return {
            name: value if isinstance(value, Link) else None
            for name, value in write.fields.items()
            if name in self.described.links
        }

    def aside(self, body: Body, wire: str, *, changes: bool) -> bool:
        """Move a value that the vendor's own field does not take to ours beside it, where there is one."""
        own = self.described.stand_ins.get(wire)
        if own is None or not body.get(wire):
            return False
        places.aside(body, wire, own, changes=changes)
        return True

    def read(self, row: Row, fields: Sequence[str], id: str = "") -> ReadBack:
        """A record as neutral values of exactly `fields`; lookups are added by who read the relations."""
        values: dict[str, Value] = {}
        for name in fields:
            place = self._places.get(name)
            values[name] = place.get(row) if place is not None else None
        return ReadBack(id or str(row["id"]), values, modified(row))

    def _put(self, body: Body, name: str, value: Any) -> None:
        place = self._places.get(name)
        if place is None:
            raise self._unsendable(name)
        most = self._most.get(name)
        if most is not None and type(value) is str and len(value) > most:
            raise Unsendable(name, "text-too-long", f"{len(value)} characters, and {name} takes {most}")
        place.put(body, value)

    def _finished(self, body: Body, write: Write, row: Row, *, changes: bool) -> Body:
        if write.owner_id is not None and OWNER in self._places:
            self._places[OWNER].put(body, Link("", write.owner_id))
        if self.name in IN_TEXT:
            lines, wire = IN_TEXT[self.name]
            if wire in body or places.KEYS in body:
                with_keys(body, lines, wire, lines.split(places.keyed(row, wire))[1] if row else {})
        if self.name == CONTACTS and body.get("phone"):
            self._dial(body, changes=changes)
        return body

    def _dial(self, body: Body, *, changes: bool) -> None:
        """Write a number as the vendor stores it; what is none goes beside."""
        number = e164(body["phone"], self.described.country)
        if number is not None:
            body["phone"] = number
        elif not self.aside(body, "phone", changes=changes):
            raise Unsendable("phone", "no-phone", "it is no telephone number, and there is no field of ours for such")

    def _stays(self, contact: str, row: Row) -> None:
        """Raise Unsendable where a change would move what the vendor leaves where it is (FACTS 5, 6)."""
        if contact != row.get("contactId"):
            words = f"HighLevel moves no {self.name} to another contact; they are deleted and made anew"
            raise Unsendable(CONTACT, "not-movable", words)

    def _unsendable(self, name: str) -> Unsendable:
        if name in self.described.schema.fields:
            return Unsendable(name, "not-writable", f"HighLevel does not let anyone write {name}")
        return Unsendable(name, "unknown-field", f"{self.name} have no field {name}; run `gurney provision`")


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


def modified(row: Mapping[str, Any]) -> Any:
    """When a record was last changed, under whichever name the answer has for it (FACTS 8)."""
    return moment(row.get("dateUpdated")) or moment(row.get("updatedAt")) or moment(row.get("dateAdded"))
