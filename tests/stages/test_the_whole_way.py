"""From the check to the way back, on a CRM in memory: what the stages promise apart from any vendor."""

from __future__ import annotations

import pytest
from stage_scene import Scene, until_sampled

from gurney.migration.approve import approve
from gurney.migration.context import Migration
from gurney.migration.load import PhaseGateFailed
from gurney.migration.log import verify
from gurney.migration.plan import plan
from gurney.migration.provision import provision
from gurney.migration.reconcile import reconcile
from gurney.migration.run import run
from gurney.migration.sample import sample
from gurney.migration.undo import undo

pytestmark = pytest.mark.anyio


async def test_a_clinic_arrives_and_reconciles(loaded: Scene) -> None:
    report = await reconcile(loaded.migration)

    assert report.ok, [one for one in report.criteria if not one.ok]


async def test_a_rollback_leaves_the_crm_empty(loaded: Scene) -> None:
    report = await undo(loaded.migration)

    assert not report.kept
    assert not any(loaded.crm.records.values())
    assert loaded.migration.store.ledger.verify().ok


async def test_what_was_left_out_arrives_when_the_mapping_is_corrected(loaded: Scene) -> None:
    migration = loaded.migration
    left = migration.store.ledger.left()["Z6"]["skipped"]
    before, entries = len(loaded.crm.records["Events"]), _entries(migration)
    await run(migration)
    assert _entries(migration) == entries, "leaving the same records out once more is no news"
    text = migration.workspace.mapping_file.read_text("utf-8")
    head, tail = text.split("- map: Z6\n", 1)
    migration.workspace.mapping_file.write_text(
        f"{head}- map: Z6\n{tail.replace('archived: skip', 'archived: include', 1)}"
    )

    await plan(migration, fallback_owner="unassigned")
    approve(migration, "plan", "Test Admin")
    await provision(migration)
    await sample(migration)
    approve(migration, "sample", "Test Admin")
    await run(migration)

    now = migration.store.ledger.left().get("Z6", {}).get("skipped", 0)
    assert 0 < left - now == len(loaded.crm.records["Events"]) - before


def _entries(migration: Migration) -> int:
    return sum(1 for entry in migration.store.ledger.export() if entry.get("state") == "skipped")


async def test_reconciling_counts_the_records_of_practitioners_without_a_user(loaded: Scene) -> None:
    report = await reconcile(loaded.migration)

    assert len(report.owners.unmatched) > 0
    assert report.owners.fallback == 0, "the plan leaves their records to nobody in particular"
    whose = {one["id"] for one in loaded.migration.document("owners", "plan")["unmatched"]}
    visits = [one for one in loaded.clinic_rows("individual_appointments") if not one.get("deleted_at")]
    theirs = sum(str(one["practitioner"]).rstrip("'}").split("/")[-1] in whose for one in visits)
    assert report.owners.unassigned >= theirs > 0


async def test_a_log_that_lost_its_newest_entries_does_not_hold_the_noted_head(loaded: Scene) -> None:
    head = verify(loaded.migration).head

    assert verify(loaded.migration, head).ok
    missing = verify(loaded.migration, "0" * 64)
    assert (missing.ok, missing.why) == (False, "it does not hold the head that was noted")


async def test_what_a_person_deleted_stops_the_run_until_its_operator_accepts_it(scene: Scene) -> None:
    await until_sampled(scene)
    contact = next(iter(scene.crm.records["Contacts"]))
    del scene.crm.records["Contacts"][contact]

    with pytest.raises(PhaseGateFailed, match="1 records are not at the destination") as stopped:
        await run(scene.migration)
    assert "--accept-missing" in stopped.value.next_step

    await run(scene.migration, accept_missing=True)
    report = await reconcile(scene.migration)
    assert contact not in scene.crm.records["Contacts"], "a person's deletion is not undone behind her back"
    assert [one.name for one in report.criteria if not one.ok] == ["counts"]
