"""The whole of an account, read once into the snapshot: every list walked, then swept for what changed meanwhile.

A sweep starts from a mark taken before the first page: the newest change of the busiest objects, by the vendor's own
clock. Lists of one page are read at one instant and need none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gurney.errors import NotAuthorised
from gurney.runtime import Runtime
from gurney.sources.cliniko.client import Client, limits
from gurney.sources.cliniko.drive import drive
from gurney.sources.cliniko.keep import Keeper, Progress, ReadReport, lanes_again, lanes_of, staged
from gurney.sources.cliniko.lanes import Lane, Sweep, shifted, stamp
from gurney.sources.cliniko.merges import survivors
from gurney.sources.cliniko.objects import objects
from gurney.sources.cliniko.staging import Snapshot
from gurney.store.snapshot import Staged

BUSIEST = ("patients", "attendees", "communications")
"""Objects in which something changes every hour of a clinic's day."""
SETTINGS = "settings"
"""Object and id under which the account's settings are staged; its cursor says whether an extraction is complete."""
LONG_AGO = "1970-01-01T00:00:00Z"
STRIDE = 1000


async def extract(
    client: Client,
    snapshot: Snapshot,
    runtime: Runtime,
    *,
    extraction: int | None = None,
    progress: Progress | None = None,
) -> ReadReport:
    """Read everything. An extraction that was interrupted goes on; else a new one begins.

    Raises NotAuthorised, PausedForQuota, AnswerLost and AnswerWrong; what was read until then is kept.
    """
    before = client.pacer.total.calls
    unfinished = _unfinished(snapshot)
    number = extraction or (unfinished["extraction"] if unfinished else snapshot.begin("full"))
    resumed = unfinished is not None and unfinished["extraction"] == number
    mark = unfinished["mark"] if resumed and unfinished else await newest_change(client)
    report = ReadReport(number)
    read_at = stamp(runtime.clock.now())
    keeper = Keeper(snapshot, report, mark, read_at, progress)
    await keep_settings(client, snapshot, read_at, {"extraction": number, "mark": mark, "complete": False})
    await _walk_and_sweep(client, snapshot, keeper, number, mark)
    if resumed:
        _recall(snapshot, keeper)
    await settle_references(client, snapshot, keeper, read_at)
    snapshot.put(SETTINGS, [], cursor={"extraction": number, "mark": mark, "complete": True})
    report.calls = client.pacer.total.calls - before
    return report


async def newest_change(client: Client) -> str | None:
    """The newest `updated_at` of the busiest objects: a moment of the vendor's clock, not later than now."""
    stamps = []
    for name in BUSIEST:
        page = await client.page(
            f"/{name}", name, objects()[name].all_rows(), sort="updated_at:desc", per_page=1, label="mark"
        )
        stamps += [row["updated_at"] for row in page.rows]
    return max(stamps, default=None)


async def keep_settings(client: Client, snapshot: Snapshot, read_at: str, cursor: dict[str, Any] | None) -> None:
    """Stage the settings: custom-field definitions, country, reminders, online booking."""
    body = await read_settings(client)
    snapshot.put(SETTINGS, [Staged(SETTINGS, "", read_at, "live", body, [])], cursor=cursor)


async def read_settings(client: Client) -> dict[str, Any]:
    """All settings, or the public ones where the key may not see more (FACTS 2)."""
    try:
        body = await client.get("/settings", label=SETTINGS)
    except NotAuthorised:
        body = await client.get("/settings/public", label=SETTINGS)
    return {**body, "id": SETTINGS}


async def settle_references(client: Client, snapshot: Snapshot, keeper: Keeper, read_at: str) -> None:
    """Ask for every record that others refer to and no list held; what is not there either is gone (FACTS 8)."""
    for object, wanted in sorted(keeper.wanted.items()):
        unknown = sorted(wanted.difference(snapshot.ids(object)))
        spec = objects()[object]
        for id in unknown:
            found = await client.record(object, id, spec.hides)
            if found is None:
                snapshot.mark_gone(object, [id], keeper.report.extraction)
                keeper.report.gone.setdefault(object, []).append(id)
            else:
                snapshot.put(object, [staged(spec, found, read_at)], extraction=keeper.report.extraction)
    keeper.report.merged = survivors(keeper.merged)
    if keeper.report.merged:
        snapshot.set_aliases("patients", keeper.report.merged)


async def _walk_and_sweep(client: Client, snapshot: Snapshot, keeper: Keeper, number: int, mark: str | None) -> None:
    lanes: list[Lane] = []
    for spec in objects().values():
        cursor = snapshot.cursor(spec.name)
        if cursor is None or cursor.get("extraction") != number:
            lanes += keeper.begin(spec, "walk", lanes_of(spec, mark))
        else:
            lanes += keeper.begin(spec, cursor["phase"], lanes_again(spec, cursor), is_long=cursor["is_long"])
    await drive(lanes, client, keeper, in_flight=client.in_flight)
    since = shifted(mark, -int(limits()["list"]["overlap_s"])) if mark else LONG_AGO
    sweeps: list[Lane] = []
    for spec in objects().values():
        if keeper.is_walked(spec):
            sweeps += keeper.begin(spec, "sweep", [Sweep(spec, path, since) for path in spec.paths], is_long=True)
    await drive(sweeps, client, keeper, in_flight=client.in_flight)


def _unfinished(snapshot: Snapshot) -> Mapping[str, Any] | None:
    cursor = snapshot.cursor(SETTINGS)
    return cursor if cursor is not None and cursor.get("complete") is False else None


def _recall(snapshot: Snapshot, keeper: Keeper) -> None:
    """Read again what the interrupted process staged: its references were known to it alone."""
    for name in objects():
        after = 0
        while rows := snapshot.scan(name, after=after, limit=STRIDE):
            keeper.note_staged(name, (row.body for row in rows))
            after = rows[-1].seq
