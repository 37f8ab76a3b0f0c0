"""The plan's forecast, and the estimate of the audited workspace, against the journal of the twin after a migration.

The migration is whole and calm: check to reconciliation, in this process, time virtual. Three sizes of clinics with
`GURNEY_LONG=1`, else the smallest.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gurney.destinations.names import NAMES
from gurney.migration.approve import approve
from gurney.migration.check import check
from gurney.migration.context import Migration
from gurney.migration.foresee import audited
from gurney.migration.plan import plan
from gurney.migration.provision import provision
from gurney.migration.reconcile import reconcile
from gurney.migration.run import run
from gurney.migration.sample import sample
from gurney.reports.forecast import FORWARD, Forecast
from gurney.testing.campaign.world import World

CLINIC = 3
SIZES = (10, 40, 120) if os.environ.get("GURNEY_LONG") else (40,)
AIM = 0.10
NOT_THE_API = ("/stored", "/storage/")
"""Where files lie that the API points to: no call of the vendor's, and nothing is billed."""


@dataclass
class Migrated:
    """What was foretold, and what the twin saw."""

    forecast: Forecast
    estimate: Forecast
    """What the audit said."""
    calls: int = 0
    units: int = 0


async def _planned(migration: Migration) -> Any:
    report = await plan(migration, fallback_owner="unassigned")
    approve(migration, "plan", "test")
    return report


async def _sampled(migration: Migration) -> Any:
    report = await sample(migration)
    approve(migration, "sample", "test")
    return report


BEFORE: Mapping[str, Callable[[Migration], Awaitable[Any]]] = {"check": check, "audit": audited}
FORETOLD: Mapping[str, Callable[[Migration], Awaitable[Any]]] = {
    "plan": _planned, "provision": provision, "sample": _sampled, "run": run, "reconcile": reconcile,
}  # fmt: skip


def migrated(to: str, patients: int, folder: Path) -> Migrated:
    world = World(to, CLINIC, str(patients), folder, 1)
    reports = {verb: asyncio.run(_one(world, deed)) for verb, deed in BEFORE.items()}
    seen = max((entry.number for entry in world.crm.journal), default=0)
    reports |= {verb: asyncio.run(_one(world, deed)) for verb, deed in FORETOLD.items()}
    assert reports["reconcile"].ok
    assert "Quote for a migration" in (folder / "ws" / "reports" / "quote.html").read_text("utf-8")
    calls = [entry for entry in world.crm.journal.since(seen) if not any(part in entry.target for part in NOT_THE_API)]
    return Migrated(reports["plan"].forecast, reports["audit"].forecast, len(calls), sum(entry.cost for entry in calls))


async def _one(world: World, deed: Callable[[Migration], Awaitable[Any]]) -> Any:
    migration = world.open()
    try:
        return await deed(migration)
    finally:
        await migration.close()


def forward(forecast: Forecast) -> tuple[int, int]:
    rows = [row for row in forecast.rows if row.phase in FORWARD]
    return sum(row.calls for row in rows), sum(row.units for row in rows)


@pytest.mark.parametrize("patients", SIZES)
@pytest.mark.parametrize("to", NAMES)
def test_the_forecast_is_within_a_tenth_of_the_twins_journal(to: str, patients: int, tmp_path: Path) -> None:
    done = migrated(to, patients, tmp_path)
    calls, units = forward(done.forecast)

    assert calls == pytest.approx(done.calls, rel=AIM), "calls of the plan's forecast"
    if done.forecast.unit not in ("call", "request"):
        assert units == pytest.approx(done.units, rel=AIM), f"{done.forecast.unit}s of the plan's forecast"
    assert forward(done.estimate)[0] == pytest.approx(done.calls, rel=AIM), "calls of the estimate"
