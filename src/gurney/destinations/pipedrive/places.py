"""Where a field of ours stands in the vendor's record (FACTS 3): as it is, in a list, in two fields, in a text.

A `Place` puts a value into a body and gets it from a row. Where a body replaces a whole list or text (FACTS 3.3), the
place needs the record as it is, so that nothing of others is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from gurney.destinations import plain
from gurney.destinations.pipedrive import values
from gurney.destinations.pipedrive.answers import moment
from gurney.destinations.pipedrive.markup import KeyLines, split_title, with_title
from gurney.destinations.pipedrive.values import Decode, Encode
from gurney.records import Value

Body = dict[str, Any]
Row = Mapping[str, Any]
CUSTOM = "custom_fields"


@dataclass(frozen=True, slots=True)
class Place:
    """How one field is written and read. `row` of `put` is the record as it is, {} at a creation."""

    put: Callable[[Body, Any, Row], None]
    """A value of None empties the field."""
    get: Callable[[Row], Value]
    needs_row: bool = False


def as_is(wire: str, encode: Encode, decode: Decode) -> Place:
    """One key of the record."""

    def put(body: Body, value: Any, row: Row) -> None:
        body[wire] = None if value is None else encode(value)

    return Place(put, lambda row: decode(row.get(wire)))


def custom(key: str, encode: Encode, decode: Decode) -> Place:
    """One custom field, under its 40 characters."""

    def put(body: Body, value: Any, row: Row) -> None:
        body.setdefault(CUSTOM, {})[key] = None if value is None else encode(value)

    def get(row: Row) -> Value:
        found = row.get(CUSTOM)
        return decode(found.get(key)) if isinstance(found, dict) else None

    return Place(put, get)


def contact(wire: str, label: str) -> Place:
    """The first item of a label in a list of addresses or numbers. The list is always sent whole (FACTS 3.3)."""

    def put(body: Body, value: Any, row: Row) -> None:
        items = body.get(wire)
        if items is None:
            items = [dict(item) for item in row.get(wire) or ()]
        at = _of_label(items, label)
        if value is None:
            del items[at : at + (at < len(items))]
        elif at < len(items):
            items[at]["value"] = value
        else:
            items.append({"value": value, "primary": False, "label": label})
        if items and not any(item.get("primary") for item in items):
            items[0]["primary"] = True
        body[wire] = items

    def get(row: Row) -> Value:
        items = row.get(wire) or []
        at = _of_label(items, label)
        return plain.read_text(items[at].get("value")) if at < len(items) else None

    return Place(put, get, needs_row=True)


def _of_label(items: list[dict[str, Any]], label: str) -> int:
    """Where the first item of a label stands; behind the last where there is none."""
    return next((at for at, item in enumerate(items) if (item.get("label") or "work") == label), len(items))


def start() -> Place:
    """A moment as due date and due time, both UTC; the date moves with the time (FACTS 3.4)."""

    def put(body: Body, value: Any, row: Row) -> None:
        utc = value.astimezone(UTC) if value is not None else None
        body["due_date"] = utc.strftime("%Y-%m-%d") if utc else None
        body["due_time"] = utc.strftime("%H:%M") if utc else None

    return Place(put, lambda row: values.read_start(row.get("due_date"), row.get("due_time")))


def participant() -> Place:
    """The person whom an activity is about: its first participant. `person_id` itself cannot be written (FACTS 0.4)."""

    def put(body: Body, value: Any, row: Row) -> None:
        others = [
            {"person_id": one["person_id"], "primary": False}
            for one in row.get("participants") or ()
            if not one.get("primary") and (value is None or one["person_id"] != values.link_id(value))
        ]
        first = [] if value is None else [{"person_id": values.link_id(value), "primary": True}]
        body["participants"] = [*first, *others]

    return Place(put, lambda row: values.read_link("persons")(row.get("person_id")), needs_row=True)


def location() -> Place:
    """An address in one text; the parts that the vendor makes of it are not ours."""

    def put(body: Body, value: Any, row: Row) -> None:
        body["location"] = None if value is None else {"value": value}

    return Place(put, lambda row: values.read_part("text")(row.get("location")))


def amount(wire: str, currency: str) -> Place:
    """A deal's value beside its currency."""

    def put(body: Body, value: Any, row: Row) -> None:
        body[wire] = None if value is None else plain.number(value)
        if value is not None:
            body["currency"] = currency

    return Place(put, lambda row: values.read_decimal(row.get(wire)))


def zero_for_nothing(wire: str) -> Place:
    """A number that the vendor does not empty: 0 is what a record without one has (FACTS 3.8)."""

    def put(body: Body, value: Any, row: Row) -> None:
        body[wire] = 0 if value is None else plain.number(value)

    return Place(put, lambda row: values.read_decimal(row.get(wire)) or None)


def price(part: str, currency: str) -> Place:
    """A product's price or cost in the account's currency; prices in others stay (FACTS 3.8)."""

    def put(body: Body, value: Any, row: Row) -> None:
        prices = body.get("prices")
        if prices is None:
            prices = [
                {name: each[name] for name in ("price", "currency", "cost") if each.get(name) is not None}
                for each in row.get("prices") or ()
            ]
        own = next((each for each in prices if each.get("currency") == currency), None)
        if own is None:
            own = {"price": 0, "currency": currency}
            prices.append(own)
        own[part] = 0 if value is None else plain.number(value)
        body["prices"] = prices

    def get(row: Row) -> Value:
        own: Row = next((each for each in row.get("prices") or () if each.get("currency") == currency), {})
        return values.read_decimal(own.get(part)) or None  # 0 is what a product without a price has

    return Place(put, get, needs_row=True)


def visible_to(numbers: Mapping[str, int]) -> Place:
    """Who sees the record, in the plan's own numbers."""
    words = {number: word for word, number in numbers.items()}

    def put(body: Body, value: Any, row: Row) -> None:
        if value is None:
            return
        if value not in numbers:
            raise plain.Unsendable("visible_to", "unknown-option", f"this plan knows {', '.join(numbers)} only")
        body["visible_to"] = numbers[value]

    return Place(put, lambda row: words.get(row.get("visible_to") or 0))


def note_part(wire: str, *, is_title: bool) -> Place:
    """A note's title, which is the first line of its content, or all the rest."""

    def put(body: Body, value: Any, row: Row) -> None:
        title, rest = split_title(_text(wire, body, row))
        title, rest = (value or "", rest) if is_title else (title, value or "")
        body[wire] = with_title(title, rest)

    def get(row: Row) -> Value:
        title, rest = split_title(str(row.get(wire) or ""))
        return (title if is_title else rest) or None

    return Place(put, get, needs_row=True)


def _text(wire: str, body: Body, row: Row) -> str:
    """A text as far as the body has it by now, else as it is."""
    return str((body[wire] if wire in body else row.get(wire)) or "")


def activity_note(lines: KeyLines, key: str = "") -> Place:
    """The text of an activity's note, or one of the keys at its end."""

    def put(body: Body, value: Any, row: Row) -> None:
        rest, keys = lines.split(_text("note", body, row))
        if key:
            keys[key] = value or ""
        else:
            rest = value or ""
        body["note"] = lines.added(rest, keys) or None

    def get(row: Row) -> Value:
        rest, keys = lines.split(str(row.get("note") or ""))
        return (keys.get(key) if key else rest) or None

    return Place(put, get, needs_row=True)


def added_at(*, old: bool) -> Place:
    """When the record was made at the source: settable at a creation, of notes always (FACTS 10)."""
    return as_is("add_time", values.old_stamp if old else plain.stamp, moment)
