"""What a rollback takes back of the schema: what we made, even if we never heard of it, and nothing of an admin's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from stage_scene import Scene

from gurney.errors import AnswerLost
from gurney.migration.approve import approve
from gurney.migration.audit import audit
from gurney.migration.check import check
from gurney.migration.plan import plan
from gurney.migration.provision import provision
from gurney.migration.undo import undo
from gurney.schema import Provisioned, SchemaChange

pytestmark = pytest.mark.anyio


@pytest.fixture
async def signed(scene: Scene) -> Scene:
    """A plan that may be provisioned."""
    assert (await check(scene.migration)).ok
    await audit(scene.migration)
    await plan(scene.migration, fallback_owner="unassigned")
    approve(scene.migration, "plan", "Test Admin")
    return scene


@pytest.fixture
def taken_back(signed: Scene, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what the destination was told to remove."""
    told: list[str] = []

    async def unprovision(made: Sequence[Provisioned]) -> list[Provisioned]:
        told.extend(str(one.change) for one in made)
        return [replace(one, state="deleted") for one in made]

    monkeypatch.setattr(signed.crm, "unprovision", unprovision)
    return told


def finds_all(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The CRM has everything already, and did not show it: nobody had opened it to us."""
    made = scene.crm.provision

    async def opened(changes: Sequence[SchemaChange], *, dry_run: bool = False) -> list[Provisioned]:
        return [replace(one, state="existing") for one in await made(changes, dry_run=dry_run)]

    monkeypatch.setattr(scene.crm, "provision", opened)


async def test_what_an_admin_made_and_only_hid_from_us_is_not_ours(
    signed: Scene, taken_back: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    finds_all(signed, monkeypatch)

    report = await provision(signed.migration)
    await undo(signed.migration)

    assert {row.state for row in report.rows} == {"existing"}
    assert taken_back == []


async def test_what_a_broken_run_was_about_to_make_is_ours(
    signed: Scene, taken_back: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(changes: Sequence[SchemaChange], *, dry_run: bool = False) -> list[Provisioned]:
        raise AnswerLost("gone")

    with monkeypatch.context() as broken, pytest.raises(AnswerLost):
        broken.setattr(signed.crm, "provision", breaks)
        await provision(signed.migration)
    finds_all(signed, monkeypatch)

    await provision(signed.migration)
    await undo(signed.migration)

    assert len(taken_back) > 50
