"""The work of a migration, piece by piece, each at the destination's own prices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from gurney.destinations.protocol import Cost
from gurney.destinations.vendor import Prices
from gurney.estimate.allowance import Amount
from gurney.estimate.binding import binds, line_s
from gurney.estimate.source import calls_s, calls_to_read, calls_to_sweep, files_s, read_s
from gurney.estimate.workload import Part, Workload
from gurney.reports.forecast import (
    BACK,
    DELTA,
    FETCH,
    READ,
    READ_BACK,
    RECONCILE,
    ROOM,
    SAMPLE,
    SOURCE,
    WRITE,
    ForecastRow,
)
from gurney.reports.units import size_words

LOOKS = {
    "before the plan and provisioning": (ROOM, 2),
    "before the sample and the run write": (WRITE, 2),
    "before the reconciliation": (RECONCILE, 1),
}
"""Verbs that look at the account before they work, and the kind of work that it is counted with."""
CHANGED = 100
"""Records that the price of a delta is told for."""


def rows_of(prices: Prices, work: Workload) -> Iterator[ForecastRow]:
    """Everything in the order in which it is done; rows without calls are left out."""
    for row in (
        *_source(work),
        *_room(prices, work),
        *_parts(prices, work),
        *_delta(prices, work),
        *_back(prices, work),
    ):
        if row.calls:
            yield row


def proof(prices: Prices, part: Part, *, downloads: int = 0, just_written: bool = False) -> list[Cost]:
    """Reading the records of a part back once, and the bytes of so many of them where they are files."""
    costs = [prices.cost(part.object, "prove", part.records), prices.cost(part.object, "link", part.links)]
    if just_written:
        costs.append(prices.cost(part.object, "lag", part.records))
    if part.object == prices.file_object and downloads:
        costs.append(prices.cost(part.object, "download", downloads))
    return costs


def downloads(part: Part, work: Workload, phase: str) -> int:
    """Files whose bytes are fetched to compare them: an attachment's every time, a list's once, in a rollback none's.

    A list was made from the snapshot and can be made again; who changes it leaves a trace.
    """
    if not work.checks_bytes or phase == BACK or (part.is_list and phase == RECONCILE):
        return 0
    if part.is_list and phase == READ_BACK:
        return part.records - work.sampled(part).records
    return part.records


def _source(work: Workload) -> Iterator[ForecastRow]:
    pages = calls_to_read(work.source_records)
    records = sum(work.source_records.values())
    yield _source_row(f"read {SOURCE}, done by the audit", records, pages, work)
    size = f" ({size_words(work.source_bytes)})" if work.source_bytes else ""
    when = "while records are written" if work.fetches_ahead else "as the load comes to them"
    yield _source_row(f"fetch files from {SOURCE}, {when}{size}", work.source_files,
                      work.source_files, work, work.source_bytes, FETCH)  # fmt: skip


def _source_row(
    what: str, records: int, calls: int, work: Workload, size_bytes: int = 0, phase: str = READ
) -> ForecastRow:
    if phase == READ:
        seconds = read_s(calls, records, work.source_calls_per_minute)
    else:
        seconds = (files_s if phase == FETCH else calls_s)(calls, work.source_calls_per_minute)
    whole_s = max(line_s(size_bytes), seconds + line_s(work.largest_file_bytes) if size_bytes else 0.0)
    if whole_s > seconds:  # the largest file may be the last that is asked for
        seconds, held = whole_s, "bytes of files"
    else:
        held = f"{SOURCE}'s rate" if calls else ""
    return ForecastRow(
        what=what, phase=phase, records=records, calls=calls, units=calls, unit="call", seconds=seconds, binds=held
    )


def _room(prices: Prices, work: Workload) -> Iterator[ForecastRow]:
    objects = len({part.object for part in work.parts})
    for when, (phase, verbs) in LOOKS.items():
        looks = [prices.cost("", "look", objects)] * verbs
        if phase == RECONCILE:  # lists may not show yet what another process wrote just before
            looks.append(prices.cost("", "lag", objects))
        yield _row(prices, f"look at the account {when}", phase, "", objects, looks)
    for what, action, count in (("modules", "new_object", work.new_objects), ("fields", "new_field", work.new_fields)):
        if count:
            yield _row(prices, f"create {what}", ROOM, "", count, [prices.cost("", action, count)])
    for object, count in sorted(work.new_options.items()):
        costs = [prices.cost(object, "new_option", count)]
        yield _row(prices, f"add pick-list values of {object}", ROOM, "", count, costs)


def _parts(prices: Prices, work: Workload) -> Iterator[ForecastRow]:
    for object, parts in _by_object(work.parts):
        yield _write(prices, object, parts, work)
    for object, parts in _by_object(work.sampled(part) for part in work.parts):
        yield _proof(prices, f"read back {object} of the sample", "", object, parts, work, phase=SAMPLE)
    if work.reads_all_back:
        for object, parts in _by_object(work.parts):
            yield _proof(prices, f"read back {object}", object, object, parts, work)
    for object, parts in _by_object(work.parts):
        yield _proof(prices, f"reconcile {object}", object, object, parts, work, phase=RECONCILE)


def _write(prices: Prices, object: str, parts: list[Part], work: Workload) -> ForecastRow:
    """Each object map goes by itself, the sample's records before the rest."""
    pieces = [piece for part in parts for piece in _in_two(part, work) if piece]
    costs = [prices.cost(object, "write", piece) for piece in pieces]
    costs.append(prices.cost(object, "link", sum(part.links for part in parts)))
    lists = 1 + work.new_options.get(object, 0)
    met = [part for part in parts if part.is_met for piece in _in_two(part, work) if piece]
    costs += [prices.cost(object, "find", lists)] * len(met)
    route = prices.route(object, max(pieces, default=0))
    size = work.source_bytes if object == prices.file_object else 0
    return _row(prices, f"write {object}", WRITE, object, sum(pieces), costs, route=route, size_bytes=size)


