"""Where a field of ours stands in the vendor's record (FACTS 3): as it is, nested, in a list, in a text.

A `Place` puts a value into a body and gets it from a row. Where a body replaces a whole list or text, the place needs
the record as it is, so that nothing of others is lost. Rows have what was included beside them inside (`included`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gurney.destinations import plain
from gurney.destinations.freshsales import values
from gurney.destinations.freshsales.keylines import KeyLines
from gurney.destinations.freshsales.rules import unmarked_name
from gurney.destinations.freshsales.values import Decode, Encode
from gurney.destinations.plain import Unsendable
from gurney.records import Link, Value

Body = dict[str, Any]
Row = Mapping[str, Any]
CUSTOM = "custom_field"
ATTENDEES = "appointment_attendees"
USER = "FdMultitenant::User"
COMPLETED = 1
PRICING = ("pricing_type", "product_pricings")
"""What of a product takes a call of its own (FACTS 3)."""


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


def name(wire: str) -> Place:
    """A name that may end with our key, which people need not see as a difference (FACTS 4, 7)."""

    def put(body: Body, value: Any, row: Row) -> None:
        body[wire] = None if value is None else plain.text(value)

    return Place(put, lambda row: plain.read_text(unmarked_name(str(row.get(wire) or ""))))


def custom(name: str, encode: Encode, decode: Decode) -> Place:
    """One field of one's own."""

    def put(body: Body, value: Any, row: Row) -> None:
        body.setdefault(CUSTOM, {})[name] = None if value is None else encode(value)

    def get(row: Row) -> Value:
        found = row.get(CUSTOM)
        return decode(found.get(name)) if isinstance(found, dict) else None

    return Place(put, get)


def email(aside: str) -> Place:
    """The primary address; or the one that was put aside because somebody else has it (FACTS 0.5).

    A text that is sent later is added, so an update takes the old primary away by `_destroy` (FACTS 3, assumed).
    """

    def put(body: Body, value: Any, row: Row) -> None:
        gone = [
            {"id": one["id"], "value": one["value"], "_destroy": True}
            for one in row.get("emails") or ()
            if one.get("is_primary") and one.get("value") != value
        ]
        if not row:
            body["emails"] = [value] if value is not None else []
        else:
            new = [{"value": value, "is_primary": True}] if value is not None else []
            body["emails"] = [*new, *gone]
            if aside and (row.get(CUSTOM) or {}).get(aside):
                body.setdefault(CUSTOM, {})[aside] = None

    def get(row: Row) -> Value:
        first = next((one.get("value") for one in row.get("emails") or () if one.get("is_primary")), None)
        return plain.read_text(first or row.get("email") or (row.get(CUSTOM) or {}).get(aside))

    return Place(put, get, needs_row=True)


def address_of(body: Body) -> str:
    """The primary address that a body sets; '' where it sets none."""
    sent = (one if isinstance(one, str) else one.get("value") for one in body.get("emails") or () if not _goes(one))
    return next((str(one) for one in sent if one), "")


def put_aside(body: Body, aside: str, *, changes: bool) -> bool:
    """Move an address that somebody else has into our own field; False where there is none to move, or no field."""
    sent = body.get("emails")
    first = next((one if isinstance(one, str) else one.get("value") for one in sent or () if not _goes(one)), None)
    if not aside or first is None:
        return False
    left = [one for one in sent or () if _goes(one)]
    if left and changes:
        body["emails"] = left
    else:
        body.pop("emails")
    body.setdefault(CUSTOM, {})[aside] = first
    return True


def _goes(one: Any) -> bool:
    return isinstance(one, dict) and one.get("_destroy") is True


def choice(wire: str, name: str, ids: Mapping[str, int]) -> Place:
    """One of the account's own choices, by its name."""
    names: dict[int, str] = {}
    for label, id in ids.items():
        names.setdefault(id, label)

    def encode(value: Any) -> int:
        if value not in ids:
            raise Unsendable(name, "unknown-option", f"this account knows {', '.join(ids)} only")
        return ids[value]

    return as_is(wire, encode, lambda id: names.get(id))


