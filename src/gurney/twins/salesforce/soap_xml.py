"""SOAP envelopes: what is asked, and how it is answered or refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from gurney.twins.kit.wire import Answer
from gurney.twins.salesforce.deploy_xml import Problem, parse

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XML_TYPE = "text/xml;charset=UTF-8"


@dataclass
class Asked:
    """One operation of an envelope: its name, its arguments in order, the headers by name."""

    operation: str
    namespace: str
    body: etree._Element
    headers: dict[str, etree._Element] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The text of one argument; absent is empty."""
        found = self.texts(name)
        return found[0] if found else ""

    def texts(self, name: str) -> list[str]:
        """The texts of a repeated argument."""
        return [(child.text or "").strip() for child in self.body if local(child) == name]

    def children(self, name: str) -> list[etree._Element]:
        """What an argument with a structure holds; absent is empty."""
        found = next((child for child in self.body if local(child) == name), None)
        return [] if found is None else list(found)

    def header(self, name: str, inside: str) -> str:
        """The text of `<name><inside>` in the header."""
        found = self.headers.get(name)
        inner = (child for child in found if local(child) == inside) if found is not None else iter(())
        return next(((child.text or "").strip() for child in inner), "")


class Fault(Exception):
    """The request as a whole is refused."""

    def __init__(self, code: str, words: str, detail: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.words = words
        self.detail = detail
        """Name of the fault's type in the partner API, as `LoginFault`."""


def local(element: etree._Element) -> str:
    """The name without its namespace."""
    return etree.QName(element).localname


def read_envelope(content: bytes, namespace: str) -> Asked:
    """The operation and the headers. Raises Fault."""
    try:
        root = parse(content)
    except Problem as no:
        raise Fault("soapenv:Client", no.words) from no
    if root.tag != f"{{{ENVELOPE}}}Envelope":
        raise Fault("soapenv:VersionMismatch", "Only SOAP 1.1 or SOAP 1.2 messages are supported in the system")
    parts = {local(part): part for part in root if etree.QName(part).namespace == ENVELOPE}
    body = parts.get("Body")
    operation = next(iter(body), None) if body is not None else None
    if operation is None:
        raise Fault("soapenv:Client", "No operation found in the body")
    named = etree.QName(operation)
    if named.namespace != namespace:
        raise Fault("soapenv:Client", f"No operation available for request {operation.tag}")
    headers = {local(header): header for header in parts.get("Header", ())}
    return Asked(named.localname, namespace, operation, headers)


def answer(asked: Asked, results: list[Any], *, nil: bool) -> Answer:
    """`<OPERATIONResponse>` with one `<result>` each; empty values are nil, or left out."""
    names: dict[str | None, str] = {"soapenv": ENVELOPE, None: asked.namespace, "xsi": XSI}
    root = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap=names)  # type: ignore[arg-type]
    body = etree.SubElement(root, f"{{{ENVELOPE}}}Body")
    response = etree.SubElement(body, f"{{{asked.namespace}}}{asked.operation}Response")
    for result in results:
        _write(response, asked.namespace, "result", result, nil)
    return Answer(200, body=_bytes(root), headers={"content-type": XML_TYPE})


def _write(parent: etree._Element, namespace: str, name: str, value: Any, nil: bool) -> None:
    if isinstance(value, list):
        for each in value:
            _write(parent, namespace, name, each, nil)
        return
    if value is None and not nil:
        return
    made = etree.SubElement(parent, f"{{{namespace}}}{name}")
    if value is None:
        made.set(f"{{{XSI}}}nil", "true")
    elif isinstance(value, dict):
        for key, each in value.items():
            _write(made, namespace, key, each, nil)
    else:
        made.text = str(value).lower() if isinstance(value, bool) else str(value)


def refuse(no: Fault, namespace: str) -> Answer:
    """A SOAP fault: HTTP 500 with the code in the namespace of faults."""
    root = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"soapenv": ENVELOPE, "sf": namespace, "xsi": XSI})
    fault = etree.SubElement(etree.SubElement(root, f"{{{ENVELOPE}}}Body"), f"{{{ENVELOPE}}}Fault")
    ours = ":" not in no.code
    etree.SubElement(fault, "faultcode").text = f"sf:{no.code}" if ours else no.code
    etree.SubElement(fault, "faultstring").text = f"{no.code}: {no.words}" if ours else no.words
    if no.detail is not None:
        inner = etree.SubElement(etree.SubElement(fault, "detail"), f"{{{namespace}}}{no.detail}")
        inner.set(f"{{{XSI}}}type", f"sf:{no.detail}")
        etree.SubElement(inner, f"{{{namespace}}}exceptionCode").text = no.code
        etree.SubElement(inner, f"{{{namespace}}}exceptionMessage").text = no.words
    return Answer(500, body=_bytes(root), headers={"content-type": XML_TYPE})


def _bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
