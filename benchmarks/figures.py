"""Figures: printed for whoever looks on, and kept for the page when `python -m benchmarks` asked for them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gurney.migration.context import Migration

FILE = "GURNEY_BENCHMARK_FIGURES"
"""Names the file that takes the figures, a line of JSON each."""


def keep(kind: str, **figures: Any) -> None:
    """Hand figures to the page. `kind` says which of its tables they belong to; the names are the table's columns."""
    told = os.environ.get(FILE)
    if told:
        with Path(told).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"kind": kind, **figures}) + "\n")


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
            f"{self.what:<34} {self.records:>9,} records {self.wall_s:>8.1f} s {self.rate:>9,.0f}/s "
            f"{self.cpu_us:>7.0f} µs CPU each {self.calls:>7,} calls"
        )

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.wall_s

    @property
    def cpu_us(self) -> float:
        """Microseconds of CPU a record."""
        return self.cpu_s / max(1, self.records) * 1e6

    def told(self) -> dict[str, Any]:
        """As figures for the page."""
        return {**asdict(self), "rate": self.rate, "cpu_us": self.cpu_us}


@contextmanager
def stopwatch(what: str, migration: Migration, done: list[Measured]) -> Iterator[list[int]]:
    """The block appends the number of records that it handled."""
    records: list[int] = []
    before, began, cpu = _calls(migration), time.monotonic(), time.process_time()
    yield records
    wall, used = time.monotonic() - began, time.process_time() - cpu
    done.append(Measured(what, sum(records), wall, used, _calls(migration) - before))


def _calls(migration: Migration) -> int:
    calls = migration._source.spent.calls if migration._source else 0
    return calls + (migration._destination.spent().calls if migration._destination else 0)
