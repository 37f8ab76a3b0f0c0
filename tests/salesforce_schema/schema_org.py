"""An organisation with just enough memory: objects, fields, permission sets, deployments. Everybody may be refused."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2
import orjson
from lxml import etree

from gurney.destinations.salesforce.client import Client, SalesforceAccess
from gurney.destinations.salesforce.limits import api_path, pacer_limits
from gurney.runtime import Runtime
from gurney.transport import Pacer
from virtual_clock import VirtualClock

START = datetime(2026, 2, 3, 9, 0, tzinfo=UTC)
HOST = "https://harbour.my.salesforce.com"
USER = "005000000000001AAA"
SET = "0PS000000000001AAA"
NS = {"m": "http://soap.sforce.com/2006/04/metadata"}
TOKEN = {
    "access_token": "00D!token",
    "instance_url": HOST,
    "id": f"https://login.salesforce.com/id/00D000000000001AAA/{USER}",
    "token_type": "Bearer",
    "issued_at": "1767225600000",
    "signature": "c2ln",
    "scope": "api",
}
DESCRIBED = {
    "Text": "string", "LongTextArea": "textarea", "Html": "textarea", "TextArea": "textarea", "Email": "email",
    "Phone": "phone", "Url": "url", "Number": "double", "Currency": "currency", "Percent": "percent",
    "Checkbox": "boolean", "Date": "date", "DateTime": "datetime", "Picklist": "picklist",
    "MultiselectPicklist": "multipicklist", "Lookup": "reference",
}  # fmt: skip
Refuse = Callable[[str, str], str]
"""(component type, full name) -> the vendor's problem, '' where it takes the component."""


@dataclass
class Asked:
    """One request as the vendor sees it."""

    method: str
    path: str
    params: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return orjson.loads(self.raw)


@dataclass
class Deployed:
    """One deployment as it was handed over."""

    check_only: bool
    files: dict[str, bytes]
    options: dict[str, Any]

    @property
    def members(self) -> dict[str, list[str]]:
        """What the manifest names, by type."""
        return _members(self.files["package.xml"])

    @property
    def destroyed(self) -> dict[str, list[str]]:
        return _members(self.files.get("destructiveChanges.xml", b"<x/>"))


