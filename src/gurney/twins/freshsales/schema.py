"""The fields of an object: standard ones, and those of one's own, named cf_<label> (FACTS 0.2, 5)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from gurney.twins.freshsales.plans import OPTIONS_MOST
from gurney.twins.freshsales.refusals import invalid

Row = dict[str, Any]
CUSTOM = "cf_"
PICKS = ("dropdown", "multi_select_dropdown", "radio")
TYPES = ("text", "textarea", "number", "dropdown", "checkbox", "radio", "date", "multi_select_dropdown")
"""What a field of one's own may be, as far as values are known; in the order of the assumed codes."""
UNIQUE_TYPES = ("text", "number")
ODD = re.compile(r"[^a-z0-9_\-]+")


@dataclass
class Field:
    """One field."""

    id: int
    name: str
    label: str
    type: str
    position: int
    base_model: str
    required: bool = False
    unique: bool = False
    custom: bool = False
    writable: bool = True
    visible: bool = True
    quick_add: int | None = None
    choices: list[Row] = field(default_factory=list)
    more: Row = field(default_factory=dict)

    def has_choice(self, label: str) -> bool:
        """Whether a value is one of the labels."""
        return any(choice["value"] == label for choice in self.choices)

    def wire(self) -> Row:
        """As `settings/{object}/fields` shows it."""
        return {
            "id": self.id, "label": self.label, "name": self.name, "type": self.type, "default": not self.custom,
            "actionable": True, "position": self.position, "choices": self.choices, "base_model": self.base_model,
            "required": self.required, "quick_add_position": self.quick_add, "visible": self.visible, **self.more,
        }  # fmt: skip

    def form_wire(self, form_id: int) -> Row:
        """As a form and the answer to its creation show it."""
        return {
            "id": str(self.id), "name": self.name, "label": self.label, "type": self.type, "form_id": form_id,
            "field_class": "CustomField" if self.custom else "DefaultField", "custom": self.custom,
            "required": self.required, "position": self.position, "quick_add_position": self.quick_add,
            "visible": self.visible, "editable": True, "default_value": None, "placeholder": None, "hint": None,
            "link": None, "parent_id": None, "allow_clearing_default_value": True, "fields": [],
            "choices": [{**choice, "is_active": True} for choice in self.choices],
            "field_options": {"unique": str(self.unique).lower(), "system_field": not self.custom},
        }  # fmt: skip


class Schema:
    """All fields of one object, in order."""

    def __init__(self, model: str, most: int, unique_most: int) -> None:
        self.model = model
        self.most = most
        self.unique_most = unique_most
        self.fields: dict[str, Field] = {}

    def add(self, made: Field) -> Field:
        """Take a field whose name is new."""
        self.fields[made.name] = made
        return made

    @property
    def custom(self) -> list[Field]:
        return [one for one in self.fields.values() if one.custom]

    def create(
        self, id: int, label: str, type: str, *, choices: Iterable[str] = (), required: bool = False,
        unique: bool = False, choice_ids: Iterable[int] = (), of_a_kind: int | None = None,
    ) -> Field:  # fmt: skip
        """A field of one's own, within the plan. Raises Refused with every problem."""
        labels = list(choices)
        name = name_of(label)
        problems = self._problems(label, name, type, labels, unique=unique, of_a_kind=of_a_kind)
        if problems:
            raise invalid(problems)
        rows = [
            {"id": id, "value": word, "position": at}
            for at, (id, word) in enumerate(zip(choice_ids, labels, strict=True), 1)
        ]
        return self.add(
            Field(
                id,
                name,
                label,
                type,
                len(self.fields) + 1,
                self.model,
                required=required,
                unique=unique,
                custom=True,
                choices=rows,
            )
        )

    def _problems(
        self, label: str, name: str, type: str, labels: list[str], *, unique: bool, of_a_kind: int | None
    ) -> list[str]:
        problems = []
        if not label.strip() or name == CUSTOM:
            problems.append("Label can't be blank")
        if name in self.fields:
            problems.append("Label has already been taken")
        if type not in TYPES:
            problems.append("Field type is invalid")
        if len(self.custom) >= self.most:
            problems.append("You have reached the limit of custom fields of your plan")
        if of_a_kind is not None and Counter(one.type for one in self.custom)[type] >= of_a_kind:
            problems.append("You have reached the limit of custom fields of this type")
        if len(labels) > OPTIONS_MOST or len(set(labels)) < len(labels):
            problems.append("Choices are invalid")
        if unique and (type not in UNIQUE_TYPES or sum(f.unique for f in self.fields.values()) >= self.unique_most):
            problems.append("This field cannot be unique")
        return problems


def name_of(label: str) -> str:
    """cf_ and the label in lower case with underscores; hyphens survive (FACTS 5)."""
    return CUSTOM + ODD.sub("", "_".join(label.lower().split()))
