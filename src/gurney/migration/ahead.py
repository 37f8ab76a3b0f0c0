"""Files fetched while the load is still at other things, so that Cliniko's calls and the CRM's are used at once.

Everything that runs beside the load runs within `beside`, and ends with it. What was fetched stands in the store; what
was on its way when a run ends is fetched again by the next. Nothing is decided here: a file that cannot be had is left
to the load, which comes to it and says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from gurney.errors import AnswerWrong, GurneyError, NotAuthorised, VendorRefused
from gurney.migration.files import IN_FLIGHT, Fetcher, size_of
from gurney.store.snapshot import Row


@dataclass(slots=True)
class Ahead:
    """Goes ahead of the load, in its order, as far as there is room on the disk."""

    fetcher: Fetcher
    rows: Iterator[Row]
    """What the load will come to."""
    _held: dict[str, int] = field(default_factory=dict)
    """Bytes of files that are here, or on their way, before the load came to them."""
    _held_bytes: int = 0
    """Of all of them."""
    _passed: set[str] = field(default_factory=set)
    """Files that the load has come to."""
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def beside(self) -> AsyncIterator[None]:
        """For as long as the block runs. Its own error is raised as it is."""
        try:
            async with asyncio.TaskGroup() as tasks:
                workers = [tasks.create_task(self._work()) for _ in range(IN_FLIGHT)]
                try:
                    yield
                finally:
                    for worker in workers:
                        worker.cancel()
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None

    def come_to(self, rows: Sequence[Row]) -> None:
        """The load needs these now: they wait for no room, and make some."""
        self._passed.update(row.id for row in rows)
        for row in rows:
            self._let_go(row)

    async def _work(self) -> None:
        """One file after the other. Where more than the file is wrong, the load will meet it by itself."""
        for row in self.rows:
            try:
                await self._one(row)
            except NotAuthorised:
                return
            except (VendorRefused, AnswerWrong):
                self._let_go(row)
            except GurneyError:
                return

    async def _one(self, row: Row) -> None:
        while not self._has_room(row):
            self._moved.clear()
            await self._moved.wait()
        if row.id not in self._passed:
            self._held[row.id] = size_of(row)
            self._held_bytes += size_of(row)
            await self.fetcher.fetch(row)

    def _has_room(self, row: Row) -> bool:
        """A file that is larger than all the room goes alone."""
        fits = self._held_bytes + size_of(row) <= self.fetcher.ahead_bytes
        return row.id in self._passed or not self._held or fits

    def _let_go(self, row: Row) -> None:
        self._held_bytes -= self._held.pop(row.id, 0)
        self._moved.set()
