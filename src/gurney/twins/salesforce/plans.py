"""What one user may write into one object: compiled once, then used for every row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from gurney.twins.salesforce.access import Access
from gurney.twins.salesforce.refusals import Refused, Unreadable, no_column
from gurney.twins.salesforce.schema import CASCADE, RESTRICT, FieldDef, ObjectDef
from gurney.twins.salesforce.store import Row
from gurney.twins.salesforce.values import Check, check_for

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World

AUDIT_FIELDS = ("CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById")
IGNORED = frozenset({"attributes"})
Entry = tuple[str, Check]


@dataclass
class Plan:
    """For one object and one verb: a check per name that a row may carry."""

    kind: ObjectDef
    entries: dict[str, Entry]
    required: tuple[str, ...]
    """Fields that must have a value."""
    defaults: Row
    locking: tuple[str, ...]
    """Reference fields whose targets are locked by a write."""
    numbered: tuple[FieldDef, ...]
    """Auto numbers, which every new row is given."""
    others: Callable[[str], Entry]
    """Finds the entry of a name that is not in `entries` as it is written; raises Refused."""

    def read(self, record: Row) -> Row:
        """The values to store under the fields' names, None for what is emptied. Raises Refused."""
        entries = self.entries
        values: Row = {}
        for name, value in record.items():
            entry = entries.get(name)
            if entry is None:
                if name in IGNORED:
                    continue
                entry = entries[name] = self.others(name)
            field, check = entry
            if value is None:
                self._empty(field)
                values[field] = None
            else:
                values[field] = check(value)
        return values

    def _empty(self, field: str) -> None:
        """Raises Refused for a check box: it is true or false, never null."""
        if self.kind.fields[field].type == "boolean":
            words = "Cannot deserialize instance of boolean from VALUE_NULL value null"
            raise Unreadable("JSON_PARSER_ERROR", f"{words} or request may be missing a required field")


def plan_for(world: World, access: Access, kind: ObjectDef, *, creating: bool, csv: bool = False) -> Plan:
    """The plan of a user, kept as long as schema and permissions stay."""
    key = ("plan", kind.name, creating, csv)
    plan: Plan | None = access.cache.get(key)
    if plan is None:
        plan = access.cache[key] = _compiled(world, access, kind, creating, csv)
    return plan


def writable(world: World, access: Access, kind: ObjectDef, field: FieldDef, *, creating: bool) -> bool:
    """Whether the user may set the field: what describe calls createable and updateable."""
    if field.name in AUDIT_FIELDS:
        return creating and sets_audit_fields(world, access, kind)
    return (field.createable if creating else field.updateable) and field.name in access.editable(kind)


def sets_audit_fields(world: World, access: Access, kind: ObjectDef) -> bool:
    """The organisation's switch and the user's permission together (rule salesforce.audit-fields)."""
    return kind.audit and world.switches["audit_fields"] == "on" and access.may("CreateAuditFields")


def _compiled(world: World, access: Access, kind: ObjectDef, creating: bool, csv: bool) -> Plan:
    def entry_of(name: str) -> Entry:
        field = access.field(kind, name)
        if field is not None:
            if writable(world, access, kind, field, creating=creating):
                return field.name, check_for(field, world, csv=csv)
            return field.name, _refusal(field.name, creating)
        return _by_parent(world, access, kind, name, creating, csv)

    fields = access.readable(kind).values()
    open_ones = [f for f in fields if writable(world, access, kind, f, creating=creating)]
    strict = world.switches["lookup_locks"] == "strict"
    return Plan(
        kind,
        {f.name: (f.name, check_for(f, world, csv=csv)) for f in open_ones},
        tuple(f.name for f in kind.fields.values() if (f.required if creating else not f.nillable and f.updateable)),
        {f.name: f.default for f in kind.fields.values() if f.default not in (None, False)} if creating else {},
        tuple(f.name for f in kind.references() if _locks(world, f, strict)),
        tuple(f for f in kind.fields.values() if creating and f.auto_number is not None),
        entry_of,
    )


def _locks(world: World, field: FieldDef, strict: bool) -> bool:
    data = any(name in world.schema.objects and not world.schema.objects[name].setup for name in field.reference_to)
    return data and (not strict or field.master_detail or field.on_delete in (RESTRICT, CASCADE))


def _refusal(name: str, creating: bool) -> Check:
    def refuse(value: Any) -> NoReturn:
        if name == "Id":
            if creating:
                raise Refused("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", ["Id"])
            raise Refused("INVALID_FIELD", "The Id field should not be specified in the sobject data.", ["Id"])
        words = (
            f"Unable to create/update fields: {name}. Please check the security settings of this field and verify "
            "that it is read/write for your profile or permission set."
        )
        raise Refused("INVALID_FIELD_FOR_INSERT_UPDATE", words, [name])

    def refuse_null_too(value: Any) -> NoReturn:
        refuse(value)

    return refuse_null_too


def _by_parent(world: World, access: Access, kind: ObjectDef, name: str, creating: bool, csv: bool) -> Entry:
    """A parent named by its external id: `Account`, `Patient__r`, or in CSV `Patient__r.Cliniko_Id__c`."""
    path, _, parent_field = name.partition(".")
    wanted, _, relation = path.rpartition(":")
    field = kind.relation(relation)
    if field is None or field.name not in access.readable(kind) or bool(parent_field) != csv:
        raise no_column(name, kind.name)
    if not writable(world, access, kind, field, creating=creating):
        return field.name, _refusal(field.name, creating)
    target = wanted or (field.reference_to[0] if len(field.reference_to) == 1 else "")

    def check(value: Any) -> str:
        if csv:
            return _found(world, access, target, parent_field, value)
        if not isinstance(value, dict):
            raise no_column(name, kind.name)
        named = {key: one for key, one in value.items() if key != "attributes"}
        told = (value.get("attributes") or {}).get("type") or target
        if len(named) != 1:
            raise Refused("INVALID_FIELD", f"{relation}: exactly one external id field is needed", [field.name])
        ((key, one),) = named.items()
        return _found(world, access, told, key, one)

    return field.name, check


def _found(world: World, access: Access, target: str, name: str, value: Any) -> str:
    """The id of the parent with this external id."""
    kind = world.schema.find(target)
    field = access.field(kind, name) if kind else None
    if kind is None or field is None or not field.finds:
        words = f"Field name provided, {name} is not an External ID or indexed field for {target or 'the parent'}"
        raise Refused("INVALID_FIELD", words, [])
    ids = world.table(kind.name).indexes[field.name].ids(value) if value not in (None, "") else []
    if not ids:
        words = f"Foreign key external ID: {value} not found for field {field.name} in entity {kind.name}"
        raise Refused("INVALID_FIELD", words, [])
    if len(ids) > 1:
        words = f"Foreign key external ID: {value} matches {len(ids)} rows of {kind.name}"
        raise Refused("DUPLICATE_EXTERNAL_ID", words, [])
    return ids[0]
