"""sObject Collections: 200 records a collection, five collections a call (FACTS 3.2, 3.3).

The answer is 200 even when every row failed, in the order of the rows. Here a row's answer is the vendor's own object,
or None where it was lost: then the row may have been written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson

from gurney.destinations.salesforce.answers import complaint, declined_row, errors_of
from gurney.destinations.salesforce.client import Client, Reply
from gurney.destinations.salesforce.limits import api_path, per_call
from gurney.destinations.salesforce.soql import chunks
from gurney.errors import AnswerLost, NotAuthorised, PausedForQuota, VendorRefused

ROOT = "/composite/sobjects"
ONE_SPOILS_ALL = frozenset(
    {
        "EXCEEDED_ID_LIMIT",
        "INVALID_CROSS_REFERENCE_KEY",
        "INVALID_FIELD",
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "INVALID_ID_FIELD",
        "JSON_PARSER_ERROR",
        "MALFORMED_ID",
        "NUMBER_OUTSIDE_VALID_RANGE",
        "REQUIRED_FIELD_MISSING",
        "STRING_TOO_LONG",
        "UNSAFE_HTML_CONTENT",
    }
)
"""A single row can make the vendor refuse the whole collection with these: its halves are tried (FACTS 13)."""
OR_ANOTHER = " (this record, or another of the same call)"
Result = Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Part:
    """One collection, ready to send. `body` is None for a deletion, whose ids stand in the address."""

    method: str
    path: str
    rows: Sequence[Any]
    body: bytes | None

    @property
    def size(self) -> int:
        return len(self.body or b"") + len(self.path)


class Collections:
    """Sends rows of one object."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._composite = True
        """False once the organisation refused several collections in a call (their number is assumed)."""

    async def upsert(
        self, object: str, key_field: str, rows: Sequence[Mapping[str, Any]], *, size: int = 0
    ) -> list[Result]:
        """Create, or update what holds the key already."""
        return await self._send("PATCH", f"{ROOT}/{object}/{key_field}", rows, size)

    async def insert(self, rows: Sequence[Mapping[str, Any]], *, size: int = 0) -> list[Result]:
        """Create."""
        return await self._send("POST", ROOT, rows, size)

    async def update(self, rows: Sequence[Mapping[str, Any]], *, size: int = 0) -> list[Result]:
        """Change records by their ids."""
        return await self._send("PATCH", ROOT, rows, size)

    async def delete(self, ids: Sequence[str], *, size: int = 0) -> list[Result]:
        """Delete records by their ids."""
        return await self._send("DELETE", ROOT, ids, size)

    async def _send(self, method: str, path: str, rows: Sequence[Any], size: int) -> list[Result]:
        """One result a row. What a spent budget stops after a first call counts as lost: settling tells."""
        found: list[Result] = []
        for group in self._calls(_parts(method, path, rows, size or per_call("collection_records"))):
            try:
                for results in await self._call(group):
                    found += results
            except PausedForQuota:
                if not found:
                    raise
                return found + [None] * (len(rows) - len(found))
        return found

    def _calls(self, parts: Iterator[Part]) -> Iterator[list[Part]]:
        """The collections of each call: as many as it takes, and no more bytes than it takes."""
        most = per_call("collections_in_composite") if self._composite else 1
        group: list[Part] = []
        for part in parts:
            if group and (len(group) == most or sum(one.size for one in group) + part.size > per_call("request_bytes")):
                yield group
                group = []
            group.append(part)
        if group:
            yield group

    async def _call(self, group: Sequence[Part]) -> list[list[Result]]:
        if len(group) == 1:
            return [await self._alone(group[0])]
        try:
            reply = await self._client.post("/composite", _composite(group, self._client.write_headers), slow=True)
        except AnswerLost:
            return [[None] * len(part.rows) for part in group]
        except NotAuthorised:
            raise
        except VendorRefused:  # read and declined: nothing of it was done
            self._composite = False
            return [await self._alone(part) for part in group]
        answers = {str(one.get("referenceId")): one for one in reply.rows("compositeResponse")}
        return [await self._part(part, answers.get(f"c{at}")) for at, part in enumerate(group)]

    async def _part(self, part: Part, answer: Mapping[str, Any] | None) -> list[Result]:
        """One collection's answer inside a composite's."""
        status = int(answer.get("httpStatusCode") or 0) if answer is not None else 0
        body = answer.get("body") if answer is not None else None
        if 200 <= status < 300:
            return _padded(body, part)
        if not 400 <= status < 500:
            return [None] * len(part.rows)
        return await self._refused(part, errors_of(body), _tries())

    async def _alone(self, part: Part, tries: Iterator[int] | None = None) -> list[Result]:
        try:
            reply: Reply = await self._client.call(
                part.method,
                part.path,
                content=part.body,
                idempotent=part.method == "DELETE",
                label="delete" if part.method == "DELETE" else "write",
            )
        except AnswerLost:
            return [None] * len(part.rows)
        except NotAuthorised:
            raise
        except VendorRefused as no:
            return await self._refused(part, declined_row(no)["errors"], tries or _tries())
        return _padded(reply.body, part)

    async def _refused(self, part: Part, errors: Sequence[Any], tries: Iterator[int]) -> list[Result]:
        """Nothing of a collection was written: its halves where one row may spoil all, else the error for every row.

        Where nearly every row is bad, `tries` ends it: the rest waits for the next run.
        """
        told = complaint(errors[0] if errors else None)
        if told.code not in ONE_SPOILS_ALL or len(part.rows) == 1:
            return [{"success": False, "errors": list(errors)}] * len(part.rows)
        path = ROOT if part.method == "DELETE" else part.path
        found: list[Result] = []
        for half in _parts(part.method, path, part.rows, (len(part.rows) + 1) // 2):
            if next(tries, None) is None:
                doubt = {"statusCode": told.code, "message": told.words + OR_ANOTHER}
                found += [{"success": False, "errors": [doubt]}] * len(half.rows)
            else:
                found += await self._alone(half, tries)
        return found


def _tries() -> Iterator[int]:
    """Calls that may go to finding the bad rows of one collection."""
    return iter(range(per_call("calls_to_find_bad_rows")))


def _parts(method: str, path: str, rows: Sequence[Any], size: int) -> Iterator[Part]:
    for some in chunks(rows, size):
        if method == "DELETE":
            query = urlencode([("ids", ",".join(some)), ("allOrNone", "false")], safe=",")
            yield Part(method, f"{path}?{query}", some, None)
            continue
        body = orjson.dumps({"allOrNone": False, "records": some})
        if len(body) > per_call("request_bytes") and len(some) > 1:
            yield from _parts(method, path, some, (len(some) + 1) // 2)
        else:
            yield Part(method, path, some, body)


def _composite(group: Sequence[Part], headers: Mapping[str, str]) -> dict[str, Any]:
    """Collections that do not depend on each other, in one call."""
    return {
        "allOrNone": False,
        "collateSubrequests": False,
        "compositeRequest": [
            {
                "method": part.method,
                "url": api_path() + part.path,
                "referenceId": f"c{at}",
                "httpHeaders": headers,
                **({"body": orjson.Fragment(part.body)} if part.body is not None else {}),
            }
            for at, part in enumerate(group)
        ],
    }


def _padded(body: Any, part: Part) -> list[Result]:
    """One result a row; a row without one may have been written."""
    rows = body if isinstance(body, list) else []
    found: list[Result] = [row if isinstance(row, dict) else None for row in rows[: len(part.rows)]]
    return found + [None] * (len(part.rows) - len(found))
