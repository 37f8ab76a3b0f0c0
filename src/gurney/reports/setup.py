"""The setup plan: what will be created at the destination, and what its administrator does by hand (MAP2, MAP3)."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from gurney.reports.blocks import Block, Cell, Code, Heading, Prose, Steps, Table
from gurney.reports.model import Approval, Part, Report


class ObjectToCreate(Part):
    """An object of the destination that does not exist yet."""

    name: str
    label: str
    reason: str = ""


class FieldToCreate(Part):
    """A field that does not exist yet."""

    object: str
    name: str
    label: str
    type: str
    length: int | None = None
    unique: bool = False
    options: list[str] = Field(default_factory=list)
    lookup_to: str = ""
    reason: str = ""
    maps: list[str] = Field(default_factory=list)

    @property
    def kind(self) -> str:
        """The type with what goes with it, as a person reads it."""
        length = f", up to {self.length:,}" if self.length else ""
        target = f" to {self.lookup_to}" if self.lookup_to else ""
        return self.type.replace("_", " ") + target + length + (", unique" if self.unique else "")


class OptionsToCreate(Part):
    """Values to add to a pick-list that exists."""

    object: str
    field: str
    options: list[str]


class StandardField(Part):
    """A field of the destination that is used as it is."""

    object: str
    name: str
    label: str = ""
    maps: list[str] = Field(default_factory=list)


class UserToCreate(Part):
    """A practitioner who needs a user at the destination."""

    practitioner_id: str
    name: str
    email: str
    role: str = ""


class SetupPlan(Part):
    """Every object, field, type and pick-list value to create, and every standard field used."""

    objects: list[ObjectToCreate] = Field(default_factory=list)
    fields: list[FieldToCreate] = Field(default_factory=list)
    options: list[OptionsToCreate] = Field(default_factory=list)
    standard_fields: list[StandardField] = Field(default_factory=list)
    users: list[UserToCreate] = Field(default_factory=list)
    by_hand: list[str] = Field(default_factory=list)
    """What the administrator does in the destination's own pages, in order."""

    def blocks(self) -> list[Block]:
        return [*self._to_create(), *self._used(), *self._by_hand()]

    def _to_create(self) -> list[Block]:
        objects: list[list[Cell]] = [[Code(one.name), one.label, one.reason] for one in self.objects]
        options: list[list[Cell]] = [[one.object, Code(one.field), one.options] for one in self.options]
        return [
            Table("Objects to create", ("Name", "Label", "Why"), objects),
            *self._fields(),
            Table("Pick-list values to add", ("Object", "Field", "Values"), options),
        ]

    def _fields(self) -> list[Block]:
        """A table an object: whoever makes them by hand opens one page of the CRM's settings after the other."""
        columns = ("Label", "Name", "Type", "Pick-list values", "Maps", "Why")
        by_object: dict[str, list[list[Cell]]] = {}
        for one in self.fields:
            row: list[Cell] = [one.label, Code(one.name), one.kind, one.options or None, one.maps, one.reason]
            by_object.setdefault(one.object, []).append(row)
        if not by_object:
            return [Table("Fields to create", columns, [])]
        return [Table(f"{len(rows)} fields to create in {name}", columns, rows) for name, rows in by_object.items()]

    def _used(self) -> list[Block]:
        used: list[list[Cell]] = [[one.object, Code(one.name), one.label, one.maps] for one in self.standard_fields]
        users: list[list[Cell]] = [
            [Code(one.practitioner_id), one.name, one.email, one.role or None] for one in self.users
        ]
        return [
            Table("Standard fields used", ("Object", "Name", "Label", "Maps"), used),
            Table("Users to create", ("Practitioner", "Name", "E-mail", "Role"), users),
        ]

    def _by_hand(self) -> list[Block]:
        if not self.by_hand:
            return [Prose("The administrator has nothing to do by hand.")]
        return [Heading("By hand, for the administrator", 3), Steps(self.by_hand)]


class SetupReport(Report):
    """The setup plan alone, for the administrator of the destination."""

    name: ClassVar[str] = "setup-plan"
    title: ClassVar[str] = "Setup plan for the destination's administrator"

    destination: str = ""
    setup: SetupPlan
    approval: Approval | None = None

    def blocks(self) -> list[Block]:
        return [
            *([self.approval.block()] if self.approval else []),
            Heading(f"What is created in {self.destination}" if self.destination else "What is created"),
            *self.setup.blocks(),
        ]
