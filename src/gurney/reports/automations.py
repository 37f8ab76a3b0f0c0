"""What can be told of reminders, templates and online booking, for whoever rebuilds them (contract NON1 to NON3)."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, JsonValue

from gurney.reports.blocks import Block, Callout, Cell, Code, Facts, Heading, Prose, Steps, Table
from gurney.reports.model import Part, Report, shown


class TypeAutomations(Part):
    """What happens around appointments of one type. Templates are known by number alone."""

    id: str
    name: str
    archived: bool = False
    confirmation_templates: list[str] = Field(default_factory=list)
    reminder_templates: list[str] = Field(default_factory=list)
    follow_up_templates: list[str] = Field(default_factory=list)
    in_online_bookings: bool = False
    telehealth: bool = False
    online_payments: str = ""


class AutomationsReport(Report):
    """A reference, no migration: workflows do not go over."""

    name: ClassVar[str] = "automations"
    title: ClassVar[str] = "Reminders and automations, for reference"

    reminders: dict[str, JsonValue] = Field(default_factory=dict)
    sms: dict[str, JsonValue] = Field(default_factory=dict)
    appointment_types: list[TypeAutomations] = Field(default_factory=list)
    online_bookings: dict[str, JsonValue] = Field(default_factory=dict)
    integrations: dict[str, bool] = Field(default_factory=dict)
    """Services connected to the source, and whether they are on."""
    by_hand: list[str] = Field(default_factory=list)
    """What no program can read and a person has to copy."""

    def blocks(self) -> list[Block]:
        return [
            Callout(
                "Not migrated",
                ["Reminders, sequences and booking pages are not moved. Rebuild those you need from this page."],
            ),
            Heading("To be copied by hand"),
            Steps(self.by_hand),
            Heading("Reminders and messages"),
            Facts([*_facts(self.reminders), *_facts(self.sms)]),
            *self._types(),
            Heading("Online booking"),
            Facts(_facts(self.online_bookings)),
            Heading("Connected services"),
            Facts([(_words(name), on) for name, on in self.integrations.items()]),
        ]

    def _types(self) -> list[Block]:
        columns = (
            "Type", "Id", "Archived", "Confirmations", "Reminders", "Follow-ups", "Booked online", "Telehealth",
            "Online payment",
        )  # fmt: skip
        rows: list[list[Cell]] = [
            [one.name, Code(one.id), one.archived, one.confirmation_templates, one.reminder_templates,
             one.follow_up_templates, one.in_online_bookings, one.telehealth, one.online_payments or None]
            for one in self.appointment_types
        ]  # fmt: skip
        return [
            Heading("Appointment types and their templates"),
            Prose("Templates by their numbers in the source; equal numbers are the same template."),
            Table("Templates by appointment type", columns, rows),
        ]


def _facts(settings: dict[str, JsonValue]) -> list[tuple[str, Cell]]:
    """Settings as they are named at the source; what is not set is left out, groups go under their own name."""
    facts: list[tuple[str, Cell]] = []
    for name, value in settings.items():
        if isinstance(value, dict):
            facts += [(f"{_words(name)}: {inner.lower()}", cell) for inner, cell in _facts(value)]
        elif value not in (None, "", []):
            facts.append((_words(name), shown(value)))
    return facts


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
