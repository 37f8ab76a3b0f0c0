"""Records between neutral values and Salesforce's JSON and CSV: compiled once per object, then plain loops.

The same value has the same form by every route, except that a CSV cell left empty says "unchanged" and `#N/A` says
null (FACTS 5). Decimals travel digit by digit, never through a float; times leave as UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import orjson

from gurney.destinations.plain import Unsendable
from gurney.destinations.salesforce.answers import moment
from gurney.destinations.salesforce.limits import per_call
from gurney.destinations.salesforce.metadata import AUDIT_FIELDS, NUMBERS, OWNER, USERS, Described
from gurney.records import Kind, Link, ReadBack, Value, Write
from gurney.schema import FieldSchema, FieldType

MODIFIED_AT = "SystemModstamp"
MODIFIED_BY = "LastModifiedById"
STAMPS = (MODIFIED_AT, MODIFIED_BY)
NULL_CELL = "#N/A"
ID = "Id"
Encode = Callable[[Any], Any]


# To JSON. None means: the JSON library takes the value as it is (text, numbers, dates, moments).


def _text(value: Any) -> Any:
    return value.replace("\r\n", "\n").replace("\r", "\n") if type(value) is str and "\r" in value else value


def _decimal(value: Any) -> Any:
    return orjson.Fragment(format(value, "f")) if type(value) is Decimal else value


def _date(value: Any) -> Any:
    return value.date() if type(value) is datetime else value


def _moment(value: Any) -> Any:
    return value.astimezone(UTC).replace(microsecond=0) if type(value) is datetime else value


def _options(value: Any) -> Any:
    return ";".join(value) if type(value) is tuple else value


def _link(value: Any) -> Any:
    return value.id if type(value) is Link else value


TO_JSON: dict[FieldType, Encode] = {
    FieldType.TEXT: _text,
    FieldType.LONG_TEXT: _text,
    FieldType.RICH_TEXT: _text,
    FieldType.INTEGER: _decimal,
    FieldType.DECIMAL: _decimal,
    FieldType.MONEY: _decimal,
    FieldType.PERCENT: _decimal,
    FieldType.DATE: _date,
    FieldType.DATETIME: _moment,
    FieldType.MULTI_PICKLIST: _options,
    FieldType.LOOKUP: _link,
    FieldType.OWNER: _link,
}


# To a CSV cell.


def _cell_decimal(value: Any) -> str:
    return format(value, "f") if type(value) is Decimal else str(value)


def _cell_boolean(value: Any) -> str:
    return "true" if value else "false"


def _cell_date(value: Any) -> str:
    return str(value.date() if type(value) is datetime else value)


def _cell_moment(value: Any) -> str:
    if type(value) is datetime:
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value)


TO_CELL: dict[FieldType, Encode] = {
    **TO_JSON,
    FieldType.INTEGER: _cell_decimal,
    FieldType.DECIMAL: _cell_decimal,
    FieldType.MONEY: _cell_decimal,
    FieldType.PERCENT: _cell_decimal,
    FieldType.BOOLEAN: _cell_boolean,
    FieldType.DATE: _cell_date,
    FieldType.DATETIME: _cell_moment,
}
SHORT = (
    frozenset({FieldType.INTEGER, FieldType.BOOLEAN, FieldType.DATE, FieldType.DATETIME, FieldType.LOOKUP}) | NUMBERS
)
"""Types whose cells are never too long for a bulk file, and never read as null."""


# From JSON


def read_decimal(value: Any) -> Decimal | None:
    """A JSON number as a decimal. A float's shortest text is what was sent, up to 15 digits."""
    return None if value in (None, "") or isinstance(value, bool) else Decimal(str(value))


def _read_text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else str(value)


def _read_integer(value: Any) -> int | None:
    return None if value in (None, "") or isinstance(value, bool) else int(value)


def _read_boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _read_date(value: Any) -> date | None:
    return date.fromisoformat(value[:10]) if isinstance(value, str) and value else None


def _read_options(value: Any) -> tuple[str, ...] | None:
    return tuple(value.split(";")) if isinstance(value, str) and value else None


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
    if schema.type not in (FieldType.LOOKUP, FieldType.OWNER):
        return READERS.get(schema.type, _read_text)
    target = USERS if schema.type is FieldType.OWNER else schema.lookup_to or ""

    def read(value: Any) -> Link | None:
        return Link(target, value) if isinstance(value, str) and value else None

    return read