@dataclass
class SchemaOrg:
    """Deploys packages, and shows a field only to whom a permission set opens it."""

    clock: VirtualClock = field(default_factory=lambda: VirtualClock(START))
    objects: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: {"Contact": {}, "Account": {}})
    visible: set[str] = field(default_factory=lambda: {"Contact", "Account"})
    set_fields: set[str] = field(default_factory=set)
    set_objects: set[str] = field(default_factory=set)
    has_set: bool = False
    assigned: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)
    refuse: Refuse = lambda type, name: ""
    refuse_rights: Callable[[set[str]], str] = lambda names: ""
    deployments: list[Deployed] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    """Canned answers by 'METHOD /path', used before the org's own; a list is used up, an error is raised."""
    as_text: bool = False
    """Truth values as text, and one message instead of a list of one, as the vendor's examples show them."""

    def client(self) -> Client:
        runtime = Runtime(
            clock=self.clock,
            random=random.Random(3),
            entropy=lambda size: b"\x02" * size,
            transport=lambda _: httpx2.MockTransport(self.answer),
            environ={},
        )
        access = SalesforceAccess(HOST, "client-id", client_secret="client-secret")
        return Client(runtime, access, Pacer(runtime, "org", pacer_limits("enterprise", 5)), user_agent="gurney/test")

    def has(self, object: str, name: str, **raw: Any) -> None:
        """A field that is there and that everybody sees."""
        self.objects.setdefault(object, {})[name] = a_field(name, **raw)
        self.visible |= {object, f"{object}.{name}"}

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        raw = await request.aread()
        if request.url.path == "/services/oauth2/token":
            return httpx2.Response(200, json=TOKEN)
        asked = Asked(request.method, request.url.path.removeprefix(api_path()), dict(request.url.params), raw)
        self.asked.append(asked)
        canned = self.answers.get(f"{asked.method} {asked.path}")
        if isinstance(canned, list) and canned:
            canned = canned.pop(0)
        if isinstance(canned, Exception):
            raise canned
        if canned:
            return httpx2.Response(canned[0], json=canned[1])
        return self._own(asked)

    def _own(self, asked: Asked) -> httpx2.Response:
        if asked.path.endswith("/describe"):
            return self._describe(asked.path.split("/")[2])
        if asked.path == "/query":
            return self._query(asked.params["q"])
        if asked.path == "/metadata/deployRequest":
            return self._deploy(asked)
        if asked.path.startswith("/metadata/deployRequest/"):
            return httpx2.Response(200, json={"id": "0Af", "deployResult": self.result})
        if asked.path == "/sobjects/PermissionSetAssignment":
            self.assigned.add(asked.body["AssigneeId"])
            return httpx2.Response(201, json={"id": "0Pa1", "success": True, "errors": []})
        if asked.path.startswith("/sobjects/PermissionSetAssignment/"):
            self.assigned.clear()
            return httpx2.Response(204)
        raise AssertionError(f"nobody expected {asked.method} {asked.path}")

    # What we see

    def _sees(self, name: str) -> bool:
        opened = self.set_fields | self.set_objects if USER in self.assigned else set()
        return name in self.visible | opened

    def _describe(self, object: str) -> httpx2.Response:
        if object not in self.objects or not self._sees(object):
            refusal = [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]
            return httpx2.Response(404, json=refusal)
        fields = [raw for name, raw in self.objects[object].items() if self._sees(f"{object}.{name}")]
        return httpx2.Response(200, json={"name": object, "labelPlural": f"{object}s", "fields": fields})

    def _query(self, soql: str) -> httpx2.Response:
        object = re.search(r"FROM (\w+)", soql)[1]  # type: ignore[index]
        rows: list[dict[str, Any]] = []
        if object == "PermissionSet" and self.has_set:
            rows = [{"Id": SET}]
        elif object == "FieldPermissions":
            rows = [{"Field": name} for name in sorted(self.set_fields)]
        elif object == "ObjectPermissions":
            rows = [{"SobjectType": name} for name in sorted(self.set_objects)]
        elif object == "PermissionSetAssignment":
            rows = [{"Id": "0Pa1"} for _ in self.assigned]
        elif "COUNT()" in soql:
            return httpx2.Response(200, json={"totalSize": self.counts.get(object, 0), "done": True, "records": []})
        return httpx2.Response(200, json={"totalSize": len(rows), "done": True, "records": rows})

    # Deployments

    def _deploy(self, asked: Asked) -> httpx2.Response:
        deployed = _handed_over(asked.raw)
        self.deployments.append(deployed)
        done, failed = [], []
        for type, names in deployed.members.items():
            for name in names:
                problem = self._problem(type, name, deployed)
                message = self._message(type, name, problem, created=not self._is_there(type, name))
                (failed if problem else done).append(message)
        for type, names in deployed.destroyed.items():
            for name in names:
                problem = self.refuse(type, name)
                (failed if problem else done).append(self._message(type, name, problem, created=False))
        if not failed and not deployed.check_only:
            self._apply(deployed)
        self.result = self._result(done, failed)
        return httpx2.Response(201, json={"id": "0Af000000000001AAA", "deployResult": {"status": "Pending"}})

    def _problem(self, type: str, name: str, deployed: Deployed) -> str:
        if type != "PermissionSet":
            return self.refuse(type, name)
        opened = _opened(deployed.files[f"permissionsets/{name}.permissionset"])
        known = {f"{object}.{own}" for object, fields in self.objects.items() for own in fields} | set(self.objects)
        there = known | set(deployed.members.get("CustomField", [])) | set(deployed.members.get("CustomObject", []))
        for field_name in opened["fields"]:
            if field_name not in there:
                return f"In field: field - no CustomField named {field_name} found"
        return self.refuse_rights(opened["user"])

    def _is_there(self, type: str, name: str) -> bool:
        if type == "PermissionSet":
            return self.has_set
        if type == "CustomTab":
            return False
        object, _, own = name.partition(".")
        return object in self.objects and (not own or own in self.objects[object])

    def _message(self, type: str, name: str, problem: str, *, created: bool) -> dict[str, Any]:
        said: Callable[[bool], Any] = (lambda value: str(value).lower()) if self.as_text else bool
        found = {
            "componentType": type,
            "fullName": name,
            "fileName": f"objects/{name}",
            "id": f"00N{len(name):012d}",
            "success": said(not problem),
            "created": said(created and not problem),
            "changed": said(True),
            "deleted": said(False),
        }
        return found | ({"problem": problem, "problemType": "Error"} if problem else {})

    def _result(self, done: list[Any], failed: list[Any]) -> dict[str, Any]:
        one = (lambda found: found[0] if len(found) == 1 else found) if self.as_text else (lambda found: found)
        success: Any = not failed
        return {
            "id": "0Af000000000001AAA",
            "status": "Failed" if failed else "Succeeded",
            "done": "true" if self.as_text else True,
            "success": str(success).lower() if self.as_text else success,
            "details": {"componentSuccesses": one(done), "componentFailures": one(failed)},
        }

    def _apply(self, deployed: Deployed) -> None:
        for path, content in deployed.files.items():
            if path.startswith("objects/"):
                object = path.removeprefix("objects/").removesuffix(".object")
                fields = self.objects.setdefault(object, {})
                for raw in etree.fromstring(content).findall("m:fields", NS):
                    made = _as_described(raw)
                    fields[made["name"]] = made
            if path.startswith("permissionsets/"):
                opened = _opened(content)
                self.has_set, self.set_fields, self.set_objects = True, opened["fields"], opened["objects"]
        for name in deployed.destroyed.get("CustomField", []):
            object, _, own = name.partition(".")
            self.objects[object].pop(own)
        for name in deployed.destroyed.get("CustomObject", []):
            self.objects.pop(name)
        if deployed.destroyed.get("PermissionSet"):
            assert not self.assigned, "a permission set that somebody has cannot be removed"
            self.has_set, self.set_fields, self.set_objects = False, set(), set()
        there = {f"{object}.{own}" for object, fields in self.objects.items() for own in fields}
        self.set_fields &= there


