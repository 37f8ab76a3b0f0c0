"""Neutral schema: objects, fields and their types, of either side, and the changes that provisioning makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class FieldType(StrEnum):
    """What a field can hold, whatever a vendor calls it."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    RICH_TEXT = "rich_text"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    INTEGER = "integer"
    DECIMAL = "decimal"
    MONEY = "money"
    PERCENT = "percent"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    PICKLIST = "picklist"
    MULTI_PICKLIST = "multi_picklist"
    LOOKUP = "lookup"
    OWNER = "owner"
    FILE = "file"
    OTHER = "other"
    """Something that the vendor computes or that Gurney never writes."""


@dataclass(frozen=True, slots=True)
class FieldSchema:
    """One field of an object. `name` is what the API calls it, `label` what a person sees."""

    name: str
    label: str
    type: FieldType
    max_length: int | None = None
    """Characters of text; digits of numbers."""
    required: bool = False
    unique: bool = False
    writable: bool = True
    options: tuple[str, ...] = ()
    """Values of a pick-list."""
    lookup_to: str | None = None
    custom: bool = False
    hidden_by_policy: bool = False
    """The vendor answers null for it whatever it holds (health-data restriction)."""


@dataclass(frozen=True, slots=True)
class ObjectSchema:
    """One object of a system."""

    name: str
    label: str
    fields: Mapping[str, FieldSchema] = field(default_factory=dict)
    custom: bool = False


@dataclass(frozen=True, slots=True)
class Schema:
    """The objects of a system that a migration touches."""

    objects: Mapping[str, ObjectSchema] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewObject:
    """An object to create. `name` is the API name that the mapping uses."""

    name: str
    label: str
    plural_label: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NewField:
    """A field to create on `object`. The vendor may give it another name than `name`: see `Provisioned`."""

    object: str
    name: str
    label: str
    type: FieldType
    length: int | None = None
    unique: bool = False
    """Our key: one record per value."""
    options: tuple[str, ...] = ()
    lookup_to: str | None = None
    help: str = ""
    reason: str = ""
    maps: tuple[str, ...] = ()
    """Object maps that need it."""


@dataclass(frozen=True, slots=True)
class NewOptions:
    """Pick-list values to add to a field that exists."""

    object: str
    field: str
    options: tuple[str, ...]


SchemaChange = NewObject | NewField | NewOptions


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What became of one schema change."""

    change: SchemaChange
    state: str
    """'created' | 'existing' | 'by_hand' | 'failed'."""
    actual_name: str = ""
    """The name that the vendor gave it."""
    vendor_id: str = ""
    words: str = ""
    """Why it failed, or what the admin must do by hand."""