def primary_account() -> Place:
    """The account that a contact belongs to first; others that somebody linked stay (FACTS 3)."""

    def put(body: Body, value: Any, row: Row) -> None:
        there = _accounts(body, row)
        others = [
            {"id": one["id"], "is_primary": False}
            for one in there
            if not one.get("is_primary") and (value is None or one["id"] != values.link_id(value))
        ]
        first = [] if value is None else [{"id": values.link_id(value), "is_primary": True}]
        body["sales_accounts"] = [*first, *others]

    def get(row: Row) -> Value:
        found = next((one["id"] for one in row.get("sales_accounts") or () if one.get("is_primary")), None)
        return Link("sales_accounts", str(found)) if found else None

    return Place(put, get, needs_row=True)


def _accounts(body: Body, row: Row) -> list[Row]:
    """The accounts of a contact as far as the body has them by now, else as they are."""
    found: list[Row] = body["sales_accounts"] if "sales_accounts" in body else row.get("sales_accounts") or []
    return found


def second_account() -> Place:
    """The first account of a contact that is not the primary one; all others stay."""

    def put(body: Body, value: Any, row: Row) -> None:
        there = _accounts(body, row)
        told = [{"id": one["id"], "is_primary": one.get("is_primary") is True} for one in there]
        primary = [one for one in told if one["is_primary"]]
        rest = [one for one in told if not one["is_primary"]][1:]
        known = {one["id"] for one in primary}
        new = [] if value is None or (id := values.link_id(value)) in known else [{"id": id, "is_primary": False}]
        body["sales_accounts"] = [*primary, *new, *(one for one in rest if one["id"] not in {n["id"] for n in new})]

    def get(row: Row) -> Value:
        found = next((one["id"] for one in row.get("sales_accounts") or () if not one.get("is_primary")), None)
        return Link("sales_accounts", str(found)) if found else None

    return Place(put, get, needs_row=True)


def deal_contact() -> Place:
    """The contact of a deal: the first of its list; a change adds one and removes the other (FACTS 3)."""

    def put(body: Body, value: Any, row: Row) -> None:
        there = [int(id) for id in row.get("contact_ids") or ()]
        if value is not None:
            body["contacts_added_list"] = [values.link_id(value)]
        gone = there[:1] if value is None or values.link_id(value) not in there else []
        if gone:
            body["contacts_removed_list"] = gone

    def get(row: Row) -> Value:
        found = row.get("contact_ids") or []
        return Link("contacts", str(found[0])) if found else None

    return Place(put, get, needs_row=True)


def target(kinds: Mapping[str, str], object: str) -> Place:
    """What a task or an appointment is about. `kinds`: our objects by the vendor's word for them."""
    words = {object: word for word, object in kinds.items()}

    def put(body: Body, value: Any, row: Row) -> None:
        if value is not None:
            body["targetable_type"] = words[object]
            body["targetable_id"] = values.link_id(value)

    def get(row: Row) -> Value:
        for one in row.get("targetables") or ():
            if kinds.get(str(one.get("type"))) == object:
                return Link(object, str(one["id"]))
        return None

    return Place(put, get)


def done() -> Place:
    """Whether a task is completed (FACTS 3)."""

    def put(body: Body, value: Any, row: Row) -> None:
        body["status"] = COMPLETED if value else 0

    return Place(put, lambda row: None if row.get("status") is None else row["status"] == COMPLETED)


