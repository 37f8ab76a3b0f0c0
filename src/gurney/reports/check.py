"""The check: do the credentials open what the migration needs?"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from gurney.reports.blocks import Block, Callout, Cell, Code, Facts, Heading, Table
from gurney.reports.model import FoundRow, Part, Report, findings


class LimitValue(Part):
    """One limit of a vendor, as it applies to this account."""

    name: str
    value: int | None = None
    source: str = ""
    """Where the figure comes from."""
    sure: bool = True


class SystemCheck(Part):
    """One side's account and what was found there."""

    system: str
    account_id: str = ""
    account: str = ""
    edition: str = ""
    user: str = ""
    role: str = ""
    time_zone: str = ""
    details: dict[str, str] = Field(default_factory=dict)
    findings: list[FoundRow] = Field(default_factory=list)
    limits: list[LimitValue] = Field(default_factory=list)

    def blocks(self, side: str) -> list[Block]:
        facts: list[tuple[str, Cell]] = [
            ("Account", f"{self.account} ({self.account_id})" if self.account_id else self.account),
            ("Edition", self.edition or None),
            ("User", self.user),
            ("Role", self.role or None),
            ("Time zone", self.time_zone or None),
            *self.details.items(),
        ]
        limits: list[list[Cell]] = [[Code(limit.name), limit.value, limit.sure, limit.source] for limit in self.limits]
        return [
            Heading(f"{side}: {self.system}"),
            Facts(facts),
            findings(self.findings, "No problem found."),
            *([Table("Limits", ("Limit", "Value", "Certain", "Source"), limits)] if limits else []),
        ]


class CheckReport(Report):
    """Credentials, role, scopes, edition, quotas and permissions of both sides. Read-only."""

    name: ClassVar[str] = "check"
    title: ClassVar[str] = "Check of both accounts"

    ok: bool
    source: SystemCheck
    destination: SystemCheck | None = None

    def blocks(self) -> list[Block]:
        if self.ok:
            top = Callout("Ready for the audit", ["Next: gurney audit"], "good")
        else:
            top = Callout("Not ready", ["Set right what is marked as an error, then: gurney check"], "error")
        sides = [*self.source.blocks("Source")]
        if self.destination is not None:
            sides += self.destination.blocks("Destination")
        return [top, *sides]
