"""One destination on its twin in memory: opened as the engine opens it, watched from both sides.

Both share the twin's clock, which moves only where somebody waits, so a day of quota passes in no time.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import httpx2
import orjson

from gurney.destinations.protocol import Destination, Route
from gurney.destinations.vendor import Opening, vendor
from gurney.records import File, Kind, Link, OperationKey, Outcome, ReadBack, Value, Write
from gurney.runtime import Runtime
from gurney.schema import FieldType, NewObject, Provisioned, Schema
from gurney.testing.kit.adapter import Adapter, Role, Witness, given_names
from gurney.testing.kit.judging import judge_order, require
from gurney.testing.kit.samples import Accepts
from gurney.testing.recording import Exchange, RecordingTransport
from gurney.twins.kit.clock import Clock as TwinClock
from gurney.twins.kit.inprocess import InProcess
from gurney.twins.kit.journal import Entry
from gurney.twins.kit.options import TwinOptions
from gurney.twins.kit.twin import Twin
from gurney.twins.kit.wire import Request

NOW = datetime(2026, 2, 2, 23, 0, tzinfo=UTC)
BASE_URL = "http://127.0.0.1:1"
OWNER = "owner@example.com"
LEAVER = "leaver@example.com"
FILE_CHUNK = 65_536
SETTLE_AFTER_S = 20.0
ATTEMPTS = 6


class SharedClock:
    """The twin's clock as the product sees it."""

    def __init__(self, clock: TwinClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.timestamp()

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        await asyncio.sleep(0)


class TokensInMemory:
    """Keeps an access token while the scene lasts."""

    def __init__(self) -> None:
        self.token: dict[str, Any] | None = None

    def load(self) -> dict[str, Any] | None:
        return self.token

    def save(self, token: Mapping[str, Any]) -> None:
        self.token = dict(token)


class Eavesdropper(logging.Handler):
    """Keeps every line that is logged, by whomever."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@dataclass
class Scene:
    """What a behaviour works with."""

    adapter: Adapter
    twin: Twin
    witness: Witness
    destination: Destination
    runtime: Runtime
    tokens: TokensInMemory
    exchanges: list[Exchange]
    secrets: frozenset[str]
    heard: list[str] = field(default_factory=list)
    """Words that the destination said: of outcomes, findings, errors."""
    told: set[str] = field(default_factory=set)
    """Values that were written."""
    is_disturbed: bool = False
    """What passes now is not held against the specification: faults are in force, or it was judged elsewhere."""
    roles: dict[str, Role] = field(default_factory=dict)
    """By object, with the names that the vendor gave."""
    schema: Schema = field(default_factory=Schema)
    made: list[Provisioned] = field(default_factory=list)
    role: Role = field(init=False)
    """The role that this case is about."""
    route: Route = field(init=False)
    """The route that this case is about."""
    _files: dict[str, bytes] = field(default_factory=dict)
    _numbers: int = 0

    @property
    def accepts(self) -> Accepts:
        """What the vendor's own rules take, as its folder says."""
        return vendor(self.adapter.vendor).accepts

    # Roles

    @property
    def person(self) -> Role:
        return self.of(self.adapter.person)

    @property
    def company(self) -> Role:
        return self.of(self.adapter.company)

    @property
    def child(self) -> Role:
        return self.of(self.adapter.child)

    @property
    def note(self) -> Role:
        return self.of(self.adapter.note)

    @property
    def file(self) -> Role:
        return self.of(self.adapter.file)

    def of(self, role: Role) -> Role:
        """The role as provisioned; as planned before that."""
        return self.roles.get(role.object, role)

    def type_of(self, role: Role, name: str) -> FieldType:
        """A field's type as the adapter declares it, whatever the destination describes."""
        if name in role.lookups.values():
            return FieldType.LOOKUP
        if name == self.destination.capabilities.owner_field:
            return FieldType.OWNER
        if name == role.body:
            return self.adapter.note.fields.get(name, FieldType.LONG_TEXT)
        return role.fields.get(name) or _type_of_value(role.always.get(name))

    def alike(self, role: Role, name: str, value: Value) -> Value:
        """A value as the destination compares it."""
        return self.destination.comparable(role.object, name, self.type_of(role, name), value)

    async def provision(self, *, judged: bool = False) -> None:
        """Make the adapter's schema, which must succeed, and learn the names that the vendor gave.

        The traffic is the same in every scene: it is held against the specification only where `judged`.
        """
        self.is_disturbed = not judged
        self.made = await self.destination.provision(self.adapter.changes)
        for one in self.made:
            require(one.state in ("created", "existing"), f"provisioning {one.change}: {one.state} {one.words}")
        objects = {
            one.change.name: one.actual_name or one.change.name
            for one in self.made
            if isinstance(one.change, NewObject)
        }
        for role in self.adapter.roles:
            renamed = role.renamed(given_names(self.made, role.object))
            self.roles[role.object] = replace(renamed, object=objects.get(role.object, role.object))
        self.schema = await self.destination.describe([role.object for role in self.roles.values()])
        self.is_disturbed = False

    def routes(self, role: Role) -> dict[str, Route]:
        """The destination's routes for a role, by name."""
        return {route.name: route for route in self.destination.routes(role.object)}

    # Writes

    def numbers(self, count: int) -> range:
        """Numbers that no other record of this scene has."""
        self._numbers += count
        return range(self._numbers - count, self._numbers)

    def create(self, role: Role, fields: Mapping[str, Value], **more: Any) -> Write:
        """A creation with a key of its own, or the one given as `key_value`."""
        (number,) = self.numbers(1)
        value = more.pop("key_value", None) or f"kit-{number}"
        named = {role.title: f"Kit {number}", **role.always, **fields}
        key = OperationKey("K1", role.object, str(number), more.pop("part", 0))
        if not role.key_field:
            return Write(key, role.object, "", str(named[role.title]), named, **more)
        return Write(key, role.object, role.key_field, value, {**named, role.key_field: value}, **more)

    def creates(self, role: Role, count: int) -> list[Write]:
        """Plain creations."""
        return [self.create(role, {}) for _ in range(count)]

    def done(self, write: Write) -> Outcome:
        """What a write says that was done; to hold a record against the twin without one of its own."""
        return Outcome.done(write.key, write.destination_id or "")

    def whole(self, write: Write, update: Write) -> Write:
        """What should be there after an update: all that was created, with what was changed."""
        return replace(update, fields={**write.fields, **update.fields})

    def update(
        self, write: Write, id: str, fields: Mapping[str, Value], kind: Kind = Kind.UPDATE, **more: Any
    ) -> Write:
        """A change of what a creation made."""
        (number,) = self.numbers(1)
        key = replace(write.key, part=number)
        return replace(write, key=key, fields=dict(fields), kind=kind, destination_id=id, **more)

    def note_on(self, parent: Link, title: str, text: str, **more: Any) -> Write:
        role = self.note
        return self.create(role, {role.title: title, role.body: text}, parent=parent, **more)

    def file_on(self, parent: Link, name: str, content: bytes, **more: Any) -> Write:
        """A file as the engine hands it over: its name and its size in the store."""
        (number,) = self.numbers(1)
        digest = hashlib.sha256(content).hexdigest()
        self._files[str(number)] = content
        stored = File(str(number), name, len(content), "application/octet-stream", digest)
        return self.create(self.file, {self.file.title: name}, parent=parent, file=stored, **more)

    async def open_file(self, file: File) -> AsyncIterator[bytes]:
        """A stored file's bytes."""
        content = self._files[file.store_id]
        for start in range(0, len(content), FILE_CHUNK):
            yield content[start : start + FILE_CHUNK]

    async def write(self, writes: Sequence[Write], route: Route | None = None) -> list[Outcome]:
        """Write in batches as the engine does; outcomes in order."""
        taken = route or self.route
        outcomes: list[Outcome] = []
        for start in range(0, len(writes), taken.batch_size):
            outcomes += await self.write_batch(writes[start : start + taken.batch_size], taken)
        return outcomes

    async def write_batch(self, batch: Sequence[Write], route: Route) -> list[Outcome]:
        """One `write`; everything it says is kept for `judge_words`."""
        for write in batch:
            self.told |= {value for value in write.fields.values() if isinstance(value, str) and len(value) > 7}
        outcomes = await self.destination.write(batch, route)
        self.hear(outcome.words for outcome in outcomes)
        judge_order(batch, outcomes)
        return outcomes

    async def written(self, writes: Sequence[Write], route: Route | None = None) -> list[str]:
        """Write what must succeed; the ids."""
        outcomes = await self.write(writes, route or self.first_route(writes[0].object))
        for outcome in outcomes:
            require(outcome.destination_id, f"{outcome.key}: {outcome.state} {outcome.code} {outcome.words}")
        return [outcome.destination_id or "" for outcome in outcomes]

    async def person_made(self) -> Link:
        """A person to hang things on."""
        return await self.made_one(self.person)

    async def made_one(self, role: Role) -> Link:
        return Link(role.object, (await self.written(self.creates(role, 1)))[0])

    def first_route(self, object: str) -> Route:
        return self.destination.routes(object)[0]

    async def read(self, object: str, ids: Sequence[str], names: Sequence[str]) -> dict[str, ReadBack]:
        """Read as many at a time as the destination takes."""
        size = self.destination.capabilities.read_size
        found: dict[str, ReadBack] = {}
        for start in range(0, len(ids), size):
            found |= await self.destination.read(object, ids[start : start + size], names)
        return found

    def another(
        self, credentials: Mapping[str, str] | None = None, tokens: TokensInMemory | None = None
    ) -> Destination:
        """The same account opened once more, by a process that remembers nothing; close it."""
        given = credentials or credentials_of(self.adapter.vendor, self.runtime.environ)
        kept = tokens or self.tokens
        opening = Opening(self.runtime, given, self.open_file, lambda account: kept, edition=self.adapter.edition)
        return self.adapter.wrap(vendor(self.adapter.vendor).open(opening))

    # The other side

    def mark(self) -> int:
        """A place in the twin's journal."""
        return max((entry.number for entry in self.twin.journal), default=0)

    def calls(self, since: int = 0) -> list[Entry]:
        """Calls since a mark that count against the quota."""
        return [entry for entry in self.twin.journal.since(since) if self.witness.is_counted(entry)]

    async def by_person(self, deed: str, **what: Any) -> Any:
        """Somebody edits, creates or deletes in the vendor's own pages, a while later."""
        self.twin.clock.advance(300)
        answer = await self.twin.respond(Request("POST", f"/__admin/{deed}", body=orjson.dumps(what)))
        require(answer.status < 300, f"the twin refused '{deed}': {answer.status}")
        self.twin.clock.advance(300)
        return orjson.loads(answer.payload())

    def disturb(self, *faults: Mapping[str, Any]) -> None:
        """Put these faults in force, in place of those before; none ends them."""
        self.is_disturbed = bool(faults)
        self.twin.faults.replace(faults)

    def hear(self, words: Iterable[str]) -> None:
        """Keep what the destination said."""
        self.heard.extend(words)

    def judge_words(self, logged: Iterable[str]) -> None:
        """No word that left the destination holds a value or a secret."""
        lines = [*self.heard, *logged]
        fields = [field for schema in self.schema.objects.values() for field in schema.fields.values()]
        values = self.told - {option for field in fields for option in field.options}
        for line in lines:
            require(not any(secret in line for secret in self.secrets), "a credential is told in some words or a log")
            require(not any(value in line for value in values), f"a record's value is told: {line}")


def _type_of_value(value: Value) -> FieldType:
    if isinstance(value, bool):
        return FieldType.BOOLEAN
    if isinstance(value, datetime):
        return FieldType.DATETIME
    return FieldType.INTEGER if isinstance(value, int) else FieldType.TEXT


@asynccontextmanager
async def opened(adapter: Adapter, *, provisioned: bool = True, **options: Any) -> AsyncIterator[Scene]:
    """A scene of its own. `options` are the twin's, beyond the adapter's."""
    settings = {"now": NOW, "scale": 0, "users": (OWNER, LEAVER), "edition": adapter.edition, **options}
    switches = {**adapter.switches, **settings.pop("switches", {})}
    twin = adapter.build(TwinOptions(adapter.vendor, switches=switches, **settings))
    exchanges: list[Exchange] = []

    def keep(exchange: Exchange) -> None:
        if not scene.is_disturbed:
            exchanges.append(exchange)

    def network(base_url: str) -> httpx2.AsyncBaseTransport:
        return RecordingTransport(InProcess(twin), keep=keep)

    environ = twin.service.env(BASE_URL)
    chance = random.Random(1)  # noqa: S311 - a kit that fails must fail again
    runtime = Runtime(SharedClock(twin.clock), chance, chance.randbytes, network, environ=dict(environ))
    scene = _scene(adapter, twin, runtime, exchanges)
    eavesdropper = Eavesdropper()
    logging.getLogger().addHandler(eavesdropper)
    try:
        if provisioned:
            await scene.provision()
        yield scene
        scene.judge_words(eavesdropper.lines)
    finally:
        logging.getLogger().removeHandler(eavesdropper)
        await scene.destination.close()


def _scene(adapter: Adapter, twin: Twin, runtime: Runtime, exchanges: list[Exchange]) -> Scene:
    credentials = credentials_of(adapter.vendor, runtime.environ)
    hidden = {one.name for one in vendor(adapter.vendor).credentials if one.secret}
    tokens = TokensInMemory()

    async def open_file(file: File) -> AsyncIterator[bytes]:
        async for chunk in scene.open_file(file):
            yield chunk

    opening = Opening(runtime, credentials, open_file, lambda account: tokens, edition=adapter.edition)
    scene = Scene(
        adapter=adapter,
        twin=twin,
        witness=adapter.witness(twin),
        destination=adapter.wrap(vendor(adapter.vendor).open(opening)),
        runtime=runtime,
        tokens=tokens,
        exchanges=exchanges,
        secrets=frozenset(value for name, value in credentials.items() if name in hidden),
    )
    return scene


def credentials_of(name: str, environ: Mapping[str, str]) -> dict[str, str]:
    """A vendor's credentials from the environment variables that a twin names."""
    prefix = f"GURNEY_{name.upper()}_"
    wanted = {one.name for one in vendor(name).credentials}
    return {key: environ[prefix + key] for key in wanted if environ.get(prefix + key)}
