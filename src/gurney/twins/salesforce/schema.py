"""Objects and fields: what the organisation has, and what refers to what (FACTS 6, 7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gurney.twins.salesforce.writing import Hooks

TEXT_TYPES = frozenset({"string", "textarea", "email", "phone", "url", "picklist", "multipicklist", "combobox"})
NOT_GROUPED = frozenset({"double", "currency", "percent", "datetime", "multipicklist", "base64", "address", "location"})
SET_NULL, RESTRICT, CASCADE = "SetNull", "Restrict", "Cascade"
SHORT_TEXT = 255


@dataclass(slots=True)
class PickValue:
    """One value of a pick list."""

    value: str
    label: str
    default: bool = False
    active: bool = True


@dataclass(slots=True)
class FieldDef:
    """One field. `type` is the word of describe: string, textarea, reference …"""

    name: str
    label: str
    type: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    digits: int = 0
    nillable: bool = True
    createable: bool = True
    updateable: bool = True
    defaulted: bool = False
    """defaultedOnCreate."""
    default: Any = None
    unique: bool = False
    case_sensitive: bool = False
    external_id: bool = False
    id_lookup: bool = False
    calculated: bool = False
    auto_number: str | None = None
    """Display format of an auto number, as `APT-{000000}`."""
    counter: int = field(default=0, compare=False)
    """The last auto number that was given: every such field has its own."""
    reference_to: tuple[str, ...] = ()
    relationship: str | None = None
    """By which the parent is named in queries: `Account`, `Patient__r`."""
    children: str | None = None
    """By which the parent names these rows in sub-queries: `Contacts`, `Appointments__r`."""
    on_delete: str = SET_NULL
    """What the deletion of the parent does: SetNull, Restrict, Cascade."""
    master_detail: bool = False
    picklist: list[PickValue] = field(default_factory=list)
    restricted: bool = False
    html: bool = False
    name_field: bool = False
    name_pointing: bool = False
    permissionable: bool = True
    """Whether field-level security applies; if not, who sees the object sees the field."""
    compound: str | None = None
    extra_type: str | None = None
    help: str | None = None
    custom: bool = False
    id: str | None = None
    """Of a custom field: 00N…"""
    metadata_type: str | None = None
    """Of a custom field: its type in metadata (`Text`, `LongTextArea`, `Lookup`)."""
    filterable: bool = True
    sortable: bool = True
    groupable: bool = True
    aggregatable: bool = True

    def __post_init__(self) -> None:
        if self.is_long or self.type in ("base64", "encryptedstring"):
            self.filterable = self.sortable = self.groupable = self.aggregatable = False
        if self.type in NOT_GROUPED:
            self.groupable = False
        if self.type in ("address", "location", "multipicklist"):
            self.sortable = self.aggregatable = False
        if self.type == "boolean":
            self.aggregatable = False
        if self.type == "combobox":
            self.groupable = False

    @property
    def is_long(self) -> bool:
        """Long or rich text: not filterable, sortable, groupable (FACTS 2)."""
        return self.type == "textarea" and self.length > SHORT_TEXT

    @property
    def required(self) -> bool:
        """Must be given on create."""
        return not self.nillable and self.createable and not self.defaulted and self.type != "boolean"

    @property
    def finds(self) -> bool:
        """Whether upsert may find rows by it."""
        return self.external_id or self.id_lookup

    @property
    def under_security(self) -> bool:
        """Whether it is invisible until field-level security grants it (FACTS 0.4)."""
        return self.custom and self.grantable

    @property
    def grantable(self) -> bool:
        """Whether a permission set may speak of it: not of required fields, masters and names (FACTS 7)."""
        return self.permissionable and (self.nillable or self.type == "boolean") and not self.master_detail


@dataclass
class ObjectDef:
    """One object. Fields are kept in the order of describe."""

    name: str
    label: str
    label_plural: str
    key_prefix: str | None
    custom: bool = False
    id: str | None = None
    """Of a custom object: 01I…"""
    createable: bool = True
    updateable: bool = True
    deletable: bool = True
    undeletable: bool = True
    queryable: bool = True
    searchable: bool = True
    layoutable: bool = True
    triggerable: bool = True
    mergeable: bool = False
    replicateable: bool = True
    setup: bool = False
    """A setup object: may not be mixed with data objects in one request (FACTS 3.2)."""
    audit: bool = False
    """Whether CreatedDate can be set on create (FACTS 0.5)."""
    activities: bool = False
    """Whether events and tasks may be about rows of a custom object."""
    storage_kb: int = 2
    sharing_model: str = "ReadWrite"
    fields: dict[str, FieldDef] = field(default_factory=dict)
    deleted_fields: list[FieldDef] = field(default_factory=list)
    """Deleted, not purged: they still count (FACTS 11)."""
    hooks: Hooks | None = None
    """What else happens when rows are written."""
    _names: dict[str, FieldDef] = field(default_factory=dict)

    def add(self, new: FieldDef) -> None:
        self.fields[new.name] = new
        self._names[new.name.lower()] = new

    def remove(self, name: str) -> FieldDef:
        """Take a field out for good. Raises KeyError."""
        gone = self.fields.pop(name)
        del self._names[name.lower()]
        return gone

    def find(self, name: str) -> FieldDef | None:
        """A field by its name in any case."""
        return self.fields.get(name) or self._names.get(name.lower())

    def relation(self, name: str) -> FieldDef | None:
        """The reference field whose parent is called so (`Account`, `Patient__r`), in any case."""
        wanted = name.lower()
        return next((f for f in self.fields.values() if f.relationship and f.relationship.lower() == wanted), None)

    def references(self) -> Iterator[FieldDef]:
        return (f for f in self.fields.values() if f.reference_to)

    def custom_fields(self) -> Iterator[FieldDef]:
        return (f for f in self.fields.values() if f.custom)

    @property
    def custom_field_count(self) -> int:
        """As the limit counts: with the deleted ones that were not purged."""
        return sum(1 for _ in self.custom_fields()) + len(self.deleted_fields)

    @property
    def name_field(self) -> FieldDef | None:
        return next((f for f in self.fields.values() if f.name_field), None)

    @property
    def owned(self) -> bool:
        return "OwnerId" in self.fields


class Schema:
    """All objects. `version` goes up with every change; whatever was compiled from the schema hangs on it."""

    def __init__(self) -> None:
        self.objects: dict[str, ObjectDef] = {}
        self.deleted_objects: list[ObjectDef] = []
        self.version = 0
        self._names: dict[str, ObjectDef] = {}
        self._prefixes: dict[str, ObjectDef] = {}
        self._children: dict[str, list[tuple[ObjectDef, FieldDef]]] = {}

    def add(self, new: ObjectDef) -> ObjectDef:
        """Take an object in. Who also stores rows calls `World.add_object` instead."""
        self.objects[new.name] = new
        self._names[new.name.lower()] = new
        if new.key_prefix:
            self._prefixes.setdefault(new.key_prefix, new)
        self.touch()
        return new

    def remove(self, name: str) -> ObjectDef:
        gone = self.objects.pop(name)
        del self._names[name.lower()]
        if gone.key_prefix and self._prefixes.get(gone.key_prefix) is gone:
            del self._prefixes[gone.key_prefix]
        self.touch()
        return gone

    def touch(self) -> None:
        """Something changed."""
        self.version += 1
        self._children.clear()

    def find(self, name: str) -> ObjectDef | None:
        """An object by its name in any case."""
        return self.objects.get(name) or self._names.get(name.lower())

    def of_id(self, id: str) -> ObjectDef | None:
        """The object that an id belongs to, by its prefix."""
        return self._prefixes.get(id[:3])

    def children_of(self, name: str) -> list[tuple[ObjectDef, FieldDef]]:
        """Every (object, reference field) that can point to rows of this object."""
        found = self._children.get(name)
        if found is None:
            found = self._children[name] = [
                (other, one)
                for other in self.objects.values()
                for one in other.references()
                if name in one.reference_to
            ]
        return found
