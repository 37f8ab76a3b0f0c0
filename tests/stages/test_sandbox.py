"""The sample in a second account: the real one stays untouched until the full run."""

from __future__ import annotations

import re

import pytest
from memory_crm import MemoryCrm
from stage_scene import Scene

from gurney.errors import GateRefused
from gurney.migration import connect
from gurney.migration.approve import approve
from gurney.migration.audit import audit
from gurney.migration.check import check
from gurney.migration.context import Migration, open_migration
from gurney.migration.end import purge
from gurney.migration.plan import plan
from gurney.migration.provision import provision
from gurney.migration.reconcile import reconcile
from gurney.migration.run import run
from gurney.migration.sample import sample
from gurney.migration.sandbox import open_sandbox, where_the_sample_is
from gurney.migration.undo import undo

pytestmark = pytest.mark.anyio


@pytest.fixture
async def second(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> MemoryCrm:
    """A sandbox beside the CRM, and a plan that is signed."""
    settings = scene.migration.workspace.folder / "gurney.toml"
    settings.write_text(re.sub(r"sandbox = false", "sandbox = true", settings.read_text("utf-8")), "utf-8")
    reopened = open_migration(scene.migration.workspace.folder, scene.migration.runtime)
    reopened._destination = scene.migration._destination
    scene.migration = reopened
    other = MemoryCrm(reopened.runtime, reopened.store.files.open)
    other.members = scene.crm.members[:2]
    monkeypatch.setattr(connect, "destination", lambda *_, sandbox: other if sandbox else scene.crm)
    assert (await check(reopened)).ok
    await audit(reopened)
    await plan(reopened, fallback_owner=scene.crm.members[-1].email)
    return other


async def test_the_sample_needs_a_signed_plan(scene: Scene, second: MemoryCrm) -> None:
    with pytest.raises(GateRefused):
        await sample(scene.migration)
    assert not any(second.records.values())


async def test_the_sample_goes_into_the_sandbox_and_the_full_run_into_the_account(
    scene: Scene, second: MemoryCrm
) -> None:
    approve(scene.migration, "plan", "Test Admin")
    report = await sample(scene.migration)

    assert report.records > 0
    assert not any(row.different for row in report.fields)
    assert second.records["Contacts"]
    assert not any(scene.crm.records.values())
    with pytest.raises(GateRefused):
        await run(scene.migration)
    approve(scene.migration, "sample", "Test Admin")
    with pytest.raises(GateRefused, match="no provisioned"):
        await run(scene.migration)

    sampled = {name: dict(rows) for name, rows in second.records.items()}
    assert (await provision(scene.migration)).ok
    await run(scene.migration)

    assert (await reconcile(scene.migration)).ok
    assert second.records == sampled
    assert len(scene.crm.records["Contacts"]) > len(second.records["Contacts"])


async def test_the_sandbox_is_cleared_without_touching_the_account(scene: Scene, second: MemoryCrm) -> None:
    approve(scene.migration, "plan", "Test Admin")
    await sample(scene.migration)
    approve(scene.migration, "sample", "Test Admin")
    await provision(scene.migration)
    await run(scene.migration)
    before = {name: dict(rows) for name, rows in scene.crm.records.items()}

    async with where_the_sample_is(scene.migration) as place:
        report = await undo(place, only_sample=True)

    assert not report.kept
    assert not any(second.records.values())
    assert scene.crm.records == before


async def test_owners_are_those_of_the_account_that_is_written(scene: Scene, second: MemoryCrm) -> None:
    approve(scene.migration, "plan", "Test Admin")
    await sample(scene.migration)

    there = _owners(open_sandbox(scene.migration))
    here = _owners(scene.migration)
    assert set(there.values()) <= {one.id for one in second.members} | {None}
    assert set(here.values()) - set(there.values()), "the account has users that the sandbox lacks"


async def test_a_purge_destroys_the_sandboxs_values_too(scene: Scene, second: MemoryCrm) -> None:
    approve(scene.migration, "plan", "Test Admin")
    await sample(scene.migration)

    purge(scene.migration)

    written = [one for entry in scene.migration.mapping().active() for one in _sandbox_effects(scene, entry.map)]
    assert written
    with pytest.raises(Exception, match="destroyed"):
        _ = written[0].written


def _owners(migration: Migration) -> dict[str, str | None]:
    owners: dict[str, str | None] = migration.document("owners", "gurney plan")["owners"]
    return owners


def _sandbox_effects(scene: Scene, map: str) -> list[object]:
    return list(open_sandbox(scene.migration).store.effects.scan(map))
