"""A file that the CRM still lists but refuses where we put it: its record was merged into another one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from listed_scene import lists, with_lists
from stage_scene import Scene

from gurney.errors import VendorRefused
from gurney.migration.load import PhaseGateFailed
from gurney.migration.reconcile import reconcile
from gurney.migration.run import run
from gurney.records import Link
from gurney.reports.reconcile import ReconcileReport

pytestmark = pytest.mark.anyio


def told(scene: Scene, report: ReconcileReport) -> tuple[bool, list[tuple[str, str]]]:
    """Whether both sides agree, and which records of which maps are not there."""
    run = scene.migration.store.runs.latest("reconcile")
    assert run is not None
    diffs = scene.migration.store.diffs.rows(run.id)
    return report.ok, [(one.map, one.source_id) for one in diffs if "not at the destination" in one.reason]


@pytest.fixture
def refuses(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let a CRM refuse one file with a status; all others are shown."""

    def set_up(scene: Scene, id: str, status: int) -> None:
        read_file = scene.crm.read_file

        async def refused(parent: Link, file_id: str) -> AsyncIterator[bytes]:
            if file_id == id:
                raise VendorRefused("the CRM has no such file here", status=status)
            return await read_file(parent, file_id)

        monkeypatch.setattr(scene.crm, "read_file", refused)
        scene.crm.edit("Attachments", id, {})  # shows a change, so that its bytes are asked for again

    return set_up


@pytest.mark.parametrize("status", [400, 404, 410])
async def test_it_is_named_as_missing_and_the_rest_is_proven(scene: Scene, refuses: Any, status: int) -> None:
    await with_lists(scene)
    patient, moved = next(iter(lists(scene).items()))
    refuses(scene, moved, status)

    report = await reconcile(scene.migration)

    assert told(scene, report) == (False, [("LIST", patient)])
    [row] = [one for one in report.objects if one.map == "LIST"]
    assert row.verified == row.created - 1


async def test_a_run_stops_at_its_gate_until_a_person_accepts_it(scene: Scene, refuses: Any) -> None:
    await with_lists(scene)
    refuses(scene, next(iter(lists(scene).values())), 404)

    with pytest.raises(PhaseGateFailed, match="LIST: 1 records are not at the destination"):
        await run(scene.migration)
    report = await run(scene.migration, accept_missing=True)

    short = {row.map for row in report.objects if row.verified < row.created}
    assert short == {"LIST"}, "the run went on behind the gate and proved the rest"


@pytest.mark.parametrize("status", [401, 403, 422])
async def test_another_refusal_is_no_proof_that_it_is_gone(scene: Scene, refuses: Any, status: int) -> None:
    await with_lists(scene)
    refuses(scene, next(iter(lists(scene).values())), status)

    with pytest.raises(VendorRefused):
        await reconcile(scene.migration)
