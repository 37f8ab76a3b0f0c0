"""Looking records up: by our key with SOQL, by their ids 2,000 a call, never by a search index (FACTS 3.2, 4)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

from gurney.destinations.salesforce.client import Client
from gurney.destinations.salesforce.collections import ROOT
from gurney.destinations.salesforce.limits import per_call
from gurney.destinations.salesforce.metadata import Metadata
from gurney.destinations.salesforce.records import ID, STAMPS, Codecs
from gurney.destinations.salesforce.soql import chunks, count_all, fitting, select, within
from gurney.errors import AnswerWrong, NotAuthorised, VendorRefused
from gurney.records import ReadBack
from gurney.transport import together

ONE_ID_SPOILS_ALL = frozenset({"MALFORMED_ID", "INVALID_ID_FIELD", "INVALID_CROSS_REFERENCE_KEY", "EXCEEDED_ID_LIMIT"})
"""With these a call about many ids is refused for one of them: its halves are asked."""


class Reader:
    """Reads records of one organisation."""

    def __init__(self, client: Client, metadata: Metadata, codecs: Codecs) -> None:
        self._client = client
        self._metadata = metadata
        self._codecs = codecs

    async def find(self, object: str, key_field: str, values: Sequence[str]) -> dict[str, str]:
        """Key value -> id for the records that hold one of the values in our key field."""
        wanted = list(dict.fromkeys(values))
        found = await together(
            self._client.rows(select([ID, key_field], object, within(key_field, some))) for some in fitting(wanted)
        )
        return {str(row[key_field]): str(row[ID]) for row in chain(*found) if row.get(key_field) is not None}

    async def read(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> dict[str, ReadBack]:
        """The records by id, whole; missing ones are left out."""
        described = await self._metadata.needed(object)
        codec = self._codecs.of(described)
        asked = sorted({ID, *(name for name in fields if name in described.schema.fields), *STAMPS})
        groups = chunks(list(dict.fromkeys(ids)), per_call("retrieve_records"))
        rows = chain(*await together(self._retrieve(object, some, asked) for some in groups))
        return {str(row[ID]): codec.read(row, fields) for row in rows}

    async def select(self, object: str, fields: Sequence[str], field: str, values: Sequence[str]) -> list[Any]:
        """Rows of an object whose `field` is one of the values, as the vendor sends them."""
        groups = fitting(list(dict.fromkeys(values)), per_call("lookups_in_query"))
        found = await together(self._client.rows(select(fields, object, within(field, some))) for some in groups)
        return list(chain(*found))

    async def count(self, object: str, where: str = "") -> int:
        """How many records there are."""
        return await self._client.count(count_all(object, where))

    async def _retrieve(self, object: str, ids: Sequence[str], fields: Sequence[str]) -> list[dict[str, Any]]:
        """Rows in the order of the ids; what is not there comes as null."""
        try:
            reply = await self._client.post(
                f"{ROOT}/{object}", {"ids": list(ids), "fields": list(fields)}, idempotent=True, label="read"
            )
        except NotAuthorised:
            raise
        except VendorRefused as no:
            if len(ids) == 1 and no.code in ONE_ID_SPOILS_ALL | {"NOT_FOUND", "ENTITY_IS_DELETED"}:
                return []
            if no.code not in ONE_ID_SPOILS_ALL:
                raise
            halves = chunks(ids, (len(ids) + 1) // 2)
            return list(chain(*await together(self._retrieve(object, half, fields) for half in halves)))
        rows = reply.rows()
        if len(rows) != len(ids):
            raise AnswerWrong(f"salesforce was asked for {len(ids)} records of {object} and answered for {len(rows)}.")
        return [row for row in rows if isinstance(row, dict)]
