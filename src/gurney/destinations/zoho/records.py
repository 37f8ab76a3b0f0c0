"""Records between neutral values and Zoho's JSON: both directions compiled once per object, then plain loops.

Money and other decimals are written digit by digit, never through a float. Times leave as UTC and come back as UTC,
whatever the time zone of the token's user (FACTS 3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson

from gurney.destinations.plain import Unsendable
from gurney.destinations.zoho.answers import moment
from gurney.destinations.zoho.metadata import NONE_OPTION, USERS
from gurney.records import Link, ReadBack, Value, Write
from gurney.schema import FieldSchema, FieldType, ObjectSchema

MODIFIED_AT = "Modified_Time"
MODIFIED_BY = "Modified_By"
OWNER = "Owner"
RELATED_TO = "What_Id"
RELATED_MODULE = "$se_module"
PARENT = "Parent_Id"
SMALL_INTEGER = 10**9
"""Integers below travel as numbers, larger ones as text: a bigint is a string (FACTS 6)."""


def _text(value: Any) -> Any:
    return value


def _decimal(value: Decimal) -> orjson.Fragment:
    return orjson.Fragment(format(value, "f"))


def _integer(value: int) -> int | str:
    return value if -SMALL_INTEGER < value < SMALL_INTEGER else str(value)


def _date(value: date) -> str:
    return value.isoformat()


def _datetime(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds")


TO_WIRE: dict[type, Callable[[Any], Any]] = {
    str: _text,
    bool: _text,
    int: _integer,
    Decimal: _decimal,
    datetime: _datetime,
    date: _date,
    tuple: list,
    Link: lambda value: {"id": value.id},
}


def read_decimal(value: Any) -> Decimal | None:
    """A JSON number or text as a decimal. A float's shortest text is what Zoho sent, up to 15 digits."""
    return None if value in (None, "") or isinstance(value, bool) else Decimal(str(value))


def _read_text(value: Any) -> str | None:
    if value in (None, "", NONE_OPTION):
        return None
    return value if isinstance(value, str) else str(value)


def _read_integer(value: Any) -> int | None:
    return None if value in (None, "") or isinstance(value, bool) else int(value)


def _read_boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _read_date(value: Any) -> date | None:
    return date.fromisoformat(value[:10]) if isinstance(value, str) and value else None


def _read_options(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(";")]
    found = tuple(str(option) for option in value or () if option not in ("", NONE_OPTION))
    return found or None


READERS: dict[FieldType, Callable[[Any], Value]] = {
    FieldType.INTEGER: _read_integer,
    FieldType.DECIMAL: read_decimal,
    FieldType.MONEY: read_decimal,
    FieldType.PERCENT: read_decimal,
    FieldType.BOOLEAN: _read_boolean,
    FieldType.DATE: _read_date,
    FieldType.DATETIME: moment,
    FieldType.MULTI_PICKLIST: _read_options,
}


def _reader(schema: FieldSchema) -> Callable[[Any], Value]:
    if schema.type in (FieldType.LOOKUP, FieldType.OWNER):
        return _link_reader(USERS if schema.type is FieldType.OWNER else schema.lookup_to or "")
    return READERS.get(schema.type, _read_text)


def _link_reader(target: str) -> Callable[[Any], Link | None]:
    def read(value: Any) -> Link | None:
        if isinstance(value, str) and value:
            return Link(target, value)
        if not isinstance(value, dict) or not value.get("id"):
            return None
        module = value.get("module")  # told where a lookup may point to several modules
        told = module.get("api_name") if isinstance(module, dict) else None
        return Link(str(told or target), str(value["id"]))

    return read


@dataclass(frozen=True, slots=True)
class Codec:
    """How one object's records are written and read."""

    schema: ObjectSchema
    readers: Mapping[str, Callable[[Any], Value]]
    writable: frozenset[str]
    several: frozenset[str]
    """Fields that are emptied by [] (FACTS 13)."""
    hidden: frozenset[str]
    """Fields that answer null whatever they hold (FACTS 0.6)."""

    @classmethod
    def of(cls, schema: ObjectSchema) -> Codec:
        fields = schema.fields.values()
        return cls(
            schema,
            {field.name: _reader(field) for field in fields},
            frozenset(field.name for field in fields if field.writable),
            frozenset(field.name for field in fields if field.type is FieldType.MULTI_PICKLIST),
            frozenset(field.name for field in fields if field.hidden_by_policy),
        )

    def body(self, write: Write, *, creating: bool) -> dict[str, Any]:
        """One element of `data`. On a creation empty values are left out; on an update they empty the field."""
        body: dict[str, Any] = {}
        for name, value in write.fields.items():
            if name not in self.writable:
                raise self._unsendable(name)
            if value is not None:
                body[name] = TO_WIRE[type(value)](value)
            elif not creating:
                body[name] = [] if name in self.several else None
        if write.owner_id is not None:
            body[OWNER] = {"id": write.owner_id}
        if write.parent is not None and creating:
            body[PARENT] = {"module": {"api_name": write.parent.object}, "id": write.parent.id}
        related = write.fields.get(RELATED_TO)
        if isinstance(related, Link):
            body[RELATED_MODULE] = related.object  # mandatory beside What_Id (FACTS 5)
        if not creating:
            body["id"] = write.destination_id
        return body

    def read(self, raw: Mapping[str, Any], fields: tuple[str, ...]) -> ReadBack:
        """One record as neutral values of exactly `fields`."""
        readers = self.readers
        values = {name: readers.get(name, _read_text)(raw.get(name)) for name in fields}
        hidden = frozenset(name for name in self.hidden if name in values and values[name] is None)
        return read_back(raw, values, hidden)

    def _unsendable(self, name: str) -> Unsendable:
        if name in self.schema.fields:
            return Unsendable(name, "not-writable", f"Zoho does not let anyone write {name}")
        return Unsendable(name, "unknown-field", f"{self.schema.name} has no field {name}; run `gurney provision`")


class Codecs:
    """Codecs by object, compiled anew when the schema was fetched anew."""

    def __init__(self) -> None:
        self._known: dict[str, Codec] = {}

    def of(self, schema: ObjectSchema) -> Codec:
        known = self._known.get(schema.name)
        if known is None or known.schema is not schema:
            known = self._known[schema.name] = Codec.of(schema)
        return known


def read_back(raw: Mapping[str, Any], values: Mapping[str, Value], hidden: frozenset[str] = frozenset()) -> ReadBack:
    """A record with its modification stamp."""
    by = raw.get(MODIFIED_BY)
    return ReadBack(
        id=str(raw["id"]),
        fields=values,
        modified_at=moment(raw.get(MODIFIED_AT)),
        modified_by=str(by.get("id") or "") or None if isinstance(by, dict) else None,
        unreadable=hidden,
    )
