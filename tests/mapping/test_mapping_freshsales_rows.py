"""Each row of the Freshsales contract, shown on made-up records and on the sample clinic as it lies in a snapshot."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import mapping_account
import pytest
from mapping_staged import Salesforce as Staged
from mapping_staged import every, stage

from gurney.destinations.freshsales import objects
from gurney.destinations.freshsales.blueprint import field_type
from gurney.destinations.freshsales.limits import account_limits
from gurney.destinations.freshsales.objects import Choices
from gurney.destinations.freshsales.provision import setup_sheet
from gurney.destinations.freshsales.values import TYPES
from gurney.mapping.compile import CompiledMapping, compile_mapping
from gurney.mapping.coverage import coverage, explain
from gurney.mapping.document import Mapping, default, digest, dump, load
from gurney.mapping.known import as_mapped, known_names
from gurney.mapping.propose import objects_of_values, propose
from gurney.mapping.schema_changes import changes
from gurney.mapping.validate import validate
from gurney.migration.compiled import with_changes
from gurney.records import Link
from gurney.schema import FieldSchema, NewField, ObjectSchema, Schema, SchemaChange
from gurney.sources.cliniko.source_schema import source_schema
from gurney.store.store import Store

Record = dict[str, Any]
CREATED = {"created_at": "2024-01-02T03:04:05Z", "updated_at": "2024-01-02T03:04:05Z"}
SOURCES = [{"id": "40", "name": "Google"}, {"id": "41", "name": "Doctor"}]
PEOPLE = [{"id": "26", "display_name": "Dana Brown"}]
PLACES = [{"id": "50", "display_name": "North", "time_zone_identifier": "Australia/Hobart", **CREATED}]
VISIT = {"starts_at": "2026-02-17T22:30:00Z", "ends_at": "2026-02-17T23:15:00Z", **CREATED}
POLICY = {"name": "Insurance policy number", "token": "t1", "type": "text"}
STATUS = {
    "name": "Insurance Status",
    "token": "t2",
    "type": "radiobuttons",
    "options": [{"name": "active"}, {"name": "expired"}],
}
HISTORY = {"name": "Medical history", "token": "t3", "type": "paragraph"}
COVER = {"sections": [{"name": "Cover", "fields": [POLICY, STATUS, HISTORY]}]}
CHOICES = Choices({"Lead": 1, "Sales Qualified Lead": 2, "Customer": 3}, {"Open": 5, "Won": 6, "Lost": 7}, "AUD")
LIMITS = {name: limit.value for name, limit in account_limits("pro").items() if limit.value is not None}


def suite() -> Schema:
    """What an account has by itself."""
    made = {name: {field.name: field for field, _ in objects.standard(name, CHOICES)} for name in objects.RESOURCES
            if name != objects.FILES}  # fmt: skip
    made |= {"files": objects.FILE_FIELDS, "users": objects.USER_FIELDS}
    return Schema({name: ObjectSchema(name, name, fields) for name, fields in made.items()})


def provisioned(live: Schema, wanted: Sequence[SchemaChange]) -> tuple[Schema, dict[tuple[str, str], str]]:
    """The account with what was made, under the names that Freshsales gives, and those by the mapping's names."""
    new = {(one.object, one.name): one for one in wanted if isinstance(one, NewField)}
    names = {key: "cf_" + re.sub(r"[^a-z0-9]+", "_", one.label.lower()).strip("_") for key, one in new.items()}
    there = {}
    for name, one in with_changes(live, list(wanted)).objects.items():
        fields = [
            _described(field, new[name, field.name], names[name, field.name]) if (name, field.name) in new else field
            for field in one.fields.values()
        ]
        there[name] = ObjectSchema(name, one.label, {field.name: field for field in fields})
    return Schema(there), names


def _described(field: FieldSchema, change: NewField, name: str) -> FieldSchema:
    """A field as Freshsales tells it once it is there."""
    return replace(field, name=name, type=TYPES[field_type(change)], required=False, unique=False)


def compiled_for(mapping: Mapping) -> CompiledMapping:
    there, names = provisioned(suite(), changes(mapping, suite()))
    return compile_mapping(mapping, there, names, LIMITS, mapping_account.context())


def to(object: str, id: str) -> Record:
    return {"links": {"self": f"https://api.au1.cliniko.com/v1/{object}/{id}"}}


def person(id: str, **more: Any) -> Record:
    return {"id": id, "first_name": "Ada", "last_name": "Lee", **CREATED, **more}


