"""Values of standard and custom fields: what is stored, silently changed, ignored or refused (FACTS 4.1, 8)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import phonenumbers

from gurney.twins.highlevel import checks

if TYPE_CHECKING:
    from gurney.twins.highlevel.account import Field
    from gurney.twins.highlevel.call import Call

ONE = ("SINGLE_OPTIONS", "RADIO")
SEVERAL = ("MULTIPLE_OPTIONS", "CHECKBOX")
STUBBORN = ("PHONE",)
"""Types whose value stays when it is cleared, although the answer is 200 (FACTS 4.1)."""
MONTH_FIRST = re.compile(r"(\d{2})[/\-._](\d{2})[/\-._](\d{4})")
YEAR_FIRST = re.compile(r"(\d{4})[/\-._](\d{2})[/\-._](\d{2})")


@lru_cache(maxsize=20_000)
def normal_phone(given: str, country: str, rule: str) -> str | None:
    """A phone in E.164; numbers without a country code are the location's. None: not one."""
    try:
        read = phonenumbers.parse(given, country)
    except phonenumbers.NumberParseException:
        return given if rule == "none" else None
    passes = {"none": True, "possible": phonenumbers.is_possible_number(read)}
    if not passes.get(rule, rule == "valid" and phonenumbers.is_valid_number(read)):
        return None
    return str(phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.E164))


def phone(call: Call, name: str, value: str, wrong: list[str]) -> str:
    """A phone as it is stored (switch phone_check)."""
    read = normal_phone(value, call.account.row["country"], call.switch("phone_check"))
    if read is None:
        wrong.append(f"{name} must be a valid phone number")
    return read or value


def birthday(name: str, value: Any, wrong: list[str]) -> Any:
    """A day of birth in one of eight layouts, month first unless the year is."""
    text = value if isinstance(value, str) else ""
    if text == "":
        return checks.text(name, value, wrong)
    year_first, month_first = YEAR_FIRST.fullmatch(text), MONTH_FIRST.fullmatch(text)
    try:
        if year_first:
            return date(*map(int, year_first.groups())).isoformat()
        if month_first:
            month, day, year = map(int, month_first.groups())
            return date(year, month, day).isoformat()
    except ValueError:
        pass
    wrong.append(f"{name} must be a valid date")
    return value


def is_stubborn(call: Call, type: str) -> bool:
    """Whether clearing such a value does nothing."""
    return type in STUBBORN or (type == "DATE" and call.switch("clear_dates") == "kept")


def contact_value(call: Call, field: Field, name: str, value: Any, wrong: list[str]) -> Any:
    """A value of a contact's or opportunity's custom field: options by label, money as a number."""
    match field.type:
        case "NUMERICAL" | "MONETORY":
            return _number(call, name, value, wrong)
        case "FILE_UPLOAD":
            return _files(name, value, wrong)
        case "TEXTBOX_LIST":
            return checks.record(name, value, wrong)
        case _ if field.type in ONE:
            return _option(call, name, value, [one["label"] for one in field.options], wrong)
        case _ if field.type in SEVERAL:
            return _options(call, name, value, [one["label"] for one in field.options], wrong)
    return _text(call, field.type, name, value, wrong)


def record_value(call: Call, field: Field, name: str, value: Any, wrong: list[str]) -> Any:
    """A value of an object's field: options by key, money with its currency, files by their address (FACTS 8)."""
    match field.type:
        case "NUMERICAL":
            return checks.number(name, value, wrong)
        case "MONETORY":
            return MONEY(name, value, wrong)
        case "FILE_UPLOAD":
            return checks.listed(checks.Shape({"url": checks.filled}, ["url"]))(name, value, wrong)
        case _ if field.type in ONE:
            return _option(call, name, value, [one["key"] for one in field.options], wrong)
        case _ if field.type in SEVERAL:
            return _options(call, name, value, [one["key"] for one in field.options], wrong)
    return _text(call, field.type, name, value, wrong)


MONEY = checks.Shape({"currency": checks.one_of(["default"]), "value": checks.number}, ["currency", "value"])


def _number(call: Call, name: str, value: Any, wrong: list[str]) -> Any:
    if isinstance(value, str) and call.switch("value_types") == "coerce":
        try:
            return float(value)
        except ValueError:
            pass
    return checks.number(name, value, wrong)


def _text(call: Call, type: str, name: str, value: Any, wrong: list[str]) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool) and call.switch("value_types") == "coerce":
        value = str(value)
    if not isinstance(value, str):
        return checks.text(name, value, wrong)
    if type == "DATE":
        return _day(name, value, wrong)
    if type == "PHONE":
        return phone(call, name, value, wrong)
    if type == "EMAIL":
        return checks.email(name, value, wrong)
    most = int(call.switch("text_max"))
    if most and len(value) > most:
        wrong.append(f"{name} must be shorter than or equal to {most} characters")
    return value


def _day(name: str, value: str, wrong: list[str]) -> str:
    """A day; the time of a moment is dropped without a word (FACTS 0.3)."""
    checks.moment(name, value, wrong)
    return value[:10]


def _option(call: Call, name: str, value: Any, options: Iterable[str], wrong: list[str]) -> Any:
    if not isinstance(value, str):
        return checks.text(name, value, wrong)
    if value not in options and call.switch("unknown_option") == "refuse":
        wrong.append(f"{name} must be one of the options")
    return value


def _options(call: Call, name: str, value: Any, options: Iterable[str], wrong: list[str]) -> Any:
    before = len(wrong)
    checks.texts(name, value, wrong)
    if len(wrong) == before and call.switch("unknown_option") == "refuse" and not set(value) <= set(options):
        wrong.append(f"{name} must be one of the options")
    return value


def _files(name: str, value: Any, wrong: list[str]) -> Any:
    """The map that reads give, or a list of addresses (FACTS 10)."""
    is_map = isinstance(value, dict) and all(isinstance(one, dict) for one in value.values())
    is_list = isinstance(value, list) and all(isinstance(one, str) for one in value)
    if not is_map and not is_list:
        wrong.append(f"{name} must be an object")
    return value
