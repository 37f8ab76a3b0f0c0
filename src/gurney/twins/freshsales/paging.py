"""Sorting and cutting lists into pages (FACTS 2)."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from math import ceil
from typing import Any, TypeVar

from gurney.twins.freshsales.call import Call
from gurney.twins.freshsales.shelf import Row
from gurney.twins.freshsales.targets import is_listed, sees
from gurney.twins.freshsales.world import MODELS

T = TypeVar("T")


def children(call: Call, name: str, stamp: Hashable, fits: Callable[[Row], bool]) -> tuple[list[Row], int]:
    """The page of tasks, appointments or activities that is asked for, and how many there are.

    `stamp` names what `fits` depends on besides the rows, so that the next page need not look at all of them again.
    """
    world, shelf = call.world, call.world.shelves[name]
    column, ascending = wanted_order(call)
    parents = tuple(world.shelves[parent].version for parent in MODELS)

    def build() -> list[int]:
        rows = [row for row in map(shelf.rows.__getitem__, shelf.ids()) if fits(row) and is_listed(world, row)]
        return ordered([row for row in rows if sees(world, call.user, row)], column, ascending=ascending)

    ids = shelf.cached((stamp, call.user_id, column, ascending, parents), build)
    return [shelf.rows[id] for id in sliced(call, ids)], len(ids)


def ordered(rows: list[Row], column: str, *, ascending: bool) -> list[int]:
    """Ids of rows that stand in order of creation, by another order."""
    if column not in ("id", "created_at"):
        rows = sorted(rows, key=sort_key(column))
    ids = [row["id"] for row in rows]
    return ids if ascending else ids[::-1]


def wanted_order(call: Call) -> tuple[str, bool]:
    """What to sort by and whether upwards; unasked, the last touched come first (switch default_sort)."""
    name = call.query("sort")
    if name is None:
        return call.switch("default_sort"), False
    return name, call.query("sort_type") != "desc"


def sort_key(name: str) -> Callable[[Row], Any]:
    """Nulls first, texts without regard to case, then by id."""

    def key(row: Row) -> Any:
        value = row.get(name)
        if isinstance(value, str):
            return (1, 0, value.casefold(), row["id"])
        if isinstance(value, int | float):
            return (0, value, "", row["id"])
        return (-1, 0, "", row["id"])

    return key


def sliced(call: Call, items: list[T], most: int = 0) -> list[T]:
    """One page; behind the cap there is nothing."""
    start, size = (call.page - 1) * call.per_page, call.per_page
    if most:
        size = min(size, max(0, most - start))
    return items[start : start + size]


def pages(call: Call, total: int) -> int:
    return ceil(total / call.per_page)
