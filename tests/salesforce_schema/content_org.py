"""An organisation that keeps notes, files and their links in memory; an answer may be lost after its effect."""

from __future__ import annotations

import random
import re
from base64 import b64decode
from collections.abc import AsyncIterator
from copy import deepcopy
from dataclasses import dataclass, field
from hashlib import md5
from typing import Any

import httpx2
import orjson
from schema_org import HOST, START, TOKEN, a_field

from gurney.destinations.salesforce.client import Client, SalesforceAccess
from gurney.destinations.salesforce.content import Contents
from gurney.destinations.salesforce.limits import api_path, pacer_limits
from gurney.destinations.salesforce.metadata import Metadata
from gurney.destinations.salesforce.reading import Reader
from gurney.destinations.salesforce.records import Codecs
from gurney.records import File, Link, OperationKey, Value, Write
from gurney.runtime import Runtime
from gurney.transport import Pacer
from virtual_clock import VirtualClock

ADA = Link("Contact", "003000000000001AAA")
BEN = Link("Contact", "003000000000002AAA")
OWNER = "005000000000001AAA"
KEY = "Cliniko_Attachment_Id__c"
STAMP = "2026-02-03T09:00:00.000+0000"
LINKS = "ContentDocumentLink"
QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'")
NOTE_FIELDS = [
    a_field("Title"),
    a_field("Content", type="base64"),
    a_field("OwnerId", type="reference", createable=False),
]
FILE_FIELDS = [
    a_field("Title"),
    a_field("PathOnClient", length=500),
    a_field("Description", length=1000),
    a_field(KEY, length=64, unique=True, externalId=True),
    a_field("FirstPublishLocationId", type="reference", updateable=False),
    a_field("OwnerId", type="reference", createable=False),
]
SYSTEM = [a_field("Id", type="id"), a_field("CreatedDate", type="datetime", createable=False, updateable=False)]


@dataclass
class Asked:
    """One request as the vendor sees it."""

    method: str
    path: str
    raw: bytes
    query: str = ""

    @property
    def body(self) -> Any:
        return orjson.loads(self.raw)


