"""Writing one row: insert, update, upsert. Single calls, Collections, trees, bulk and SOAP all come here (FACTS 2-5).

    writer = Writer(world, access)
    row = writer.insert(world.kind("Contact"), {"LastName": "Ng"})

Every function raises Refused and has then written nothing; `world.store.atomic()` ties several together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gurney.twins.salesforce import duplicates
from gurney.twins.salesforce.access import Access
from gurney.twins.salesforce.ids import SHORT, normal
from gurney.twins.salesforce.plans import AUDIT_FIELDS, Plan, plan_for
from gurney.twins.salesforce.refusals import Refused, cross_reference, entity_is_deleted, malformed_id, no_access
from gurney.twins.salesforce.schema import FieldDef, ObjectDef
from gurney.twins.salesforce.store import Clash, Row

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World

NAME_PARTS = ("FirstName", "LastName")


@dataclass
class Hooks:
    """What else belongs to writing rows of an object. `before` may change the values and raise Refused."""

    before: Callable[[Writer, Row, Row | None], None] | None = None
    """(writer, values, row): row is None on insert. Values that it takes out are not stored."""
    after: Callable[[Writer, Row, bool], None] | None = None
    """(writer, row, created)."""
    before_delete: Callable[[Writer, Row], None] | None = None
    after_delete: Callable[[Writer, Row], None] | None = None


class Writer:
    """Writes as one user. `lock` is told the ids that a write locks, and may refuse."""

    def __init__(
        self,
        world: World,
        access: Access,
        *,
        saves_duplicates: bool = False,
        lock: Callable[[Iterable[str]], None] | None = None,
        csv: bool = False,
    ) -> None:
        self.world = world
        self.access = access
        self.saves_duplicates = saves_duplicates
        self.lock = lock
        self.csv = csv
        self.by = access.user_id
        """Whom the rows name as their author."""

    def insert(self, kind: ObjectDef, record: Row) -> Row:
        """Add a row."""
        self._need(kind, "create", kind.createable)
        plan = plan_for(self.world, self.access, kind, creating=True, csv=self.csv)
        values = plan.read(record)
        for name in plan.required:
            if values.get(name) is None:
                raise missing([n for n in plan.required if values.get(n) is None])
        self._judge(kind, values)
        if kind.storage_kb:
            self.world.limits.check_data()
        hooks = kind.hooks
        if hooks is not None and hooks.before is not None:
            hooks.before(self, values, None)
        if not self.saves_duplicates:
            duplicates.check(self.world, kind, values)
        if self.lock is not None:
            self.lock([values[name] for name in plan.locking if values.get(name)])
        return self._store(kind, plan, values)

    def _store(self, kind: ObjectDef, plan: Plan, values: Row) -> Row:
        world, now, by = self.world, self.world.now_text(), self.by
        row: Row = {"Id": world.ids.new(str(kind.key_prefix)), **plan.defaults}
        if "OwnerId" in kind.fields:
            row["OwnerId"] = by
        row |= {"CreatedDate": now, "CreatedById": by, "LastModifiedDate": now, "LastModifiedById": by}
        row["SystemModstamp"] = now
        blob: bytes | None = None
        for name, value in values.items():
            if type(value) is bytes:
                blob = value
            elif value is not None:
                row[name] = value
        for field in plan.numbered:
            row[field.name] = _next_number(field)
        _name(kind, row)
        if kind.hooks is None and blob is None:
            self._add(kind, row)
            return row
        with world.store.atomic():
            self._add(kind, row)
            if blob is not None:
                world.store.put_blob(row["Id"], blob)
            if kind.hooks is not None and kind.hooks.after is not None:
                kind.hooks.after(self, row, True)
        return row

    def _add(self, kind: ObjectDef, row: Row) -> None:
        try:
            self.world.store.tables[kind.name].add(row)
        except Clash as clash:
            raise duplicate_value(clash) from None

    def update(self, kind: ObjectDef, id: object, record: Row) -> Row:
        """Change a row."""
        self._need(kind, "edit", kind.updateable)
        row = self.find(kind, id)
        plan = plan_for(self.world, self.access, kind, creating=False, csv=self.csv)
        values = plan.read(record)
        for name in plan.required:
            if name in values and values[name] is None:
                raise missing([name])
        self._judge(kind, values)
        hooks = kind.hooks
        if hooks is not None and hooks.before is not None:
            hooks.before(self, values, row)
        if self.lock is not None:
            self.lock([row["Id"], *(row[name] for name in plan.locking if name in row)])
        return self._change(kind, row, values)

    def _change(self, kind: ObjectDef, row: Row, values: Row) -> Row:
        world, now = self.world, self.world.now_text()
        if kind.name in duplicates.PEOPLE and any(part in values for part in NAME_PARTS):
            values["Name"] = full_name({**row, **values})
        values.update(LastModifiedDate=now, LastModifiedById=self.by, SystemModstamp=now)
        contents = [values.pop(name) for name in list(values) if type(values[name]) is bytes]
        if kind.hooks is None and not contents:
            self._set(kind, row, values)
            return row
        with world.store.atomic():
            self._set(kind, row, values)
            for content in contents:
                world.store.put_blob(row["Id"], content)
            if kind.hooks is not None and kind.hooks.after is not None:
                kind.hooks.after(self, row, False)
        return row

    def _set(self, kind: ObjectDef, row: Row, values: Row) -> None:
        try:
            self.world.store.tables[kind.name].change(row, values)
        except Clash as clash:
            raise duplicate_value(clash) from None

    def upsert(self, kind: ObjectDef, field: FieldDef, value: Any, record: Row) -> tuple[Row, bool]:
        """Change the row that has this value of an external id, or add one; and whether it was added."""
        if field.name == "Id":
            if value in (None, ""):
                return self.insert(kind, record), True
            return self.update(kind, value, record), False
        if value is None or value == "":
            raise Refused("MISSING_ARGUMENT", f"{field.name} not specified", [])
        plan = plan_for(self.world, self.access, kind, creating=True, csv=self.csv)
        entry = plan.entries.get(field.name) or plan.others(field.name)
        read = entry[1](value)
        if read is None:
            raise Refused("MISSING_ARGUMENT", f"{field.name} not specified", [])
        ids = self.world.store.tables[kind.name].indexes[field.name].ids(read)
        if len(ids) > 1:
            words = f"{field.name}: more than one record found for external id field: [{', '.join(ids)}]"
            raise Refused("DUPLICATE_EXTERNAL_ID", words, [field.name])
        if ids:
            return self.update(kind, ids[0], record), False
        return self.insert(kind, record if field.name in record else {**record, field.name: value}), True

    def find(self, kind: ObjectDef, id: object) -> Row:
        """A living row that the user sees. Raises Refused."""
        table = self.world.store.tables[kind.name]
        row = table.rows.get(id) if type(id) is str else None
        if row is None:
            row = self._by_other_form(kind, id)
        sight = self.access.sight(kind)
        if sight is not None and not sight(row):
            raise no_access()
        return row

    def _by_other_form(self, kind: ObjectDef, id: object) -> Row:
        """A row by an id of 15 characters or in the wrong case. Raises Refused, also for a row that is gone."""
        long = normal(id)
        if long is None or (kind.key_prefix and long[:3] != kind.key_prefix):
            raise malformed_id(f"{kind.label} ID", id)
        table = self.world.store.tables[kind.name]
        row = table.rows.get(long)
        if row is None:
            raise entity_is_deleted() if long in table.binned else cross_reference()
        return row

    def _need(self, kind: ObjectDef, verb: str, possible: bool) -> None:
        if not possible:
            words = f"entity type {kind.name} does not support {'insert' if verb == 'create' else 'update'}"
            raise Refused("INVALID_TYPE_FOR_OPERATION", words, [])
        if not self.access.can(kind, verb):
            raise no_access()

    def _judge(self, kind: ObjectDef, values: Row) -> None:
        """The owner, the order of audit dates, and the validation rules that the clinic has made."""
        owner = values.get("OwnerId")
        if owner is not None and not self.world.table("User").rows.get(owner, {}).get("IsActive"):
            if owner in self.world.table("User").rows and not self.access.may("UpdateWithInactiveOwner"):
                words = f"operation performed with inactive user [{owner[:SHORT]}] as owner of {kind.name.lower()}"
                raise Refused("INACTIVE_OWNER_OR_USER", words, ["OwnerId"])
        elif "OwnerId" in values and owner is None:
            del values["OwnerId"]
        if values.get("CreatedDate") and values.get("LastModifiedDate", "9") < values["CreatedDate"]:
            words = "LastModifiedDate must not be before CreatedDate"
            raise Refused("INVALID_FIELD_FOR_INSERT_UPDATE", words, list(AUDIT_FIELDS[:3:2]))
        for rule in self.world.validation_rules:
            rule.judge(kind, values)


def missing(names: list[str]) -> Refused:
    return Refused("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(names)}]", names)


def duplicate_value(clash: Clash) -> Refused:
    words = f"duplicate value found: {clash.field} duplicates value on record with id: {clash.id[:SHORT]}"
    return Refused("DUPLICATE_VALUE", words, [])


def full_name(row: Row) -> str:
    """The compound Name of a person."""
    return " ".join(row[part] for part in NAME_PARTS if row.get(part))


def _name(kind: ObjectDef, row: Row) -> None:
    """What a row is called when nobody may say: compound names, ids."""
    if kind.name in duplicates.PEOPLE:
        row["Name"] = full_name(row)
    elif kind.custom and "Name" not in row:
        row["Name"] = row["Id"]


def _next_number(field: FieldDef) -> str:
    """One more auto number in its format (rule salesforce.auto-numbers)."""
    field.counter += 1
    start, _, rest = str(field.auto_number).partition("{")
    width, _, end = rest.partition("}")
    return f"{start}{field.counter:0{len(width)}d}{end}"
