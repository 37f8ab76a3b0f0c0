"""Finding and reading records, complete (FACTS 0.5, 4).

Records are found by COQL, which is not delayed, never by search. They are read by listing ids, 100 a call and not a
heavy one; what the list leaves out is looked for once more before it counts as gone. Rich text, which lists cut, is
fetched in full where it may have been cut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from gurney.destinations.zoho.client import Client
from gurney.destinations.zoho.coql import changed_since, chunks, count_all, select
from gurney.destinations.zoho.limits import per_call
from gurney.destinations.zoho.metadata import FILES, NOTES, Metadata
from gurney.destinations.zoho.records import MODIFIED_AT, MODIFIED_BY, Codecs
from gurney.errors import AnswerWrong, Misused, VendorRefused
from gurney.records import ReadBack
from gurney.schema import FieldType, ObjectSchema
from gurney.transport import together

STAMPS = (MODIFIED_AT, MODIFIED_BY)
FIELDS_A_CALL = per_call("read_fields") - len(STAMPS) - 1
"""Beside the stamps and the id."""
TOO_MANY = frozenset({"LIMIT_EXCEEDED", "INVALID_DATA", "REQUEST_URI_TOO_LONG"})
NO_SUCH_CALL = frozenset({"INVALID_URL_PATTERN", "INVALID_REQUEST_METHOD", "NOT_SUPPORTED"})
CUT_MARGIN = 100
"""Texts this much shorter than the cut are believed whole, whatever the cut counts."""


class Reader:
    """Reads records of one organisation."""

    def __init__(self, client: Client, metadata: Metadata, codecs: Codecs) -> None:
        self._client = client
        self._metadata = metadata
        self._codecs = codecs
        self._ids_a_call = per_call("read_records")

    async def find(self, object: str, key_field: str, values: Sequence[str]) -> dict[str, str]:
        """Key value -> id for the records that hold one of the values in our key field."""
        wanted = list(dict.fromkeys(values))
        found = await together(
            self.select(object, ["id", key_field], key_field, group) for group in chunks(wanted, per_call("coql_in"))
        )
        return {str(row[key_field]): str(row["id"]) for row in chain(*found) if row.get(key_field) is not None}

    async def select(
        self, object: str, fields: Sequence[str], field: str, values: Sequence[str]
    ) -> list[dict[str, Any]]:
        """All rows whose `field` is one of `values` (at most what one query takes), page by page by id."""
        return await self._queried(
            object, lambda after: select(fields, object, field, values, after=after, rows=per_call("coql_rows"))
        )

    async def changed_since(self, object: str, since: datetime) -> list[str]:
        """Ids of all records that somebody, or we, changed at this moment or later."""
        told = since.isoformat(timespec="seconds")
        rows = await self._queried(
            object, lambda after: changed_since(object, MODIFIED_AT, told, after=after, rows=per_call("coql_rows"))
        )
        return [str(row["id"]) for row in rows]

    async def _queried(self, object: str, after_id: Callable[[str], str]) -> list[dict[str, Any]]:
        """All rows of a query by ascending id, which is made for the last id of the page before ('' at first)."""
        rows: list[dict[str, Any]] = []
        while True:
            after = str(rows[-1]["id"]) if rows else ""
            reply = await self._client.coql(after_id(after))
            rows += reply.rows()
            if not reply.more:
                return rows
            if not reply.rows() or str(rows[-1]["id"]) == after:
                raise AnswerWrong(f"zoho announces more rows of {object}, but sends none.")

    async def read(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> dict[str, ReadBack]:
        """The records by id; missing ones are left out."""
        schema = await self._metadata.object(object)
        if schema is None:
            raise VendorRefused(f"zoho has no module {object}.", status=400, code="INVALID_MODULE")
        names = tuple(fields)
        asked = [name for name in names if name in schema.fields]
        raw = await self._raw(object, list(dict.fromkeys(ids)), asked)
        await self._complete(schema, raw, asked)
        codec = self._codecs.of(schema)
        return {id: codec.read(row, names) for id, row in raw.items()}

    async def count(self, object: str) -> int:
        """How many records there are; by COQL where the count call is not allowed."""
        if object == FILES:
            raise Misused("Zoho counts files only record by record.")
        try:
            counted = (await self._client.get(f"/{object}/actions/count")).body.get("count")
            if counted is not None:
                return int(counted)
        except VendorRefused:
            if object == NOTES:
                return len(await self._client.pages(f"/{NOTES}", [("fields", "id")]) or [])
        rows = (await self._client.coql(count_all(object))).rows()
        return int(next((value for name, value in rows[0].items() if name != "id"), 0)) if rows else 0

    # Rows as Zoho sends them

    async def _raw(self, object: str, ids: Sequence[str], asked: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Rows by id with all fields, more than one call's worth of fields joined."""
        groups = list(chunks(asked, FIELDS_A_CALL)) or [()]
        raw: dict[str, dict[str, Any]] = {}
        parts = await together(self._listed(object, ids, [*group, *STAMPS]) for group in groups)
        for row in chain(*parts):
            raw.setdefault(str(row["id"]), {}).update(row)
        missing = [id for id in ids if id not in raw]
        if missing and object != NOTES:  # COQL on notes is not documented
            second = await together(
                self.select(object, ["id", *group, *STAMPS], "id", some)
                for some in chunks(missing, per_call("coql_in"))
                for group in groups
            )
            for row in chain(*second):
                raw.setdefault(str(row["id"]), {}).update(row)
        return {id: raw[id] for id in ids if id in raw}

    async def _listed(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> list[dict[str, Any]]:
        found = await together(self._list(object, some, ",".join(fields)) for some in chunks(ids, self._ids_a_call))
        return list(chain(*found))

    async def _list(self, object: str, ids: Sequence[str], fields: str) -> list[dict[str, Any]]:
        """One list call; in halves when Zoho takes fewer ids than we believe."""
        params = [("ids", ",".join(ids)), ("fields", fields), ("per_page", str(per_call("page_rows")))]
        try:
            return (await self._client.get(f"/{object}", params)).rows()
        except VendorRefused as no:
            if len(ids) == 1 or (no.code not in TOO_MANY and no.status != 414):
                raise
            half = (len(ids) + 1) // 2
            if no.code != "INVALID_DATA":
                self._ids_a_call = min(self._ids_a_call, half)
        parts = await together(self._list(object, some, fields) for some in chunks(ids, half))
        return list(chain(*parts))

    # Rich text

    async def _complete(self, schema: ObjectSchema, raw: dict[str, dict[str, Any]], asked: Sequence[str]) -> None:
        """Replace texts that the list may have cut by the whole ones."""
        rich = [name for name in asked if schema.fields[name].type is FieldType.RICH_TEXT]
        believed = per_call("listed_text_chars") - CUT_MARGIN
        cut = [id for id, row in raw.items() if any(len(row.get(name) or "") >= believed for name in rich)]
        groups = [
            (ids, names)
            for ids in chunks(cut, per_call("full_text_records"))
            for names in chunks(rich, per_call("full_text_fields"))
        ]
        for row in chain(*await together(self._full(schema.name, ids, names) for ids, names in groups)):
            raw[str(row["id"])].update({name: row[name] for name in rich if name in row})

    async def _full(self, object: str, ids: Sequence[str], names: Sequence[str]) -> list[dict[str, Any]]:
        fields = ("fields", ",".join(names))
        rows: list[dict[str, Any]] = []
        try:
            params = [("ids", ",".join(ids)), fields]
            rows = (await self._client.get(f"/{object}/actions/fetch_full_data", params)).rows()
        except VendorRefused as no:
            if no.code not in NO_SUCH_CALL | TOO_MANY:
                raise
        answered = {str(row.get("id")) for row in rows}
        left = [id for id in ids if id not in answered]
        alone = await together(self._client.get(f"/{object}/{id}/actions/fetch_full_data", [fields]) for id in left)
        for id, reply in zip(left, alone, strict=True):
            if not reply.rows():
                raise AnswerWrong(f"zoho does not give the whole text of {object} {id}.")
            rows.append({**reply.rows()[0], "id": id})
        return [row for row in rows if str(row.get("id")) in ids]
