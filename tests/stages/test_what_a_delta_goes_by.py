"""A delta looks at whatever may have changed since the load, however the news came: read, planned, cut short."""

from __future__ import annotations

import pytest
from stage_scene import Scene, until_sampled

from gurney.errors import AnswerLost, AnswerWrong
from gurney.migration.approve import approve
from gurney.migration.audit import audit
from gurney.migration.delta import Delta
from gurney.migration.plan import plan
from gurney.migration.reconcile import reconcile
from gurney.migration.run import run
from gurney.migration.topup import delta
from gurney.sources.cliniko.source import ClinikoSource

pytestmark = pytest.mark.anyio


def a_patient(scene: Scene) -> str:
    return next(
        str(row["id"])
        for row in scene.clinic_rows("patients")
        if not row.get("archived_at") and not row.get("merged_at")
    )


def contact(scene: Scene, patient: str) -> dict[str, object]:
    return dict(scene.crm.records["Contacts"][scene.crm.find_one("Contacts", "Cliniko_Patient_ID", patient)])


async def test_what_a_later_audit_read_comes_over(loaded: Scene) -> None:
    patient = a_patient(loaded)
    await loaded.staff("edit", object="patients", id=patient, fields={"city": "Newtown"})
    await audit(loaded.migration)
    before = await reconcile(loaded.migration)

    await delta(loaded.migration)

    assert [one.name for one in before.criteria if not one.ok] == ["up to date"]
    assert {one.map: one.behind for one in before.objects if one.behind} == {"Z1": 1}
    assert contact(loaded, patient)["Mailing_City"] == "Newtown"
    assert (await reconcile(loaded.migration)).ok


async def test_what_came_while_a_delta_waited_to_be_resumed_comes_with_the_next(
    loaded: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The audit brings it into the snapshot, behind the point that the delta has passed."""
    patient = a_patient(loaded)
    await loaded.staff("edit", object="patients", id=patient, fields={"city": "Newtown"})

    async def dies(*_: object) -> bool:
        raise AnswerLost("The process ends here, when all changes were looked at.")

    with monkeypatch.context() as dying, pytest.raises(AnswerLost):
        dying.setattr(Delta, "_retire_merged", dies)
        await delta(loaded.migration)
    await loaded.staff("edit", object="patients", id=patient, fields={"city": "Oldtown"})
    await audit(loaded.migration)
    await delta(loaded.migration)

    await delta(loaded.migration)

    assert contact(loaded, patient)["Mailing_City"] == "Oldtown"


async def test_a_mapping_that_was_changed_and_planned_again_comes_over(loaded: Scene) -> None:
    migration, patient = loaded.migration, a_patient(loaded)
    file = migration.workspace.mapping_file
    said = "{to: Mailing_City, from: city, class: contact}"
    file.write_text(file.read_text().replace(said, "{to: Mailing_City, value: Everywhere, class: contact}"))
    await plan(migration, fallback_owner="unassigned")
    approve(migration, "plan", "Test Admin")

    await delta(migration)

    assert contact(loaded, patient)["Mailing_City"] == "Everywhere"
    assert (await reconcile(migration)).ok


async def test_a_file_whose_bytes_were_not_given_out_is_asked_for_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As what is to be done by hand says, though nothing else changed."""

    async def refuses(*_: object) -> None:
        raise AnswerWrong("The storage answers with an error.")

    with monkeypatch.context() as patched:
        patched.setattr(ClinikoSource, "download", refuses)
        await until_sampled(scene)
        await run(scene.migration)
    assert not scene.crm.records.get("Attachments")

    await delta(scene.migration)

    assert scene.crm.records["Attachments"]


async def test_nothing_is_read_back_where_nothing_is_news(loaded: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    async def reads(*_: object, **__: object) -> None:
        raise AssertionError("it was read")

    monkeypatch.setattr(loaded.crm, "read", reads)
    await delta(loaded.migration)
    await delta(loaded.migration)
