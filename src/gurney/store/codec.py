"""Neutral values to bytes and back, exactly.

The bytes are canonical: equal values give equal bytes, so that a digest means something. A mapping of fields is
JSON; what JSON has no type for is an object with one tagged key, which no value can be mistaken for.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson

from gurney.records import File, Kind, Link, OperationKey, Value, Write

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def _tagged(value: object) -> Any:
    if isinstance(value, Decimal):
        return {"$d": str(value)}
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError("a moment without a zone is not a value")
        return {"$t": value.astimezone(UTC).isoformat()}
    if isinstance(value, date):
        return {"$c": value.isoformat()}
    if isinstance(value, Link):
        return {"$l": [value.object, value.id]}
    raise TypeError(f"no value of this type is ever stored: {type(value).__name__}")


def _value(stored: Any) -> Value:
    if isinstance(stored, list):
        return tuple(stored)
    if isinstance(stored, dict):
        ((tag, content),) = stored.items()
        if tag == "$d":
            return Decimal(content)
        if tag == "$t":
            return datetime.fromisoformat(content)
        if tag == "$c":
            return date.fromisoformat(content)
        return Link(*content)
    plain: Value = stored
    return plain


def encode_fields(fields: Mapping[str, Value]) -> bytes:
    """Canonical bytes of named values. Integers beyond 64 bits are refused with a TypeError."""
    return orjson.dumps(dict(fields), default=_tagged, option=_OPTIONS)


def decode_fields(stored: bytes) -> dict[str, Value]:
    """The named values that `encode_fields` was given."""
    return {name: _value(value) for name, value in orjson.loads(stored).items()}


def write_identity(key: OperationKey) -> str:
    """What a sealed write is bound to."""
    return f"write/{key}"


def before_identity(key: OperationKey) -> str:
    """What the sealed values from before a write are bound to."""
    return f"before/{key}"


def encode_write(write: Write) -> bytes:
    """Canonical bytes of everything that is needed to send a write again."""
    return orjson.dumps(
        {
            "object": write.object,
            "key_field": write.key_field,
            "key_value": write.key_value,
            "fields": dict(write.fields),
            "kind": write.kind.value,
            "destination_id": write.destination_id,
            "owner_id": write.owner_id,
            "parent": write.parent,
            "file": None
            if write.file is None
            else [
                write.file.store_id,
                write.file.name,
                write.file.size_bytes,
                write.file.content_type,
                write.file.sha256,
                write.file.md5,
            ],
            "unless": write.unless_modified_since,
        },
        default=_tagged,
        option=_OPTIONS,
    )


def decode_write(key: OperationKey, stored: bytes) -> Write:
    """The write that `encode_write` was given."""
    data = orjson.loads(stored)
    parent = _value(data["parent"]) if data["parent"] else None
    unless = _value(data["unless"]) if data["unless"] else None
    return Write(
        key=key,
        object=data["object"],
        key_field=data["key_field"],
        key_value=data["key_value"],
        fields={name: _value(value) for name, value in data["fields"].items()},
        kind=Kind(data["kind"]),
        destination_id=data["destination_id"],
        owner_id=data["owner_id"],
        parent=parent if isinstance(parent, Link) else None,
        file=File(*data["file"]) if data["file"] else None,
        unless_modified_since=unless if isinstance(unless, datetime) else None,
    )
