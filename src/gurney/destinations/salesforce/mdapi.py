"""Files of the Metadata API: XML in the vendor's order, the manifest, and the zip that is deployed (FACTS 7). Pure.

The metadata WSDL lists the parts of every type alphabetically, after `fullName`; so one rule orders them all.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from lxml import etree

from gurney.destinations.salesforce.limits import api_version

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
DEFAULT_NAMESPACE: dict[Any, str] = {None: NAMESPACE}
MANIFEST = "package.xml"
DESTRUCTION = "destructiveChanges.xml"

Part: TypeAlias = "str | int | bool | Mapping[str, Part] | Sequence[Part] | None"
Body: TypeAlias = Mapping[str, Part]
"""Parts of a component by name. A list is repeated elements; what is None is left out."""


def document(type: str, body: Body) -> bytes:
    """One file: a component of a type with its parts."""
    root = etree.Element(_tag(type), nsmap=DEFAULT_NAMESPACE)
    _fill(root, body)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def manifest(members: Mapping[str, Iterable[str]]) -> bytes:
    """What a package holds, or what is to be destroyed: full names by type. Types without members are left out."""
    types = [{"members": sorted(names), "name": type} for type, names in sorted(members.items()) if names]
    return document("Package", {"types": types, "version": api_version()})


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The files as one zip, the same bytes for the same files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _fill(parent: etree._Element, body: Body) -> None:
    for name in sorted(body, key=lambda name: (name != "fullName", name)):
        part = body[name]
        several = part if isinstance(part, Sequence) and not isinstance(part, str) else [part]
        for one in several:
            if one is not None:
                _add(parent, name, one)


def _add(parent: etree._Element, name: str, part: Part) -> None:
    element = etree.SubElement(parent, _tag(name))
    if isinstance(part, Mapping):
        _fill(element, part)
    elif isinstance(part, bool):
        element.text = "true" if part else "false"
    else:
        element.text = str(part)


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
