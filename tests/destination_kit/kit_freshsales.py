"""Freshsales for the kit: its objects, made by API where the numbers of field types are known, else by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import orjson
from kit_freshsales_witness import ASIDE, PATIENT, PATIENT_KEY, VISIT_KEY, FreshsalesWitness

from gurney.records import Link
from gurney.schema import FieldType, NewField, SchemaChange
from gurney.testing.kit import Adapter, Role, fields_of_types, filled, key_field
from gurney.twins.freshsales import build
from gurney.twins.freshsales.service import Freshsales
from gurney.twins.kit.options import TwinOptions
from gurney.twins.kit.twin import Twin
from gurney.twins.kit.wire import Request

T = FieldType
KEY = "cf_kit_key"
LONG_CHARS = 10_000
SINGLE, BOTH = ("single",), ("single", "bulk")
START, LATER = datetime(2026, 2, 3, 23, 30, tzinfo=UTC), datetime(2027, 2, 3, 23, 30, tzinfo=UTC)
CODES = "text=1,textarea=2,number=3,dropdown=4,checkbox=5,radio=6,date=7,multi_select_dropdown=8"
TYPES = (T.TEXT, T.LONG_TEXT, T.DECIMAL, T.BOOLEAN, T.DATE, T.PICKLIST, T.MULTI_PICKLIST)
"""Addresses, amounts, moments and whole numbers have no types of their own (FACTS 5)."""


def named(label: str) -> str:
    """A field's name as the vendor makes one of a label (FACTS 0.2)."""
    return "cf_" + label.lower().replace(" ", "_")


def fields_of(object: str) -> Iterator[NewField]:
    for change in fields_of_types(object, TYPES, named):
        yield replace(change, length=LONG_CHARS) if change.type is T.LONG_TEXT else change


CHANGES: tuple[SchemaChange, ...] = (
    *fields_of("contacts"),
    NewField("contacts", ASIDE, "Email As In Cliniko", T.TEXT, length=254),
    key_field("sales_accounts", KEY, unique=False),
    *fields_of("sales_accounts"),
    key_field("deals", KEY, unique=False),
    *fields_of("deals"),
)
CONTACT = {
    "first_name": T.TEXT, "email": T.EMAIL, "mobile_number": T.PHONE, "work_number": T.PHONE, "job_title": T.TEXT,
    "address": T.TEXT, "city": T.TEXT, "lifecycle_stage": T.PICKLIST,
}  # fmt: skip
DEAL = {"amount": T.MONEY, "stage": T.PICKLIST, "closed_date": T.DATE, "expected_close": T.DATE}
PRODUCT = {
    "category": T.TEXT, "product_code": T.TEXT, "description": T.LONG_TEXT, "is_active": T.BOOLEAN, "price": T.MONEY,
}  # fmt: skip


class ByProgram(Freshsales):
    """An account of which somebody found out the numbers of field types."""

    def env(self, base_url: str) -> dict[str, str]:
        return {**super().env(base_url), "GURNEY_FRESHSALES_FIELD_CODES": CODES}


def build_by_program(options: TwinOptions) -> Twin:
    return Twin(ByProgram(options), options)


def build_with_patient(options: TwinOptions) -> Twin:
    """A twin in which there is somebody to make tasks and appointments for."""
    twin = build_by_program(options)
    fields = {"first_name": "Kit", "last_name": "Patient", "external_id": PATIENT_KEY}
    order = orjson.dumps({"object": "contacts", "fields": fields})
    answer = twin.service.admin_actions["POST create"](Request("POST", "/create", body=order))
    assert orjson.loads(answer.payload()) == {"id": PATIENT}
    return twin


def build_by_hand(options: TwinOptions) -> Twin:
    """An account whose administrator has made all fields from the setup plan."""
    twin = build(options)
    kinds = {
        T.TEXT: "text", T.LONG_TEXT: "textarea", T.DECIMAL: "number", T.BOOLEAN: "checkbox", T.DATE: "date",
        T.PICKLIST: "dropdown", T.MULTI_PICKLIST: "multi_select_dropdown",
    }  # fmt: skip
    for one in CHANGES:
        assert isinstance(one, NewField)
        order = {"object": one.object, "label": one.label, "type": kinds[one.type], "choices": list(one.options)}
        made = twin.service.admin_actions["POST field"](Request("POST", "/field", body=orjson.dumps(order)))
        assert made.status == 200, made.payload()
    return twin


