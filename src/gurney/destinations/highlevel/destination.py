"""HighLevel as a destination.

One record a call and no bulk, no unique field, no upsert that families survive, and a search that lags. So many calls
go side by side within the burst limit; a lost answer is settled when the search has caught up; lookups are relations,
a call each; and when the day's calls are spent the run pauses until the next (FACTS 0, 12, 13).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

from gurney.destinations.highlevel import costs, limits
from gurney.destinations.highlevel.access import HighLevelAccess, account_key
from gurney.destinations.highlevel.account import Accounts
from gurney.destinations.highlevel.attaching import Attacher
from gurney.destinations.highlevel.children import Children
from gurney.destinations.highlevel.client import Client
from gurney.destinations.highlevel.finding import Finder, Searches
from gurney.destinations.highlevel.limits import DAILY, UNIT, edition_of, pacer_limits, per_call
from gurney.destinations.highlevel.links import Links
from gurney.destinations.highlevel.metadata import Metadata
from gurney.destinations.highlevel.objects import CONTACTS, FILES, HANGING, NOTES, OWNER, USERS
from gurney.destinations.highlevel.provision import Provisioner
from gurney.destinations.highlevel.reading import Reader
from gurney.destinations.highlevel.records import Codecs
from gurney.destinations.highlevel.removal import Remover
from gurney.destinations.highlevel.rules import e164, file_name
from gurney.destinations.highlevel.sendings import Sendings
from gurney.destinations.highlevel.settling import Settler
from gurney.destinations.highlevel.writing import Writer
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
    read_size=per_call("contacts_page"),
    deletes_schema=frozenset({"field"}),
    bin_days=limits.limit("bin_days"),
    bin_objects=frozenset({CONTACTS}),
    keyless_objects=HANGING,
    file_object=FILES,
    note_object=NOTES,
    user_object=USERS,
    owner_field=OWNER,
    creates_users=False,
)


class HighLevel:
    """One HighLevel location. Use it within one event loop; close it."""

    name = "highlevel"
    capabilities = CAPABILITIES

    def __init__(
        self,
        runtime: Runtime,
        access: HighLevelAccess,
        *,
        open_file: OpenFile,
        edition: str | None = None,
        pacer: Pacer | None = None,
        tokens: TokenCache | None = None,
    ) -> None:
        """`edition` as the settings or an earlier check told it; `tokens` outlives the process."""
        self._edition = edition_of(edition)
        self.pacer = pacer or Pacer(runtime, account_key(access), pacer_limits(self._edition))
        self._routes = {
            object: (Route("single", per_call(size), BATCHES_IN_FLIGHT),)
            for object, size in ((FILES, "write_files"), ("", "write_records"))
        }
        client = self._client = Client(runtime, access, self.pacer, user_agent=f"gurney/{__version__}", tokens=tokens)
        metadata = self._metadata = Metadata(client)
        codecs, sendings, links, searches = Codecs(), Sendings(runtime), Links(client), Searches(client)
        attacher = self._attacher = Attacher(client, metadata, sendings, open_file)
        self._reader = Reader(client, metadata, codecs, searches, links)
        self._finder = Finder(client, metadata, codecs, searches)
        self._children = Children(client, metadata, codecs, self._reader, attacher)
        remover = self._remover = Remover(client, attacher)
        self._writer = Writer(client, metadata, codecs, self._reader, self._finder, links, sendings, attacher, remover)
        self._settler = Settler(
            metadata,
            codecs,
            self._reader,
            self._finder,
            self._children,
            attacher,
            self._writer,
            sendings,
            self._is_same,
        )
        self._accounts = Accounts(client, metadata, self._edition)

    async def check(self) -> Account:
        """See Destination."""
        return await self._accounts.check()

    async def describe(self, objects: Sequence[str]) -> Schema:
        """See Destination; custom fields stand under their keys, without what they belong to."""
        self._metadata.forget()
        found = {name: await self._metadata.schema(name) for name in objects}
        return Schema({name: schema for name, schema in found.items() if schema is not None})

    async def users(self) -> list[User]:
        return await self._accounts.users()

    async def create_user(self, email: str, first_name: str, last_name: str, role: str) -> User:
        """See Accounts: never done."""
        return await self._accounts.create_user(email, first_name, last_name, role)

    async def provision(self, changes: Sequence[SchemaChange], *, dry_run: bool = False) -> list[Provisioned]:
        """See Destination. In a dry run the state of what is not there is 'missing'."""
        return await Provisioner(self._client, self._metadata).apply(changes, dry_run=dry_run)

    async def unprovision(self, made: Sequence[Provisioned]) -> list[Provisioned]:
        """Only what is in state 'created', newest first; custom objects stay, with what to do by hand."""
        return await Provisioner(self._client, self._metadata).take_back(made)

    def routes(self, object: str) -> tuple[Route, ...]:
        return self._routes.get(object) or self._routes[""]

    def route(self, object: str, kind: Kind, records: int) -> Route:
        return self.routes(object)[0]

    async def write(self, batch: Sequence[Write], route: Route) -> list[Outcome]:
        try:
            return await self._writer.write(batch)
        finally:
            self._finder.wrote(batch)

    async def settle(self, unknown: Sequence[Write]) -> list[Outcome | None]:
        return await self._settler.settle(unknown)

    async def find(self, object: str, key_field: str, values: Sequence[str]) -> dict[str, str]:
        """See Destination; what this process has just done is waited for until the search shows it."""
        await self._finder.catch_up(object, values)
        return await self._finder.find(object, key_field, values)

    async def read(
        self,
        object: str,
        ids: Sequence[str],
        fields: Sequence[str],
        *,
        expected: Mapping[str, Mapping[str, Value]] | None = None,
    ) -> dict[str, ReadBack]:
        """See Destination. `expected` says where appointments should stand, and which links are worth a call."""
        return await self._reader.read(object, ids, fields, expected)

    async def read_children(self, parents: Sequence[Link], object: str) -> dict[str, list[ReadBack]]:
        """See Destination. Notes: title, body, assignedTo. Files: name, size_bytes."""
        return await self._children.read(parents, object)

    async def read_file(self, parent: Link, file_id: str) -> AsyncIterator[bytes]:
        return self._attacher.bytes_of(parent, file_id)

    async def delete(
        self, object: str, ids: Sequence[str], *, parents: Mapping[str, Link] | None = None
    ) -> dict[str, str]:
        """See Destination; a call for each, and nothing brings them back."""
        try:
            return await self._remover.delete(object, ids, parents or {})
        finally:
            self._reader.forget(object)
            self._finder.deleted(object)

    async def children_of_others(self, object: str, ids: Sequence[str], ours: frozenset[str]) -> dict[str, list[str]]:
        """See Destination. `ours` holds ids, with or without their object before them."""
        return await self._children.of_others(object, ids, ours)

    async def count(self, object: str) -> int:
        return await self._reader.count(object)

    def comparable(self, object: str, field: str, type: FieldType, value: Value) -> Value:
        """See Destination; for both sides of a comparison.

        Declared: text loses the blanks around it and its line ends are LF, rich text is what a reader sees of it, a
        contact's e-mail address is in lower case and its number in E.164, the order of several options is HighLevel's,
        and a file's name has no signs that paths forbid.
        """
        if isinstance(value, str):
            return self._comparable_text(object, field, type, value)
        if isinstance(value, Link):
            return Link("", value.id)
        if isinstance(value, tuple):
            return tuple(sorted(value)) or None
        return value

    def cost(self, object: str, action: str, records: int) -> Cost:
        """See Destination; also 'download', which comparing the bytes of files takes."""
        return costs.cost(
            object,
            action,
            records,
            links=self._metadata.links_known(object),
            pace=self.pacer.limits,
        )

    def spent(self) -> Spent:
        return Spent(
            calls=self.pacer.total.calls,
            units=self.pacer.total.units,
            unit=UNIT,
            remaining=self.pacer.remaining(DAILY),
            ceiling=self.pacer.budgets[DAILY].limit.ceiling,
            refused=self.pacer.total.refused,
        )

    async def close(self) -> None:
        await self._client.aclose()
        self.pacer.close()

    def _comparable_text(self, object: str, field: str, type: FieldType, value: str) -> str | None:
        if type is FieldType.RICH_TEXT:
            return seen_text(value) or None
        text = value.replace("\r\n", "\n").replace("\r", "\n").strip()
        if object == CONTACTS and field == "email":
            return text.lower() or None
        if object == CONTACTS and field == "phone":
            return e164(text, self._metadata.country) or text or None
        if object == FILES and field == "name":
            return file_name(text)
        return text or None

    def _is_same(self, object: str, field: str, left: Value, right: Value) -> bool:
        schema = self._metadata.known(object)
        type = schema.fields[field].type if schema and field in schema.fields else FieldType.TEXT
        return self.comparable(object, field, type, left) == self.comparable(object, field, type, right)