def a_field(name: str, **raw: Any) -> dict[str, Any]:
    """A field as describe shows it."""
    usual = {
        "name": name, "label": name, "type": "string", "length": 255, "createable": True, "updateable": True,
        "custom": name.endswith("__c"), "nillable": True, "unique": False, "externalId": False, "calculated": False,
        "autoNumber": False, "restrictedPicklist": False, "picklistValues": [], "referenceTo": [], "scale": 0,
    }  # fmt: skip
    return usual | raw


def a_value(value: str, **more: Any) -> dict[str, Any]:
    return {"value": value, "label": value, "active": True, "defaultValue": False, **more}


def _as_described(raw: etree._Element) -> dict[str, Any]:
    """What describe would show of a deployed field."""
    text = {element.tag.rpartition("}")[2]: element.text for element in raw}
    values = raw.findall("m:valueSet/m:valueSetDefinition/m:value", NS)
    return a_field(
        str(text["fullName"]),
        label=text["label"],
        type=DESCRIBED[str(text["type"])],
        length=int(text.get("length") or 255),
        unique=text.get("unique") == "true",
        externalId=text.get("externalId") == "true",
        htmlFormatted=text["type"] == "Html",
        referenceTo=[text["referenceTo"]] if "referenceTo" in text else [],
        restrictedPicklist=raw.findtext("m:valueSet/m:restricted", namespaces=NS) == "true",
        picklistValues=[
            a_value(str(each.findtext("m:fullName", namespaces=NS)), label=each.findtext("m:label", namespaces=NS))
            for each in values
        ],
    )


def _handed_over(raw: bytes) -> Deployed:
    boundary = raw[: raw.index(b"\r\n")]
    parts = [part.partition(b"\r\n\r\n") for part in raw.split(boundary)[1:-1]]
    json = next(body for head, _, body in parts if b'name="json"' in head and b"application/json" in head)
    packed = next(body for head, _, body in parts if b'name="file"' in head and b"application/zip" in head)
    options = orjson.loads(json)["deployOptions"]
    with zipfile.ZipFile(io.BytesIO(packed.removesuffix(b"\r\n"))) as archive:
        return Deployed(options["checkOnly"], {name: archive.read(name) for name in archive.namelist()}, options)


def _members(xml: bytes) -> dict[str, list[str]]:
    return {
        str(types.findtext("m:name", namespaces=NS)): [str(each.text) for each in types.findall("m:members", NS)]
        for types in etree.fromstring(xml).findall("m:types", NS)
    }


def _opened(xml: bytes) -> dict[str, set[str]]:
    root = etree.fromstring(xml)
    paths = {
        "fields": "m:fieldPermissions/m:field", "objects": "m:objectPermissions/m:object",
        "user": "m:userPermissions/m:name", "tabs": "m:tabSettings/m:tab",
    }  # fmt: skip
    return {kind: {str(each.text) for each in root.findall(path, NS)} for kind, path in paths.items()}
