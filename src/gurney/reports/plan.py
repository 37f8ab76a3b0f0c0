"""The plan: what a person signs before anything is written (contract MAP1 to MAP10, G7, G9, G10)."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from gurney.reports.audit import LimitRow
from gurney.reports.blocks import Badge, Block, Callout, Cell, Code, Facts, Heading, Prose, Table
from gurney.reports.forecast import Forecast
from gurney.reports.model import Approval, FoundRow, Part, Report, findings, verdict
from gurney.reports.setup import SetupPlan

SENSITIVE = ("clinical", "government_id", "consent")
"""Field classes that the plan lists by themselves and the approval names."""


class FieldRow(Part):
    """One field map."""

    to: str
    source: str = ""
    """Source path; '' for a fixed or computed value."""
    transforms: list[str] = Field(default_factory=list)
    lookup: str = ""
    values: str = ""
    """The value map in words, where there is one."""
    field_class: str = "ordinary"
    note: str = ""


class MapRow(Part):
    """One object map, with the three things that the contract asks of each (G9)."""

    map: str
    row: str = ""
    """The contract's row; the map's own id where left out."""
    source: str
    destination: str
    cardinality: str = "1:1"
    supported: bool = True
    enabled: bool = True
    """An object map that is off is shown, for it is a choice, and counts as a row of the description."""
    condition: str = ""
    owner: str = ""
    transformations: list[str] = Field(default_factory=list)
    lookups: list[str] = Field(default_factory=list)
    schema_dependencies: list[str] = Field(default_factory=list)
    deviation: str = ""
    fields: list[FieldRow] = Field(default_factory=list)
    records: int | None = None


class OwnerRow(Part):
    """One practitioner and who will own their records."""

    practitioner_id: str
    name: str
    active: bool
    owner_id: str = ""
    owner: str = ""
    how: str = "matched"
    """'matched', 'fallback', 'unassigned', 'created' or 'unmatched'."""
    reason: str = ""


class CompanionField(Part):
    """A field that does not fit and goes out as a CSV file instead (contract AUD10)."""

    object: str
    label: str
    priority: int
    reason: str = ""


class OneToOne(Part):
    """How many of the contract's rows map 1:1, and how many are supported at all (contract G7)."""

    rows: int = 0
    one_to_one: int = 0
    supported: int = 0


