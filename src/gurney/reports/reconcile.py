"""The reconciliation: do both sides agree? (contract REC1 to REC5; design, section 4 for the names)."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from pydantic import Field

from gurney.reports.blocks import Block, Callout, Cell, Code, Facts, Heading, Table
from gurney.reports.model import COUNT_COLUMNS, Counts, Part, Report, count_cells, verdict


class ReconciledCounts(Counts):
    """Counts of one object map with what the destination says it has."""

    destination_count: int = 0
    expected: int | None = None
    """What the destination should have, after what was skipped, failed or left to a person."""
    stays: int = 0
    """Records beside these that arrived before the clinic archived or deleted them: a delta leaves them there."""
    behind: int = 0
    """Records of which the snapshot says something else than what was last written; a delta brings it."""

    @property
    def agrees(self) -> bool:
        return self.expected is None or self.expected == self.destination_count


class RelationRow(Part):
    """One link field, checked on every record."""

    map: str
    field: str
    checked: int
    broken: int
    ids: list[str] = Field(default_factory=list)
    """Source ids of broken ones, at most 50."""


class SumRow(Part):
    """A sum of money on both sides, exact."""

    name: str
    source: Decimal
    destination: Decimal


class Owners(Part):
    """Whose the records are."""

    checked: int = 0
    right: int = 0
    wrong: int = 0
    fallback: int = 0
    """Records that went to the fallback owner."""
    unassigned: int = 0
    unmatched: list[str] = Field(default_factory=list)
    """Ids of practitioners without a user."""


class PopulatedField(Part):
    """A custom field that holds values (contract REC1)."""

    object: str
    field: str
    label: str = ""
    source: int = 0
    destination: int = 0


class Criterion(Part):
    """One of the acceptance criteria (contract REC5)."""

    name: str
    ok: bool
    words: str = ""


class NotMigrated(Part):
    """Data that stayed behind, and why (contract REC4)."""

    what: str
    count: int | None = None
    why: str
    next_step: str = ""


class ReconcileReport(Report):
    """Counts, relations, sums, owners and fields of both sides, and the verdict."""

    name: ClassVar[str] = "reconcile"
    title: ClassVar[str] = "Reconciliation"

    ok: bool
    objects: list[ReconciledCounts] = Field(default_factory=list)
    relations: list[RelationRow] = Field(default_factory=list)
    sums: list[SumRow] = Field(default_factory=list)
    owners: Owners = Field(default_factory=Owners)
    custom_fields: list[PopulatedField] = Field(default_factory=list)
    criteria: list[Criterion] = Field(default_factory=list)
    not_migrated: list[NotMigrated] = Field(default_factory=list)

    def blocks(self) -> list[Block]:
        return [self._verdict(), *self._criteria(), *self._counts(), *self._links(), *self._left()]

    def _verdict(self) -> Callout:
        if self.ok:
            return Callout("Both sides agree", ["Every acceptance criterion is met."], "good")
        missed = [f"{one.name}: {one.words}" for one in self.criteria if not one.ok]
        return Callout("Both sides differ", [*missed, "To take everything back: gurney rollback"], "error")

    def _criteria(self) -> list[Block]:
        rows: list[list[Cell]] = [[one.name, verdict(one.ok, "met", "missed"), one.words] for one in self.criteria]
        return [Heading("Acceptance criteria"), Table("Criteria", ("Criterion", "Verdict", "Remark"), rows)]

    def _counts(self) -> list[Block]:
        columns = (*COUNT_COLUMNS, "Expected there", "In destination", "Stays though left out", "Verdict")
        rows = [
            [*count_cells(one), one.expected, one.destination_count, one.stays or None,
             verdict(one.agrees, "agrees", "differs")]
            for one in self.objects
        ]  # fmt: skip
        sums: list[list[Cell]] = [
            [one.name, one.source, one.destination, verdict(one.source == one.destination, "agrees", "differs")]
            for one in self.sums
        ]
        return [
            Heading("Counts"),
            Table("Records by object map", columns, rows),
            Heading("Sums"),
            Table("Sums", ("Sum", "Source", "Destination", "Verdict"), sums),
        ]

    def _links(self) -> list[Block]:
        relations: list[list[Cell]] = [
            [Code(one.map), Code(one.field), one.checked, one.broken, verdict(not one.broken), one.ids or None]
            for one in self.relations
        ]
        owners = self.owners
        facts: list[tuple[str, Cell]] = [
            ("Records checked", owners.checked),
            ("With the right owner", owners.right),
            ("With a wrong owner", owners.wrong),
            ("With the fallback owner", owners.fallback),
            ("Left unassigned", owners.unassigned),
            ("Practitioners without a user", owners.unmatched or "none"),
        ]
        return [
            Heading("Relations"),
            Table("Relations", ("Map", "Field", "Checked", "Broken", "Verdict", "Source ids"), relations),
            Heading("Owners"),
            Facts(facts),
        ]

    def _left(self) -> list[Block]:
        custom: list[list[Cell]] = [
            [one.object, Code(one.field), one.label or None, one.source, one.destination,
             verdict(one.source == one.destination, "agrees", "differs")]
            for one in self.custom_fields
        ]  # fmt: skip
        left: list[list[Cell]] = [[one.what, one.count, one.why, one.next_step or None] for one in self.not_migrated]
        columns = ("Object", "Field", "Label", "Filled in source", "Filled in destination", "Verdict")
        return [
            Heading("Custom fields"),
            Table("Custom fields that hold values", columns, custom),
            Heading("Not migrated"),
            Table("What stayed behind", ("What", "Count", "Why", "What to do"), left),
        ]
