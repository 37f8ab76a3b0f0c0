"""Rows of an object that the organisation may not take in collections: then each by a call of its own.

That notes go in collections is assumed (FACTS 15). Where the vendor refuses the object there, one row is tried alone;
when that is taken, the rest of the process sends this object's rows one by one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from gurney.destinations.salesforce.answers import complaint, declined_row
from gurney.destinations.salesforce.client import Client
from gurney.destinations.salesforce.collections import Collections, Result
from gurney.destinations.salesforce.records import ID
from gurney.errors import AnswerLost, NotAuthorised, VendorRefused
from gurney.transport import as_far_as_paid

OBJECT_REFUSED = frozenset(
    {
        "INVALID_BATCH_OPERATION",
        "INVALID_OPERATION",
        "INVALID_TYPE",
        "INVALID_TYPE_FOR_OPERATION",
        "METHOD_NOT_ALLOWED",
        "NOT_FOUND",
    }
)
"""What the vendor may say of an object that a call does not take (PWSDL; which of them is unknown, FACTS 15)."""


class CollectionsOrSingles:
    """Collections of one object, and single calls where those are refused."""

    def __init__(self, client: Client, object: str) -> None:
        self._client = client
        self._path = f"/sobjects/{object}"
        self._collections = Collections(client)
        self._refused: set[str] = set()
        """Methods that the organisation does not take in collections."""

    async def insert(self, rows: Sequence[Mapping[str, Any]]) -> list[Result]:
        """Create."""
        return await self._send("POST", rows, self._collections.insert)

    async def update(self, rows: Sequence[Mapping[str, Any]]) -> list[Result]:
        """Change records by their ids."""
        return await self._send("PATCH", rows, self._collections.update)

    async def delete(self, ids: Sequence[str], *, size: int = 0) -> list[Result]:
        """Delete records by their ids."""

        async def several(some: Sequence[str]) -> list[Result]:
            return await self._collections.delete(some, size=size)

        return await self._send("DELETE", ids, several)

    async def _send(
        self, method: str, items: Sequence[Any], several: Callable[[Sequence[Any]], Awaitable[list[Result]]]
    ) -> list[Result]:
        if method in self._refused:
            return await self._each(method, items)
        results = await several(items)
        if not results or not all(map(_refuses_object, results)):
            return results
        first = await self._one(method, items[0])
        if first is not None and not first.get("success"):
            return results
        self._refused.add(method)
        return [first, *await self._each(method, items[1:])]

    async def _each(self, method: str, items: Sequence[Any]) -> list[Result]:
        """Calls beside each other; None for those that a spent day stopped."""
        return await as_far_as_paid(self._one(method, item) for item in items)

    async def _one(self, method: str, item: Any) -> Result:
        id = item if isinstance(item, str) else item.get(ID)
        said = None if isinstance(item, str) else {name: item[name] for name in item if name not in (ID, "attributes")}
        path = f"{self._path}/{id}" if id else self._path
        label = "delete" if method == "DELETE" else "write"
        try:
            reply = await self._client.call(method, path, body=said, idempotent=method == "DELETE", label=label)
        except AnswerLost:
            return None
        except NotAuthorised:
            raise
        except VendorRefused as no:
            return declined_row(no)
        return {"success": True, "id": id, **reply.document}


def _refuses_object(result: Result) -> bool:
    errors = (result or {}).get("errors") or ()
    return complaint(errors[0] if errors else None).code in OBJECT_REFUSED
