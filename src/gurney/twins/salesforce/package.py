"""A deployment's zip: package.xml, the components' files, and what is to be destroyed (FACTS 7, 11)."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field

from gurney.twins.salesforce.deploy_shapes import PACKAGE
from gurney.twins.salesforce.deploy_xml import Problem, read_xml

MANIFEST = "package.xml"
DESTRUCTIVE = {"destructiveChanges.xml": False, "destructiveChangesPre.xml": False, "destructiveChangesPost.xml": True}
"""File to whether it is done after the rest."""
MEGABYTE = 1024 * 1024
ZIP_MOST = 39 * MEGABYTE
UNZIPPED_MOST = 600 * MEGABYTE
FILES_MOST = 10_000
VERSION = re.compile(r"(\d{1,2})\.0")
OLDEST, NEWEST = 7, 67
FOLDERS = {"objects": ("object", "CustomObject"), "permissionsets": ("permissionset", "PermissionSet"),
           "tabs": ("tab", "CustomTab")}  # fmt: skip


class BadPackage(Exception):
    """The zip as a whole cannot be deployed; the words go into errorMessage."""

    def __init__(self, words: str, code: str = "UNKNOWN_EXCEPTION") -> None:
        super().__init__(code)
        self.words = words
        self.code = code


@dataclass
class Manifest:
    """Type to its members, in order, as package.xml or destructiveChanges.xml says."""

    file: str
    types: dict[str, list[str]] = field(default_factory=dict)
    version: str = ""

    def members(self, type: str) -> list[str]:
        """The names listed for a type."""
        return self.types.get(type, [])

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Every (type, member)."""
        return ((type, name) for type, names in self.types.items() for name in names)


@dataclass
class Package:
    """What is in one package of the zip; `root` is its folder with a slash, or empty."""

    root: str
    manifest: Manifest
    files: dict[str, bytes]
    """Path within the package to content, without the manifests."""
    destructive: list[tuple[Manifest, bool]]


def read_packages(content: bytes, *, single: bool, scattered: bool) -> list[Package]:
    """Everything in the zip. Raises BadPackage, or Problem for an unreadable manifest."""
    files = _unzip(content)
    roots = [""] if single else sorted({name.partition("/")[0] + "/" for name in files if "/" in name})
    found = [_package(files, root, scattered) for root in roots if root + MANIFEST in files]
    if not found:
        raise BadPackage("No package.xml found")
    return found


def _unzip(content: bytes) -> dict[str, bytes]:
    if len(content) > ZIP_MOST:
        raise BadPackage(
            "Maximum size of request reached. Maximum size of request is 52428800 bytes.", "LIMIT_EXCEEDED"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as zipped:
            entries = [entry for entry in zipped.infolist() if not entry.is_dir()]
            if len(entries) > FILES_MOST:
                raise BadPackage("LIMIT_EXCEEDED: Number of files exceeds 10000", "LIMIT_EXCEEDED")
            if sum(entry.file_size for entry in entries) > UNZIPPED_MOST:
                raise BadPackage("LIMIT_EXCEEDED: Uncompressed size exceeds 629145600 bytes", "LIMIT_EXCEEDED")
            return {entry.filename: zipped.read(entry) for entry in entries}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as no:
        raise BadPackage("INVALID_ZIP_FILE: the zip file cannot be read", "UNKNOWN_EXCEPTION") from no


def _package(files: dict[str, bytes], root: str, scattered: bool) -> Package:
    inside = {name[len(root) :]: content for name, content in files.items() if name.startswith(root)}
    manifest = _manifest(MANIFEST, inside.pop(MANIFEST), scattered)
    destructive = [
        (_manifest(name, inside.pop(name), scattered), late) for name, late in DESTRUCTIVE.items() if name in inside
    ]
    return Package(root, manifest, inside, destructive)


def _manifest(name: str, content: bytes, scattered: bool) -> Manifest:
    node = read_xml(content, PACKAGE, scattered=scattered)
    manifest = Manifest(name, version=node.text("version").strip())
    for listed in node.nodes("types"):
        members: list[str] = listed.get("members") or []
        manifest.types.setdefault(listed.text("name"), []).extend(members)
    number = VERSION.fullmatch(manifest.version)
    if number is None or not OLDEST <= int(number[1]) <= NEWEST:
        raise Problem(f"Invalid version specified:{manifest.version}", node.line, 1)
    return manifest


def type_of(path: str) -> tuple[str, str] | None:
    """(type, full name) of a component file by folder and suffix; None for what the twin does not know."""
    folder, _, name = path.rpartition("/")
    suffix, kind = FOLDERS.get(folder, ("", ""))
    stem, _, end = name.rpartition(".")
    return (kind, stem) if stem and end == suffix else None
