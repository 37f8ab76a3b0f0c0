"""Single values between neutral and HighLevel's JSON, by the vendor's field type (FACTS 4.1, 7, 8). Pure.

Contacts and records of custom objects write the same types differently: a contact takes an amount as a number and an
option by its label, a record takes an amount with its currency and an option by its key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from gurney.destinations.plain import NO, YES, Unsendable, day, number, read_day, read_text, text
from gurney.records import Value
from gurney.schema import FieldType

Encode = Callable[[Any], Any]
Decode = Callable[[Any], Value]
YES_NO = (YES, NO)
"""A pick-list of exactly these stands for a yes-or-no field, which HighLevel does not have."""
ONE_OF = frozenset({"SINGLE_OPTIONS", "RADIO"})
SOME_OF = frozenset({"MULTIPLE_OPTIONS", "CHECKBOX"})


@dataclass(frozen=True, slots=True)
class Options:
    """A pick-list's labels and what is written for them: the label itself at contacts, a key at records."""

    keys: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_labels(cls, labels: Sequence[str]) -> Options:
        same = {label: label for label in labels}
        return cls(same, same)

    @classmethod
    def of_keys(cls, options: Sequence[Mapping[str, Any]]) -> Options:
        pairs = [(str(one.get("key") or one.get("label")), str(one.get("label") or one.get("key"))) for one in options]
        keys: dict[str, str] = {}
        for key, label in pairs:
            keys.setdefault(label, key)
        return cls(keys, dict(pairs))

    def label(self, key: Any) -> str:
        """The label; the key itself for an option that is not there any more."""
        return self.labels.get(str(key), str(key))


def read_number(value: Any) -> Decimal | None:
    """A JSON number, or one in text; a float's shortest text is what was sent, up to 15 digits."""
    if value is None or value == "" or isinstance(value, bool):
        return None
    try:
        return Decimal(str(value))
    except ArithmeticError:
        return None


def read_amount(value: Any) -> Decimal | None:
    """An amount, with or without its currency."""
    return read_number(value.get("value") if isinstance(value, Mapping) else value)


def one_of(name: str, options: Options) -> Encode:
    """What is written for an option; a label that is not there is refused here (FACTS 8)."""

    def encode(value: Any) -> str:
        key = options.keys.get(text(value))
        if key is None:
            raise Unsendable(name, "unknown-option", "the pick-list has no such value")
        return key

    return encode


def some_of(name: str, options: Options) -> Encode:
    one = one_of(name, options)

    def encode(value: Any) -> list[str]:
        labels = value if isinstance(value, tuple) else (value,)
        return list(dict.fromkeys(map(one, labels)))

    return encode


def read_some(options: Options) -> Decode:
    def read(value: Any) -> tuple[str, ...] | None:
        listed = value if isinstance(value, list) else [value] if value else []
        return tuple(map(options.label, listed)) or None

    return read


def custom(name: str, kind: str, options: Options, *, of_record: bool) -> tuple[Encode, Decode] | None:
    """How a custom field of the vendor's type is written and read; None where we never write it."""
    if kind in ONE_OF:
        if set(options.keys) == set(YES_NO):
            return one_of(name, options), lambda value: None if not value else options.label(value) == YES
        return one_of(name, options), lambda value: None if not value else options.label(value)
    if kind in SOME_OF:
        return some_of(name, options), read_some(options)
    if kind == "MONETORY":
        return (_amount if of_record else number), read_amount
    return PLAIN.get(kind)


def _amount(value: Any) -> dict[str, Any]:
    """Records take the location's own currency alone (FACTS 8)."""
    return {"currency": "default", "value": number(value)}


PLAIN: dict[str, tuple[Encode, Decode]] = {
    "TEXT": (text, read_text),
    "LARGE_TEXT": (text, read_text),
    "EMAIL": (text, read_text),
    "PHONE": (text, read_text),
    "NUMERICAL": (number, read_number),
    "DATE": (day, read_day),
}
TYPES = {
    "TEXT": FieldType.TEXT,
    "LARGE_TEXT": FieldType.LONG_TEXT,
    "EMAIL": FieldType.EMAIL,
    "PHONE": FieldType.PHONE,
    "NUMERICAL": FieldType.DECIMAL,
    "MONETORY": FieldType.MONEY,
    "DATE": FieldType.DATE,
    "SINGLE_OPTIONS": FieldType.PICKLIST,
    "RADIO": FieldType.PICKLIST,
    "MULTIPLE_OPTIONS": FieldType.MULTI_PICKLIST,
    "CHECKBOX": FieldType.MULTI_PICKLIST,
    "FILE_UPLOAD": FieldType.FILE,
}
"""What the vendor's types hold; others are never written by us."""
LENGTHS = {"TEXT": "text_chars", "LARGE_TEXT": "long_text_chars"}
"""By type the limit that we hold it to; the vendor names none."""
