"""The table of the source's objects, read from objects.toml: lists, filters, relations, field types."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from gurney.schema import FieldType
from gurney.sources.cliniko.links import link_target


@dataclass(frozen=True, slots=True)
class ObjectSpec:
    """One object of the source."""

    name: str
    label: str
    paths: tuple[str, ...]
    """Lists that together hold all rows."""
    hides: tuple[str, ...]
    """Stamps whose rows a plain list leaves out (FACTS 3); each is filterable."""
    filterable: bool
    """Whether `created_at` and `updated_at` can be filtered on."""
    optional: bool
    """Not every account has it: 404 means none."""
    fields: Mapping[str, FieldType] = field(default_factory=dict)
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    """Relation to one other record -> object."""

    @property
    def key(self) -> str:
        """Under which name a list's answer holds its rows."""
        return self.name

    def all_rows(self) -> list[tuple[str, str]]:
        """The filters that lift every default exclusion."""
        return [("q[]", f"{stamp}:*") for stamp in self.hides]


@cache
def objects() -> Mapping[str, ObjectSpec]:
    """All objects by name, parents before their children."""
    table = tomllib.loads(files("gurney.sources.cliniko").joinpath("objects.toml").read_text("utf-8"))
    return {name: _spec(name, entry) for name, entry in table.items()}


def _spec(name: str, entry: Mapping[str, Any]) -> ObjectSpec:
    fields = {field_name: FieldType(kind) for kind, names in entry.get("fields", {}).items() for field_name in names}
    options = {field_name: tuple(values) for field_name, values in entry.get("options", {}).items()}
    return ObjectSpec(
        name=name,
        label=entry["label"],
        paths=tuple(entry.get("paths", [f"/{name}"])),
        hides=tuple(entry.get("hides", [])),
        filterable=entry.get("filterable", True),
        optional=entry.get("optional", False),
        fields={**fields, **dict.fromkeys(options, FieldType.PICKLIST)},
        options=options,
        links=entry.get("links", {}),
    )


def state_of(record: Mapping[str, Any]) -> str:
    """Where a record stands: live, archived, cancelled, merged or deleted. An inactive practitioner is live."""
    if record.get("merged_at") or record.get("merged_with_patient"):
        return "merged"
    if record.get("archived_at"):
        return "archived"
    if record.get("deleted_at"):
        return "deleted"
    return "cancelled" if record.get("cancelled_at") else "live"


def is_put_away(record: Mapping[str, Any]) -> bool:
    """Whether somebody archived or deleted the record; `deleted_at` is the older spelling (FACTS 7)."""
    return bool(record.get("archived_at") or record.get("deleted_at"))


def links_of(spec: ObjectSpec, record: Mapping[str, Any]) -> Sequence[tuple[str, str, str]]:
    """(field, object, id) of every relation to one other record."""
    found = []
    for name in spec.links:
        if name in record:
            target = link_target(record, name)
            if target is not None:
                found.append((name, *target))
    return found
