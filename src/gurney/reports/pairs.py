"""Which source goes to which destination, and how: rows, cardinality, support, deviations, what surprises people."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from gurney.mapping.coverage import SUPPORT
from gurney.reports.blocks import Badge, Block, Cell, Code, Heading, Prose, Table
from gurney.reports.model import Part, Report

HOWS = {"check": "checked before anything is written", "audit": "said in the audit", "reading": "good to know"}
SUPPORT_BADGES = {
    SUPPORT["full"]: Badge("full", "good"),
    SUPPORT["substitute"]: Badge("substitute", "info"),
    SUPPORT["none"]: Badge("none", "warning"),
}
"""Short words for a table; what a substitute is stands under Deviation."""


class CompatibilityRow(Part):
    """One row of the description (contract G10)."""

    row: str
    source: str
    destination: str
    cardinality: str
    support: str
    on: bool = True
    deviation: str = ""


class GotchaRow(Part):
    """One surprise, and how a reader learns of it."""

    id: str
    how: str
    finding: str = ""
    words: str = ""


class Pair(Part):
    """A source and a destination."""

    source: str
    destination: str
    name: str
    """What people type after --to."""
    editions: list[str] = Field(default_factory=list)
    rows: int = 0
    one_to_one: int = 0
    full: int = 0
    supported: int = 0
    words: str = ""
    core_words: str = ""
    compatibility: list[CompatibilityRow] = Field(default_factory=list)
    not_migrated: list[str] = Field(default_factory=list)
    gotchas: list[GotchaRow] = Field(default_factory=list)


class PairsReport(Report):
    """Every pair, from the mappings and the vendors' own data."""

    name: ClassVar[str] = "pairs"
    title: ClassVar[str] = "Pairs"

    pairs: list[Pair] = Field(default_factory=list)

    def blocks(self) -> list[Block]:
        head: list[list[Cell]] = [
            [Code(one.name), f"{one.source} to {one.destination}", one.rows, one.one_to_one, one.full, one.supported,
             len(one.gotchas), one.core_words]
            for one in self.pairs
        ]  # fmt: skip
        columns = ("--to", "Pair", "Rows", "1:1", "Without substitute", "Supported", "Good to know", "Core objects")
        return [
            Heading("Pairs"),
            Table("Pairs", columns, head),
            *(block for one in self.pairs for block in pair_blocks(one, is_alone=len(self.pairs) == 1)),
        ]


def pair_blocks(pair: Pair, *, is_alone: bool) -> list[Block]:
    """One pair in full; alone, a terminal shows its tables too."""
    of = "" if is_alone else f" of {pair.source} to {pair.destination}"
    return [
        Heading(f"{pair.source} to {pair.destination}"),
        Prose(f"{pair.words} {pair.core_words}"),
        compatibility_table(pair.compatibility, f"Row by row{of}"),
        Table(f"What does not go to {pair.destination}", ("What", ), [[one] for one in pair.not_migrated]),
        gotcha_table(pair.gotchas, f"What surprises people{of}"),
    ]  # fmt: skip


def compatibility_table(rows: list[CompatibilityRow], caption: str) -> Table:
    cells: list[list[Cell]] = [
        [Code(row.row), spoken(row.source), f"{spoken(row.destination)} ({row.cardinality})",
         SUPPORT_BADGES.get(row.support, row.support), row.on, row.deviation or None]
        for row in rows
    ]  # fmt: skip
    columns = ("Row", "Source object", "Destination object", "Support", "On", "Deviation")
    return Table(caption, columns, cells)


def spoken(name: str) -> str:
    """An object's name as a sentence has it; a vendor's own prefix is left out.

    >>> spoken("individual_appointments + attendees"), spoken("custom_objects.cliniko_invoice")
    ('individual appointments + attendees', 'cliniko invoice')
    """
    return " + ".join(one.rpartition(".")[2] for one in name.split(" + ")).replace("__c", "").replace("_", " ")


def gotcha_table(rows: list[GotchaRow], caption: str) -> Table:
    cells: list[list[Cell]] = [[Code(one.id), HOWS[one.how], one.words] for one in rows]
    return Table(caption, ("Id", "How it is told", "What"), cells)
