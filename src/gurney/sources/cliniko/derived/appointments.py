"""Facts about appointments, classes and who attends them. There is no status field: this is the rule (FACTS 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

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

BOOKED, ARRIVED, DID_NOT_ARRIVE = "Booked", "Arrived", "Did Not Arrive"
CANCELLED, DELETED, UNMARKED = "Cancelled", "Deleted", "Unmarked"
STATES = (BOOKED, ARRIVED, DID_NOT_ARRIVE, CANCELLED, DELETED, UNMARKED)

_NAMES = (
    Need("appointment_types", "appointment_type"),
    Need("practitioners", "practitioner"),
    Need("businesses", "business"),
)
INDIVIDUAL_NEEDS = (
    *_NAMES,
    Need("attendees", "booking", children=True),
    Need("invoices", "appointment", children=True),
    Need("treatment_notes", "booking", children=True),
)
GROUP_NEEDS = (*_NAMES, Need("attendees", "booking", children=True))
ATTENDEE_NEEDS = (
    Need("individual_appointments", "booking"),
    Need("group_appointments", "booking"),
    *_NAMES,
)

Rows = Mapping[str, list[dict[str, Any]]]


def individual_appointments(records: Sequence[Record], related: Related, as_of: datetime) -> list[Facts]:
    now = wire(as_of)
    ids = [record["id"] for record in records]
    types = linked(related, "appointment_types", records, "appointment_type")
    people = linked(related, "practitioners", records, "practitioner")
    places = linked(related, "businesses", records, "business")
    attending = related.children("attendees", "booking", ids)
    proven = _proven([record for record in records if _is_open(record, now)], related)
    found = []
    for record in records:
        attendees = attending.get(record["id"], [])
        attendee = next(iter(live(attendees)), attendees[0] if attendees else {})
        state = _state(record, now, evidence=record["id"] in proven)
        kind = of(types, record, "appointment_type")
        found.append(
            {
                "state": state,
                "arrived_by_evidence": state == ARRIVED and not record.get("patient_arrived"),
                "contradictory": bool(record.get("patient_arrived") and record.get("did_not_arrive")),
                "duration_min": minutes(record),
                "type_name": text(kind.get("name")),
                "type_telehealth": bool(kind.get("telehealth_enabled")),
                "practitioner_name": full_name(of(people, record, "practitioner")),
                "location_name": business_name(of(places, record, "business")),
                "time_zone": text(of(places, record, "business").get("time_zone_identifier")),
                "attendee": attendee.get("id"),
                "notes": _notes(record, attendees),
                "cancellation": _cancellation(record),
            }
        )
    return found


def group_appointments(records: Sequence[Record], related: Related, as_of: datetime) -> list[Facts]:
    now = wire(as_of)
    types = linked(related, "appointment_types", records, "appointment_type")
    people = linked(related, "practitioners", records, "practitioner")
    places = linked(related, "businesses", records, "business")
    attending = related.children("attendees", "booking", [record["id"] for record in records])
    found = []
    for record in records:
        attendees = live(attending.get(record["id"], []))
        coming = [row for row in attendees if not row.get("cancelled_at")]
        patients = (link_id(row, "patient") for row in coming)
        found.append(
            {
                "state": _class_state(record, attendees, coming, now),
                "type_name": text(of(types, record, "appointment_type").get("name")),
                "practitioner_name": full_name(of(people, record, "practitioner")),
                "location_name": business_name(of(places, record, "business")),
                "time_zone": text(of(places, record, "business").get("time_zone_identifier")),
                "duration_min": minutes(record),
                "attendee_count": len(coming),
                "patients": tuple(dict.fromkeys(id for id in patients if id)),
            }
        )
    return found


def attends_class(records: Sequence[Record], related: Related, as_of: datetime) -> list[Facts]:
    classes = linked(related, "group_appointments", records, "booking")
    return [{"is_group": link_id(record, "booking") in classes} for record in records]


def attendees(records: Sequence[Record], related: Related, as_of: datetime) -> list[Facts]:
    now = wire(as_of)
    booked = bookings(related, [id for record in records if (id := link_id(record, "booking"))])
    appointments = [appointment for appointment, _ in booked.values()]
    types = linked(related, "appointment_types", appointments, "appointment_type")
    people = linked(related, "practitioners", appointments, "practitioner")
    places = linked(related, "businesses", appointments, "business")
    found = []
    for record in records:
        appointment, is_group = booked.get(link_id(record, "booking") or "", ({}, False))
        found.append(
            {
                "state": _attendee_state(record, appointment, now, is_group=is_group),
                "class_starts_at": appointment.get("starts_at"),
                "class_ends_at": appointment.get("ends_at"),
                "class_name": text(of(types, appointment, "appointment_type").get("name")),
                "practitioner": link_id(appointment, "practitioner"),
                "location": link_id(appointment, "business"),
                "appointment_type": link_id(appointment, "appointment_type"),
                "practitioner_name": full_name(of(people, appointment, "practitioner")),
                "time_zone": text(of(places, appointment, "business").get("time_zone_identifier")),
            }
        )
    return found


def minutes(record: Record) -> int | None:
    """How long an appointment lasts."""
    starts, ends = record.get("starts_at"), record.get("ends_at")
    if not starts or not ends:
        return None
    return round((datetime.fromisoformat(ends) - datetime.fromisoformat(starts)).total_seconds() / 60)


def wire(moment: datetime) -> str:
    """A moment as the source writes it: such texts compare as the moments do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _state(record: Record, now: str, *, evidence: bool) -> str:
    """Put away and cancelled win over every mark; did-not-arrive wins over arrived when both are set."""
    if is_put_away(record):
        return DELETED
    if record.get("cancelled_at"):
        return CANCELLED
    if record.get("did_not_arrive"):
        return DID_NOT_ARRIVE
    if record.get("patient_arrived"):
        return ARRIVED
    if (record.get("starts_at") or "") > now:
        return BOOKED
    return ARRIVED if evidence else UNMARKED


