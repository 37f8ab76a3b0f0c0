"""The world of one schedule: two twins, a clock for all, a disk, and a process that can die at any moment."""

from __future__ import annotations

import asyncio
import base64
import random
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import Connection, Engine, event

from gurney.migration.context import Migration, open_migration
from gurney.migration.engine import run_inline
from gurney.migration.workspace import create
from gurney.runtime import Runtime, write_file
from gurney.testing.campaign.schedule import Mishap
from gurney.twins.cliniko import build as build_clinic
from gurney.twins.kit.inprocess import InProcess
from gurney.twins.kit.options import TwinOptions
from gurney.twins.kit.twin import Twin
from gurney.twins.kit.wire import Request

NOW = datetime(2026, 11, 16, tzinfo=UTC)
SOURCE, CRM = "source", "crm"
ADDRESSES = {SOURCE: "http://127.0.0.1:1", CRM: "http://127.0.0.1:2"}
PAGES = {"page_most": "4"}
"""The clinic's lists have short pages: those of small clinics are then several pages long, as of large ones."""
PATIENCE_S = 10 * 86_400.0
Strike = Callable[["World", Mishap], None]
"""What a misfortune does at its moment. It may raise Killed, or order what happens to the next request."""


class Killed(BaseException):
    """The process is gone: no `except Exception` and no answer brings it back."""


class SharedClock:
    """Time passes where somebody waits, for the product and both vendors. A machine's clock may be set wrong."""

    def __init__(self, twins: Iterable[Twin]) -> None:
        self._twins = tuple(twins)
        self._seconds = 0.0
        self.off_s = 0.0
        """By how much the machine's clock is wrong."""

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self._seconds + self.off_s)

    def monotonic(self) -> float:
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        self.pass_by(seconds)
        await asyncio.sleep(0)

    def pass_by(self, seconds: float) -> None:
        self._seconds += max(0.0, seconds)
        for twin in self._twins:
            twin.clock.advance(max(0.0, seconds))


@dataclass
class Watch:
    """What is counted while a verb is at work, and the misfortunes that wait for their number."""

    counts: Counter[str] = field(default_factory=Counter)
    due: list[tuple[str, int, Mishap, Strike]] = field(default_factory=list)
    """(what is counted, at which number, what happens, how)."""

    def count(self, what: str) -> list[tuple[Mishap, Strike]]:
        """One more of it; the misfortunes that meet it."""
        self.counts[what] += 1
        reached = [one for one in self.due if one[0] == what and one[1] <= self.counts[what]]
        self.due = [one for one in self.due if one not in reached]
        return [(mishap, strike) for _, _, mishap, strike in reached]


