"""What a migration costs, before it is signed: calls, the vendor's units and time, by kind of work.

The figures come from the destination's own cost data (its limits.toml), the same that its pacer goes by. Nothing here
knows a vendor: an edition is what its pacer would hold it to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gurney.destinations.vendor import Prices
from gurney.estimate.allowance import Amount, amount_of, share, windows
from gurney.estimate.binding import line_s
from gurney.estimate.choices import choices
from gurney.estimate.editions import binding, by_edition, counted
from gurney.estimate.work import rows_of
from gurney.estimate.workload import Workload
from gurney.reports.forecast import BACK, FETCH, FORWARD, READ, READ_BACK, WRITE, Forecast, ForecastRow

NOTES = [
    "Begun with a full allowance that nobody else uses meanwhile. A run that begins shortly before the allowance "
    "refills takes a pause less.",
    "Latencies are assumed until they are measured; allowances are the account's own, those of other editions for the "
    "same number of users.",
    "Corrections, retries and deltas come on top: a delta costs what the changed records cost.",
    "Files are fetched from the source while records are written: only what that takes longer than the writing counts.",
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
        seconds=amount_of(rows, {READ}).seconds
        + at_destination_s
        + _waits_for_files_s(prices, work, rows, at_destination_s),
        window_s=limit.window_s if limit else None,
        windows=windows(needed, limit) if limit else None,
        share=share(needed, limit) if limit else None,
        others_percent=prices.pace.others_percent,
        editions=editions,
        choices=choices(prices, work, limit),
        notes=NOTES,
    )


def _waits_for_files_s(prices: Prices, work: Workload, rows: Sequence[ForecastRow], at_destination_s: float) -> float:
    """By how much fetching files takes longer than what is done beside it, its pauses included.

    The largest file may be the last: it is sent when it is here, and nothing else is left to be done beside that.
    """
    fetching_s, forward_s = amount_of(rows, {FETCH}).seconds, amount_of(rows, FORWARD).seconds
    if not work.fetches_ahead or not forward_s:
        return fetching_s
    proven = [row for row in rows if row.phase == READ_BACK and row.object != prices.file_object]
    beside_s = amount_of(rows, {WRITE}).seconds + amount_of(proven, {READ_BACK}).seconds
    sent_at_s = fetching_s + line_s(work.largest_file_bytes)
    return max(0.0, sent_at_s - beside_s * at_destination_s / forward_s)


@dataclass(frozen=True, slots=True)
class Progress:
    """One kind of a load's work: how much is left, and how much is done, both at the forecast's own figures."""

    left: Amount
    done: Amount


def progress(
    saved: Mapping[str, Any], written: Mapping[str, int], proven: Mapping[str, int]
) -> dict[str, Progress]:  # fmt: skip
    """How far a load is, by a forecast as the plan keeps it and how many records of each object are done."""
    done = {WRITE: written, READ_BACK: proven}
    shares: dict[str, list[tuple[ForecastRow, float]]] = {phase: [] for phase in done}
    for told in saved.get("rows", ()):
        row = ForecastRow(**told)
        if row.phase in done and row.object and row.records:
            shares[row.phase].append((row, min(1.0, done[row.phase].get(row.object, 0) / row.records)))
    return {
        phase: Progress(_part((row, 1 - share) for row, share in rows), _part(rows)) for phase, rows in shares.items()
    }


def _part(rows: Iterable[tuple[ForecastRow, float]]) -> Amount:
    known = list(rows)
    return Amount(
        round(sum(row.calls * share for row, share in known)),
        round(sum(row.units * share for row, share in known)),
        sum((row.seconds or 0.0) * share for row, share in known),
    )