def visit(id: str, **more: Any) -> Record:
    relations = {
        "patient": to("patients", "1"),
        "business": to("businesses", "50"),
        "practitioner": to("practitioners", "26"),
        "appointment_type": to("appointment_types", "30"),
    }
    return {"id": id, **VISIT, **relations, **more}


def proposed(definition: Record | None = None, *on: str, off: tuple[str, ...] = ()) -> Mapping:
    shipped = default("freshsales")
    for entry in shipped.maps:
        entry.enabled = (entry.enabled or entry.map in on) and entry.map not in off
    records = {"referral_source_types": SOURCES, "practitioners": PEOPLE}
    return propose(shipped, definition, suite(), LIMITS, records=records).mapping


@pytest.fixture(scope="module")
def mapping() -> Mapping:
    return proposed()


@pytest.fixture
def freshsales(store: Store) -> Staged:
    """A snapshot that the test fills, through the mapping that ships, with the clinic's own fields."""
    stage(store, "patients", [person("1")])
    stage(store, "businesses", PLACES)
    stage(
        store, "practitioners", [{**PEOPLE[0], "first_name": "Dana", "last_name": "Brown", "active": True, **CREATED}]
    )
    stage(store, "appointment_types", [{"id": "30", "name": "First visit", **CREATED}])
    stage(store, "referral_source_types", [{**one, **CREATED} for one in SOURCES])
    every_choice = proposed(COVER, "F13", "F14", "F15")
    return Staged(store, compiled_for(every_choice), {"26": "31000000001"})


@pytest.fixture(scope="module")
def to_freshsales(staged: Store, shared: Path) -> Staged:
    """The sample clinic through the mapping that ships, with the clinic's own fields, sources and practitioners."""
    settings = json.loads((shared / "data" / "clinic-harbour" / "settings.json").read_text("utf-8"))
    shipped = default("freshsales")
    records = {object: list(every(staged, object)) for object in objects_of_values(shipped)}
    definition = settings["patient_custom_fields_definition"]
    return Staged(staged, compiled_for(propose(shipped, definition, suite(), LIMITS, records=records).mapping))


# ------------------------------------------------------------------------------------------------------ the document


def test_the_mapping_is_right_for_a_new_account_and_says_the_same_when_written_back(mapping: Mapping) -> None:
    assert validate(mapping, source_schema({}), suite(), LIMITS) == []
    assert digest(load(dump(mapping), "m")) == digest(mapping)


@pytest.mark.parametrize("on", ["F2", "F13", "F14", "F15"])
def test_every_choice_that_is_off_can_be_switched_on(on: str) -> None:
    chosen = proposed(None, on)

    assert validate(chosen, source_schema({}), suite(), LIMITS) == []
    compiled_for(chosen)


def test_fourteen_of_fifteen_rows_are_one_to_one(mapping: Mapping) -> None:
    table = coverage(mapping)

    assert (table.one_to_one, table.rows) == (14, 15)
    assert {row.row for row in table.table} == {f"F{number}" for number in range(1, 16)}


def test_what_the_plan_has_no_place_for_is_switched_off_and_said_so() -> None:
    without = Schema({name: one for name, one in suite().objects.items() if name != "products"})

    made = propose(default("freshsales"), None, without, LIMITS)

    assert {entry.map for entry in made.mapping.active() if entry.to == "products"} == set()
    assert [note.split()[0] for note in made.notes] == ["F7", "F7.service", "F7.type"]
    assert validate(made.mapping, source_schema({}), without, LIMITS) == []


def test_every_entry_says_what_it_does_and_where_it_deviates(mapping: Mapping) -> None:
    for entry in mapping.maps:
        assert explain(mapping, entry.map).transformation, entry.map
        assert entry.deviation, entry.map


def test_after_provisioning_a_second_plan_makes_nothing_again(mapping: Mapping) -> None:
    there, names = provisioned(suite(), changes(mapping, suite()))
    seen = as_mapped(there, known_names(mapping, there, {}))

    assert names
    assert changes(mapping, seen) == []
    assert validate(mapping, source_schema({}), seen, LIMITS) == []


def test_even_the_smallest_plan_has_room_for_every_field(mapping: Mapping) -> None:
    limits = {name: limit.value for name, limit in account_limits("growth").items() if limit.value is not None}

    assert validate(mapping, source_schema({}), suite(), limits) == []


# ------------------------------------------------------------------------------------------------------------ the rows


