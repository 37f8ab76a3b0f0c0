"""Validation rules and flows that the clinic has made itself: data, laid down through the back door (FACTS 13)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gurney.twins.salesforce.refusals import Refused
from gurney.twins.salesforce.schema import ObjectDef
from gurney.twins.salesforce.store import Row

CODES = ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "CANNOT_EXECUTE_FLOW_TRIGGER")


@dataclass
class ValidationRule:
    """Refuses rows of an object: those whose field has a value (`equals`; None: is empty), or each nth."""

    object: str
    message: str
    code: str = CODES[0]
    field: str | None = None
    equals: Any = None
    every: int = 1
    seen: int = 0

    def judge(self, kind: ObjectDef, values: Row) -> None:
        """Raises Refused for a row that breaks the rule."""
        if kind.name != self.object or (self.field is not None and values.get(self.field) != self.equals):
            return
        self.seen += 1
        if self.seen % self.every == 0:
            raise Refused(self.code, self.message, [self.field] if self.field else [])