@dataclass
class ContentOrg:
    """Rows by object and id; `lose` names calls ('METHOD /path') whose answer is lost after the effect."""

    clock: VirtualClock = field(default_factory=lambda: VirtualClock(START))
    rows: dict[str, dict[str, dict[str, Any]]] = field(
        default_factory=lambda: {"ContentNote": {}, "ContentVersion": {}, LINKS: {}}
    )
    blobs: dict[str, bytes] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    lose: list[str] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    """Canned answers by 'METHOD /path', a list used up one by one; None lets the org answer itself."""
    refuse: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By object or record id: the error of every row about it."""
    fields: dict[str, list[dict[str, Any]] | None] = field(
        default_factory=lambda: deepcopy({"ContentNote": NOTE_FIELDS, "ContentVersion": FILE_FIELDS})
    )
    bytes: dict[str, bytes] = field(default_factory=dict)
    """What the store holds, by store id."""
    made: int = 0
    links_itself: bool = True
    """Whether an upload with FirstPublishLocationId makes the link (assumed, FACTS 8)."""
    collects_notes: bool = True
    """Whether collections take notes (assumed, FACTS 15)."""
    takes_markup: bool = True
    """Whether a note's markup is thought safe."""

    def contents(self) -> tuple[Contents, Client]:
        runtime = Runtime(
            clock=self.clock,
            random=random.Random(3),
            entropy=lambda size: b"\x02" * size,
            transport=lambda _: httpx2.MockTransport(self.answer),
            environ={},
        )
        access = SalesforceAccess(HOST, "client-id", client_secret="client-secret")
        client = Client(runtime, access, Pacer(runtime, "org", pacer_limits("enterprise", 5)), user_agent="gurney/test")
        metadata = Metadata(client)
        return Contents(client, metadata, Reader(client, metadata, Codecs()), self.open_file), client

    async def open_file(self, file: File) -> AsyncIterator[bytes]:
        content = self.bytes[file.store_id]
        for start in range(0, len(content), 7):
            yield content[start : start + 7]

    def writes(self) -> list[Asked]:
        """Calls that change something."""
        return [each for each in self.asked if each.method != "GET" and "/sobjects/ContentNote" not in each.path]

    def note(self, title: str, *records: Link) -> str:
        """A note that hangs on these records."""
        id = self._keep("ContentNote", {"Title": title, "Content": "PHA+eDwvcD4="})["id"]
        for record in records:
            self._keep(LINKS, {"ContentDocumentId": id, "LinkedEntityId": record.id})
        return str(id)

    def version(self, file_id: str, content: bytes, **said: Any) -> str:
        """A newer version that a person uploads over a file."""
        document = self.rows["ContentVersion"][file_id]["ContentDocumentId"]
        row = self._keep("ContentVersion", {"Title": "newer", **said}, content=content, document=document)
        self.rows["ContentVersion"][row["id"]]["CreatedDate"] = "2026-02-04T09:00:00.000+0000"
        return str(row["id"])

    # The wire

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        raw = await request.aread()
        if request.url.path == "/services/oauth2/token":
            return httpx2.Response(200, json=TOKEN)
        path = request.url.path.removeprefix(api_path())
        asked = Asked(request.method, path, raw, request.url.params.get("ids") or request.url.params.get("q") or "")
        self.asked.append(asked)
        call = f"{asked.method} {asked.path}"
        canned = self.answers.get(call)
        if isinstance(canned, list):
            canned = canned.pop(0) if canned else None
        answered = httpx2.Response(canned[0], json=canned[1]) if canned else self._own(asked, request)
        if call in self.lose:
            self.lose.remove(call)
            raise httpx2.ReadTimeout("lost")
        return answered

    def _own(self, asked: Asked, request: httpx2.Request) -> httpx2.Response:
        object = asked.path.split("/")[2] if asked.path.count("/") > 1 else ""
        if asked.path.endswith("/describe"):
            return self._describe(object)
        if asked.path == "/query":
            return self._query(asked.query)
        if asked.path.endswith(("/Content", "/VersionData")):
            return self._blob(asked.path.split("/")[3])
        if asked.path == "/composite":
            return self._composite(asked.body)
        if asked.path == "/sobjects/ContentVersion":
            return self._one_file(asked.raw)
        if asked.path.startswith("/sobjects/ContentNote"):
            return self._one_note(asked)
        if asked.path == "/composite/sobjects" and not self.collects_notes and b"069" not in asked.raw:
            return httpx2.Response(400, json=[{"errorCode": "INVALID_TYPE_FOR_OPERATION", "message": "not so"}])
        if asked.path == "/composite/sobjects":
            return httpx2.Response(200, json=self._collection(asked, request))
        if asked.path.startswith("/composite/sobjects/"):
            rows = self.rows[asked.path.rpartition("/")[2]]
            return httpx2.Response(200, json=[rows.get(id) for id in asked.body["ids"]])
        raise AssertionError(f"nobody expected {asked.method} {asked.path}")

    def _describe(self, object: str) -> httpx2.Response:
        fields = self.fields[object]
        if fields is None:
            return httpx2.Response(404, json=[{"errorCode": "NOT_FOUND", "message": "not here"}])
        return httpx2.Response(200, json={"name": object, "label": object, "fields": [*SYSTEM, *fields]})

    def _query(self, soql: str) -> httpx2.Response:
        match = re.match(r"SELECT (.*) FROM (\w+)(?: WHERE (\w+) (?:IN \((.*)\)|!= '(.*)'))?$", soql)
        assert match, soql
        rows = list(self.rows[match[2]].values())
        if match[4] is not None:
            values = {text.replace("\\'", "'").replace("\\\\", "\\") for text in QUOTED.findall(match[4])}
            rows = [row for row in rows if row.get(match[3]) in values]
        found = [] if match[1] == "COUNT()" else rows
        return httpx2.Response(200, json={"totalSize": len(rows), "done": True, "records": found})

    def _blob(self, id: str) -> httpx2.Response:
        if id not in self.blobs:
            return httpx2.Response(404, json=[{"errorCode": "NOT_FOUND", "message": "gone"}])
        return httpx2.Response(200, content=self.blobs[id])

    def _composite(self, body: Any) -> httpx2.Response:
        answers = [
            {
                "referenceId": sub["referenceId"],
                "httpStatusCode": 200,
                "body": [self._row(row) for row in sub["body"]["records"]],
            }
            for sub in body["compositeRequest"]
        ]
        return httpx2.Response(200, json={"compositeResponse": answers})

    def _collection(self, asked: Asked, request: httpx2.Request) -> list[Any]:
        if asked.method == "DELETE":
            return [self._delete(id) for id in asked.query.split(",")]
        if request.headers["Content-Type"].startswith("multipart/"):
            document, parts = parts_of(asked.raw, "collection")
            return [self._row(row, parts[row["attributes"]["binaryPartName"]]) for row in document["records"]]
        if asked.method == "PATCH":
            return [self._change(row) for row in asked.body["records"]]
        return [self._row(row) for row in asked.body["records"]]

    def _one_note(self, asked: Asked) -> httpx2.Response:
        id = asked.path.removeprefix("/sobjects/ContentNote").strip("/")
        if asked.method == "DELETE":
            made = self._delete(id)
        else:
            row = {"attributes": {"type": "ContentNote"}, **asked.body}
            made = self._change({**row, "Id": id}) if id else self._row(row)
        if made["success"]:
            return httpx2.Response(201, json=made) if not id else httpx2.Response(204)
        errors = [{"errorCode": each["statusCode"], "message": each["message"]} for each in made["errors"]]
        return httpx2.Response(404 if asked.method == "DELETE" else 400, json=errors)

    def _one_file(self, raw: bytes) -> httpx2.Response:
        document, parts = parts_of(raw, "entity_content")
        made = self._row({"attributes": {"type": "ContentVersion"}, **document}, parts["VersionData"])
        if made["success"]:
            return httpx2.Response(201, json=made)
        errors = [{"errorCode": each["statusCode"], "message": each["message"]} for each in made["errors"]]
        return httpx2.Response(400, json=errors)

    # Effects

    def _row(self, row: dict[str, Any], content: bytes = b"") -> dict[str, Any]:
        object = row["attributes"]["type"]
        fields = {name: value for name, value in row.items() if name != "attributes"}
        refusal = self.refuse.get(object) or self.refuse.get(fields.get("LinkedEntityId", ""))
        if not self.takes_markup and b"<p>" in b64decode(fields.get("Content", "")):
            refusal = {"statusCode": "UNSAFE_HTML_CONTENT", "message": "The content is unsafe."}
        if object == LINKS and refusal is None:
            same = [fields["ContentDocumentId"], fields["LinkedEntityId"]]
            there = [[each["ContentDocumentId"], each["LinkedEntityId"]] for each in self.rows[LINKS].values()]
            refusal = {"statusCode": "DUPLICATE_VALUE", "message": "is already linked"} if same in there else None
        for id, other in self.rows["ContentVersion"].items():
            if object == "ContentVersion" and fields.get(KEY) and other.get(KEY) == fields[KEY]:
                words = f"duplicate value found: {KEY} duplicates value on record with id: {id[:15]}"
                refusal = {"statusCode": "DUPLICATE_VALUE", "message": words}
        if refusal:
            return {"success": False, "errors": [{"fields": [], **refusal}]}
        return self._keep(object, fields, content=content)

    def _keep(self, object: str, fields: dict[str, Any], *, content: bytes = b"", document: str = "") -> dict[str, Any]:
        self.made += 1
        prefix = {"ContentNote": "069", "ContentVersion": "068", LINKS: "06A"}[object]
        id = f"{prefix}{self.made:012d}AAA"
        row = {"Id": id, "CreatedDate": STAMP, "SystemModstamp": STAMP, "LastModifiedById": OWNER, **fields}
        self.rows[object][id] = row
        if object == "ContentNote":
            self.blobs[id] = b64decode(row["Content"])
            self.rows[LINKS][f"{id}owner"] = {"Id": "06A", "ContentDocumentId": id, "LinkedEntityId": OWNER}
        if object == "ContentVersion":
            self.blobs[id] = content
            row |= {"ContentSize": len(content), "Checksum": md5(content).hexdigest()}
            row["ContentDocumentId"] = document or f"069{self.made:012d}AAA"
            if not document and self.links_itself:
                link = {
                    "ContentDocumentId": row["ContentDocumentId"],
                    "LinkedEntityId": fields["FirstPublishLocationId"],
                }
                self.rows[LINKS][f"{id}link"] = {"Id": "06A", **link}
        return {"id": id, "success": True, "errors": []}

    def _change(self, row: dict[str, Any]) -> dict[str, Any]:
        there = self.rows[row["attributes"]["type"]][row["Id"]]
        there |= {name: value for name, value in row.items() if name not in ("attributes", "Id")}
        return {"id": row["Id"], "success": True, "errors": []}

    def _delete(self, id: str) -> dict[str, Any]:
        if id in self.refuse:
            return {"id": id, "success": False, "errors": [self.refuse[id]]}
        notes = self.rows["ContentNote"].pop(id, None)
        versions = [key for key, row in self.rows["ContentVersion"].items() if row["ContentDocumentId"] == id]
        for key in versions:
            self.rows["ContentVersion"].pop(key)
        self.rows[LINKS] = {key: row for key, row in self.rows[LINKS].items() if row["ContentDocumentId"] != id}
        if notes is None and not versions:
            error = {"statusCode": "ENTITY_IS_DELETED", "message": "entity is deleted"}
            return {"id": id, "success": False, "errors": [error]}
        return {"id": id, "success": True, "errors": []}