def test_f1_a_patient_is_a_customer_known_by_the_cliniko_id_and_never_by_an_address(freshsales: Staged) -> None:
    patient = person("2", email="Ada@Example.org", date_of_birth="1984-02-29", gender_identity="Woman", city="Hobart")
    phones = [{"phone_type": "Mobile", "number": "0491 570 156"}, {"phone_type": "Home", "number": "03 7010 0180"}]
    stage(freshsales.store, "patients", [{**patient, "patient_phone_numbers": phones}])
    stage(freshsales.store, "individual_appointments", [visit("7", patient=to("patients", "2"))])

    write = freshsales.write("F1", "2")

    assert (write.object, write.key_field, write.key_value) == ("contacts", "cf_source_system_id", "2")
    assert write.fields["external_id"] == "cliniko:patients:2"
    wanted = ("first_name", "email", "mobile_number", "cf_home_phone", "cf_date_of_birth", "cf_gender", "city")
    assert {name: write.fields[name] for name in wanted} == {
        "first_name": "Ada", "email": "Ada@Example.org", "mobile_number": "0491 570 156",
        "cf_home_phone": "03 7010 0180", "cf_date_of_birth": date(1984, 2, 29), "cf_gender": "Woman", "city": "Hobart",
    }  # fmt: skip
    assert (write.fields["lifecycle_stage"], write.fields["cf_source_system_id"]) == ("Customer", "2")


def test_f2_who_never_booked_is_a_contact_of_the_stage_lead(freshsales: Staged) -> None:
    write = freshsales.write("F1", "1")

    assert (write.object, write.fields["lifecycle_stage"]) == ("contacts", "Lead")
    assert write.fields["cf_cliniko_record_type"] == "Prospect"


def test_f2_prospects_may_go_over_with_few_fields_alone(store: Store) -> None:
    stage(store, "patients", [person("1", notes="Likes tea"), person("2")])
    stage(store, "individual_appointments", [visit("7", patient=to("patients", "2"))])
    made = Staged(store, compiled_for(proposed(COVER, "F2")))

    assert made.fields("F2", "1")["lifecycle_stage"] == "Lead"
    assert "cf_extra_information" not in made.fields("F2", "1")
    assert made.written("F1").keys() == {"2"}


def test_f3_a_practitioner_owns_what_is_theirs_and_is_a_contact_with_their_role(freshsales: Staged) -> None:
    stage(freshsales.store, "individual_appointments", [visit("7", patient_arrived=True)])

    contact = freshsales.fields("F3.contact", "26")

    assert contact["cf_practitioner_role"] == "Treating Practitioner"
    assert freshsales.write("F4.task", "7").owner_id == "31000000001"


@pytest.mark.parametrize(
    ("marks", "title", "done"),
    [
        ({"patient_arrived": True}, "First visit · Arrived", True),
        ({"did_not_arrive": True}, "First visit · Did Not Arrive", False),
        ({"cancelled_at": "2026-02-16T00:00:00Z"}, "First visit · Cancelled", False),
    ],
)
def test_f4_what_is_over_is_a_task_whose_words_tell_the_outcome(
    freshsales: Staged, marks: Record, title: str, done: bool
) -> None:
    stage(freshsales.store, "individual_appointments", [visit("7", **marks)])
    attendee = {"id": "70", "booking": to("bookings", "7"), "patient": to("patients", "1"), **CREATED}
    stage(freshsales.store, "attendees", [{**attendee, **{k: v for k, v in marks.items() if not k.endswith("_at")}}])

    write = freshsales.write("F4.task", "7")

    assert (write.object, write.fields["title"], write.fields["done"]) == ("tasks", title, done)
    assert write.fields["due_date"] == datetime(2026, 2, 17, 22, 30, tzinfo=UTC)
    assert "End: 2026-02-18 10:15" in str(write.fields["description"])


def test_f4_what_lies_ahead_is_an_appointment_with_its_start_end_and_place(freshsales: Staged) -> None:
    ahead = visit("7", starts_at="2031-02-17T22:30:00Z", ends_at="2031-02-17T23:15:00Z")
    stage(freshsales.store, "individual_appointments", [ahead])

    write = freshsales.write("F4", "7")

    assert (write.object, write.owner_id, write.fields["location"]) == ("appointments", "31000000001", "North")
    assert write.fields["end_date"] == datetime(2031, 2, 17, 23, 15, tzinfo=UTC)


