"""Facts about notes, forms and files: names of what they refer to, and when the appointment was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gurney.sources.cliniko.derived.reading import (
    Facts,
    Need,
    Record,
    Related,
    bookings,
    business_name,
    full_name,
    linked,
    of,
    text,
)
from gurney.sources.cliniko.links import link_id

_BOOKING = (Need("individual_appointments", "booking"), Need("group_appointments", "booking"))
NOTE_NEEDS = (
    Need("treatment_note_templates", "treatment_note_template"),
    Need("practitioners", "practitioner"),
    *_BOOKING,
)
FORM_NEEDS = (Need("businesses", "business"), *_BOOKING)
ATTACHMENT_NEEDS = (Need("users", "user"),)


def treatment_notes(records: Sequence[Record], related: Related, as_of: datetime) -> list[Facts]:
    templates = linked(related, "treatment_note_templates", records, "treatment_note_template")
    people = linked(related, "practitioners", records, "practitioner")
    starts = _starts(records, related)
    return [
        {
            "template_name": text(of(templates, record, "treatment_note_template").get("name")),
            "practitioner_name": full_name(of(people, record, "practitioner")),
            "appointment_starts_at": starts.get(link_id(record, "booking") or ""),
        }
        for record in records
    ]


def patient_forms(records: Sequence[Record], related: Related, as_of: datetime) -> list[Facts]:
    places = linked(related, "businesses", records, "business")
    starts = _starts(records, related)
    return [
        {
            "patient": link_id(record, "patient"),
            "location_name": business_name(of(places, record, "business")),
            "appointment_starts_at": starts.get(link_id(record, "booking") or ""),
        }
        for record in records
    ]


def patient_attachments(records: Sequence[Record], related: Related, as_of: datetime) -> list[Facts]:
    users = linked(related, "users", records, "user")
    return [{"uploader_name": full_name(of(users, record, "user"))} for record in records]


def businesses(records: Sequence[Record], related: Related, as_of: datetime) -> list[Facts]:
    return [
        {"state": "archived" if record.get("archived_at") or record.get("deleted_at") else "active"}
        for record in records
    ]


def _starts(records: Sequence[Record], related: Related) -> dict[str, str]:
    """When each booking begins, by booking."""
    there = bookings(related, [id for record in records if (id := link_id(record, "booking"))])
    return {id: row["starts_at"] for id, (row, _) in there.items() if row.get("starts_at")}
