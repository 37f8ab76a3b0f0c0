"""A CRM in memory, without a wire: what the stages do is seen apart from any vendor."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gurney.destinations.protocol import Account, Capabilities, Cost, Expected, Limit, OpenFile, Route, Spent, User
from gurney.records import Kind, Link, Outcome, ReadBack, Value, Write
from gurney.runtime import Runtime
from gurney.schema import (
    FieldSchema,
    FieldType,
    NewField,
    NewObject,
    ObjectSchema,
    Provisioned,
    Schema,
    SchemaChange,
)
from gurney.transport import Limits, Pacer

STANDARD = {
    "Contacts": ("Owner", "Last_Name", "First_Name", "Email", "Phone", "Mobile", "Fax", "Mailing_Street",
                 "Mailing_City", "Mailing_State", "Mailing_Zip", "Mailing_Country", "Description", "Salutation",
                 "Email_Opt_Out"),
    "Accounts": ("Account_Name", "Phone", "Fax", "Billing_Street", "Billing_City", "Billing_State", "Billing_Code",
                 "Billing_Country", "Description"),
    "Leads": ("Last_Name",),
    "Products": ("Product_Name", "Product_Code", "Unit_Price", "Description"),
    "Events": ("Event_Title", "Start_DateTime", "End_DateTime", "Who_Id", "Description"),
    "Tasks": ("Subject", "Due_Date", "Status", "Who_Id", "Description"),
    "Notes": ("Note_Title", "Note_Content"),
    "Attachments": ("File_Name",),
    "Users": ("email", "first_name", "last_name"),
}  # fmt: skip
TYPES = {
    **dict.fromkeys(("Start_DateTime", "End_DateTime"), FieldType.DATETIME),
    **dict.fromkeys(("Description", "Note_Content", "Mailing_Street"), FieldType.LONG_TEXT),
    **dict.fromkeys(("Phone", "Mobile", "Fax"), FieldType.PHONE),
    "Due_Date": FieldType.DATE,
    "Email_Opt_Out": FieldType.BOOLEAN,
    "Who_Id": FieldType.LOOKUP,
    "Unit_Price": FieldType.MONEY,
    "Email": FieldType.EMAIL,
    "Owner": FieldType.OWNER,
}
LIMITS = {"file_bytes": 100 << 20, "note_chunk_chars": 30_000, "note_title_chars": 120, "long_text_chars": 32_000}


def _standard(name: str) -> FieldSchema:
    return FieldSchema(name, name, TYPES.get(name, FieldType.TEXT))


@dataclass
class MemoryCrm:
    """Implements the destination's protocol over dictionaries; `lose` drops the answers of chosen writes."""

    runtime: Runtime
    open_file: OpenFile
    records: dict[str, dict[str, dict[str, Value]]] = field(default_factory=dict)
    stamps: dict[str, datetime] = field(default_factory=dict)
    parents: dict[str, Link] = field(default_factory=dict)
    bytes_of: dict[str, bytes] = field(default_factory=dict)
    members: list[User] = field(default_factory=list)
    lose_every: int = 0
    latency_s: float = 0.0
    writes: int = 0
    name: str = "zoho"

    def __post_init__(self) -> None:
        self.pacer = Pacer(self.runtime, "memory", Limits())
        self.capabilities = Capabilities(
            in_flight=4, read_size=200,
            deletes_schema=frozenset({"field"}), keyless_objects=frozenset({"Notes", "Attachments"}),
            file_object="Attachments", note_object="Notes", user_object="Users",
            owner_field="Owner",
        )  # fmt: skip
        self._next = 1000
        self._clock = datetime(2026, 11, 16, tzinfo=UTC)
        self.objects = {
            name: ObjectSchema(name, name, {one: _standard(one) for one in fields}) for name, fields in STANDARD.items()
        }

    async def check(self) -> Account:
        limits = {name: Limit(name, value, "test") for name, value in LIMITS.items()}
        user = User("1", "admin@example.com", "Admin", active=True)
        return Account("memory", "Memory", "enterprise", "UTC", user, limits=limits, details={"users": "1"})

    async def describe(self, objects: Sequence[str]) -> Schema:
        return Schema({name: self.objects[name] for name in objects if name in self.objects})

    async def users(self) -> list[User]:
        return list(self.members)

    async def provision(self, changes: Sequence[SchemaChange], *, dry_run: bool = False) -> list[Provisioned]:
        return [self._made(change) for change in changes]

    def _made(self, change: SchemaChange) -> Provisioned:
        if isinstance(change, NewObject):
            self.objects[change.name] = ObjectSchema(
                change.name, change.label, {"Name": FieldSchema("Name", "Name", FieldType.TEXT)}, custom=True
            )
        elif isinstance(change, NewField):
            one = self.objects[change.object]
            made = FieldSchema(
                change.name, change.label, change.type, change.length, unique=change.unique, options=change.options,
                lookup_to=change.lookup_to, custom=True,
            )  # fmt: skip
            self.objects[change.object] = replace(one, fields={**one.fields, change.name: made})
            return Provisioned(change, "created", actual_name=change.name)
        return Provisioned(change, "created")

    async def unprovision(self, made: Sequence[Provisioned]) -> list[Provisioned]:
        return [replace(one, state="deleted") for one in made]

    def routes(self, object: str) -> tuple[Route, ...]:
        return (Route("batch", 100, 4),)

    def route(self, object: str, kind: Kind, records: int) -> Route:
        return self.routes(object)[0]

    async def write(self, batch: Sequence[Write], route: Route) -> list[Outcome]:
        assert len(batch) <= route.batch_size
        self.writes += 1
        async with self.pacer.slot(units=len(batch)):
            await self.runtime.clock.sleep(self.latency_s)
        outcomes = [await self._write(write) for write in batch]
        lost = self.lose_every and self.writes % self.lose_every == 0
        return [Outcome.sent(write.key) for write in batch] if lost else outcomes

    async def _write(self, write: Write) -> Outcome:
        there = self.records.setdefault(write.object, {})
        if write.kind is not Kind.CREATE:
            assert write.destination_id is not None
            if write.unless_modified_since and self.stamps[write.destination_id] > write.unless_modified_since:
                return Outcome.failed(write.key, code="ALREADY_MODIFIED", words="changed meanwhile")
            there[write.destination_id].update(write.fields)
            if write.owner_id:
                there[write.destination_id]["Owner"] = Link("Users", write.owner_id)
            self._touch(write.destination_id)
            return Outcome.done(write.key, write.destination_id, created=False)
        assert all(one.get(write.key_field) != write.key_value for one in there.values() if write.key_field), "twice"
        self._next += 1
        id = str(self._next)
        there[id] = dict(write.fields)
        if write.owner_id:
            there[id]["Owner"] = Link("Users", write.owner_id)
        if write.parent is not None:
            assert write.parent.id in self.records[write.parent.object], "the parent is there first"
            self.parents[id] = write.parent
        if write.file is not None:
            self.bytes_of[id] = b"".join([chunk async for chunk in self.open_file(write.file)])
        self._touch(id)
        return Outcome.done(write.key, id)

    def _touch(self, id: str) -> None:
        self._clock += timedelta(seconds=1)
        self.stamps[id] = self._clock

    async def settle(self, unknown: Sequence[Write]) -> list[Outcome | None]:
        return [self._settled(write) for write in unknown]

    def _settled(self, write: Write) -> Outcome | None:
        there = self.records.get(write.object, {})
        if write.kind is not Kind.CREATE:
            assert write.destination_id is not None
            held = there.get(write.destination_id, {})
            same = all(held.get(name) == value for name, value in write.fields.items())
            return Outcome.done(write.key, write.destination_id, created=False) if same else None
        for id, fields in there.items():
            if write.key_field and fields.get(write.key_field) == write.key_value:
                return Outcome.done(write.key, id)
            hangs_there = not write.key_field and self.parents.get(id) == write.parent
            if hangs_there and all(fields.get(name) == value for name, value in write.fields.items()):
                return Outcome.done(write.key, id)
        return None

    async def find(self, object: str, key_field: str, values: Sequence[str]) -> dict[str, str]:
        there = self.records.get(object, {})
        return {str(one[key_field]): id for id, one in there.items() if one.get(key_field) in values}

    async def read(
        self, object: str, ids: Sequence[str], fields: Sequence[str], *, expected: Expected | None = None
    ) -> dict[str, ReadBack]:
        async with self.pacer.slot(units=len(ids)):
            await self.runtime.clock.sleep(self.latency_s)
        there = self.records.get(object, {})
        held = {id: {name: there[id].get(name) for name in fields} for id in ids if id in there}
        return {id: ReadBack(id, values, self.stamps[id]) for id, values in held.items()}

    async def read_children(self, parents: Sequence[Link], object: str) -> dict[str, list[ReadBack]]:
        found: dict[str, list[ReadBack]] = {parent.id: [] for parent in parents}
        for id, one in self.records.get(object, {}).items():
            if id in self.parents and self.parents[id].id in found:
                size = {"size_bytes": len(self.bytes_of[id])} if id in self.bytes_of else {}
                found[self.parents[id].id].append(ReadBack(id, {**one, **size}, self.stamps[id]))
        return found

    async def read_file(self, parent: Link, file_id: str) -> AsyncIterator[bytes]:
        async def chunks() -> AsyncIterator[bytes]:
            yield self.bytes_of[file_id]

        return chunks()

    async def delete(
        self, object: str, ids: Sequence[str], *, parents: Mapping[str, Link] | None = None
    ) -> dict[str, str]:
        for id in ids:
            self.records.get(object, {}).pop(id, None)
        return dict.fromkeys(ids, "")

    async def children_of_others(self, object: str, ids: Sequence[str], ours: frozenset[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for id, parent in self.parents.items():
            if parent.id in ids and id not in ours and any(id in group for group in self.records.values()):
                found.setdefault(parent.id, []).append(f"Notes/{id}")
        return found

    async def count(self, object: str) -> int:
        return len(self.records.get(object, {}))

    def comparable(self, object: str, field: str, type: FieldType, value: Value) -> Value:
        return value

    def cost(self, object: str, action: str, records: int) -> Cost:
        return Cost(-(-records // 100), records, "credit", records / 100)

    def spent(self) -> Spent:
        return Spent(self.writes, self.writes, "credit")

    async def create_user(self, email: str, first_name: str, last_name: str, role: str) -> User:
        raise NotImplementedError

    async def close(self) -> None:
        pass

    # What people do at the CRM meanwhile

    def edit(self, object: str, id: str, fields: Mapping[str, Any]) -> None:
        self.records[object][id].update(fields)
        self._touch(id)

    def find_one(self, object: str, name: str, value: Value) -> str:
        return next(id for id, one in self.records[object].items() if one.get(name) == value)
