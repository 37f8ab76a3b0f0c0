"""Facts about notes, forms and files: names of what they refer to, and when the appointment was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gurney.sources.cliniko.derived.people import families_of
from gurney.sources.cliniko.derived.reading import (
    Facts,
    Need,
    Record,
    Related,
    bookings,
    business_name,
    full_name,
    linked,
    live,
    of,
    text,
)
from gurney.sources.cliniko.links import link_id
from gurney.sources.cliniko.objects import is_put_away

_BOOKING = (Need("individual_appointments", "booking"), Need("group_appointments", "booking"))
_KIND = Need("appointment_types", "appointment_type")
NOTE_NEEDS = (
    Need("treatment_note_templates", "treatment_note_template"),
    Need("practitioners", "practitioner"),
    *_BOOKING,
    _KIND,
)
FORM_NEEDS = (Need("businesses", "business"), *_BOOKING)
ATTACHMENT_NEEDS = (Need("users", "user"),)


def treatment_notes(records: Sequence[Record], related: Related, as_of: datetime) -> list[Facts]:
    templates = linked(related, "treatment_note_templates", records, "treatment_note_template")
    people = linked(related, "practitioners", records, "practitioner")
    visits = _visits(records, related)
    kinds = linked(related, "appointment_types", visits.values(), "appointment_type")
    found = []
    for record in records:
        visit = visits.get(link_id(record, "booking") or "", {})
        found.append(
            {
                "template_name": text(of(templates, record, "treatment_note_template").get("name")),
                "practitioner_name": full_name(of(people, record, "practitioner")),
                "appointment_starts_at": visit.get("starts_at"),
                "appointment_name": text(of(kinds, visit, "appointment_type").get("name")),
            }
        )
    return found


def patient_forms(records: Sequence[Record], related: Related, as_of: datetime) -> list[Facts]:
    places = linked(related, "businesses", records, "business")
    visits = _visits(records, related)
    return [
        {
            "patient": link_id(record, "patient"),
            "location_name": business_name(of(places, record, "business")),
            "appointment_starts_at": visits.get(link_id(record, "booking") or "", {}).get("starts_at"),
        }
        for record in records
    ]


def patients_notes(records: Sequence[Record], related: Related, as_of: datetime) -> list[Facts]:
    """All of a patient's notes that nobody archived, the newest first, each with the facts of its own."""
    families, everyone = families_of(records, related)
    children = related.children("treatment_notes", "patient", everyone)
    found = []
    for record in records:
        own = live(row for id in families[record["id"]] for row in children.get(id, ()))
        notes = sorted(own, key=lambda row: (row.get("created_at") or "", row["id"]), reverse=True)
        facts = treatment_notes(notes, related, as_of) if notes else []
        found.append({"treatment_notes": [note | {"derived": fact} for note, fact in zip(notes, facts, strict=True)]})
    return found


def patients_forms(records: Sequence[Record], related: Related, as_of: datetime) -> list[Facts]:
    """When a patient last completed a form."""
    families, everyone = families_of(records, related)
    children = related.children("patient_forms", "patient", everyone)
    found = []
    for record in records:
        forms = live(row for id in families[record["id"]] for row in children.get(id, ()))
        moments = (form["completed_at"] for form in forms if form.get("completed_at"))
        found.append({"form_submitted_at": max(moments, default=None)})
    return found


def patient_attachments(records: Sequence[Record], related: Related, as_of: datetime) -> list[Facts]:
    users = linked(related, "users", records, "user")
    return [{"uploader_name": full_name(of(users, record, "user"))} for record in records]


def businesses(records: Sequence[Record], related: Related, as_of: datetime) -> list[Facts]:
    return [{"state": "archived" if is_put_away(record) else "active"} for record in records]


def _visits(records: Sequence[Record], related: Related) -> dict[str, Record]:
    """The appointment or class of each record, by booking."""
    there = bookings(related, [id for record in records if (id := link_id(record, "booking"))])
    return {id: row for id, (row, _) in there.items()}
