"""From the check to the way back, on a CRM in memory: what the stages promise apart from any vendor."""

from __future__ import annotations

import pytest
from stage_scene import Scene

from gurney.migration.reconcile import reconcile
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
