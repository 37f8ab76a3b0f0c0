"""What a migration costs, before it is signed: calls, the vendor's units and time, by kind of work.

The figures come from the destination's own cost data (its limits.toml), the same that its pacer goes by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gurney.destinations.protocol import Cost, Destination
from gurney.reports.model import Forecast, ForecastRow

ROWS_A_CALL = 100
"""Cliniko's largest page (FACTS 3)."""


@dataclass(frozen=True, slots=True)
class Workload:
    """How much there is to do."""

    writes: Mapping[str, int]
    """Records by destination object."""
    new_objects: int = 0
    new_fields: int = 0
    source_records: Mapping[str, int] = field(default_factory=dict)
    source_files: int = 0
    source_calls_per_minute: int = 196


def forecast(destination: Destination, work: Workload) -> Forecast:
    """The forecast of a whole migration: read the source, make room, write, read back, and what a rollback costs."""
    rows = [_source(work)]
    if work.new_objects:
        rows.append(_row("create modules", work.new_objects, destination.cost("", "new_object", work.new_objects)))
    if work.new_fields:
        rows.append(_row("create fields", work.new_fields, destination.cost("", "new_field", work.new_fields)))
    for object, records in sorted(work.writes.items()):
        rows.append(_row(f"write {object}", records, destination.cost(object, "write", records)))
    for object, records in sorted(work.writes.items()):
        rows.append(_row(f"read back {object}", records, destination.cost(object, "read", records)))
    for object, records in sorted(work.writes.items()):
        rows.append(
            _row(f"roll back {object} (only if asked for)", records, destination.cost(object, "delete", records))
        )
    spent = destination.spent()
    forward = [row for row in rows if not row.what.startswith("roll back")]
    units = sum(row.units for row in forward if row.unit == spent.unit)
    days = units / spent.ceiling if spent.ceiling else None
    return Forecast(
        rows=rows,
        seconds=max(_seconds(rows[:1]), _seconds(forward[1:])) if days is None or days <= 1 else days * 86_400,
        days_by_quota=days,
        notes=[
            "Reading the source and writing overlap; the whole duration is the slower of the two.",
            "Latencies are assumed until they are measured; allowances are the account's own.",
        ],
    )


def _source(work: Workload) -> ForecastRow:
    calls = sum(-(-count // ROWS_A_CALL) for count in work.source_records.values()) + work.source_files
    return ForecastRow(
        what="read Cliniko",
        records=sum(work.source_records.values()),
        calls=calls,
        units=calls,
        unit="call",
        seconds=calls / work.source_calls_per_minute * 60,
    )


def _row(what: str, records: int, cost: Cost) -> ForecastRow:
    return ForecastRow(
        what=what, records=records, calls=cost.calls, units=cost.units, unit=cost.unit, seconds=cost.seconds
    )


def _seconds(rows: list[ForecastRow]) -> float:
    return sum(row.seconds or 0.0 for row in rows)
