"""HighLevel for the kit: its objects, and what of them is told otherwise than it is meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import orjson
from kit_highlevel_witness import INVOICE_KEY, PATIENT, STUBBORN, VISIT_KEY, HighLevelWitness

from gurney.records import Link, Value
from gurney.schema import FieldType, NewField, NewObject, NewOptions, SchemaChange
from gurney.testing.kit import Adapter, Role, fields_of_types, filled, key_field
from gurney.twins.highlevel import build
from gurney.twins.highlevel.service import HighLevel
from gurney.twins.kit.options import TwinOptions
from gurney.twins.kit.twin import Twin
from gurney.twins.kit.wire import Request

T = FieldType
KEY = "kit_key"
COMPANY, CHILD = "custom_objects.kit_company", "custom_objects.kit_child"
VISIT, OTHER_VISIT = "Kit: O'Neill's visit", "Kit: review, 100 %"
START = datetime(2026, 2, 3, 23, 30, tzinfo=UTC)
LONG_CHARS = 20_000
SINGLE = ("single",)


def named(label: str) -> str:
    """A key as the vendor makes one of a label."""
    return label.lower().replace(" ", "_")


TYPES = (T.TEXT, T.LONG_TEXT, T.DECIMAL, T.MONEY, T.BOOLEAN, T.DATE, T.PICKLIST, T.MULTI_PICKLIST)
"""Addresses, moments and whole numbers have no types of their own that take what clinics type (FACTS 0.3, 7)."""


def fields_of(object: str) -> Iterator[NewField]:
    """The key and a field of each type; long texts are shorter than others' (no limit is published, FACTS 8)."""
    yield key_field(object, KEY, unique=False)
    for change in fields_of_types(object, TYPES, named):
        yield replace(change, length=LONG_CHARS) if change.type is T.LONG_TEXT else change


def stand_in(name: str, label: str) -> NewField:
    return NewField("contacts", name, label, T.TEXT, length=500)


CHANGES: tuple[SchemaChange, ...] = (
    *fields_of("contacts"),
    stand_in("email_as_in_cliniko", "Email As In Cliniko"),
    stand_in("phone_as_in_cliniko", "Phone As In Cliniko"),
    NewField("contacts", "cliniko_files", "Cliniko Files", T.FILE),
    NewObject(COMPANY, "Kit Company", "Kit Companies"),
    *fields_of(COMPANY),
    NewObject(CHILD, "Kit Child", "Kit Children"),
    *fields_of(CHILD),
    NewField(CHILD, "patient", "Patient", T.LOOKUP, lookup_to="contacts"),
    NewOptions("appointments", "calendar", (VISIT,)),
    NewOptions("appointments", "calendar", (OTHER_VISIT,)),
)
CONTACT = {
    "firstName": T.TEXT, "email": T.EMAIL, "phone": T.PHONE, "dateOfBirth": T.DATE, "address1": T.TEXT,
    "city": T.TEXT, "dnd_email": T.BOOLEAN, "dnd_sms": T.BOOLEAN,
}  # fmt: skip


def build_with_patient(options: TwinOptions) -> Twin:
    """A twin in which there is somebody to make appointments for."""
    twin = build(options)
    assert isinstance(twin.service, HighLevel)
    fields = {"id": PATIENT, "firstName": "Kit", "lastName": "Patient"}
    order = orjson.dumps({"object": "contacts", "fields": fields})
    assert twin.service.admin_actions["POST create"](Request("POST", "/create", body=order)).status == 200
    return twin


