"""What all reports share: the head that every page prints, counts, findings and approvals.

Models are plain data filled by the stages. Unknown names are errors, so that a slip shows in the stage's test;
nearly everything has a default, so that a stage fills what it knows.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from gurney.reports.blocks import Badge, Block, Callout, Cell, Code, FindingLine, Findings, Table
from gurney.reports.units import moment_words

Level = Literal["error", "warning", "info"]


class Part(BaseModel):
    """A piece of a report's document."""

    model_config = ConfigDict(extra="forbid")


class About(Part):
    """Which migration, when, and the ledger's state: the head of every report."""

    migration_id: str
    workspace: str
    """The workspace's name, not its path."""
    made_at: datetime
    ledger_head: str = ""
    """Hash of the ledger's last entry; '' before anything was done."""
    version: str = ""

    def facts(self) -> list[tuple[str, Cell]]:
        return [
            ("Migration", Code(self.migration_id)),
            ("Workspace", self.workspace),
            ("Made at", self.made_at),
            ("Ledger head", Code(self.ledger_head) if self.ledger_head else "no entries yet"),
            *([("Gurney", self.version)] if self.version else []),
        ]


class Report(Part):
    """One document. `name` is its file name, `title` what a reader calls it."""

    name: ClassVar[str]
    title: ClassVar[str]

    about: About

    def without_values(self, how_to_see_values: str = "") -> Self:
        """The report without any record's value; most have none. `how_to_see_values` tells the reader the way."""
        return self

    @abstractmethod
    def blocks(self) -> list[Block]:
        """The page below the head."""


class FoundRow(Part):
    """Something to look at. `ids` are source or destination ids, at most 50; `count` is how many there are."""

    level: Level
    code: str
    words: str
    next_step: str = ""
    object: str = ""
    count: int | None = None
    ids: list[str] = Field(default_factory=list)

    def line(self) -> FindingLine:
        words = f"{self.object}: {self.words}" if self.object else self.words
        return FindingLine(self.level, words, self.next_step, self.code, self.ids, self.count)


def findings(rows: Sequence[FoundRow], empty: str = "Nothing found.") -> Findings:
    """The findings, the gravest first."""
    order = {"error": 0, "warning": 1, "info": 2}
    return Findings([row.line() for row in sorted(rows, key=lambda row: order[row.level])], empty)


class Counts(Part):
    """What became of one object map's records (design, section 4: the names are relied upon)."""

    map: str
    source: str
    destination: str
    source_count: int = 0
    created: int = 0
    updated: int = 0
    linked: int = 0
    skipped: int = 0
    failed: int = 0
    manual: int = 0
    verified: int = 0
    different: int = 0
    unverifiable: int = 0


COUNT_COLUMNS = (
    "Map", "From", "To", "In source", "Created", "Updated", "Linked", "Skipped", "Failed", "By hand",
    "Verified", "Different", "Unverifiable",
)  # fmt: skip


def count_cells(row: Counts) -> list[Cell]:
    return [
        Code(row.map), row.source, row.destination, row.source_count, row.created, row.updated, row.linked,
        row.skipped, row.failed, row.manual, row.verified, row.different, row.unverifiable,
    ]  # fmt: skip


def counts_table(rows: Sequence[Counts], caption: str = "Records by object map") -> Table:
    return Table(caption, COUNT_COLUMNS, [count_cells(row) for row in rows])


class Approval(Part):
    """The line a person signs by command: which document, its digest, by whom and when."""

    document: str
    digest: str
    by: str = ""
    at: datetime | None = None
    command: str = ""
    """What to type to approve."""

    def _waits(self) -> str:
        if self.document == "sample":
            return "No full run starts before this is approved."
        return "Nothing is written before this is approved."

    def block(self) -> Callout:
        if self.by and self.at:
            signed = f"Approved by {self.by} at {moment_words(self.at)}."
            return Callout("Approved", [signed, f"Digest of the {self.document}: {self.digest}"], "good")
        lines = [f"Digest of the {self.document}: {self.digest}", self._waits()]
        if self.command:
            lines.append(f"To approve: {self.command}")
        return Callout("Waiting for approval", lines, "warning")


class ManualItem(Part):
    """Something left to a person, with what to do."""

    map: str
    object: str
    source_id: str
    reason: str
    steps: list[str] = Field(default_factory=list)


def manual_table(items: Sequence[ManualItem]) -> Table:
    rows: list[list[Cell]] = [
        [Code(item.map), item.object, Code(item.source_id), item.reason, item.steps] for item in items
    ]
    return Table("To be done by hand", ("Map", "Object", "Source id", "Why", "What to do"), rows)


def shown(value: JsonValue) -> Cell:
    """A record's value in a cell."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, list):
        return [str(part) for part in value]
    return str(value)


def verdict(ok: bool, good: str = "ok", bad: str = "look") -> Badge:
    return Badge(good, "good") if ok else Badge(bad, "error")
