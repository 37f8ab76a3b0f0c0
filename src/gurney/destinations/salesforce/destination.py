"""Salesforce Sales Cloud as a destination.

Creations by upsert on our own external id, 1,000 records a call or in bulk jobs; notes and files through their
documents and links. A day's requests are the only rate (FACTS 0, 3, 5, 8, 10, 12).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from gurney.destinations.protocol import Account, Capabilities, Cost, Expected, OpenFile, Route, Spent, TokenCache, User
from gurney.destinations.salesforce import costs
from gurney.destinations.salesforce.access import SalesforceAccess
from gurney.destinations.salesforce.account import Accounts
from gurney.destinations.salesforce.client import Client
from gurney.destinations.salesforce.content import Contents
from gurney.destinations.salesforce.limits import (
    REQUESTS,
    UNIT,
    UNKNOWN,
    limit,
    lock_fields,
    pacer_limits,
    per_call,
    route_number,
)
from gurney.destinations.salesforce.metadata import FILES, NOTES, NUMBERS, OWNER, USERS, Metadata
from gurney.destinations.salesforce.provision import Provisioner
from gurney.destinations.salesforce.reading import Reader
from gurney.destinations.salesforce.records import Codecs, rounded
from gurney.destinations.salesforce.removal import Remover
from gurney.destinations.salesforce.routes import cheapest, routes
from gurney.destinations.salesforce.settling import Settler
from gurney.destinations.salesforce.unprovision import take_back
from gurney.destinations.salesforce.writing import Writer
from gurney.errors import Misused
from gurney.records import Kind, Link, Outcome, ReadBack, Value, Write
from gurney.runtime import Runtime
from gurney.schema import FieldType, Provisioned, Schema, SchemaChange
from gurney.transport import Pacer, together
from gurney.version import __version__

HANGING = frozenset({NOTES, FILES})
"""Objects that hang on records by links."""
CAPABILITIES = Capabilities(
    in_flight=int(route_number("read_in_flight")),
    read_size=per_call("retrieve_records"),
    deletes_schema=frozenset({"object", "field"}),
    bin_days=limit("bin_days"),
    lock_fields=lock_fields(),
    keyless_objects=frozenset({NOTES}),
    file_object=FILES,
    note_object=NOTES,
    user_object=USERS,
    owner_field=OWNER,
    creates_users=False,
)


class Salesforce:
    """One Salesforce organisation. Use it within one event loop; close it."""

    name = "salesforce"

    def __init__(
        self,
        runtime: Runtime,
        access: SalesforceAccess,
        *,
        open_file: OpenFile,
        edition: str | None = None,
        users: int = 0,
        pacer: Pacer | None = None,
        tokens: TokenCache | None = None,
        route: str = "",
        allow_duplicates: bool = True,
    ) -> None:
        """`edition` and `users` as an earlier check told them; `route` is the only one allowed, where it is told."""
        self.pacer = pacer or Pacer(runtime, account_key(access), pacer_limits(edition or UNKNOWN, users))
        self.capabilities = CAPABILITIES
        self._route = route
        self._client = Client(
            runtime,
            access,
            self.pacer,
            user_agent=f"gurney/{__version__}",
            tokens=tokens,
            allow_duplicates=allow_duplicates,
        )
        self._metadata = Metadata(self._client)
        codecs = Codecs()
        self._reader = Reader(self._client, self._metadata, codecs)
        self._contents = Contents(self._client, self._metadata, self._reader, open_file)
        self._writer = Writer(self._client, self._metadata, codecs)
        self._settler = Settler(self._reader, self._contents, self._is_same)
        self._remover = Remover(self._client, self._metadata, self._reader)
        self._accounts = Accounts(self._client, self._metadata)

    async def check(self) -> Account:
        """See Destination. What the edition allows is known to the pacer from here on."""
        account = await self._accounts.check()
        told = account.details["requests_a_day"]
        budget = self.pacer.budgets.get(REQUESTS)
        if budget is not None and told:
            budget.limit = replace(budget.limit, ceiling=int(told))
        return account

    async def describe(self, objects: Sequence[str]) -> Schema:
        """See Destination; always as the organisation is now, for an administrator may have changed it."""
        for name in objects:
            self._metadata.forget(name)
        found = await together(self._metadata.object(name) for name in objects)
        return Schema({schema.name: schema for schema in found if schema is not None})

    async def users(self) -> list[User]:
        return await self._accounts.users()

    async def create_user(self, email: str, first_name: str, last_name: str, role: str) -> User:
        """Never: a user takes a licence that somebody must buy (FACTS 2)."""
        raise Misused(
            "Users of Salesforce are not created here: each takes a licence.",
            next_step="Create the user in Setup > Users, or choose a fallback owner; then plan again.",
        )

    async def provision(self, changes: Sequence[SchemaChange], *, dry_run: bool = False) -> list[Provisioned]:
        """See Destination. In a dry run the state of what is not there is 'missing'."""
        try:
            return await Provisioner(self._client).apply(changes, dry_run=dry_run)
        finally:
            self._metadata.forget()

    async def unprovision(self, made: Sequence[Provisioned]) -> list[Provisioned]:
        """Only what is in state 'created', newest first."""
        try:
            return await take_back(self._client, made)
        finally:
            self._metadata.forget()

    def routes(self, object: str) -> tuple[Route, ...]:
        return routes(object, self._route)

    def route(self, object: str, kind: Kind, records: int) -> Route:
        return cheapest(object, records, requests_a_day=self._requests_a_day(), allowed=self._route)

    async def write(self, batch: Sequence[Write], route: Route) -> list[Outcome]:
        if not batch:
            return []
        if batch[0].object in HANGING:
            return await self._contents.write(batch)
        return await self._writer.write(batch, route.name)

    async def settle(self, unknown: Sequence[Write]) -> list[Outcome | None]:
        for object in {write.object for write in unknown}:
            await self._metadata.object(object)  # `comparable` needs its types
        return await self._settler.settle(unknown)

    async def find(self, object: str, key_field: str, values: Sequence[str]) -> dict[str, str]:
        return await self._reader.find(object, key_field, values)

    async def read(
        self, object: str, ids: Sequence[str], fields: Sequence[str], *, expected: Expected | None = None
    ) -> dict[str, ReadBack]:
        if object in HANGING:
            return await self._contents.read(object, ids, fields, expected)
        return await self._reader.read(object, ids, fields)

    async def read_children(self, parents: Sequence[Link], object: str) -> dict[str, list[ReadBack]]:
        return await self._contents.children(parents, object)

    async def read_file(self, parent: Link, file_id: str) -> AsyncIterator[bytes]:
        return self._contents.file(file_id)

    async def delete(
        self, object: str, ids: Sequence[str], *, parents: Mapping[str, Link] | None = None
    ) -> dict[str, str]:
        """See Destination; what is deleted lies in the recycle bin for 15 days."""
        return await (self._contents.delete(object, ids) if object in HANGING else self._remover.delete(ids))

    async def children_of_others(self, object: str, ids: Sequence[str], ours: frozenset[str]) -> dict[str, list[str]]:
        """See Destination. `ours` holds ids, with or without their object before them."""
        if object in HANGING or not ids:
            return {}
        found: dict[str, list[str]] = defaultdict(list)
        for hanging in (await self._remover.children(object, ids), await self._contents.hanging_on(ids)):
            for parent, children in hanging.items():
                found[parent] += [child for child in children if not _is_ours(child, ours)]
        return {parent: children for parent, children in found.items() if children}

    async def count(self, object: str) -> int:
        return await (self._contents.count(object) if object in HANGING else self._reader.count(object))

    def comparable(self, object: str, field: str, type: FieldType, value: Value) -> Value:
        """See Destination; for both sides of a comparison.

        Declared: text loses the blanks around it and its line ends are LF, addresses their capitals, decimals are
        rounded to the field's (FACTS 2), an unticked box is false, the order of several options is Salesforce's, and
        rich text is what it shows, because its markup is cleaned (FACTS 8).
        """
        if type is FieldType.BOOLEAN:
            return bool(value)
        if isinstance(value, Link):
            return Link("", value.id)  # ids are unique in the organisation
        if isinstance(value, tuple):
            return tuple(sorted(value)) or None
        if isinstance(value, Decimal) and type in NUMBERS:
            scale = self._scale(object, field)
            return value if scale is None else rounded(value, scale)
        if isinstance(value, str):
            if type is FieldType.RICH_TEXT:
                return self._contents.comparable_html(value)
            text = value.replace("\r\n", "\n").replace("\r", "\n").strip() or None
            return text.lower() if text and type is FieldType.EMAIL else text
        return value

    def cost(self, object: str, action: str, records: int) -> Cost:
        return costs.cost(object, action, records, requests_a_day=self._requests_a_day(), allowed=self._route)

    def spent(self) -> Spent:
        budget = self.pacer.budgets.get(REQUESTS)
        return Spent(
            calls=self.pacer.total.calls,
            units=self.pacer.total.units,
            unit=UNIT,
            remaining=self.pacer.remaining(REQUESTS) if budget is not None else None,
            ceiling=budget.limit.ceiling if budget is not None else None,
            refused=self.pacer.total.refused,
        )

    async def close(self) -> None:
        await self._client.aclose()
        self.pacer.close()

    def _requests_a_day(self) -> int | None:
        budget = self.pacer.budgets.get(REQUESTS)
        return budget.limit.ceiling if budget is not None else None

    def _scale(self, object: str, field: str) -> int | None:
        described = self._metadata.known(object)
        return described.scales.get(field) if described is not None else None

    def _is_same(self, object: str, field: str, left: Value, right: Value) -> bool:
        described = self._metadata.known(object)
        fields = described.schema.fields if described is not None else {}
        if field == OWNER and fields and field not in fields:
            return True  # nobody owns the object's records
        type = fields[field].type if field in fields else FieldType.TEXT
        return self.comparable(object, field, type, left) == self.comparable(object, field, type, right)


def account_key(access: SalesforceAccess) -> str:
    """Names the account for shared budgets and cached tokens without telling a credential."""
    told = "\n".join((access.login_host(), access.client_id, access.username, access.refresh_token))
    return "salesforce-" + hashlib.sha256(told.encode()).hexdigest()[:16]


def _is_ours(child: str, ours: frozenset[str]) -> bool:
    return child in ours or child.rpartition("/")[2] in ours
