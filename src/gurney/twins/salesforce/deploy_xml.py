"""Metadata files, read against the types of the WSDL: XML or (for Tooling) JSON into nodes of plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from gurney.twins.salesforce.deploy_shapes import UNKNOWN, Element, Shape

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
TRUTH = {"true": True, "1": True, "false": False, "0": False}


class Problem(Exception):
    """What is wrong with a component, in the vendor's words, and where in its file."""

    def __init__(self, words: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__("the component is refused")
        self.words = words
        self.line = line
        self.column = column


@dataclass
class Node:
    """One element with its children: values by name, lists where the type repeats."""

    shape: Shape
    values: dict[str, Any] = field(default_factory=dict)
    line: int = 1

    def get(self, name: str, default: Any = None) -> Any:
        """A value; absent is the default."""
        return self.values.get(name, default)

    def text(self, name: str) -> str:
        """A text; absent is empty."""
        value: str = self.values.get(name) or ""
        return value

    def nodes(self, name: str) -> list[Node]:
        """A repeated element."""
        found: list[Node] = self.values.get(name) or []
        return found

    def problem(self, words: str) -> Problem:
        """A complaint about this element."""
        return Problem(words, self.line, 1)

    def plain(self) -> dict[str, Any]:
        """As JSON shows it."""
        return {name: _plain(value) for name, value in self.values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Node):
        return value.plain()
    return [_plain(each) for each in value] if isinstance(value, list) else value


def parse(content: bytes) -> etree._Element:
    """The root of an XML document; entities are never resolved. Raises Problem."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as no:
        line, column = no.position
        raise Problem(f"Error parsing file: {no.msg}", line, column) from no
    if root.getroottree().docinfo.internalDTD is not None:
        raise Problem("Error parsing file: DOCTYPE is disallowed", 1, 1)
    return root


def read_xml(content: bytes, shape: Shape, *, scattered: bool = False) -> Node:
    """A whole file of one type. `scattered`: whether repeated elements may lie apart. Raises Problem."""
    root = parse(content)
    if root.tag != f"{{{NAMESPACE}}}{shape.name}":
        found = etree.QName(root)
        raise Problem(
            f"Error parsing file: Element {{{found.namespace or ''}}}{found.localname} invalid, "
            f"expected {{{NAMESPACE}}}{shape.name}",
            _line(root),
            1,
        )
    return _node(root, shape, scattered)


def _line(element: etree._Element) -> int:
    line: object = element.sourceline
    return line if isinstance(line, int) else 1


def _node(element: etree._Element, shape: Shape, scattered: bool) -> Node:
    node = Node(shape, line=_line(element))
    before = None
    if (element.text or "").strip():
        raise node.problem(f"Error parsing file: unexpected text in type {shape.name}")
    for child in element:
        name = etree.QName(child).localname
        line = _line(child)
        known = shape.elements.get(name) if child.tag == f"{{{NAMESPACE}}}{name}" else None
        if known is None:
            words = f"Error parsing file: Element {child.tag} invalid at this location in type {shape.name}"
            raise Problem(words, line, 1)
        if name in node.values and not (known.many and (scattered or before == name)):
            words = f"Error parsing file: Element {child.tag} is duplicated at this location in type {shape.name}"
            raise Problem(words, line, 1)
        value = _value(child, name, known, shape, scattered)
        if known.many:
            node.values.setdefault(name, []).append(value)
        else:
            node.values[name] = value
        before = name
    _complete(node)
    return node


def _value(child: etree._Element, name: str, known: Element, shape: Shape, scattered: bool) -> Any:
    line = _line(child)
    if isinstance(known.kind, Shape):
        return _node(child, known.kind, scattered)
    if known.kind == UNKNOWN:
        raise Problem(_not_here(shape, name), line, 1)
    if len(child):
        raise Problem(f"Error parsing file: Element {child[0].tag} invalid at this location in type string", line, 1)
    return _scalar(child.text or "", known, line)


def _scalar(text: str, known: Element, line: int) -> Any:
    if known.kind == "string":
        return text
    text = text.strip()
    if isinstance(known.kind, tuple):
        if text not in known.kind:
            raise Problem(f"'{text}' is not a valid value for the enum '{known.enum}'", line, 1)
        return text
    if known.kind == "boolean":
        if text not in TRUTH:
            raise Problem(f"'{text}' is not a valid value for the type xsd:boolean", line, 1)
        return TRUTH[text]
    try:
        return int(text)
    except ValueError as no:
        raise Problem(f"'{text}' is not a valid value for the type xsd:int", line, 1) from no


def read_json(value: object, shape: Shape) -> Node:
    """The same from JSON, as Tooling takes it. Raises Problem."""
    if not isinstance(value, dict):
        raise Problem(f"Cannot deserialize instance of {shape.name} from the value")
    node = Node(shape)
    for name, given in value.items():
        known = shape.elements.get(name)
        if known is None:
            raise Problem(f"No such column '{name}' on sobject of type {shape.name}")
        if given is not None:
            node.values[name] = _from_json(given, known, shape, name)
    _complete(node)
    return node


def _from_json(given: Any, known: Element, shape: Shape, name: str) -> Any:
    if known.many:
        if not isinstance(given, list):
            raise Problem(f"Cannot deserialize instance of {name} from the value")
        return [_from_json(each, Element(known.kind, enum=known.enum), shape, name) for each in given]
    if isinstance(known.kind, Shape):
        return read_json(given, known.kind)
    if known.kind == UNKNOWN:
        raise Problem(_not_here(shape, name))
    if known.kind == "string" or isinstance(known.kind, tuple):
        return _scalar(str(given), known, 1)
    wanted = bool if known.kind == "boolean" else int
    if type(given) is not wanted:
        raise Problem(f"Cannot deserialize instance of {known.kind} from the value of {name}")
    return given


def _complete(node: Node) -> None:
    for name, known in node.shape.elements.items():
        if known.required and name not in node.values:
            raise node.problem(f"Required field is missing: {name}")


def _not_here(shape: Shape, name: str) -> str:
    return f"This twin does not know the element {name} of type {shape.name}"
