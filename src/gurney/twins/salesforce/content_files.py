"""Bytes in and out: files with their record as multipart or base64, and downloads (FACTS 8)."""

from __future__ import annotations

from typing import Any

import orjson

from gurney.twins.kit.wire import Answer
from gurney.twins.salesforce.call import Call, Routes
from gurney.twins.salesforce.content_multipart import BlobPart, read_parts
from gurney.twins.salesforce.records import created, find
from gurney.twins.salesforce.refusals import Refused, not_found, unreadable_json

routes = Routes()
MEGABYTE = 1024 * 1024
BODY_MOST = 50 * MEGABYTE
BASE64_MOST = int(37.5 * MEGABYTE)
BLOBS = {"ContentVersion": "VersionData", "Attachment": "Body"}
"""Object to its field of bytes, where files come in."""


@routes.on("POST", "/sobjects/ContentVersion")
def add_version(call: Call) -> Answer:
    """A file, or a new version of one."""
    return _add(call, "ContentVersion")


@routes.on("POST", "/sobjects/Attachment")
def add_attachment(call: Call) -> Answer:
    """A file of the old kind."""
    return _add(call, "Attachment")


def _add(call: Call, name: str) -> Answer:
    kind, field = call.kind(name), BLOBS[name]
    record = _from_parts(call, field) if call.request.content_type == "multipart/form-data" else _from_json(call, field)
    return created(call, kind, call.writer().insert(kind, record))


def _from_json(call: Call, field: str) -> dict[str, Any]:
    """The record with its file as base64, as long as it is small (rule salesforce.base64-size)."""
    if len(call.request.body) > BODY_MOST:
        raise Refused("REQUEST_BODY_TOO_LARGE", "The request body exceeds 50 MB", status=413)
    record = call.body()
    encoded = record.get(field)
    if isinstance(encoded, str) and len(encoded) > BASE64_MOST:
        words = "The file exceeds the maximum size of 37.5 MB for non-multipart requests"
        raise Refused("FILE_SIZE_LIMIT_EXCEEDED", words, [field])
    return record


def _from_parts(call: Call, field: str) -> dict[str, Any]:
    """The JSON part, by any name, and the part named as the field."""
    parts = read_parts(call.request)
    jsons = [part for part in parts if part.content_type.partition(";")[0].strip().lower() == "application/json"
             and part.name != field]  # fmt: skip
    files = [part for part in parts if part.name == field]
    if len(jsons) != 1 or len(files) > 1 or len(parts) != len(jsons) + len(files):
        raise Refused("INVALID_MULTIPART_REQUEST", f"A JSON part and a part named {field} are needed")
    record = _record(jsons[0])
    if files:
        if not files[0].is_file:
            raise Refused("INVALID_MULTIPART_REQUEST", f"The part {field} needs a file name")
        record[field] = files[0].body
    return record


def _record(part: BlobPart) -> dict[str, Any]:
    try:
        record = orjson.loads(part.body)
    except orjson.JSONDecodeError:
        raise unreadable_json() from None
    if not isinstance(record, dict):
        raise unreadable_json()
    return record


@routes.on("GET", "/sobjects/ContentVersion/{id}/VersionData")
def read_version(call: Call) -> Answer:
    """The bytes of a version."""
    return _bytes(call, "ContentVersion")


@routes.on("GET", "/sobjects/Attachment/{id}/Body")
def read_attachment(call: Call) -> Answer:
    """The bytes of an attachment."""
    return _bytes(call, "Attachment")


def _bytes(call: Call, name: str) -> Answer:
    row = find(call, call.kind(name), call.param("id"))
    return _download(call, row["Id"])


@routes.on("GET", "/sobjects/ContentNote/{id}/Content")
def read_note(call: Call) -> Answer:
    """A note as HTML: the content of its latest version."""
    row = find(call, call.kind("ContentNote"), call.param("id"))
    return _download(call, row.get("LatestPublishedVersionId", ""))


def _download(call: Call, id: str) -> Answer:
    content = call.world.store.blobs.get(id)
    if content is None:
        raise not_found()
    return Answer(200, body=content, headers={"content-type": "application/octet-stream"})
