"""What rows of files and notes have in common."""

from __future__ import annotations

import hashlib

from gurney.twins.salesforce.store import Row
from gurney.twins.salesforce.writing import Writer

FOLLOWS = ("Title", "Description")
"""Fields that a document and its latest version share."""
STAMPS = ("LastModifiedDate", "LastModifiedById", "SystemModstamp")


def stamps(writer: Writer) -> Row:
    """Changed now, by the caller."""
    now = writer.world.now_text()
    return {"LastModifiedDate": now, "LastModifiedById": writer.access.user_id, "SystemModstamp": now}


def described(writer: Writer, content: bytes, created: str | None) -> Row:
    """What the vendor works out of a version's content."""
    return {
        "Checksum": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        "ContentSize": len(content),
        "ContentModifiedDate": created or writer.world.now_text(),
        "ContentModifiedById": writer.access.user_id,
    }


def mirrored(version: Row) -> Row:
    """What a document shows of its latest version."""
    names = (*FOLLOWS, "ContentSize", "FileType", "FileExtension", "ContentModifiedDate")
    return {"LatestPublishedVersionId": version["Id"], **{name: version.get(name) for name in names}}
