"""Zoho CRM as a destination.

Batches of 100 by upsert on our own unique field, Tasks and Events by plain insert whose DUPLICATE_DATA means success,
notes and files settled through their parent. Credits and concurrency are limits.toml's (FACTS 0, 4, 8, 11).
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal

from gurney.destinations.file_names import unmarked
from gurney.destinations.protocol import Account, Capabilities, Cost, Expected, OpenFile, Route, Spent, TokenCache, User
from gurney.destinations.zoho import costs
from gurney.destinations.zoho.access import ZohoAccess
from gurney.destinations.zoho.account import Accounts
from gurney.destinations.zoho.blueprint import MONEY_DECIMALS
from gurney.destinations.zoho.children import Children
from gurney.destinations.zoho.client import Client
from gurney.destinations.zoho.costs import BATCH, SINGLE, UNIT
from gurney.destinations.zoho.limits import (
    CREDITS,
    UNKNOWN,
    daily_credits,
    limit,
    pacer_limits,
    per_call,
)
from gurney.destinations.zoho.metadata import FILES, NOTES, USERS, Metadata
from gurney.destinations.zoho.moved import Moved
from gurney.destinations.zoho.provision import Provisioner
from gurney.destinations.zoho.reading import Reader
from gurney.destinations.zoho.records import Codecs
from gurney.destinations.zoho.removal import Remover
from gurney.destinations.zoho.settling import Settler
from gurney.destinations.zoho.writing import Writer
from gurney.records import Kind, Link, Outcome, ReadBack, Value, Write
from gurney.runtime import Runtime
from gurney.schema import FieldType, Provisioned, Schema, SchemaChange
from gurney.transport import Pacer
from gurney.version import __version__

FILES_A_WRITE = 10
"""Files are a call each; so many share one entry of what is under way."""
NUMBERS = frozenset({FieldType.MONEY, FieldType.DECIMAL, FieldType.PERCENT})


class Zoho:
    """One Zoho CRM organisation. Use it within one event loop; close it."""

    name = "zoho"

    def __init__(
        self,
        runtime: Runtime,
        access: ZohoAccess,
        *,
        open_file: OpenFile,
        edition: str | None = None,
        users: int = 0,
        pacer: Pacer | None = None,
        tokens: TokenCache | None = None,
    ) -> None:
        """`edition` and `users` as an earlier check told them; `tokens` outlives the process where it can."""
        self.pacer = pacer or Pacer(runtime, account_key(access), pacer_limits(edition or UNKNOWN, users))
        self.capabilities = capabilities(self.pacer)
        in_flight = self.capabilities.in_flight
        self._batch_route = Route(BATCH, per_call("write_records"), in_flight)
        self._files_route = Route(SINGLE, FILES_A_WRITE, in_flight)
        self._client = Client(runtime, access, self.pacer, user_agent=f"gurney/{__version__}", tokens=tokens)
        self._metadata = Metadata(self._client)
        codecs = Codecs()
        self._reader = Reader(self._client, self._metadata, codecs)
        self._writer = Writer(self._client, self._metadata, codecs, self._reader, open_file)
        self._children = Children(self._client, self._metadata, self._reader, runtime)
        self._settler = Settler(self._reader, self._children, self._is_same)
        self._remover = Remover(self._client, Moved(self._client, self._reader, self._children))
        self._accounts = Accounts(self._client, self._metadata)

    async def check(self) -> Account:
        """See Destination. What the edition allows is known to the pacer from here on."""
        account = await self._accounts.check()
        budget = self.pacer.budgets.get(CREDITS)
        ceiling = daily_credits(account.edition, int(account.details["users"]))
        if budget is not None and ceiling is not None:
            budget.limit = replace(budget.limit, ceiling=ceiling)
        return account

    async def describe(self, objects: Sequence[str]) -> Schema:
        found = {name: await self._metadata.object(name) for name in objects}
        return Schema({name: schema for name, schema in found.items() if schema is not None})

    async def users(self) -> list[User]:
        return await self._accounts.users()

    async def create_user(self, email: str, first_name: str, last_name: str, role: str) -> User:
        """Invites by mail; the user is inactive, and cannot own records, until the invitation is accepted."""
        return await self._accounts.create_user(email, first_name, last_name, role)

    async def provision(self, changes: Sequence[SchemaChange], *, dry_run: bool = False) -> list[Provisioned]:
        """See Destination. In a dry run the state of what is not there is 'missing'."""
        return await Provisioner(self._client, self._metadata).apply(changes, dry_run=dry_run)

    async def unprovision(self, made: Sequence[Provisioned]) -> list[Provisioned]:
        """Only what is in state 'created', newest first."""
        return await Provisioner(self._client, self._metadata).take_back(made)

    def routes(self, object: str) -> tuple[Route, ...]:
        return (self._files_route if object == FILES else self._batch_route,)

    def route(self, object: str, kind: Kind, records: int) -> Route:
        """See Destination. Bulk write takes no Events and no Notes, and below 5,000 rows a batch is as cheap."""
        return self.routes(object)[0]

    async def write(self, batch: Sequence[Write], route: Route) -> list[Outcome]:
        try:
            return await self._writer.write(batch)
        finally:
            if batch and batch[0].object == NOTES:
                self._children.forget_notes()

    async def settle(self, unknown: Sequence[Write]) -> list[Outcome | None]:
        for object in {write.object for write in unknown}:
            await self._metadata.object(object)  # `comparable` needs its types
        return await self._settler.settle(unknown)

    async def find(self, object: str, key_field: str, values: Sequence[str]) -> dict[str, str]:
        return await self._reader.find(object, key_field, values)

    async def read(
        self, object: str, ids: Sequence[str], fields: Sequence[str], *, expected: Expected | None = None
    ) -> dict[str, ReadBack]:
        """See Destination. Notes are read by their ids as well, which is cheaper than by their parents."""
        return await self._reader.read(object, ids, fields)

    async def read_children(self, parents: Sequence[Link], object: str) -> dict[str, list[ReadBack]]:
        """See Destination. Notes: Note_Title, Note_Content. Files: File_Name, size_bytes."""
        return await self._children.read(parents, object)

    async def read_file(self, parent: Link, file_id: str) -> AsyncIterator[bytes]:
        return self._children.file(parent, file_id)

    async def delete(
        self, object: str, ids: Sequence[str], *, parents: Mapping[str, Link] | None = None
    ) -> dict[str, str]:
        """See Destination; an id whose answer was lost is left out, and may be asked for again."""
        try:
            return await self._remover.delete(object, ids, parents or {})
        finally:
            if object == NOTES:
                self._children.forget_notes()

    async def children_of_others(self, object: str, ids: Sequence[str], ours: frozenset[str]) -> dict[str, list[str]]:
        """See Destination. `ours` holds ids, with or without their object before them."""
        return await self._children.of_others(object, ids, ours)

    async def count(self, object: str) -> int:
        return await self._reader.count(object)

    def comparable(self, object: str, field: str, type: FieldType, value: Value) -> Value:
        """See Destination; for both sides of a comparison.

        Declared: decimals beyond the field's are cut off (FACTS 6), the order of several options is Zoho's, text
        loses the blanks around it, its line ends are Zoho's, and the name of a file holds Cliniko's id.
        """
        if isinstance(value, Link):
            return Link("", value.id)  # ids are unique in the organisation; not every answer names the module
        if isinstance(value, tuple):
            return tuple(sorted(value)) or None
        if isinstance(value, Decimal) and type in NUMBERS:
            places = MONEY_DECIMALS if type is FieldType.MONEY else limit("number_decimals")
            return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_DOWN)
        if isinstance(value, str) and object == FILES:
            return unmarked(value)
        if isinstance(value, str):
            return value.replace("\r\n", "\n").replace("\r", "\n").strip() or None
        return value

    def cost(self, object: str, action: str, records: int) -> Cost:
        return costs.cost(
            object, action, records, in_flight=self.capabilities.in_flight, fields=self._fields_known(object)
        )

    def spent(self) -> Spent:
        budget = self.pacer.budgets.get(CREDITS)
        return Spent(
            calls=self.pacer.total.calls,
            units=self.pacer.total.units,
            unit=UNIT,
            remaining=self.pacer.remaining(CREDITS) if budget is not None else None,
            ceiling=budget.limit.ceiling if budget is not None else None,
            refused=self.pacer.total.refused,
        )

    async def close(self) -> None:
        await self._client.aclose()
        self.pacer.close()

    def _fields_known(self, object: str) -> int:
        schema = self._metadata.known(object)
        return len(schema.fields) if schema else 0

    def _is_same(self, object: str, field: str, left: Value, right: Value) -> bool:
        schema = self._metadata.known(object)
        type = schema.fields[field].type if schema and field in schema.fields else FieldType.TEXT
        return self.comparable(object, field, type, left) == self.comparable(object, field, type, right)


def account_key(access: ZohoAccess) -> str:
    """Names the account for shared budgets without telling a credential."""
    return "zoho-" + hashlib.sha256(f"{access.client_id}\n{access.refresh_token}".encode()).hexdigest()[:16]


def capabilities(pacer: Pacer) -> Capabilities:
    """What Zoho can do; calls in flight are the account's."""
    return Capabilities(
        in_flight=pacer.limits.heavy_concurrency or pacer.limits.concurrency,
        read_size=per_call("read_records"),
        bin_days=limit("bin_days"),
        deletes_schema=frozenset({"field"}),
        keyless_objects=frozenset({NOTES, FILES}),
        file_object=FILES,
        note_object=NOTES,
        user_object=USERS,
        owner_field="Owner",
        creates_users=True,
    )
