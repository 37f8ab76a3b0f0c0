"""Ingest jobs: what one remembers, and how it works through its rows as vendor time passes (FACTS 5).

A job's internal batches of 10,000 rows run in parallel, each chunk of 200 rows in its own transaction; chunks of
different batches that lock the same row at the same time collide (FACTS 0.2, 0.3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gurney.twins.salesforce import bulk_csv, deleting
from gurney.twins.salesforce.bulk_csv import BadFile
from gurney.twins.salesforce.collected import Doubles
from gurney.twins.salesforce.locks import locked
from gurney.twins.salesforce.plans import plan_for
from gurney.twins.salesforce.refusals import Refused
from gurney.twins.salesforce.schema import FieldDef, ObjectDef
from gurney.twins.salesforce.writing import Writer

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World

BATCH, CHUNK = 10_000, 200
PARALLEL = 10
"""Batches of a job that run at a time."""
START_S = 2
OPEN, UPLOADED, RUNNING, COMPLETE, FAILED, ABORTED = (
    "Open", "UploadComplete", "InProgress", "JobComplete", "Failed", "Aborted",
)  # fmt: skip
ENDED = (COMPLETE, FAILED, ABORTED)


@dataclass
class IngestJob:
    """One job and its results."""

    id: str
    kind: ObjectDef
    operation: str
    external_id: FieldDef | None
    user_id: str
    created: str
    api_version: int
    delimiter: str = "COMMA"
    line_ending: str = "LF"
    saves_duplicates: bool = False
    state: str = OPEN
    modified: str = ""
    error: str | None = None
    content: bytes | None = None
    header: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    started: float = 0
    ended: float = 0
    chunks: list[tuple[int, int, int]] = field(default_factory=list)
    """(batch, first row, end), in the order in which they run."""
    done: int = 0
    """Chunks that have run."""
    good: list[tuple[str, str, int]] = field(default_factory=list)
    """(id, created, row)."""
    bad: list[tuple[str, str, int]] = field(default_factory=list)
    """(id, error, row)."""

    def rounds(self) -> Iterator[list[tuple[int, int, int]]]:
        """The chunks that run at the same time, one of each batch."""
        batches = [range(start, min(start + BATCH, len(self.rows))) for start in range(0, len(self.rows), BATCH)]
        for first in range(0, len(batches), PARALLEL):
            running = list(enumerate(batches[first : first + PARALLEL], first))
            for offset in range(0, BATCH, CHUNK):
                chunks = [(n, b.start + offset, min(b.start + offset + CHUNK, b.stop)) for n, b in running]
                found = [chunk for chunk in chunks if chunk[1] < chunk[2]]
                if found:
                    yield found


def upload_complete(world: World, job: IngestJob) -> None:
    """The job is in the queue; its file is read now, so that a bad one fails it at once."""
    job.state, job.modified = UPLOADED, world.now_text()
    job.started = world.clock.timestamp() + START_S
    try:
        job.header, job.rows = bulk_csv.read(job.content or b"", job.delimiter, job.line_ending)
        _check_header(world, job)
    except BadFile as no:
        job.error = str(no)
        return
    world.limits.batches.use(world.clock.timestamp(), max(1, -(-len(job.rows) // BATCH)))


def _check_header(world: World, job: IngestJob) -> None:
    """Raises BadFile for a column that there is not, or is missing (rule salesforce.bulk-header)."""
    names = {name.lower() for name in job.header}
    if job.operation in ("delete", "hardDelete"):
        if names != {"id"}:
            raise BadFile(f"InvalidBatch : The '{job.operation}' batch must contain only ids")
        return
    key = "Id" if job.operation == "update" else job.external_id.name if job.external_id else None
    if key is not None and key.lower() not in names:
        raise BadFile(f"InvalidBatch : Field name not found : {key}")
    plan = plan_for(world, world.access(job.user_id), job.kind, creating=job.operation != "update", csv=True)
    for name in job.header:
        if name.lower() != "id" and name not in plan.entries:
            try:
                plan.others(name)
            except Refused:
                raise BadFile(f"InvalidBatch : Field name not found : {name}") from None


def run_due(world: World) -> None:
    """Let every job get as far as it should be by now."""
    for job in world.jobs.values():
        if isinstance(job, IngestJob) and job.state in (UPLOADED, RUNNING):
            _advance(world, job)


def _advance(world: World, job: IngestJob) -> None:
    now = world.clock.timestamp()
    if now < job.started:
        return
    if job.error is not None:
        _end(world, job, FAILED, job.started)
        return
    job.state = RUNNING
    pace_s = CHUNK / float(world.switches["bulk_rows_per_s"])
    runner = _Runner(world, job)
    for number, chunks in enumerate(job.rounds()):
        at = job.started + (number + 1) * pace_s
        if at > now:
            return
        if number < job.done:
            continue
        for batch, start, end in chunks:
            runner.run(batch, int(at // pace_s), range(start, end))
        job.done = number + 1
        job.ended = at
    _end(world, job, COMPLETE, job.ended or job.started)


def _end(world: World, job: IngestJob, state: str, at: float) -> None:
    job.state, job.ended, job.modified = state, at, world.now_text()
    world.random.shuffle(job.good)
    world.random.shuffle(job.bad)


def abort(world: World, job: IngestJob) -> None:
    """Stop where it is; what is written stays."""
    job.error = None
    _end(world, job, ABORTED, world.clock.timestamp())


class _Runner:
    """Writes the rows of a job."""

    def __init__(self, world: World, job: IngestJob) -> None:
        self._world = world
        self._job = job
        self._most = int(world.switches["bulk_cell"])
        self._holder = (job.id, -1)
        self._slot = 0
        lock = self._take if world.switches["bulk_locks"] == "on" else None
        access = world.access(job.user_id)
        self._writer = Writer(world, access, saves_duplicates=job.saves_duplicates, lock=lock, csv=True)

    def run(self, batch: int, slot: int, places: range) -> None:
        """One chunk, in the name of a batch, at a time (in chunk lengths)."""
        job, self._holder, self._slot = self._job, (self._job.id, batch), slot
        records = [bulk_csv.record_of(job.header, job.rows[place]) for place in places]
        write = self._work(Doubles(self._world, job.external_id, records) if job.external_id else None)
        for place, record in zip(places, records, strict=True):
            try:
                bulk_csv.check_cells(job.header, job.rows[place], self._most)
                id, created = write(record)
                job.good.append((id, created, place))
            except Refused as no:
                job.bad.append((str(record.get("Id") or ""), no.bulk(), place))

    def _work(self, doubles: Doubles | None) -> Callable[[dict[str, Any]], tuple[str, str]]:
        job, writer, kind = self._job, self._writer, self._job.kind
        key = job.external_id

        def insert(record: dict[str, Any]) -> tuple[str, str]:
            return writer.insert(kind, record)["Id"], "true"

        def update(record: dict[str, Any]) -> tuple[str, str]:
            return writer.update(kind, record.pop("Id", None), record)["Id"], "false"

        def upsert(record: dict[str, Any]) -> tuple[str, str]:
            assert key is not None and doubles is not None
            value = record.pop("Id", None) if key.name == "Id" else record.get(key.name)
            if doubles.refuse(value):
                raise Refused("DUPLICATE_VALUE", f"Duplicate external id specified: {value}", [key.name])
            row, created = writer.upsert(kind, key, value, record)
            return row["Id"], "true" if created else "false"

        def delete(record: dict[str, Any]) -> tuple[str, str]:
            deleting.delete(writer, kind, record.get("Id"), hard=job.operation == "hardDelete")
            return str(record.get("Id")), "false"

        chosen = {"insert": insert, "update": update, "upsert": upsert}
        return chosen.get(job.operation, delete)

    def _take(self, ids: Iterable[str]) -> None:
        """Lock rows until the chunk is through. Raises Refused when another batch has one (rule …bulk-locks)."""
        held = self._world.bulk_locks
        if held.get("") != (self._slot, ""):
            held.clear()
            held[""] = (self._slot, "")
        wanted = list(ids)
        for id in wanted:
            if held.get(id, self._holder) != self._holder:
                raise locked(id)
        for id in wanted:
            held[id] = self._holder
