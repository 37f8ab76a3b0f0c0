"""Oddities that every made-up clinic holds, so that whoever reads it meets them (listed in `Clinic.planted`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gurney.twins.clinic import invoices, paperwork, visits
from gurney.twins.clinic.notes import OLD, long_text
from gurney.twins.clinic.people import Emitted, Person, World, alerts, attachment, meet, patient, relate
from gurney.twins.clinic.wire import DAY_S, link, listing, stamp
from gurney.twins.clinic.words import MOBILES, phone

OVERSIZED_BYTES = 101 * 1024 * 1024
LARGE_BYTES = 3 * 1024 * 1024
LONG_NOTE_CHARACTERS = 45_000


@dataclass(frozen=True)
class Planted:
    """One oddity: a key to look it up by, where it is, and what is odd about it."""

    key: str
    resource: str
    ids: tuple[str, ...]
    what: str


def plant(world: World, out: Emitted, seed: int = 0, most: int | None = None) -> list[Planted]:
    """Makes all oddities, or the next so many after those of the seed before; their records are added to `out`.

    Who asks for a few wants a small clinic: its largest file has several pieces, and not 101 MB.
    """
    makers: tuple[Callable[[World, Emitted], Planted], ...] = (
        _unmatched,
        _family,
        _invalid_email,
        _merged,
        _archived,
        _long_note,
        _oversized if most is None else _large,
        _empty,
        _processing,
        _unnamed_type,
        _reversed,
        _all_fields,
        _line_separator,
        _deleted_appointment,
        _series,
    )
    some = range(len(makers)) if most is None else range(seed * most, (seed + 1) * most)
    return [makers[number % len(makers)](world, out) for number in some]


def _unmatched(world: World, out: Emitted) -> Planted:
    """The catalogue holds the practitioner; this gives them a patient, so that ownership matters."""
    person = meet(world)
    person.practitioner = next(p for p in world.catalogue.practitioners if p.id == world.catalogue.unmatched)
    _add(world, person, out)
    return Planted("unmatched_practitioner", "practitioners", (world.catalogue.unmatched,), "no user, so no e-mail")


def _family(world: World, out: Emitted) -> Planted:
    shared = phone("Mobile", MOBILES[-1])
    family = [meet(world, first=first, last="Penhallow", email="penhallow@example.org") for first in _FAMILY]
    for person in family:
        person.mobile = shared
        person.archived = None
        _add(world, person, out)
    relate(world, family[0], family[1], 40, "Spouse", out)
    relate(world, family[0], family[2], 20, "Child", out)
    relate(world, family[0], family[3], 20, "Child", out)
    return _planted("family_one_email", family, "four relatives, one e-mail address and one mobile")


_FAMILY = ("Rowena", "Jory", "Tamsin", "Piran")


def _invalid_email(world: World, out: Emitted) -> Planted:
    person = meet(world, email="casey.marlow@example..org")
    _add(world, person, out)
    return _planted("invalid_email", [person], "an e-mail address with two dots in a row")


def _merged(world: World, out: Emitted) -> Planted:
    """The loser keeps its own children; its merge shows in two attributes and in being archived (FACTS 6.1)."""
    survivor, loser = meet(world, first="Mirela", last="Okonjo"), meet(world, first="Mirela", last="Okonjo")
    survivor.archived = None
    loser.archived = world.as_of - 30 * DAY_S
    loser.overrides = {
        "merged_at": stamp(loser.archived),
        "merged_with_patient": link(f"patients/{survivor.id}"),
    }
    _add(world, survivor, out)
    _add(world, loser, out)
    return _planted("merged_patient", [loser, survivor], "the first was merged into the second")


def _archived(world: World, out: Emitted) -> Planted:
    person = meet(world)
    person.archived = world.as_of - 5 * DAY_S
    _add(world, person, out)
    return _planted("archived_patient", [person], "archived, with visits, notes and a file")


def _long_note(world: World, out: Emitted) -> Planted:
    person = meet(world)
    _add(world, person, out)
    written = paperwork.note(world, person, person.created + DAY_S, OLD, long_text(LONG_NOTE_CHARACTERS))
    out.append(("treatment_notes", written))
    return Planted("long_note", "treatment_notes", (written["id"],), f"an answer of {LONG_NOTE_CHARACTERS} characters")


def _oversized(world: World, out: Emitted) -> Planted:
    return _series_of_images(world, out, "oversized_file", OVERSIZED_BYTES)


def _large(world: World, out: Emitted) -> Planted:
    return _series_of_images(world, out, "large_file", LARGE_BYTES)


def _series_of_images(world: World, out: Emitted, key: str, size: int) -> Planted:
    own = _file(world, out, "dcm", size, filename="mri series.dcm", description="MRI")
    return Planted(key, "patient_attachments", (own,), f"{size} bytes: byte i is i mod 256")


def _empty(world: World, out: Emitted) -> Planted:
    own = _file(world, out, "pdf", 0, filename="empty.pdf")
    return Planted("empty_file", "patient_attachments", (own,), "no bytes at all")


def _processing(world: World, out: Emitted) -> Planted:
    unknown = dict.fromkeys(("content", "content_type", "filename", "processed_at", "size"))
    own = _file(world, out, "pdf", 0, processing_completed=False, **unknown)
    return Planted("file_in_processing", "patient_attachments", (own,), "not yet processed: no name, size or content")


def _unnamed_type(world: World, out: Emitted) -> Planted:
    own = _file(world, out, "pdf", None, content_type="invalid/invalid", filename="letter.pdf")
    return Planted("invalid_content_type", "patient_attachments", (own,), "a PDF declared as invalid/invalid")


def _reversed(world: World, out: Emitted) -> Planted:
    """A closed invoice and the credit that takes it back: same items, negative, status 40."""
    person = meet(world)
    _add(world, person, out)
    when = person.created + 9 * DAY_S
    ids = world.ids.take(when), world.ids.take(when + 60)
    first = invoices.billed(world, person, ids[0], when, 30, [(12_100, 0), (2_200, 200)])
    credit = invoices.billed(world, person, ids[1], when + 60, 40, [(-12_100, 0), (-2_200, -200)])
    credit["original_invoice"] = link(f"invoices/{ids[0]}")
    out += [("invoices", first), ("invoices", credit)]
    for invoice, sign in zip(ids, (1, -1), strict=True):
        out.append(("invoice_items", invoices.item(world, invoice, when, 0, None, (sign * 12_100, 0))))
        out.append(("invoice_items", invoices.item(world, invoice, when, 0, 0, (sign * 2_200, sign * 200))))
    return Planted("reversed_invoice", "invoices", ids, "the second is the credit for the first; they add up to zero")


def _all_fields(world: World, out: Emitted) -> Planted:
    person = meet(world)
    person.overrides = {"custom_fields": world.fields.values(world.rng, world.as_of, filled=1)}
    _add(world, person, out)
    return _planted("all_custom_fields", [person], "every custom field filled in, archived ones included")


def _line_separator(world: World, out: Emitted) -> Planted:
    person = meet(world)
    person.overrides = {"notes": "Ring first\u2028then come in"}
    _add(world, person, out)
    return _planted("line_separator", [person], "U+2028 inside a value: not the end of a line of JSON")


def _deleted_appointment(world: World, out: Emitted) -> Planted:
    person = meet(world)
    _add(world, person, out)
    made: Emitted = []
    while not any(resource == "individual_appointments" for resource, _ in made):
        visits.history(world, person, made)
    own = next(record["id"] for resource, record in made if resource == "individual_appointments")
    gone = stamp(world.as_of - DAY_S)
    for resource, record in made:
        booking = record.get("booking", {}).get("links", {}).get("self", "")
        if record["id"] == own or (resource == "attendees" and booking.endswith(f"/{own}")):
            record |= {"archived_at": gone, "updated_at": gone}
    out += made
    return Planted("deleted_appointment", "individual_appointments", (own,), "archived, with its attendee")


def _series(world: World, out: Emitted) -> Planted:
    """Three weekly appointments: each is a record of its own, the later two name the first (FACTS 5)."""
    person = meet(world)
    _add(world, person, out)
    ids: list[str] = []
    while len(ids) < 3:
        made: Emitted = []
        visits.history(world, person, made)
        ids = [record["id"] for resource, record in made if resource == "individual_appointments"]
    weekly = {"repeat_type": "Weekly", "repeating_interval": 1, "number_of_repeats": 2}
    for resource, record in made:
        if resource in ("individual_appointments", "bookings") and record["id"] in ids[:3]:
            record["repeat_rule"] = weekly
            if record["id"] == ids[0]:
                record["repeats"] = listing("individual_appointments", "repeated_from_id", ids[0])
            else:
                record["repeated_from"] = link(f"individual_appointments/{ids[0]}")
    out += made
    return Planted("repeating_series", "individual_appointments", tuple(ids[:3]), "weekly; the first has the others")


def _file(world: World, out: Emitted, kind: str, length: int | None, **named: object) -> str:
    person = meet(world)
    _add(world, person, out)
    own = attachment(world, person, out, kind="pdf", **named)
    stored = world.files.keep(own, kind, length)
    record = out[-1][1]
    if record["size"] is not None:
        record["size"] = stored.size
    if "content_type" not in named:
        record["content_type"] = stored.content_type
    return own


def _add(world: World, person: Person, out: Emitted) -> None:
    """The patient, a history and an alert; every planted patient has at least one file and one visit."""
    while person.latest_booking is None:
        visits.history(world, person, out)
    alerts(world, person, out)
    attachment(world, person, out)
    out.append(("patients", patient(world, person)))


def _planted(key: str, people: list[Person], what: str) -> Planted:
    return Planted(key, "patients", tuple(person.id for person in people), what)
