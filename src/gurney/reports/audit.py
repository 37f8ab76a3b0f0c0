"""The audit: what the clinic has, what is wrong with it, and what will not fit (contract AUD1 to AUD13)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from gurney.reports.blocks import Block, Callout, Cell, Code, Facts, Heading, Prose, Steps, Table
from gurney.reports.forecast import Forecast
from gurney.reports.model import FoundRow, Part, Report, findings, verdict
from gurney.reports.units import size_words


class InventoryRow(Part):
    """How many records of one object there are. `live` is what a plain list shows."""

    object: str
    live: int = 0
    archived: int = 0
    cancelled: int = 0
    total: int = 0
    note: str = ""


class CustomFieldRow(Part):
    """One custom field of the source, known by its token; labels may repeat."""

    section: str
    label: str
    type: str
    token: str
    archived: bool = False
    filled: int = 0
    """Records that hold a value."""
    options: int = 0
    field_class: str = ""
    destination: str = ""
    """The destination field proposed, '' while none is."""


class PractitionerRow(Part):
    """One of the clinic's practitioners, and whether an owner at the destination was found."""

    id: str
    name: str
    active: bool
    user_email: str = ""
    owner: str = ""


class Unmatched(Part):
    """A practitioner without a user at the destination (contract AUD11, AUD12)."""

    id: str
    active: bool
    reason: str
    records: int = 0
    """Records that would be theirs."""


class OversizeFile(Part):
    """A file that the destination will not take (contract AUD7, AUD9). Names are left out: they may tell too much."""

    attachment_id: str
    patient_id: str
    size_bytes: int
    limit_bytes: int
    reason: str = "larger than the destination's limit"


class LimitRow(Part):
    """What the migration needs against what the destination's edition allows (contract AUD3, AUD4)."""

    limit: str
    needed: int
    allowed: int | None = None
    fits: bool = True
    source: str = ""
    words: str = ""


class LocationOption(Part):
    """A way to carry several locations over (contract AUD13)."""

    title: str
    words: str
    suits: str = ""
    chosen: bool = False


class ReadingNote(Part):
    """Something about either vendor that a reader should know (contract section 17)."""

    id: str
    words: str