@dataclass(frozen=True, slots=True)
class Codec:
    """How one object's records are written and read."""

    described: Described
    attributes: orjson.Fragment
    creating: Mapping[str, Encode | None]
    updating: Mapping[str, Encode | None]
    cells: Mapping[str, Encode | None]
    readers: Mapping[str, Callable[[Any], Value]]
    long: frozenset[str]
    """Fields whose text may be too long for a bulk file, or read as null there."""

    @classmethod
    def of(cls, described: Described) -> Codec:
        schema = described.schema
        fields = schema.fields
        encoders = {name: TO_JSON.get(one.type) for name, one in fields.items() if one.type is not FieldType.OTHER}
        return cls(
            described,
            orjson.Fragment(orjson.dumps({"type": schema.name})),
            {name: encode for name, encode in encoders.items() if name in described.createable},
            {name: encode for name, encode in encoders.items() if name in described.updateable},
            {name: TO_CELL.get(one.type) for name, one in fields.items()},
            {name: _reader(one) for name, one in fields.items()},
            frozenset(name for name, one in fields.items() if one.type not in SHORT),
        )

    @property
    def object(self) -> str:
        return self.described.schema.name

    def check(self, write: Write) -> None:
        """Raise Unsendable for a field that would make the vendor refuse the record."""
        allowed = self.creating if write.kind is Kind.CREATE else self.updating
        if not write.fields.keys() <= allowed.keys():
            raise self._unsendable(min(write.fields.keys() - allowed.keys()), write.kind is Kind.CREATE)
        if self._is_owned(write) and OWNER not in allowed:
            raise self._unsendable(OWNER, write.kind is Kind.CREATE)

    def row(self, write: Write) -> dict[str, Any]:
        """One element of `records`. On a creation empty values are left out; on an update they empty the field."""
        creating = write.kind is Kind.CREATE
        encoders = self.creating if creating else self.updating
        row: dict[str, Any] = {"attributes": self.attributes}
        if not creating:
            row[ID] = write.destination_id
        for name, value in write.fields.items():
            if value is not None:
                encode = encoders[name]
                row[name] = value if encode is None else encode(value)
            elif not creating:
                row[name] = None
        if self._is_owned(write):
            row[OWNER] = write.owner_id
        return row

    def columns(self, batch: Iterable[Write]) -> list[str]:
        """The header of a bulk file: every field that one of the records fills."""
        names: dict[str, None] = {}
        for write in batch:
            if write.kind is not Kind.CREATE:
                names[ID] = None
            names.update(dict.fromkeys(write.fields))
            if self._is_owned(write):
                names[OWNER] = None
        return list(names)

    def cells_of(self, batch: Iterable[Write], columns: Sequence[str]) -> Iterable[list[Any]]:
        """The lines of a bulk file, one a record."""
        plan = [(name, self.cells.get(name)) for name in columns]
        for write in batch:
            fields: Mapping[str, Any] = write.fields
            if self._is_owned(write) or write.kind is not Kind.CREATE:
                fields = self._with_ids(write)
            empty = "" if write.kind is Kind.CREATE else NULL_CELL
            line: list[Any] = []
            for name, encode in plan:
                value = fields.get(name)
                if value is None:
                    line.append(empty if name in fields else "")
                else:
                    line.append(value if encode is None else encode(value))
            yield line

    def fits_bulk(self, write: Write) -> bool:
        """Whether a bulk file can carry the record: no text too long, none that would be read as null (FACTS 5)."""
        most = per_call("bulk_field_chars")
        long = self.long
        for name, value in write.fields.items():
            if name in long and type(value) is str and (len(value) > most or value == NULL_CELL):
                return False
        return True

    def read(self, raw: Mapping[str, Any], fields: Sequence[str]) -> ReadBack:
        """One record as neutral values of exactly `fields`."""
        readers = self.readers
        values = {name: readers[name](raw.get(name)) if name in readers else None for name in fields}
        return read_back(raw, values)

    def _is_owned(self, write: Write) -> bool:
        """Whether the record's owner is told. Some objects have none: products, details of a master (DESC)."""
        return write.owner_id is not None and OWNER in self.described.schema.fields

    def _with_ids(self, write: Write) -> dict[str, Any]:
        fields = dict(write.fields)
        if self._is_owned(write):
            fields[OWNER] = write.owner_id
        if write.kind is not Kind.CREATE:
            fields[ID] = write.destination_id
        return fields

    def _unsendable(self, name: str, creating: bool) -> Unsendable:
        if name not in self.described.schema.fields:
            words = f"{self.object} has no field {name} that we may see; run `gurney provision`"
            return Unsendable(name, "unknown-field", words)
        when = "created" if creating else "updated"
        words = f"Salesforce does not let this user write {name} when a record is {when}"
        return Unsendable(name, "not-writable", words)


class Codecs:
    """Codecs by object, compiled anew when the schema was fetched anew."""

    def __init__(self) -> None:
        self._known: dict[str, Codec] = {}

    def of(self, described: Described) -> Codec:
        known = self._known.get(described.schema.name)
        if known is None or known.described is not described:
            known = self._known[described.schema.name] = Codec.of(described)
        return known


def sets_audit(write: Write) -> bool:
    """Whether a creation tells when or by whom: an upsert that finds the record would refuse that (FACTS 9)."""
    return write.kind is Kind.CREATE and any(write.fields.get(name) is not None for name in AUDIT_FIELDS)


def read_back(raw: Mapping[str, Any], values: Mapping[str, Value]) -> ReadBack:
    """A record with its modification stamp."""
    return ReadBack(
        id=str(raw[ID]),
        fields=values,
        modified_at=moment(raw.get(MODIFIED_AT)),
        modified_by=str(raw.get(MODIFIED_BY) or "") or None,
    )


def rounded(value: Decimal, scale: int) -> Decimal:
    """A number as the vendor keeps it: more decimals than the field has are rounded (FACTS 2)."""
    return value.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_UP)
