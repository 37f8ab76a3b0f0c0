"""Rows as JSON shows them (FACTS 2, 3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from gurney.twins.salesforce.call import Call
from gurney.twins.salesforce.refusals import Refused
from gurney.twins.salesforce.schema import FieldDef, ObjectDef
from gurney.twins.salesforce.store import Row

Shower = Callable[[Row], Any]
ADDRESS_PARTS = {
    "city": "City",
    "country": "Country",
    "geocodeAccuracy": "GeocodeAccuracy",
    "latitude": "Latitude",
    "longitude": "Longitude",
    "postalCode": "PostalCode",
    "state": "State",
    "street": "Street",
}


def attributes(base: str, kind: ObjectDef, id: str) -> dict[str, str]:
    """`{"type", "url"}`; `base` is `/services/data/v67.0`."""
    return {"type": kind.name, "url": f"{base}/sobjects/{kind.name}/{id}"}


def shower(base: str, kind: ObjectDef, field: FieldDef) -> Shower:
    """How one field of a row is shown."""
    name = field.name
    if field.type == "boolean":
        return lambda row: row.get(name, False)
    if field.type == "address":
        return _address(name.removesuffix("Address"))
    if field.type == "base64":
        return lambda row: f"{base}/sobjects/{kind.name}/{row['Id']}/{name}"
    return lambda row: row.get(name)


def _address(prefix: str) -> Shower:
    parts = {part: prefix + suffix for part, suffix in ADDRESS_PARTS.items()}

    def show(row: Row) -> dict[str, Any] | None:
        shown = {part: row.get(name) for part, name in parts.items()}
        return shown if any(value is not None for value in shown.values()) else None

    return show


def showers(call: Call, kind: ObjectDef, fields: Iterable[str] | None) -> list[tuple[str, Shower]]:
    """How rows are shown to the caller: named fields, or all that he sees. Raises Refused for unknown names."""
    visible = call.access.readable(kind)
    if fields is None:
        every: list[tuple[str, Shower]] = call.access.cached(
            ("showers", kind.name, call.base), lambda: [(n, shower(call.base, kind, f)) for n, f in visible.items()]
        )
        return every
    found = []
    for name in fields:
        field = kind.find(name)
        if field is None or field.name not in visible:
            raise Refused("INVALID_FIELD", f"No such column '{name}' on sobject of type {kind.name}")
        found.append((field.name, shower(call.base, kind, field)))
    return found


def shown(call: Call, kind: ObjectDef, row: Row, fields: list[tuple[str, Shower]]) -> dict[str, Any]:
    """One row with its attributes."""
    wire: dict[str, Any] = {"attributes": attributes(call.base, kind, row["Id"])}
    for name, show in fields:
        wire[name] = show(row)
    return wire
