"""Native invoices, where the mapping chooses them: one call each, drafts that nobody is sent (FACTS 11).

An invoice has no field for our key: it is the last line of its terms. The lines of the source's invoice stand there as
text, and one item carries the total.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gurney.destinations import plain
from gurney.destinations.highlevel import places, values
from gurney.destinations.highlevel.limits import limit
from gurney.destinations.highlevel.markup import KeyLines
from gurney.destinations.highlevel.places import Body, Place
from gurney.records import Link, Value
from gurney.schema import FieldSchema, FieldType

CONTACTS = "contacts"
INVOICE_KEY = "cliniko_invoice_id"
INVOICE_KEYS = KeyLines({INVOICE_KEY: "Cliniko invoice"})
TERMS = "termsNotes"
DRAFT: dict[str, Any] = {"discount": {"type": "fixed", "value": 0}, "sentTo": {"email": []}, "liveMode": True}
"""What every invoice is sent with: no discount of its own, to nobody."""
NOBODY = {"phoneNo": "", "email": ""}
"""An invoice must say them, and is sent to neither."""
DAYS = ("issueDate", "dueDate")
ITEM = ("name", "description", "currency", "amount", "qty")


def invoice_fields() -> list[tuple[FieldSchema, Place]]:
    """What an invoice takes of ours."""
    long = limit("long_text_chars")
    return [
        (_text("name", "Name", required=True), places.as_is("name", plain.text, plain.read_text)),
        (_text("number", "Number"), places.as_is("invoiceNumber", plain.text, plain.read_text)),
        (FieldSchema("issued", "Issued", FieldType.DATE, required=True), _day("issueDate")),
        (FieldSchema("due", "Due", FieldType.DATE), _day("dueDate")),
        (_text("currency", "Currency", required=True), places.as_is("currency", plain.text, plain.read_text)),
        (FieldSchema("total", "Total", FieldType.MONEY, required=True), Place(_put_total, _total)),
        (FieldSchema("terms", "Terms", FieldType.LONG_TEXT, long), places.keyed_text(TERMS, INVOICE_KEYS)),
        (_text(INVOICE_KEY, "Cliniko invoice"), places.key_in_text(TERMS, INVOICE_KEYS, INVOICE_KEY)),
        (_text("contact_name", "Contact's name", required=True), Place(_put_name, _name)),
        (_text("business_name", "Business", required=True), Place(_put_business, _business)),
        (FieldSchema("contact", "Contact", FieldType.LOOKUP, required=True, lookup_to=CONTACTS), Place(_put_id, _id)),
    ]


def drafted(body: Body) -> Body:
    """A creation with all that an invoice needs; an item is in the invoice's own currency."""
    items = [_named(item, body) for item in body.get("items", ())]
    return {**DRAFT, **body, "items": items, "contactDetails": NOBODY | body.get("contactDetails", {})}


def redrafted(body: Body, row: Mapping[str, Any]) -> Body:
    """A change with all that must be said again: name, currency, days and items of the invoice as it is."""
    whole: Body = {name: row.get(name) for name in ("name", "currency")}
    whole |= {name: str(row.get(name) or row.get("issueDate"))[:10] for name in DAYS}
    whole |= {name: value for name, value in body.items() if name != "items" and value != ""}
    items = body.get("items") or row.get("invoiceItems") or ()
    whole["invoiceItems"] = [_named({name: item[name] for name in ITEM if name in item}, whole) for item in items]
    if "contactDetails" in body:
        whole["contactDetails"] = NOBODY | dict(row.get("contactDetails") or {}) | body["contactDetails"]
    return whole


def _named(item: Mapping[str, Any], invoice: Body) -> Body:
    return {"name": invoice.get("name"), "currency": invoice.get("currency"), **item}


def _text(name: str, label: str, *, required: bool = False) -> FieldSchema:
    return FieldSchema(name, label, FieldType.TEXT, limit("text_chars"), required=required)


def _day(wire: str) -> Place:
    return places.as_is(wire, plain.day, plain.read_day)


def _put_total(body: Body, value: Any) -> None:
    body["items"] = [{"amount": plain.number(value if value is not None else Decimal(0)), "qty": 1}]


def _total(row: Mapping[str, Any]) -> Value:
    return values.read_amount(row.get("total"))


def _put_name(body: Body, value: Any) -> None:
    body.setdefault("contactDetails", {})["name"] = value


def _name(row: Mapping[str, Any]) -> Value:
    return plain.read_text((row.get("contactDetails") or {}).get("name"))


def _put_business(body: Body, value: Any) -> None:
    body["businessDetails"] = {"name": value}


def _business(row: Mapping[str, Any]) -> Value:
    return plain.read_text((row.get("businessDetails") or {}).get("name"))


def _put_id(body: Body, value: Any) -> None:
    body.setdefault("contactDetails", {})["id"] = value.id if isinstance(value, Link) else value


def _id(row: Mapping[str, Any]) -> Value:
    id = (row.get("contactDetails") or {}).get("id")
    return Link(CONTACTS, str(id)) if id else None