HIGHLEVEL = Adapter(
    vendor="highlevel",
    build=build,
    witness=HighLevelWitness,
    edition="unlimited",
    person=Role(
        "contacts", "lastName", KEY, {**CONTACT, **filled([*fields_of("contacts")], "contacts")},
        always={"companyName": "Kit & Co"},
        never_empty=STUBBORN, may_be_unowned=True, routes=SINGLE,
    ),
    company=Role(
        COMPANY, "name", KEY, filled(CHANGES, COMPANY), never_empty=frozenset({"kit_date"}), may_be_unowned=True,
        routes=SINGLE,
    ),
    child=Role(
        CHILD, "name", KEY, filled(CHANGES, CHILD), never_empty=frozenset({"kit_date"}),
        lookups={"person": "patient"}, may_be_unowned=True, routes=SINGLE,
    ),
    note=Role("notes", "title", fields={"title": T.TEXT, "body": T.RICH_TEXT}, body="body", routes=SINGLE),
    file=Role("files", "name", fields={"name": T.TEXT}, routes=SINGLE),
    changes=CHANGES,
    misses={
        "never_writes_twice": "FACTS 13: no key, no unique field, no upsert: what is sent twice is there twice",
        "refuses_a_bad_address[contacts-single]": "FACTS 4.1: what is refused is kept in a field of ours beside",
        "tells_different_values_apart": "FACTS 4.1: a number is kept in E.164, however it was typed",
        f"forecasts_what_writing_spends[{CHILD}]": "FACTS 12: a link is a call, forecast for each record",
        f"forecasts_what_reading_spends[{CHILD}]": "FACTS 8: a record without links is asked by itself",
        "forecasts_deleting_notes_and_files": "FACTS 10: all files of a contact go together, entries of one field",
        "renews_an_expired_token_once": "FACTS 2.1: a private integration token never expires",
    },
)  # fmt: skip
"""With a private integration token, in a location that wants each address once."""

BILL: dict[str, Value] = {
    "contact": Link("contacts", PATIENT), "contact_name": "Kit Patient", "business_name": "Kit Clinic",
    "currency": "AUD", "issued": date(2026, 2, 3), "total": Decimal("12.50"),
}  # fmt: skip
VISITS = replace(
    HIGHLEVEL,
    build=build_with_patient,
    more=(
        Role(
            "appointments",
            "title",
            VISIT_KEY,
            {
                "calendar": T.PICKLIST,
                "status": T.PICKLIST,
                "start": T.DATETIME,
                "description": T.LONG_TEXT,
                "address": T.TEXT,
            },
            always={"contact": Link("contacts", PATIENT), "calendar": VISIT, "start": START},
            never_empty=frozenset({"calendar", "status", "start"}),
            lookups={"person": "contact"},
            routes=SINGLE,
        ),
        Role(
            "tasks",
            "title",
            VISIT_KEY,
            {"title": T.TEXT, "body": T.LONG_TEXT},
            always={"contact": Link("contacts", PATIENT), "dueDate": START, "completed": True},
            never_empty=frozenset({"title"}),
            lookups={"person": "contact"},
            may_be_unowned=True,
            routes=SINGLE,
        ),
        Role(
            "invoices",
            "name",
            INVOICE_KEY,
            {"name": T.TEXT, "issued": T.DATE, "total": T.MONEY, "terms": T.LONG_TEXT, "due": T.DATE},
            always=BILL,
            never_empty=frozenset({"name", "issued", "total", "due"}),
            lookups={"person": "contact"},
            owned=False,
            routes=SINGLE,
        ),
    ),
    misses={
        **{name: HIGHLEVEL.misses[name] for name in ("never_writes_twice", "renews_an_expired_token_once")},
        "keeps_what_a_person_changed[tasks-single]": "FACTS 5: a task does not tell when it was changed",
        "refuses_an_unknown_option[tasks-single]": "FACTS 0.4: tasks have no pick-list",
        "refuses_an_unknown_option[invoices-single]": "FACTS 11: invoices have no pick-list that is written",
        "finds_by_key[tasks]": "FACTS 5: no list has every task; settlement asks the contact for its own",
        "finds_by_key[invoices]": "FACTS 11: invoices are listed without their terms; settlement asks the contact's",
        "counts_what_is_there[tasks]": "FACTS 5: tasks are searched, not counted",
        "counts_what_is_there[invoices]": "FACTS 11: counted by nobody",
    },
)
"""What hangs on a contact and has our key in a text: appointments, tasks, invoices of the vendor's own."""

OAUTH = replace(
    HIGHLEVEL,
    switches={"auth": "oauth"},
    misses={name: why for name, why in HIGHLEVEL.misses.items() if name != "renews_an_expired_token_once"},
)
"""With a marketplace app's tokens."""
