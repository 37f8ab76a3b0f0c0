"""The ledger's summary, as delivered to the clinic (contract LOG1 to LOG5)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from gurney.reports.blocks import Block, Callout, Cell, Code, Facts, Heading, Prose, Table
from gurney.reports.model import Part, Report


class OperationCount(Part):
    """How many operations of one object map ended how."""

    map: str
    kind: str
    """'create', 'update', 'link', 'delete' or 'restore'."""
    state: str
    count: int


class OperatorRow(Part):
    """Who did how much, and when."""

    operator: str
    entries: int
    first_at: datetime | None = None
    last_at: datetime | None = None


class LogReport(Report):
    """Whether the chain of entries is whole, and what they say."""

    name: ClassVar[str] = "log"
    title: ClassVar[str] = "Audit log"

    verified: bool
    entries: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    broken_at: int | None = None
    """Number of the first entry that does not follow from the one before it."""
    operations: list[OperationCount] = Field(default_factory=list)
    operators: list[OperatorRow] = Field(default_factory=list)

    def blocks(self) -> list[Block]:
        operations: list[list[Cell]] = [[Code(one.map), one.kind, one.state, one.count] for one in self.operations]
        operators: list[list[Cell]] = [[one.operator, one.entries, one.first_at, one.last_at] for one in self.operators]
        return [
            self._verdict(),
            Heading("Entries"),
            Facts([("Entries", self.entries), ("First", self.first_at), ("Last", self.last_at)]),
            Prose("Entries hold ids, digests, times, operators and outcomes; no record's values."),
            Table("Operations", ("Map", "Kind", "Outcome", "Count"), operations),
            Table("Operators", ("Operator", "Entries", "First", "Last"), operators),
        ]

    def _verdict(self) -> Callout:
        if self.verified:
            lines = [f"{self.entries:,} entries, each bound to the one before it."]
            return Callout("The log is whole", lines, "good")
        place = f"Entry {self.broken_at:,} " if self.broken_at is not None else "An entry "
        return Callout("The log was altered", [place + "does not follow from the one before it."], "error")
