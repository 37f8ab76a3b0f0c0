"""COQL, Zoho's query language: the only place where a value enters a query (FACTS 4 and 14.8).

COQL is used to find records because it is not delayed as search is, and its `=` compares whole values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")
NAME = re.compile(r"[A-Za-z$][A-Za-z0-9_$]*(?:\.[A-Za-z][A-Za-z0-9_]*)*")


def quote(value: str) -> str:
    r"""A text literal. Backslashes first, so that none of ours is escaped again.

    >>> print(quote("O'Brien"), quote("a\\b"))
    'O\'Brien' 'a\\b'
    """
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def name(text: str) -> str:
    """A module or field name, which must be nothing else."""
    if NAME.fullmatch(text) is None:
        raise ValueError("Not an API name of Zoho's.")
    return text


def select(fields: Iterable[str], module: str, field: str, values: Sequence[str], *, after: str = "", rows: int) -> str:
    """Records whose `field` is one of `values`, by ascending id, after the id `after`.

    >>> print(select(["id", "Last_Name"], "Contacts", "id", ["1", "2"], rows=200))
    select id, Last_Name from Contacts where id in ('1', '2') order by id asc limit 200
    """
    where = f"{name(field)} in ({', '.join(map(quote, values))})"
    if after:
        where = f"({where} and id > {quote(after)})"
    columns = ", ".join(map(name, fields))
    return f"select {columns} from {name(module)} where {where} order by id asc limit {rows}"


def changed_since(module: str, field: str, moment: str, *, after: str = "", rows: int) -> str:
    """Ids of the records whose time `field` is `moment` or later, by ascending id, after the id `after`.

    >>> print(changed_since("Contacts", "Modified_Time", "2026-02-03T09:00:00+00:00", rows=200))
    select id from Contacts where Modified_Time >= '2026-02-03T09:00:00+00:00' order by id asc limit 200
    """
    where = f"{name(field)} >= {quote(moment)}"
    if after:
        where = f"({where} and id > {quote(after)})"
    return f"select id from {name(module)} where {where} order by id asc limit {rows}"


def count_all(module: str) -> str:
    """How many records a module has."""
    return f"select COUNT(id) from {name(module)} where id is not null"


def chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """The items in order, so many at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