def attendee() -> Place:
    """The practitioner of an appointment, which has no owner: the first user among its attendees (FACTS 0.7).

    Patients are never sent as attendees: they would get mail.
    """

    def put(body: Body, value: Any, row: Row) -> None:
        there = [one for one in row.get(ATTENDEES) or () if one.get("attendee_type") == USER]
        gone = [{"id": one["id"], "_destroy": True} for one in there if one.get("id") is not None]
        new = [{"attendee_type": USER, "attendee_id": str(values.link_id(value))}] if value is not None else []
        body["appointment_attendees_attributes"] = [*new, *gone]

    def get(row: Row) -> Value:
        users = [one for one in row.get(ATTENDEES) or () if one.get("attendee_type") == USER]
        return Link("users", str(users[0]["attendee_id"])) if users else None

    return Place(put, get, needs_row=True)


def keyed_text(wire: str, lines: KeyLines, key: str = "") -> Place:
    """A description, or one of the keys at its end."""

    def put(body: Body, value: Any, row: Row) -> None:
        rest, keys = lines.split(_text(wire, body, row))
        if key:
            keys[key] = value or ""
        else:
            rest = value or ""
        body[wire] = lines.added(rest, keys) or None

    def get(row: Row) -> Value:
        rest, keys = lines.split(values.read_note(row.get(wire)))
        return (keys.get(key) if key else rest) or None

    return Place(put, get, needs_row=True)


def note_part(*, is_title: bool) -> Place:
    """A note's title, which is the first line of its text, or all the rest."""

    def put(body: Body, value: Any, row: Row) -> None:
        title, rest = split_title(_text("description", body, row))
        title, rest = (value or "", rest) if is_title else (title, value or "")
        body["description"] = with_title(title, rest)

    def get(row: Row) -> Value:
        title, rest = split_title(values.read_note(row.get("description")))
        return (title if is_title else rest) or None

    return Place(put, get, needs_row=True)


def with_title(title: str, content: str) -> str:
    """
    >>> with_title("Review [cliniko:treatment_notes:1 1/1]", "Fine.")
    'Review [cliniko:treatment_notes:1 1/1]\\n\\nFine.'
    """
    return f"{title}\n\n{content}" if title else content


def split_title(content: str) -> tuple[str, str]:
    """The title and the rest of a note. A note of somebody else's has no title, only its words.

    >>> split_title("Review [cliniko:treatment_notes:1 1/1]\\n\\nFine.")
    ('Review [cliniko:treatment_notes:1 1/1]', 'Fine.')
    >>> split_title("Called her.")
    ('', 'Called her.')
    """
    first, gap, rest = content.partition("\n\n")
    return (first, rest) if gap and "\n" not in first else ("", content)


def _text(wire: str, body: Body, row: Row) -> str:
    """A text as far as the body has it by now, else as it is."""
    return values.read_note((body[wire] if wire in body else row.get(wire)) or "")


def price(currency: str) -> Place:
    """A product's price in the account's currency; it takes a call of its own (FACTS 3)."""

    def put(body: Body, value: Any, row: Row) -> None:
        there = [one for one in row.get("product_pricings") or () if one.get("currency_code") == currency]
        if value is None:
            body["product_pricings"] = [{"id": one["id"], "_destroy": True} for one in there if one.get("id")]
            return
        known = {"id": there[0]["id"]} if there and there[0].get("id") else {}
        amount = values.number("price")(value)
        body["pricing_type"] = 1
        body["product_pricings"] = [known | {"currency_code": currency, "unit_price": amount}]

    def get(row: Row) -> Value:
        own: Row = next((one for one in row.get("product_pricings") or () if one.get("currency_code") == currency), {})
        told = own.get("unit_price")
        return values.read_decimal(own.get("currency_value") if told is None else told)

    return Place(put, get, needs_row=True)


def in_other_words(body: Body) -> Body:
    """The same prices under the other name that is seen for them (FACTS 3: the sources disagree)."""
    renamed = {"unit_price": "currency_value"}
    pricings = [{renamed.get(name, name): value for name, value in one.items()} for one in body["product_pricings"]]
    return {**body, "product_pricings": pricings}
