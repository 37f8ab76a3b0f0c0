"""What a field takes: one check per type, compiled once per field (FACTS 2).

A check gets a value as JSON or CSV carries it (never null), and gives what is stored, None for empty. It raises
Refused for a value that the field does not take, and Unreadable for one that is not even of the field's type.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from gurney.twins.salesforce.ids import normal
from gurney.twins.salesforce.refusals import Refused, Unreadable, cross_reference, entity_is_deleted, malformed_id
from gurney.twins.salesforce.schema import FieldDef
from gurney.twins.salesforce.times import read_day, read_moment

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World

Check = Callable[[Any], Any]
EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+"
)
TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,3})?)?Z?")
BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
MOST_PRECISE = 18


def check_for(field: FieldDef, world: World, *, csv: bool = False) -> Check:
    """The check of a field; `csv` when values come as text from a file."""
    make = _MAKERS.get(field.type, _text)
    return make(field, world, csv)


def _unreadable(field: FieldDef, value: Any, csv: bool, kind: str | None = None) -> Refused:
    if csv:
        words = f"{field.label}: value not of required type: {value}"
        return Refused("INVALID_TYPE_ON_FIELD_IN_RECORD", words, [field.name])
    token = {str: "VALUE_STRING", bool: f"VALUE_{str(value).upper()}", int: "VALUE_NUMBER_INT", dict: "START_OBJECT"}
    words = (
        f"Cannot deserialize instance of {kind or field.type} from {token.get(type(value), 'VALUE_NUMBER_FLOAT')} "
        f"value {value if not isinstance(value, dict) else '{'} or request may be missing a required field "
        "at [line:1, column:2]"
    )
    return Unreadable("JSON_PARSER_ERROR", words)


def _as_text(field: FieldDef, world: World, csv: bool) -> Check:
    loose = world.switches["loose_types"] == "yes"
    trims = world.switches["trim"] == "yes"

    def check(value: Any) -> Any:
        if type(value) is not str:
            if not loose or isinstance(value, dict | list):
                raise _unreadable(field, value, csv, "string")
            value = str(value).lower() if isinstance(value, bool) else str(value)
        return (value.strip() if trims else value) or None

    return check


def _text(field: FieldDef, world: World, csv: bool) -> Check:
    as_text, most = _as_text(field, world, csv), field.length
    trims = world.switches["trim"] == "yes"

    def check(value: Any) -> Any:
        if trims and type(value) is str:
            value = value.strip()
            if len(value) <= most:
                return value or None
        value = as_text(value)
        if value is not None and len(value) > most:
            words = f"{field.label}: data value too large: {value} (max length={most})"
            raise Refused("STRING_TOO_LONG", words, [field.name])
        return value

    return check


def _email(field: FieldDef, world: World, csv: bool) -> Check:
    text = _text(field, world, csv)
    matches = EMAIL.fullmatch

    def check(value: Any) -> Any:
        value = text(value)
        if value is not None and matches(value) is None:
            words = f"{field.label}: invalid email address: {value}"
            raise Refused("INVALID_EMAIL_ADDRESS", words, [field.name])
        return value

    return check


def _picklist(field: FieldDef, world: World, csv: bool) -> Check:
    text = _text(field, world, csv)
    if not field.restricted:
        return text
    values = frozenset(pick.value for pick in field.picklist if pick.active)

    def check(value: Any) -> Any:
        value = text(value)
        if value is not None and value not in values:
            raise _bad_pick(field, value)
        return value

    return check


def _multipicklist(field: FieldDef, world: World, csv: bool) -> Check:
    as_text = _as_text(field, world, csv)
    values = {pick.value: place for place, pick in enumerate(field.picklist) if pick.active}

    def check(value: Any) -> Any:
        value = as_text(value)
        if value is None:
            return None
        chosen = list(dict.fromkeys(one.strip() for one in value.split(";") if one.strip()))
        for one in chosen if field.restricted else ():
            if one not in values:
                raise _bad_pick(field, one)
        return ";".join(sorted(chosen, key=lambda one: values.get(one, len(values)))) or None

    return check


def _bad_pick(field: FieldDef, value: str) -> Refused:
    words = f"{field.label}: bad value for restricted picklist field: {value}"
    return Refused("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", words, [field.name])


def _boolean(field: FieldDef, world: World, csv: bool) -> Check:
    textual = csv or world.switches["loose_types"] == "yes"

    def check(value: Any) -> Any:
        if value is True or value is False:
            return value
        read = BOOLEANS.get(value.strip().lower()) if textual and isinstance(value, str) else None
        if read is None:
            raise _unreadable(field, value, csv)
        return read

    return check


def _number(field: FieldDef, world: World, csv: bool) -> Check:
    textual = csv or world.switches["loose_types"] == "yes"
    scale, most = field.scale, 10 ** (min(field.precision or MOST_PRECISE, MOST_PRECISE) - field.scale)
    step = Decimal(1).scaleb(-scale)

    def check(value: Any) -> Any:
        if type(value) is bool or not isinstance(value, int | float | str) or (type(value) is str and not textual):
            raise _unreadable(field, value, csv)
        try:
            exact = Decimal(str(value).strip()).quantize(step, ROUND_HALF_UP)
        except InvalidOperation:
            if isinstance(value, str):
                raise _unreadable(field, value, csv) from None
            raise _out_of_range(field, value) from None
        if abs(exact) >= most:
            raise _out_of_range(field, value)
        return float(exact)

    return check


def _out_of_range(field: FieldDef, value: Any) -> Refused:
    words = f"{field.label}: value outside of valid range on numeric field: {value}"
    return Refused("NUMBER_OUTSIDE_VALID_RANGE", words, [field.name])


def _int(field: FieldDef, world: World, csv: bool) -> Check:
    number = _number(FieldDef(field.name, field.label, "int", precision=MOST_PRECISE), world, csv)
    most = 10 ** (field.digits or 9)

    def check(value: Any) -> Any:
        if isinstance(value, float) and not value.is_integer():
            raise _unreadable(field, value, csv)
        read = int(number(value))
        if abs(read) >= most:
            raise _out_of_range(field, value)
        return read

    return check


def _worded(read: Callable[[str], str | None]) -> Callable[[FieldDef, World, bool], Check]:
    def make(field: FieldDef, world: World, csv: bool) -> Check:
        def check(value: Any) -> Any:
            stored = read(value.strip()) if type(value) is str else None
            if stored is None:
                raise _unreadable(field, value, csv)
            return stored

        return check

    return make


def _clock_time(text: str) -> str | None:
    if TIME.fullmatch(text) is None:
        return None
    whole, _, part = text.removesuffix("Z").partition(".")
    return f"{whole if whole.count(':') > 1 else whole + ':00'}.{part:0<3}Z"


def _base64(field: FieldDef, world: World, csv: bool) -> Check:
    def check(value: Any) -> Any:
        if isinstance(value, bytes):
            return value
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, TypeError, ValueError):
            raise _unreadable(field, "…", csv) from None

    return check


def _reference(field: FieldDef, world: World, csv: bool) -> Check:
    """An id of a living row of the right object. An owner must be active (rule salesforce.inactive-owner)."""
    label, tables, prefixes = field.label, world.store.tables, _prefixes(field, world)
    living = [tables[name].rows for names in prefixes.values() for name in names]

    def check(value: Any) -> Any:
        if type(value) is str and any(value in rows for rows in living):
            return value
        id = normal(value)
        names = prefixes.get(id[:3]) if id is not None else None
        if id is None or names is None:
            raise malformed_id(label, value, field.name)
        if not any(id in tables[name].rows for name in names):
            if any(id in tables[name].binned for name in names):
                raise entity_is_deleted()
            raise cross_reference(field.name)
        return id

    return check


def _prefixes(field: FieldDef, world: World) -> dict[str, list[str]]:
    """The objects that a field points to, by prefix; those the twin does not have cannot be pointed to."""
    found: dict[str, list[str]] = {}
    for name in field.reference_to:
        kind = world.schema.objects.get(name)
        if kind is not None and kind.key_prefix:
            found.setdefault(kind.key_prefix, []).append(name)
    return found


_MAKERS: dict[str, Callable[[FieldDef, World, bool], Check]] = {
    "email": _email,
    "picklist": _picklist,
    "multipicklist": _multipicklist,
    "boolean": _boolean,
    "double": _number,
    "currency": _number,
    "percent": _number,
    "int": _int,
    "date": _worded(read_day),
    "datetime": _worded(read_moment),
    "time": _worded(_clock_time),
    "base64": _base64,
    "reference": _reference,
}
