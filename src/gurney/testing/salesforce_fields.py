"""What Salesforce's fields take and give, by what the vendor recorded or was told: never by what a twin says.

Three witnesses, the first that knows an object is heard: describes recorded from a real organisation; the enterprise
WSDL, which is old and tells types alone; and, for custom fields, the packages that made them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from lxml import etree

from gurney.testing.wsdl import Wsdl

METADATA = "{http://soap.sforce.com/2006/04/metadata}"
ID = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")
ZONED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")
"""A moment with its zone (FACTS 2)."""
CUSTOM = "__c"
NAME_CHARS = 80
BOOLEANS, INTEGERS, NUMBERS = ("boolean",), ("int",), ("double", "currency", "percent")
REFERENCES = ("id", "reference")
MADE_AS = {
    "Text": "string", "TextArea": "textarea", "LongTextArea": "textarea", "Html": "textarea", "Checkbox": "boolean",
    "Number": "double", "Currency": "currency", "Percent": "percent", "Date": "date", "DateTime": "datetime",
    "Email": "email", "Phone": "phone", "Url": "url", "Picklist": "picklist", "MultiselectPicklist": "multipicklist",
    "Lookup": "reference", "MasterDetail": "reference", "AutoNumber": "string",
}  # fmt: skip
"""What a type of the Metadata API is called in a describe (FACTS 6, 7)."""
LENGTHS = {"TextArea": 255, "Email": 80, "Phone": 40, "Url": 255}
TOLD_BY_WSDL = {
    "string": "string", "boolean": "boolean", "int": "int", "double": "double", "dateTime": "datetime", "date": "date",
    "ID": "reference", "base64Binary": "base64",
}  # fmt: skip
SYSTEM = frozenset({
    "Id", "IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp",
})  # fmt: skip
"""Fields of every object that nobody writes. CreatedDate may be written on create where the organisation allows it."""


@dataclass(frozen=True, slots=True)
class FieldRule:
    """What one field takes and gives. `length` 0: not known, or without a limit."""

    type: str
    length: int = 0
    createable: bool = True
    updateable: bool = True
    nillable: bool = True
    values: frozenset[str] | None = None
    """The only values of a restricted pick-list."""

    def complaint(self, value: Any) -> str:
        """Why a JSON value is none of this field; '' where it is one. Values themselves stay out of the words."""
        if value is None:
            return "" if self.nillable else "null, but the field is never empty"
        if not _fits(self.type, value):
            return f"a {type(value).__name__} that is no {self.type}"
        if isinstance(value, str) and self.length and len(value) > self.length and self.type not in REFERENCES:
            return f"{len(value)} characters, but the field takes {self.length}"
        if self.values is not None and not set(value.split(";")) <= self.values:
            return "a value that the restricted list does not have"
        return ""


@dataclass
class ObjectRules:
    """The fields of one object by lower-case name. Not `whole`: others may exist, which nobody told us of."""

    whole: bool
    fields: dict[str, FieldRule] = field(default_factory=dict)

    def of(self, name: str) -> FieldRule | None:
        return self.fields.get(name.casefold())


class Fields:
    """The objects that some witness knows."""

    def __init__(self) -> None:
        self._objects: dict[str, ObjectRules] = {}

    def of(self, object: str) -> ObjectRules | None:
        return self._objects.get(object.casefold())

    def learn_describe(self, described: Mapping[str, Any]) -> None:
        """A recorded describe: all standard fields of the object."""
        rules = ObjectRules(whole=True, fields={one["name"].casefold(): _described(one) for one in described["fields"]})
        self._objects[described["name"].casefold()] = rules

    def learn_wsdl(self, wsdl: Wsdl, objects: Iterable[str]) -> None:
        """An object of the enterprise WSDL: names and types of old."""
        for object in objects:
            rules = self._objects.setdefault(object.casefold(), ObjectRules(whole=False))
            for name, part in wsdl.parts(object).items():
                if part.type in TOLD_BY_WSDL:
                    is_ours = name not in SYSTEM
                    told = FieldRule(TOLD_BY_WSDL[part.type], createable=is_ours, updateable=is_ours)
                    rules.fields.setdefault(name.casefold(), told)

    def learn_package(self, files: Mapping[str, bytes]) -> None:
        """The custom objects and fields that a deployment made."""
        for path, content in files.items():
            folder, _, file = path.partition("/")
            if folder != "objects":
                continue
            object, root = file.removesuffix(".object"), etree.fromstring(content)
            rules = self._objects.setdefault(object.casefold(), ObjectRules(whole=object.endswith(CUSTOM)))
            if root.find(f"{METADATA}nameField") is not None:
                rules.fields |= _of_every_object()
            rules.fields |= {
                str(_told(one, "fullName")).casefold(): _made(one) for one in root.iter(f"{METADATA}fields")
            }


@cache
def recorded(spec: Path) -> tuple[dict[str, Any], ...]:
    """The recorded describes of objects; not that of an organisation with person accounts, where Account differs."""
    files = sorted((spec / "describe").glob("*.json"))
    found = [(path.stem, orjson.loads(path.read_bytes())) for path in files]
    return tuple(told for stem, told in found if told.get("name") == stem)


def _described(told: Mapping[str, Any]) -> FieldRule:
    values = frozenset(one["value"] for one in told["picklistValues"]) if told["restrictedPicklist"] else None
    return FieldRule(
        told["type"],
        told["length"],
        createable=told["createable"],
        updateable=told["updateable"],
        nillable=told["nillable"],
        values=values,
    )


def _made(element: etree._Element) -> FieldRule:
    made_as = str(_told(element, "type"))
    restricted = _told(element, "valueSet/restricted") == "true"
    values = (one.text for one in element.iterfind(_path("valueSet/valueSetDefinition/value/fullName")))
    return FieldRule(
        MADE_AS[made_as],
        int(_told(element, "length") or LENGTHS.get(made_as, 0)),
        nillable=made_as != "Checkbox",
        values=frozenset(str(one) for one in values) if restricted else None,
    )


def _of_every_object() -> dict[str, FieldRule]:
    """What each custom object has by itself (FACTS 2; describe of Custom__c)."""
    system = {name.casefold(): FieldRule(_system_type(name), createable=False, updateable=False) for name in SYSTEM}
    return {**system, "name": FieldRule("string", NAME_CHARS), "ownerid": FieldRule("reference")}


def _system_type(name: str) -> str:
    return "boolean" if name == "IsDeleted" else "reference" if name.endswith("Id") else "datetime"


def _told(element: etree._Element, path: str) -> str | None:
    return element.findtext(_path(path))


def _path(path: str) -> str:
    return "/".join(f"{METADATA}{step}" for step in path.split("/"))


def _fits(type: str, value: Any) -> bool:
    if type in BOOLEANS:
        return isinstance(value, bool)
    if type in INTEGERS:
        return isinstance(value, int) and not isinstance(value, bool)
    if type in NUMBERS:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if type == "address":
        return isinstance(value, dict)
    if type == "anyType":
        return True
    return isinstance(value, str) and _reads(type, value)


def _reads(type: str, text: str) -> bool:
    if type in REFERENCES:
        return ID.fullmatch(text) is not None
    if type == "datetime":
        return ZONED.fullmatch(text) is not None
    if type == "date":
        return _is_date(text)
    return True


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == len("2026-01-31")
