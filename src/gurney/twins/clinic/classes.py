"""Group classes: one appointment without a patient, one attendee record per person (FACTS 0.6, 6.2)."""

from __future__ import annotations

from gurney.twins.clinic.bookings import attendee, cancellation, local
from gurney.twins.clinic.catalogue import PLACES, SUBDOMAIN
from gurney.twins.clinic.people import Emitted, Person, World
from gurney.twins.clinic.prices import TYPES
from gurney.twins.clinic.wire import API, DAY_S, Record, head, link, stamp

CLASS = 4


def hold(world: World, people: list[Person], out: Emitted) -> None:
    """One class for these people: most came, one did not, one is unmarked, one cancelled."""
    created = max(person.created for person in people) + 3_600
    place = people[0].place
    starts = local(place, created + world.rng.randrange(2 * DAY_S, 9 * DAY_S), 9, 0)
    own = world.ids.take(created)
    coming = []
    for seat, person in enumerate(people):
        arrived = None if starts >= world.as_of else (False, None)[seat] if seat < 2 else True
        record = attendee(world, person, own, world.ids.take(created), created, arrived)
        if seat == 2:
            record |= {**cancellation(world, True, created + 600), "arrived": None}
        else:
            coming.append(person.id)
        out.append(("attendees", record))
    record = _appointment(world, own, created, starts, place, coming)
    out.append(("group_appointments", record))
    out.append(("bookings", {**record, "links": {"self": f"{API}/bookings/{own}"}}))


def _appointment(world: World, own: str, created: int, starts: int, place: int, coming: list[str]) -> Record:
    record = head("group_appointments", own, created, created)
    record |= {
        "appointment_type": link(f"appointment_types/{world.catalogue.types[CLASS]}"),
        "archived_at": None,
        "attendees": link(f"group_appointments/{own}/attendees"),
        "business": link(f"businesses/{world.catalogue.businesses[place % len(PLACES)]}"),
        "conflicts": link(f"group_appointments/{own}/conflicts"),
        "deleted_at": None,
        "ends_at": stamp(starts + TYPES[CLASS][1] * 60),
        "max_attendees": TYPES[CLASS][2],
        "notes": None,
        "patient_ids": coming,
        "practitioner": link(f"practitioners/{world.rng.choice(world.catalogue.treating).id}"),
        "repeat_rule": {},
        "repeats": None,
        "starts_at": stamp(starts),
        "telehealth_url": f"https://{SUBDOMAIN}.au1.cliniko.com/appointments/{own}/connect",
    }
    return record
