"""The delta: what was created, changed, archived, cancelled, merged or deleted for good since the last reading.

Each list is asked once: its page of the latest changes also says how many rows the list has, and fewer than are
known means that some were deleted.

Hard deletes leave no trace in a sweep (FACTS 8). They are concluded only from a walk that proved itself complete, and
each is confirmed by a 404; an empty or short answer concludes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from gurney.runtime import Runtime
from gurney.sources.cliniko.client import Client, limits
from gurney.sources.cliniko.drive import drive
from gurney.sources.cliniko.extract import SETTINGS, keep_settings, settle_references
from gurney.sources.cliniko.keep import Keeper, Progress, ReadReport, lanes_of
from gurney.sources.cliniko.lanes import Lane, Latest, shifted, stamp
from gurney.sources.cliniko.objects import ObjectSpec, objects
from gurney.sources.cliniko.staging import Snapshot


async def sweep(
    client: Client,
    snapshot: Snapshot,
    runtime: Runtime,
    *,
    lists: Collection[str] | None = None,
    find_deleted: bool = True,
    progress: Progress | None = None,
) -> ReadReport:
    """Bring the snapshot up to date. Safe to repeat; an interrupted sweep is simply made again.

    `lists` names the objects to ask for, None all: what is left out stays as it was read, and a later sweep that asks
    for it goes on from there.
    """
    before = client.pacer.total.calls
    specs = [spec for spec in objects().values() if lists is None or spec.name in lists]
    report = ReadReport(snapshot.begin("delta"))
    read_at = stamp(runtime.clock.now())
    extraction = snapshot.cursor(SETTINGS) or {}
    keeper = Keeper(snapshot, report, extraction.get("mark"), read_at, progress)
    await keep_settings(client, snapshot, read_at, None)
    lanes: list[Lane] = []
    for spec in specs:
        lanes += keeper.begin(spec, "sweep", _lanes(spec, snapshot, extraction))
    await drive(lanes, client, keeper, in_flight=client.in_flight)
    if find_deleted:
        await _find_deleted(client, snapshot, report, specs)
    _recall_merges(snapshot, keeper)
    await settle_references(client, snapshot, keeper, read_at)
    snapshot.put(SETTINGS, [], cursor={**extraction, "extraction": report.extraction, "complete": True})
    report.calls = client.pacer.total.calls - before
    return report


def _lanes(spec: ObjectSpec, snapshot: Snapshot, extraction: Mapping[str, Any]) -> list[Lane]:
    """What changed since the last reading; everything where that is not known.

    Each list goes on from the newest change that it held when a sweep last read it. Before its first sweep that is
    the mark that the extraction took before its first page: the newest change staged could lie behind one that was
    made while the lists were read. An extraction that was not finished proves nothing.
    """
    newest = (snapshot.cursor(spec.name) or {}).get("newest") or {}
    highest = snapshot.high_water(spec.name)
    if highest is None or not spec.filterable or extraction.get("complete") is False:
        return lanes_of(spec, None)
    first = min(highest, extraction.get("mark") or highest)
    overlap = int(limits()["list"]["overlap_s"])
    return [Latest(spec, path, shifted(newest.get(path, first), -overlap)) for path in spec.paths]


async def _find_deleted(client: Client, snapshot: Snapshot, report: ReadReport, specs: Sequence[ObjectSpec]) -> None:
    for spec in specs:
        known = _known(snapshot, spec)
        read = report.objects[spec.name]
        if not known or not read.available:
            continue
        if len(read.listed) == len(spec.paths) and sum(read.listed.values()) >= known:
            continue
        announced = await _announced(client, spec)  # rows that were made since the list was read are known by now
        if announced >= known:
            continue
        if announced == 0:
            report.not_trusted.append(spec.name)
            continue
        seen = _Seen()
        await drive(lanes_of(spec, None), client, seen, in_flight=client.in_flight)
        unseen = sorted(set(snapshot.ids(spec.name)) - seen.ids)
        unseen = [id for id, row in snapshot.get(spec.name, unseen).items() if row.state != "gone"]
        gone = await _confirmed(client, spec, unseen)
        if gone:
            snapshot.mark_gone(spec.name, gone, report.extraction)
            report.gone.setdefault(spec.name, []).extend(gone)


async def _announced(client: Client, spec: ObjectSpec) -> int:
    """Rows that the lists of an object announce."""
    pages = [await client.page(path, spec.key, spec.all_rows(), per_page=1, label="totals") for path in spec.paths]
    return sum(page.total for page in pages)


async def _confirmed(client: Client, spec: ObjectSpec, ids: Sequence[str]) -> list[str]:
    """Those that Cliniko answers 404 for. Services have no address of their own: the list is the proof."""
    if not spec.filterable:
        return list(ids)
    return [id for id in ids if await client.record(spec.name, id, spec.hides) is None]


def _known(snapshot: Snapshot, spec: ObjectSpec) -> int:
    """Rows that were there when they were last read."""
    return sum(count for state, count in snapshot.counts(spec.name).items() if state != "gone")


def _merged(snapshot: Snapshot) -> Iterator[dict[str, Any]]:
    after = 0
    while rows := snapshot.scan("patients", after=after, limit=1000):
        yield from (row.body for row in rows if row.state == "merged")
        after = rows[-1].seq


def _recall_merges(snapshot: Snapshot, keeper: Keeper) -> None:
    """Chains may run through patients that were merged before this sweep."""
    if keeper.merged:
        keeper.note_staged("patients", _merged(snapshot))


class _Seen:
    """A sink that keeps nothing but ids."""

    def __init__(self) -> None:
        self.ids: set[str] = set()

    def take(self, lane: Lane, rows: Sequence[dict[str, Any]], total: int, followers: Sequence[Lane]) -> None:
        self.ids.update(row["id"] for row in rows)

    def missing(self, lane: Lane) -> None:
        """A list that the account does not have holds nothing."""
