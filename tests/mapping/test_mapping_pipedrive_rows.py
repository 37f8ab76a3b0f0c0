"""Each row of the Pipedrive contract, shown on made-up records and on the sample clinic as it lies in a snapshot."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import mapping_company
import pytest
from mapping_account import AS_OF
from mapping_company import LIMITS, company, compiled_for, provisioned
from mapping_staged import Salesforce as Staged
from mapping_staged import every, stage

from gurney.mapping.capacity import rooms
from gurney.mapping.coverage import coverage, explain
from gurney.mapping.document import Mapping, default, digest, dump, load
from gurney.mapping.known import as_mapped, known_names
from gurney.mapping.model import FieldMap
from gurney.mapping.propose import Proposal, objects_of_values, propose
from gurney.mapping.schema_changes import changes
from gurney.mapping.validate import validate
from gurney.migration.build import Builder
from gurney.records import Link
from gurney.schema import NewField, NewOptions, Schema
from gurney.sources.cliniko.source_schema import source_schema
from gurney.store.store import Store

Record = dict[str, Any]
CREATED = {"created_at": "2024-01-02T03:04:05Z", "updated_at": "2024-01-02T03:04:05Z"}
TYPES = [{"id": "30", "name": "First visit"}, {"id": "31", "name": "Class  of yoga"}, {"id": "32", "name": " "}]
PEOPLE = [{"id": "26713190", "display_name": "Dana Brown"}]
OWN_LENGTH = {"own_long_text_chars": 65_000}
VISIT = {"starts_at": "2026-02-17T22:30:00Z", "ends_at": "2026-02-17T23:15:00Z", **CREATED}


def to(object: str, id: str) -> Record:
    return {"links": {"self": f"https://api.au1.cliniko.com/v1/{object}/{id}"}}


def person(id: str, **more: Any) -> Record:
    return {"id": id, "first_name": "Ada", "last_name": "Lee", **CREATED, **more}


def visit(id: str, **more: Any) -> Record:
    relations = {
        "patient": to("patients", "1"),
        "business": to("businesses", "50"),
        "practitioner": to("practitioners", "26713190"),
        "appointment_type": to("appointment_types", "30"),
    }
    return {"id": id, **VISIT, **relations, **more}


def proposed(definition: Record | None = None, limits: Any = LIMITS, live: Schema | None = None) -> Proposal:
    records = {"appointment_types": TYPES, "practitioners": PEOPLE}
    return propose(default("pipedrive"), definition, live or company(), limits, records=records)


@pytest.fixture(scope="module")
def mapping() -> Mapping:
    return proposed().mapping


@pytest.fixture
def pipedrive(store: Store, mapping: Mapping) -> Staged:
    """A snapshot that the test fills, through the mapping that ships."""
    stage(store, "patients", [person("1")])
    stage(store, "businesses", [{"id": "50", "display_name": "North", "time_zone_identifier": "Australia/Hobart"}])
    stage(store, "practitioners", [{**PEOPLE[0], "first_name": "Dana", "last_name": "Brown", "active": True}])
    stage(store, "appointment_types", [{**one, **CREATED} for one in TYPES])
    return Staged(store, compiled_for(mapping), {"26713190": "7"})


@pytest.fixture(scope="module")
def to_pipedrive(staged: Store, shared: Path) -> Staged:
    """The sample clinic through the mapping that ships, with the clinic's own fields, types and practitioners."""
    settings = json.loads((shared / "data" / "clinic-harbour" / "settings.json").read_text("utf-8"))
    shipped = default("pipedrive")
    records = {object: list(every(staged, object)) for object in objects_of_values(shipped)}
    definition = settings["patient_custom_fields_definition"]
    mapping = propose(shipped, definition, company(), LIMITS, records=records).mapping
    return Staged(staged, compiled_for(mapping), {"26713190": "7"})


def field(staged: Staged, map_id: str, id: str, name: str) -> Any:
    """What a field of the mapping gets, whatever its key is there."""
    entry = staged.compiled.by_id[map_id].spec
    wanted = changes(proposed().mapping, company())
    _, names = provisioned(company(), wanted)
    return staged.fields(map_id, id).get(names.get((entry.to, name), name))


# ------------------------------------------------------------------------------------------------------ the document


def test_the_mapping_is_right_for_a_new_company_and_says_the_same_when_written_back(mapping: Mapping) -> None:
    assert validate(mapping, source_schema({}), company(), LIMITS) == []
    assert digest(load(dump(mapping), "m")) == digest(mapping)


