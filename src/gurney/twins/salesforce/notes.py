"""ContentNote: a note is a document with a version of its own, seen through another object (FACTS 8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gurney.twins.salesforce import deleting
from gurney.twins.salesforce.content_html import clean, preview
from gurney.twins.salesforce.content_links import INFERRED, add_link
from gurney.twins.salesforce.content_rows import STAMPS, described, mirrored
from gurney.twins.salesforce.refusals import Refused
from gurney.twins.salesforce.schema import ObjectDef
from gurney.twins.salesforce.store import Row
from gurney.twins.salesforce.writing import Hooks, Writer

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World

CHANGEABLE = ("Title", "Content")
ENCODED_MOST = 50 * 1024 * 1024
BASE64_BYTES, BASE64_CHARS = 3, 4
FILE_TYPE, EXTENSION = "SNOTE", "snote"
CARRIED = (
    "OwnerId", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp", "Title",
    "TextPreview", "FileType", "FileExtension", "ContentSize",
)  # fmt: skip
OWN = ("OwnerId", "CreatedDate", "CreatedById", *STAMPS)
Publish = Callable[[Writer, Row, bytes], Row]
"""Makes a version out of its values and content."""


def note_hooks(publish: Publish) -> Hooks:
    """What belongs to writing a note."""

    def after(writer: Writer, row: Row, created: bool) -> None:
        content = writer.world.store.blobs.get(row["Id"])
        if content is not None:
            writer.world.store.drop_blob(row["Id"])
            _publish(writer, row, content, created, publish)
        elif not created:
            _rename(writer, row)

    return Hooks(before=_before, after=after, after_delete=_after_delete)


def check_collected(world: World, kind: ObjectDef) -> None:
    """Raises Refused for a note in Collections where they take none (rule salesforce.note-collections)."""
    if kind.name == "ContentNote" and world.switches["note_collections"] == "no":
        words = "entity type ContentNote does not support insert in sObject Collections"
        raise Refused("INVALID_TYPE_FOR_OPERATION", words, [])


def _before(writer: Writer, values: Row, row: Row | None) -> None:
    for name in values if row is not None else ():
        if name not in CHANGEABLE:
            words = f"Unable to create/update fields: {name}. Please check the security settings of this field"
            raise Refused("INVALID_FIELD_FOR_INSERT_UPDATE", words, [name])
    content = values.get("Content")
    if not isinstance(content, bytes):
        return
    if len(content) * BASE64_CHARS // BASE64_BYTES > ENCODED_MOST:
        raise Refused("FILE_SIZE_LIMIT_EXCEEDED", "The note exceeds 50 MB as base64", ["Content"])
    content = values["Content"] = clean(writer.world, content)
    values |= {"ContentSize": len(content), "FileType": FILE_TYPE, "FileExtension": EXTENSION}
    values["TextPreview"] = preview(content)


def _publish(writer: Writer, row: Row, content: bytes, created: bool, publish: Publish) -> None:
    """The version that holds the content, and for a new note its document."""
    world = writer.world
    values = {name: row.get(name) for name in CARRIED}
    values |= {"ContentDocumentId": row["Id"], "PathOnClient": f"{row['Title']}.{EXTENSION}"}
    values |= {"Origin": "H", "ContentLocation": "S", "SharingOption": "A", "SharingPrivacy": "N"}
    version = publish(writer, {**values, **described(writer, content, row.get("CreatedDate"))}, content)
    world.table("ContentNote").change(row, {"LatestPublishedVersionId": version["Id"]})
    documents = world.table("ContentDocument")
    document = documents.get(row["Id"])
    if document is not None:
        documents.change(document, {**mirrored(version), **{name: row[name] for name in STAMPS}})
        return
    made = {"Id": row["Id"], "PublishStatus": "P", **{name: row[name] for name in OWN}, **mirrored(version)}
    documents.add({name: value for name, value in made.items() if value is not None})
    if world.switches["owner_link"] == "yes":
        add_link(writer, row["Id"], row["OwnerId"], INFERRED)


def _rename(writer: Writer, row: Row) -> None:
    world = writer.world
    for table, id in (("ContentDocument", row["Id"]), ("ContentVersion", row["LatestPublishedVersionId"])):
        found = world.table(table).get(id)
        if found is not None:
            world.table(table).change(found, {"Title": row["Title"], **{name: row[name] for name in STAMPS}})


def _after_delete(writer: Writer, row: Row) -> None:
    """The document goes with its note, into the bin or for ever."""
    world = writer.world
    if world.table("ContentDocument").get(row["Id"]) is not None:
        hard = row["Id"] not in world.table("ContentNote").binned
        deleting.delete(writer, world.schema.objects["ContentDocument"], row["Id"], hard=hard)
