"""Links of files and notes to records: ContentDocumentLink (FACTS 8)."""

from __future__ import annotations

from gurney.twins.salesforce.ids import SHORT
from gurney.twins.salesforce.refusals import Refused
from gurney.twins.salesforce.store import Row
from gurney.twins.salesforce.writing import Hooks, Writer, missing

VIEWER, COLLABORATOR, INFERRED = "V", "C", "I"
EVERYBODY = "AllUsers"


def link_hooks() -> Hooks:
    """What belongs to writing a link."""
    return Hooks(before=_before)


def _before(writer: Writer, values: Row, row: Row | None) -> None:
    if row is not None:
        check_share(writer, row["ContentDocumentId"], values.get("ShareType") or row["ShareType"])
        return
    if values.get("ShareType") is None:
        raise missing(["ShareType"])
    document, entity = values["ContentDocumentId"], values["LinkedEntityId"]
    check_share(writer, document, values["ShareType"])
    check_entity(writer, document, "ContentDocumentId")
    check_entity(writer, entity, "LinkedEntityId")
    if linked(writer, document, entity):
        words = f"Document with ID: {document[:SHORT]} is already linked with the entity with ID: {entity[:SHORT]}"
        raise Refused("DUPLICATE_VALUE", words, ["ContentDocumentId"])
    values.setdefault("Visibility", EVERYBODY)


def linked(writer: Writer, document: str, entity: str) -> bool:
    """Whether the two belong together already."""
    links = writer.world.table("ContentDocumentLink").by("ContentDocumentId", document)
    return any(link["LinkedEntityId"] == entity for link in links)


def check_share(writer: Writer, document: str, share: str) -> None:
    """Notes are not shared for collaboration (rule salesforce.note-share). Raises Refused."""
    notes = writer.world.store.tables.get("ContentNote")
    if share == COLLABORATOR and notes is not None and document in notes.rows:
        words = "Invalid sharing type C for a note: V or I are allowed"
        raise Refused("FIELD_INTEGRITY_EXCEPTION", words, ["ShareType"])


def check_entity(writer: Writer, id: str, field: str) -> None:
    """The caller must see both the file and the record that gets it. Raises Refused."""
    found = writer.world.row_of(id)
    if found is None:
        raise Refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [field])
    kind, row = found
    sight = writer.access.sight(kind)
    if not writer.access.can(kind, "read") or (sight is not None and not sight(row)):
        words = f"insufficient access rights on cross-reference id: {id[:SHORT]}"
        raise Refused("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", words, [field])


def add_link(writer: Writer, document: str, entity: str, share: str) -> Row:
    """A link that the vendor makes by itself: to the owner, to the place of first publication."""
    world, now = writer.world, writer.world.now_text()
    return world.table("ContentDocumentLink").add(
        {
            "Id": world.ids.new("06A"),
            "ContentDocumentId": document,
            "LinkedEntityId": entity,
            "ShareType": share,
            "Visibility": EVERYBODY,
            "SystemModstamp": now,
            "CreatedDate": now,
            "CreatedById": writer.access.user_id,
            "LastModifiedDate": now,
            "LastModifiedById": writer.access.user_id,
        }
    )
