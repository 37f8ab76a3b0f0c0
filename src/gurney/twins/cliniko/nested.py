"""Lists under a parent: which of a table's rows belong to the parent, and what they filter on (FACTS 6).

Most hold the rows whose relation names the parent. What an appointment type or a business offers, and who
offers it, is read from the services; what belongs to a case from its attendees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from gurney.twins.cliniko.filters import linked_id, reader
from gurney.twins.cliniko.listing import Listing
from gurney.twins.cliniko.resources import Resource, resources
from gurney.twins.cliniko.store import INACTIVE, Record, Row, Store

Choice = Callable[[Store, str], list[Row]]


@dataclass(frozen=True)
class Nested:
    """One nested list."""

    path: str
    """Under /v1, with {parent}."""
    parent: str
    resource: str
    choice: Choice
    without: str | None = None
    """The filter that the path makes pointless: the vendor does not take it there."""
    extra: tuple[int, int] = (0, 0)
    """Bits that exclude, and bits that a row must have."""

    def listing(self, parent: str) -> Listing:
        """The list under one parent."""
        resource = resources()[self.resource]
        filters = {name: kind for name, kind in resource.filters.items() if name != self.without}
        return Listing(
            resource,
            filters,
            self.resource,
            (self.path, parent),
            lambda store: self.choice(store, parent),
            *self.extra,
        )


def by(resource: str, field: str) -> Choice:
    """The rows whose relation `field` names the parent."""
    read = reader(resource, field)
    return lambda store, parent: store.tables[resource].group(field, read, int(parent))


def nested_lists() -> list[Nested]:
    """Every nested list the twin serves."""
    return [*_by_relation(), *_by_services(), *_by_case()]


def active_cases(today: Callable[[], datetime], *, ignore_expiry: bool) -> Choice:
    """Cases that are open and, unless ignored, not past their expiry date."""

    def choose(store: Store, _: str) -> list[Row]:
        limit = "" if ignore_expiry else today().date().isoformat()
        return [row for row in store.tables["patient_cases"].ordered("created_at") if _is_open(row.record(), limit)]

    return choose


def _by_relation() -> Iterator[Nested]:
    for parent, name, field, leaves_out in (
        ("group_appointments", "attendees", "booking_id", None),
        ("individual_appointments", "attendees", "booking_id", None),
        ("patient_cases", "attendees", "patient_case_id", "patient_case_id"),
        ("businesses", "daily_availabilities", "business_id", "business_id"),
        ("practitioners", "daily_availabilities", "practitioner_id", "practitioner_id"),
        ("appointments", "invoices", "appointment_id", "appointment_id"),
        ("attendees", "invoices", "attendee_id", "attendee_id"),
        ("patients", "invoices", "patient_id", "patient_id"),
        ("practitioners", "invoices", "practitioner_id", "practitioner_id"),
        ("invoices", "invoice_items", "invoice_id", "invoice_id"),
        ("patients", "medical_alerts", "patient_id", "patient_id"),
        ("patients", "patient_attachments", "patient_id", "patient_id"),
        ("patients", "treatment_notes", "patient_id", "patient_id"),
        ("attendees", "patient_forms", "attendee_id", "attendee_id"),
        ("practitioners", "practitioner_reference_numbers", "practitioner_id", "practitioner_id"),
        ("businesses", "services", "business_id", None),
        ("patients", "appointments", "patient_id", "patient_id"),
        ("businesses", "appointments", "business_id", "business_id"),
        ("practitioners", "appointments", "practitioner_id", "practitioner_id"),
    ):
        yield Nested(f"/{parent}/{{parent}}/{name}", parent, name, by(name, field), leaves_out)


def _by_services() -> Iterator[Nested]:
    types = _offered("appointment_types", "practitioners", "appointment_type")
    yield Nested("/practitioners/{parent}/appointment_types", "practitioners", "appointment_types", types)
    for parent, relation in (("appointment_types", "appointment_type"), ("businesses", "business")):
        offering = _offering(relation)
        path = f"/{parent}/{{parent}}/practitioners"
        yield Nested(path, parent, "practitioners", offering, extra=(INACTIVE, 0))
        yield Nested(f"{path}/inactive", parent, "practitioners", offering, extra=(0, INACTIVE))


def _by_case() -> Iterator[Nested]:
    for name, field in (("bookings", "booking_id"), ("invoices", "attendee_id")):
        yield Nested(f"/patient_cases/{{parent}}/{name}", "patient_cases", name, _of_attendees(name, field))
    # nothing that can be read says which attachments belong to a case: the list is there and empty
    nothing: Choice = lambda store, parent: []  # noqa: E731
    yield Nested("/patient_cases/{parent}/patient_attachments", "patient_cases", "patient_attachments", nothing)


def _is_open(case: Record, today: str) -> bool:
    return not case.get("closed_at") and not case.get("closed") and (case.get("expiry_date") or "9999") >= today


def _services(store: Store) -> list[Record]:
    return [row.record() for row in store.tables["services"].ordered("created_at")]


def _practitioners_of(service: Record) -> set[str]:
    return {str(linked_id(practitioner)) for practitioner in service["practitioners"] or ()}


def _offered(resource: str, holder: str, relation: str) -> Choice:
    def choose(store: Store, parent: str) -> list[Row]:
        ids = {str(linked_id(one[relation])) for one in _services(store) if parent in _practitioners_of(one)}
        return _rows(store, resource, ids)

    return choose


def _offering(relation: str) -> Choice:
    def choose(store: Store, parent: str) -> list[Row]:
        offers = [one for one in _services(store) if str(linked_id(one[relation])) == parent]
        return _rows(store, "practitioners", {id for one in offers for id in _practitioners_of(one)})

    return choose


def _of_attendees(resource: str, field: str) -> Choice:
    """Bookings or invoices of the attendees of a case."""
    read = reader("attendees" if field == "booking_id" else resource, field)

    def choose(store: Store, parent: str) -> list[Row]:
        attendees = by("attendees", "patient_case_id")(store, parent)
        if field == "booking_id":
            return _rows(store, resource, {str(read(row.record())) for row in attendees})
        table = store.tables[resource]
        found = {row.id for attendee in attendees for row in table.group(field, read, attendee.number)}
        return _rows(store, resource, found)

    return choose


def _rows(store: Store, resource: str, ids: set[str]) -> list[Row]:
    table = store.tables[resource]
    return [table.rows[id] for id in ids if id in table.rows]


def listing_of(resource: Resource) -> Listing:
    """A resource's own list. The vendor's links to reversed invoices use a filter that it does not document."""
    extra = {"invoice_id": "int64"} if resource.name == "invoices" else {}
    hidden = INACTIVE if resource.name == "practitioners" else 0
    return Listing(resource, {**resource.filters, **extra}, resource.name, hidden=hidden)
