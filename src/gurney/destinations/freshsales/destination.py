"""Freshsales (the Suite, also called Freshworks CRM) as a destination.

An hour's calls are the account's, whoever asks. So contacts, accounts and deals go by jobs of a hundred and are found
again by our key in the saved views; everything else is a call each; and when the hour is spent the run pauses until the
next one. What is deleted lies in the recycle bin (FACTS 0, 4, 6, 8).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from gurney.destinations.file_names import unmarked
from gurney.destinations.freshsales import costs
from gurney.destinations.freshsales.access import FreshsalesAccess, account_key
from gurney.destinations.freshsales.account import Accounts
from gurney.destinations.freshsales.attaching import Attacher
from gurney.destinations.freshsales.bulk import Bulk
from gurney.destinations.freshsales.children import Children
from gurney.destinations.freshsales.claims import Claims
from gurney.destinations.freshsales.client import Client
from gurney.destinations.freshsales.finding import Finder
from gurney.destinations.freshsales.limits import CALLS, UNIT, limit, pacer_limits, per_call, plan_of
from gurney.destinations.freshsales.lists import Lists
from gurney.destinations.freshsales.metadata import Metadata
from gurney.destinations.freshsales.objects import FILES, HANGING, NOTES, OWNER, USERS, VIEWED
from gurney.destinations.freshsales.provision import Provisioner
from gurney.destinations.freshsales.reading import Reader
from gurney.destinations.freshsales.records import Codecs
from gurney.destinations.freshsales.removal import Remover
from gurney.destinations.freshsales.routes import BULK, cheapest, routes
from gurney.destinations.freshsales.sendings import Sendings, Taken
from gurney.destinations.freshsales.settling import Settler
from gurney.destinations.freshsales.writing import Writer
from gurney.destinations.protocol import Account, Capabilities, Cost, OpenFile, Route, Spent, User
from gurney.errors import VendorRefused
from gurney.records import Kind, Link, Outcome, ReadBack, Value, Write
from gurney.runtime import Runtime
from gurney.schema import FieldType, Provisioned, Schema, SchemaChange
from gurney.transport import Pacer
from gurney.version import __version__

NO_INVITATIONS = "Freshsales' API invites nobody: add the person in Admin Settings > Users, then plan again."


class Freshsales:
    """One Freshsales account. Use it within one event loop; close it."""

    name = "freshsales"

    def __init__(
        self,
        runtime: Runtime,
        access: FreshsalesAccess,
        *,
        open_file: OpenFile,
        edition: str | None = None,
        route: str = "",
        pacer: Pacer | None = None,
    ) -> None:
        """`edition` as the settings or an earlier check told it; `route` is the only one allowed, where it is told."""
        self._plan, self._route, self._access = plan_of(edition), route, access
        self.pacer = pacer or Pacer(runtime, account_key(access), pacer_limits(self._plan))
        self.capabilities = _capabilities(access)
        client = self._client = Client(runtime, access, self.pacer, user_agent=f"gurney/{__version__}")
        metadata = self._metadata = Metadata(client, self._plan)
        codecs, sendings, taken = Codecs(), Sendings(), Taken()
        lists = self._lists = Lists(client, metadata)
        attacher = self._attacher = Attacher(client, sendings, open_file)
        reader = self._reader = Reader(metadata, codecs, lists, runtime)
        finder = self._finder = Finder(metadata, codecs, lists, taken)
        children = self._children = Children(metadata, codecs, lists, attacher, runtime, forgets=access.forgets)
        claims = Claims(metadata, lists, finder, taken)
        writer = self._writer = Writer(client, metadata, codecs, lists, reader, finder, attacher, sendings, claims)
        bulk = self._bulk = Bulk(client, metadata, codecs, lists, finder, writer, sendings)
        self._settler = Settler(
            metadata, codecs, lists, reader, finder, children, attacher, writer, bulk, sendings, self._is_same, runtime
        )
        self._remover = Remover(client, metadata, lists)
        self._accounts = Accounts(client, metadata)

    async def check(self) -> Account:
        """See Destination."""
        return await self._accounts.check()

    async def describe(self, objects: Sequence[str]) -> Schema:
        """See Destination; fields of one's own stand under their cf_ names, with the label that people know."""
        self._metadata.forget()
        found = {name: await self._metadata.schema(name) for name in objects}
        return Schema({name: schema for name, schema in found.items() if schema is not None})

    async def users(self) -> list[User]:
        return await self._accounts.users()

    async def create_user(self, email: str, first_name: str, last_name: str, role: str) -> User:
        """Never: no call makes users (FACTS 3)."""
        raise VendorRefused(NO_INVITATIONS, status=405, code="no-users")

    async def provision(self, changes: Sequence[SchemaChange], *, dry_run: bool = False) -> list[Provisioned]:
        """See Destination. In a dry run the state of what is not there is 'missing'."""
        return await Provisioner(self._client, self._metadata).apply(changes, dry_run=dry_run)

    async def unprovision(self, made: Sequence[Provisioned]) -> list[Provisioned]:
        """Only what is in state 'created', newest first; all of it by hand."""
        return await Provisioner(self._client, self._metadata).take_back(made)

    def routes(self, object: str) -> tuple[Route, ...]:
        return routes(object, self._route)

    def route(self, object: str, kind: Kind, records: int) -> Route:
        """See Destination. Jobs are for creations alone, and only where the account takes them."""
        if kind is not Kind.CREATE or not self._bulk.works(object):
            return routes(object, self._route)[0]
        return cheapest(object, records, self._route)

    async def write(self, batch: Sequence[Write], route: Route) -> list[Outcome]:
        """See Destination."""
        if not batch:
            return []
        if any(write.owner_id for write in batch) and batch[0].object != NOTES:
            self._metadata.forget_users()
        try:
            if route.name == BULK and batch[0].kind is Kind.CREATE and self._bulk.works(batch[0].object):
                return await self._bulk.create(batch)
            return await self._writer.write(batch)
        finally:
            self._forget(batch[0].object)

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
        """See Destination. Notes: title, content. Files: name, size_bytes."""
        return await self._children.read(parents, object)

    async def read_file(self, parent: Link, file_id: str) -> AsyncIterator[bytes]:
        return self._attacher.bytes(parent, file_id)

    async def delete(
        self, object: str, ids: Sequence[str], *, parents: Mapping[str, Link] | None = None
    ) -> dict[str, str]:
        """See Destination; into the recycle bin, or for ever where `forget` was chosen. Files stay."""
        try:
            return await self._remover.delete(object, ids)
        finally:
            self._forget(object)
            self._finder.forget(object)

    async def children_of_others(self, object: str, ids: Sequence[str], ours: frozenset[str]) -> dict[str, list[str]]:
        """See Destination. `ours` holds ids, with or without their object before them."""
        return await self._children.of_others(object, ids, ours)

    async def count(self, object: str) -> int:
        return await self._lists.total(object)

    def comparable(self, object: str, field: str, type: FieldType, value: Value) -> Value:
        """See Destination; for both sides of a comparison.

        Declared: text loses the blanks around it and its line ends are LF, moments have whole seconds, the order of
        several options is Freshsales', numbers have four decimals, and the name of a file holds Cliniko's id.
        """
        if isinstance(value, str):
            text = unmarked(value) if object == FILES and field == "name" else value
            return text.replace("\r\n", "\n").replace("\r", "\n").strip() or None
        if isinstance(value, Link):
            return Link("", value.id)
        if isinstance(value, tuple):
            return tuple(sorted(value)) or None
        if isinstance(value, datetime):
            return value.replace(microsecond=0)
        if isinstance(value, Decimal):
            return value.quantize(Decimal(1).scaleb(-limit("number_decimals")))
        return value

    def cost(self, object: str, action: str, records: int) -> Cost:
        """See Destination; also 'download', which comparing the bytes of files takes."""
        return costs.cost(
            object, action, records, pace=self.pacer.limits, forgets=self._access.forgets, allowed=self._route
        )

    def spent(self) -> Spent:
        return Spent(
            calls=self.pacer.total.calls,
            units=self.pacer.total.units,
            unit=UNIT,
            remaining=self.pacer.remaining(CALLS),
            ceiling=self.pacer.budgets[CALLS].limit.ceiling,
            refused=self.pacer.total.refused,
        )

    async def close(self) -> None:
        await self._client.aclose()
        self.pacer.close()

    def _forget(self, object: str) -> None:
        """What was read ahead no longer holds."""
        self._reader.forget(object)
        self._children.forget(object)
        if object != NOTES:
            self._reader.forget(NOTES)

    def _is_same(self, object: str, field: str, left: Value, right: Value) -> bool:
        schema = self._metadata.known(object)
        type = schema.fields[field].type if schema and field in schema.fields else FieldType.TEXT
        return self.comparable(object, field, type, left) == self.comparable(object, field, type, right)


def _capabilities(access: FreshsalesAccess) -> Capabilities:
    return Capabilities(
        in_flight=2,
        read_size=per_call("page"),
        deletes_schema=frozenset(),
        bin_days=None if access.forgets else limit("bin_days"),
        bin_objects=frozenset(VIEWED),
        keyless_objects=HANGING,
        undeletable=frozenset({FILES}),
        file_object=FILES,
        note_object=NOTES,
        user_object=USERS,
        owner_field=OWNER,
        creates_fields=bool(access.codes()),
    )
