"""Tables: a CSV file with a line for each record, one file for each record that they belong to."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from mapping_account import AS_OF, LIMITS, context
from mapping_company import company
from mapping_staged import stage

from gurney.mapping.compile import CompiledMapping, compile_mapping
from gurney.mapping.document import digest, dump, load
from gurney.mapping.problems import MappingWrong
from gurney.mapping.validate import validate
from gurney.migration.build import Builder, BuiltRow
from gurney.migration.dry import DryRun, dry_run
from gurney.migration.progress import Nobody
from gurney.migration.tables import TAKEN
from gurney.reports.csv import BOM
from gurney.sources.cliniko.source_schema import source_schema
from gurney.store.store import Store

Record = dict[str, Any]
LIST = """\
destination: pipedrive
maps:
  - map: P
    row: P
    from: patients
    to: persons
    archived: include
    fields:
      - {to: name, from: last_name, default: Nobody}
  - map: L
    row: L
    from: invoices
    to: files
    archived: skip
    leave_out:
      - {when: {notes: secret}, code: secret, words: Secret ones stay.}
      - {when: {patient: {set: false}}, code: no-patient, words: It concerns nobody.}
    parent: {map: P, by: patient, required: true}
    fields:
      - {to: name, value: the-list.csv}
    table:
      oldest_first: issue_date
      columns:
        - {name: Number, from: number}
        - {name: Total, from: total_amount, transform: [money], class: financial}
        - {name: Status, from: derived.state_word}
        - {name: About, from: notes, class: clinical, note: "Every word."}
"""
STAMPS = {"created_at": "2024-01-02T03:04:05Z", "updated_at": "2024-01-02T03:04:05Z"}


def to(id: str) -> Record:
    return {"links": {"self": f"https://api.au1.cliniko.com/v1/patients/{id}"}}


def invoice(id: str, patient: str | None = "1", **more: Any) -> Record:
    owner = {} if patient is None else {"patient": to(patient)}
    return {"id": id, "number": int(id), "issue_date": "2025-03-04", "total_amount": "10.0", **STAMPS, **owner, **more}


def compiled(text: str = LIST) -> CompiledMapping:
    return compile_mapping(load(text, "m"), company(), {}, LIMITS, context())


def built(store: Store, text: str = LIST) -> dict[str, BuiltRow]:
    """Every patient's file, by patient."""
    mapping = compiled(text)
    rows = store.snapshot.scan("patients")
    items = Builder(store, mapping, {}, AS_OF).build(mapping.by_id["L"], rows, dry=True)
    return {item.row.id: item for item in items if item.is_selected}


def table(content: bytes) -> list[list[str]]:
    assert content.startswith(BOM)
    return list(csv.reader(io.StringIO(content.removeprefix(BOM).decode(), newline="")))


def tried(store: Store) -> DryRun:
    mapping = compiled()
    return dry_run(store, mapping, Builder(store, mapping, {}, AS_OF), Nobody())


@pytest.fixture
def patients(store: Store) -> Store:
    stage(store, "patients", [{"id": id, "last_name": f"Name {id}", **STAMPS} for id in ("1", "2", "3")])
    return store


# ------------------------------------------------------------------------------------------------------- what is made


def test_each_patient_with_invoices_gets_one_file_with_a_line_for_each_oldest_first(patients: Store) -> None:
    late = invoice("20", issue_date="2025-05-01", status=20)
    stage(patients, "invoices", [late, invoice("9"), invoice("100"), invoice("30", "2")])

    files = built(patients)

    assert files.keys() == {"1", "2"}
    assert [line[0] for line in table(files["1"].content)] == ["Number", "9", "100", "20"]
    assert table(files["1"].content)[3] == ["20", "10.00", "Paid", ""]
    [write] = files["1"].built.writes
    assert (write.object, write.parent.object if write.parent else "") == ("files", "persons")
    assert (str(write.key), write.key_field) == ("L/patients/1/0", "")


def test_the_write_names_the_bytes_and_nobody_s_name(patients: Store) -> None:
    stage(patients, "invoices", [invoice("9")])

    item = built(patients)["1"]
    [(file, content)] = item.made

    assert content == item.content
    assert (file.name, file.content_type, file.size_bytes) == ("the-list.csv", "text/csv", len(content))
    fields = item.built.writes[0].fields
    assert fields == {"name": "the-list.csv", "size_bytes": len(content), "sha256": file.sha256}


def test_the_same_records_make_the_same_bytes_in_whatever_order_they_came(store: Store, patients: Store) -> None:
    stage(patients, "invoices", [invoice("9"), invoice("10"), invoice("8", issue_date=None)])
    first = built(patients)["1"]
    stage(patients, "invoices", [invoice("10", notes="x", updated_at="2025-01-01T00:00:00Z")])
    second = built(patients)["1"]
    stage(patients, "invoices", [invoice("10", updated_at="2025-01-02T00:00:00Z")])

    assert built(patients)["1"].content == first.content != second.content
    ids = [write.file.store_id for item in (first, second) for write in item.built.writes if write.file]
    assert len(set(ids)) == 2, "two versions of a list are two files of the store"


def test_a_spreadsheet_executes_nothing_and_amounts_stay_numbers(patients: Store) -> None:
    stage(patients, "invoices", [invoice("9", notes='=cmd|"calc"!A1\r\nsecond line', total_amount="-5.5")])

    [_, line] = table(built(patients)["1"].content)

    assert line == ["9", "-5.50", "", '\'=cmd|"calc"!A1\nsecond line']


def test_what_a_transform_cannot_convert_stands_as_it_was_typed(patients: Store) -> None:
    stage(patients, "invoices", [invoice("9", total_amount="a lot")])

    assert table(built(patients)["1"].content)[1][1] == "a lot"