class World:
    """One clinic, one CRM account, one workspace. A verb is lived through in one or more lives of the process."""

    def __init__(self, vendor: str, clinic_seed: int, size: str, folder: Path, seed: int) -> None:
        self.vendor, self.folder, self.seed = vendor, folder, seed
        self.clinic = build_clinic(_options("cliniko", clinic_seed, clinic=size, unlimited=True, switches=PAGES))
        from gurney.testing.campaign.people import facts

        account = facts(vendor).get("account", {})
        self._told: Mapping[str, str] = facts(vendor).get("told", {})
        self.crm: Twin = import_module(f"gurney.twins.{vendor}").build(_options(vendor, 1, **account))
        self.clock = SharedClock((self.clinic, self.crm))
        self.watch = Watch()
        self.dead = False
        self.dies_after = False
        """The answer to this request never arrives: the process dies while it waits."""
        self.side = CRM
        """Which vendor the present call goes to."""
        self.listed = ""
        """The clinic's list of which a further page is being read."""
        self.migration: Migration | None = None
        """What the present process has open."""
        self.lives = 0
        self.falls_asleep = False
        """After this request the process stands still, until another one has taken its work over and is done."""
        self.successor: Callable[[], Awaitable[None]] | None = None
        """What that other process does."""
        self._awake = asyncio.Event()
        self._asleep = 0
        self.happened: list[str] = []
        self.edited: dict[tuple[str, str], str] = {}
        """Records that a person typed into, with the field."""
        self.deleted: set[tuple[str, str]] = set()
        self.strangers: set[tuple[str, str]] = set()
        """Records that a person made in the CRM."""
        self.reshaped = False
        """Whether somebody deleted a field that was made for us, or a value of its pick-list."""
        self.by_hand: list[dict[str, str]] = []
        """Pick-list values that an administrator has to put back."""
        self.touched: set[tuple[str, str]] = set()
        """Source records that somebody at the clinic changed."""
        create(folder / "ws", vendor, self.runtime())

    def runtime(self) -> Runtime:
        """The edge of one life: same clock, same seed, same vendors."""
        life = self.lives
        chance = random.Random(self.seed * 1000 + life)
        return Runtime(
            clock=self.clock,
            random=chance,
            entropy=chance.randbytes,
            transport=lambda url: Wire(self, SOURCE if url.startswith(ADDRESSES[SOURCE]) else CRM, life),
            write_file=self._write_file,
            environ={
                **self.clinic.service.env(ADDRESSES[SOURCE]),
                **self.crm.service.env(ADDRESSES[CRM]),
                **self._told,
                "GURNEY_MASTER_KEY": base64.b64encode(b"k" * 32).decode(),
                "GURNEY_NO_KEYRING": "1",
                "HOME": str(self.folder / "home"),
                "USER": "campaign",
            },
        )

    def open(self) -> Migration:
        """A new process on the same workspace."""
        self.lives += 1
        self.dead = self.dies_after = False
        migration = open_migration(self.folder / "ws", self.runtime(), patience_s=PATIENCE_S)
        migration.drive = run_inline
        self.migration = migration
        return migration

    def twin(self, side: str) -> Twin:
        return self.clinic if side == SOURCE else self.crm

    def admin(self, side: str, call: str, **order: Any) -> Any:
        """A deed of other people, behind the API's back. Raises AssertionError when the twin refuses it."""
        import orjson

        asked = Request("POST", f"/__admin/{call}", "", {}, orjson.dumps(order))
        answer = self.twin(side)._admin.respond(asked)
        assert answer.status < 300, answer.payload()
        return orjson.loads(answer.payload())

    @property
    def objects(self) -> list[str]:
        """Whatever of the CRM holds records."""
        from gurney.testing.campaign.people import facts

        aside = facts(self.vendor)["aside"]
        return [name for name in self.crm.service.state() if name not in aside]

    def id(self, object: str, row: Mapping[str, Any]) -> str:
        """As the ledger has it: what is reached through its parent goes by both ids."""
        from gurney.testing.campaign.people import facts

        own = str(row["id"] if "id" in row else row["Id"])
        parent = facts(self.vendor).get("within", {}).get(object)
        return f"{row[parent]}/{own}" if parent else own

    def meet(self, what: str) -> None:
        """Count one more of something; whatever waits for it happens now."""
        self.live()
        for mishap, strike in self.watch.count(what):
            self.happened.append(mishap.words())
            strike(self, mishap)

    def live(self) -> None:
        if self.dead:
            raise Killed

    async def sleep(self, life: int) -> None:
        """This process stands still, its lock is lost, and another one does its work meanwhile."""
        self.falls_asleep = False
        if self.successor is None or self._asleep:
            return
        self._asleep, self._awake = life, asyncio.Event()
        (self.folder / "ws" / ".gurney" / "worker.lock").unlink(missing_ok=True)
        try:
            await self.successor()
            self.clock.pass_by(60)
        finally:
            self._asleep = 0
            self._awake.set()

    async def awake(self, life: int) -> None:
        """Other calls of a process that stands still wait with it."""
        if life == self._asleep:
            await self._awake.wait()

    def is_asleep(self, life: int) -> bool:
        """Whether this process stands still."""
        return life == self._asleep

    def die(self) -> None:
        self.dead = True
        raise Killed

    def _write_file(self, path: Path, chunks: Iterable[bytes]) -> int:
        self.live()
        return write_file(path, chunks)


class Wire(httpx2.AsyncBaseTransport):
    """The way to a vendor, on which anything may happen."""

    def __init__(self, world: World, side: str, life: int) -> None:
        self._world, self._side, self._life = world, side, life
        self._inner = InProcess(world.twin(side))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        world = self._world
        if world.is_asleep(self._life):  # what it would have called by then, it calls anew
            await world.awake(self._life)
            raise httpx2.ConnectError("The connection is gone.", request=request)
        world.side = self._side
        world.meet("call")
        if self._side == CRM:
            world.meet("call to the CRM")
        if self._side == CRM and request.method != "GET":
            world.meet("write")
        if self._side == SOURCE and int(request.url.params.get("page", 1)) > 1:
            world.listed = request.url.path.rpartition("/")[2]
            world.meet("page")
        dies, sleeps = world.dies_after, world.falls_asleep
        await asyncio.sleep(0)
        world.live()
        response = await self._inner.handle_async_request(request)
        world.live()
        if dies:
            world.die()
        if sleeps:
            await world.sleep(self._life)
        await world.awake(self._life)
        return response


class Disk:
    """Meets every transaction of the store that writes: before it is kept, and after."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._listeners = (("begin", self._begin), ("commit", self._keep))

    def __enter__(self) -> Disk:
        for name, listener in self._listeners:
            event.listen(Engine, name, listener)
        return self

    def __exit__(self, *_: object) -> None:
        for name, listener in self._listeners:
            event.remove(Engine, name, listener)

    def _begin(self, connection: Connection) -> None:
        self._world.live()
        connection.info["rows written before"] = _rows_written(connection)

    def _keep(self, connection: Connection) -> None:
        self._world.live()
        if _rows_written(connection) != connection.info["rows written before"]:
            self._world.meet("commit")


def _rows_written(connection: Connection) -> int:
    """So many rows this connection has written so far."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver.total_changes


def _options(vendor: str, seed: int, **more: Any) -> TwinOptions:
    return TwinOptions(vendor, seed=seed, now=NOW, scale=0, **more)
