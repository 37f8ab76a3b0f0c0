"""Patients merged after the load: notes and files move to the survivor before the loser's record goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from stage_scene import Scene

from gurney.migration.reconcile import reconcile
from gurney.migration.topup import delta

pytestmark = pytest.mark.anyio


def hanging(scene: Scene, object: str, contact: str) -> list[str]:
    """Ids of notes or files on a contact."""
    return [id for id in scene.crm.records.get(object, {}) if scene.crm.parents[id].id == contact]


def laden_and_another(scene: Scene) -> tuple[str, str]:
    """A patient with notes and files at the CRM, and another one."""
    patients = {
        str(one["Cliniko_Patient_ID"]): id
        for id, one in scene.crm.records["Contacts"].items()
        if one.get("Cliniko_Patient_ID")
    }
    rows = scene.clinic_rows("patients")
    live = [str(one["id"]) for one in rows if not one.get("archived_at") and not one.get("merged_at")]
    loser = next(
        one for one in live if all(hanging(scene, object, patients[one]) for object in ("Notes", "Attachments"))
    )
    return loser, next(one for one in live if one != loser)


@pytest.mark.parametrize("keyless", [{"Notes", "Attachments"}, {"Notes"}], ids=["no keys", "files have keys"])
async def test_notes_and_files_move_to_the_survivor(loaded: Scene, keyless: set[str]) -> None:
    loaded.crm.capabilities = replace(loaded.crm.capabilities, keyless_objects=frozenset(keyless))
    loser, survivor = laden_and_another(loaded)
    gone = loaded.crm.find_one("Contacts", "Cliniko_Patient_ID", loser)
    kept = loaded.crm.find_one("Contacts", "Cliniko_Patient_ID", survivor)
    counts = {object: len(loaded.crm.records[object]) for object in ("Notes", "Attachments")}
    theirs = {object: len(hanging(loaded, object, gone) + hanging(loaded, object, kept)) for object in counts}
    await loaded.staff("merge", loser=loser, survivor=survivor)

    await delta(loaded.migration)

    assert gone not in loaded.crm.records["Contacts"]
    assert {object: len(loaded.crm.records[object]) for object in counts} == counts
    assert {object: len(hanging(loaded, object, kept)) for object in counts} == theirs
    assert (await reconcile(loaded.migration)).ok


async def test_files_that_no_call_deletes_come_anew_and_the_old_ones_go_with_the_loser(
    loaded: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They lie in the bin with the contact that they hung on (Freshsales)."""

    async def nobodys(object: str, ids: Sequence[str], ours: frozenset[str]) -> dict[str, list[str]]:
        return {}

    monkeypatch.setattr(loaded.crm, "children_of_others", nobodys)
    loaded.crm.capabilities = replace(loaded.crm.capabilities, undeletable=frozenset({"Attachments"}))
    loser, survivor = laden_and_another(loaded)
    gone = loaded.crm.find_one("Contacts", "Cliniko_Patient_ID", loser)
    kept = loaded.crm.find_one("Contacts", "Cliniko_Patient_ID", survivor)
    old, theirs = set(hanging(loaded, "Attachments", gone)), len(hanging(loaded, "Attachments", kept))
    await loaded.staff("merge", loser=loser, survivor=survivor)

    report = await delta(loaded.migration)

    assert gone not in loaded.crm.records["Contacts"]
    assert len(hanging(loaded, "Attachments", kept)) == theirs + len(old)
    assert old <= set(hanging(loaded, "Attachments", gone)), "nobody tried to delete them"
    assert (report.failed, report.conflicts) == ([], [])
    assert (await reconcile(loaded.migration)).ok


async def test_a_loser_with_a_note_that_a_person_edited_stays_with_it(loaded: Scene) -> None:
    loser, survivor = laden_and_another(loaded)
    contact = loaded.crm.find_one("Contacts", "Cliniko_Patient_ID", loser)
    note = hanging(loaded, "Notes", contact)[0]
    loaded.crm.edit("Notes", note, {"Note_Content": "What reception typed"})
    await loaded.staff("merge", loser=loser, survivor=survivor)

    report = await delta(loaded.migration)

    assert contact in loaded.crm.records["Contacts"]
    assert hanging(loaded, "Notes", contact) == [note]
    assert any(one.source_id == loser and "hangs on it" in one.next_step for one in report.conflicts)


async def test_a_loser_stays_with_an_appointment_that_the_clinic_had_deleted_before(loaded: Scene) -> None:
    """Nothing at the clinic leads the deleted appointment to the survivor: without the loser, it would name nobody."""
    visit = next(one for one in loaded.crm.records["Events"].values() if one.get("Who_Id"))
    contact = visit["Who_Id"].id
    loser = str(loaded.crm.records["Contacts"][contact]["Cliniko_Patient_ID"])
    survivor = next(id for id in laden_and_another(loaded) if id != loser)
    await loaded.staff("delete", object="individual_appointments", id=str(visit["Cliniko_Appointment_ID"]))
    await loaded.staff("merge", loser=loser, survivor=survivor)

    report = await delta(loaded.migration)

    assert contact in loaded.crm.records["Contacts"]
    assert any(one.source_id == loser and "hangs on it" in one.next_step for one in report.conflicts)
    assert (await reconcile(loaded.migration)).ok
