"""The pieces a report page is made of. Plain data: what a piece looks like is the renderer's business."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Badge:
    """A word with a level, told apart by its text as well as by colour."""

    text: str
    level: str
    """'good', 'info', 'warning' or 'error'."""


@dataclass(frozen=True, slots=True)
class Code:
    """An id, a field name or a command: shown as typed."""

    text: str


Cell: TypeAlias = str | int | float | Decimal | bool | date | datetime | Badge | Code | Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Heading:
    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Prose:
    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and their values, a line each."""

    items: Sequence[tuple[str, Cell]]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under column titles. `empty` is what the reader sees instead of a table without rows."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    empty: str = "None."
    most: int = 5_000
    """Rows shown on the page; the rest is announced and stands in the JSON document."""


@dataclass(frozen=True, slots=True)
class Steps:
    """What a person does, in order."""

    items: Sequence[str]


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One thing a check found. `level` is 'error', 'warning' or 'info'."""

    level: str
    words: str
    next_step: str = ""
    code: str = ""
    ids: Sequence[str] = ()
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    items: Sequence[FindingLine]
    empty: str = "Nothing found."


@dataclass(frozen=True, slots=True)
class Callout:
    """Something that must not be overlooked: a verdict, a deviation, an approval line."""

    title: str
    lines: Sequence[str]
    level: str = "info"
    """'good', 'info', 'warning' or 'error'."""


Block: TypeAlias = Heading | Prose | Facts | Table | Steps | Findings | Callout