def parts_of(raw: bytes, name: str) -> tuple[Any, dict[str, bytes]]:
    """The JSON document of a multipart body and its files by part name. Every part must say what it is."""
    boundary = raw[: raw.index(b"\r\n")]
    document: Any = None
    files: dict[str, bytes] = {}
    for part in raw.split(boundary + b"\r\n")[1:]:
        head, _, body = part.partition(b"\r\n\r\n")
        assert b"Content-Type:" in head
        own = re.search(rb' name="([^"]+)"', head)
        assert own
        content = body.removesuffix(b"\r\n" + boundary + b"--\r\n").removesuffix(b"\r\n")
        if own[1].decode() == name:
            document = orjson.loads(content)
        else:
            assert b"filename=" in head
            files[own[1].decode()] = content
    return document, files


def a_note(id: str, content: str = "<p>Better</p>", *, parent: Link | None = ADA, **more: Any) -> Write:
    """A treatment note as the mapping makes one: our reference stands in its title."""
    title = f"Review · 2026-01-31 [treatment_notes {id}]"
    fields: dict[str, Value] = {"Title": title, "Content": content, **more.pop("fields", {})}
    key = OperationKey("S10", "treatment_notes", id)
    return Write(key, "ContentNote", "", title, fields, parent=parent, **more)


def a_file(
    org: ContentOrg, id: str, content: bytes = b"%PDF-1.7 ...", *, parent: Link | None = ADA, **more: Any
) -> Write:
    """A file as the engine hands it over."""
    org.bytes[id] = content
    name = more.pop("name", f"scan {id}.pdf")
    size = more.pop("size", len(content))
    file = File(id, name, size, "application/pdf", "0" * 64)
    said: dict[str, Value] = {"Title": "Scan", "PathOnClient": name, KEY: id, "size_bytes": size, "sha256": "0" * 64}
    key = OperationKey("S8", "patient_attachments", id)
    return Write(key, "ContentVersion", KEY, id, said | more.pop("fields", {}), parent=parent, file=file, **more)
