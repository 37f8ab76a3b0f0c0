"""What a clinic may leave out or do otherwise, with its price, so that it can choose before it signs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gurney.destinations.vendor import Prices
from gurney.estimate.allowance import Amount, share
from gurney.estimate.source import files_s
from gurney.estimate.work import downloads, proof
from gurney.estimate.workload import Part, Workload
from gurney.reports.forecast import READ_BACK, RECONCILE, ChoiceRow
from gurney.transport import BudgetLimit


def choices(prices: Prices, work: Workload, limit: BudgetLimit | None) -> list[ChoiceRow]:
    """The dearest first; what is off comes last."""
    found = [
        *_checks(prices, work),
        *(_part(prices, work, part) for part in work.parts if part.is_optional and part.records),
        *(_part(prices, work, part) for part in work.offers if part.records),
    ]
    for row in found:
        row.unit = prices.unit
        row.share = share(row.units, limit) if limit else None
    return sorted(found, key=lambda row: (not row.is_in, -row.units))


def _part(prices: Prices, work: Workload, part: Part) -> ChoiceRow:
    """One object map: writing it, and proving it as often as the migration does."""
    costs = [prices.cost(part.object, "write", part.records)]
    for phase in _passes(work):
        costs += proof(prices, part, downloads=downloads(part, work, phase))
    amount = Amount.of(costs)
    fetched = work.source_files if part.object == prices.file_object and part.is_in and not part.is_list else 0
    instead = f", instead of {' and '.join(part.instead_of)}" if part.instead_of else ""
    return ChoiceRow(
        what=f"{part.map}: {part.source} as {part.object}{instead}",
        records=part.records,
        units=amount.units,
        seconds=amount.seconds + files_s(fetched, work.source_calls_per_minute),
        source_calls=fetched,
        is_in=part.is_in,
        how=f"mapping.yaml, {part.map}: enabled: {'false' if part.is_in else 'true'}",
    )


def _checks(prices: Prices, work: Workload) -> Iterator[ChoiceRow]:
    """How much is read back to prove it."""
    files = [part for part in work.parts if part.object == prices.file_object and part.records]
    compared = replace(work, checks_bytes=True)
    fetched = [downloads(part, compared, phase) for part in files for phase in _passes(work)]
    bytes_too = [prices.cost(prices.file_object, "download", count) for count in fetched if count]
    if (amount := Amount.of(bytes_too)).units:
        yield ChoiceRow(
            what="compare the bytes of every file, not its size alone",
            records=sum(part.records for part in files),
            units=amount.units,
            seconds=amount.seconds,
            is_in=work.checks_bytes,
            how=f'gurney.toml, [options]: verify_files = "{"size" if work.checks_bytes else "checksum"}"',
        )
    every = [cost for part in work.parts for cost in proof(prices, part, downloads=downloads(part, work, READ_BACK))]
    if (amount := Amount.of(every)).units:
        yield ChoiceRow(
            what="read every record back in the run, not the sample's alone (the reconciliation reads all)",
            records=sum(part.records for part in work.parts),
            units=amount.units,
            seconds=amount.seconds,
            is_in=work.reads_all_back,
            how=f'gurney.toml, [options]: read_back = "{"sample" if work.reads_all_back else "all"}"',
        )


def _passes(work: Workload) -> tuple[str, ...]:
    """How often everything is read back."""
    return (READ_BACK, RECONCILE) if work.reads_all_back else (RECONCILE,)
