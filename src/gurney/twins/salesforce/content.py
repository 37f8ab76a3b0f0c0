"""Files: versions, the documents that they belong to, and what both mean for each other (FACTS 0.7, 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gurney.twins.salesforce.content_links import (
    INFERRED,
    VIEWER,
    add_link,
    check_entity,
    link_hooks,
)
from gurney.twins.salesforce.content_rows import FOLLOWS, STAMPS, described, mirrored, stamps
from gurney.twins.salesforce.content_types import FILE_TYPES, UNKNOWN, check_extension, split_name
from gurney.twins.salesforce.legacy import attachment_hooks
from gurney.twins.salesforce.limits import BYTES_PER_MB, Rolling
from gurney.twins.salesforce.notes import note_hooks
from gurney.twins.salesforce.refusals import Refused
from gurney.twins.salesforce.store import Row
from gurney.twins.salesforce.writing import Hooks, Writer, missing

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World

PUBLISHED_MOST = 200_000
"""Versions in 24 hours (FACTS 8)."""
LARGEST = 2 * 1024 * BYTES_PER_MB
NOT_CHANGED = ("VersionData", "PathOnClient", "ContentDocumentId", "FirstPublishLocationId")


def install(world: World) -> None:
    """Teach a new organisation about files and notes."""
    objects = world.schema.objects
    files = Files(world)
    objects["ContentVersion"].hooks = Hooks(before=files.before_version, after=files.after_version)
    objects["ContentVersion"].undeletable = True
    objects["ContentDocument"].hooks = Hooks(after=files.after_document, after_delete=files.after_delete)
    objects["ContentDocumentLink"].hooks = link_hooks()
    objects["ContentDocumentLink"].undeletable = world.switches["undelete_links"] == "yes"
    objects["Attachment"].hooks = attachment_hooks(files.make_room)
    world.table("ContentDocument").indexes.pop("LatestPublishedVersionId")
    if world.switches["notes"] == "off":
        world.schema.remove("ContentNote")
        world.store.close("ContentNote")
    else:
        objects["ContentNote"].hooks = note_hooks(files.publish)
        world.table("ContentNote").indexes.pop("LatestPublishedVersionId")


class Files:
    """What happens around the rows of files."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._published = Rolling(PUBLISHED_MOST)

    # Versions

    def before_version(self, writer: Writer, values: Row, row: Row | None) -> None:
        """Complete a new version, or guard what a version never changes. Raises Refused."""
        if row is not None:
            _guard(values)
            return
        content: bytes = values["VersionData"]
        if not content and writer.world.switches["empty_files"] == "refuse":
            raise missing(["VersionData"])
        stem, extension = split_name(values["PathOnClient"])
        check_extension(writer.world, extension)
        self._check_places(writer, values)
        self.make_room(len(content))
        self._count()
        if values.get("Title") is None:
            values["Title"] = stem[:255]
        values |= {"FileExtension": extension or None, "FileType": FILE_TYPES.get(extension, UNKNOWN)}
        values |= described(writer, content, values.get("CreatedDate"))
        if values.get("ContentDocumentId") is None:
            values["ContentDocumentId"] = writer.world.ids.new("069")
        values["VersionNumber"] = str(1 + len(self._versions(values["ContentDocumentId"])))
        values["IsLatest"] = True

    def _check_places(self, writer: Writer, values: Row) -> None:
        place = values.get("FirstPublishLocationId")
        if place is None:
            return
        if values.get("ContentDocumentId") is not None:
            words = "FirstPublishLocationId can be set for the first version only"
            raise Refused("INVALID_FIELD_FOR_INSERT_UPDATE", words, ["FirstPublishLocationId"])
        check_entity(writer, place, "FirstPublishLocationId")

    def after_version(self, writer: Writer, row: Row, created: bool) -> None:
        """Make the document of a first version, or pass on what changed."""
        world, id = self.world, row["ContentDocumentId"]
        document = world.table("ContentDocument").get(id)
        if document is not None:
            if created:
                self._supersede(row)
            if row.get("IsLatest"):
                world.table("ContentDocument").change(document, {**mirrored(row), **stamps(writer)})
            return
        owner = row["OwnerId"]
        named = {"Id": id, "OwnerId": owner, "PublishStatus": "P", "ParentId": row.get("FirstPublishLocationId")}
        dates = {name: row[name] for name in (*STAMPS, "CreatedDate", "CreatedById")}
        made = {**named, **mirrored(row), **dates}
        world.table("ContentDocument").add({name: value for name, value in made.items() if value is not None})
        if world.switches["owner_link"] == "yes":
            add_link(writer, id, owner, INFERRED)
        place = row.get("FirstPublishLocationId") if world.switches["first_location"] == "link" else None
        if place is not None and place != owner:
            add_link(writer, id, place, VIEWER)

    def _supersede(self, latest: Row) -> None:
        for other in self._versions(latest["ContentDocumentId"]):
            if other.get("IsLatest") and other["Id"] != latest["Id"]:
                self.world.table("ContentVersion").change(other, {"IsLatest": None})

    def _versions(self, document: str) -> list[Row]:
        return self.world.table("ContentVersion").by("ContentDocumentId", document)

    def publish(self, writer: Writer, values: Row, content: bytes) -> Row:
        """A version that the vendor makes by itself, of a note. Raises Refused."""
        self.make_room(len(content))
        self._count()
        world = self.world
        number = str(1 + len(self._versions(values["ContentDocumentId"])))
        row = {"Id": world.ids.new("068"), "VersionNumber": number, "IsLatest": True, "PublishStatus": "P", **values}
        row = {name: value for name, value in row.items() if value is not None}
        world.table("ContentVersion").add(row)
        world.store.put_blob(row["Id"], content)
        self._supersede(row)
        return row

    # Documents

    def after_document(self, writer: Writer, row: Row, created: bool) -> None:
        """The latest version is called as its document is."""
        version = self.world.table("ContentVersion").get(row.get("LatestPublishedVersionId", ""))
        if version is not None:
            self.world.table("ContentVersion").change(version, {name: row.get(name) for name in FOLLOWS})
        notes = self.world.store.tables.get("ContentNote")
        note = notes.get(row["Id"]) if notes is not None else None
        if notes is not None and note is not None:
            notes.change(note, {"Title": row["Title"], **stamps(writer)})

    def after_delete(self, writer: Writer, row: Row) -> None:
        """A note goes with its document, into the bin or for ever."""
        notes = self.world.store.tables.get("ContentNote")
        note = notes.get(row["Id"]) if notes is not None else None
        if notes is None or note is None:
            return
        if row["Id"] in self.world.table("ContentDocument").binned:
            notes.bin(note, row["Id"], self.world.now_text())
        else:
            notes.purge(row["Id"])

    # Limits

    def make_room(self, size: int) -> None:
        """Raises Refused when a file is too big, or the storage full."""
        if size > LARGEST:
            raise Refused("FILE_SIZE_LIMIT_EXCEEDED", "The file exceeds the maximum file size of 2 GB", [])
        self.world.limits.check_file(size)

    def _count(self) -> None:
        """One more version today. Raises Refused (rule salesforce.versions-per-day)."""
        published, now = self._published, self.world.clock.timestamp()
        if published.used >= published.most and not self.world.limits.unlimited:
            published.forget(now)
            if published.used >= published.most:
                words = f"The limit of {PUBLISHED_MOST} content versions published in 24 hours is reached"
                raise Refused("LIMIT_EXCEEDED", words, [])
        published.use(now)


def _guard(values: Row) -> None:
    for name in NOT_CHANGED:
        if name in values:
            words = f"Unable to create/update fields: {name}. Please check the security settings of this field"
            raise Refused("INVALID_FIELD_FOR_INSERT_UPDATE", words, [name])
