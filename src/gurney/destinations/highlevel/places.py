"""Where a field of ours stands in the vendor's record: as it is, in a list, in a text (FACTS 4, 6, 8).

A `Place` puts a value into a body and gets it from a row. '' empties a field; what the vendor keeps all the same
(FACTS 4.1: phones, perhaps dates) is found out by reading back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gurney.destinations import plain
from gurney.destinations.highlevel.answers import moment
from gurney.destinations.highlevel.markup import KeyLines
from gurney.destinations.highlevel.values import Decode, Encode
from gurney.records import Value

Body = dict[str, Any]
Row = Mapping[str, Any]
CUSTOM, PROPERTIES, CHANNELS = "customFields", "properties", "dndSettings"
KEYS = " keys"
"""Where a body collects keys until it is sent; no field of the vendor's begins with a blank."""


@dataclass(frozen=True, slots=True)
class Place:
    """How one field is written and read."""

    put: Callable[[Body, Any], None]
    """A value of None empties the field."""
    get: Callable[[Row], Value]


def as_is(wire: str, encode: Encode, decode: Decode) -> Place:
    """One key of the record."""

    def put(body: Body, value: Any) -> None:
        body[wire] = "" if value is None else encode(value)

    return Place(put, lambda row: decode(row.get(wire)))


def contact_field(id: str, encode: Encode, decode: Decode) -> Place:
    """A custom field of a contact: written and told by its id (FACTS 4.1)."""

    def put(body: Body, value: Any) -> None:
        set_custom(body, id, "" if value is None else encode(value))

    return Place(put, lambda row: decode(custom_value(row, id)))


def set_custom(body: Body, id: str, value: Any) -> None:
    """Say a custom field once, the last word counts."""
    items = body.setdefault(CUSTOM, [])
    items[:] = [item for item in items if item["id"] != id]
    items.append({"id": id, "field_value": value})


def custom_value(row: Row, id: str) -> Any:
    """A contact's custom value; None where it has none."""
    return next((item.get("value") for item in row.get(CUSTOM) or () if item.get("id") == id), None)


def record_field(key: str, encode: Encode, decode: Decode) -> Place:
    """A property of a record, by its bare key (FACTS 8)."""

    def put(body: Body, value: Any) -> None:
        body.setdefault(PROPERTIES, {})[key] = "" if value is None else encode(value)

    return Place(put, lambda row: decode((row.get(PROPERTIES) or {}).get(key)))


def stood_in(place: Place, id: str) -> Place:
    """A field beside which one of ours stands, for what the vendor's own does not take; ours counts where it is filled.

    A change empties ours, so that it never outlives the value that it stood for (see `records`).
    """

    def get(row: Row) -> Value:
        return plain.read_text(custom_value(row, id)) or place.get(row)

    return Place(place.put, get)


def aside(body: Body, wire: str, id: str, *, changes: bool) -> None:
    """Move a value from the vendor's own field to ours beside it."""
    value = body.pop(wire)
    if changes:
        body[wire] = ""
    set_custom(body, id, value)


def do_not_disturb(channel: str) -> Place:
    """One channel of what a person must not be sent (FACTS 4.1); v3 spells the channels in lower case."""

    def put(body: Body, value: Any) -> None:
        body.setdefault(CHANNELS, {})[channel] = {"status": "active" if value else "inactive"}

    def get(row: Row) -> Value:
        told = row.get(CHANNELS) or {}
        found = told.get(channel) or told.get(channel.lower()) or {}
        status = found.get("status")
        return None if status is None else status in ("active", "permanent")

    return Place(put, get)


def moments(wire: str) -> Place:
    """A moment with its offset."""
    return as_is(wire, plain.stamp, moment)


def keyed_text(wire: str, lines: KeyLines) -> Place:
    """A text whose last lines hold our keys. `description` of an appointment is `notes` in some lists (FACTS 6)."""

    def put(body: Body, value: Any) -> None:
        body[wire] = "" if value is None else value

    return Place(put, lambda row: plain.read_text(lines.split(keyed(row, wire))[0]))


def key_in_text(wire: str, lines: KeyLines, name: str) -> Place:
    """A key in the last lines of a text."""

    def put(body: Body, value: Any) -> None:
        body.setdefault(KEYS, {})[name] = "" if value is None else str(value)

    return Place(put, lambda row: lines.split(keyed(row, wire))[1].get(name))


def keyed(row: Row, wire: str) -> str:
    return str(row.get(wire) or row.get("notes") or "")
