"""Visits and what follows from one: attendee, note, invoice with items, message, form.

A visit's outcome decides the rest: arrived people get notes and invoices, cancelled ones a reason, future
ones nothing yet. There is no status anywhere (FACTS 7): it shows in the attributes only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from gurney.twins.clinic.catalogue import GOODS, ITEMS, PLACES, SUBDOMAIN, TYPES
from gurney.twins.clinic.notes import ASSESSMENT, SOAP, assessment, filled_form, soap
from gurney.twins.clinic.people import Emitted, Person, World
from gurney.twins.clinic.wire import API, DAY_S, Record, day, head, link, listing, money, stamp
from gurney.twins.clinic.words import REASONS

Outcome = Literal["booked", "arrived", "dna", "cancelled", "unmarked"]
SIGNATURE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
_midnights: dict[tuple[str, str], int] = {}


@dataclass(frozen=True)
class Visit:
    """One individual appointment of one patient, before it is written out."""

    appointment: str
    attendee: str
    booked_at: int
    starts: int
    ends: int
    type_place: int
    outcome: Outcome
    first: bool
    case: str | None
    invoice_status: int | None
    note_status: int | None


def history(world: World, person: Person, out: Emitted) -> None:
    """All visits of a patient, and the records that hang on each."""
    if world.rng.random() < 0.08:
        return
    case = _case(world, person, out) if world.rng.random() < 0.4 else None
    moment = person.created + world.rng.randrange(DAY_S, 8 * DAY_S)
    attendees = []
    for number in range(min(1 + int(world.rng.expovariate(0.25)), 40)):
        visit = _visit(world, person, moment, number == 0, case)
        _write(world, person, visit, out)
        person.latest_booking = visit.appointment
        attendees.append(visit.attendee)
        if visit.outcome == "booked":
            break
        moment += world.rng.randrange(7 * DAY_S, 45 * DAY_S)
    if case:
        next(record for resource, record in out if record.get("id") == case)["attendee_ids"] = attendees


def local(place: int, moment: int, hour: int, minute: int) -> int:
    """The moment at which it is this wall-clock time at a business, on the day of `moment`."""
    zone, calendar_day = PLACES[place][4], day(moment)
    midnight = _midnights.get((zone, calendar_day))
    if midnight is None:
        at = datetime.combine(date.fromisoformat(calendar_day), datetime.min.time(), ZoneInfo(zone))
        midnight = _midnights[zone, calendar_day] = int(at.timestamp())
    return midnight + hour * 3600 + minute * 60


def _visit(world: World, person: Person, moment: int, first: bool, case: str | None) -> Visit:
    rng = world.rng
    starts = local(person.place, moment, rng.randint(8, 17), rng.choice((0, 15, 30, 45)))
    booked_at = max(person.created, min(starts, world.as_of) - rng.randrange(3_600, 20 * DAY_S))
    place = 0 if first else rng.choice((1, 1, 1, 2, 3))
    outcome = _outcome(rng.random(), future=starts >= world.as_of)
    arrived = outcome == "arrived"
    return Visit(
        appointment=world.ids.take(booked_at),
        attendee=world.ids.take(booked_at),
        booked_at=booked_at,
        starts=starts,
        ends=starts + TYPES[place][1] * 60,
        type_place=place,
        outcome=outcome,
        first=first,
        case=case,
        invoice_status=rng.choice((20,) * 9 + (10, 10, 30)) if arrived and rng.random() < 0.9 else None,
        note_status=(10 if rng.random() < 0.04 else 90) if arrived and rng.random() < 0.85 else None,
    )


def _outcome(chance: float, *, future: bool) -> Outcome:
    if future:
        return "cancelled" if chance < 0.1 else "booked"
    if chance < 0.8:
        return "arrived"
    if chance < 0.86:
        return "dna"
    return "cancelled" if chance < 0.96 else "unmarked"


def _write(world: World, person: Person, visit: Visit, out: Emitted) -> None:
    appointment = _appointment(world, person, visit)
    out.append(("individual_appointments", appointment))
    out.append(("bookings", {**appointment, "links": {"self": f"{API}/bookings/{visit.appointment}"}}))
    out.append(("attendees", _attendee(world, person, visit)))
    if visit.note_status:
        out.append(("treatment_notes", _note(world, person, visit)))
    if visit.invoice_status:
        invoice(world, person, visit, out)
    if visit.first and world.rng.random() < 0.5:
        _form(world, person, visit, out)
    if world.rng.random() < 0.5:
        out.append(("communications", _message(world, person, visit)))


def cancellation(world: World, cancelled: bool, moment: int) -> Record:
    """The four attributes that tell a cancelled booking; codes with their capitalised labels (FACTS 6.2)."""
    if not cancelled:
        empty = "" if world.rng.random() < 0.5 else None
        return {
            "cancellation_note": None,
            "cancellation_reason": None,
            "cancellation_reason_description": empty,
            "cancelled_at": None,
        }
    code, words = world.rng.choice(REASONS)
    return {
        "cancellation_note": "Rang this morning" if world.rng.random() < 0.3 else None,
        "cancellation_reason": code,
        "cancellation_reason_description": words,
        "cancelled_at": stamp(moment),
    }


def _updated(world: World, visit: Visit) -> int:
    """A booking is last touched when the visit ends, or never when it lies ahead."""
    return visit.booked_at if visit.starts >= world.as_of else max(visit.booked_at, min(visit.ends, world.as_of))


def _appointment(world: World, person: Person, visit: Visit) -> Record:
    own = visit.appointment
    record = head("individual_appointments", own, visit.booked_at, _updated(world, visit))
    record |= {
        "appointment_type": link(f"appointment_types/{world.catalogue.types[visit.type_place]}"),
        "archived_at": None,
        "attendees": link(f"individual_appointments/{own}/attendees"),
        "booking_ip_address": None,
        "business": link(f"businesses/{world.catalogue.businesses[person.place]}"),
        **cancellation(world, visit.outcome == "cancelled", visit.booked_at),
        "conflicts": link(f"individual_appointments/{own}/conflicts"),
        "deleted_at": None,
        "did_not_arrive": visit.outcome == "dna",
        "email_reminder_sent": world.rng.random() < 0.5,
        "ends_at": stamp(visit.ends),
        "has_patient_appointment_notes": False,
        "invoice_status": visit.invoice_status,
        "notes": "Bring scans" if world.rng.random() < 0.15 else None,
        "online_booking_policy_accepted": None,
        "patient": link(f"patients/{person.id}"),
        "patient_arrived": visit.outcome == "arrived",
        "patient_name": person.name,
        "practitioner": link(f"practitioners/{person.practitioner.id}"),
        "repeat_rule": {},
        "repeats": None,
        "sms_reminder_sent": world.rng.random() < 0.5,
        "starts_at": stamp(visit.starts),
        "telehealth_url": f"https://{SUBDOMAIN}.au1.cliniko.com/appointments/{own}/connect",
        "treatment_note_status": visit.note_status,
    }
    if visit.case:
        record["patient_case"] = link(f"patient_cases/{visit.case}")
    return record


def _attendee(world: World, person: Person, visit: Visit) -> Record:
    arrived = {"arrived": True, "dna": False}.get(visit.outcome)
    record = attendee(world, person, visit.appointment, visit.attendee, visit.booked_at, arrived)
    record["updated_at"] = stamp(_updated(world, visit))
    record |= cancellation(world, visit.outcome == "cancelled", visit.booked_at)
    record |= {"invoice_status": visit.invoice_status, "treatment_note_status": visit.note_status}
    if visit.case:
        record["patient_case"] = link(f"patient_cases/{visit.case}")
    return record


def attendee(world: World, person: Person, booking: str, own: str, created: int, arrived: bool | None) -> Record:
    """One person at one booking; `arrived` is null while nobody has marked it (FACTS 6.2)."""
    record = head("attendees", own, created, created)
    record |= {
        "archived_at": None,
        "arrived": arrived,
        "booking": link(f"bookings/{booking}"),
        "booking_ip_address": None,
        **cancellation(world, False, 0),
        "cancellation_url": f"https://{SUBDOMAIN}.au1.cliniko.com/bookings/cancel/{own}x",
        "deleted_at": None,
        "email_reminder_sent": False,
        "invoice_status": None,
        "invoices": link(f"attendees/{own}/invoices"),
        "notes": None,
        "online_booking_policy_accepted": None,
        "patient": link(f"patients/{person.id}"),
        "patient_forms": link(f"attendees/{own}/patient_forms"),
        "sent_email_follow_ups_count": 0,
        "sent_email_reminders_count": 1,
        "sent_sms_follow_ups_count": 0,
        "sent_sms_reminders_count": 0,
        "sms_reminder_sent": False,
        "telehealth_url": f"https://{SUBDOMAIN}.au1.cliniko.com/c/{own}",
        "treatment_note_status": None,
    }
    return record


def _note(world: World, person: Person, visit: Visit) -> Record:
    content = assessment(world.rng, visit.starts) if visit.first else soap(world.rng)
    record = note(world, person, visit.ends, ASSESSMENT if visit.first else SOAP, content)
    draft = visit.note_status == 10
    record |= {"draft": draft, "finalized_at": None if draft else record["created_at"]}
    record["attendee"] = link(f"attendees/{visit.attendee}")
    record["booking"] = link(f"bookings/{visit.appointment}")
    record["treatment_note_template"] = link(
        f"treatment_note_templates/{world.catalogue.templates[0 if visit.first else 1]}"
    )
    return record


def note(world: World, person: Person, created: int, title: str, content: Record) -> Record:
    """A final treatment note without a booking."""
    created = min(created, world.as_of - 60)
    record = head("treatment_notes", world.ids.take(created), created, created)
    record |= {
        "archived_at": None,
        "author_name": person.practitioner.name,
        "content": content,
        "deleted_at": None,
        "draft": False,
        "finalized_at": record["created_at"],
        "patient": link(f"patients/{person.id}"),
        "pinned_at": None,
        "practitioner": link(f"practitioners/{person.practitioner.id}"),
        "title": title,
    }
    return record


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


def _message(world: World, person: Person, visit: Visit) -> Record:
    """A reminder by text or mail, or the front desk's memo; some without a patient (FACTS 6.7)."""
    created = max(visit.booked_at, min(visit.starts, world.as_of) - DAY_S)
    record = head("communications", world.ids.take(created), created, created)
    kind = world.rng.random()
    record |= {"archived_at": None, "from": None, "direction_code": 1, "direction_description": "Sent"}
    if kind < 0.6:
        to = person.mobile["normalized_number"] if person.mobile else ""
        record |= {"category": "SMS Message", "category_code": 7, "content": "See you tomorrow.", "to": to}
        record |= {"type": "SMS", "type_code": 1}
    elif kind < 0.9:
        record |= {"category": "Appointment Reminder", "category_code": 1, "content": "<p>See you tomorrow.</p>"}
        record |= {"content_subject": "Appointment reminder", "to": person.email, "type": "Email", "type_code": 2}
    else:
        record |= {"category": "Memo", "category_code": 12, "confidential": False, "content": "Rang about parking"}
        record |= {"direction_code": 2, "direction_description": "Received", "from": person.name}
        record |= {"to": "Front desk", "type": "Phone call", "type_code": 3}
    if world.rng.random() < 0.97:
        record["patient"] = link(f"patients/{person.id}")
        record["booking"] = link(f"bookings/{visit.appointment}")
        record["attendee"] = link(f"attendees/{visit.attendee}")
    return record


