"""What the reading of the source left open, and how it compares with the clinic's own export."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gurney.errors import Misused
from gurney.migration.context import Migration
from gurney.migration.crosscheck import cross_check, patients_export
from gurney.migration.reading import keep_reading, reading_findings
from gurney.migration.workspace import open_workspace
from gurney.reports.model import FoundRow
from gurney.sources.cliniko.keep import ObjectRead, ReadReport
from gurney.store.store import Store


def by_code(rows: list[FoundRow]) -> dict[str, FoundRow]:
    return {row.code: row for row in rows}


def test_what_a_reading_left_open_is_told_later(store: Store) -> None:
    report = ReadReport(
        7,
        objects={"recalls": ObjectRead(available=False), "patients": ObjectRead(rows=9)},
        gone={"users": [str(number) for number in range(60)]},
        not_trusted=["invoices"],
    )
    keep_reading(store, report)

    found = by_code(reading_findings(store))

    assert (found["list-not-trusted"].level, found["list-not-trusted"].object) == ("warning", "invoices")
    assert (found["gone"].object, found["gone"].count, len(found["gone"].ids)) == ("users", 60, 50)
    assert found["no-such-list"].object == "recalls"


def test_a_whole_reading_leaves_nothing_open(store: Store) -> None:
    assert reading_findings(store) == []
    keep_reading(store, ReadReport(1, objects={"patients": ObjectRead(rows=9)}))
    assert reading_findings(store) == []


@pytest.fixture
def patients(stage: Callable[..., None], link: Callable[[str, str], dict[str, Any]]) -> None:
    stage(
        "patients",
        {"id": "1"},
        {"id": "2"},
        {"id": "3", "archived_at": "2026-01-01T00:00:00Z"},
        {"id": "4", "merged_with_patient": link("patients", "1")},
    )


def export(migration: Migration, text: str) -> Migration:
    """The migration with an export named in its settings, beside gurney.toml."""
    folder = migration.workspace.folder
    (folder / "patients.csv").write_text(text, encoding="utf-8")
    settings = (folder / "gurney.toml").read_text()
    (folder / "gurney.toml").write_text(settings.replace('patients_csv = ""', 'patients_csv = "patients.csv"'))
    migration.workspace = open_workspace(folder)
    return migration


@pytest.mark.usefixtures("patients")
def test_the_export_and_the_snapshot_are_compared_by_id_and_in_sum(migration: Migration) -> None:
    named = export(migration, "Patient ID,Account Balance,First Name\n1,-20.50,Ada\n3,5.25,Bo\n9,0,Cy\n")

    found = by_code(cross_check(named.store.snapshot, patients_export(named.workspace)))

    assert found["export-only"].ids == ["9"]
    assert found["export-lacks"].ids == ["2"]
    assert "3 patients; 2 live ones were read, and 2 that" in found["export-compared"].words
    assert "add up to -15.25; 2 of 3" in found["export-balances"].words
    assert not any("20.50" in row.words or "Ada" in row.words for row in found.values())


@pytest.mark.usefixtures("patients")
def test_an_export_that_agrees_raises_no_warning(migration: Migration) -> None:
    named = export(migration, "Patient ID,Account Balance\n1,\n2,\n")

    found = cross_check(named.store.snapshot, patients_export(named.workspace))

    assert [(row.code, row.level) for row in found] == [("export-compared", "info")]


def test_without_an_export_nothing_is_compared(migration: Migration) -> None:
    assert patients_export(migration.workspace) is None
    assert cross_check(migration.store.snapshot, None) == []


def test_an_export_that_cannot_be_used_is_refused_before_anything_is_read(migration: Migration, tmp_path: Path) -> None:
    with pytest.raises(Misused, match="Patient ID"):
        patients_export(export(migration, "Name\nAda\n").workspace)
    (migration.workspace.folder / "patients.csv").unlink()
    with pytest.raises(Misused, match="cannot be read"):
        patients_export(migration.workspace)
