"""The vendor's resources as data: filters, shape of a new record, what can be written (`resources.toml`)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

SCOPES = ("archived_at", "cancelled_at", "deleted_at")
"""Attributes that take a record out of plain lists, and that a read by id can be asked to ignore."""
_EVERYWHERE = {"id": "int64", "created_at": "date-time", "updated_at": "date-time"}
_WITHOUT_ID = ("services",)


@dataclass(frozen=True)
class Resource:
    """One resource of the API."""

    name: str
    filters: Mapping[str, str]
    """Attribute to its filter type, as a list takes it."""
    shape: Mapping[str, Any]
    """What a new record holds before anything is sent."""
    links: Mapping[str, str]
    write: frozenset[str]
    required: tuple[str, ...]
    verbs: frozenset[str]
    single_filters: Mapping[str, str] = field(init=False)
    """What a read by id takes."""

    def __post_init__(self) -> None:
        scopes = {name: kind for name, kind in self.filters.items() if name in SCOPES}
        object.__setattr__(self, "single_filters", scopes)


@cache
def resources() -> dict[str, Resource]:
    """Every resource by name."""
    tables = tomllib.loads(Path(__file__).with_name("resources.toml").read_text(encoding="utf-8"))
    return {name: _resource(name, table) for name, table in tables.items()}


def _resource(name: str, table: dict[str, Any]) -> Resource:
    filters = {} if name in _WITHOUT_ID else dict(_EVERYWHERE)
    for kind, names in table.get("filter", {}).items():
        filters |= dict.fromkeys(names.split(), kind)
    shape: dict[str, Any] = dict.fromkeys(table.get("blank", "").split(), "")
    shape |= dict.fromkeys(table.get("null", "").split())
    shape |= table.get("fixed", {})
    return Resource(
        name,
        filters,
        shape,
        table.get("links", {}),
        frozenset(table.get("write", "").split()),
        tuple(table.get("required", "").split()),
        frozenset(table.get("verbs", "").split()),
    )
