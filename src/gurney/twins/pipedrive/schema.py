"""Fields of an object: standard and custom, their options, and the values that custom fields take (FACTS 4, 5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from gurney.twins.pipedrive import checks
from gurney.twins.pipedrive.checks import Check
from gurney.twins.pipedrive.refusals import Refused, Wrong, broken, not_allowed

if TYPE_CHECKING:
    from gurney.twins.pipedrive.call import Call

WRITABLE_TYPES = (
    "varchar", "varchar_auto", "text", "double", "monetary", "date", "daterange", "time", "timerange", "set", "enum",
    "user", "org", "people", "phone", "address",
)  # fmt: skip
WITH_OPTIONS = ("enum", "set")
SEARCHABLE = ("address", "varchar", "text", "varchar_auto", "double", "monetary", "phone")
SUBFIELDS = {
    "monetary": (("currency", "Currency", "varchar"),),
    "daterange": (("until", "End date", "date"),),
    "time": (("timezone_id", "Timezone", "int"),),
    "timerange": (("timezone_id", "Timezone", "int"), ("until", "End time", "time")),
    "address": tuple((part, part.replace("_", " ").capitalize(), "varchar") for part in checks.ADDRESS_PARTS[1:]),
}
VARCHAR_MOST = 255
TEXT_MOST = 65_000


@dataclass
class Option:
    """One value of an enum or set field."""

    id: int
    label: str
    add_time: str | None = None
    update_time: str | None = None


@dataclass
class Field:
    """One field. `number` is its id in v1."""

    number: int
    code: str
    name: str
    type: str
    custom: bool = False
    optional: bool = False
    """Only in answers that ask for it by include_fields."""
    options: list[Option] | None = None
    extras: dict[str, Any] = field(default_factory=dict)
    """ui_visibility, important_fields, required_fields, description."""
    add_time: str = ""
    update_time: str | None = None

    def option(self, id: Any) -> Option | None:
        return next((option for option in self.options or () if option.id == id), None)


@dataclass
class Schema:
    """The fields of one object."""

    object: str
    standard: dict[str, Field] = field(default_factory=dict)
    custom: dict[str, Field] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    """Codes of deleted fields: they answer 410, and never come back."""

    def __iter__(self) -> Iterator[Field]:
        yield from self.standard.values()
        yield from self.custom.values()

    def get(self, code: str) -> Field | None:
        return self.standard.get(code) or self.custom.get(code)

    def numbered(self, number: int) -> Field | None:
        return next((f for f in self if f.number == number), None)

    def read(self, call: Call, value: Any) -> dict[str, Any]:
        """The object `custom_fields` of a write. Raises Wrong, and Refused (500) when it is wrongly nested."""
        if not isinstance(value, dict) or "custom_fields" in value:
            raise broken()
        return {f.code: read for f, read in (self._one(call, code, given) for code, given in value.items())}

    def _one(self, call: Call, code: str, given: Any) -> tuple[Field, Any]:
        custom = self.custom.get(code)
        if custom is None:
            raise not_allowed(code)
        if given is None:
            return custom, None
        try:
            return custom, VALUES[custom.type](custom)(call, given)
        except Wrong as no:
            raise no.under(code) from None

    def shown(self, values: dict[str, Any] | None) -> dict[str, Any]:
        """Every key of the object, null where nothing is set."""
        held = values or {}
        return {code: held.get(code) for code in self.custom}


def _option(chosen: Field) -> Check:
    """The id of an option; labels are refused."""

    def check(call: Call, value: Any) -> int:
        if isinstance(value, str) and call.world.switches["option_words"] == "accept":
            value = next((option.id for option in chosen.options or () if option.label == value), value)
        id = checks.integer(call, value)
        if chosen.option(id) is None and call.world.switches["unknown_option"] == "refuse":
            raise Wrong(f"Option {id} does not exist")
        return id

    return check


def _options(chosen: Field) -> Check:
    """Ids of options; an empty list is a validation error (FACTS 4)."""
    inner = checks.listed(_option(chosen))

    def check(call: Call, value: Any) -> list[int]:
        ids: list[int] = inner(call, value)
        if not ids:
            raise Wrong("must contain at least 1 item")
        return list(dict.fromkeys(ids))

    return check


def _zone(call: Call, value: Any) -> str:
    if checks.text(call, value) not in available_timezones():
        raise Wrong("must be a time zone")
    return str(value)


_money = checks.shaped({"value": checks.number, "currency": checks.currency}, required=["value", "currency"])
_days = checks.shaped({"value": checks.day, "until": checks.day}, required=["value", "until"])
_time = checks.shaped({"value": checks.clock, "timezone_name": checks.or_null(_zone)}, required=["value"])
_times = checks.shaped(
    {"value": checks.clock, "until": checks.clock, "timezone_name": checks.or_null(_zone)}, required=["value", "until"]
)


def _timed(inner: Check) -> Check:
    def check(call: Call, value: Any) -> dict[str, Any]:
        return {"timezone_name": None, **inner(call, value)}

    return check


VALUES: dict[str, Any] = {
    "varchar": lambda chosen: checks.text_up_to(VARCHAR_MOST),
    "varchar_auto": lambda chosen: checks.text_up_to(VARCHAR_MOST),
    "phone": lambda chosen: checks.text_up_to(VARCHAR_MOST),
    "text": lambda chosen: checks.text_up_to(TEXT_MOST),
    "double": lambda chosen: checks.number,
    "monetary": lambda chosen: _money,
    "date": lambda chosen: checks.day,
    "daterange": lambda chosen: _days,
    "time": lambda chosen: _timed(_time),
    "timerange": lambda chosen: _timed(_times),
    "enum": _option,
    "set": _options,
    "user": lambda chosen: checks.owner,
    "org": lambda chosen: checks.link_to("organizations", "Organization"),
    "people": lambda chosen: checks.link_to("persons", "Person"),
    "address": lambda chosen: checks.address,
}
"""The check of a custom value by its field's type."""


def labelled(schema: Schema, values: dict[str, Any]) -> dict[str, Any]:
    """Custom values with `{id, label}` for options; the label of a deleted option does not resolve."""
    shown = dict(values)
    for code, custom in schema.custom.items():
        value = shown.get(code)
        if value is None or custom.type not in WITH_OPTIONS:
            continue
        shown[code] = [_named(custom, id) for id in value] if isinstance(value, list) else _named(custom, value)
    return shown


def _named(custom: Field, id: int) -> dict[str, Any]:
    option = custom.option(id)
    return {"id": id, "label": option.label if option else None}


def gone() -> Refused:
    """A deleted field (FACTS 12)."""
    return Refused(410, {"error": "The field is not found"})
