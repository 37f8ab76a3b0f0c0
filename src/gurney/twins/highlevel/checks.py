"""Strict checks of bodies: what passes comes back as it is stored, and every violation is told at once (FACTS 14).

A check gets the property's full name (`items.0.qty`), the value and the list of violations so far.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from gurney.twins.highlevel.refusals import invalid, not_allowed

Check = Callable[[str, Any, list[str]], Any]
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}")


def anything(name: str, value: Any, wrong: list[str]) -> Any:
    return value


def text(name: str, value: Any, wrong: list[str]) -> Any:
    if not isinstance(value, str):
        wrong.append(f"{name} must be a string")
    return value


def filled(name: str, value: Any, wrong: list[str]) -> Any:
    """A text with something in it."""
    if not isinstance(value, str):
        wrong.append(f"{name} must be a string")
    elif not value.strip():
        wrong.append(f"{name} should not be empty")
    return value


def boolean(name: str, value: Any, wrong: list[str]) -> Any:
    if not isinstance(value, bool):
        wrong.append(f"{name} must be a boolean value")
    return value


def number(name: str, value: Any, wrong: list[str]) -> Any:
    if not isinstance(value, int | float) or isinstance(value, bool):
        wrong.append(f"{name} must be a number conforming to the specified constraints")
    return value


def within(low: int, high: int) -> Check:
    """A whole number between two others."""

    def check(name: str, value: Any, wrong: list[str]) -> Any:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            wrong.append(f"{name} must be an integer from {low} to {high}")
        return value

    return check


def record(name: str, value: Any, wrong: list[str]) -> Any:
    if not isinstance(value, dict):
        wrong.append(f"{name} must be an object")
    return value


def email(name: str, value: Any, wrong: list[str]) -> Any:
    """An address, or the empty text that clears one."""
    if not isinstance(value, str) or (value and not EMAIL.fullmatch(value)):
        wrong.append(f"{name} must be an email")
    return value


def colour(name: str, value: Any, wrong: list[str]) -> Any:
    if not isinstance(value, str) or not COLOUR.fullmatch(value):
        wrong.append(f"{name} must be a hexadecimal color")
    return value


def day(name: str, value: Any, wrong: list[str]) -> Any:
    """A day as YYYY-MM-DD."""
    if not isinstance(value, str) or not DAY.fullmatch(value) or not is_moment(value):
        wrong.append(f"{name} must be a valid ISO 8601 date string")
    return value


def moment(name: str, value: Any, wrong: list[str]) -> Any:
    """A day or a moment of ISO 8601."""
    if not isinstance(value, str) or not is_moment(value):
        wrong.append(f"{name} must be a valid ISO 8601 date string")
    return value


def is_moment(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def text_up_to(most: int) -> Check:
    """A text with something in it, and not too much."""

    def check(name: str, value: Any, wrong: list[str]) -> Any:
        if isinstance(value, str) and len(value) > most:
            wrong.append(f"{name} must be shorter than or equal to {most} characters")
        return filled(name, value, wrong)

    return check


def one_of(values: Iterable[Any]) -> Check:
    allowed = tuple(values)

    def check(name: str, value: Any, wrong: list[str]) -> Any:
        if isinstance(value, dict | list) or value not in allowed:
            wrong.append(f"{name} must be a valid enum value")
        return value

    return check


def texts(name: str, value: Any, wrong: list[str]) -> Any:
    """A list of texts."""
    if not isinstance(value, list):
        wrong.append(f"{name} must be an array")
    elif not all(isinstance(item, str) for item in value):
        wrong.append(f"each value in {name} must be a string")
    return value


def some_texts(most: int) -> Check:
    """A list of so many texts at most."""

    def check(name: str, value: Any, wrong: list[str]) -> Any:
        texts(name, value, wrong)
        if isinstance(value, list) and len(value) > most:
            wrong.append(f"{name} must contain no more than {most} elements")
        return value

    return check


def listed(inner: Check) -> Check:
    def check(name: str, value: Any, wrong: list[str]) -> Any:
        if not isinstance(value, list):
            wrong.append(f"{name} must be an array")
            return value
        return [inner(f"{name}.{index}", item, wrong) for index, item in enumerate(value)]

    return check


class Shape:
    """The properties that an object may have. Null is the same as absent: validators take it for optional."""

    def __init__(self, keys: Mapping[str, Check], required: Iterable[str] = ()) -> None:
        self._keys = dict(keys)
        self._required = tuple(required)

    def but(self, *without: str, required: Iterable[str] | None = None, **more: Check) -> Shape:
        """The same with fewer or other properties."""
        keys = {**{name: check for name, check in self._keys.items() if name not in without}, **more}
        kept = [name for name in self._required if name not in without]
        return Shape(keys, kept if required is None else required)

    def read(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The checked values. Raises Refused with every violation."""
        wrong: list[str] = []
        values = self.into("", body, wrong)
        if wrong:
            raise invalid(wrong)
        return values

    def into(self, prefix: str, body: Mapping[str, Any], wrong: list[str]) -> dict[str, Any]:
        """The checked values; violations are added to `wrong`."""
        values: dict[str, Any] = {}
        keys = self._keys
        for name, value in body.items():
            check = keys.get(name)
            if check is None:
                wrong.append(prefix + not_allowed(name))
            elif value is not None:
                values[name] = check(prefix + name, value, wrong)
        for name in self._required:
            if name not in values:
                keys[name](prefix + name, None, wrong)
        return values

    def __call__(self, name: str, value: Any, wrong: list[str]) -> Any:
        """The shape as a check of a nested object."""
        if not isinstance(value, dict):
            wrong.append(f"{name} must be an object")
            return value
        return self.into(name + ".", value, wrong)