def test_records_of_a_merged_patient_stand_in_the_survivor_s_file(patients: Store) -> None:
    stage(patients, "invoices", [invoice("9"), invoice("10", "2"), invoice("11", "3")])
    merged = {"merged_at": "2025-01-01T00:00:00Z", "updated_at": "2025-01-01T00:00:00Z"}
    stage(patients, "patients", [{"id": id, **STAMPS, **merged} for id in ("2", "3")])
    patients.snapshot.set_aliases("patients", {"3": "2", "2": "1"})

    files = built(patients)

    assert files.keys() == {"1"}
    assert [line[0] for line in table(files["1"].content)[1:]] == ["9", "10", "11"]


def test_an_archived_patient_has_a_file_and_an_archived_invoice_is_in_none(patients: Store) -> None:
    away = {"archived_at": "2025-01-01T00:00:00Z"}
    stage(patients, "patients", [{"id": "1", **STAMPS, **away, "updated_at": "2025-01-01T00:00:00Z"}])
    stage(patients, "invoices", [invoice("9"), invoice("10", **away), invoice("11", "2", **away)])

    files = built(patients)

    assert files.keys() == {"1"}
    assert [line[0] for line in table(files["1"].content)[1:]] == ["9"]


def test_every_record_is_counted_in_a_file_or_with_its_reason(patients: Store) -> None:
    away = {"archived_at": "2025-01-01T00:00:00Z"}
    left = [invoice("10", notes="secret"), invoice("11", **away), invoice("12", "2", **away)]
    lost = [invoice("13", None), invoice("14", "77"), invoice("15", None, **away)]
    stage(patients, "invoices", [invoice("9"), *left, *lost])

    found = tried(patients)

    lines = {code: count for (map, code), count in found.lines.items() if map == "L"}
    assert lines == {TAKEN[0]: 1, "secret": 1, "archived": 3, "no-patient": 1, "source-orphan": 1}
    assert found.words["L", "secret"] == "Secret ones stay."
    assert (found.selected["L"], found.writes["files"]) == (1, 1)


def test_conditions_choose_lines_and_not_patients(patients: Store) -> None:
    text = LIST.replace("    leave_out:", "    when: {status: 20}\n    leave_out:")
    stage(patients, "invoices", [invoice("9", status=20), invoice("10", status=10), invoice("11", "2", status=10)])

    files = built(patients, text)

    assert [line[0] for line in table(files["1"].content)[1:]] == ["9"]
    assert files.keys() == {"1"}


def test_a_column_that_is_made_of_the_whole_record_gets_every_fact(patients: Store) -> None:
    text = LIST.replace("{name: Number, from: number}", "{name: Title, transform: [invoice_title]}")
    stage(patients, "invoices", [invoice("9", status=20)])

    assert table(built(patients, text)["1"].content)[1][0] == "Invoice 9 · 2025-03-04 · Paid"


# ------------------------------------------------------------------------------------------------------- the document


def problems(text: str) -> list[str]:
    return [str(one) for one in validate(load(text, "m"), source_schema({}), company(), LIMITS) if one.level == "error"]


def test_a_right_table_has_no_problems_and_says_the_same_when_written_back() -> None:
    mapping = load(LIST, "m")

    assert problems(LIST) == []
    assert digest(load(dump(mapping), "m")) == digest(mapping)
    mapping.keep_tree(None)
    assert digest(load(dump(mapping), "m")) == digest(mapping)


def test_who_signs_sees_the_columns_with_their_classes() -> None:
    entry = load(LIST, "m").by_id("L")
    assert entry is not None

    told = {line.to: (line.source, line.sensitivity, line.note) for line in entry.told_fields()}

    assert told["the-list.csv: Total"] == (("total_amount",), "financial", "")
    assert told["the-list.csv: About"] == (("notes",), "clinical", "Every word.")
    assert told["name"] == ((), "ordinary", "")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("    parent: {map: P, by: patient, required: true}\n", "", "`parent` names that record"),
        ("by: patient", "by: derived.archived", "derived.archived is none. It has: patient."),
        ("by: patient", "by: practitioner", "practitioner is none. It has: patient."),
        ("{to: name, value: the-list.csv}", "{to: name, from: id}", "no patient's name may stand in its name"),
        ("{to: name, value: the-list.csv}", "{to: name, value: list}", "No line says what the file is called."),
        ("from: number}", "from: numbre}", "Did you mean number?"),
        ("{name: Number, from: number}", "{name: Number}", "filled from nowhere"),
        ("{name: Status,", "{name: Total,", "2 columns are called Total."),
        ("[money]", "[mony]", "Did you mean `money`?"),
        ("oldest_first: issue_date", "oldest_first: issued", "no field issued"),
        (
            "    fields:\n      - {to: name, value",
            "    marker: name\n    fields:\n      - {to: name, value",
            "no `marker`",
        ),
    ],
)
def test_what_is_wrong_is_told_in_words_with_its_line(old: str, new: str, words: str) -> None:
    text = LIST.replace(old, new)
    assert text != LIST

    found = problems(text)

    assert any(words in one for one in found), found
    assert all(one.startswith("line ") for one in found)


def test_an_unknown_key_of_a_column_names_the_nearest() -> None:
    with pytest.raises(MappingWrong, match="Did you mean `transform`"):
        load(LIST.replace("transform: [money]", "transfrom: [money]"), "m")


def test_a_table_without_columns_is_a_mistake() -> None:
    head = LIST[: LIST.index("      columns:")]

    with pytest.raises(MappingWrong, match="at least 1 item"):
        load(f"{head}      columns: []\n", "m")
