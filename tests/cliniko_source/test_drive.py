"""Lanes side by side: which go first, and how many are under way."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from gurney.sources.cliniko.client import Client
from gurney.sources.cliniko.drive import MOST_BEGUN, drive
from gurney.sources.cliniko.lanes import Lane, Sink

pytestmark = pytest.mark.anyio


@dataclass
class Walks:
    """Made-up lanes: each page takes a turn of the loop."""

    log: list[str] = field(default_factory=list)
    begun: set[str] = field(default_factory=set)
    most: int = 0


@dataclass(eq=False)
class Pages:
    """A list, or a window of one. After its first page a list may be cut into windows."""

    walks: Walks
    name: str
    pages_left: int
    windows: int = 0

    async def step(self, client: Client, sink: Sink) -> list[Any]:
        walks = self.walks
        walks.begun.add(self.name)
        walks.most = max(walks.most, len(walks.begun))
        walks.log.append(self.name)
        await asyncio.sleep(0)
        self.pages_left -= 1
        if self.windows:
            walks.begun.discard(self.name)
            return [Pages(walks, f"{self.name}.{number}", 5) for number in range(self.windows)]
        if self.pages_left:
            return [self]
        walks.begun.discard(self.name)
        return []


async def walk(lists: list[Pages], in_flight: int = 4) -> None:
    await drive(cast(list[Lane], lists), cast(Client, None), cast(Sink, None), in_flight=in_flight)


async def test_every_list_is_asked_how_long_it_is_before_any_is_read_on() -> None:
    walks = Walks()

    await walk([Pages(walks, str(number), 3) for number in range(30)])

    assert len(set(walks.log[:30])) == 30
    assert len(walks.log) == 90


async def test_of_many_windows_few_are_under_way() -> None:
    """Each remembers the ids that it saw: those of a long list would fill the memory."""
    walks = Walks()

    await walk([Pages(walks, "patients", 1, windows=50), Pages(walks, "notes", 1, windows=50)])

    assert len(walks.log) == 2 + 100 * 5
    assert walks.most <= MOST_BEGUN


async def test_lanes_of_different_lengths_end_together() -> None:
    """Where a long one stays for the end alone, the vendor's rate is not used."""
    walks = Walks()
    lists = [Pages(walks, "long", 20), *(Pages(walks, f"short {number}", 8) for number in range(10))]

    await walk(lists)

    assert len(walks.log) == 20 + 80
    assert len(set(walks.log[-8:])) == 8
