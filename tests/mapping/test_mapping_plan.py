"""What goes into the plan: problems against both schemas, the clinic's own fields, schema changes, coverage."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from mapping_account import LIMITS, context, schema
from mapping_harbour import Harbour

from gurney.mapping.coverage import coverage, explain
from gurney.mapping.document import Mapping, load
from gurney.mapping.naming import NAME, Namer, naming_problems
from gurney.mapping.paths import view
from gurney.mapping.problems import Problem
from gurney.mapping.propose import Proposal, propose
from gurney.mapping.schema_changes import changes, standard_fields_used
from gurney.mapping.steps import text_reader
from gurney.mapping.validate import validate
from gurney.schema import FieldSchema, FieldType, NewField, NewObject, NewOptions, ObjectSchema, Schema
from gurney.sources.cliniko.source_schema import source_schema

SOURCE = Schema(
    {
        "people": ObjectSchema(
            "people",
            "People",
            {
                field.name: field
                for field in (
                    FieldSchema("id", "Id", FieldType.TEXT),
                    FieldSchema("name", "Name", FieldType.TEXT),
                    FieldSchema("born", "Born", FieldType.DATE),
                    FieldSchema("grade", "Grade", FieldType.PICKLIST, options=("a", "b")),
                    FieldSchema("derived.state", "State", FieldType.PICKLIST),
                )
            },
        )
    }
)
PEOPLE = """\
destination: zoho
maps:
  - map: A
    row: A
    from: people
    to: Contacts
    key: Person_ID
    fields:
      - {to: Person_ID, from: id, create: {type: text, label: Person ID, unique: true}}
      - {to: Last_Name, from: name}
