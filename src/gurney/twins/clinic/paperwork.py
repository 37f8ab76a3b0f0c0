"""What else a visit leaves behind: note, message, form, and the funding case it belongs to."""

from __future__ import annotations

from gurney.twins.clinic.bookings import Visit
from gurney.twins.clinic.catalogue import SUBDOMAIN
from gurney.twins.clinic.notes import ASSESSMENT, SOAP, assessment, filled_form, soap
from gurney.twins.clinic.people import Emitted, Person, World
from gurney.twins.clinic.wire import DAY_S, Record, day, head, link

SIGNATURE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)


def note_of(world: World, person: Person, visit: Visit) -> Record:
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


def message(world: World, person: Person, visit: Visit) -> Record:
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


def form(world: World, person: Person, visit: Visit, out: Emitted) -> None:
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


def case(world: World, person: Person, out: Emitted) -> str:
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