def _form(world: World, person: Person, visit: Visit, out: Emitted) -> None:
    created = visit.booked_at
    own, signature = world.ids.take(created), world.ids.take(created)
    completed = world.rng.random() < 0.85
    record = head("patient_forms", own, created, created)
    record |= {
        "archived_at": None,
        "attendee": link(f"attendees/{visit.attendee}"),
        "booking": link(f"bookings/{visit.appointment}"),
        "business": link(f"businesses/{world.catalogue.businesses[person.place]}"),
        "completed_at": record["created_at"] if completed else None,
        "content": filled_form(world.rng, signature if completed else None),
        "edited_at": None,
        "email_to_patient_on_completion": True,
        "name": "New patient form",
        "patient": link(f"patients/{person.id}"),
        "restricted_to_practitioner": False,
        "url": f"https://{SUBDOMAIN}.au1.cliniko.com/patient_forms/{own}",
    }
    if completed:
        path = f"patient_forms/{own}/signatures"
        record["signatures"] = link(f"{path}/{signature}")
        signed = head(path, signature, created, created) | {"image": SIGNATURE}
        if world.rng.random() < 0.2:
            signed["user"] = link(f"users/{world.catalogue.owner['id']}")
        out.append(("signatures", signed))
    out.append(("patient_forms", record))


