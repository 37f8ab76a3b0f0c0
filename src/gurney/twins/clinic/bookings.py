"""Bookings: one person's visit as appointment and attendee.

A visit's outcome shows in attributes only; there is no status anywhere (FACTS 7).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from gurney.twins.clinic.catalogue import PLACES, SUBDOMAIN
from gurney.twins.clinic.people import Person, World
from gurney.twins.clinic.wire import Record, day, head, link, stamp
from gurney.twins.clinic.words import REASONS

Outcome = Literal["booked", "arrived", "dna", "cancelled", "unmarked"]
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


def local(place: int, moment: int, hour: int, minute: int) -> int:
    """The moment at which it is this wall-clock time at a business, on the day of `moment`."""
    zone, calendar_day = PLACES[place][4], day(moment)
    midnight = _midnights.get((zone, calendar_day))
    if midnight is None:
        at = datetime.combine(date.fromisoformat(calendar_day), datetime.min.time(), ZoneInfo(zone))
        midnight = _midnights[zone, calendar_day] = int(at.timestamp())
    return midnight + hour * 3600 + minute * 60


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


def appointment(world: World, person: Person, visit: Visit) -> Record:
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


def attendee_of(world: World, person: Person, visit: Visit) -> Record:
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
