"""The rollback: its plan, and the three buckets in which it ends (design, section 6; contract RBK1 to RBK5)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from gurney.reports.blocks import Block, Callout, Cell, Code, Facts, Heading, Prose, Table
from gurney.reports.model import Part, Report


class RollbackStep(Part):
    """One object map, in the order in which it is undone, with what will be and what was done."""

    order: int
    map: str
    object: str
    to_delete: int = 0
    to_restore: int = 0
    deleted: int = 0
    restored: int = 0


class KeptRecord(Part):
    """A record left alone, because a person changed it or hung something on it since."""

    map: str
    object: str
    source_id: str = ""
    destination_id: str
    why: str
    fields: list[str] = Field(default_factory=list)
    """Names of the fields changed; no values."""
    changed_by: str = ""
    changed_at: datetime | None = None
    next_step: str = ""


class Impossible(Part):
    """Something that the vendor's interface cannot undo."""

    what: str
    object: str = ""
    source_id: str = ""
    destination_id: str = ""
    why: str
    by_hand: str = ""


class RollbackReport(Report):
    """What was undone: reversed, kept, impossible."""

    name: ClassVar[str] = "rollback"
    title: ClassVar[str] = "Rollback"

    scope: str = "everything"
    """'everything' or 'sample'."""
    steps: list[RollbackStep] = Field(default_factory=list)
    kept: list[KeptRecord] = Field(default_factory=list)
    impossible: list[Impossible] = Field(default_factory=list)
    schema_removed: list[str] = Field(default_factory=list)
    """Fields and modules that were taken back."""
    remains: list[str] = Field(default_factory=list)
    """What the vendor keeps of what was deleted, for how long, and what a person can do about it (contract RBK5)."""
    criteria: list[str] = Field(default_factory=list)
    """When a rollback is called for (contract RBK2)."""

    @property
    def reversed(self) -> int:
        return sum(step.deleted + step.restored for step in self.steps)

    def blocks(self) -> list[Block]:
        buckets: list[list[Cell]] = [
            ["reversed", self.reversed, "deleted, or restored to what it was"],
            ["kept", len(self.kept), "a person changed it since"],
            ["impossible", len(self.impossible), "the interface cannot undo it"],
        ]
        ended = Table("Buckets", ("Bucket", "Records", "Meaning"), buckets)
        return [self._summary(), ended, *self._steps(), *self._kept(), *self._impossible()]

    def _summary(self) -> Callout:
        lines = [
            f"{self.reversed:,} reversed, {len(self.kept):,} kept because of what people changed, "
            f"{len(self.impossible):,} impossible."
        ]
        return Callout("In short", lines, "warning" if self.kept or self.impossible else "good")

    def _steps(self) -> list[Block]:
        rows: list[list[Cell]] = [
            [step.order, Code(step.map), step.object, step.to_delete, step.deleted, step.to_restore, step.restored]
            for step in self.steps
        ]
        columns = ("Order", "Map", "Object", "To delete", "Deleted", "To restore", "Restored")
        criteria: list[list[Cell]] = [[one] for one in self.criteria]
        return [
            Heading("Reversed"),
            Prose("Children go before their parents."),
            Facts([("Scope", self.scope), ("Fields and modules removed", self.schema_removed or "none")]),
            *(Prose(words) for words in self.remains),
            Table("Steps", columns, rows),
            *([Table("When a rollback is called for", ("Criterion",), criteria)] if criteria else []),
        ]

    def _kept(self) -> list[Block]:
        rows: list[list[Cell]] = [
            [Code(one.map), one.object, Code(one.destination_id), one.why, one.fields or None,
             one.changed_by or None, one.changed_at, one.next_step or None]
            for one in self.kept
        ]  # fmt: skip
        columns = ("Map", "Object", "Destination id", "Why", "Fields", "By", "At", "What to do")
        return [Heading("Kept"), Table("Left as they are", columns, rows)]

    def _impossible(self) -> list[Block]:
        rows: list[list[Cell]] = [
            [one.what, one.object or None, Code(one.source_id) if one.source_id else None,
             Code(one.destination_id) if one.destination_id else None, one.why, one.by_hand or None]
            for one in self.impossible
        ]  # fmt: skip
        columns = ("What", "Object", "Cliniko id", "Destination id", "Why", "By hand")
        return [Heading("Impossible"), Table("Cannot be undone by the interface", columns, rows)]
