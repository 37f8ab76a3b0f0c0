"""The main job measured: twins in processes of their own, CPU and memory of ours alone.

python -m benchmarks.main_job --records 20000 --to zoho
python -m benchmarks.main_job --ceiling            # two minutes against Cliniko's limits, in real time
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from gurney.migration.approve import approve
from gurney.migration.audit import audit
from gurney.migration.check import check
from gurney.migration.context import Migration, open_migration
from gurney.migration.job import link_users, prepare
from gurney.migration.load import Load
from gurney.migration.plan import plan
from gurney.migration.provision import provision
from gurney.migration.stages import Stage, reach
from gurney.migration.workspace import create
from gurney.runtime import Runtime, collect_garbage_rarely


@dataclass
class Measured:
    """One piece of work."""

    what: str
    records: int
    wall_s: float
    cpu_s: float
    calls: int

    def __str__(self) -> str:
        return (
            f"{self.what:<34} {self.records:>9,} records {self.wall_s:>8.1f} s {self.records / self.wall_s:>9,.0f}/s "
            f"{self.cpu_s / max(1, self.records) * 1e6:>7.0f} µs CPU each {self.calls:>7,} calls"
        )


@contextmanager
def twin(vendor: str, *options: str) -> Iterator[dict[str, str]]:
    command = [sys.executable, "-m", "gurney", "twin", vendor, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


@contextmanager
def stopwatch(what: str, migration: Migration, done: list[Measured]) -> Iterator[list[int]]:
    """The block appends the number of records that it handled."""
    records: list[int] = []
    before, began, cpu = _calls(migration), time.monotonic(), time.process_time()
    yield records
    wall, used = time.monotonic() - began, time.process_time() - cpu
    done.append(Measured(what, sum(records), wall, used, _calls(migration) - before))
    print(done[-1], flush=True)


def _calls(migration: Migration) -> int:
    calls = migration._source.spent.calls if migration._source else 0
    return calls + (migration._destination.spent().calls if migration._destination else 0)


async def whole(records: int, to: str, route: str) -> None:
    """Extraction, load and read-back of a made-up clinic, twins without limits."""
    with (
        tempfile.TemporaryDirectory() as folder,
        twin("cliniko", "--clinic", f"records:{records}", "--unlimited") as clinic,
        twin(to, "--unlimited") as crm,
    ):
        environ = {**os.environ, **clinic["env"], **crm["env"], "HOME": folder, "GURNEY_NO_KEYRING": "1"}
        settings = create(Path(folder) / "ws", to, Runtime()).folder / "gurney.toml"
        settings.write_text(settings.read_text("utf-8").replace('route = ""', f'route = "{route}"'), "utf-8")
        migration = open_migration(Path(folder) / "ws", Runtime(environ=environ))
        done: list[Measured] = []
        await check(migration)
        with stopwatch("extract into the snapshot", migration, done) as count:
            await migration.source().extract(migration.store.snapshot)
            count.append(_staged(migration))
        with stopwatch("audit (quality, inventory)", migration, done) as count:
            await audit(migration)
            count.append(_staged(migration))
        with stopwatch("plan (every record tried)", migration, done) as count:
            await plan(migration, fallback_owner="unassigned")
            count.append(_staged(migration))
        approve(migration, "plan", "benchmark")
        await provision(migration)
        reach(migration.store, Stage.RUNNING)
        job = prepare(migration, "full")
        link_users(job)
        load = job.load()
        with stopwatch("load (ledger, seal, hash chain)", migration, done) as count:
            for phase in await load.phases():
                if not phase.startswith("prove") and not _is_files(load, phase):
                    while not await load.advance(phase):
                        pass
            count.append(_written(migration))
        with stopwatch("read back and compare", migration, done) as count:
            for phase in await load.phases():
                if phase.startswith("prove") and not _is_files(load, phase):
                    while not await load.advance(phase):
                        pass
            count.append(_written(migration))
        extract, load_part = done[0], done[3]
        wall, cpu = extract.wall_s + load_part.wall_s, extract.cpu_s + load_part.cpu_s
        print(
            f"end to end (extract + load): {extract.records / wall:,.0f} source records/s, "
            f"{load_part.records / wall:,.0f} written/s, {cpu / extract.records * 1e6:.0f} µs CPU a source record, "
            f"{cpu / load_part.records * 1e6:.0f} µs CPU a written record"
        )
        print(
            f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB; cores {os.cpu_count()}"
        )
        await migration.close()


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
        with urlopen(clinic["admin_url"] + "/journal") as answer:
            journal = [json.loads(line) for line in answer.read().split(b"\n") if line]
        refused = sum(entry["status"] == 429 for entry in journal)
        share = len(journal) / took * 60 / 200
        print(f"{len(journal)} calls in {took:.0f} s: {share:.1%} of 200 a minute, {refused} times 429")
        await migration.close()


def _is_files(load: Load, phase: str) -> bool:
    """Files are measured by their bytes, not by their number."""
    map = load.compiled.by_id[phase.partition(" ")[2]]
    return map.object == "patient_attachments"


def _staged(migration: Migration) -> int:
    snapshot = migration.store.snapshot
    return sum(sum(snapshot.counts(object).values()) for object in snapshot.objects())


def _written(migration: Migration) -> int:
    return sum(migration.store.effects.by_object().values())


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
