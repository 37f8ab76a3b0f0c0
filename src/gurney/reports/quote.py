"""The quote: what a clinic reads and signs before anything is connected. Made by rules from the estimate alone."""

from __future__ import annotations

from typing import ClassVar

from gurney.reports.blocks import Block, Callout, Cell, Heading, Prose, Steps, Table
from gurney.reports.estimate import (
    GRADES,
    EstimateReport,
    days_words,
    edition_table,
    factor_table,
    facts_of,
    left_table,
    timeline_table,
)
from gurney.reports.model import Report
from gurney.reports.pairs import compatibility_table
from gurney.reports.units import duration_words

RULES = [
    "No fee for each record, and no price by hand: the grade and the scope follow from the numbers above by rules.",
    "Above two million records a migration is scoped individually.",
    "Nothing is written before a person signs the plan; nothing is loaded in full before a person signs the sample.",
    "Everything that was made can be taken back; what a person changed meanwhile is kept and listed.",
]


class QuoteReport(Report):
    """Scope, grade, time and conditions of one migration."""

    name: ClassVar[str] = "quote"
    title: ClassVar[str] = "Quote for a migration"

    estimate: EstimateReport

    def blocks(self) -> list[Block]:
        told = self.estimate
        return [
            facts_of(told),
            *self._gist(),
            Heading("Grade"),
            factor_table(told.factors),
            Heading("Time"),
            timeline_table(told.timeline),
            Heading("Edition"),
            Prose("The same work in every edition, so that the clinic sees what an upgrade saves."),
            edition_table(told.editions),
            *self._room(),
            *self._left(),
            Heading("Conditions"),
            Steps(RULES),
            *self._assumptions(),
            Heading("What goes where"),
            Prose(f"{told.compatibility_words} {told.core_words}"),
            compatibility_table(told.compatibility, f"{told.source} to {told.destination}, row by row"),
        ]

    def _gist(self) -> list[Block]:
        told = self.estimate
        if told.scope == "individual":
            words = f"{told.records:,} records: above two million a migration is scoped individually."
            words += " What follows is a guide."
            return [Callout("Scope: individual", [words], "warning")]
        low, high = told.days
        lines = [
            f"Grade {told.grade}: {GRADES[told.grade]}. {days_words(low, high)} from begin to end, "
            f"{duration_words(told.forecast.seconds)} of them the machine's.",
            f"{told.forecast.units:,} {told.forecast.unit}s of {told.destination}; a rollback of everything costs "
            f"{told.forecast.rollback_units:,}.",
            *([told.wanted_words] if told.wanted_words else []),
        ]
        return [Callout("Scope: standard", lines, "good")]

    def _room(self) -> list[Block]:
        tight: list[list[Cell]] = [
            [row.limit, row.needed, row.allowed, row.source] for row in self.estimate.limits if not row.fits
        ]
        return [
            Table("What has no room", ("Limit", "Needed", "Allowed", "Source"), tight, empty="Everything has room.")
        ]

    def _left(self) -> list[Block]:
        return [
            Heading("CSV files and work by hand"),
            left_table("Fields that go out as CSV files instead", self.estimate.companions, "None; every field fits."),
            left_table("What does not go over, and what there is instead", self.estimate.by_hand, "Nothing."),
        ]

    def _assumptions(self) -> list[Block]:
        if not self.estimate.assumptions:
            return []
        return [Callout("Assumed, because nobody said", self.estimate.assumptions, "warning")]
