"""Each row of the HighLevel contract, shown on made-up records and on the sample clinic as it lies in a snapshot."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from mapping_location import LIMITS, compiled_for, location, provisioned
from mapping_staged import Salesforce as Staged
from mapping_staged import every, stage

from gurney.mapping.coverage import coverage, explain
from gurney.mapping.document import Mapping, default, digest, dump, load
from gurney.mapping.known import as_mapped, known_names
from gurney.mapping.propose import objects_of_values, propose
from gurney.mapping.schema_changes import changes
from gurney.mapping.validate import validate
from gurney.records import Link
from gurney.schema import NewField, NewObject, NewOptions
from gurney.sources.cliniko.source_schema import source_schema
from gurney.store.store import Store

Record = dict[str, Any]
CREATED = {"created_at": "2024-01-02T03:04:05Z", "updated_at": "2024-01-02T03:04:05Z"}
TYPES = [{"id": "30", "name": "First visit"}, {"id": "31", "name": "Class  of yoga"}, {"id": "32", "name": " "}]
PEOPLE = [{"id": "26", "display_name": "Dana Brown"}]
PLACES = [{"id": "50", "display_name": "North", "time_zone_identifier": "Australia/Hobart", **CREATED}]
VISIT = {"starts_at": "2026-02-17T22:30:00Z", "ends_at": "2026-02-17T23:15:00Z", **CREATED}
NDIS = {"name": "NDIS number", "token": "t1", "type": "text"}
INVOICE = "custom_objects.cliniko_invoice"


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
    shipped = default("highlevel")
    for entry in shipped.maps:
        entry.enabled = (entry.enabled or entry.map in on) and entry.map not in off
    records = {"appointment_types": TYPES, "practitioners": PEOPLE, "businesses": PLACES}
    return propose(shipped, definition, location(), LIMITS, records=records).mapping


@pytest.fixture(scope="module")
def mapping() -> Mapping:
    return proposed()


@pytest.fixture
def highlevel(store: Store) -> Staged:
    """A snapshot that the test fills, through the mapping that ships, with every choice that goes along with it."""
    stage(store, "patients", [person("1")])
    stage(store, "businesses", PLACES)
    stage(store, "practitioners", [{**PEOPLE[0], "first_name": "Dana", "last_name": "Brown", "active": True}])
    stage(store, "appointment_types", [{**one, **CREATED} for one in TYPES])
    return Staged(
        store, compiled_for(proposed({"sections": [{"name": "Cover", "fields": [NDIS]}]}, "H8")), {"26": "U1"}
    )


@pytest.fixture(scope="module")
def to_highlevel(staged: Store, shared: Path) -> Staged:
    """The sample clinic through the mapping that ships, with the clinic's own fields, types and practitioners."""
    settings = json.loads((shared / "data" / "clinic-harbour" / "settings.json").read_text("utf-8"))
    shipped = default("highlevel")
    records = {object: list(every(staged, object)) for object in objects_of_values(shipped)}
    definition = settings["patient_custom_fields_definition"]
    return Staged(staged, compiled_for(propose(shipped, definition, location(), LIMITS, records=records).mapping))


# ------------------------------------------------------------------------------------------------------ the document


def test_the_mapping_is_right_for_a_new_location_and_says_the_same_when_written_back(mapping: Mapping) -> None:
    assert validate(mapping, source_schema({}), location(), LIMITS) == []
    assert digest(load(dump(mapping), "m")) == digest(mapping)


@pytest.mark.parametrize("on", [("H8",), ("H6.message",), ("H7.native",), ("H4.task",)])
def test_every_choice_that_is_off_can_be_switched_on(on: tuple[str, ...]) -> None:
    off = {"H7.native": ("H7",), "H4.task": ("H4",)}.get(on[0], ())

    chosen = proposed(None, *on, off=off)

    assert validate(chosen, source_schema({}), location(), LIMITS) == []
    compiled_for(chosen)


def test_twelve_of_twelve_rows_are_one_to_one(mapping: Mapping) -> None:
    table = coverage(mapping)

    assert (table.one_to_one, table.rows) == (12, 12)
    assert {row.row for row in table.table} == {f"H{number}" for number in range(1, 13)}


def test_every_entry_says_what_it_does_and_where_it_deviates(mapping: Mapping) -> None:
    for entry in mapping.maps:
        assert explain(mapping, entry.map).transformation, entry.map
        assert entry.deviation, entry.map


def test_seven_objects_at_most_are_made_and_links_lead_from_and_to_contacts_alone() -> None:
    made = changes(proposed(None, "H8"), location())

    objects = [one.name for one in made if isinstance(one, NewObject)]
    assert len(objects) == 7
    assert all(name.startswith("custom_objects.cliniko_") for name in objects)
    links = [one for one in made if isinstance(one, NewField) and one.lookup_to]
    assert all("contacts" in (one.object, one.lookup_to) for one in links)


