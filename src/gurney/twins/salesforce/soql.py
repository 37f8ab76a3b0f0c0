"""SOQL as a tree: what the twin understands of the language (FACTS 4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Path:
    """`Account.Name`."""

    names: tuple[str, ...]
    at: int

    def __str__(self) -> str:
        return ".".join(self.names)


@dataclass(frozen=True)
class Literal:
    """A value: kind is text, number, moment, day, boolean, null or word (TODAY, LAST_N_DAYS:3)."""

    kind: str
    value: Any


@dataclass(frozen=True)
class Aggregate:
    """`COUNT(Id) alias`."""

    function: str
    path: Path | None
    alias: str | None


@dataclass(frozen=True)
class Fields:
    """`FIELDS(ALL)`."""

    group: str


@dataclass(frozen=True)
class Comparison:
    """`path operator value`; for IN, INCLUDES and the like several values, or a query."""

    path: Path
    operator: str
    values: tuple[Literal, ...]
    query: Query | None = None


@dataclass(frozen=True)
class Both:
    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Either:
    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    part: Condition


Condition = Comparison | Both | Either | Not


@dataclass(frozen=True)
class Order:
    path: Path
    down: bool
    nulls_last: bool


@dataclass
class Query:
    """One SELECT."""

    text: str
    select: list[Path | Aggregate | Fields | Query] = field(default_factory=list)
    aliases: dict[Path, str] = field(default_factory=dict)
    object: Path = Path((), 0)
    alias: str | None = None
    where: Condition | None = None
    group: list[Path] = field(default_factory=list)
    order: list[Order] = field(default_factory=list)
    limit: int | None = None
    offset: int = 0

    @property
    def counts_only(self) -> bool:
        """`SELECT COUNT() FROM …`."""
        first = self.select[0]
        return isinstance(first, Aggregate) and first.path is None

    @property
    def aggregates(self) -> bool:
        return bool(self.group) or any(isinstance(item, Aggregate) for item in self.select)


def marked(text: str, at: int, words: str) -> str:
    """An error with the place it happened at, as the vendor draws it."""
    line = text.count("\n", 0, at)
    start = text.rfind("\n", 0, at) + 1
    shown = text[start:].split("\n", 1)[0]
    return f"\n{shown}\n{' ' * (at - start)}^\nERROR at Row:{line + 1}:Column:{at - start + 1}\n{words}"
