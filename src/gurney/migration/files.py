"""Attached files: from Cliniko to sealed files of the store, before they are sent on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from gurney.errors import AnswerLost, AnswerWrong, VendorRefused
from gurney.records import File, Issue, SourceKey
from gurney.sources.cliniko.attachments import Incoming, is_downloadable
from gurney.sources.cliniko.source import ClinikoSource
from gurney.store.runs import Run
from gurney.store.snapshot import Row
from gurney.store.store import Store

IN_FLIGHT = 4


async def fetch_files(
    store: Store, source: ClinikoSource | None, run: Run, rows: Sequence[Row], limit_bytes: int | None
) -> None:
    """Download what these attachments hold and the store lacks; files over the limit are not even fetched.

    Without a source (a re-run from the snapshot) nothing is fetched. What cannot be had becomes an issue.
    """
    have = store.files.many([row.id for row in rows])
    missing = [row for row in rows if row.id not in have and _is_wanted(row, limit_bytes)]
    if source is None or not missing:
        return
    slots = asyncio.Semaphore(IN_FLIGHT)

    async def keep(incoming: Incoming) -> File:
        return await store.files.save(incoming.id, incoming.filename, incoming.content_type, incoming.chunks)

    async def one(row: Row) -> None:
        async with slots:
            try:
                await source.download(row.body, keep)
            except (AnswerLost, AnswerWrong, VendorRefused) as error:
                store.issues.add(run, [_unavailable(row, error)])

    await asyncio.gather(*(one(row) for row in missing))


def size_of(row: Row) -> int:
    """Bytes as Cliniko states them; 0 while a file is processed."""
    return int(row.body.get("size") or 0)


def _is_wanted(row: Row, limit_bytes: int | None) -> bool:
    small_enough = limit_bytes is None or size_of(row) <= limit_bytes
    return row.state == "live" and is_downloadable(row.body) and small_enough


def _unavailable(row: Row, error: AnswerLost | AnswerWrong | VendorRefused) -> Issue:
    return Issue(
        SourceKey("patient_attachments", row.id),
        "content",
        "file-not-available",
        error.message,
        "Repeat the command; if it stays so, download the file in Cliniko by hand.",
    )
