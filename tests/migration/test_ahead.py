"""Files fetched beside the load: each once, as far as there is room, and never in the way of what the load decides."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from gurney.errors import AnswerLost, NotAuthorised, VendorRefused
from gurney.migration.ahead import Ahead
from gurney.migration.files import Fetcher
from gurney.migration.load import PhaseGateFailed
from gurney.runtime import Runtime
from gurney.sources.cliniko.attachments import Incoming
from gurney.sources.cliniko.source import ClinikoSource
from gurney.store.keys import MasterKey
from gurney.store.snapshot import Row, Staged
from gurney.store.store import Store, open_store
from gurney.testing.virtual import LoopClock, VirtualLoop

OBJECT = "patient_attachments"
SIZE, TAKES_S = 1000, 1.0
NOW = datetime(2026, 11, 16, tzinfo=UTC)


@dataclass
class Source:
    """Gives out files, one second each; some it refuses, and some answers get lost a few times."""

    refuses: set[str] = field(default_factory=set)
    loses: Counter[str] = field(default_factory=Counter)
    locked: bool = False
    asked: list[str] = field(default_factory=list)

    async def download(self, body: dict[str, Any], keep: Any) -> Any:
        id = body["id"]
        self.asked.append(id)
        if self.locked:
            raise NotAuthorised("Cliniko does not accept the credentials.", status=401)
        if id in self.refuses:
            raise VendorRefused("Cliniko does not give it out.", status=404)
        if self.loses[id]:
            self.loses[id] -= 1
            raise AnswerLost("Cut short.")
        return await keep(Incoming(id, f"{id}.pdf", "application/pdf", body["size"], _bytes(body["size"])))


async def _bytes(size: int) -> AsyncIterator[bytes]:
    yield b"x" * (size // 2)
    await asyncio.sleep(TAKES_S)
    yield b"x" * (size - size // 2)


@dataclass
class Desk:
    """Twelve attachments, a store, a source, and time that passes only where somebody waits."""

    loop: VirtualLoop
    store: Store
    source: Source
    fetcher: Fetcher
    rows: list[Row]
    busy_s: float = 0.0

    def ahead(self) -> Ahead:
        return Ahead(self.fetcher, iter(self.rows))

    def does(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    def here(self) -> int:
        return len(self.store.files.many([row.id for row in self.rows]))

    def issues(self) -> list[str]:
        return [issue.code for issue in self.store.issues.all()]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with closing(VirtualLoop()) as loop:
        runtime = Runtime(clock=LoopClock(loop, NOW))
        store = open_store(str(tmp_path / "store.sqlite"), runtime, MasterKey(b"k" * 32, "test"), create=True)
        number = store.snapshot.begin("full")
        staged = [
            Staged(id, "", "2026-01-01T00:00:00Z", "live", {"id": id, "size": SIZE, "content": {"links": {}}}, [])
            for id in map(str, range(12))
        ]
        store.snapshot.put(OBJECT, staged, extraction=number)
        source, run = Source(), store.runs.open("full", "test")
        fetcher = Fetcher(store, cast(ClinikoSource, source), run, runtime.clock, None, ahead_bytes=100 * SIZE)
        desk = Desk(loop, store, source, fetcher, store.snapshot.scan(OBJECT))

        def note(seconds: float) -> None:
            desk.busy_s += seconds

        fetcher.busy = note
        yield desk
        store.close()


def test_files_come_while_the_load_is_at_other_things(desk: Desk) -> None:
    async def load() -> None:
        async with desk.ahead().beside():
            await asyncio.sleep(10)
            await desk.fetcher.have(desk.rows)

    desk.does(load())

    assert desk.here() == 12
    assert desk.loop.time() == 10, "four at once need three seconds, and none of them are the load's"
    assert desk.busy_s == pytest.approx(3)


def test_no_file_is_fetched_twice_when_the_load_comes_to_what_is_on_its_way(desk: Desk) -> None:
    async def load() -> None:
        ahead = desk.ahead()
        async with ahead.beside():
            await asyncio.sleep(1.5)
            ahead.come_to(desk.rows)
            await desk.fetcher.have(desk.rows)

    desk.does(load())

    assert sorted(desk.source.asked) == sorted(row.id for row in desk.rows)
    assert desk.here() == 12


def test_no_more_lies_on_the_disk_ahead_than_there_is_room_for(desk: Desk) -> None:
    desk.fetcher.ahead_bytes = 3 * SIZE
    seen = []

    async def load() -> None:
        ahead = desk.ahead()
        async with ahead.beside():
            for start in range(0, 12, 2):
                await asyncio.sleep(5)
                seen.append(desk.here() - start)
                ahead.come_to(desk.rows[start : start + 2])
                await desk.fetcher.have(desk.rows[start : start + 2])

    desk.does(load())

    assert seen == [3, 3, 3, 3, 3, 2]
    assert len(desk.source.asked) == 12


def test_a_file_larger_than_all_the_room_goes_alone(desk: Desk) -> None:
    desk.fetcher.ahead_bytes = SIZE // 2

    async def load() -> None:
        ahead = desk.ahead()
        async with ahead.beside():
            await asyncio.sleep(5)
            assert desk.here() == 1
            ahead.come_to(desk.rows)
            await desk.fetcher.have(desk.rows)

    desk.does(load())

    assert desk.here() == 12


def test_a_refused_file_is_asked_for_once_and_said_by_the_load(desk: Desk) -> None:
    desk.source.refuses = {"4"}

    async def load() -> None:
        async with desk.ahead().beside():
            await asyncio.sleep(10)
            assert desk.issues() == []
            await desk.fetcher.have(desk.rows)

    desk.does(load())

    assert desk.source.asked.count("4") == 1
    assert desk.issues() == ["file-not-available"]


def test_a_lost_file_is_tried_again_when_its_turn_comes(desk: Desk) -> None:
    desk.source.loses["4"] = 1

    async def load() -> None:
        async with desk.ahead().beside():
            await asyncio.sleep(10)
            await desk.fetcher.have(desk.rows)

    desk.does(load())

    assert (desk.here(), desk.issues()) == (12, [])


def test_what_is_wrong_with_the_account_stops_the_load_only_where_it_needs_files(desk: Desk) -> None:
    desk.source.locked = True
    written = []

    async def load() -> None:
        async with desk.ahead().beside():
            await asyncio.sleep(10)
            written.append("records")
            await desk.fetcher.have(desk.rows)

    with pytest.raises(NotAuthorised):
        desk.does(load())
    assert written == ["records"]
    assert len(desk.source.asked) <= 4 + 12


def test_what_was_on_its_way_when_a_run_ends_is_whole_after_the_next(desk: Desk) -> None:
    async def cut() -> None:
        async with desk.ahead().beside():
            await asyncio.sleep(1.5)
            raise PhaseGateFailed("Z1: broken.")

    with pytest.raises(PhaseGateFailed):
        desk.does(cut())
    assert desk.here() == 4
    assert not [task for task in asyncio.all_tasks(desk.loop) if not task.done()]

    desk.does(desk.fetcher.have(desk.rows))
    assert desk.here() == 12
    assert len(desk.source.asked) == 4 + 4 + 8


def test_a_process_that_was_overtaken_fetches_nothing_more(desk: Desk) -> None:
    async def load() -> None:
        async with desk.ahead().beside():
            await asyncio.sleep(0.5)
            desk.store.runs.open("full", "another process")
            await asyncio.sleep(10)

    desk.does(load())

    assert len(desk.source.asked) == 4
