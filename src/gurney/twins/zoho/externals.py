"""External ids in place of ids, named by the header X-EXTERNAL (FACTS 8).

`Contacts.Key` stands in for record ids; `Contacts.Account_Name.Key` lets a lookup be written by external value;
`Events.What_Id->Accounts.Key` does the same for lookups to several modules. Commas separate more of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gurney.twins.zoho.call import Call
from gurney.twins.zoho.refusals import ElementRefused, invalid
from gurney.twins.zoho.schema import Module
from gurney.twins.zoho.world import World


@dataclass
class Externals:
    """What the header says about one module."""

    key: str | None = None
    """External field whose value replaces the record's id."""
    lookups: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Lookup field to (module, external field)."""


NONE = Externals()


def named_by(call: Call, module: Module) -> Externals:
    """Read the header. Raises Refused when it names no external field."""
    header = call.request.header("x-external")
    if not header:
        return NONE
    found = Externals()
    for path in header.split(","):
        parts = path.strip().replace("->", ".").split(".")
        if parts[0] != module.api_name or len(parts) not in (2, 3, 4):
            raise invalid({"header": "X-EXTERNAL"}, "the external header given seems to be invalid")
        if len(parts) == 2:
            found.key = parts[1]
            _must_be_external(module, parts[1])
        else:
            found.lookups[parts[1]] = _lookup_path(call.world, module, parts[1:])
    return found


def _lookup_path(world: World, module: Module, parts: list[str]) -> tuple[str, str]:
    lookup = module.fields.get(parts[0])
    target = parts[1] if len(parts) == 3 else (lookup.lookup if lookup else None)
    if lookup is None or target is None or target not in world.modules:
        raise invalid({"header": "X-EXTERNAL"}, "the external header given seems to be invalid")
    _must_be_external(world.modules[target], parts[-1])
    return target, parts[-1]


def _must_be_external(module: Module, name: str) -> None:
    external = module.fields.get(name)
    if external is None or external.external is None:
        raise invalid({"header": "X-EXTERNAL", "api_name": name}, "the external header given seems to be invalid")


def record_id(module: Module, externals: Externals, value: str) -> str | None:
    """The id that a path or id list means; None when there is no such record."""
    if externals.key is None:
        return value if value in module.table else None
    row = module.table.by(externals.key, value)
    return row["id"] if row else None


def with_ids(world: World, record: dict[str, Any], externals: Externals, path: str) -> dict[str, Any]:
    """The record with external lookups replaced by ids; the external value wins. Raises ElementRefused."""
    changed = dict(record)
    for name, (target, key) in externals.lookups.items():
        given = record.get(name)
        if isinstance(given, dict) and key in given:
            row = world.modules[target].table.by(key, given[key])
            if row is None:
                details = {"api_name": key, "json_path": f"{path}.{name}.{key}"}
                raise ElementRefused("INVALID_DATA", "the external id given seems to be invalid", details)
            changed[name] = {"id": row["id"]}
    return changed
