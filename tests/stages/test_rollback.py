"""The way back: created records go, updated ones get their old values, what a person touched stays."""

from __future__ import annotations

import pytest
from stage_scene import Scene, until_sampled

from gurney.migration.run import run
from gurney.migration.undo import undo
from gurney.records import Link
from gurney.schema import FieldSchema, FieldType

pytestmark = pytest.mark.anyio


async def test_a_record_that_a_person_changed_stays_and_is_listed(loaded: Scene) -> None:
    contact = next(iter(loaded.crm.records["Contacts"]))
    loaded.crm.edit("Contacts", contact, {"Mailing_City": "Elsewhere"})

    report = await undo(loaded.migration)

    assert [one.destination_id for one in report.kept] == [contact]
    assert list(loaded.crm.records["Contacts"]) == [contact]


async def test_a_record_stays_into_whose_empty_field_a_person_typed(loaded: Scene) -> None:
    empty = "Preferred_Name"
    contact = next(id for id, row in loaded.crm.records["Contacts"].items() if not row.get(empty))
    loaded.crm.edit("Contacts", contact, {empty: "Typed by a person"})

    report = await undo(loaded.migration)

    assert [(one.destination_id, empty in one.why) for one in report.kept] == [(contact, True)]
    assert list(loaded.crm.records["Contacts"]) == [contact]


async def test_a_record_that_carries_somebodys_note_stays(loaded: Scene) -> None:
    contact = next(iter(loaded.crm.records["Contacts"]))
    loaded.crm.records["Notes"]["9"] = {"Note_Title": "by hand"}
    loaded.crm.parents["9"] = Link("Contacts", contact)
    loaded.crm._touch("9")

    report = await undo(loaded.migration)

    assert contact in [one.destination_id for one in report.kept]
    assert "9" in loaded.crm.records["Notes"]


async def test_a_record_on_which_a_note_stays_that_a_person_edited_stays_with_it(loaded: Scene) -> None:
    note, parent = next(iter(loaded.crm.parents.items()))
    loaded.crm.edit("Notes", note, {"Note_Content": "What the doctor added"})

    report = await undo(loaded.migration)

    assert {note, parent.id} <= {one.destination_id for one in report.kept}
    assert note in loaded.crm.records["Notes"]
    assert parent.id in loaded.crm.records[parent.object]


async def test_a_record_that_was_there_before_gets_its_old_values_back(scene: Scene) -> None:
    patient = str(next(row["id"] for row in scene.clinic_rows("patients") if not row.get("merged_at")))
    key = FieldSchema("Cliniko_Patient_ID", "Cliniko Patient ID", FieldType.TEXT, unique=True, custom=True)
    contacts = scene.crm.objects["Contacts"]
    scene.crm.objects["Contacts"] = type(contacts)("Contacts", "Contacts", {**contacts.fields, key.name: key})
    owner = Link("Users", scene.crm.members[0].id)
    old = {"Cliniko_Patient_ID": patient, "Last_Name": "As It Was", "Mailing_City": "Oldtown", "Owner": owner}
    scene.crm.records["Contacts"] = {"7": dict(old)}
    scene.crm._touch("7")
    await until_sampled(scene)
    await run(scene.migration)
    assert scene.crm.records["Contacts"]["7"]["Last_Name"] != "As It Was"

    report = await undo(scene.migration)

    assert {name: scene.crm.records["Contacts"]["7"][name] for name in old} == old
    assert not report.kept
    assert sum(step.restored for step in report.steps) == 1


async def test_after_a_rollback_the_clinic_can_be_loaded_again_from_the_snapshot(loaded: Scene) -> None:
    from gurney.migration.approve import approve
    from gurney.migration.plan import plan
    from gurney.migration.provision import provision
    from gurney.migration.reconcile import reconcile
    from gurney.migration.sample import sample

    first = {object: len(rows) for object, rows in loaded.crm.records.items()}
    await undo(loaded.migration)
    calls = loaded.migration.source().spent.calls

    await plan(loaded.migration, fallback_owner="unassigned")
    approve(loaded.migration, "plan", "Test Admin")
    await provision(loaded.migration)
    await sample(loaded.migration)
    approve(loaded.migration, "sample", "Test Admin")
    await run(loaded.migration)

    assert {object: len(rows) for object, rows in loaded.crm.records.items()} == first
    assert (await reconcile(loaded.migration)).ok
    assert loaded.migration.source().spent.calls == calls
