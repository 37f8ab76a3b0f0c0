"""Records between neutral values and Pipedrive's JSON, both directions, by the places of an object's fields.

What Pipedrive would refuse is found here, before a token is spent on it: an unknown field, an option that is not on the
list, a text that is too long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gurney.destinations.pipedrive.answers import moment
from gurney.destinations.pipedrive.limits import visible_by_default
from gurney.destinations.pipedrive.metadata import Described
from gurney.destinations.pipedrive.objects import ADD_TIME, NOTES, OWNER, RESOURCES, VISIBLE_TO
from gurney.destinations.pipedrive.places import CUSTOM, Body, Row
from gurney.destinations.pipedrive.values import link_id
from gurney.destinations.plain import Unsendable
from gurney.records import ReadBack, Value, Write


class Codec:
    """How one object's records are written and read."""

    def __init__(self, described: Described) -> None:
        self.described = described
        self._places = described.places
        self._kind = RESOURCES[described.schema.name]
        fields = described.schema.fields
        self._most = {name: field.max_length for name, field in fields.items() if field.max_length is not None}
        self._lists = {name for name, place in described.places.items() if place.needs_row}
        self._rank = {name: rank for rank, name in enumerate(described.places)}

    def needs_row(self, write: Write) -> bool:
        """Whether an update must know the record as it is: for a list that is replaced whole, or to guard it."""
        return write.unless_modified_since is not None or not self._lists.isdisjoint(write.fields)

    def new(self, write: Write) -> Body:
        """The body of a creation. What is empty is left out; who sees the record is always said."""
        body: Body = {}
        for name, value in self._in_order(write):
            place = self._places.get(name)
            if place is None:
                raise self._unsendable(name)
            if value is not None:
                self._check(name, value)
                place.put(body, value, {})
        if self._kind.is_seen_by_choice and VISIBLE_TO not in body:
            self._places[VISIBLE_TO].put(body, visible_by_default(), {})
        self._add_owner(body, write)
        if write.parent is not None:
            body[RESOURCES[write.parent.object].as_parent] = link_id(write.parent)
        return body

    def changed(self, write: Write, row: Row) -> Body:
        """The body of an update: only what changes; None empties a field.

        When a record was made can be said at its creation alone (FACTS 10), so it is left out here; only notes take it.
        """
        body: Body = {}
        for name, value in self._in_order(write):
            if name == ADD_TIME and self._kind.name != NOTES:
                continue
            place = self._places.get(name)
            if place is None:
                raise self._unsendable(name)
            self._check(name, value)
            place.put(body, value, row)
        self._add_owner(body, write)
        return body

    def _in_order(self, write: Write) -> list[tuple[str, Value]]:
        """The fields as the object has them: which number comes first, and is the primary one, is then always the same,
        also where a write comes back from the ledger, which has its fields by name."""
        return sorted(write.fields.items(), key=lambda one: self._rank.get(one[0], 0))

    def read(self, row: Row, fields: Sequence[str]) -> ReadBack:
        """A record as neutral values of exactly `fields`."""
        places = self._places
        values: dict[str, Value] = {}
        for name in fields:
            place = places.get(name)
            values[name] = place.get(row) if place is not None else None
        return ReadBack(str(row["id"]), values, modified(row), _by(row))

    def asked(self, fields: Sequence[str], most: int) -> list[tuple[str, str]]:
        """The parameter that narrows a list to the custom fields that are wanted, where they are few enough."""
        keys = [name for name in fields if name in self.described.keys]
        return [(CUSTOM, ",".join(keys))] if keys and len(keys) <= most and self._kind.is_v2 else []

    def _add_owner(self, body: Body, write: Write) -> None:
        if write.owner_id is not None and self._kind.owner:
            body[self._kind.owner] = _user(write.owner_id)

    def _check(self, name: str, value: Any) -> None:
        most = self._most.get(name)
        if most is not None and type(value) is str and len(value) > most:
            raise Unsendable(name, "text-too-long", f"{len(value)} characters, and {name} takes {most}")

    def _unsendable(self, name: str) -> Unsendable:
        if name in self.described.schema.fields:
            return Unsendable(name, "not-writable", f"Pipedrive does not let anyone write {name}")
        return Unsendable(
            name, "unknown-field", f"{self.described.schema.name} have no field {name}; run `gurney provision`"
        )


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


def modified(row: Row) -> Any:
    """When a record was last changed; never changed means when it was made (FACTS 0.6)."""
    return moment(row.get("update_time")) or moment(row.get("add_time"))


def is_live(row: Mapping[str, Any]) -> bool:
    """Whether a row is not one that was deleted (FACTS 11: how a deleted record answers is not documented)."""
    return row.get("is_deleted") is not True and row.get("active_flag") is not False


def _by(row: Row) -> str | None:
    who = row.get("last_update_user_id")
    return str(who) if who else None


def _user(id: str) -> int:
    if not id.isdigit():
        raise Unsendable(OWNER, "unknown-owner", "the owner is no user of this company")
    return int(id)