def _is_open(record: Record, now: str) -> bool:
    """Past, and nobody marked what became of it."""
    return _state(record, now, evidence=False) == UNMARKED


def _proven(unmarked: Sequence[Record], related: Related) -> set[str]:
    """Appointments that an invoice or a treatment note proves to have taken place."""
    proven = {record["id"] for record in unmarked if _is_invoiced_or_noted(record)}
    rest = [record["id"] for record in unmarked if record["id"] not in proven]
    if rest:
        proven |= related.children("invoices", "appointment", rest).keys()
        proven |= related.children("treatment_notes", "booking", rest).keys()
    return proven


def _is_invoiced_or_noted(record: Record) -> bool:
    return record.get("invoice_status") is not None or record.get("treatment_note_status") is not None


def _class_state(
    record: Record, attendees: Sequence[dict[str, Any]], coming: Sequence[dict[str, Any]], now: str
) -> str:
    if is_put_away(record):
        return DELETED
    if attendees and not coming:
        return CANCELLED
    if any(row.get("arrived") or _is_invoiced_or_noted(row) for row in coming):
        return ARRIVED
    if (record.get("starts_at") or "") > now:
        return BOOKED
    return DID_NOT_ARRIVE if coming and all(row.get("arrived") is False for row in coming) else UNMARKED


def _attendee_state(record: Record, appointment: Record, now: str, *, is_group: bool) -> str:
    """The attendee's own marks; for a single appointment also those of the appointment."""
    if is_put_away(record) or is_put_away(appointment):
        return DELETED
    own = {
        "cancelled_at": record.get("cancelled_at") or appointment.get("cancelled_at"),
        "did_not_arrive": record.get("arrived") is False or (not is_group and appointment.get("did_not_arrive")),
        "patient_arrived": record.get("arrived") or (not is_group and appointment.get("patient_arrived")),
        "starts_at": appointment.get("starts_at"),
    }
    evidence = _is_invoiced_or_noted(record) or (not is_group and _is_invoiced_or_noted(appointment))
    return _state(own, now, evidence=evidence)


def _notes(record: Record, attendees: Sequence[dict[str, Any]]) -> str | None:
    texts = [text(record.get("notes")), *(text(row.get("notes")) for row in attendees)]
    return "\n\n".join(dict.fromkeys(note for note in texts if note)) or None


def _cancellation(record: Record) -> str | None:
    if not record.get("cancelled_at"):
        return None
    parts = (text(record.get("cancellation_reason_description")), text(record.get("cancellation_note")))
    return ": ".join(part for part in parts if part) or None
