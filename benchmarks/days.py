"""How much of a day's or an hour's allowance a run uses before it pauses, limits on and time scaled.

python -m benchmarks.days --patients 600 --scale 30
python -m benchmarks.days --to freshsales --patients 300 --scale 60
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.figures import keep
from gurney.cli.stand_ins import QuotaDay, SharedClock, StandIn, stand_in
from gurney.migration.approve import approve
from gurney.migration.audit import audit
from gurney.migration.check import check
from gurney.migration.context import Migration, open_migration
from gurney.migration.plan import plan
from gurney.migration.provision import provision
from gurney.migration.run import run
from gurney.migration.sample import sample
from gurney.migration.workspace import create
from gurney.runtime import Runtime, collect_garbage_rarely

MORNING = datetime(2026, 11, 16, 9, tzinfo=UTC)
PATIENCE_S = 30 * 86_400.0


@dataclass(frozen=True)
class Allowance:
    """How the stand-in runs, what its books call the allowance, and how long that is for."""

    options: tuple[str, ...]
    pool: str
    span_s: int
    told: Mapping[str, str] = field(default_factory=dict)


ALLOWANCES = {
    "pipedrive": Allowance(("--edition", "lite"), "TokensPerDay", 86_400),
    "freshsales": Allowance(
        ("--edition", "pro", "--switch", "standard_fields=accept"), "CallsPerHour", 3_600,
        {"GURNEY_FRESHSALES_FIELD_CODES":
         "text=1,textarea=2,number=3,dropdown=4,checkbox=5,radio=6,date=7,multi_select_dropdown=8"},
    ),
}  # fmt: skip
"""Freshsales' fields are made by program, which the stand-in lets do: an administrator would take longer."""


def measure(to: str, patients: int, scale: int) -> None:
    """A migration up to the end of its full run, in one process that sits out every night."""
    clocks, allowance = ("--scale", str(scale), "--now", MORNING.isoformat()), ALLOWANCES[to]
    with (
        tempfile.TemporaryDirectory() as folder,
        stand_in("cliniko", "--clinic", str(patients), *clocks) as clinic,
        stand_in(to, *allowance.options, *clocks) as crm,
    ):
        began, cpu = time.monotonic(), time.process_time()
        asyncio.run(migrate(Path(folder), to, clinic, crm, scale))
        took, used = time.monotonic() - began, time.process_time() - cpu
        spans, pool = crm.quota_days(span_s=allowance.span_s), crm.state()[allowance.pool]
        tell(spans, pool)
        keep("allowance", to=to, patients=patients, pool=pool, per="day" if allowance.span_s == 86_400 else "hour",
             spans=[{"cost": one.cost, "calls": one.calls, "refused": one.refused} for one in spans])  # fmt: skip
        print(f"{took:.0f} s of real time, {used:.0f} s of CPU; time scaled {scale}-fold; cores {os.cpu_count()}")


async def migrate(folder: Path, to: str, clinic: StandIn, crm: StandIn, scale: int) -> None:
    told = {**clinic.env, **crm.env, **ALLOWANCES[to].told}
    environ = {**os.environ, **told, "HOME": str(folder), "GURNEY_NO_KEYRING": "1"}
    runtime = Runtime(clock=SharedClock(scale, [clinic, crm]), environ=environ)
    create(folder / "ws", to, runtime)
    migration = open_migration(folder / "ws", runtime, patience_s=PATIENCE_S)
    try:
        await _whole(migration)
    finally:
        await migration.close()


async def _whole(migration: Migration) -> None:
    await check(migration)
    await audit(migration)
    await plan(migration, fallback_owner="unassigned")
    approve(migration, "plan", "benchmark")
    await provision(migration)
    await sample(migration)
    approve(migration, "sample", "benchmark")
    report = await run(migration)
    print(f"{sum(row.created for row in report.objects):,} records created")


def tell(days: Sequence[QuotaDay], pool: int) -> None:
    """Every day but the last was full: it ended because its allowance did."""
    for number, day in enumerate(days, start=1):
        kind = "full" if number < len(days) else "last"
        print(
            f"{number} ({kind}) {day.cost:>7,} of {pool:,} {day.cost / pool:>6.1%} {day.calls:>6,} calls, "
            f"{day.first:%H:%M} to {day.last:%H:%M} UTC, {day.refused} refused",
            flush=True,
        )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--to", default="pipedrive", choices=sorted(ALLOWANCES))
    options.add_argument("--patients", type=int, default=600)
    options.add_argument("--scale", type=int, default=30)
    given = options.parse_args()
    collect_garbage_rarely()
    measure(given.to, given.patients, given.scale)


if __name__ == "__main__":
    main()