def _in_two(part: Part, work: Workload) -> tuple[int, int]:
    first = work.sampled(part).records
    return first, part.records - first


def _back(prices: Prices, work: Workload) -> Iterator[ForecastRow]:
    """What a rollback of everything takes: it looks at each record before it removes it."""
    objects = len({part.object for part in work.parts})
    looks = [prices.cost("", "look", objects)]
    yield _row(prices, "look at the account before a rollback (only if asked for)", BACK, "", objects, looks)
    for object, parts in _by_object(work.parts):
        records = sum(part.records for part in parts)
        costs = [cost for part in parts for cost in proof(prices, part)]
        costs += [prices.cost(object, action, part.records) for part in parts for action in ("guard", "delete")]
        yield _row(prices, f"roll back {object} (only if asked for)", BACK, object, records, costs)
    own = work.new_fields - work.new_fields_of_new_objects
    if work.removes_schema and own:
        costs = [prices.cost("", "old_field", own)]
        costs += [prices.cost(object, "old_option", count) for object, count in sorted(work.new_options.items())]
        yield _row(prices, "remove what was created for it (only if asked for)", BACK, "", own, costs)


def _delta(prices: Prices, work: Workload) -> Iterator[ForecastRow]:
    """Sweeps after the load: each asks every list of the source, and changed records are looked at, written, proven."""
    calls = calls_to_sweep(work.lists)
    yield _source_row("a delta sweep that finds nothing", 0, calls, work, phase=DELTA)
    changed = max(work.parts, key=lambda part: part.records, default=None)
    if changed is not None and changed.records:
        count = min(CHANGED, changed.records)
        costs = [prices.cost(changed.object, action, count) for action in ("prove", "write", "prove")]
        yield _row(prices, f"for each {count} changed {changed.source} of a delta", DELTA, "", count, costs)


def _proof(
    prices: Prices, what: str, counts_for: str, object: str, parts: list[Part], work: Workload,
    phase: str = READ_BACK,
) -> ForecastRow:  # fmt: skip
    fetched = {part.map: downloads(part, work, phase) for part in parts}
    just_written = phase in (SAMPLE, READ_BACK)
    costs = [
        cost for part in parts for cost in proof(prices, part, downloads=fetched[part.map], just_written=just_written)
    ]
    records = sum(part.records for part in parts)
    if object != prices.file_object or not prices.cost(object, "download", sum(fetched.values())).calls:
        return _row(prices, what, phase, counts_for, records, costs)
    size = round(work.source_bytes * min(1.0, records / work.source_files)) if work.source_files else 0
    return _row(prices, f"{what} and their bytes", phase, counts_for, records, costs, size_bytes=size)


def _row(
    prices: Prices, what: str, phase: str, object: str, records: int, costs: Iterable[Cost], *, route: str = "",
    size_bytes: int = 0,
) -> ForecastRow:  # fmt: skip
    amount = Amount.of(costs)
    if amount.calls:
        amount = replace(amount, seconds=max(amount.seconds, line_s(size_bytes)))
    return ForecastRow(
        what=what, phase=phase, object=object, records=records, calls=amount.calls, units=amount.units,
        unit=prices.unit, seconds=amount.seconds, route=route,
        binds=binds(prices, amount, route=route, size_bytes=size_bytes),
    )  # fmt: skip


def _by_object(parts: Iterable[Part]) -> list[tuple[str, list[Part]]]:
    found: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        if part.records:
            found[part.object].append(part)
    return sorted(found.items())
