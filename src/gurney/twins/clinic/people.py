"""Patients and what hangs directly on a person: alerts, referral, relationship, attachment."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from gurney.twins.clinic.catalogue import Catalogue, Practitioner
from gurney.twins.clinic.customfields import CustomFields
from gurney.twins.clinic.files import Files
from gurney.twins.clinic.wire import DAY_S, Ids, Record, day, head, link, listing, stamp
from gurney.twins.clinic.words import ALERTS, MAIL_DOMAINS, Words, landline, medicare, phone

Emitted = list[tuple[str, Record]]
_SHE = ("she", "her", "her", "hers", "herself")
_HE = ("he", "him", "his", "his", "himself")


@dataclass
class World:
    """What every part of the generator draws from while one clinic is made."""

    rng: Random
    words: Words
    ids: Ids
    as_of: int
    catalogue: Catalogue
    fields: CustomFields
    files: Files
    people: int = 0
    invoices: int = 1000


@dataclass
class Person:
    """A patient while being made up; `overrides` replaces attributes of the wire record."""

    id: str
    first: str
    last: str
    created: int
    woman: bool
    email: str
    mobile: Record | None
    place: int
    practitioner: Practitioner
    archived: int | None = None
    latest_booking: str | None = None
    filled: float = 0.5
    overrides: Record = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


def meet(world: World, *, first: str | None = None, last: str | None = None, email: str | None = None) -> Person:
    """A new patient, known to the clinic for up to three years."""
    rng, words = world.rng, world.words
    world.people += 1
    woman = rng.random() < 0.55
    first = first or rng.choice(words.women if woman else words.men)
    last = last or rng.choice(words.surnames)
    created = world.as_of - rng.randrange(10 * DAY_S, 1_100 * DAY_S)
    address = f"{first}.{last}{world.people}@{MAIL_DOMAINS[world.people % 3]}".lower()
    return Person(
        id=world.ids.take(created),
        first=first,
        last=last,
        created=created,
        woman=woman,
        email=email if email is not None else _plain(address) if rng.random() < 0.88 else "",
        mobile=phone("Mobile", landline(world.people)) if rng.random() < 0.93 else None,
        place=rng.randrange(3),
        practitioner=rng.choice(world.catalogue.treating),
        archived=world.as_of - rng.randrange(DAY_S, 9 * DAY_S) if rng.random() < 0.02 else None,
    )


def _plain(address: str) -> str:
    return address.replace(" ", "").replace("'", "")


def patient(world: World, person: Person) -> Record:
    """The wire record; every attribute of the 2025 schema, relations only where they exist (FACTS 6.1)."""
    rng, words, own = world.rng, world.words, person.id
    town, state, post_code = rng.choice(words.towns)
    room = max(1, world.as_of - 3_600 - person.created)
    updated = person.archived or person.created + rng.randrange(900 * DAY_S) % room
    record = head("patients", own, person.created, updated)
    record |= {
        "accepted_email_marketing": rng.random() < 0.5,
        "accepted_privacy_policy": rng.choice((True, True, False, None)),
        "accepted_sms_marketing": rng.random() < 0.5,
        "address_1": rng.choice(words.streets),
        "address_2": "",
        "address_3": "",
        "appointment_notes": "Prefers mornings" if rng.random() < 0.1 else None,
        "appointments": link(f"patients/{own}/appointments"),
        "archived_at": stamp(person.archived) if person.archived else None,
        "attendees": listing("attendees", "patient_id", own),
        "city": town,
        "country": "Australia",
        "country_code": "AU",
        "custom_fields": world.fields.values(rng, world.as_of, person.filled) if rng.random() < 0.6 else None,
        "date_of_birth": day(world.as_of - rng.randrange(3 * 365, 92 * 365) * DAY_S) if rng.random() < 0.97 else None,
        "deleted_at": None,
        "dva_card_number": f"NX{rng.randint(10_000, 99_999)}" if rng.random() < 0.05 else "",
        "email": person.email,
        "emergency_contact": rng.choice(words.women) + " " + landline(world.people + 40_000)
        if rng.random() < 0.3
        else "",
        "first_name": person.first,
        "gender": None,
        "gender_identity": ("Woman" if person.woman else "Man") if rng.random() < 0.9 else "Non-binary",
        "invoice_default_to": "",
        "invoice_email": "",
        "invoice_extra_information": "",
        "invoices": link(f"patients/{own}/invoices"),
        "label": person.name,
        "last_name": person.last,
        "medical_alerts": link(f"patients/{own}/medical_alerts"),
        "medicare": medicare(rng) if rng.random() < 0.6 else "",
        "medicare_reference_number": "1",
        "merged_at": None,
        "notes": "Line one\r\nLine two" if rng.random() < 0.05 else None,
        "occupation": rng.choice(words.jobs) if rng.random() < 0.5 else "",
        "old_reference_id": f"WB-{world.people:05d}" if rng.random() < 0.4 else "",
        "patient_attachments": link(f"patients/{own}/patient_attachments"),
        "patient_phone_numbers": _phones(world, person),
        "post_code": post_code,
        "preferred_first_name": person.first[:3] if rng.random() < 0.1 else "",
        "pronouns": _pronouns(person) if rng.random() < 0.3 else None,
        "receives_cancellation_emails": True,
        "receives_confirmation_emails": rng.random() < 0.8,
        "referral_source": None,
        "relationships": listing("relationships", "patient_id", own),
        "reminder_type": rng.choice(("SMS", "Email", "SMS & Email", "None")),
        "sex": "Female" if person.woman else "Male",
        "state": state,
        "time_zone": "Australia/Melbourne" if rng.random() < 0.2 else None,
        "title": ("Ms" if person.woman else "Mr") if rng.random() < 0.6 else "",
    }
    if person.latest_booking:
        record["latest_booking"] = link(f"bookings/{person.latest_booking}")
    if rng.random() < 0.1:
        record["concession_type"] = link(f"concession_types/{world.catalogue.concession}")
    if rng.random() < 0.3:
        record["referring_doctor"] = link(f"contacts/{rng.choice(world.catalogue.doctors)}")
    return record | person.overrides


def _phones(world: World, person: Person) -> list[Record]:
    phones = [person.mobile] if person.mobile else []
    if world.rng.random() < 0.2:
        phones.append(phone("Home", landline(world.people + 20_000)))
    return phones


def _pronouns(person: Person) -> Record:
    names = _SHE if person.woman else _HE
    kinds = ("nominative", "accusative", "pronominal_possessive", "predicative_possessive", "reflexive")
    return dict(zip(kinds, names, strict=True))


def alerts(world: World, person: Person, out: Emitted) -> None:
    """Medical alerts: short free texts on a third of the patients."""
    while world.rng.random() < 0.3:
        record = _upon("medical_alerts", world, person)
        record |= {"archived_at": None, "deleted_at": None, "name": world.rng.choice(ALERTS)}
        record["patient"] = link(f"patients/{person.id}")
        out.append(("medical_alerts", record))


def referral(world: World, person: Person, before: Person | None, record: Record, out: Emitted) -> None:
    """How the patient came to the clinic: by a doctor, another patient, or the internet. At most one."""
    rng, types = world.rng, world.catalogue.referral_types
    if rng.random() > 0.45:
        return
    kind = rng.choice(("Doctor", "Internet", "Patient" if before else "Doctor"))
    source = _upon("referral_sources", world, person)
    source |= {"archived_at": None, "notes": None, "patient": link(f"patients/{person.id}")}
    source["referral_source_type"] = link(f"referral_source_types/{types[kind]}")
    source["subcategory"] = {"Doctor": "GP", "Internet": "Search"}.get(kind)
    source["referrer_type"] = None
    if kind == "Doctor":
        source |= {"referrer": link(f"contacts/{rng.choice(world.catalogue.doctors)}"), "referrer_type": "Contact"}
    elif before and kind == "Patient":
        source |= {"referrer": link(f"patients/{before.id}"), "referrer_type": "Patient"}
    record["referral_source"] = kind
    out.append(("referral_sources", source))


def relate(world: World, one: Person, other: Person, code: int, word: str, out: Emitted) -> None:
    """States that `other` is the child, spouse … of `one`; stored once, not mirrored."""
    created = max(one.created, other.created)
    record = head("relationships", world.ids.take(created), created, created)
    record |= {
        "archived_at": None,
        "patient": link(f"patients/{one.id}"),
        "related_patient": link(f"patients/{other.id}"),
        "relation": code,
        "relation_description": word,
    }
    out.append(("relationships", record))


def attachment(world: World, person: Person, out: Emitted, *, kind: str | None = None, **named: object) -> str:
    """A file of the patient: its metadata now, its bytes on demand from `world.files`."""
    record = _upon("patient_attachments", world, person)
    own = str(record["id"])
    kind = kind or world.rng.choice(("pdf", "png", "txt"))
    stored = world.files.keep(own, kind)
    record |= {
        "archived_at": None,
        "content": link(f"patient_attachments/{own}/content"),
        "content_type": stored.content_type,
        "description": "Referral letter" if kind == "pdf" else "",
        "filename": f"scan {world.people}.{kind}",
        "patient": link(f"patients/{person.id}"),
        "pinned_at": None,
        "processed_at": record["created_at"],
        "processing_completed": True,
        "size": stored.size,
        "user": link(f"users/{world.catalogue.owner['id']}"),
    }
    out.append(("patient_attachments", record | named))
    return own


def _upon(resource: str, world: World, person: Person) -> Record:
    """The head of a record made some time after the patient's own."""
    created = person.created + world.rng.randrange(60, 9 * DAY_S)
    return head(resource, world.ids.take(created), created, created)
