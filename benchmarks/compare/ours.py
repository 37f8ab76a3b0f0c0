"""Gurney at the comparison's work, in a process of its own: read and load, then read back.

Audit and plan come between, because Gurney never loads without them; they are measured apart, for no other tool
has them. Prints one JSON line.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import shutil
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Measured, stopwatch
from benchmarks.stages import load_phases, prove_phases, staged, written
from gurney.migration.approve import approve
from gurney.migration.audit import audit
from gurney.migration.check import check
from gurney.migration.context import open_migration
from gurney.migration.job import link_users, prepare
from gurney.migration.plan import plan
from gurney.migration.provision import provision
from gurney.migration.stages import Stage, reach
from gurney.migration.workspace import create
from gurney.runtime import Runtime, collect_garbage_rarely
from gurney.sources.cliniko import extract, keep, objects, sweep

MAPPING = Path(__file__).with_name("zoho.yaml")
OBJECTS = ("patients", "individual_appointments")
"""Gurney reads the whole account always; here it is told of these lists alone."""


async def measure() -> None:
    """The stages of a migration with the clock on those that the others have too."""
    start_cpu = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        runtime = Runtime(environ={**os.environ, "HOME": folder, "GURNEY_NO_KEYRING": "1"})
        workspace = create(Path(folder) / "ws", "zoho", runtime)
        shutil.copy(MAPPING, workspace.mapping_file)
        migration = open_migration(workspace.folder, runtime)
        done: list[Measured] = []
        await check(migration)
        with stopwatch("read", migration, done) as count:
            await migration.source().extract(migration.store.snapshot)
            count.append(staged(migration))
        with stopwatch("audit and plan", migration, done) as count:
            await audit(migration)
            await plan(migration, fallback_owner="unassigned")
            approve(migration, "plan", "benchmark")
            await provision(migration)
            count.append(staged(migration))
        reach(migration.store, Stage.RUNNING)
        job = prepare(migration, "full")
        link_users(job)
        with stopwatch("load", migration, done) as count:
            await load_phases(job.load())
            count.append(written(migration))
        with stopwatch("read back", migration, done) as count:
            await prove_phases(job.load())
            count.append(written(migration))
        await migration.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"start_cpu_s": start_cpu, "peak_mb": peak, "stages": [one.told() for one in done]}))


def read_less() -> None:
    """Leave out every list that is not part of the work, and what its records refer to."""
    wanted = {name: spec for name, spec in objects.objects().items() if name in OBJECTS}

    async def nothing(*_: object) -> None:
        pass

    for module in (extract, keep, sweep):
        module.objects = lambda: wanted  # type: ignore[attr-defined]
    for module in (extract, sweep):
        module.settle_references = nothing
    extract.BUSIEST = ("patients",)


if __name__ == "__main__":
    collect_garbage_rarely()
    read_less()
    asyncio.run(measure())
