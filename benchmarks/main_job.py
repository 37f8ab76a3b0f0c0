"""The main job measured: twins in processes of their own, CPU and memory of ours alone.

python -m benchmarks.main_job --records 20000 --to zoho
python -m benchmarks.main_job --ceiling            # two minutes against Cliniko's limits, in real time
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.figures import Measured, keep, stopwatch
from benchmarks.stages import load_phases, prove_phases, staged, written
from benchmarks.stand_ins import PLAIN, TOLD, journal, twin
from gurney.cli.stand_ins import clock_of
from gurney.migration.approve import approve
from gurney.migration.audit import audit
from gurney.migration.check import check
from gurney.migration.context import Migration, open_migration
from gurney.migration.job import link_users, prepare
from gurney.migration.plan import plan
from gurney.migration.provision import provision
from gurney.migration.stages import Stage, reach
from gurney.migration.topup import delta
from gurney.migration.workspace import create
from gurney.runtime import Runtime, collect_garbage_rarely

A_MINUTE = 200
"""Cliniko's calls."""


async def whole(records: int, to: str, route: str) -> None:
    """Extraction, load and read-back of a made-up clinic, twins without limits."""
    done: list[Measured] = []
    peaks: dict[str, float] = {}

    @contextmanager
    def part(what: str, migration: Migration) -> Iterator[list[int]]:
        with stopwatch(what, migration, done) as count:
            yield count
        peaks[what] = peak_mb()
        print(done[-1], f"{peak_mb():.0f} MB", flush=True)

    with (
        tempfile.TemporaryDirectory() as folder,
        twin("cliniko", "--clinic", f"records:{records}", "--unlimited") as clinic,
        twin(to, "--unlimited", *PLAIN.get(to, ())) as crm,
    ):
        told = {**clinic["env"], **crm["env"], **TOLD.get(to, {})}
        environ = {**os.environ, **told, "HOME": folder, "GURNEY_NO_KEYRING": "1"}
        settings = create(Path(folder) / "ws", to, Runtime()).folder / "gurney.toml"
        settings.write_text(settings.read_text("utf-8").replace('route = ""', f'route = "{route}"'), "utf-8")
        migration = open_migration(Path(folder) / "ws", Runtime(clock_of(told), environ=environ))
        await check(migration)
        with part("extract into the snapshot", migration) as count:
            await migration.source().extract(migration.store.snapshot)
            count.append(staged(migration))
        with part("audit (quality, inventory)", migration) as count:
            await audit(migration)
            count.append(staged(migration))
        with part("plan (every record tried)", migration) as count:
            await plan(migration, fallback_owner="unassigned")
            count.append(staged(migration))
        approve(migration, "plan", "benchmark")
        await provision(migration)
        reach(migration.store, Stage.RUNNING)
        job = prepare(migration, "full")
        link_users(job)
        load = job.load()
        with part("load (ledger, seal, hash chain)", migration) as count:
            await load_phases(load)
            count.append(written(migration))
        with part("read back and compare", migration) as count:
            await prove_phases(load)
            count.append(written(migration))
        tell(to, records, done, peaks)
        reach(migration.store, Stage.LOADED)
        with part("sweep with nothing changed", migration) as count:
            await delta(migration)
            count.append(staged(migration))
        keep("sweep", to=to, asked=records, calls=done[-1].calls)
        await migration.close()


def tell(to: str, asked: int, done: list[Measured], peaks: dict[str, float]) -> None:
    """End to end, as the clinic sees it: what is read and written, without what a person decides in between."""
    extract, load = done[0], done[3]
    wall, cpu = extract.wall_s + load.wall_s, extract.cpu_s + load.cpu_s
    each_us = cpu / extract.records * 1e6
    print(
        f"end to end (extract + load): {extract.records / wall:,.0f} source records/s, "
        f"{load.records / wall:,.0f} written/s, {each_us:.0f} µs CPU a source record, "
        f"{cpu / load.records * 1e6:.0f} µs CPU a written record"
    )
    print(f"peak memory {peak_mb():,.0f} MB; cores {os.cpu_count()}")
    stages = [{**one.told(), "peak_mb": peaks[one.what]} for one in done]
    keep("main_job", to=to, asked=asked, source=extract.records, written=load.records, stages=stages,
         rate=extract.records / wall, cpu_us=each_us, peak_mb=peak_mb())  # fmt: skip


def peak_mb() -> float:
    """The most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def ceiling(minutes: float) -> None:
    """How much of Cliniko's 200 calls a minute is used, in real time at 0.45 s latency."""
    with (
        tempfile.TemporaryDirectory() as folder,
        twin("cliniko", "--clinic", "records:200000", "--latency", "0.45") as clinic,
    ):
        environ = {**os.environ, **clinic["env"], "HOME": folder, "GURNEY_NO_KEYRING": "1"}
        create(Path(folder) / "ws", "zoho", Runtime())
        migration = open_migration(Path(folder) / "ws", Runtime(environ=environ))
        began = time.monotonic()
        with suppress(TimeoutError):
            await asyncio.wait_for(migration.source().extract(migration.store.snapshot), minutes * 60)
        took = time.monotonic() - began
        calls = journal(clinic)
        refused = sum(entry["status"] == 429 for entry in calls)
        share = len(calls) / took * 60 / A_MINUTE
        print(f"{len(calls)} calls in {took:.0f} s: {share:.1%} of {A_MINUTE} a minute, {refused} times 429")
        keep("ceiling", vendor="cliniko", ceiling=f"{A_MINUTE} calls a minute", latency_s=0.45, seconds=took,
             calls=len(calls), share=share, refused=refused)  # fmt: skip
        await migration.close()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--records", type=int, default=20_000)
    options.add_argument("--to", default="zoho")
    options.add_argument("--route", default="", help="single, batch or bulk; empty: the cheapest")
    options.add_argument("--ceiling", action="store_true")
    options.add_argument("--minutes", type=float, default=2.0)
    given = options.parse_args()
    collect_garbage_rarely()
    asyncio.run(ceiling(given.minutes) if given.ceiling else whole(given.records, given.to, given.route))


if __name__ == "__main__":
    main()
