"""The work of a migration, piece by piece, each at the destination's own prices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from gurney.destinations.protocol import Cost
from gurney.destinations.vendor import Prices
from gurney.estimate.allowance import Amount
from gurney.estimate.workload import Part, Workload
from gurney.reports.forecast import BACK, READ, READ_BACK, RECONCILE, ROOM, SOURCE, WRITE, ForecastRow
from gurney.reports.units import size_words

ROWS_A_CALL = 100
"""Cliniko's largest page (FACTS 3)."""


def rows_of(prices: Prices, work: Workload) -> Iterator[ForecastRow]:
    """Everything in the order in which it is done; rows without calls are left out."""
    for row in (*_source(work), *_room(prices, work), *_parts(prices, work), *_back(prices, work)):
        if row.calls:
            yield row


def proof(prices: Prices, part: Part, *, checks_bytes: bool) -> list[Cost]:
    """Reading the records of a part back once; of files their bytes too, where these are compared."""
    costs = [prices.cost(part.object, "read", part.records)]
    if checks_bytes and part.object == prices.file_object:
        costs.append(prices.cost(part.object, "download", part.records))
    return costs


def _source(work: Workload) -> Iterator[ForecastRow]:
    pages = sum(-(-count // ROWS_A_CALL) for count in work.source_records.values())
    records = sum(work.source_records.values())
    yield _source_row(f"read {SOURCE}, done by the audit", records, pages, work)
    size = f" ({size_words(work.source_bytes)})" if work.source_bytes else ""
    yield _source_row(f"fetch files from {SOURCE}, as the load comes to them{size}", work.source_files,
                      work.source_files, work)  # fmt: skip


def _source_row(what: str, records: int, calls: int, work: Workload) -> ForecastRow:
    seconds = calls / work.source_calls_per_minute * 60
    return ForecastRow(what=what, phase=READ, records=records, calls=calls, units=calls, unit="call", seconds=seconds)


def _room(prices: Prices, work: Workload) -> Iterator[ForecastRow]:
    for what, action, count in (("modules", "new_object", work.new_objects), ("fields", "new_field", work.new_fields)):
        if count:
            yield _row(f"create {what}", ROOM, "", count, [prices.cost("", action, count)])
    for object, count in sorted(work.new_options.items()):
        yield _row(f"add pick-list values of {object}", ROOM, "", count, [prices.cost(object, "new_option", count)])


def _parts(prices: Prices, work: Workload) -> Iterator[ForecastRow]:
    for object, parts in _by_object(work.parts):
        records = sum(part.records for part in parts)
        yield _row(f"write {object}", WRITE, object, records, [prices.cost(object, "write", records)])
    for object, parts in _by_object(part.scaled(work.sampled) for part in work.parts):
        yield _proof(prices, f"read back {object} of the sample", "", object, parts, work)
    if work.reads_all_back:
        for object, parts in _by_object(work.parts):
            yield _proof(prices, f"read back {object}", object, object, parts, work)
    for object, parts in _by_object(work.parts):
        yield _proof(prices, f"reconcile {object}", object, object, parts, work, phase=RECONCILE)


def _back(prices: Prices, work: Workload) -> Iterator[ForecastRow]:
    """What a rollback of everything takes: it looks at each record before it removes it."""
    for object, parts in _by_object(work.parts):
        records = sum(part.records for part in parts)
        costs = [cost for part in parts for cost in proof(prices, part, checks_bytes=work.checks_bytes)]
        costs.append(prices.cost(object, "delete", records))
        yield _row(f"roll back {object} (only if asked for)", BACK, object, records, costs)
    if work.removes_schema and work.new_fields:
        costs = [prices.cost("", "old_field", work.new_fields)]
        costs += [prices.cost(object, "old_option", count) for object, count in sorted(work.new_options.items())]
        yield _row("remove what was created for it (only if asked for)", BACK, "", work.new_fields, costs)


def _proof(
    prices: Prices, what: str, counts_for: str, object: str, parts: list[Part], work: Workload,
    phase: str = READ_BACK,
) -> ForecastRow:  # fmt: skip
    costs = [cost for part in parts for cost in proof(prices, part, checks_bytes=work.checks_bytes)]
    bytes_too = work.checks_bytes and object == prices.file_object
    words = f"{what} and their bytes" if bytes_too else what
    return _row(words, phase, counts_for, sum(part.records for part in parts), costs)


def _row(what: str, phase: str, object: str, records: int, costs: Iterable[Cost]) -> ForecastRow:
    known = list(costs)
    amount = Amount.of(known)
    return ForecastRow(
        what=what, phase=phase, object=object, records=records, calls=amount.calls, units=amount.units,
        unit=known[0].unit, seconds=amount.seconds,
    )  # fmt: skip


def _by_object(parts: Iterable[Part]) -> list[tuple[str, list[Part]]]:
    found: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        if part.records:
            found[part.object].append(part)
    return sorted(found.items())
