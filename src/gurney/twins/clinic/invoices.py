"""Invoices and their items: totals are the sums of the items, amounts are decimals as text (FACTS 6.6)."""

from __future__ import annotations

from gurney.twins.clinic.bookings import Visit
from gurney.twins.clinic.catalogue import PLACES
from gurney.twins.clinic.people import Emitted, Person, World
from gurney.twins.clinic.prices import GOODS, ITEMS
from gurney.twins.clinic.wire import Record, day, head, link, listing, money, stamp


def invoice(world: World, person: Person, visit: Visit, out: Emitted) -> tuple[str, int]:
    """An invoice for a visit and its items; totals are the sums of the items. Returns id and total in cents."""
    lines = [(visit.type_place, None)]
    if world.rng.random() < 0.12:
        lines.append((0, world.rng.randrange(len(GOODS))))  # type: ignore[arg-type]
    amounts = [_amount(service, product) for service, product in lines]
    created = min(visit.ends, world.as_of - 60)
    own = world.ids.take(created)
    record = billed(world, person, own, created, visit.invoice_status or 10, amounts)
    record["appointment"] = link(f"appointments/{visit.appointment}")
    record["attendee"] = link(f"attendees/{visit.attendee}")
    out.append(("invoices", record))
    for (service, product), amount in zip(lines, amounts, strict=True):
        out.append(("invoice_items", item(world, own, created, service, product, amount)))
    return own, sum(total for total, _ in amounts)


def _amount(service: int, product: int | None) -> tuple[int, int]:
    """Total with tax and the tax within it, in cents; goods are taxed, treatment is not."""
    total = ITEMS[service][3] if product is None else GOODS[product][3]
    taxed = ITEMS[service][4] if product is None else True
    return total, round(total / 11) if taxed else 0


def billed(world: World, person: Person, own: str, created: int, status: int, amounts: list[tuple[int, int]]) -> Record:
    """The invoice itself. Statuses: 10 Open, 20 Paid, 30 Closed, 40 Open credit; no amount paid (FACTS 6.6)."""
    world.invoices += 1
    total, tax = sum(amount for amount, _ in amounts), sum(tax for _, tax in amounts)
    closed = created + 600 if status in (20, 30) else None
    record = head("invoices", own, created, min(closed or created, world.as_of))
    record |= {
        "archived_at": None,
        "business": link(f"businesses/{world.catalogue.businesses[person.place]}"),
        "calculation_method": 3,
        "calculation_method_description": "Tax inclusive",
        "closed_at": stamp(min(closed, world.as_of)) if closed else None,
        "deleted_at": None,
        "discounted_amount": "0.0",
        "invoice_items": link(f"invoices/{own}/invoice_items"),
        "invoice_to": f"{person.name}\r\n{PLACES[person.place][0]} {PLACES[person.place][1]}\r\nAustralia",
        "issue_date": day(created),
        "net_amount": money(total - tax),
        "notes": "",
        "number": world.invoices,
        "online_payment_url": None,
        "patient": link(f"patients/{person.id}"),
        "patient_extra_information": "",
        "practitioner": link(f"practitioners/{person.practitioner.id}"),
        "reversed_invoices": listing("invoices", "invoice_id", own),
        "status": status,
        "status_description": {10: "Open", 20: "Paid", 30: "Closed", 40: "Open credit"}[status],
        "tax_amount": money(tax),
        "total_amount": money(total),
    }
    return record


def item(
    world: World, invoice_id: str, created: int, service: int, product: int | None, amount: tuple[int, int]
) -> Record:
    """One line of an invoice; `total_including_tax` alone is a JSON number (FACTS 5)."""
    total, tax = amount
    name, code = GOODS[product][:2] if product is not None else ITEMS[service][:2]
    record = head("invoice_items", world.ids.take(created), created, created)
    record |= {
        "archived_at": None,
        "code": code,
        "concession_type_name": None,
        "deleted_at": None,
        "discount_percentage": None,
        "discounted_amount": "0.0",
        "invoice": link(f"invoices/{invoice_id}"),
        "is_monetary_discount": False,
        "name": name,
        "net_price": money(total - tax),
        "quantity": "1.0" if total >= 0 else "-1.0",
        "tax_amount": money(tax),
        "tax_name": "GST" if tax else None,
        "tax_rate": "10.0" if tax else None,
        "total_including_tax": total / 100,
        "unit_price": money(abs(total)),
    }
    if product is None:
        record["billable_item"] = link(f"billable_items/{world.catalogue.items[service]}")
    else:
        record["product"] = link(f"products/{world.catalogue.products[product]}")
    return record