def test_after_provisioning_a_second_plan_makes_nothing_again(mapping: Mapping) -> None:
    there, names = provisioned(location(), changes(mapping, location()))
    seen = as_mapped(there, known_names(mapping, there, names))

    assert changes(mapping, seen) == []
    assert validate(mapping, source_schema({}), seen, LIMITS) == []


def test_calendars_are_made_for_the_types_and_one_for_the_unknown(mapping: Mapping) -> None:
    (calendars,) = [
        one for one in changes(mapping, location()) if isinstance(one, NewOptions) and one.field == "calendar"
    ]

    assert set(calendars.options) == {"First visit", "Class of yoga", "Other Cliniko appointments"}


# ------------------------------------------------------------------------------------------------------------ the rows


def test_h1_a_patient_is_known_by_the_cliniko_id_and_who_did_not_agree_is_not_disturbed(highlevel: Staged) -> None:
    patient = person("2", email="Ada@Example.org", accepted_email_marketing=None, accepted_sms_marketing=True)
    phones = [{"phone_type": "Mobile", "number": "0491 570 156"}, {"phone_type": "Home", "number": "03 7010 0180"}]
    stage(highlevel.store, "patients", [{**patient, "date_of_birth": "1984-02-29", "patient_phone_numbers": phones}])

    write = highlevel.write("H1", "2")

    assert (write.object, write.key_field, write.key_value) == ("contacts", "cliniko_patient_id", "2")
    told = {name: write.fields[name] for name in ("firstName", "email", "phone", "phone_home", "dateOfBirth")}
    assert told == {
        "firstName": "Ada", "email": "Ada@Example.org", "phone": "0491 570 156", "phone_home": "03 7010 0180",
        "dateOfBirth": date(1984, 2, 29),
    }  # fmt: skip
    assert (write.fields["dnd_email"], write.fields["dnd_sms"]) == (True, False)


def test_h2_a_profile_links_to_its_contact_and_takes_the_clinics_own_ndis_number(highlevel: Staged) -> None:
    answers = {"sections": [{"fields": [{**NDIS, "value": "430000001"}]}]}
    stage(highlevel.store, "patients", [person("2", emergency_contact="Bob 0400", custom_fields=answers)])

    fields = highlevel.fields("H2", "2")

    assert fields["patient"] == Link("contacts", "dry H1/2")
    assert (fields["ndis_number"], fields["emergency_contact"]) == ("430000001", "Bob 0400")
    assert highlevel.fields("H1", "2")["ndis_number"] == "430000001"


def test_h3_a_referring_doctor_is_a_contact_and_the_practitioner_owns_the_visit(highlevel: Staged) -> None:
    doctor = {"id": "9", "last_name": "Gray", "type_code": 1, "provider_number": "123", **CREATED}
    stage(highlevel.store, "contacts", [doctor])
    stage(highlevel.store, "individual_appointments", [visit("7")])

    assert highlevel.fields("H3.doctor", "9")["cliniko_record_type"] == "Referring doctor"
    assert highlevel.write("H4", "7").owner_id == "U1"


@pytest.mark.parametrize(
    ("marks", "status"),
    [
        ({"patient_arrived": True}, "showed"),
        ({"did_not_arrive": True}, "noshow"),
        ({"cancelled_at": "2026-02-16T00:00:00Z"}, "cancelled"),
        ({"starts_at": "2031-02-17T22:30:00Z", "ends_at": "2031-02-17T23:15:00Z"}, "confirmed"),
    ],
)
def test_h4_an_appointment_keeps_times_and_outcome_on_its_types_calendar(
    highlevel: Staged, marks: Record, status: str
) -> None:
    stage(highlevel.store, "individual_appointments", [visit("7", **marks)])
    stage(
        highlevel.store,
        "attendees",
        [
            {
                "id": "70",
                "booking": to("bookings", "7"),
                "patient": to("patients", "1"),
                **{k: v for k, v in marks.items() if "at" not in k[-3:]},
                **CREATED,
            }
        ],
    )

    fields = highlevel.fields("H4", "7")

    assert (fields["status"], fields["calendar"], fields["title"]) == (status, "First visit", "First visit")
    starts = datetime.fromisoformat(str(marks.get("starts_at", VISIT["starts_at"])))
    assert fields["start"] == starts.astimezone(UTC)
    assert "Practitioner: Dana Brown" in str(fields["description"])


def test_h4_a_visit_without_a_type_stands_on_the_other_calendar(highlevel: Staged) -> None:
    stage(highlevel.store, "individual_appointments", [visit("7", appointment_type=None)])

    assert highlevel.fields("H4", "7")["calendar"] == "Other Cliniko appointments"