def _case(world: World, person: Person, out: Emitted) -> str:
    """An episode of funding: a care plan by a doctor, or a payer's cover (FACTS 6.6)."""
    medicare = world.rng.random() < 0.7
    issued = person.created + DAY_S
    own = world.ids.take(issued)
    contact = world.rng.choice(world.catalogue.doctors if medicare else world.catalogue.payers)
    record = head("patient_cases", own, issued, issued)
    record |= {
        "archived_at": None,
        "attendee_ids": [],
        "attendees": link(f"patient_cases/{own}/attendees"),
        "bookings": link(f"patient_cases/{own}/bookings"),
        "closed": False,
        "closed_at": None,
        "contact": link(f"contacts/{contact}"),
        "expiry_date": day(issued + 365 * DAY_S),
        "include_cancelled_attendees": False,
        "include_dna_attendees": True,
        "invoices": link(f"patient_cases/{own}/invoices"),
        "issue_date": day(issued),
        "max_invoiceable_amount": None if medicare else "1500.0",
        "max_sessions": 5 if medicare else 10,
        "name": "GP care plan" if medicare else "Health fund cover",
        "notes": "",
        "patient": link(f"patients/{person.id}"),
        "patient_attachments": link(f"patient_cases/{own}/patient_attachments"),
        "referral": medicare,
        "referral_type": "medicare" if medicare else None,
    }
    out.append(("patient_cases", record))
    return own