FRESHSALES = Adapter(
    vendor="freshsales",
    build=build_by_program,
    witness=FreshsalesWitness,
    edition="enterprise",
    switches={"standard_fields": "accept", "visibility": "all"},
    person=Role(
        "contacts", "last_name", "external_id", {**CONTACT, **filled([*fields_of("contacts")], "contacts")},
        never_empty=frozenset({"lifecycle_stage"}), lookups={"company": "account"}, routes=BOTH,
    ),
    company=Role(
        "sales_accounts", "name", KEY, {"phone": T.PHONE, "website": T.URL, **filled(CHANGES, "sales_accounts")},
        routes=BOTH,
    ),
    child=Role(
        "deals", "name", KEY,
        {**DEAL, **filled(CHANGES, "deals")},
        always={"amount": Decimal("12.50")}, never_empty=frozenset({"amount", "stage", "closed_date"}),
        lookups={"person": "contact", "company": "account"}, routes=BOTH,
    ),
    note=Role("notes", "title", fields={"title": T.TEXT, "content": T.LONG_TEXT}, body="content", routes=SINGLE),
    file=Role("files", "name", fields={"name": T.TEXT}, routes=SINGLE),
    changes=CHANGES,
    misses={
        "adds_options": "FACTS 5: no call adds a value to a pick-list; the administrator does",
        "deletes_files": "FACTS 0.10: no call deletes a file",
        "checks_without_writing": "FACTS 1: no call tells whose key it is",
        "forecasts_deleting_notes_and_files": "FACTS 0.10: no call deletes a file, so it takes no time",
        **dict.fromkeys(
            (f"forecasts_what_writing_spends[{name}]" for name in ("contacts", "sales_accounts", "deals")),
            "FACTS 4: on which pages of which lists a job's records stand is known afterwards; see the test below",
        ),
        "forecasts_what_reading_spends[contacts]": "FACTS 2: no answer has the stage; lists of all contacts tell it",
        **dict.fromkeys(
            ("never_writes_twice[deals-single]", "never_writes_twice[deals-bulk]"),
            "FACTS 7: nothing of a deal is unique: what is sent twice is there twice",
        ),
        **dict.fromkeys(
            ("refuses_a_bad_address[contacts-single]", "refuses_a_bad_address[contacts-bulk]"),
            "FACTS 0.5: an address that is refused is kept in a field of our own",
        ),
        "writes_again_what_was_deleted[contacts]": "FACTS 8: in the recycle bin a contact keeps its external id",
    },
)  # fmt: skip
"""Contacts, accounts and deals, by single calls and by jobs, with notes and files."""

VISITS = replace(
    FRESHSALES,
    build=build_with_patient,
    more=(
        Role(
            "tasks", "title", VISIT_KEY,
            {"title": T.TEXT, "description": T.LONG_TEXT, "due_date": T.DATETIME, "done": T.BOOLEAN},
            always={"contact": Link("contacts", str(PATIENT)), "due_date": START},
            never_empty=frozenset({"title", "due_date"}), lookups={"person": "contact"}, routes=SINGLE,
        ),
        Role(
            "appointments", "title", VISIT_KEY,
            {"description": T.LONG_TEXT, "from_date": T.DATETIME, "location": T.TEXT},
            always={"contact": Link("contacts", str(PATIENT)), "from_date": START, "end_date": LATER},
            never_empty=frozenset({"from_date"}), lookups={"person": "contact"}, may_be_unowned=True, routes=SINGLE,
        ),
        Role(
            "products", "name", "sku_number", PRODUCT, always={"price": Decimal("9.50")}, may_be_unowned=True,
            routes=SINGLE,
        ),
    ),
    misses={
        **dict.fromkeys(
            (f"refuses_an_unknown_option[{name}-single]" for name in ("tasks", "appointments", "products")),
            "FACTS 0.7: there is no pick-list",
        ),
        **dict.fromkeys(
            (f"never_writes_twice[{name}-single]" for name in ("tasks", "appointments", "products")),
            "FACTS 7: nothing of them is unique: what is sent twice is there twice",
        ),
        **dict.fromkeys(
            (f"forecasts_what_reading_spends[{name}]" for name in ("tasks", "appointments")),
            "FACTS 3: they stand in two lists, and in which nobody knows beforehand",
        ),
        **dict.fromkeys(
            (
                "finds_by_key[products]", "counts_what_is_there[products]", "writes_again_what_was_deleted[products]",
                "settles_creations_that_took_effect[products-single]",
                "settles_creations_that_never_were[products-single]", "settles_half_a_batch[products-single]",
                "settles_old_and_new_together[products]", "settles_what_another_process_sent[products]",
            ),
            "FACTS 0.9: no list shows products; one whose answer was lost is left to a person",
        ),
    },
)  # fmt: skip
"""What hangs on a contact and has our key in a text, and products, which no list shows."""

BY_HAND = replace(
    FRESHSALES,
    build=build_by_hand,
    switches={"visibility": "all"},
    misses={name: why for name, why in FRESHSALES.misses.items() if name != "adds_options"},
)
"""As an account comes: no program makes fields (FACTS 5), so the administrator has."""
