"""Lists as CSV files: a line for each record, one file for each record that they belong to (contract, P5, P10).

For what a destination has no place for and nobody needs as records of their own. The lines are sorted by date and
id, so that the same records make the same file, letter by letter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from gurney.mapping.fit import as_text
from gurney.mapping.kinds import chain_problems, kind_of
from gurney.mapping.model import Column, Lookup, Mapping, ObjectMap, Table
from gurney.mapping.paths import Reader, Record, raw_text, reader, view
from gurney.mapping.problems import Problem
from gurney.mapping.rules import Rules, Skipped
from gurney.mapping.steps import Context, converted
from gurney.schema import FieldType, ObjectSchema

Cell = str | int | Decimal
Line = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class CompiledTable:
    """A table as functions."""

    object: str
    """Source object of the lines."""
    by: str
    """Relation by which a line's record names the record that it belongs to."""
    rules: Rules
    """Which records become lines."""
    file_name: str
    headings: tuple[str, ...]
    cells: tuple[Callable[[Record], Cell], ...]
    date: Reader
    facts: frozenset[str] | None
    """Derived facts that the table reads; None where it may read any."""

    def lines(self, records: Iterable[Record]) -> tuple[list[Line], list[tuple[str, Skipped]]]:
        """The lines of one file, and which records (ids) are left out of it, with the reason."""
        taken: list[Record] = []
        left: list[tuple[str, Skipped]] = []
        for seen in map(view, records):
            reason = self.rules.reason(seen)
            if reason is None:
                taken.append(seen)
            elif reason.code != "not-applicable":
                left.append((seen["id"], reason))
        return [tuple(cell(one) for cell in self.cells) for one in sorted(taken, key=self._order)], left

    def _order(self, record: Record) -> tuple[str, int, str]:
        """Dates and moments are texts that sort by time; ids are numbers in the order in which records were made."""
        return raw_text(self.date(record)), len(record["id"]), record["id"]


def compile_table(
    entry: ObjectMap, rules: Rules, facts: frozenset[str] | None, context: Context
) -> CompiledTable | None:
    """The table of an object map; None where it has none."""
    table, parent = entry.table, entry.parent
    if table is None or parent is None:
        return None
    return CompiledTable(
        object=entry.source,
        by=parent.by,
        rules=rules,
        file_name=entry.file_name,
        headings=tuple(column.name for column in table.columns),
        cells=tuple(_cell(column, context) for column in table.columns),
        date=reader(table.oldest_first),
        facts=facts,
    )


def _cell(column: Column, context: Context) -> Callable[[Record], Cell]:
    read = converted(column.as_line(""), context)
    return lambda record: as_cell(read(record))


def as_cell(value: object) -> Cell:
    """A value as it stands in a file: numbers as numbers, everything else as text with one kind of line end.

    >>> as_cell(Decimal("-5.00")), as_cell(True), as_cell(None), as_cell(("a", None, "b"))
    (Decimal('-5.00'), 'Yes', '', 'a; b')
    """
    if isinstance(value, Decimal) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    text = f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else as_text(value) or ""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def table_problems(
    entry: ObjectMap, mapping: Mapping, given: ObjectSchema | None, supplied: frozenset[str]
) -> Iterator[Problem]:
    """What is wrong with an object map that makes files; nothing for one that makes none."""
    if entry.table is None:
        return
    if entry.parent is None:
        words = "A table makes one file for each record that its lines belong to; `parent` names that record."
        yield _error(entry, words, "Add `parent: {map: ..., by: ..., required: true}`.")
    else:
        yield from _parent(entry, entry.parent, mapping, given)
    yield from _file(entry)
    yield from _columns(entry, entry.table, given, supplied)


def _parent(entry: ObjectMap, parent: Lookup, mapping: Mapping, given: ObjectSchema | None) -> Iterator[Problem]:
    if parent.otherwise is not None:
        words = "The files of a table hang on records of one kind; `otherwise` would name another."
        yield Problem(parent.line or entry.line, entry.map, "error", words, "Leave `otherwise` out.")
    sources = {found.source for name in parent.map if (found := mapping.by_id(name)) is not None}
    if len(sources) > 1:
        words = f"{' and '.join(parent.map)} are made from different objects ({', '.join(sorted(sources))})."
        yield Problem(parent.line or entry.line, entry.map, "error", words, "Name maps of one of them.")
    if given is None or len(sources) != 1:
        return
    [owner] = sources
    relations = [
        name
        for name, field in given.fields.items()
        if field.type is FieldType.LOOKUP and field.lookup_to == owner and not name.startswith("derived.")
    ]
    if parent.by not in relations:
        words = f"The lines of a file are found by a relation of {entry.source} to {owner}; {parent.by} is none."
        remedy = f"It has: {', '.join(relations)}." if relations else "It has none: this cannot be a table."
        yield Problem(parent.line or entry.line, entry.map, "error", words, remedy)


def _file(entry: ObjectMap) -> Iterator[Problem]:
    for role, name in (("key", entry.key), ("marker", entry.marker), ("notes_on", entry.notes_on)):
        if name:
            yield _error(entry, f"A table makes a file, which has no `{role}`.", f"Leave `{role}` out.")
    if entry.owner:
        yield _error(entry, "A table makes a file, which has no `owner`.", "Leave `owner` out.")
    for line in entry.active_fields():
        if line.value is None or line.source or line.transform or line.lookup:
            words = "The file of a table is filled with fixed words alone: no patient's name may stand in its name."
            yield Problem(line.line or entry.line, f"{entry.map} {line.to}", "error", words, "Write `value: ...`.")
    if not entry.file_name.endswith(".csv"):
        yield _error(entry, "No line says what the file is called.", "Add for example `{to: name, value: list.csv}`.")


def _columns(entry: ObjectMap, table: Table, given: ObjectSchema | None, supplied: frozenset[str]) -> Iterator[Problem]:
    counted = Counter(column.name for column in table.columns)
    for name, count in counted.items():
        if count > 1:
            yield _error(entry, f"{count} columns are called {name}.", "Give each its own name.")
    for column in table.columns:
        line = column.as_line(entry.file_name)
        sources = {path: given.fields.get(path) if given else None for path in column.source}
        for words, remedy in chain_problems(line, kind_of(line, sources), supplied):
            yield Problem(column.line or entry.line, f"{entry.map} {column.name}", "error", words, remedy)
        if not column.source and not column.transform:
            words = "The column is filled from nowhere."
            yield Problem(column.line or entry.line, f"{entry.map} {column.name}", "error", words, "Add `from`.")


def _error(entry: ObjectMap, words: str, remedy: str) -> Problem:
    return Problem(entry.line, entry.map, "error", words, remedy)
