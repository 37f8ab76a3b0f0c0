"""A patient's visits, one after the other, and what follows from each.

The outcome decides the rest: arrived people get notes and invoices, cancelled ones a reason, future ones
nothing yet.
"""

from __future__ import annotations

from gurney.twins.clinic import paperwork
from gurney.twins.clinic.bookings import Outcome, Visit, appointment, attendee_of, local
from gurney.twins.clinic.invoices import invoice
from gurney.twins.clinic.people import Emitted, Person, World
from gurney.twins.clinic.prices import TYPES
from gurney.twins.clinic.wire import API, DAY_S


def history(world: World, person: Person, out: Emitted) -> None:
    """All visits of a patient, and the records that hang on each."""
    if world.rng.random() < 0.08:
        return
    case = paperwork.case(world, person, out) if world.rng.random() < 0.4 else None
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
    booked = appointment(world, person, visit)
    out.append(("individual_appointments", booked))
    out.append(("bookings", {**booked, "links": {"self": f"{API}/bookings/{visit.appointment}"}}))
    out.append(("attendees", attendee_of(world, person, visit)))
    if visit.note_status:
        out.append(("treatment_notes", paperwork.note_of(world, person, visit)))
    if visit.invoice_status:
        invoice(world, person, visit, out)
    if visit.first and world.rng.random() < 0.5:
        paperwork.form(world, person, visit, out)
    if world.rng.random() < 0.5:
        out.append(("communications", paperwork.message(world, person, visit)))