class AuditReport(Report):
    """Inventory, data quality, fit with the destination, forecast."""

    name: ClassVar[str] = "audit"
    title: ClassVar[str] = "Audit of the source"

    as_of: datetime
    """The moment that past and future are judged by."""
    account: str = ""
    inventory: list[InventoryRow] = Field(default_factory=list)
    reading: list[FoundRow] = Field(default_factory=list)
    """What could not be read, or differs from the web export of patients that the clinic gave (contract SRC5)."""
    attachments: int = 0
    attachment_bytes: int = 0
    custom_fields: list[CustomFieldRow] = Field(default_factory=list)
    practitioners: list[PractitionerRow] = Field(default_factory=list)
    unmatched: list[Unmatched] = Field(default_factory=list)
    quality: list[FoundRow] = Field(default_factory=list)
    limits: list[LimitRow] = Field(default_factory=list)
    gaps: list[FoundRow] = Field(default_factory=list)
    """Objects, fields and pick-list values that the destination lacks so far."""
    prospect_field: str = ""
    """A field that separates prospective from active patients; '' when there is none (contract AUD5)."""
    prospect_words: str = "The source has no field that separates prospective from active patients."
    oversize: list[OversizeFile] = Field(default_factory=list)
    oversize_steps: list[str] = Field(default_factory=list)
    location_options: list[LocationOption] = Field(default_factory=list)
    reading_notes: list[ReadingNote] = Field(default_factory=list)
    forecast: Forecast = Field(default_factory=Forecast)

    def blocks(self) -> list[Block]:
        return [
            self._summary(),
            *self._inventory(),
            *self._people(),
            Heading("Data quality"),
            Prose("Ids only; no values. Nothing is corrected without being asked for."),
            findings(self.quality),
            *self._fit(),
            *self._files(),
            *self._locations(),
            Heading("Forecast"),
            *self.forecast.blocks(),
            Heading("Good to know"),
            Table("Notes", ("Id", "Note"), [[Code(note.id), note.words] for note in self.reading_notes]),
        ]

    def _summary(self) -> Callout:
        total = sum(row.total for row in self.inventory)
        grave = sum(1 for row in [*self.quality, *self.gaps, *self.reading] if row.level == "error")
        lines = [
            f"{total:,} records in {len(self.inventory)} objects, "
            f"{self.attachments:,} files of {size_words(self.attachment_bytes)} together.",
            f"{len(self.quality)} kinds of data-quality findings, "
            f"{len(self.unmatched)} practitioners without a user, {len(self.oversize)} files too large.",
        ]
        return Callout("In short", lines, "error" if grave else "info")

    def _inventory(self) -> list[Block]:
        counted: list[list[Cell]] = [
            [row.object, row.live, row.archived, row.cancelled, row.total, row.note] for row in self.inventory
        ]
        custom: list[list[Cell]] = [
            [row.label, row.section, row.type, row.filled, row.options, row.archived, row.field_class,
             row.destination or None, Code(row.token)]
            for row in self.custom_fields
        ]  # fmt: skip
        return [
            Heading("Inventory"),
            Facts([("Account", self.account), ("Judged as of", self.as_of)]),
            findings(self.reading, "Everything that the source lists was read."),
            Table("Records by object", ("Object", "Live", "Archived", "Cancelled", "Total", "Remark"), counted),
            Facts([("Files", self.attachments), ("Size of all files", size_words(self.attachment_bytes))]),
            Heading("Custom fields"),
            Table(
                "Custom patient fields, archived ones included",
                ("Label", "Section", "Type", "Filled", "Options", "Archived", "Class", "Destination", "Token"),
                custom,
            ),
            Heading("Prospective patients"),
            Prose(self.prospect_words),
            *([Facts([("Field", Code(self.prospect_field))])] if self.prospect_field else []),
        ]

    def _people(self) -> list[Block]:
        roster: list[list[Cell]] = [
            [Code(row.id), row.name, row.active, row.user_email or None, row.owner or None]
            for row in self.practitioners
        ]
        missing: list[list[Cell]] = [[Code(row.id), row.active, row.reason, row.records] for row in self.unmatched]
        return [
            Heading("Practitioners"),
            Table("Roster", ("Id", "Name", "Active", "E-mail of the user", "User at the destination"), roster),
            Table("Practitioners without a user", ("Id", "Active", "Why", "Their records"), missing),
        ]

    def _fit(self) -> list[Block]:
        rows: list[list[Cell]] = [
            [row.limit, row.needed, row.allowed, verdict(row.fits, "fits", "too much"), row.words, row.source]
            for row in self.limits
        ]
        return [
            Heading("Fit with the destination"),
            Table("Needed and allowed", ("Limit", "Needed", "Allowed", "Verdict", "Remark", "Source"), rows),
            findings(self.gaps, "The destination lacks nothing."),
        ]

    def _files(self) -> list[Block]:
        rows: list[list[Cell]] = [
            [Code(row.attachment_id), Code(row.patient_id), size_words(row.size_bytes), size_words(row.limit_bytes),
             row.reason]
            for row in self.oversize
        ]  # fmt: skip
        table = Table("Files for manual handling", ("Attachment", "Patient", "Size", "Limit", "Why"), rows)
        steps: list[Block] = [Steps(self.oversize_steps)] if rows and self.oversize_steps else []
        return [Heading("Files too large"), table, *steps]

    def _locations(self) -> list[Block]:
        if not self.location_options:
            return []
        rows: list[list[Cell]] = [[row.title, row.words, row.suits, row.chosen] for row in self.location_options]
        return [Heading("Locations"), Table("Options", ("Option", "What it means", "Suits", "Chosen"), rows)]
