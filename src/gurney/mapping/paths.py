"""Where a value stands in a source record: compiled path readers and conditions.

A relation `{"links": {"self": url}}` reads as the id it points to; a blank text reads as nothing (Cliniko FACTS 5).
Custom fields are addressed by token through `view`, because their names repeat and may change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from gurney.mapping.model import Condition

Record = Mapping[str, Any]
Reader = Callable[[Record], Any]
Test = Callable[[Record], bool]
CUSTOM = "custom_fields"


def view(record: Record) -> Record:
    """The record with its custom fields by token instead of by section."""
    sections = (record.get(CUSTOM) or {}).get("sections")
    if not sections:
        return record
    by_token = {field.get("token"): field for section in sections for field in section.get("fields") or ()}
    return {**record, CUSTOM: by_token}


def reader(path: str) -> Reader:
    """A function that reads one path of a view: 'first_name', 'patient', 'derived.state'."""
    head, *rest = path.split(".")
    if not rest:

        def one_step(record: Record) -> Any:
            value = record.get(head)
            return _plain(value) if type(value) is dict else None if value == "" else value

        return one_step
    if len(rest) == 1:
        last = rest[0]

        def two_steps(record: Record) -> Any:
            inner = record.get(head)
            if not isinstance(inner, dict):
                return None
            value = inner.get(last)
            return _plain(value) if type(value) is dict else None if value == "" else value

        return two_steps
    return lambda record: _walk(record, head, rest)


def many_reader(paths: tuple[str, ...]) -> Reader:
    """A tuple of several paths' values; nothing when none holds anything."""
    readers = tuple(reader(path) for path in paths)
    nothing = (None,) * len(readers)

    def read(record: Record) -> Any:
        values = tuple([one(record) for one in readers])
        return None if values == nothing else values

    return read


def test_of(when: Mapping[str, Condition]) -> Test | None:
    """Whether a record meets all conditions; None when there are none."""
    checks = [_check(reader(path), condition) for path, condition in when.items()]
    if not checks:
        return None
    return lambda record: all(check(record) for check in checks)


def raw_text(value: object) -> str:
    """A source value as text for the comparison that people read."""
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return "\n".join(raw_text(item) for item in value if item is not None)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping | list):
        return orjson.dumps(value, default=str).decode()
    return "" if value is None else str(value)


def _plain(value: Any) -> Any:
    if type(value) is str:
        return value or None
    if type(value) is dict:
        links = value.get("links")
        if type(links) is dict and type(links.get("self")) is str:
            return links["self"].partition("?")[0].rstrip("/").rpartition("/")[2] or None
    return value


def _walk(record: Record, head: str, rest: list[str]) -> Any:
    inner: Any = record.get(head)
    for name in rest:
        if not isinstance(inner, Mapping):
            return None
        inner = inner.get(name)
    return _plain(inner)


def _check(read: Reader, condition: Condition) -> Test:
    if condition.filled is not None:
        wanted = condition.filled
        return lambda record: (read(record) is not None) is wanted
    if condition.none_of:
        unwanted = condition.none_of
        return lambda record: not _among(read(record), unwanted)
    return lambda record: _among(read(record), condition.any_of)


def _among(value: object, values: tuple[str | int | bool, ...]) -> bool:
    """Equality that does not take 1 for true, nor nothing for false."""
    return any(value == one and isinstance(value, bool) is isinstance(one, bool) for one in values)
