"""What a migration costs, before it is signed: calls, the vendor's units and time, by kind of work.

The figures come from the destination's own cost data (its limits.toml), the same that its pacer goes by. Nothing here
knows a vendor: an edition is what its pacer would hold it to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gurney.destinations.vendor import Prices
from gurney.estimate.allowance import Amount, amount_of, share, windows
from gurney.estimate.choices import choices
from gurney.estimate.editions import binding, by_edition, counted
from gurney.estimate.work import rows_of
from gurney.estimate.workload import Workload
from gurney.reports.forecast import BACK, FORWARD, READ, READ_BACK, WRITE, Forecast, ForecastRow

NOTES = [
    "Begun with a full allowance that nobody else uses meanwhile. A run that begins shortly before the allowance "
    "refills takes a pause less.",
    "Latencies are assumed until they are measured; allowances are the account's own, those of other editions for the "
    "same number of users.",
    "Corrections, retries and deltas come on top: a delta costs what the changed records cost.",
    "Bytes of files are taken to cross the line at 20 Mbit/s.",
]


def forecast(prices: Prices, work: Workload, *, edition: str = "", users: int = 0) -> Forecast:
    """The forecast of a whole migration: read the source, make room, write, prove, and what a rollback costs."""
    rows = list(rows_of(prices, work))
    forward, back = amount_of(rows, FORWARD), amount_of(rows, {BACK})
    editions = by_edition(prices, work, edition, users)
    at_destination_s = next(row.seconds for row in editions if row.yours)
    limit = binding(prices.pace, prices.unit, forward)
    needed = counted(forward, limit, prices.unit).units if limit else 0
    return Forecast(
        rows=rows,
        unit=prices.unit,
        units=forward.units,
        rollback_units=back.units,
        seconds=amount_of(rows, {READ}).seconds + at_destination_s,
        window_s=limit.window_s if limit else None,
        windows=windows(needed, limit) if limit else None,
        share=share(needed, limit) if limit else None,
        others_percent=prices.pace.others_percent,
        editions=editions,
        choices=choices(prices, work, limit),
        notes=NOTES,
    )


def work_left(saved: Mapping[str, Any], written: Mapping[str, int], proven: Mapping[str, int]) -> Amount:
    """What a load still has to do, by a forecast as the plan keeps it and how many records of each object are done."""
    done = {WRITE: written, READ_BACK: proven}
    rows = [ForecastRow(**row) for row in saved.get("rows", ()) if row.get("object") and row.get("phase") in done]
    left = [
        (row, max(0.0, 1 - done[row.phase].get(row.object, 0) / row.records)) for row in rows if row.records
    ]  # fmt: skip
    return Amount(
        round(sum(row.calls * share for row, share in left)),
        round(sum(row.units * share for row, share in left)),
        sum((row.seconds or 0.0) * share for row, share in left),
    )
