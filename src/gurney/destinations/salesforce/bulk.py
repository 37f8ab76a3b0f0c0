"""Bulk API 2.0 ingest: a job is a CSV file that the vendor works off by itself, in parallel (FACTS 5).

Nothing is written before a job is closed, so an upload whose answer was lost is abandoned for a new job. What became
of the rows is read by a column of ours, never by order: the vendor gives successes and failures in any order. A job is
not remembered between processes: what it did is found again by our key.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from gurney.destinations.salesforce.client import Client, Reply
from gurney.destinations.salesforce.limits import per_call, wait
from gurney.errors import AnswerLost, AnswerWrong, NotAuthorised, VendorError, VendorRefused

JOBS = "/jobs/ingest"
OVER = frozenset({"JobComplete", "Failed", "Aborted"})
ATTEMPTS = 3
CSV = "text/csv; charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Order:
    """What a job shall do. `match` is the column that tells the rows apart in its results."""

    object: str
    operation: str
    """'insert', 'update' or 'upsert'."""
    match: str


@dataclass(slots=True)
class Done:
    """What became of a job's rows, by the value of the matching column."""

    written: dict[str, tuple[str, bool]] = field(default_factory=dict)
    """The record's id, and whether the job created it."""
    failed: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The record's id if any, and the vendor's error."""
    untouched: set[str] = field(default_factory=set)
    """Proven not to have been tried. Rows in none of the three may have been written."""


def files_of(columns: Sequence[str], lines: Iterable[Sequence[Any]]) -> Iterator[tuple[bytes, int]]:
    """CSV files of a header and lines, none longer than an upload may be, each with its number of lines."""
    most = per_call("bulk_file_chars")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    empty, count = text.tell(), 0
    for line in lines:
        writer.writerow(line)
        count += 1
        if text.tell() > most:
            yield text.getvalue().encode(), count
            text.seek(empty)
            text.truncate()
            count = 0
    if count:
        yield text.getvalue().encode(), count


class Bulk:
    """Runs jobs."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def run(self, order: Order, content: bytes) -> Done | None:
        """What the job did; None when it was proven not to have begun, so that another way is free."""
        job = await self._started(order, content)
        if job is None:
            return None
        told = await self._finished(job)
        return Done() if told is None else await self._results(order, job, told)

    # Before the job runs

    async def _started(self, order: Order, content: bytes) -> str | None:
        """A job that was told to begin; None when the vendor takes none."""
        for _ in range(ATTEMPTS):
            try:
                job = await self._created(order)
                await self._client.call(
                    "PUT", f"{JOBS}/{job}/batches", content=content, content_type=CSV, label="bulk", slow=True
                )
            except AnswerLost:
                continue
            except NotAuthorised:
                raise
            except VendorRefused:
                return None
            return job if await self._closed(job) else None
        return None

    async def _created(self, order: Order) -> str:
        body = {
            "object": order.object,
            "operation": order.operation,
            "contentType": "CSV",
            "lineEnding": "LF",
            "columnDelimiter": "COMMA",
            **({"externalIdFieldName": order.match} if order.operation == "upsert" else {}),
        }
        reply = await self._client.post(JOBS, body, idempotent=True, label="bulk")  # an open job does nothing
        job = str(reply.document.get("id") or "")
        if not job:
            raise AnswerLost("salesforce made a job, but does not say which.")
        return job

    async def _closed(self, job: str) -> bool:
        """Let the job begin. Whether it did is looked up when the answer is lost or a repetition refused."""
        try:
            await self._client.patch(f"{JOBS}/{job}", {"state": "UploadComplete"}, idempotent=True, label="bulk")
        except NotAuthorised:
            raise
        except (AnswerLost, VendorRefused):
            return (await self._state(job)).get("state") not in {"Open", "Aborted"}
        return True

    # While it runs

    async def _state(self, job: str) -> dict[str, Any]:
        return (await self._client.get(f"{JOBS}/{job}", label="bulk")).document

    async def _finished(self, job: str) -> dict[str, Any] | None:
        """The job when it is over; None when nobody can say what it did (settling will)."""
        clock = self._client.runtime.clock
        began, pause = clock.monotonic(), wait("bulk_first_s")
        while clock.monotonic() - began < wait("bulk_patience_s"):
            await clock.sleep(pause)
            pause = min(wait("bulk_longest_s"), pause * 2)
            try:
                told = await self._state(job)
            except NotAuthorised:
                raise
            except VendorError:
                continue  # polling does no harm, and the job goes on
            if told.get("state") in OVER:
                return told
        return None

    # After it ran

    async def _results(self, order: Order, job: str, told: dict[str, Any]) -> Done:
        """The rows by the matching column. Only files that can hold rows are fetched: each is a call."""
        done = Done()
        complete = told.get("state") == "JobComplete" and "numberRecordsProcessed" in told
        failed = int(told.get("numberRecordsFailed") or 0)
        try:
            if not complete or int(told["numberRecordsProcessed"]) > failed:
                for key, id, created in await self._file(job, "successfulResults", order.match, "sf__Created"):
                    done.written[key] = (id, created == "true")
            if failed or not complete:
                for key, id, error in await self._file(job, "failedResults", order.match, "sf__Error"):
                    done.failed[key] = (id, error)
            if told.get("state") != "JobComplete":
                for key, _, _ in await self._file(job, "unprocessedrecords", order.match, ""):
                    done.untouched.add(key)
        except NotAuthorised:
            raise
        except VendorError:
            return done  # what was read counts, the rest is found by our key
        return done

    async def _file(self, job: str, name: str, match: str, told: str) -> list[tuple[str, str, str]]:
        reply = await self._client.call("GET", f"{JOBS}/{job}/{name}/", label="bulk", expect_json=False, slow=True)
        return list(read_results(reply, match, told))


def read_results(reply: Reply, match: str, told: str) -> Iterator[tuple[str, str, str]]:
    """(our column, record id, what `told` says) of each row of a result file.

    Columns are found by their names: their order is not documented (FACTS 15). Null bytes are dropped (FACTS 14).
    """
    text = reply.raw.decode("utf-8-sig", "replace").replace("\x00", "")
    lines = csv.reader(io.StringIO(text, newline=""))
    header = [name.lower() for name in next(lines, [])]
    if not header:
        return
    if match.lower() not in header:
        raise AnswerWrong(f"salesforce's bulk results do not hold our column {match}.")
    key, width = header.index(match.lower()), len(header)
    id = header.index("sf__id") if "sf__id" in header else key
    say = header.index(told.lower()) if told.lower() in header else key
    for line in lines:
        if len(line) == width:
            yield line[key], line[id], line[say]
        elif line:
            raise AnswerWrong("salesforce's bulk results break off.")
