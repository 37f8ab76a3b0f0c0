"""What provisioning made, found, and leaves to the administrator (contract SCH1 to SCH9)."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from gurney.reports.blocks import Badge, Block, Callout, Cell, Code, Heading, Steps, Table
from gurney.reports.model import Part, Report

LEVELS = {"created": "good", "existing": "info", "by_hand": "warning", "failed": "error"}


class ProvisionRow(Part):
    """One module, field or set of pick-list values."""

    kind: str
    """'object', 'field' or 'options'."""
    name: str
    state: str
    """'created', 'existing', 'by_hand' or 'failed'."""
    actual_name: str = ""
    words: str = ""


class ProvisionReport(Report):
    """The destination's schema against the plan."""

    name: ClassVar[str] = "provision"
    title: ClassVar[str] = "Provisioning"

    ok: bool
    already_there: bool = False
    rows: list[ProvisionRow] = Field(default_factory=list)

    def blocks(self) -> list[Block]:
        rows: list[list[Cell]] = [
            [one.kind, Code(one.name), Badge(one.state.replace("_", " "), LEVELS.get(one.state, "info")),
             Code(one.actual_name) if one.actual_name else None, one.words or None]
            for one in self.rows
        ]  # fmt: skip
        by_hand = [f"{one.name}: {one.words}" for one in self.rows if one.state in ("by_hand", "failed")]
        steps: list[Block] = [Heading("For the administrator"), Steps(by_hand)] if by_hand else []
        table = Table("Modules, fields and values", ("Kind", "Name", "State", "Name there", "Remark"), rows)
        return [self._summary(), *steps, Heading("Everything"), table]

    def _summary(self) -> Callout:
        if self.already_there:
            return Callout("Everything is there already", ["Nothing was created."], "good")
        created = sum(one.state == "created" for one in self.rows)
        left = sum(one.state in ("by_hand", "failed") for one in self.rows)
        lines = [f"{created:,} created, {len(self.rows) - created - left:,} were there, {left:,} left to do."]
        return Callout("Ready for the sample" if self.ok else "Not ready yet", lines, "good" if self.ok else "error")
