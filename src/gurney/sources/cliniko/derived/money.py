"""Facts about invoices and what is sold: prices, codes, lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from gurney.sources.cliniko.currency import currency_of
from gurney.sources.cliniko.derived.reading import (
    SETTINGS,
    Facts,
    Need,
    Record,
    Related,
    business_name,
    full_name,
    linked,
    live,
    money,
    of,
    text,
)
from gurney.sources.cliniko.objects import is_put_away

PAID = 20
STATUS = {10: "Open", PAID: "Paid", 30: "Closed", 40: "Open credit"}
"""The only four that there are: overdue and partly paid cannot be known (FACTS 7)."""

INVOICE_NEEDS = (
    Need("invoice_items", "invoice", children=True, facts=frozenset({"lines_text", "line_count"})),
    Need("invoices", "original_invoice"),
    Need("practitioners", "practitioner"),
    Need("businesses", "business"),
    Need(SETTINGS, ""),
)
ITEM_NEEDS = (Need("invoices", "invoice"),)
_OF_ITEMS = frozenset({"billing_code", "billable_item", "price"})
TYPE_NEEDS = (
    Need("appointment_type_billable_items", "appointment_type", children=True, facts=_OF_ITEMS),
    Need("billable_items", "billable_item", facts=_OF_ITEMS),
    Need("treatment_note_templates", "treatment_note_template", facts=frozenset({"template_name"})),
)
PRODUCT_NEEDS = (
    Need("taxes", "tax", facts=frozenset({"tax_name"})),
    Need("product_suppliers", "product_supplier", facts=frozenset({"supplier_name"})),
)


def invoices(records: Sequence[Record], related: Related, as_of: datetime) -> list[Facts]:
    items = related.children("invoice_items", "invoice", [record["id"] for record in records])
    originals = linked(related, "invoices", records, "original_invoice")
    people = linked(related, "practitioners", records, "practitioner")
    places = linked(related, "businesses", records, "business")
    currency = currency_of(related.get(SETTINGS, [SETTINGS]).get(SETTINGS, {})) or None
    found = []
    for record in records:
        lines = items.get(record["id"], [])
        lines = lines if is_put_away(record) else live(lines)
        original = of(originals, record, "original_invoice").get("number")
        found.append(
            {
                "state_word": STATUS.get(record.get("status") or 0) or text(record.get("status_description")),
                "paid_at": record.get("closed_at") if record.get("status") == PAID else None,
                "lines_text": "\n".join(_line(item) for item in lines) or None,
                "line_count": len(lines),
                "original_number": None if original is None else str(original),
                "practitioner_name": full_name(of(people, record, "practitioner")),
                "location_name": business_name(of(places, record, "business")),
                "currency": currency,
            }
        )
    return found


def invoice_items(records: Sequence[Record], related: Related, as_of: datetime) -> list[Facts]:
    there = linked(related, "invoices", records, "invoice")
    return [{"invoice_archived": is_put_away(of(there, record, "invoice"))} for record in records]


def appointment_types(records: Sequence[Record], related: Related, as_of: datetime) -> list[Facts]:
    """Price and code of a type are those of its billable items; `billable_item` on the type is the old way."""
    joins = related.children(
        "appointment_type_billable_items", "appointment_type", [record["id"] for record in records]
    )
    items = linked(related, "billable_items", (row for rows in joins.values() for row in rows), "billable_item")
    old = linked(related, "billable_items", records, "billable_item")
    templates = linked(related, "treatment_note_templates", records, "treatment_note_template")
    found = []
    for record in records:
        sold = _sold(joins.get(record["id"], []), items)
        if not sold and (item := of(old, record, "billable_item")):
            sold = [(item, money(item.get("price")))]
        codes = dict.fromkeys(code for item, _ in sold if (code := text(item.get("item_code"))))
        found.append(
            {
                "billing_code": ", ".join(codes) or None,
                "billable_item": sold[0][0]["id"] if sold else None,
                "price": sum((price for _, price in sold), Decimal(0)) if sold else None,
                "template_name": text(of(templates, record, "treatment_note_template").get("name")),
            }
        )
    return found


def products(records: Sequence[Record], related: Related, as_of: datetime) -> list[Facts]:
    taxes = linked(related, "taxes", records, "tax")
    suppliers = linked(related, "product_suppliers", records, "product_supplier")
    return [
        {
            "tax_name": text(of(taxes, record, "tax").get("name")),
            "supplier_name": text(of(suppliers, record, "product_supplier").get("name"))
            or text(record.get("product_supplier_name")),
        }
        for record in records
    ]


def _sold(joins: Sequence[dict[str, Any]], items: Mapping[str, dict[str, Any]]) -> list[tuple[Record, Decimal]]:
    return [(item, _price(join, item)) for join in joins if (item := of(items, join, "billable_item"))]


def _price(join: Record, item: Record) -> Decimal:
    """Quantity times price, less the discount that the type grants."""
    full = (money(join.get("quantity")) or Decimal(1)) * money(item.get("price"))
    if join.get("is_monetary_discount"):
        return full - money(join.get("discounted_amount"))
    return full * (100 - money(join.get("discount_percentage"))) / 100


def _line(item: Record) -> str:
    """One line of an invoice: quantity × name @ unit price = total (code)."""
    name = " ".join((item.get("name") or "").split()) or "Item"
    code = text(item.get("code"))
    amounts = f"@ {amount(item.get('unit_price'))} = {amount(item.get('total_including_tax'))}"
    return f"{_count(item.get('quantity'))} × {name} {amounts}{f' ({code})' if code else ''}"


def amount(value: Any) -> str:
    """An amount with two decimals, or more where the source has more.

    >>> amount("121.0"), amount("0.125")
    ('121.00', '0.125')
    """
    number = money(value)
    exponent = number.as_tuple().exponent
    return str(number) if isinstance(exponent, int) and exponent < -2 else f"{number:.2f}"


def _count(value: Any) -> str:
    number = money(value)
    return f"{number.to_integral_value()}" if number == number.to_integral_value() else f"{number.normalize():f}"
