"""A delta leaves the destination in the source's last state, also where less or more of a record is left."""

from __future__ import annotations

import pytest
from stage_scene import Scene

from gurney.migration.reconcile import reconcile
from gurney.migration.topup import delta
from gurney.records import Value

pytestmark = pytest.mark.anyio

LONG = 25_000
"""Characters of a paragraph; two of them are more than a note holds."""


def a_patient(scene: Scene, **filled: object) -> str:
    """A live patient in whom these fields hold something."""
    for row in scene.clinic_rows("patients"):
        if not row.get("archived_at") and not row.get("merged_at") and all(row.get(name) for name in filled):
            return str(row["id"])
    raise LookupError("no such patient")


def contact(scene: Scene, patient: str) -> dict[str, Value]:
    return scene.crm.records["Contacts"][scene.crm.find_one("Contacts", "Cliniko_Patient_ID", patient)]


def notes_of(scene: Scene, mark: str) -> list[str]:
    """The texts of a source record's notes, in the order of their numbers."""
    found = {str(one["Note_Title"]): str(one["Note_Content"]) for one in scene.crm.records["Notes"].values()}
    return [found[title] for title in sorted(found) if mark in title]


async def test_a_value_that_was_cleared_at_the_source_is_cleared(loaded: Scene) -> None:
    patient = a_patient(loaded, city=True)
    assert contact(loaded, patient)["Mailing_City"]
    await loaded.staff("edit", object="patients", id=patient, fields={"city": ""})

    report = await delta(loaded.migration)

    assert contact(loaded, patient).get("Mailing_City") is None
    assert not report.conflicts
    assert (await reconcile(loaded.migration)).ok


async def test_a_value_cleared_at_the_source_and_changed_by_a_person_is_kept_and_reported(loaded: Scene) -> None:
    patient = a_patient(loaded, city=True)
    id = loaded.crm.find_one("Contacts", "Cliniko_Patient_ID", patient)
    loaded.crm.edit("Contacts", id, {"Mailing_City": "Theirs"})
    await loaded.staff("edit", object="patients", id=patient, fields={"city": ""})

    report = await delta(loaded.migration)

    assert contact(loaded, patient)["Mailing_City"] == "Theirs"
    assert [(one.source_id, one.field) for one in report.conflicts] == [(patient, "Mailing_City")]


def written_note(scene: Scene) -> dict[str, object]:
    return next(row for row in scene.clinic_rows("treatment_notes") if not row.get("archived_at"))


def paragraphs(count: int) -> dict[str, object]:
    question = {"name": "History", "type": "paragraph", "answer": " ".join(["word"] * (LONG // 5))}
    return {"sections": [{"name": "All", "questions": [question] * count}]}


async def test_a_note_that_grows_arrives_whole_and_one_that_shrinks_leaves_nothing_behind(loaded: Scene) -> None:
    note = str(written_note(loaded)["id"])
    mark = f"treatment_notes:{note} "
    assert len(notes_of(loaded, mark)) == 1

    await loaded.staff("edit", object="treatment_notes", id=note, fields={"content": paragraphs(3)})
    await delta(loaded.migration)
    grown = notes_of(loaded, mark)
    assert len(grown) > 2
    assert "".join(grown).count("word") == 3 * (LONG // 5)

    await loaded.staff("edit", object="treatment_notes", id=note, fields={"content": paragraphs(1)})
    await delta(loaded.migration)
    shrunk = notes_of(loaded, mark)
    assert len(shrunk) == 1
    assert shrunk[0].count("word") == LONG // 5
    assert (await reconcile(loaded.migration)).ok


async def test_a_text_that_outgrows_its_field_gets_its_note_and_loses_it_again(loaded: Scene) -> None:
    patient = a_patient(loaded)
    mark = f"patients:{patient} Appointment_Notes"

    await loaded.staff("edit", object="patients", id=patient, fields={"appointment_notes": "long " * 8_000})
    await delta(loaded.migration)
    assert "".join(notes_of(loaded, mark)).count("long") == 8_000

    await loaded.staff("edit", object="patients", id=patient, fields={"appointment_notes": "short"})
    await delta(loaded.migration)
    assert notes_of(loaded, mark) == []
    assert contact(loaded, patient)["Appointment_Notes"] == "short"


async def test_a_note_that_a_person_changed_too_is_kept_and_reported(loaded: Scene) -> None:
    note = str(written_note(loaded)["id"])
    id = next(
        id for id, one in loaded.crm.records["Notes"].items() if f"treatment_notes:{note} " in str(one["Note_Title"])
    )
    loaded.crm.edit("Notes", id, {"Note_Content": "Theirs"})
    await loaded.staff("edit", object="treatment_notes", id=note, fields={"content": paragraphs(1)})

    report = await delta(loaded.migration)

    assert loaded.crm.records["Notes"][id]["Note_Content"] == "Theirs"
    assert len(notes_of(loaded, f"treatment_notes:{note} ")) == 1
    assert [(one.source_id, one.destination_id) for one in report.conflicts] == [(note, id)]
    assert (await reconcile(loaded.migration)).ok


@pytest.mark.parametrize(("deed", "object", "map"), [("edit", "invoices", "Z8"), ("delete", "patients", "Z1")])
async def test_what_arrived_before_the_clinic_put_it_away_is_counted_apart(
    loaded: Scene, deed: str, object: str, map: str
) -> None:
    before = next(one for one in (await reconcile(loaded.migration)).objects if one.map == map)
    arrived = loaded.migration.store.effects.scan(map)
    row = next(
        row
        for row in loaded.clinic_rows(object)
        if str(row["id"]) in {effect.key.id for effect in arrived} and not row.get("archived_at")
    )
    away = {"fields": {"archived_at": "2026-11-16T00:10:00Z"}} if deed == "edit" else {}
    await loaded.staff(deed, object=object, id=row["id"], **away)

    await delta(loaded.migration)
    report = await reconcile(loaded.migration)

    after = next(one for one in report.objects if one.map == map)
    assert report.ok, [one.words for one in report.criteria if not one.ok]
    assert (after.stays, after.destination_count) == (1, before.destination_count - 1)
    assert len(loaded.migration.store.effects.scan(map)) == len(arrived)
