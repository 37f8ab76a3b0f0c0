"""A rollback that was killed, and then a change of mind: nothing is left behind on either way."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from stage_scene import Scene

from gurney.errors import GateRefused
from gurney.migration import load, rollback
from gurney.migration.engine import run_inline
from gurney.migration.reconcile import reconcile
from gurney.migration.run import run
from gurney.migration.stages import Stage, current
from gurney.migration.topup import delta
from gurney.migration.undo import undo
from gurney.records import Kind, Outcome, Write

pytestmark = pytest.mark.anyio


@pytest.fixture
def scene(scene: Scene) -> Scene:
    """Without the workflow store: what is killed here is the migration's own work."""
    scene.migration.drive = run_inline
    return scene


class Killed(BaseException):
    pass


async def dies_on_its_way_back(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rollback has passed a few strides of contacts when its process is killed."""
    remove, calls = scene.crm.delete, 0

    async def delete(object: str, ids: Sequence[str], **more: object) -> dict[str, str]:
        nonlocal calls
        calls += object == "Contacts"
        if calls > 2:
            raise Killed
        return await remove(object, ids)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(rollback, "STRIDE", 5)
        patch.setattr(scene.crm, "delete", delete)
        await undo(scene.migration)


async def test_a_run_after_it_brings_back_what_was_removed_and_the_next_rollback_removes_all(
    loaded: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_there = {object: len(rows) for object, rows in loaded.crm.records.items() if rows}
    await dies_on_its_way_back(loaded, monkeypatch)
    assert len(loaded.crm.records["Contacts"]) < all_there["Contacts"]

    await run(loaded.migration)
    assert {object: len(rows) for object, rows in loaded.crm.records.items() if rows} == all_there
    assert (await reconcile(loaded.migration)).ok

    report = await undo(loaded.migration)
    assert (report.kept, report.impossible) == ([], [])
    assert {object: rows for object, rows in loaded.crm.records.items() if rows} == {}


async def test_no_delta_and_no_proof_before_all_is_loaded_again(loaded: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    await dies_on_its_way_back(loaded, monkeypatch)

    for verb in (delta, reconcile):
        with pytest.raises(GateRefused) as refused:
            await verb(loaded.migration)
        assert "gurney run" in refused.value.next_step
    await run(loaded.migration)
    await delta(loaded.migration)
    assert current(loaded.migration.store) is Stage.LOADED


async def test_a_run_that_was_killed_before_a_rollback_begins_anew(
    loaded: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_there = {object: len(rows) for object, rows in loaded.crm.records.items() if rows}
    await undo(loaded.migration)
    write, calls = loaded.crm.write, 0

    async def dies_later(batch: Sequence[Write], route: object) -> list[Outcome]:
        nonlocal calls
        calls += batch[0].object == "Contacts"
        if calls > 2:
            raise Killed
        return await write(batch, route)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(load, "STRIDE", 5)
        patch.setattr(load.Load, "_stride", lambda *_: 5)
        with monkeypatch.context() as dying, pytest.raises(Killed):
            dying.setattr(loaded.crm, "write", dies_later)
            await run(loaded.migration)
        await undo(loaded.migration)

        await run(loaded.migration)

    assert {object: len(rows) for object, rows in loaded.crm.records.items() if rows} == all_there


async def test_an_old_value_that_cannot_be_put_back_is_named(loaded: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    write = loaded.crm.write
    contact, row = next(iter(loaded.crm.records["Contacts"].items()))
    [key] = [one.key for one in loaded.migration.store.effects.by_destination("Contacts", [contact]).values()]
    await undo(loaded.migration)
    loaded.crm.records["Contacts"][contact] = {**row, "Last_Name": "As It Was"}
    loaded.crm._touch(contact)
    await run(loaded.migration)

    async def refuses(batch: Sequence[Write], route: object) -> list[Outcome]:
        if batch[0].kind is Kind.RESTORE:
            return [Outcome.failed(one.key, code="NO", words="not today") for one in batch]
        return await write(batch, route)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(loaded.crm, "write", refuses)
        report = await undo(loaded.migration)
    assert [(one.source_id, one.why) for one in report.impossible if one.source_id] == [(key.id, "not today")]

    report = await undo(loaded.migration)
    assert report.impossible == []
    assert loaded.crm.records["Contacts"][contact]["Last_Name"] == "As It Was"