def test_ten_of_ten_rows_are_one_to_one(mapping: Mapping) -> None:
    table = coverage(mapping)

    assert (table.one_to_one, table.rows) == (10, 10)
    assert {row.row for row in table.table} == {f"P{number}" for number in range(1, 11)}


def test_every_entry_says_what_it_does_and_where_it_deviates(mapping: Mapping) -> None:
    for entry in mapping.maps:
        assert explain(mapping, entry.map).transformation, entry.map
        assert entry.deviation, entry.map


def test_nothing_is_made_where_pipedrive_has_no_fields_of_one_s_own(mapping: Mapping) -> None:
    made = [one for one in changes(mapping, company()) if isinstance(one, NewField)]

    assert {one.object for one in made} == {"persons", "organizations", "products"}
    assert all(len(one.label) <= 255 and (one.length or 0) <= 65_000 for one in made)
    assert all((one.length or 0) <= 255 for one in made if one.type.value == "text")


# ---------------------------------------------------------------------- fields whose names the destination chooses


def test_after_provisioning_a_second_plan_makes_and_counts_nothing_again(mapping: Mapping) -> None:
    wanted = changes(mapping, company())
    there, names = provisioned(company(), wanted)
    seen = as_mapped(there, known_names(mapping, there, names))

    assert changes(mapping, seen) == []
    assert rooms(mapping, seen, LIMITS) == []
    assert validate(mapping, source_schema({}), seen, LIMITS) == []


def test_what_the_administrator_made_is_known_by_its_label(mapping: Mapping) -> None:
    there, made = provisioned(company(), changes(mapping, company()))

    names = known_names(mapping, there, {})

    assert names == made
    assert changes(mapping, as_mapped(there, names)) == []


def test_people_are_told_of_fields_by_the_mapping_s_names(mapping: Mapping) -> None:
    _, names = provisioned(company(), changes(mapping, company()))

    persons = compiled_for(mapping).by_id["P1"]

    assert persons.said(names["persons", "Date_of_Birth"]) == "Date_of_Birth"
    assert persons.said("name") == "name"


def test_a_field_that_was_noted_and_deleted_since_is_made_again(mapping: Mapping) -> None:
    _, noted = provisioned(company(), changes(mapping, company()))

    names = known_names(mapping, company(), noted)

    assert names == {}
    assert len(changes(mapping, as_mapped(company(), names))) == len(changes(mapping, company()))


def test_a_list_that_lacks_options_gets_them_under_its_key(mapping: Mapping) -> None:
    wanted = changes(mapping, company())
    there, names = provisioned(company(), wanted)
    key = names["persons", "Insurance_Type"]
    fields = dict(there.objects["persons"].fields)
    fields[key] = replace(fields[key], options=("Private",))
    short = Schema({**there.objects, "persons": replace(there.objects["persons"], fields=fields)})

    found = changes(mapping, as_mapped(short, names))

    assert found == [NewOptions("persons", key, ("Medicare", "Medicaid", "DVA"))]


@pytest.mark.parametrize("most", [30, 100])
def test_fields_are_counted_for_the_whole_company_and_keys_always_have_room(most: int) -> None:
    limits = {**LIMITS, "custom_fields_per_account": most}

    proposal = proposed(limits=limits)
    made = [one for one in changes(proposal.mapping, company()) if isinstance(one, NewField)]

    assert len(made) == most
    assert validate(proposal.mapping, source_schema({}), company(), limits) == []
    keys = {(entry.to, entry.key) for entry in proposal.mapping.active() if entry.key.startswith("Cliniko")}
    assert keys <= {(one.object, one.name) for one in made}
    contract = "Date_of_Birth Referral_Source Address Practitioner Insurance_Policy_Number Outstanding_Balance"
    assert set(contract.split()) <= {one.name for one in made}
    assert proposal.companion


def test_a_choice_of_yes_and_no_survives_becoming_a_tick() -> None:
    options = [{"name": "Yes"}, {"name": "No"}]
    asked = {"name": "Smoker", "token": "t1", "type": "radiobuttons", "options": options}
    mapping = proposed({"sections": [{"name": "Health", "fields": [asked]}]}).mapping
    there, names = provisioned(company(), changes(mapping, company()))
    given = {**asked, "options": [{"name": "Yes", "selected": True}, {"name": "No"}]}

    compiled = mapping_company.compiled_for(mapping).by_id["P1"]
    record = person("1", custom_fields={"sections": [{"fields": [given]}]})
    built = compiled.build({**record, "derived": {}, "_state": "live"}, {}, {})

    assert there.objects["persons"].fields[names["persons", "Smoker"]].type.value == "boolean"
    assert built.writes[0].fields[names["persons", "Smoker"]] is True