def test_h5_and_h9_types_products_and_items_are_services_of_their_category(highlevel: Staged) -> None:
    stage(highlevel.store, "products", [{"id": "4", "name": "Tape", "price_ex_tax": "9.0", **CREATED}])
    stage(
        highlevel.store,
        "billable_items",
        [{"id": "5", "name": "Visit", "item_type": "Service", "price": "90.0", **CREATED}],
    )

    categories = [highlevel.fields(map, id)["category"] for map, id in (("H9", "4"), ("H9.item", "5"), ("H5", "30"))]

    assert categories == ["Product", "Service", "Appointment type"]
    assert highlevel.fields("H9", "4")["price"] == Decimal("9.00")


def test_h6_a_note_names_its_day_and_author_and_keeps_its_formatting(highlevel: Staged) -> None:
    content = {"sections": [{"name": "Plan", "questions": [
        {"name": "Next", "type": "paragraph", "answer": "<p>Rest <b>well</b></p>"}]}]}  # fmt: skip
    note = {"id": "3", "title": "SOAP", "author_name": "D Brown", "content": content, "patient": to("patients", "1"),
            "practitioner": to("practitioners", "26"), **CREATED}  # fmt: skip
    stage(highlevel.store, "treatment_notes", [note])

    write = highlevel.write("H6", "3")

    assert str(write.fields["title"]).startswith("SOAP · 2024-01-02 · D Brown")
    assert "Rest <b>well</b>" in str(write.fields["body"])
    assert (write.owner_id, write.parent) == ("U1", Link("contacts", "dry H1/1"))


def test_h7_and_h8_an_invoice_holds_its_lines_and_lines_may_be_records(highlevel: Staged) -> None:
    invoice = {"id": "8", "number": 1001, "issue_date": "2025-03-04", "total_amount": "99.0", "tax_amount": "9.0",
               "status": 20, "patient": to("patients", "1"), "business": to("businesses", "50"), **CREATED}  # fmt: skip
    line = {"id": "80", "name": "Visit", "code": "500", "quantity": "1.0", "unit_price": "90.0", "tax_amount": "9.0",
            "total_including_tax": "99.0", "invoice": to("invoices", "8"), **CREATED}  # fmt: skip
    stage(highlevel.store, "invoices", [invoice])
    stage(highlevel.store, "invoice_items", [line])

    fields, item = highlevel.fields("H7", "8"), highlevel.fields("H8", "80")

    assert (fields["invoice_number"], fields["total"], fields["payment_status"]) == ("1001", Decimal("99.00"), "Paid")
    assert "Visit" in str(fields["lines"])
    assert (item["cliniko_invoice_id"], item["treatment_code"], item["tax"]) == ("8", "500", Decimal("9.00"))


def test_h10_a_file_hangs_on_the_contact_under_its_own_name(highlevel: Staged) -> None:
    file = {"id": "6", "filename": "scan.dcm", "processing_completed": True, "patient": to("patients", "1"), **CREATED}
    stage(highlevel.store, "patient_attachments", [file])

    write = highlevel.write("H10", "6")

    assert (write.object, write.fields["name"], write.parent) == ("files", "scan.dcm", Link("contacts", "dry H1/1"))


def test_h11_a_payer_is_an_insurance_provider(highlevel: Staged) -> None:
    payer = {"id": "11", "company_name": "Wells Mutual", "type_code": 2, "provider_number": "P-1", **CREATED}
    stage(highlevel.store, "contacts", [payer])

    write = highlevel.write("H11", "11")

    assert write.object == "custom_objects.cliniko_insurance_provider"
    assert (write.fields["name"], write.fields["provider_number"]) == ("Wells Mutual", "P-1")


def test_h12_the_location_is_a_word_of_a_list_on_the_contact(highlevel: Staged) -> None:
    stage(highlevel.store, "individual_appointments", [visit("7")])

    assert highlevel.fields("H1", "1")["location"] == "North"
    assert highlevel.fields("H12", "50")["time_zone"] == "Australia/Hobart"


# --------------------------------------------------------------------------------------------------- the sample clinic


def test_every_record_of_the_sample_clinic_is_built_or_left_out_with_a_reason(to_highlevel: Staged) -> None:
    for map in to_highlevel.compiled.maps:
        for id, built in to_highlevel.all(map.id).items():
            assert built.writes or built.skipped, (map.id, id)


def test_what_the_sample_clinic_s_records_do_not_fit_into_hangs_on_contacts_alone(to_highlevel: Staged) -> None:
    for map in to_highlevel.compiled.maps:
        for built in to_highlevel.all(map.id).values():
            for write in built.writes[1:]:
                if write.object == "notes":
                    assert write.parent is not None
                    assert write.parent.object == "contacts", map.id
