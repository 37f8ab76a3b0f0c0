"""What changed at the source comes over; what a person changed at the destination stays."""

from __future__ import annotations

from typing import Any

import pytest
from stage_scene import Scene, until_sampled

from gurney.errors import AnswerLost
from gurney.migration.reconcile import reconcile
from gurney.migration.run import run
from gurney.migration.topup import delta
from gurney.records import Link, State
from gurney.sources.cliniko.keep import ReadReport
from gurney.sources.cliniko.source import ClinikoSource

pytestmark = pytest.mark.anyio


def live_patients(scene: Scene) -> list[str]:
    return [
        str(row["id"])
        for row in scene.clinic_rows("patients")
        if not row.get("archived_at") and not row.get("merged_at")
    ]


def contact_of(scene: Scene, patient: str) -> str:
    return scene.crm.find_one("Contacts", "Cliniko_Patient_ID", patient)


async def test_an_idle_delta_writes_nothing(loaded: Scene) -> None:
    writes = loaded.crm.writes

    report = await delta(loaded.migration)

    assert loaded.crm.writes == writes
    assert not report.conflicts


async def test_a_changed_field_comes_over(loaded: Scene) -> None:
    patient = live_patients(loaded)[0]
    await loaded.staff("edit", object="patients", id=patient, fields={"city": "Newtown"})

    await delta(loaded.migration)

    assert loaded.crm.records["Contacts"][contact_of(loaded, patient)]["Mailing_City"] == "Newtown"
    assert (await reconcile(loaded.migration)).ok