def test_a_long_field_of_the_clinic_s_own_is_as_long_as_pipedrive_makes_it() -> None:
    asked = {"name": "History", "token": "t1", "type": "paragraph"}
    definition = {"sections": [{"name": "Health", "fields": [asked]}]}

    usual, made = (proposed(definition, limits).mapping for limits in (LIMITS, {**LIMITS, **OWN_LENGTH}))

    for mapping, length in ((usual, 32_000), (made, 65_000)):
        [line] = [line for entry in mapping.maps for line in entry.fields if line.to == "History"]
        assert line.create
        assert line.create.length == length


# ------------------------------------------------------------------------------------------------------------ rows


def test_p1_every_patient_of_the_sample_clinic_is_a_person(to_pipedrive: Staged) -> None:
    built = to_pipedrive.all("P1")

    assert Counter(one.skipped for one in built.values() if not one.writes).keys() <= {"merged", "gone"}
    assert all(one.writes[0].key_value == id for id, one in built.items() if one.writes)


def test_p1_a_person_keeps_birth_address_referral_and_time(pipedrive: Staged, store: Store) -> None:
    given = {"date_of_birth": "1980-05-17", "address_1": "5 Elm St", "city": "Hobart", "email": "a@example.com"}
    stage(store, "patients", [person("2", **given, referral_source="A friend")])

    assert field(pipedrive, "P1", "2", "name") == "Ada Lee"
    assert field(pipedrive, "P1", "2", "email") == "a@example.com"
    assert field(pipedrive, "P1", "2", "Date_of_Birth") == date(1980, 5, 17)
    assert field(pipedrive, "P1", "2", "Address") == "5 Elm St\nHobart"
    assert field(pipedrive, "P1", "2", "Referral_Source") == "A friend"
    assert field(pipedrive, "P1", "2", "Cliniko_Patient_ID") == "2"
    assert field(pipedrive, "P1", "2", "add_time") == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert field(pipedrive, "P1", "2", "visible_to") == "Whole company"


def test_p2_owner_and_practitioner_s_name_and_id_stand_on_records(pipedrive: Staged, store: Store) -> None:
    stage(store, "individual_appointments", [visit("70")])
    stage(store, "patients", [person("1", latest_booking=to("bookings", "70"))])

    assert pipedrive.write("P1", "1").owner_id == "7"
    assert field(pipedrive, "P1", "1", "Practitioner") == "Dana Brown"
    assert field(pipedrive, "P1", "1", "Practitioner_ID") == "26713190"
    note = str(field(pipedrive, "P3", "70", "note"))
    assert "Practitioner: Dana Brown<br>Practitioner id: 26713190" in note


@pytest.mark.parametrize(
    ("marks", "state", "done"),
    [
        ({"patient_arrived": True}, "Arrived", True),
        ({"did_not_arrive": True}, "Did Not Arrive", True),
        ({"cancelled_at": "2026-02-01T00:00:00Z", "cancellation_note": "Ill"}, "Cancelled", True),
        ({"starts_at": "2027-02-17T22:30:00Z", "ends_at": "2027-02-17T23:15:00Z"}, "Booked", False),
    ],
)
def test_p3_an_activity_says_its_outcome_in_done_subject_and_note(
    pipedrive: Staged, store: Store, marks: Record, state: str, done: bool
) -> None:
    stage(store, "individual_appointments", [visit("70", notes="Bring <scans>", **marks)])

    fields = pipedrive.fields("P3", "70")

    assert fields["subject"] == f"First visit · {state}"
    assert (fields["done"], fields["busy"]) == (done, not done)
    assert (fields["type"], fields["duration_minutes"]) == ("First visit", 45)
    assert fields["start"] == datetime.fromisoformat(marks.get("starts_at", VISIT["starts_at"]))
    assert str(fields["note"]).startswith(f"<p><b>Status: {state}</b><br>Start: ")
    assert "Bring &lt;scans&gt;" in str(fields["note"])
    assert fields["person_id"] == Link("persons", "dry P1/1")
    assert pipedrive.write("P3", "70").key_field == "cliniko_appointment_id"


def test_p3_what_an_activity_cannot_hold_goes_into_a_note_on_the_person(pipedrive: Staged, store: Store) -> None:
    stage(store, "individual_appointments", [visit("70", notes="long " * 15_000)])

    _, *notes = pipedrive.one("P3", "70").writes

    assert notes
    assert {(one.object, one.parent) for one in notes} == {("notes", Link("persons", "dry P1/1"))}
    assert all(len(str(one.fields["content"])) <= 60_000 for one in notes)


