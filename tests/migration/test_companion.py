"""What has no room at the destination goes out whole, as the mapping would have written it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gurney.errors import Misused
from gurney.mapping import document
from gurney.mapping.model import Mapping
from gurney.mapping.propose import CompanionField, Proposal
from gurney.migration import papers
from gurney.migration.companion import export_companions, settle_companions
from gurney.migration.context import Migration

MAPPING = """
version: 1
destination: zoho
maps:
  - map: Z11
    row: Z11
    from: contacts
    to: Accounts
    when: {type_code: 2}
    archived: include
    key: Cliniko_Contact_ID
    fields:
      - {to: Account_Name, from: company_name}
  - map: Z1
    row: Z1
    from: patients
    to: Contacts
    archived: include
    key: Cliniko_Patient_ID
    fields:
      - {to: Last_Name, from: last_name}
      - {to: Insurer, lookup: {map: Z11, by: derived.insurer}}
      - to: Lifetime_Billed
        from: derived.billed_total
        transform: [money]
        create: {type: money, label: Lifetime Billed}
      - to: Health_fund
        from: custom_fields.tok-1
        transform: [answer_choice]
        values: {Old fund: New fund}
        create: {type: picklist, label: Health fund}
      - {to: Plan_ends, from: custom_fields.tok-2, transform: [answer_date], create: {type: date, label: Plan ends}}
      - {to: Due, from: date_of_birth, transform: [calendar_date], create: {type: date, label: Due}}
      - {to: Raw, create: {type: text, label: Raw}}
      - to: Card_number
        from: custom_fields.tok-3
        transform: [answer_text]
        enabled: false
        create: {type: text, label: Card number}
"""
CROWDED = ("Insurer", "Lifetime_Billed", "Health_fund", "Plan_ends", "Due", "Raw")


def proposed(*crowded: str) -> Proposal:
    mapping = document.load(MAPPING, "mapping.yaml")
    out = []
    for entry in mapping.maps:
        for line in entry.fields:
            if line.to in crowded:
                out.append(CompanionField(entry.map, entry.source, line.label, line.model_copy(deep=True), "no room"))
                line.enabled = False
    return Proposal(mapping, tuple(out))


def written(migration: Migration, mapping: Mapping) -> None:
    migration.workspace.mapping_file.write_text(document.dump(mapping))


@pytest.fixture
def clinic(stage: Callable[..., None], link: Callable[[str, str], dict[str, Any]]) -> None:
    answers = [
        {"token": "tok-1", "type": "radiobuttons", "options": [{"name": "Old fund", "selected": True}]},
        {"token": "tok-2", "type": "date", "value": "2027-01-31"},
    ]
    stage("contacts", {"id": "7", "type_code": 2, "company_name": "Made-up Health"}, {"id": "8", "type_code": 1})
    stage(
        "patients",
        {
            "id": "1",
            "last_name": "Lee",
            "date_of_birth": "not a date",
            "custom_fields": {"sections": [{"fields": answers}]},
        },
        {"id": "2", "last_name": "Ng", "archived_at": "2026-01-01T00:00:00Z"},
        {
            "id": "3",
            "last_name": "Gone",
            "merged_at": "2026-01-01T00:00:00Z",
            "merged_with_patient": link("patients", "1"),
        },
    )
    stage("patient_cases", {"id": "5", "patient": link("patients", "1"), "contact": link("contacts", "7")})
    stage("invoices", {"id": "6", "patient": link("patients", "1"), "total_amount": "80.50", "status": 10})


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.usefixtures("clinic")
def test_facts_custom_fields_transforms_and_references_go_out(migration: Migration, tmp_path: Path) -> None:
    proposal = proposed(*CROWDED)
    written(migration, proposal.mapping)
    settle_companions(migration, proposal.mapping, proposal)

    (file,) = export_companions(migration, tmp_path / "out")

    assert file.name == "companion-Z1-patients.csv"
    ada, archived = rows_of(file)
    assert ada == {
        "Cliniko_Patient_ID": "1",
        "Insurer": "7",
        "Lifetime Billed": "80.50",
        "Health fund": "New fund",
        "Plan ends": "2027-01-31",
        "Due": "not a date",
    }
    assert archived["Cliniko_Patient_ID"] == "2"
    assert archived["Lifetime Billed"] == "0.00"


@pytest.mark.usefixtures("clinic")
def test_a_file_holds_only_the_records_that_its_object_map_moves(migration: Migration, tmp_path: Path) -> None:
    proposal = proposed("Account_Name")
    written(migration, proposal.mapping)
    settle_companions(migration, proposal.mapping, proposal)

    (file,) = export_companions(migration, tmp_path / "out")

    assert rows_of(file) == [{"Cliniko_Contact_ID": "7", "Account Name": "Made-up Health"}]


def test_a_later_plan_keeps_them_and_follows_what_the_clinic_switched(migration: Migration) -> None:
    proposal = proposed("Health_fund")
    settle_companions(migration, proposal.mapping, proposal)
    edited = proposal.mapping.model_copy(deep=True)
    for line in edited.by_id("Z1").fields:  # type: ignore[union-attr]
        line.enabled = line.to not in ("Plan_ends", "Card_number")

    companions = settle_companions(migration, edited, None)

    assert [(one.map, one.line.to, one.why) for one in companions] == [
        ("Z1", "Plan_ends", "It is switched off in mapping.yaml.")
    ]


def test_without_companion_fields_there_are_no_files(migration: Migration, tmp_path: Path) -> None:
    proposal = proposed()
    written(migration, proposal.mapping)

    assert settle_companions(migration, proposal.mapping, proposal) == []
    assert export_companions(migration, tmp_path / "out") == []


@pytest.mark.parametrize("inside", ["", "reports", "reports/deep"])
def test_they_are_not_written_into_the_workspace(migration: Migration, inside: str) -> None:
    with pytest.raises(Misused, match="hold values"):
        papers.companions(migration, migration.workspace.folder / inside)
