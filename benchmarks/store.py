"""CPU per row of what the store does for every record, on a new store in a temporary folder.

python -m benchmarks.store [--rows N] [--rounds N]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from benchmarks.figures import keep
from gurney.records import Link, OperationKey, Outcome, Value, Write
from gurney.runtime import Runtime
from gurney.store.keys import MasterKey
from gurney.store.snapshot import Staged
from gurney.store.store import Store, open_store

PAGE = 100
"""Rows that a page of the source brings, and that a batch to the destination takes."""
BODY = {f"field_{number}": f"value {number * 7919 % 1000} of it" for number in range(40)}
FIELDS: dict[str, Value] = {f"Field_{number}": f"value {number} xyz" for number in range(30)} | {
    "Amount": Decimal("1.20"),
    "Born": date(1985, 2, 3),
    "At": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    "Account": Link("Accounts", "5725767000000524157"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000, help="rows of each kind (default: 20000)")
    parser.add_argument("--rounds", type=int, default=3, help="how often to measure; the best counts (default: 3)")
    options = parser.parse_args()
    best: dict[str, tuple[float, float]] = {}
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            location = str(Path(folder) / "store.sqlite")
            store = open_store(location, Runtime(), MasterKey(b"m" * 32, "benchmark"), create=True)
            for name, cpu_us, wall_us in measured(store, options.rows):
                best[name] = min(best.get(name, (cpu_us, wall_us)), (cpu_us, wall_us))
            store.close()
    print(f"{options.rows:,} rows, best of {options.rounds}, {os.cpu_count()} cores; microseconds a row")
    for name, (cpu_us, wall_us) in best.items():
        print(f"{name:34}{cpu_us:8.1f} CPU{wall_us:8.1f} wall")
        keep("store", what=name, cpu_us=cpu_us, rows=options.rows)


def measured(store: Store, rows: int) -> Iterator[tuple[str, float, float]]:
    """Every piece of work in the order of a migration: its name, CPU and wall time a row."""
    pages = [[str(start + number) for number in range(PAGE)] for start in range(0, rows, PAGE)]
    number = store.snapshot.begin("full")
    run = store.runs.open("run", "benchmark")

    def put() -> None:
        for page in pages:
            store.snapshot.put("patients", [staged(id) for id in page], extraction=number, cursor={"last": page[-1]})

    def scan() -> None:
        after = 0
        while found := store.snapshot.scan("patients", after, 1000):
            after = found[-1].seq

    def get() -> None:
        for page in pages:
            store.snapshot.get("patients", page)

    def children() -> None:
        for page in pages:
            store.snapshot.children("patients", "referrer", page)

    def send() -> None:
        for page in pages:
            writes = [write(id) for id in page]
            store.ledger.intend(run, writes)
            store.ledger.conclude(run, [Outcome.done(one.key, f"57257670000{one.key.id}") for one in writes])

    def effects() -> None:
        after = 0
        while found := store.effects.scan("Z1", after, 1000):
            after = found[-1].seq
            for effect in found:
                _ = effect.written

    def verify() -> None:
        if not store.ledger.verify().ok:
            raise SystemExit("The ledger does not verify.")

    for name, work, count in (
        ("snapshot.put, four links a row", put, rows),
        ("snapshot.put, nothing new", put, rows),
        ("snapshot.scan", scan, rows),
        ("snapshot.get", get, rows),
        ("snapshot.children", children, rows),
        ("ledger.intend and conclude", send, rows),
        ("effects.scan and values", effects, rows),
        ("ledger.verify, an entry", verify, 2 * rows),
    ):
        yield name, *timed(work, count)


def staged(id: str) -> Staged:
    links = [
        ("practitioner", "practitioners", str(int(id) % 20)),
        ("business", "businesses", "1"),
        ("referrer", "patients", str(int(id) * 7 % 10_000)),
        ("concession", "concessions", str(int(id) % 3)),
    ]
    return Staged(id, "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z", "live", {**BODY, "id": id}, links)


def write(id: str) -> Write:
    return Write(OperationKey("Z1", "patients", id), "Contacts", "Source_Id", id, {**FIELDS, "Source_Id": id})


def timed(work: Callable[[], None], count: int) -> tuple[float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return (time.process_time() - cpu) / count * 1e6, (time.perf_counter() - wall) / count * 1e6


if __name__ == "__main__":
    main()