def test_p3_every_appointment_of_the_sample_clinic_has_a_type_that_is_there(to_pipedrive: Staged) -> None:
    for map_id in ("P3", "P3.class", "P3.attendance"):
        assert to_pipedrive.written(map_id)
        assert not [one for one in to_pipedrive.issues("value-refused", map_id) if one.field == "type"]


def test_p4_notes_keep_time_author_and_formatting(to_pipedrive: Staged) -> None:
    written = to_pipedrive.written("P4")

    assert written
    assert all(str(one.fields["content"]).startswith("<p><b>") for one in written.values())
    assert all(isinstance(one.fields["add_time"], datetime) for one in written.values())
    assert any(one.owner_id == "7" for one in written.values())
    pieces = [write for one in to_pipedrive.all("P4").values() for write in one.writes]
    assert all(len(str(one.fields["title"])) <= 120 and len(str(one.fields["content"])) <= 60_000 for one in pieces)


def listed(staged: Staged, map_id: str, patient: str) -> list[Record]:
    """The lines of a patient's file."""
    [item] = Builder(staged.store, staged.compiled, {}, AS_OF).build(
        staged.compiled.by_id[map_id], list(staged.store.snapshot.get("patients", [patient]).values()), dry=True
    )
    return list(csv.DictReader(io.StringIO(item.content.decode("utf-8-sig"), newline="")))


def with_notes(mapping: Mapping) -> Mapping:
    """The mapping with notes in place of lists."""
    chosen = mapping.model_copy(deep=True)
    for entry in chosen.maps:
        if entry.map.partition(".")[0] in ("P5", "P10"):
            entry.enabled = entry.map.endswith(".note")
    return chosen


def test_p5_sums_stand_on_the_person_and_all_invoices_in_a_file(pipedrive: Staged, store: Store) -> None:
    shared = {"patient": to("patients", "1"), "issue_date": "2025-03-04", **CREATED}
    paid = {"id": "90", "number": 1001, "status": 20, "total_amount": "121.0", **shared}
    stage(store, "invoices", [paid, {"id": "91", "number": 1002, "status": 10, "total_amount": "50.0", **shared}])
    line = {"name": "Visit", "quantity": "1.0", "unit_price": "121.0", "total_including_tax": "121.0", **CREATED}
    stage(store, "invoice_items", [{"id": "95", "invoice": to("invoices", "90"), **line}])

    assert field(pipedrive, "P1", "1", "Invoice_Count") == 2
    assert field(pipedrive, "P1", "1", "Total_Billed") == Decimal("171.00")
    assert field(pipedrive, "P1", "1", "Outstanding_Balance") == Decimal("50.00")
    assert field(pipedrive, "P1", "1", "Last_Invoice_Date") == date(2025, 3, 4)
    file = pipedrive.write("P5", "1")
    assert (file.object, file.parent, file.fields["name"]) == (
        "files",
        Link("persons", "dry P1/1"),
        "cliniko-invoices.csv",
    )
    first, second = listed(pipedrive, "P5", "1")
    assert first["Made in Cliniko"] == "2024-01-02 14:04 +11:00"
    wanted = {"Invoice": "1001", "Issued": "2025-03-04", "Status": "Paid", "Total": "121.00", "Cliniko id": "90"}
    assert first.items() >= {**wanted, "Items": "1 × Visit @ 121.00 = 121.00"}.items()
    assert (second["Invoice"], second["Status"], second["Items"]) == ("1002", "Open", "")
    assert sum(Decimal(line["Total"]) for line in (first, second)) == field(pipedrive, "P1", "1", "Total_Billed")


def test_p5_and_p10_can_be_notes_instead_but_not_both(store: Store, mapping: Mapping) -> None:
    chosen = with_notes(mapping)
    both = mapping.model_copy(deep=True)
    for entry in both.maps:
        entry.enabled = True
    stage(store, "patients", [person("1")])
    about = {"patient": to("patients", "1"), **CREATED}
    stage(store, "invoices", [{"id": "90", "number": 7, "issue_date": "2025-03-04", "total_amount": "9.0", **about}])
    said = {"type": "SMS", "direction_description": "Sent", "content": "See you <soon>"}
    stage(store, "communications", [{"id": "80", **said, **about}, {"id": "81", **said, **CREATED}])

    staged = Staged(store, compiled_for(chosen))
    invoice, message = staged.write("P5.note", "90"), staged.write("P10.note", "80")

    assert validate(chosen, source_schema({}), company(), LIMITS) == []
    assert str(invoice.fields["title"]).startswith("Invoice 7 · 2025-03-04 [cliniko:")
    assert "Total: 9.00" in str(invoice.fields["content"])
    assert str(message.fields["title"]).startswith("SMS · Sent · 2024-01-02 [cliniko:")
    assert "See you &lt;soon&gt;" in str(message.fields["content"])
    assert message.fields["add_time"] == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert staged.skipped("P10.note", "no-patient") == {"81"}
    told = [one.words for one in validate(both, source_schema({}), company(), LIMITS) if "same records" in one.words]
    assert [words.partition(";")[0] for words in told] == [
        "P5.note and P5 move the same records",
        "P10.note and P10 move the same records",
    ]


