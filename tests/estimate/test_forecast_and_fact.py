"""The plan's forecast, and the estimate of the audited workspace, against the journal of the twin after a migration.

The migration is whole and calm: check to reconciliation, an idle delta, and everything taken back, in this process,
time virtual. Three sizes of clinics with `GURNEY_LONG=1`, else one.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

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
from gurney.migration.topup import delta
from gurney.migration.undo import undo
from gurney.reports.forecast import BACK, DELTA, FORWARD, Forecast
from gurney.testing.campaign.world import PAGES, World
from gurney.twins.kit.journal import Entry
from gurney.twins.kit.twin import Twin

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
    units: float = 0
    back: int = 0
    """Calls of the rollback."""
    swept: int = 0
    """Calls of a delta that found nothing: of the source ..."""
    swept_there: int = 0
    """... and of the destination."""


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


@cache
def migrated(to: str, patients: int) -> Migrated:
    with TemporaryDirectory() as folder, patch.dict(PAGES, clear=True):  # the clinic's pages are as long as they are
        return _migrated(to, patients, Path(folder))


def _migrated(to: str, patients: int, folder: Path) -> Migrated:
    world = World(to, CLINIC, str(patients), folder, 1)
    reports = {verb: asyncio.run(_one(world, deed)) for verb, deed in BEFORE.items()}
    before = _last(world.crm)
    reports |= {verb: asyncio.run(_one(world, deed)) for verb, deed in FORETOLD.items()}
    assert reports["reconcile"].ok
    assert "Quote for a migration" in (folder / "ws" / "reports" / "quote.html").read_text("utf-8")
    forward, source, crm = _calls(world.crm, before), _last(world.clinic), _last(world.crm)
    asyncio.run(_one(world, delta))
    swept, swept_there, crm = _calls(world.clinic, source), _calls(world.crm, crm), _last(world.crm)
    asyncio.run(_one(world, undo))
    return Migrated(
        forecast=reports["plan"].forecast,
        estimate=reports["audit"].forecast,
        calls=len(forward),
        units=sum(entry.cost for entry in forward),
        back=len(_calls(world.crm, crm)),
        swept=len(swept),
        swept_there=len(swept_there),
    )


def _last(twin: Twin) -> int:
    return max((entry.number for entry in twin.journal), default=0)


def _calls(twin: Twin, after: int) -> list[Entry]:
    return [entry for entry in twin.journal.since(after) if not any(part in entry.target for part in NOT_THE_API)]


async def _one(world: World, deed: Callable[[Migration], Awaitable[Any]]) -> Any:
    migration = world.open()
    try:
        return await deed(migration)
    finally:
        await migration.close()


def forward(forecast: Forecast) -> tuple[int, int]:
    rows = [row for row in forecast.rows if row.phase in FORWARD]
    return sum(row.calls for row in rows), sum(row.units for row in rows)


def of(forecast: Forecast, phase: str) -> int:
    return sum(row.calls for row in forecast.rows if row.phase == phase)


@pytest.mark.parametrize("patients", SIZES)
@pytest.mark.parametrize("to", NAMES)
def test_the_forecast_is_within_a_tenth_of_the_twins_journal(to: str, patients: int) -> None:
    done = migrated(to, patients)
    calls, units = forward(done.forecast)

    assert calls == pytest.approx(done.calls, rel=AIM), "calls of the plan's forecast"
    if done.forecast.unit not in ("call", "request"):
        assert units == pytest.approx(done.units, rel=AIM), f"{done.forecast.unit}s of the plan's forecast"
    assert forward(done.estimate)[0] == pytest.approx(done.calls, rel=AIM), "calls of the estimate"


@pytest.mark.parametrize("patients", SIZES)
@pytest.mark.parametrize("to", NAMES)
def test_a_rollback_is_foretold_within_a_tenth_of_the_twins_journal(to: str, patients: int) -> None:
    done = migrated(to, patients)

    assert of(done.forecast, BACK) == pytest.approx(done.back, rel=AIM)


@pytest.mark.parametrize("patients", SIZES)
@pytest.mark.parametrize("to", NAMES)
def test_a_delta_that_finds_nothing_asks_each_list_of_the_source_and_nothing_of_the_destination(
    to: str, patients: int
) -> None:
    done = migrated(to, patients)
    foretold = next(row.calls for row in done.forecast.rows if row.phase == DELTA)

    assert done.swept_there == 0
    assert foretold == done.swept
