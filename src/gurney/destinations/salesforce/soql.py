"""SOQL: the only place where a value enters a query (FACTS 4). It reads what was just written; search does not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from gurney.destinations.salesforce.limits import per_call

Item = TypeVar("Item")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*")
ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def quote(value: str) -> str:
    r"""A text literal.

    >>> print(quote("O'Brien"), quote("a\\b"))
    'O\'Brien' 'a\\b'
    """
    return f"'{value.translate(ESCAPES)}'"


def name(text: str) -> str:
    """An object or field name, with relationships before it, which must be nothing else."""
    if NAME.fullmatch(text) is None:
        raise ValueError("Not an API name of Salesforce's.")
    return text


def select(fields: Iterable[str], object: str, where: str = "") -> str:
    """A query. `where` is made of `within` and the like.

    >>> print(select(["Id", "LastName"], "Contact", within("Id", ["003a", "003b"])))
    SELECT Id, LastName FROM Contact WHERE Id IN ('003a', '003b')
    """
    return f"SELECT {', '.join(map(name, fields))} FROM {name(object)}" + (f" WHERE {where}" if where else "")


def count_all(object: str, where: str = "") -> str:
    """How many records there are, exactly: never recordCount, which is stale (FACTS 0.6)."""
    return f"SELECT COUNT() FROM {name(object)}" + (f" WHERE {where}" if where else "")


def within(field: str, values: Sequence[str]) -> str:
    """`field` is one of the values."""
    return f"{name(field)} IN ({', '.join(map(quote, values))})"


def chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """The items in order, so many at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def fitting(values: Iterable[str], most: int | None = None) -> Iterator[list[str]]:
    """The values in groups that fit into one query's address: percent-encoded, quoted, and at most `most`."""
    most = most or per_call("query_ids")
    room = per_call("query_chars")
    group: list[str] = []
    used = 0
    for value in values:
        length = _encoded_length(value)
        if group and (len(group) == most or used + length > room):
            yield group
            group, used = [], 0
        group.append(value)
        used += length
    if group:
        yield group


def _encoded_length(value: str) -> int:
    """Characters of the address, at worst: letters and digits stay, every other byte becomes three characters."""
    plain = sum(char.isascii() and (char.isalnum() or char in "-._~") for char in value)
    others = len(value.encode("utf-8", "surrogatepass")) - plain
    return plain + 6 * others + 10