def test_p6_the_five_fields_are_there_and_the_clinic_s_own_fill_them(mapping: Mapping) -> None:
    asked = {"name": "Insurance policy number", "token": "t1", "type": "text"}
    entry = proposed({"sections": [{"name": "Fund", "fields": [asked]}]}).mapping.by_id("P1")
    lines: dict[str, FieldMap] = {line.to: line for line in (entry.fields if entry else ())}

    wanted = {one.name: one for one in changes(mapping, company()) if isinstance(one, NewField)}
    five = ["Provider", "Policy_Number", "Group", "Coverage_Details", "Type"]
    assert {f"Insurance_{name}" for name in five} <= wanted.keys()
    assert set(wanted["Insurance_Type"].options) >= {"Private", "Medicare", "Medicaid"}
    assert lines["Insurance_Policy_Number"].source == ("custom_fields.t1",)


def test_p6_insurers_become_organizations_that_patients_link_to(to_pipedrive: Staged) -> None:
    assert to_pipedrive.written("P6")
    assert all(one.object == "organizations" for one in to_pipedrive.written("P6").values())


def test_p7_products_have_name_code_price_and_cost(pipedrive: Staged, store: Store) -> None:
    sold = {"name": "Brace", "item_code": "BR-1", "price_ex_tax": "45.5", "cost_price": "20.0", "stock_level": 3}
    stage(store, "products", [{"id": "60", **sold, **CREATED}])

    fields = pipedrive.fields("P7", "60")

    assert (fields["name"], fields["code"], fields["price"]) == ("Brace", "BR-1", Decimal("45.50"))
    assert fields["cost"] == Decimal("20.00")


def test_p8_files_hang_on_the_person_and_their_descriptions_are_notes(to_pipedrive: Staged) -> None:
    files, about = to_pipedrive.written("P8"), to_pipedrive.written("P8.about")

    assert files
    assert {one.object for one in files.values()} == {"files"}
    assert all(one.parent and one.parent.id.startswith("dry P1/") for one in files.values())
    assert set(about) <= set(to_pipedrive.all("P8"))
    assert all(one.object == "notes" for one in about.values())


def test_p9_appointment_types_become_activity_types_word_by_word_and_products(pipedrive: Staged, store: Store) -> None:
    wanted = changes(proposed().mapping, company())

    types = next(one for one in wanted if isinstance(one, NewOptions) and one.object == "activities")

    assert types == NewOptions("activities", "type", ("First visit", "Class of yoga"))
    assert pipedrive.fields("P9", "30")["name"] == "First visit"
    assert field(pipedrive, "P9", "30", "Item_Type") == "Appointment type"


def test_p10_the_log_of_messages_is_a_file_on_the_person(pipedrive: Staged, store: Store) -> None:
    said = {"type": "SMS", "direction_description": "Sent", "to": "0400 000 001", "confidential": False, **CREATED}
    mine = {**said, "patient": to("patients", "1"), "content": "-See you <soon>\r\nYours"}
    later = {"created_at": "2024-05-02T03:04:05Z", "direction_description": "Received", "content": "Yes"}
    stage(store, "communications", [{"id": "79", **mine, **later}, {"id": "80", **mine}, {"id": "81", **said}])

    first, second = listed(pipedrive, "P10", "1")

    wanted = {"When": "2024-01-02 14:04 +11:00", "Kind": "SMS", "Direction": "Sent", "To": "0400 000 001"}
    assert first.items() >= {**wanted, "Message": "'-See you <soon>\nYours", "Confidential": "No"}.items()
    assert (second["Cliniko id"], second["Message"]) == ("79", "Yes")
    assert pipedrive.write("P10", "1").fields["name"] == "cliniko-messages.csv"


def test_p11_locations_become_organizations_of_their_patients(pipedrive: Staged, store: Store) -> None:
    stage(store, "individual_appointments", [visit("70")])

    assert pipedrive.fields("P1.location", "50")["name"] == "North"
    assert pipedrive.told("P1", "1", "org_id") == "50"