async def test_what_a_sweep_brought_before_it_was_cut_short_comes_over(
    loaded: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = live_patients(loaded)[0]
    await loaded.staff("edit", object="patients", id=patient, fields={"city": "Newtown"})
    sweep = ClinikoSource.sweep

    async def cut_short(source: ClinikoSource, *given: Any, **named: Any) -> ReadReport:
        await sweep(source, *given, **named)
        raise AnswerLost("cut short")

    with monkeypatch.context() as patched, pytest.raises(AnswerLost):
        patched.setattr(ClinikoSource, "sweep", cut_short)
        await delta(loaded.migration)
    await delta(loaded.migration)

    assert loaded.crm.records["Contacts"][contact_of(loaded, patient)]["Mailing_City"] == "Newtown"


async def test_a_field_changed_on_both_sides_is_kept_and_reported(loaded: Scene) -> None:
    patient = live_patients(loaded)[1]
    contact = contact_of(loaded, patient)
    loaded.crm.edit("Contacts", contact, {"Mailing_City": "Oldtown"})
    await loaded.staff("edit", object="patients", id=patient, fields={"city": "Newtown", "state": "TAS"})

    report = await delta(loaded.migration)

    held = loaded.crm.records["Contacts"][contact]
    assert held["Mailing_City"] == "Oldtown"
    assert held["Mailing_State"] == "TAS"
    assert [(one.source_id, one.field) for one in report.conflicts] == [(patient, "Mailing_City")]


async def test_an_edit_at_the_crm_alone_survives(loaded: Scene) -> None:
    patient, other = live_patients(loaded)[2:4]
    contact = contact_of(loaded, patient)
    loaded.crm.edit("Contacts", contact, {"Mailing_City": "Elsewhere"})
    await loaded.staff("edit", object="patients", id=other, fields={"city": "Newtown"})

    await delta(loaded.migration)

    assert loaded.crm.records["Contacts"][contact]["Mailing_City"] == "Elsewhere"


async def test_a_cancelled_appointment_shows_as_cancelled(loaded: Scene) -> None:
    appointment = next(
        str(row["id"])
        for row in loaded.clinic_rows("individual_appointments")
        if not row.get("cancelled_at") and not row.get("archived_at")
    )
    await loaded.staff(
        "edit",
        object="individual_appointments",
        id=appointment,
        fields={"cancelled_at": "2026-11-16T01:00:00Z", "cancellation_reason": 50},
    )

    await delta(loaded.migration)

    event = loaded.crm.find_one("Events", "Cliniko_Appointment_ID", appointment)
    assert loaded.crm.records["Events"][event]["Appointment_State"] == "Cancelled"


async def test_an_archived_patient_is_marked(loaded: Scene) -> None:
    patient = live_patients(loaded)[4]
    await loaded.staff("edit", object="patients", id=patient, fields={"archived_at": "2026-11-16T01:00:00Z"})

    await delta(loaded.migration)

    assert loaded.crm.records["Contacts"][contact_of(loaded, patient)]["Archived_In_Cliniko"] is True


async def test_a_new_patient_arrives_once(loaded: Scene) -> None:
    pattern = next(row for row in loaded.clinic_rows("patients") if row["id"] == live_patients(loaded)[0])
    record = {name: value for name, value in pattern.items() if name not in ("id", "links", "created_at", "updated_at")}
    await loaded.staff("create", object="patients", record={**record, "last_name": "Newcomer"})

    await delta(loaded.migration)
    await delta(loaded.migration)

    there = [one for one in loaded.crm.records["Contacts"].values() if one["Last_Name"] == "Newcomer"]
    assert len(there) == 1


async def test_children_of_a_merged_patient_move_and_the_loser_goes(loaded: Scene) -> None:
    busy = {str(row["patient"]["links"]["self"]).rsplit("/", 1)[1] for row in loaded.clinic_rows("invoices")}  # type: ignore[index]
    loser, survivor = [patient for patient in live_patients(loaded) if patient in busy][:2]
    gone, kept = contact_of(loaded, loser), contact_of(loaded, survivor)
    await loaded.staff("merge", loser=loser, survivor=survivor)

    await delta(loaded.migration)

    assert gone not in loaded.crm.records["Contacts"]
    linked = {one["Who_Id"] for one in loaded.crm.records["Events"].values() if one.get("Who_Id")}
    assert Link("Contacts", gone) not in linked
    assert Link("Contacts", kept) in linked


async def test_a_record_deleted_at_the_crm_is_reported_not_made_again(loaded: Scene) -> None:
    patient = live_patients(loaded)[5]
    contact = contact_of(loaded, patient)
    await loaded.crm.delete("Contacts", [contact])
    await loaded.staff("edit", object="patients", id=patient, fields={"city": "Newtown"})

    report = await delta(loaded.migration)

    held = [one for one in loaded.crm.records["Contacts"].values() if one.get("Cliniko_Patient_ID") == patient]
    assert not held
    assert any(one.source_id == patient and "a person deleted it" in one.next_step for one in report.conflicts)


async def test_a_patient_deleted_for_good_stays_and_is_reported(loaded: Scene) -> None:
    patient = live_patients(loaded)[6]
    contact = contact_of(loaded, patient)
    await loaded.staff("delete", object="patients", id=patient)

    report = await delta(loaded.migration)

    assert contact in loaded.crm.records["Contacts"]
    assert any(one.source_id == patient and "deleted for good" in one.next_step for one in report.conflicts)


async def test_lost_answers_make_nothing_twice(scene: Scene) -> None:
    scene.crm.lose_every = 3  # the memory CRM refuses a second record of one key
    await until_sampled(scene)
    await run(scene.migration)

    assert not scene.migration.store.ledger.in_state(State.SENT)
    assert (await reconcile(scene.migration)).ok


async def test_a_delta_tells_new_records_from_changed_ones(loaded: Scene) -> None:
    patient = next(one for one in loaded.clinic_rows("patients") if not one.get("archived_at"))
    await loaded.staff("edit", object="patients", id=patient["id"], fields={"city": "Newtown"})
    record = {name: value for name, value in patient.items() if name not in ("id", "created_at", "updated_at")}
    await loaded.staff("create", object="patients", record={**record, "last_name": "Newcomer"})

    report = await delta(loaded.migration)

    patients = next(row for row in report.swept if row.object == "patients")
    assert (patients.created, patients.changed) == (1, 1)
