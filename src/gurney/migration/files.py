"""Attached files: from Cliniko to sealed files of the store, before they are sent on.

They may be fetched ahead (`ahead`) while the load is at other things. What becomes of a file is decided where the load
comes to it, whoever fetched it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gurney.errors import AnswerLost, AnswerWrong, NotAuthorised, VendorRefused
from gurney.records import File, Issue, SourceKey
from gurney.runtime import Clock
from gurney.sources.cliniko.attachments import Incoming, is_downloadable
from gurney.sources.cliniko.source import ClinikoSource
from gurney.store.runs import Run
from gurney.store.snapshot import Row
from gurney.store.store import Store
from gurney.transport.gathering import together

IN_FLIGHT = 4


def not_told(seconds: float) -> None:
    """For who does not ask how long fetching took."""


@dataclass(slots=True)
class Fetcher:
    """Downloads what attachments hold and the store lacks, each once: who comes second waits for the first.

    Files over the limit are not even fetched. Without a source (a re-run from the snapshot) nothing is.
    """

    store: Store
    source: ClinikoSource | None
    run: Run
    clock: Clock
    limit_bytes: int | None
    """The destination's for one file."""
    ahead_bytes: int = 0
    """So much may lie on the disk of files whose turn to be sent has not come; 0: none is fetched ahead."""
    busy: Callable[[float], None] = not_told
    """Told of the seconds in which something was under way."""
    _arriving: dict[str, asyncio.Event] = field(default_factory=dict)
    _refused: dict[str, VendorRefused] = field(default_factory=dict)
    _told_at: float = 0.0
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(IN_FLIGHT))

    async def have(self, rows: Sequence[Row]) -> None:
        """Have what these attachments hold. What cannot be had becomes an issue.

        Raises NotAuthorised for a lost login.
        """
        if self.source is None:
            return
        here = self.store.files.many([row.id for row in rows])
        missing = [row for row in rows if row.id not in here and self.wants(row)]
        await together(self._have(row) for row in missing)

    def wants(self, row: Row) -> bool:
        """Whether its bytes are to go over."""
        small_enough = self.limit_bytes is None or size_of(row) <= self.limit_bytes
        return row.state == "live" and is_downloadable(row.body) and small_enough

    async def fetch(self, row: Row) -> None:
        """One file. Raises VendorRefused, also what it said before, and AnswerLost or AnswerWrong."""
        while (arriving := self._arriving.get(row.id)) is not None:
            await arriving.wait()
        if row.id in self._refused:
            raise self._refused[row.id]
        if self.source is None or self.store.files.get(row.id) is not None:
            return
        self._arriving[row.id] = asyncio.Event()
        try:
            async with self._slots:
                await self._download(self.source, row)
        except NotAuthorised:  # it is not the file that is refused
            raise
        except VendorRefused as no:
            self._refused[row.id] = no
            raise
        finally:
            self._arriving.pop(row.id).set()

    async def _have(self, row: Row) -> None:
        try:
            await self.fetch(row)
        except NotAuthorised:
            raise
        except (AnswerLost, AnswerWrong, VendorRefused) as error:
            self.store.issues.add(self.run, [_unavailable(row, error)])

    async def _download(self, source: ClinikoSource, row: Row) -> None:
        """Timed; nothing is fetched for a run that another process has taken over. Raises Fenced."""
        self.store.runs.still(self.run)
        began = self.clock.monotonic()
        try:
            await source.download(row.body, self._keep)
        finally:
            now = self.clock.monotonic()
            self.busy(max(0.0, now - max(began, self._told_at)))  # what is beside each other counts once
            self._told_at = now

    async def _keep(self, incoming: Incoming) -> File:
        return await self.store.files.save(incoming.id, incoming.filename, incoming.content_type, incoming.chunks)


def size_of(row: Row) -> int:
    """Bytes as Cliniko states them; 0 while a file is processed."""
    return int(row.body.get("size") or 0)


def _unavailable(row: Row, error: AnswerLost | AnswerWrong | VendorRefused) -> Issue:
    return Issue(
        SourceKey("patient_attachments", row.id),
        "content",
        "file-not-available",
        error.message,
        "Repeat the command; if it stays so, download the file in Cliniko by hand.",
    )
