"""Holds documents against the types of a vendor's WSDL: XML by its schema, JSON by the same types' names.

A REST face that shows a SOAP type shows its elements as keys. Only what is there is judged: which elements JSON may
leave out, no WSDL says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lxml import etree

XSD = "http://www.w3.org/2001/XMLSchema"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
SCHEMA = f"{{{XSD}}}schema"
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?")
SCALARS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "int": (int,),
    "double": (int, float),
    "dateTime": (str,),
    "date": (str,),
    "base64Binary": (str,),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One element of a type."""

    type: str
    """Without its prefix."""
    repeats: bool


class Wsdl:
    """The types of one WSDL."""

    def __init__(self, path: Path) -> None:
        self._types = [_alone(schema) for schema in etree.parse(path).iter(SCHEMA)]

    # XML

    def complaints(self, document: bytes) -> list[str]:
        """Why an XML document is not of the type that its root is called after, as metadata files are."""
        root = etree.fromstring(document)
        schema = self._schema_with(etree.QName(root).localname)
        return [] if schema.validate(root) else _errors(schema)

    def message_complaints(self, envelope: bytes) -> list[str]:
        """Why a SOAP message is none of this WSDL's: its headers, its body, the details of its fault."""
        root = etree.fromstring(envelope)
        if root.tag != f"{{{ENVELOPE}}}Envelope":
            return [f"{root.tag} is no envelope"]
        return [
            f"{etree.QName(element).localname}: {words}"
            for element in _payload(root)
            if not self._schema.validate(_alone(element))
            for words in _errors(self._schema)
        ]

    @cached_property
    def _schema(self) -> etree.XMLSchema:
        return _compiled(self._types)

    @cached_property
    def _with_roots(self) -> dict[str, etree.XMLSchema]:
        return {}

    def _schema_with(self, root: str) -> etree.XMLSchema:
        """The schema with a document element of the type's name, which files have and messages have not."""
        if root not in self._with_roots:
            types = [_alone(schema) for schema in self._types]
            if not any(schema.find(f"{{{XSD}}}element[@name='{root}']") is not None for schema in types):
                etree.SubElement(types[0], f"{{{XSD}}}element", name=root, type=f"tns:{root}")
            self._with_roots[root] = _compiled(types)
        return self._with_roots[root]

    # JSON

    def problems(self, type: str, value: Any, at: str = "") -> Iterator[tuple[str, str]]:
        """What of a JSON value is not of a type: (pointer, words)."""
        if value is None:
            return
        if type in self._words:
            if value not in self._words[type]:
                yield at, f"{value!r} is not a value of {type}"
        elif type in self._parts:
            yield from self._object_problems(type, value, at)
        elif not _is_scalar(type, value):
            yield at, f"{_shown(value)} is not of type {type}"

    def _object_problems(self, type: str, value: Any, at: str) -> Iterator[tuple[str, str]]:
        if not isinstance(value, dict):
            yield at, f"{_shown(value)} is not of type {type}"
            return
        for name, one in value.items():
            part = self._parts[type].get(name)
            if part is None:
                yield f"{at}/{name}", f"{type} has no such element"
            elif part.repeats and isinstance(one, list):
                for number, item in enumerate(one):
                    yield from self.problems(part.type, item, f"{at}/{name}/{number}")
            else:
                yield from self.problems(part.type, one, f"{at}/{name}")

    def parts(self, type: str) -> Mapping[str, Part]:
        """The elements of a type, those that it inherits included."""
        return self._parts[type]

    def words(self, type: str) -> frozenset[str]:
        """The values of an enumeration."""
        return self._words[type]

    @cached_property
    def _words(self) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for schema in self._types:
            for type in schema.iter(f"{{{XSD}}}simpleType"):
                values = [str(one.get("value")) for one in type.iter(f"{{{XSD}}}enumeration")]
                if values and type.get("name"):
                    found[str(type.get("name"))] = frozenset(value.rpartition(":")[2] for value in values)
        return found

    @cached_property
    def _parts(self) -> dict[str, dict[str, Part]]:
        own: dict[str, dict[str, Part]] = {}
        bases: dict[str, str] = {}
        for schema in self._types:
            for type in schema.findall(f"{{{XSD}}}complexType"):
                name = str(type.get("name"))
                own[name] = {str(one.get("name")): _part(one) for one in type.iter(f"{{{XSD}}}element")}
                base = type.find(f".//{{{XSD}}}extension")
                if base is not None:
                    bases[name] = _local(base.get("base"))
        return {name: {**own.get(bases.get(name, ""), {}), **parts} for name, parts in own.items()}


def _part(element: etree._Element) -> Part:
    return Part(_local(element.get("type")), element.get("maxOccurs", "1") != "1")


def _local(name: str | None) -> str:
    return str(name or "").rpartition(":")[2]


def _is_scalar(type: str, value: Any) -> bool:
    """Types that no table knows, such as anyType, take anything."""
    wanted = SCALARS.get(type)
    if wanted is None:
        return True
    if isinstance(value, bool) is not (bool in wanted) or not isinstance(value, wanted):
        return False
    return type != "dateTime" or DATE_TIME.fullmatch(str(value)) is not None


def _shown(value: Any) -> str:
    """Values stay out of words: they may be a person's."""
    return f"a {type(value).__name__}"


def _payload(envelope: etree._Element) -> Iterator[etree._Element]:
    for block in envelope:
        for element in block:
            if etree.QName(element).namespace != ENVELOPE:
                yield element
                continue
            detail = element.find("detail")
            yield from detail if detail is not None else ()


def _alone(element: etree._Element) -> etree._Element:
    """The element as a document of its own, with the prefixes that its values use."""
    return etree.fromstring(etree.tostring(element))


def _errors(schema: etree.XMLSchema) -> list[str]:
    return [error.message for error in schema.error_log]  # type: ignore[attr-defined]  # the stubs do not know


def _compiled(types: list[etree._Element]) -> etree.XMLSchema:
    """One schema of all that a WSDL holds. Its parts import each other by namespace alone: here they get places."""
    with TemporaryDirectory() as folder:
        places = {str(schema.get("targetNamespace")): f"{number}.xsd" for number, schema in enumerate(types)}
        for schema in map(_alone, types):
            for wanted in schema.findall(f"{{{XSD}}}import"):
                wanted.set("schemaLocation", places[str(wanted.get("namespace"))])
            Path(folder, places[str(schema.get("targetNamespace"))]).write_bytes(etree.tostring(schema))
        imports = "".join(f'<xs:import namespace="{name}" schemaLocation="{file}"/>' for name, file in places.items())
        whole = Path(folder, "whole.xsd")
        whole.write_text(f'<xs:schema xmlns:xs="{XSD}">{imports}</xs:schema>', encoding="utf-8")
        return etree.XMLSchema(etree.parse(whole))
