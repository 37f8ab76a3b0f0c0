"""The delta: what changed at the source since, and what was done about it (contract DLT1 to DLT5)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self

from pydantic import Field, JsonValue

from gurney.reports.blocks import Block, Callout, Cell, Code, Facts, Heading, Prose, Table
from gurney.reports.model import Counts, FoundRow, ManualItem, Part, Report, counts_table, findings, manual_table, shown
from gurney.reports.sample import HIDDEN, KEPT
from gurney.reports.status import FailedRecord, failed_table


class SweepRow(Part):
    """What one sweep found of one object."""

    object: str
    created: int = 0
    changed: int = 0
    archived: int = 0
    cancelled: int = 0
    merged: int = 0
    deleted: int = 0


class Policy(Part):
    """What is done about one kind of change."""

    event: str
    action: str


class Conflict(Part):
    """A field changed on both sides since it was written: left as the destination has it."""

    map: str
    source_id: str
    destination_id: str
    field: str
    last_written: JsonValue = None
    source_value: JsonValue = None
    destination_value: JsonValue = None
    next_step: str = ""

    def without_values(self) -> Conflict:
        return self.model_copy(update={"last_written": None, "source_value": None, "destination_value": None})


class DeltaReport(Report):
    """Sweeps, effects, conflicts kept."""

    name: ClassVar[str] = "delta"
    title: ClassVar[str] = "Changes since the full run"

    since: datetime | None = None
    until: datetime | None = None
    swept: list[SweepRow] = Field(default_factory=list)
    policies: list[Policy] = Field(default_factory=list)
    objects: list[Counts] = Field(default_factory=list)
    conflicts: list[Conflict] = Field(default_factory=list)
    failed: list[FailedRecord] = Field(default_factory=list)
    manual: list[ManualItem] = Field(default_factory=list)
    findings: list[FoundRow] = Field(default_factory=list)
    """What the sweep could not see, or found deleted for good."""
    values_shown: bool = True
    how_to_see_values: str = ""

    def without_values(self, how_to_see_values: str = "") -> Self:
        """The same report for the plain folder, without a patient's value."""
        conflicts = [one.without_values() for one in self.conflicts]
        return self.model_copy(
            update={"conflicts": conflicts, "values_shown": False, "how_to_see_values": how_to_see_values}
        )

    def blocks(self) -> list[Block]:
        grave = any(row.level != "info" for row in self.findings)
        level = "warning" if self.conflicts or self.failed or grave else "good"
        found = sum(row.created + row.changed + row.archived + row.merged + row.deleted for row in self.swept)
        lines = [f"{found:,} changes found, {len(self.conflicts):,} fields changed on both sides and left alone."]
        policies: list[list[Cell]] = [[one.event, one.action] for one in self.policies]
        return [
            Callout("In short", lines, level),
            Facts([("From", self.since), ("Until", self.until)]),
            *self._swept(),
            findings(self.findings, "Every list of the source was seen whole."),
            Table("What is done about it", ("Change at the source", "Effect at the destination"), policies),
            Heading("Effects"),
            counts_table(self.objects),
            *self._conflicts(),
            Heading("Failed and by hand"),
            failed_table(self.failed),
            manual_table(self.manual),
        ]

    def _swept(self) -> list[Block]:
        rows: list[list[Cell]] = [
            [
                one.object,
                one.created,
                one.changed,
                one.archived,
                one.cancelled,
                one.merged,
                one.deleted,
            ]
            for one in self.swept
        ]
        columns = ("Object", "Created", "Changed", "Archived", "Cancelled", "Merged", "Deleted")
        return [Heading("Found at the source"), Table("Changes by object", columns, rows)]

    def _conflicts(self) -> list[Block]:
        values = ("We last wrote", "Source now", "Destination now") if self.values_shown else ()
        columns = ("Map", "Source id", "Destination id", "Field", *values, "What to do")
        rows = [self._cells(one) for one in self.conflicts]
        note = [] if self.values_shown or not rows else [Callout(HIDDEN, [self.how_to_see_values or KEPT])]
        return [
            Heading("Conflicts"),
            Prose("A person changed these at the destination while the source changed too. Nothing was overwritten."),
            *note,
            Table("Fields changed on both sides", columns, rows),
        ]

    def _cells(self, one: Conflict) -> list[Cell]:
        values = [shown(one.last_written), shown(one.source_value), shown(one.destination_value)]
        key: list[Cell] = [Code(one.map), Code(one.source_id), Code(one.destination_id), Code(one.field)]
        return [*key, *(values if self.values_shown else []), one.next_step or None]
