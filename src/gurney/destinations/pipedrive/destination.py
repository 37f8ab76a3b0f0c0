"""Pipedrive as a destination.

No bulk, no upsert, no unique field, and every call costs tokens of a daily pool. So one record is one call, many side
by side within the burst limit; a lost answer is settled among the newest records; reading goes by pages of 500; and
when the pool is spent the run pauses until it refills (FACTS 0, 8, 9).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

from gurney.destinations.file_names import unmarked
from gurney.destinations.pipedrive import costs
from gurney.destinations.pipedrive.access import PipedriveAccess, account_key
from gurney.destinations.pipedrive.account import Accounts
from gurney.destinations.pipedrive.children import Children
from gurney.destinations.pipedrive.client import Client
from gurney.destinations.pipedrive.finding import Finder
from gurney.destinations.pipedrive.limits import (
    TOKENS,
    UNIT,
    limit,
    pacer_limits,
    per_call,
    plan_of,
    pool_limit,
)
from gurney.destinations.pipedrive.lists import Lists
from gurney.destinations.pipedrive.metadata import Metadata
from gurney.destinations.pipedrive.objects import FILES, HANGING, NOTES, OWNER, USERS, ZERO_FOR_NOTHING
from gurney.destinations.pipedrive.pool import TokenPool
from gurney.destinations.pipedrive.provision import Provisioner
from gurney.destinations.pipedrive.reading import Reader
from gurney.destinations.pipedrive.records import Codecs
from gurney.destinations.pipedrive.removal import Remover
from gurney.destinations.pipedrive.sendings import Sendings
from gurney.destinations.pipedrive.settling import Settler
from gurney.destinations.pipedrive.writing import Writer
from gurney.destinations.protocol import Account, Capabilities, Cost, OpenFile, Route, Spent, TokenCache, User
from gurney.destinations.seen import seen_text
from gurney.records import Kind, Link, Outcome, ReadBack, Value, Write
from gurney.runtime import Runtime
from gurney.schema import FieldType, Provisioned, Schema, SchemaChange
from gurney.transport import Pacer
from gurney.version import __version__

BATCHES_IN_FLIGHT = 2
"""While the last calls of one batch are under way, the next one begins."""
CAPABILITIES = Capabilities(
    in_flight=4,
    read_size=per_call("page"),
    deletes_schema=frozenset({"field"}),
    bin_days=limit("bin_days"),
    keyless_objects=HANGING,
    file_object=FILES,
    note_object=NOTES,
    user_object=USERS,
    owner_field=OWNER,
    creates_users=True,
)


class Pipedrive:
    """One Pipedrive company. Use it within one event loop; close it."""

    name = "pipedrive"
    capabilities = CAPABILITIES

    def __init__(
        self,
        runtime: Runtime,
        access: PipedriveAccess,
        *,
        open_file: OpenFile,
        edition: str | None = None,
        users: int = 0,
        pacer: Pacer | None = None,
        tokens: TokenCache | None = None,
    ) -> None:
        """`edition` and `users` as the settings or an earlier check told them; `tokens` outlives the process."""
        plan = plan_of(edition)
        self.pacer = pacer or open_pacer(runtime, access, plan, users)
        self._plan, self._is_oauth = plan, access.is_oauth
        self._routes = {
            object: (Route("single", per_call(size), BATCHES_IN_FLIGHT),)
            for object, size in ((FILES, "write_files"), ("", "write_records"))
        }
        client = self._client = Client(runtime, access, self.pacer, user_agent=f"gurney/{__version__}", tokens=tokens)
        metadata = self._metadata = Metadata(client, plan)
        codecs, lists, sendings = Codecs(), Lists(client), Sendings()
        self._reader = Reader(client, metadata, codecs, lists, runtime)
        self._finder = Finder(metadata, codecs, lists, runtime)
        self._children = Children(client, metadata, codecs, lists, runtime)
        self._writer = Writer(client, metadata, codecs, self._reader, sendings, open_file)
        rooms = (self._reader, self._finder, self._children)
        self._settler = Settler(metadata, codecs, *rooms, sendings, self._is_same, runtime)
        self._remover = Remover(client)
        self._accounts = Accounts(client, metadata)

    async def check(self) -> Account:
        """See Destination."""
        return await self._accounts.check()

    async def describe(self, objects: Sequence[str]) -> Schema:
        """See Destination; custom fields stand under their 40 characters, with the label that people know."""
        self._metadata.forget()
        found = {name: await self._metadata.schema(name) for name in objects}
        return Schema({name: schema for name, schema in found.items() if schema is not None})

    async def users(self) -> list[User]:
        return await self._accounts.users()

    async def create_user(self, email: str, first_name: str, last_name: str, role: str) -> User:
        """Invites by mail and takes a paid seat; the user cannot own records until the invitation is accepted."""
        return await self._accounts.create_user(email, first_name, last_name, role)

    async def provision(self, changes: Sequence[SchemaChange], *, dry_run: bool = False) -> list[Provisioned]:
        """See Destination. In a dry run the state of what is not there is 'missing'."""
        return await Provisioner(self._client, self._metadata).apply(changes, dry_run=dry_run)

    async def unprovision(self, made: Sequence[Provisioned]) -> list[Provisioned]:
        """Only what is in state 'created', newest first."""
        return await Provisioner(self._client, self._metadata).take_back(made)

    def routes(self, object: str) -> tuple[Route, ...]:
        return self._routes.get(object) or self._routes[""]

    def route(self, object: str, kind: Kind, records: int) -> Route:
        return self.routes(object)[0]

    async def write(self, batch: Sequence[Write], route: Route) -> list[Outcome]:
        try:
            return await self._writer.write(batch)
        finally:
            if batch:
                self._children.forget(batch[0].object)

    async def settle(self, unknown: Sequence[Write]) -> list[Outcome | None]:
        return await self._settler.settle(unknown)

    async def find(self, object: str, key_field: str, values: Sequence[str]) -> dict[str, str]:
        return await self._finder.find(object, key_field, values)

    async def read(
        self,
        object: str,
        ids: Sequence[str],
        fields: Sequence[str],
        *,
        expected: Mapping[str, Mapping[str, Value]] | None = None,
    ) -> dict[str, ReadBack]:
        """See Destination. There are no checksums of texts: `expected` spares nothing."""
        return await self._reader.read(object, ids, fields)

    async def read_children(self, parents: Sequence[Link], object: str) -> dict[str, list[ReadBack]]:
        """See Destination. Notes: title, content, add_time, owner_id. Files: name, size_bytes."""
        return await self._children.read(parents, object)

    async def read_file(self, parent: Link, file_id: str) -> AsyncIterator[bytes]:
        return self._children.file(file_id)

    async def delete(
        self, object: str, ids: Sequence[str], *, parents: Mapping[str, Link] | None = None
    ) -> dict[str, str]:
        """See Destination; a call and its tokens for each, and nothing brings them back."""
        try:
            return await self._remover.delete(object, ids)
        finally:
            for room in (self._reader, self._finder, self._children):
                room.forget(object)

    async def children_of_others(self, object: str, ids: Sequence[str], ours: frozenset[str]) -> dict[str, list[str]]:
        """See Destination. `ours` holds ids, with or without their object before them."""
        return await self._children.of_others(object, ids, ours)

    async def count(self, object: str) -> int:
        return await self._reader.count(object)

    def comparable(self, object: str, field: str, type: FieldType, value: Value) -> Value:
        """See Destination; for both sides of a comparison.

        Declared: text loses the blanks around it and its line ends are LF, rich text is what a reader sees of it, an
        activity's start has no seconds, the order of several options is Pipedrive's, a product's price, cost or tax of
        0 is none, and the name of a file holds Cliniko's id.
        """
        if isinstance(value, str):
            return _comparable_text(object, field, type, value)
        if isinstance(value, Link):
            return Link("", value.id)
        if isinstance(value, tuple):
            return tuple(sorted(value)) or None
        if isinstance(value, datetime) and field == "start":
            return value.replace(second=0, microsecond=0)
        if value == 0 and (object, field) in ZERO_FOR_NOTHING:
            return None
        return value

    def cost(self, object: str, action: str, records: int) -> Cost:
        """See Destination; also 'download', which comparing the bytes of files takes."""
        return costs.cost(
            object,
            action,
            records,
            pace=self.pacer.limits,
        )

    def spent(self) -> Spent:
        return Spent(
            calls=self.pacer.total.calls,
            units=self.pacer.total.units,
            unit=UNIT,
            remaining=self.pacer.remaining(TOKENS),
            ceiling=self.pacer.budgets[TOKENS].limit.ceiling,
            refused=self.pacer.total.refused,
        )

    async def close(self) -> None:
        await self._client.aclose()
        self.pacer.close()

    def _is_same(self, object: str, field: str, left: Value, right: Value) -> bool:
        schema = self._metadata.known(object)
        type = schema.fields[field].type if schema and field in schema.fields else FieldType.TEXT
        return self.comparable(object, field, type, left) == self.comparable(object, field, type, right)


def open_pacer(runtime: Runtime, access: PipedriveAccess, plan: str, users: int) -> Pacer:
    """The account's one gate; its budget is a pool of tokens."""
    pacer = Pacer(runtime, account_key(access), pacer_limits(plan, users, oauth=access.is_oauth))
    pacer.budgets[TOKENS] = TokenPool(pool_limit(plan, users))
    return pacer


def _comparable_text(object: str, field: str, type: FieldType, value: str) -> str | None:
    if type is FieldType.RICH_TEXT:
        return seen_text(value) or None
    if object == FILES and field == "name":
        return unmarked(value)
    return value.replace("\r\n", "\n").replace("\r", "\n").strip() or None