class PlanReport(Report):
    """Mapping, schema changes, owners, limits and forecast."""

    name: ClassVar[str] = "plan"
    title: ClassVar[str] = "Migration plan"

    source: str = "Cliniko"
    destination: str = ""
    maps: list[MapRow] = Field(default_factory=list)
    one_to_one: OneToOne = Field(default_factory=OneToOne)
    setup: SetupPlan = Field(default_factory=SetupPlan)
    owners: list[OwnerRow] = Field(default_factory=list)
    fallback_owner: str = ""
    limits: list[LimitRow] = Field(default_factory=list)
    findings: list[FoundRow] = Field(default_factory=list)
    companions: list[CompanionField] = Field(default_factory=list)
    consent_sentence: str = ""
    forecast: Forecast = Field(default_factory=Forecast)
    approval: Approval | None = None

    def blocks(self) -> list[Block]:
        return [
            *([self.approval.block()] if self.approval else []),
            *self._compatibility(),
            *self._deviations(),
            *self._sensitive(),
            *self._mapping(),
            Heading("Schema changes"),
            *self.setup.blocks(),
            *self._owners(),
            *self._limits(),
            Heading("Forecast"),
            *self.forecast.blocks(),
        ]

    def _compatibility(self) -> list[Block]:
        tally = self.one_to_one
        rows: list[list[Cell]] = [
            [Code(row.map), row.source, f"{row.destination} ({row.cardinality})",
             _support(row), row.records if row.enabled else None]
            for row in self.maps
        ]  # fmt: skip
        return [
            Heading("What goes where"),
            Prose(
                f"{tally.one_to_one} of {tally.rows} rows map 1:1; {tally.supported} of {tally.rows} are supported. "
                "The first figure counts records against records, the second whether anything arrives at all."
            ),
            Table(
                f"{self.source} to {self.destination}",
                ("Map", "Source object", "Destination object", "Support", "Records"),
                rows,
            ),
        ]

    def _deviations(self) -> list[Block]:
        said: list[Block] = [
            Callout(f"{row.map}: {row.source} to {row.destination}", [row.deviation], "warning")
            for row in self.maps
            if row.deviation
        ]
        return [
            Heading("Deviations"),
            Prose("Where a vendor's interface cannot do what was asked literally, this is done instead."),
            *(said or [Prose("None.")]),
        ]

    def _sensitive(self) -> list[Block]:
        rows: list[list[Cell]] = [
            [field.field_class.replace("_", " "), Code(row.map), Code(field.source), row.destination, Code(field.to)]
            for kind in SENSITIVE
            for row in self.maps
            if row.enabled
            for field in row.fields
            if field.field_class == kind
        ]
        consent = [Callout("Consent", [self.consent_sentence], "info")] if self.consent_sentence else []
        return [
            Heading("Sensitive fields"),
            Prose(
                "Clinical, government-id and consent fields, by themselves: some laws restrict handing them to "
                "another system. Whoever approves the plan approves these."
            ),
            Table("Sensitive fields", ("Class", "Map", "Source field", "Object", "Destination field"), rows),
            *consent,
        ]

    def _mapping(self) -> list[Block]:
        return [Heading("Mapping"), *(block for row in self.maps if row.enabled for block in map_blocks(row))]

    def _owners(self) -> list[Block]:
        rows: list[list[Cell]] = [
            [Code(row.practitioner_id), row.name, row.active, row.how, row.owner or None, row.reason or None]
            for row in self.owners
        ]
        return [
            Heading("Owners"),
            Facts([("Fallback owner", self.fallback_owner or "not named yet")]),
            Table(
                "Who will own whose records",
                ("Practitioner", "Name", "Active", "How", "Owner at the destination", "Why"),
                rows,
            ),
        ]

    def _limits(self) -> list[Block]:
        rows: list[list[Cell]] = [
            [row.limit, row.needed, row.allowed, verdict(row.fits, "fits", "too much"), row.words, row.source]
            for row in self.limits
        ]
        companions: list[list[Cell]] = [[one.priority, one.object, one.label, one.reason] for one in self.companions]
        return [
            Heading("Limits"),
            Table("Needed and allowed", ("Limit", "Needed", "Allowed", "Verdict", "Remark", "Source"), rows),
            findings(self.findings),
            Table(
                "Fields that go out as CSV files instead",
                ("Priority", "Object", "Field", "Why"),
                companions,
                empty="None; every field fits.",
            ),
        ]


def _support(row: MapRow) -> Badge:
    if not row.enabled:
        return Badge("off", "info")
    return verdict(row.supported, "supported", "not supported")


def map_blocks(row: MapRow) -> list[Block]:
    """One object map: its head, its three statements, its fields."""
    facts: list[tuple[str, Cell]] = [
        ("Cardinality", row.cardinality),
        ("Only when", row.condition or "always"),
        ("Owner", row.owner or "the destination's default"),
        ("Transformations", row.transformations or "none"),
        ("Lookups", row.lookups or "none"),
        ("Schema it needs", row.schema_dependencies or "nothing new"),
    ]
    fields: list[list[Cell]] = [
        [Code(field.to), Code(field.source) if field.source else None, field.transforms or None,
         field.lookup or None, field.values or None, field.field_class.replace("_", " "), field.note or None]
        for field in row.fields
    ]  # fmt: skip
    columns = ("Destination field", "Source field", "Transforms", "Lookup", "Values", "Class", "Remark")
    return [
        Heading(f"{row.map}: {row.source} to {row.destination}", 3),
        Facts(facts),
        Table(f"Fields of {row.map}", columns, fields),
    ]