"""


def problems(extra: str, text: str = PEOPLE) -> list[Problem]:
    return validate(load(text + extra, "m"), SOURCE, schema(), LIMITS)


def field(line: str) -> str:
    return f"      - {{{line}}}\n"


@pytest.mark.parametrize(
    ("line", "words", "remedy"),
    [
        ("to: First_Name, from: nmae", "has no field nmae", "Did you mean name?"),
        ("to: First_Name, from: derived.sate", "has no field derived.sate", "derived.state"),
        ("to: Frist_Name, from: name", "Contacts has no field Frist_Name", "create"),
        ("to: Date_of_Birth, from: name", "kind text does not fit a field of type date", "transform"),
        ("to: Email_Opt_Out, from: born", "kind date does not fit a field of type boolean", "transform"),
        ("to: First_Name, from: name, transform: [trimm]", "no transform `trimm`", "Did you mean `trim`?"),
        ("to: First_Name, from: name, transform: [yes_no]", "reads yes_no, but gets text", "in between"),
        ("to: First_Name, from: name, transform: [prefix]", "needs the setting `text_before`", "prefix"),
        ("to: First_Name, from: name, transform: [{trim: {x: 1}}]", "has no setting `x`", "It has: none"),
        ("to: First_Name, lookup: {map: Q, by: id}", "names Q, which is no object map", "Correct"),
        ("to: First_Name, lookup: {map: A, by: id}", "lookup does not fit a field of type text", "Correct"),
        ("to: Last_Name, from: name", "Last_Name is filled by 2 lines", "Keep one"),
        ("to: New__Field, from: name, create: {type: text, label: New}", "not allowed", "For example New"),
        ("to: Person, from: name, create: {type: text, label: Person id}", "belongs to Person_ID already", "another"),
        ("to: P2, from: name, create: {type: text, label: A label with far too many letters}", "25 are", "Shorten"),
        ("to: Mail2, from: name, create: {type: text, label: email}", "belongs to Email already", "another"),
    ],
)
def test_a_mistake_is_found_at_its_line_with_a_remedy(line: str, words: str, remedy: str) -> None:
    found = problems(field(line))

    assert [(problem.level, problem.line) for problem in found if words in problem.words] != []
    match = next(problem for problem in found if words in problem.words)
    assert match.level == "error"
    assert match.line in (3, 11)
    assert remedy in match.remedy


def test_a_right_mapping_has_no_problem() -> None:
    assert problems(field("to: Date_of_Birth, from: born")) == []


def test_pick_list_values_that_nobody_mapped_are_a_warning() -> None:
    line = "to: Grade, from: grade, values: {a: Good}, create: {type: picklist, label: Grade, options_from: values}"

    found = problems(field(line))

    assert [(problem.level, "b" in problem.words) for problem in found] == [("warning", True)]


def test_a_field_that_the_destination_requires_must_be_filled() -> None:
    text = PEOPLE.replace("      - {to: Last_Name, from: name}\n", "")

    assert "requires Last_Name" in problems("", text)[0].words


def test_two_entries_that_move_the_same_records_are_refused(zoho: Mapping) -> None:
    mapping = zoho.model_copy(deep=True)
    for entry in mapping.maps:
        entry.enabled = True

    words = [problem.words for problem in validate(mapping, Schema({}), schema(), LIMITS)]

    assert any("Z6 and Z5 move the same records" in said for said in words)


def test_more_than_the_edition_allows_is_refused() -> None:
    lines = "".join(field(f"to: F{n}, from: name, create: {{type: text, label: F{n}, unique: true}}") for n in range(3))

    words = [
        one.words
        for one in validate(load(PEOPLE + lines, "m"), SOURCE, schema(), {**LIMITS, "custom_fields_per_object": 3})
    ]

    assert any("4 custom fields; the edition allows 3" in said for said in words)
    assert any("4 unique fields; 2 are allowed" in said for said in words)


def test_the_default_fits_the_source_and_a_new_account(shared: Path, proposal: Proposal) -> None:
    settings = json.loads((shared / "data" / "clinic-harbour" / "settings_public.json").read_text(encoding="utf-8"))

    assert validate(proposal.mapping, source_schema(settings), schema(), LIMITS) == []


def test_the_clinics_own_fields_all_get_a_place_of_their_own(clinic: Harbour, proposal: Proposal) -> None:
    entry = proposal.mapping.by_id("Z1")
    assert entry is not None
    tokens = [one["token"] for section in clinic.definition["sections"] for one in section["fields"]]
    lines = [line for line in entry.fields if line.source and line.source[0].startswith("custom_fields.")]

    assert {line.source[0].partition(".")[2] for line in lines} == set(tokens)
    live = schema().objects["Contacts"].fields
    assert all(NAME.fullmatch(line.to) and len(line.label) <= 25 for line in lines)
    assert not {line.to.lower() for line in lines} & ({name.lower() for name in live} | {"id", "status", "owner"})
    assert len({line.to.lower() for line in lines}) == len({line.label.lower() for line in lines}) == len(lines)
    assert list(naming_problems(proposal.mapping, schema(), LIMITS)) == []


def test_every_type_of_custom_field_has_its_own_treatment(proposal: Proposal) -> None:
    entry = proposal.mapping.by_id("Z1")
    assert entry is not None
    made = {line.note.removeprefix("Cliniko: "): line for line in entry.fields if line.note.startswith("Cliniko: ")}

    def shape(name: str) -> tuple[str, str, str]:
        line = made[name]
        assert line.create is not None
        return line.create.type.value, line.transform[0].name, line.sensitivity

    assert shape("Funding & insurance › NDIS number") == ("text", "answer_text", "government_id")
    assert shape("Funding & insurance › Plan end") == ("date", "answer_date", "financial")
    assert shape("Clinical background › History") == ("long_text", "answer_text", "clinical")
    assert shape("Old intake (2019) › Fax consent (archived in Cliniko)") == (
        "multi_picklist",
        "answer_choices",
        "consent",
    )
    assert made["Clinical background › History"].too_long == "overflow_note"
    assert made["Old intake (2019) › Loyalty card (archived in Cliniko)"].enabled
    fund = next(line for line in entry.fields if line.to == "Health_fund")
    assert fund.create is not None
    assert {"Old Mutual (closed)", "Other"} <= set(fund.create.options)
    assert [line.to for line in entry.fields if line.transform and line.transform[0].name == "answer_other"] == [
        "Health_fund_other",
        "Insurance_type_other",
        "Conditions_Clinical_other",
        "Preferred_contact_other",
    ]


def test_proposing_twice_adds_nothing(clinic: Harbour, proposal: Proposal) -> None:
    again = propose(proposal.mapping, clinic.definition, schema(), LIMITS)

    assert again.mapping.as_written() == proposal.mapping.as_written()


def test_cards_and_passwords_are_never_on_by_themselves(zoho: Mapping) -> None:
    names = ["Credit card number", "Bank BSB", "Portal password", "Medicare card number", "Loyalty card"]
    fields = [{"name": name, "type": "text", "token": name, "archived": False} for name in names]

    proposed = propose(zoho, {"sections": [{"name": "Pay", "fields": fields}]}, schema(), LIMITS)

    entry = proposed.mapping.by_id("Z1")
    assert entry is not None
    assert [line.enabled for line in entry.fields[-5:]] == [False, False, False, True, True]
    assert len(proposed.notes) == 3


def test_what_has_no_room_goes_out_as_a_companion_file(clinic: Harbour, zoho: Mapping) -> None:
    tight = {**LIMITS, "custom_fields_per_object": 10}

    proposed = propose(zoho, clinic.definition, schema(), tight)

    kept = [change for change in changes(proposed.mapping, schema()) if isinstance(change, NewField)]
    contacts = {change.name for change in kept if change.object == "Contacts"}
    assert len(contacts) == 10
    assert {"Cliniko_Patient_ID", "Cliniko_Contact_ID", "Cliniko_Email_Raw", "Medical_Alerts"} <= contacts
    assert not any(
        problem.level == "error"
        for problem in validate(proposed.mapping, Schema({}), schema(), tight)
        if "custom fields" in problem.words
    )
    everything = {line.to for line in zoho.by_id("Z1").fields}  # type: ignore[union-attr]
    gone = {one.line.to for one in proposed.companion if one.map == "Z1"}
    assert everything & gone
    assert all(one.why for one in proposed.companion)
    patient = view(clinic.one("patients", "91640115"))
    values = {one.line.to: text_reader(one.line, context())(patient) for one in proposed.companion if one.map == "Z1"}
    assert values["Health_fund"] == "Old Mutual (closed)"
    assert values["Main_Location"] == patient["derived"]["location"]


def test_labels_of_any_kind_become_valid_distinct_names() -> None:
    namer = Namer({"Email", "Lead Source"})

    labels = [
        namer.label(words, "Office", number, repeated=False)
        for number, words in enumerate(
            ["Email", "email", "医保号", "2nd phone", "Größe (cm)", "Grosse cm", "x" * 255], 1
        )
    ]

    assert labels == [
        "Email Office",
        "email Office 2",
        "Office field 3",
        "Field 2nd phone",
        "Grosse cm",
        "Grosse cm Office",
        "x" * 25,
    ]


def test_only_what_is_missing_is_created_objects_first_lookups_last(proposal: Proposal) -> None:
    made = changes(proposal.mapping, schema())

    kinds = [
        "object"
        if isinstance(one, NewObject)
        else "options"
        if isinstance(one, NewOptions)
        else "lookup"
        if one.type is FieldType.LOOKUP
        else "field"
        for one in made
    ]
    assert kinds == sorted(kinds, key=["object", "field", "lookup", "options"].index)
    assert [one.name for one in made if isinstance(one, NewObject)] == [
        "Locations",
        "Appointment_Types",
        "Invoice_History",
    ]
    names = {(one.object, one.name) for one in made if isinstance(one, NewField)}
    assert ("Contacts", "Date_of_Birth") not in names
    assert ("Contacts", "Cliniko_Patient_ID") in names
    assert NewOptions("Accounts", "Account_Type", ("Insurance",)) in made
    shared_field = next(one for one in made if isinstance(one, NewField) and one.name == "Cliniko_Record_Type")
    assert set(shared_field.maps) == {"Z4", "Z4.other", "Z1"}


def test_a_second_look_after_provisioning_finds_nothing_to_do(proposal: Proposal) -> None:
    provisioned = _after(schema(), changes(proposal.mapping, schema()))

    assert changes(proposal.mapping, provisioned) == []


def test_no_module_gets_more_unique_fields_than_zoho_allows(proposal: Proposal) -> None:
    unique: dict[str, int] = {}
    for change in changes(proposal.mapping, schema()):
        if isinstance(change, NewField) and change.unique:
            unique[change.object] = unique.get(change.object, 0) + 1

    assert max(unique.values()) <= 2


def test_standard_fields_are_listed_with_the_entries_that_fill_them(zoho: Mapping) -> None:
    used = {(one.object, one.name): one.maps for one in standard_fields_used(zoho, schema())}

    assert used["Contacts", "Last_Name"] == ("Z4", "Z4.other", "Z1")
    assert ("Contacts", "Cliniko_Patient_ID") not in used
    assert ("Contacts", "Date_of_Birth") in used


def test_the_table_shows_both_figures_for_all_thirteen_rows(zoho: Mapping) -> None:
    table = coverage(zoho)

    assert (table.one_to_one, table.rows) == (12, 13)
    assert [row.row for row in table.table] == [f"Z{number}" for number in range(1, 14)]
    assert all(row.support and row.destination for row in table.table)
    assert "12 of 13 objects map 1:1" in table.words


def test_every_entry_says_its_transformation_lookups_and_schema(zoho: Mapping) -> None:
    for entry in zoho.maps:
        said = explain(zoho, entry.map)
        assert said.transformation
        assert entry.deviation
        assert said.schema or entry.to in ("Users", "Notes", "Attachments")
    assert explain(zoho, "Z6").lookups[0] == "Who_Id: patient → the record of Z1 (required)"
    assert "the module Invoice_History is created" in explain(zoho, "Z8").schema


def test_sensitive_fields_are_classed(zoho: Mapping) -> None:
    classes = {line.to: line.sensitivity for entry in zoho.maps for line in entry.fields if entry.map == "Z1"}

    assert {name for name, one in classes.items() if one == "government_id"} >= {"Medicare_Number", "DVA_Card_Number"}
    assert classes["Medical_Alerts"] == "clinical"
    assert classes["Email_Opt_Out"] == "consent"


def test_what_stays_behind_is_said_with_a_reason(zoho: Mapping) -> None:
    assert {"communications", "payments"} <= {entry.source for entry in zoho.not_migrated}
    assert all(entry.why for entry in zoho.not_migrated)


def _after(before: Schema, made: list) -> Schema:  # type: ignore[type-arg]
    """The schema when every change was carried out."""
    objects = dict(before.objects)
    for change in made:
        if isinstance(change, NewObject):
            name = FieldSchema("Name", "Name", FieldType.TEXT, 120, required=True)
            objects[change.name] = ObjectSchema(change.name, change.label, {"Name": name}, custom=True)
            continue
        there = objects[change.object]
        if isinstance(change, NewField):
            new = FieldSchema(
                change.name,
                change.label,
                change.type,
                change.length,
                unique=change.unique,
                options=change.options,
                custom=True,
            )
        else:
            old = there.fields[change.field]
            new = replace(old, options=(*old.options, *change.options))
        objects[change.object] = replace(there, fields={**there.fields, new.name: new})
    return Schema(objects)
