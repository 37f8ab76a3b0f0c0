"""What a field makes of what is sent (FACTS 2, 5): kept, cut, dropped, or one message among several."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from gurney.twins.freshsales import times
from gurney.twins.freshsales.schema import CUSTOM, PICKS, Field

if TYPE_CHECKING:
    from gurney.twins.freshsales.world import World

TEXT_MOST = 256
AREA_MOST = 10_000
MOBILE_MOST = 30
WHOLE_DIGITS = 11
FRACTION_DIGITS = 4
NUMBER = re.compile(r"-?\d+(\.\d+)?")
ID_DIGITS = 18


class Bad(Exception):
    """The value cannot be taken; the words say why."""


class Dropped(Exception):
    """The value is passed over in silence."""


def taken(world: World, field: Field, value: Any) -> Any:
    """The value as it is kept. Raises Bad, Dropped."""
    if value is None or value == "":
        return None
    if field.custom:
        return _custom(world, field, value)
    if field.name == "time_zone":
        return zone(world, value)
    if field.name == "subscription_types":
        return _numbers(world, field, value)
    match field.type:
        case "dropdown" | "auto_complete":
            return _chosen_id(world, field, value)
        case "number":
            return number(world, field.name, value)
        case "date":
            return day(world, field.name, value)
        case "date_time_split":
            return moment(world, field.name, value)
        case "checkbox":
            return flag(world, field.name, value)
        case _:
            return text(world, field.name, value, _most(field))


def _custom(world: World, field: Field, value: Any) -> Any:
    match field.type:
        case "number":
            return _short_number(world, field, value)
        case "checkbox":
            return flag(world, field.name, value)
        case "date":
            return day(world, field.name, value)
        case "multi_select_dropdown":
            return _labels(world, field, value)
        case kind if kind in PICKS:
            return _label(world, field, value)
        case _:
            return text(world, field.name, value, _most(field))


def wrong_type(name: str) -> Bad:
    return Bad(f"The type for {name} is invalid.")


def misfit(world: World, name: str) -> Exception:
    """A value of another kind than its field's (switch bad_values)."""
    return wrong_type(name) if world.switches["bad_values"] == "refuse" else Dropped()


def text(world: World, name: str, value: Any, most: int) -> str:
    """Text of some length; numbers become text. Raises Bad, Dropped."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise misfit(world, name)
    value = str(value)
    if len(value) > most:
        if world.switches["long_text"] == "refuse":
            raise Bad(f"{human(name)} is too long (maximum is {most} characters)")
        value = value[:most]
    return str(value)


def number(world: World, name: str, value: Any) -> float | int:
    """A number, or text that is one. Raises Bad, Dropped."""
    if isinstance(value, str) and NUMBER.fullmatch(value.strip()):
        value = float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise misfit(world, name)
    return value


def _short_number(world: World, field: Field, value: Any) -> float | int:
    """Eleven digits before the point and four after it (FACTS 5)."""
    read = number(world, field.name, value)
    whole, _, fraction = f"{abs(Decimal(repr(read))):f}".partition(".")
    if len(whole) > WHOLE_DIGITS or len(fraction.rstrip("0")) > FRACTION_DIGITS:
        raise misfit(world, field.name)
    return read


def flag(world: World, name: str, value: Any) -> bool:
    """True or false. Raises Bad, Dropped."""
    if not isinstance(value, bool):
        raise misfit(world, name)
    return value


def moment(world: World, name: str, value: Any) -> int:
    """A moment; without an offset it is the account's (switch naive_times). Raises Bad, Dropped."""
    zones = {"account": world.zone, "utc": "UTC", "refuse": None}
    try:
        return times.moment(value, zones[world.switches["naive_times"]])
    except (ValueError, TypeError, AttributeError):
        raise misfit(world, name) from None


def day(world: World, name: str, value: Any) -> str:
    """A day. Raises Bad, Dropped."""
    try:
        return times.day(value, world.zone)
    except (ValueError, TypeError, AttributeError):
        raise misfit(world, name) from None


def zone(world: World, value: Any) -> str:
    """A zone by its Rails name. Raises Bad, Dropped."""
    if isinstance(value, str) and value in world.zone_names:
        return value
    return str(_unknown(world, "time_zone", value))


def id_in(value: Any) -> int:
    """The id that a number or a text of digits is; -1, which nothing has, for anything else."""
    if isinstance(value, str) and value.isdecimal() and len(value) <= ID_DIGITS:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def _chosen_id(world: World, field: Field, value: Any) -> int:
    """A reference by id; unknown ones by switch unknown_reference. Raises Bad, Dropped."""
    id = id_in(value)
    if world.has_choice(field, id):
        return id
    if world.switches["unknown_reference"] == "drop":
        raise Dropped
    raise Bad(f"{human(field.name)} is invalid")


def _numbers(world: World, field: Field, value: Any) -> str:
    """Numbers of choices in one text: "1;2". Raises Bad, Dropped."""
    given = value if isinstance(value, list) else str(value).split(";")
    known = {str(choice["id"]) for choice in field.choices}
    if not all(str(one) in known for one in given):
        _unknown(world, field.name, value)
    return ";".join(str(one) for one in given)


def _label(world: World, field: Field, value: Any) -> str:
    """A choice by its label. Raises Bad, Dropped."""
    if not isinstance(value, str):
        raise misfit(world, field.name)
    return value if field.has_choice(value) else str(_unknown(world, field.name, value))


def _labels(world: World, field: Field, value: Any) -> str:
    """Several labels joined by semicolons. Raises Bad, Dropped."""
    if not isinstance(value, str):
        raise misfit(world, field.name)
    for label in value.split(";"):
        if not field.has_choice(label):
            _unknown(world, field.name, label)
    return value


def _unknown(world: World, name: str, value: Any) -> Any:
    """A value that is no choice: 400, kept, or dropped is not known (switch unknown_choice)."""
    policy = world.switches["unknown_choice"]
    if policy == "accept":
        return value
    if policy == "drop":
        raise Dropped
    raise Bad(f"{human(name)} is not included in the list")


def _most(field: Field) -> int:
    if field.name == "mobile_number":
        return MOBILE_MOST
    return AREA_MOST if field.type == "textarea" else TEXT_MOST


def human(name: str) -> str:
    """How messages call a field: `lead_source_id` is "Lead source"."""
    return name.removeprefix(CUSTOM).removesuffix("_id").replace("_", " ").capitalize()
