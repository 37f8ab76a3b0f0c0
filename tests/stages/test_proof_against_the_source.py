"""The proof asks the snapshot, not only the ledger: what was written must be what the clinic's records say now."""

from __future__ import annotations

from typing import Any

import pytest
from stage_scene import Scene

from gurney.migration.audit import audit
from gurney.migration.reconcile import reconcile
from gurney.migration.topup import delta
from gurney.reports.reconcile import ReconcileReport

pytestmark = pytest.mark.anyio


def missed(report: ReconcileReport) -> set[str]:
    return {one.name for one in report.criteria if not one.ok}


def behind(report: ReconcileReport) -> dict[str, int]:
    return {one.map: one.behind for one in report.objects if one.behind}


def told(scene: Scene) -> set[tuple[str, str]]:
    """Object map and field of what the last reconciliation says was changed at the source."""
    run = scene.migration.store.runs.latest("reconcile")
    assert run is not None
    rows = scene.migration.store.diffs.rows(run.id)
    return {(diff.map, diff.field) for diff in rows if diff.reason.startswith("the source says something else")}


def one_of(scene: Scene, object: str, **wanted: Any) -> str:
    return next(
        str(row["id"])
        for row in scene.clinic_rows(object)
        if not row.get("archived_at") and not row.get("merged_at") and all(row.get(k) == v for k, v in wanted.items())
    )


async def read_again(scene: Scene) -> ReconcileReport:
    """What a later audit reads is in the snapshot, and not yet in the CRM."""
    await audit(scene.migration)
    return await reconcile(scene.migration)


async def test_a_load_is_up_to_date(loaded: Scene) -> None:
    report = await reconcile(loaded.migration)

    assert not missed(report)
    assert not behind(report)


@pytest.mark.parametrize(
    ("object", "fields", "map", "field"),
    [
        ("patients", {"city": "Newtown"}, "Z1", "Mailing_City"),
        ("patients", {"city": None}, "Z1", "Mailing_City"),
        ("treatment_notes", {"title": "Another title"}, "Z12", "Note_Title"),
        ("individual_appointments", {"notes": "Bring the scan."}, "Z6", "Description"),
    ],
    ids=["changed", "emptied", "note", "appointment"],
)
async def test_a_change_that_was_not_brought_is_told(
    loaded: Scene, object: str, fields: dict[str, Any], map: str, field: str
) -> None:
    id = one_of(loaded, object)
    if object == "patients" and fields["city"] is None:
        id = next(str(row["id"]) for row in loaded.clinic_rows("patients") if row["city"] and not row["archived_at"])
    await loaded.staff("edit", object=object, id=id, fields=fields)

    report = await read_again(loaded)

    assert missed(report) == {"up to date"}
    assert behind(report) == {map: 1}
    assert (map, field) in told(loaded)
    assert "gurney delta" in next(one.words for one in report.criteria if not one.ok)


async def test_a_delta_mends_it(loaded: Scene) -> None:
    await loaded.staff("edit", object="patients", id=one_of(loaded, "patients"), fields={"city": "Newtown"})
    assert missed(await read_again(loaded)) == {"up to date"}

    await delta(loaded.migration)

    assert (await reconcile(loaded.migration)).ok


async def test_what_a_delta_left_to_a_person_is_not_behind(loaded: Scene) -> None:
    patient = one_of(loaded, "patients")
    contact = loaded.crm.find_one("Contacts", "Cliniko_Patient_ID", patient)
    loaded.crm.edit("Contacts", contact, {"Mailing_City": "Oldtown"})
    await loaded.staff("edit", object="patients", id=patient, fields={"city": "Newtown"})
    await delta(loaded.migration)

    assert not behind(await reconcile(loaded.migration))

    await loaded.staff("edit", object="patients", id=patient, fields={"state": "TAS"})

    assert behind(await read_again(loaded)) == {"Z1": 1}
    assert ("Z1", "Mailing_City") not in told(loaded)


async def test_a_record_that_somebody_deleted_is_told_once(loaded: Scene) -> None:
    patient = one_of(loaded, "patients")
    await loaded.staff("edit", object="patients", id=patient, fields={"city": "Newtown"})
    await loaded.crm.delete("Contacts", [loaded.crm.find_one("Contacts", "Cliniko_Patient_ID", patient)])
    await delta(loaded.migration)

    assert not behind(await reconcile(loaded.migration))
