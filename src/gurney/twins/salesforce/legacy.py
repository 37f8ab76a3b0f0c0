"""Attachments of the old kind: one file hanging on one record, up to 25 MB (FACTS 0.8)."""

from __future__ import annotations

from collections.abc import Callable

from gurney.twins.salesforce.content_links import check_entity
from gurney.twins.salesforce.content_types import check_extension, split_name
from gurney.twins.salesforce.refusals import Refused
from gurney.twins.salesforce.store import Row
from gurney.twins.salesforce.writing import Hooks, Writer

LARGEST = 25 * 1024 * 1024


def attachment_hooks(make_room: Callable[[int], None]) -> Hooks:
    """What belongs to writing an attachment."""

    def before(writer: Writer, values: Row, row: Row | None) -> None:
        if row is None:
            check_entity(writer, values["ParentId"], "ParentId")
        if values.get("Name") is not None:
            check_extension(writer.world, split_name(values["Name"])[1])
        content = values.get("Body")
        if isinstance(content, bytes):
            if len(content) > LARGEST:
                raise Refused("FILE_SIZE_LIMIT_EXCEEDED", "The file exceeds the maximum file size of 25 MB", ["Body"])
            make_room(len(content))
            values["BodyLength"] = len(content)

    return Hooks(before=before)
