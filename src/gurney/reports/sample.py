"""The sample: which strata it covers, and the comparison field by field (contract SMP1 to SMP7).

The comparison holds what the reviewer must see and nobody else should: patients' values. A report is therefore
written without them unless they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal, Self

from pydantic import Field, JsonValue

from gurney.reports.blocks import Badge, Block, Callout, Cell, Code, Facts, Heading, Prose, Table
from gurney.reports.model import Approval, Counts, FoundRow, Part, Report, counts_table, findings, shown, verdict

Verdict = Literal["equal", "converted", "different", "unverifiable"]
VERDICT_LEVELS = {"equal": "good", "converted": "info", "different": "error", "unverifiable": "warning"}
HIDDEN = "Values are left out of this document."
KEPT = "They are kept encrypted in the workspace. To see them: gurney report --values FILE"


class DiffRow(Part):
    """One field of one record, compared (design, section 4: the names are relied upon)."""

    map: str
    source_id: str
    destination_id: str = ""
    field: str
    source_value: JsonValue = None
    expected: JsonValue = None
    actual: JsonValue = None
    verdict: Verdict
    reason: str = ""
    """Why it is not simply equal."""

    def without_values(self) -> DiffRow:
        return self.model_copy(update={"source_value": None, "expected": None, "actual": None})


class StratumRow(Part):
    """One kind of record that the sample must hold, because the source has it."""

    name: str
    value: str
    in_source: int
    in_sample: int

    @property
    def covered(self) -> bool:
        return self.in_sample > 0 or self.in_source == 0


class FieldCounts(Part):
    """How the values of one field compared."""

    map: str
    field: str
    equal: int = 0
    converted: int = 0
    different: int = 0
    unverifiable: int = 0


class Answer(Part):
    """One of the reviewer's questions, answered from the comparison (contract SMP5)."""

    question: str
    answer: str
    ok: bool | None = None
    """None where a person has to judge."""


def field_counts(rows: Iterable[DiffRow]) -> list[FieldCounts]:
    """The comparison's tally, in the order in which fields first occur."""
    tally: dict[tuple[str, str], FieldCounts] = {}
    for row in rows:
        counts = tally.setdefault((row.map, row.field), FieldCounts(map=row.map, field=row.field))
        setattr(counts, row.verdict, getattr(counts, row.verdict) + 1)
    return list(tally.values())


class SampleReport(Report):
    """What was migrated as a sample, and how it compares."""

    name: ClassVar[str] = "sample"
    title: ClassVar[str] = "Sample migration and comparison"

    asked: int = 0
    """The size asked for."""
    records: int = 0
    strata: list[StratumRow] = Field(default_factory=list)
    objects: list[Counts] = Field(default_factory=list)
    fields: list[FieldCounts] = Field(default_factory=list)
    answers: list[Answer] = Field(default_factory=list)
    rows: list[DiffRow] = Field(default_factory=list)
    findings: list[FoundRow] = Field(default_factory=list)
    approval: Approval | None = None
    values_shown: bool = True
    how_to_see_values: str = ""

    def without_values(self, how_to_see_values: str = "") -> Self:
        """The same report for the plain folder: every verdict and reason, no patient's value."""
        rows = [row.without_values() for row in self.rows]
        return self.model_copy(update={"rows": rows, "values_shown": False, "how_to_see_values": how_to_see_values})

    def blocks(self) -> list[Block]:
        return [
            self._summary(),
            *([self.approval.block()] if self.approval else []),
            *self._answers(),
            Heading("Records"),
            counts_table(self.objects),
            findings(self.findings, "No record needs attention."),
            *self._strata(),
            *self._fields(),
            *self._comparison(),
        ]

    def _summary(self) -> Callout:
        different = sum(row.verdict == "different" for row in self.rows)
        unsure = sum(row.verdict == "unverifiable" for row in self.rows)
        lines = [
            f"{self.records:,} records in the sample ({self.asked:,} asked for), {len(self.rows):,} fields compared.",
            f"{different:,} different, {unsure:,} that cannot be verified.",
        ]
        return Callout("In short", lines, "error" if different else "warning" if unsure else "good")

    def _answers(self) -> list[Block]:
        rows: list[list[Cell]] = [
            [one.question, one.answer, Badge("yours to judge", "info") if one.ok is None else verdict(one.ok)]
            for one in self.answers
        ]
        return [
            Heading("What a reviewer asks"),
            Table("Questions and answers", ("Question", "Answer", "Verdict"), rows),
        ]

    def _strata(self) -> list[Block]:
        rows: list[list[Cell]] = [
            [one.name, one.value, one.in_source, one.in_sample, verdict(one.covered, "covered", "missing")]
            for one in self.strata
        ]
        missing = sum(not one.covered for one in self.strata)
        return [
            Heading("What the sample covers"),
            Facts([("Kinds of records", len(self.strata)), ("Not covered", missing)]),
            Table("Strata", ("Kind", "Value", "In the source", "In the sample", "Verdict"), rows),
        ]

    def _fields(self) -> list[Block]:
        rows: list[list[Cell]] = [
            [Code(one.map), Code(one.field), one.equal, one.converted, one.different, one.unverifiable]
            for one in self.fields or field_counts(self.rows)
        ]
        columns = ("Map", "Field", "Equal", "Converted", "Different", "Unverifiable")
        return [Heading("Fields"), Table("Diff by field", columns, rows)]

    def _comparison(self) -> list[Block]:
        look = [row for row in self.rows if row.verdict in ("different", "unverifiable")]
        fine = [row for row in self.rows if row.verdict in ("equal", "converted")]
        note = [] if self.values_shown else [Callout(HIDDEN, [self.how_to_see_values or KEPT])]
        return [
            Heading("Diff"),
            Prose("Each mapped field of each sample record: as the source has it, as expected, as read back."),
            *note,
            self._diff_table("To look at", look),
            self._diff_table("Equal or converted as declared", fine),
        ]

    def _diff_table(self, caption: str, rows: list[DiffRow]) -> Table:
        values = ("Source", "Expected", "Actual") if self.values_shown else ()
        columns = ("Map", "Source id", "Destination id", "Field", *values, "Verdict", "Reason")
        return Table(caption, columns, [self._diff_cells(row) for row in rows])

    def _diff_cells(self, row: DiffRow) -> list[Cell]:
        values = [shown(row.source_value), shown(row.expected), shown(row.actual)] if self.values_shown else []
        said = Badge(row.verdict, VERDICT_LEVELS[row.verdict])
        key: list[Cell] = [Code(row.map), Code(row.source_id), Code(row.destination_id), Code(row.field)]
        return [*key, *values, said, row.reason or None]