@pytest.mark.parametrize("length", [40, 40_000])
def test_f5_a_note_of_any_length_is_whole_in_notes(freshsales: Staged, length: int) -> None:
    text = " ".join(["word"] * (length // 5))
    question = {"name": "Next", "type": "paragraph", "answer": f"<p>{text}</p>"}
    note = {"id": "3", "title": "SOAP", "author_name": "D Brown", "patient": to("patients", "1"),
            "content": {"sections": [{"name": "Plan", "questions": [question]}]}, **CREATED}  # fmt: skip
    stage(freshsales.store, "treatment_notes", [note])

    writes = freshsales.one("F5", "3").writes

    assert str(writes[0].fields["title"]).startswith("SOAP · 2024-01-02 · D Brown")
    assert text in "".join(str(write.fields["content"]) for write in writes)
    assert (len(writes) == 1) == (length < 500)


def test_f5_long_notes_stand_in_a_field_of_the_contact_one_after_the_other(freshsales: Staged) -> None:
    """The newest that fit, whole; a short one and one that is archived are left out; none writes over another."""

    def note(id: str, day: str, words: int, **more: Any) -> Record:
        question = {"name": "Next", "type": "paragraph", "answer": f"<p>{id}: {' '.join(['word'] * words)}</p>"}
        content = {"sections": [{"name": "Plan", "questions": [question]}]}
        made = {"created_at": f"{day}T01:00:00Z", "updated_at": f"{day}T01:00:00Z"}
        return {"id": id, "title": "SOAP", "author_name": "D Brown", "patient": to("patients", "1"),
                "content": content, **made, **more}  # fmt: skip

    stage(freshsales.store, "treatment_notes", [
        note("31", "2024-01-02", 900), note("32", "2024-03-02", 900), note("33", "2024-02-02", 2_500),
        note("34", "2024-04-02", 20), note("35", "2024-05-02", 900, archived_at="2024-06-01T00:00:00Z"),
    ])  # fmt: skip

    told = str(freshsales.fields("F1", "1")["cf_treatment_notes"])

    assert re.findall(r"== (.+?) ==\n\n== Plan ==\n\nNext\n(\d+):", told) == [
        ("SOAP · 2024-03-02 · D Brown", "32"), ("SOAP · 2024-01-02 · D Brown", "31"),
    ]  # fmt: skip
    assert told.endswith("— 1 more long notes have no room here; each stands among the notes —")
    assert len(told) <= 10_000


def test_f6_and_f16_an_invoice_is_a_deal_with_its_status_and_lines(freshsales: Staged) -> None:
    invoice = {"id": "8", "number": 1001, "issue_date": "2025-03-04", "total_amount": "99.0", "tax_amount": "9.0",
               "status": 20, "patient": to("patients", "1"), "business": to("businesses", "50"), **CREATED}  # fmt: skip
    line = {"id": "80", "name": "Visit", "code": "500", "quantity": "1.0", "unit_price": "90.0", "tax_amount": "9.0",
            "total_including_tax": "99.0", "invoice": to("invoices", "8"), **CREATED}  # fmt: skip
    stage(freshsales.store, "invoices", [invoice])
    stage(freshsales.store, "invoice_items", [line])

    fields = freshsales.fields("F6", "8")

    assert (fields["name"], fields["amount"], fields["stage"]) == ("Invoice 1001", Decimal("99.00"), "Won")
    assert (fields["cf_payment_status"], fields["cf_invoice_date"]) == ("Paid", date(2025, 3, 4))
    assert "Visit" in str(fields["cf_line_items_summary"])
    assert (fields["contact"], fields["account"]) == (
        Link("contacts", "dry F1/1"),
        Link("sales_accounts", "dry F10/50"),
    )


@pytest.mark.parametrize("status", [20, 30])
def test_f6_an_invoice_that_is_settled_has_the_day_on_which_it_was(freshsales: Staged, status: int) -> None:
    invoice = {"id": "8", "number": 1001, "issue_date": "2025-03-04", "total_amount": "99.0", "status": status,
               "closed_at": "2025-03-09T22:30:00Z", "patient": to("patients", "1"), **CREATED}  # fmt: skip
    stage(freshsales.store, "invoices", [invoice])

    fields = freshsales.fields("F6", "8")

    assert (fields["stage"], fields["closed_date"]) == ("Won", date(2025, 3, 10))


def test_f7_products_items_and_types_are_products_of_their_category(freshsales: Staged) -> None:
    stage(
        freshsales.store,
        "products",
        [{"id": "4", "name": "Tape", "item_code": "T-1", "price_ex_tax": "9.0", **CREATED}],
    )
    item = {"id": "5", "name": "Visit", "item_type": "Service", "price": "90.0", **CREATED}
    stage(freshsales.store, "billable_items", [item])

    tape, keys = freshsales.fields("F7", "4"), []
    for map, id in (("F7", "4"), ("F7.service", "5"), ("F7.type", "30")):
        keys.append((freshsales.fields(map, id)["sku_number"], freshsales.fields(map, id)["category"]))

    assert (tape["product_code"], tape["price"], tape["is_active"]) == ("T-1", Decimal("9.00"), True)
    assert keys == [
        ("cliniko:products:4", "Product"),
        ("cliniko:billable_items:5", "Service"),
        ("cliniko:appointment_types:30", "Appointment type"),
    ]


def test_f8_insurance_stands_on_the_contact_with_the_clinics_own_values(freshsales: Staged) -> None:
    answers = {"sections": [{"fields": [
        {**POLICY, "value": "P-77"},
        {**STATUS, "options": [{"name": "active", "selected": True}, {"name": "expired"}]},
    ]}]}  # fmt: skip
    stage(freshsales.store, "patients", [person("2", custom_fields=answers)])
    payer = {"id": "11", "company_name": "Wells Mutual", "type_code": 2, **CREATED}
    stage(freshsales.store, "contacts", [payer])
    case = {"id": "12", "patient": to("patients", "2"), "contact": to("contacts", "11"), **CREATED}
    stage(freshsales.store, "patient_cases", [case])

    fields = freshsales.fields("F1", "2")

    assert fields["cf_insurance_carrier"] == "Wells Mutual"
    assert (fields["cf_insurance_policy_number"], fields["cf_insurance_status"]) == ("P-77", "active")
    assert freshsales.fields("F8", "11")["cf_account_type"] == "Insurer"


def test_f8_the_setup_plan_names_the_section_and_the_values(mapping: Mapping) -> None:
    wanted = changes(proposed(COVER), suite())

    sheet = setup_sheet(wanted)["freshsales-fields.txt"].decode()

    assert "'Insurance Carrier' (Section Insurance Information)" in sheet
    assert "'Insurance Status' with the values 'active', 'expired'" in sheet
    assert "'Medical History'" in sheet


def test_f9_the_referral_source_is_a_word_of_a_list_and_a_company_an_account(freshsales: Staged) -> None:
    stage(freshsales.store, "contacts", [{"id": "9", "company_name": "Gym Ltd", "type_code": 0, **CREATED}])
    source = {"id": "60", "patient": to("patients", "1"), "referral_source_type": to("referral_source_types", "40"),
              "referrer": to("contacts", "9"), "referrer_type": "Contact", **CREATED}  # fmt: skip
    stage(freshsales.store, "referral_sources", [source])
    stage(freshsales.store, "individual_appointments", [visit("7")])

    fields = freshsales.fields("F1", "1")

    assert (fields["cf_referral_source"], fields["second_account"]) == ("Google", Link("sales_accounts", "dry F9/9"))


def test_f9_the_company_is_the_only_account_of_who_has_no_location(freshsales: Staged) -> None:
    """An account that is alone is always the primary one, so it cannot be the second."""
    stage(freshsales.store, "contacts", [{"id": "9", "company_name": "Gym Ltd", "type_code": 0, **CREATED}])
    stage(freshsales.store, "patients", [{"id": "3", "first_name": "Sent", "last_name": "Only", **CREATED}])
    source = {"id": "60", "patient": to("patients", "3"), "referrer": to("contacts", "9"), "referrer_type": "Contact"}
    stage(freshsales.store, "referral_sources", [source | CREATED])

    fields = freshsales.fields("F1", "3")

    assert fields["account"] == Link("sales_accounts", "dry F9/9")
    assert fields.get("second_account") is None
    assert freshsales.fields("F9", "9")["cf_account_type"] == "Referrer"
    assert freshsales.fields("F9.contact", "9")["external_id"] == "cliniko:contacts:9"


def test_f10_a_location_is_an_account_of_the_type_clinic(freshsales: Staged) -> None:
    stage(freshsales.store, "individual_appointments", [visit("7", patient_arrived=True)])

    write = freshsales.write("F10", "50")

    assert (write.key_field, write.key_value, write.fields["cf_account_type"]) == ("cf_location_id", "50", "Clinic")
    assert freshsales.fields("F1", "1")["account"] == Link("sales_accounts", "dry F10/50")


def test_f11_a_file_hangs_on_the_contact_under_its_own_name(freshsales: Staged) -> None:
    file = {"id": "6", "filename": "scan.pdf", "processing_completed": True, "description": "Knee",
            "patient": to("patients", "1"), **CREATED}  # fmt: skip
    stage(freshsales.store, "patient_attachments", [file])

    write = freshsales.write("F11", "6")

    assert (write.object, write.fields["name"], write.parent) == ("files", "scan.pdf", Link("contacts", "dry F1/1"))
    assert str(freshsales.fields("F11.about", "6")["content"]).startswith("Knee")


def test_f12_a_form_tells_when_it_was_submitted(freshsales: Staged) -> None:
    form = {"id": "13", "name": "Intake", "completed_at": "2024-07-18T01:50:06Z", "patient": to("patients", "1"),
            "content": {"sections": []}, **CREATED}  # fmt: skip
    stage(freshsales.store, "patient_forms", [form])

    fields = freshsales.fields("F12", "13")

    assert str(fields["title"]).startswith("Form: Intake · 2024-07-18")
    assert "Completed: 2024-07-18" in str(fields["content"])


def test_f12_the_contact_tells_when_the_last_form_was_submitted(freshsales: Staged) -> None:
    days = ("2024-07-18T01:50:06Z", "2025-07-18T01:50:06Z", None)
    forms = [
        {"id": f"1{number}", "name": "Intake", "completed_at": day, "patient": to("patients", "1"), **CREATED}
        for number, day in enumerate(days)
    ]
    stage(freshsales.store, "patient_forms", forms)

    assert freshsales.fields("F1", "1")["cf_form_submitted_at"] == days[1]


def test_f13_messages_are_notes_where_the_clinic_wants_them(freshsales: Staged) -> None:
    message = {"id": "14", "type": "SMS", "content": "See you", "patient": to("patients", "1"), **CREATED}
    stage(freshsales.store, "communications", [message])

    assert "See you" in str(freshsales.fields("F13", "14")["content"])
    assert not default("freshsales").by_id("F13").enabled  # type: ignore[union-attr]


def test_f14_a_history_that_is_too_long_stands_whole_in_a_note(freshsales: Staged) -> None:
    text = " ".join(["pain"] * 3_000)
    answers = {"sections": [{"fields": [{**HISTORY, "value": text}]}]}
    stage(freshsales.store, "patients", [person("2", custom_fields=answers)])

    field, *notes = freshsales.one("F1", "2").writes

    assert str(field.fields["cf_medical_history"]).endswith("…")
    assert len(str(field.fields["cf_medical_history"])) <= 10_000
    assert text in "".join(str(note.fields["content"]) for note in notes)
    assert "Medical History" in str(notes[0].fields["title"])


def test_f15_hours_of_practitioners_are_notes_for_reference_where_the_clinic_wants_them(freshsales: Staged) -> None:
    hours = {"id": "15", "day_of_week": 1, "availabilities": [{"starts_at": "09:00", "ends_at": "17:00"}],
             "practitioner": to("practitioners", "26"), **CREATED}  # fmt: skip
    stage(freshsales.store, "daily_availabilities", [hours])

    write = freshsales.write("F15", "15")

    assert "09:00" in str(write.fields["content"])
    assert write.parent == Link("contacts", "dry F3.contact/26")


# --------------------------------------------------------------------------------------------------- the sample clinic


def test_every_record_of_the_sample_clinic_is_built_or_left_out_with_a_reason(to_freshsales: Staged) -> None:
    for map in to_freshsales.compiled.maps:
        for id, built in to_freshsales.all(map.id).items():
            assert built.writes or built.skipped, (map.id, id)


def test_each_appointment_of_the_sample_clinic_lies_ahead_or_is_over(to_freshsales: Staged) -> None:
    ahead, over = to_freshsales.written("F4"), to_freshsales.written("F4.task")

    assert ahead
    assert over
    assert not ahead.keys() & over.keys()


def test_each_patient_of_the_sample_clinic_is_a_lead_or_a_customer(to_freshsales: Staged) -> None:
    stages = [write.fields["lifecycle_stage"] for write in to_freshsales.written("F1").values()]

    assert set(stages) == {"Lead", "Customer"}
