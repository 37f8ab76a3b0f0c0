"""Modules and fields: what the twin knows of them, and how metadata shows them (FACTS 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from gurney.twins.kit.tables import Fold, Table, folded

JSON_TYPES = {
    "integer": "integer", "currency": "double", "double": "double", "percent": "double", "boolean": "boolean",
    "lookup": "jsonobject", "ownerlookup": "jsonobject", "userlookup": "jsonobject", "layout": "jsonobject",
    "multiselectpicklist": "jsonarray", "multiselectlookup": "jsonarray", "multiuserlookup": "jsonarray",
    "fileupload": "jsonarray", "imageupload": "jsonarray", "subform": "jsonarray", "formula": "double",
    "rollup_summary": "integer", "multi_module_lookup": "jsonobject", "tags": "jsonarray", "participants": "jsonarray",
}  # fmt: skip
UI_TYPES = {
    "text": 1, "picklist": 2, "textarea": 3, "ownerlookup": 8, "userlookup": 8, "website": 21, "date": 24, "email": 25,
    "integer": 32, "phone": 33, "percent": 34, "currency": 36, "double": 38, "bigint": 52, "multiselectpicklist": 100,
    "lookup": 133, "datetime": 333, "boolean": 301, "multiselectlookup": 444, "subform": 500, "fileupload": 555,
    "imageupload": 556, "formula": 116, "rollup_summary": 118, "autonumber": 109,
}  # fmt: skip
SHOWN_TYPES = {"multi_module_lookup": "lookup", "tags": "text"}
"""Types of ours that the vendor's metadata calls otherwise."""
LISTED_EMPTY = frozenset({"subform", "multiselectlookup"})
"""Types that only a GET by id fills (FACTS 4)."""


def exactly(value: Any) -> Any:
    """How a case-sensitive unique field compares."""
    return value


@dataclass
class Option:
    """One value of a pick list."""

    id: str
    actual: str
    display: str

    def wire(self, number: int) -> dict[str, Any]:
        return {
            "display_value": self.display,
            "sequence_number": number,
            "reference_value": self.actual,
            "colour_code": None,
            "actual_value": self.actual,
            "id": self.id,
            "type": "used",
        }


@dataclass
class Field:
    """One field of a module."""

    id: str
    api_name: str
    label: str
    data_type: str
    length: int | None = None
    custom: bool = False
    mandatory: bool = False
    layout_mandatory: bool = False
    creatable: bool = True
    updatable: bool = True
    fixed: bool = False
    """Unknown pick-list values are refused."""
    lookup: str | None = None
    """Module that a lookup points to."""
    modules: tuple[str, ...] = ()
    """Modules that a multi-module lookup points to."""
    text_kind: str | None = None
    """small, large or rich_text."""
    decimal_places: int | None = None
    unique: dict[str, Any] | None = None
    external: dict[str, Any] | None = None
    hipaa: bool = False
    options: list[Option] = field(default_factory=list)
    global_picklist: str | None = None
    tooltip: dict[str, Any] | None = None
    created_time: int | None = None
    auto_number: dict[str, Any] | None = None
    formula: dict[str, Any] | None = None

    @property
    def is_user_unique(self) -> bool:
        """Whether upsert looks for duplicates by it: unique or external (FACTS 4, 8)."""
        return self.unique is not None or self.external is not None

    @property
    def fold(self) -> Fold:
        """How two values are compared for uniqueness."""
        return exactly if self.unique and self.unique.get("case_sensitive") else folded


@dataclass
class Module:
    """One module with its records."""

    id: str
    api_name: str
    module_name: str
    singular: str
    plural: str
    layout_id: str
    display: str = "Name"
    """Field that names a record."""
    system_key: str | None = None
    """Field that upsert merges on by itself (FACTS 0.2)."""
    generated: str = "default"
    upsertable: bool = True
    bulk_writable: bool = True
    creatable: bool = True
    fields: dict[str, Field] = field(default_factory=dict)
    table: Table = field(default_factory=Table)
    version: int = 0
    """Goes up with every change of a record; caches of orders hang on it."""
    shape: int = 0
    """Goes up with every change of a field; compiled checks and renderers hang on it."""
    modified_time: int | None = None
    profiles: list[str] = field(default_factory=list)
    caches: dict[Any, Any] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)

    def add_field(self, new: Field) -> None:
        """Take a field in, and index it when it must be found by."""
        self.fields[new.api_name] = new
        self.index(new)

    def index(self, changed: Field) -> None:
        """Bring the table's indexes in line with a field. Raises Clash."""
        if changed.is_user_unique and changed.api_name not in self.table.unique_fields:
            self.table.make_unique(changed.api_name, changed.fold)
        if changed.data_type in ("lookup", "multi_module_lookup") or changed.api_name == self.system_key:
            self.table.group_by(changed.api_name)
        self.shape += 1
        self.caches.clear()

    def drop_field(self, gone: Field) -> None:
        """Forget a field and its data."""
        del self.fields[gone.api_name]
        self.table.forget_field(gone.api_name)
        self.reshaped()

    def reshaped(self) -> None:
        """A field is other than it was: what was compiled from it is not good any more."""
        self.shape += 1
        self.version += 1
        self.caches.clear()

    def cached(self, key: Any, build: Callable[[], Any]) -> Any:
        """Something that holds as long as the fields do."""
        if key not in self.caches:
            self.caches[key] = build()
        return self.caches[key]

    def custom_fields(self) -> Iterator[Field]:
        return (f for f in self.fields.values() if f.custom)

    def user_unique_fields(self) -> list[str]:
        """In order of creation: U1, U2 of FACTS 4."""
        return [f.api_name for f in self.fields.values() if f.is_user_unique]
