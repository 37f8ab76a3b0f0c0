"""Taking records away (FACTS 4, 10, 13).

A deletion may be repeated: what is gone answers INVALID_DATA, which counts as gone. Automations are not fired. A file
that is not where it was put is looked for: its record may have been merged into another one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gurney.destinations.zoho.answers import complaint, succeeded
from gurney.destinations.zoho.client import Client, Reply
from gurney.destinations.zoho.coql import chunks
from gurney.destinations.zoho.limits import modules, per_call
from gurney.destinations.zoho.metadata import FILES
from gurney.destinations.zoho.moved import Moved
from gurney.errors import AnswerLost, AnswerWrong, Misused, NotAuthorised, VendorRefused
from gurney.records import Link
from gurney.transport import together

GONE = frozenset({"INVALID_DATA", "RESOURCE_NOT_FOUND", "NO_FILE"})
NOT_THERE = "not there"
"""Said of a file that does not hang where it was put."""
NOT_FOUND = "the record of this file is gone, and where the file may hang now was not found"


class Remover:
    """Deletes records by id."""

    def __init__(self, client: Client, moved: Moved) -> None:
        self._client = client
        self._moved = moved

    async def delete(self, object: str, ids: Sequence[str], parents: Mapping[str, Link]) -> dict[str, str]:
        """id -> '' when gone, else the vendor's words; an id whose answer was lost is left out."""
        if object == FILES:
            return await self._delete_files(ids, parents)
        parts = await together(self._delete(object, some) for some in chunks(ids, per_call("delete_records")))
        return {id: words for part in parts for id, words in part.items()}

    async def _delete(self, object: str, ids: Sequence[str]) -> dict[str, str]:
        params = [("ids", ",".join(ids))]
        if object not in modules("no_delete_trigger"):
            params.append(("wf_trigger", "false"))
        try:
            reply = await self._client.call("DELETE", f"/{object}", params=params, kind="delete", idempotent=True)
        except AnswerLost:
            return {}
        except NotAuthorised:
            raise
        except VendorRefused as no:
            if no.code in GONE and len(ids) > 1:  # one bad id may have stopped the others
                parts = await together(self._delete(object, [id]) for id in ids)
                return {id: words for part in parts for id, words in part.items()}
            return dict.fromkeys(ids, "" if no.code in GONE else f"{no.code}: {no.words}")
        return _words(ids, reply)

    async def _delete_files(self, ids: Sequence[str], parents: Mapping[str, Link]) -> dict[str, str]:
        said = await self._each_file(ids, parents)
        missing = {id: parents[id] for id, words in said.items() if words == NOT_THERE}
        found = {id: words for id, words in said.items() if id not in missing}
        return found | await self._delete_moved(missing) if missing else found

    async def _delete_moved(self, missing: Mapping[str, Link]) -> dict[str, str]:
        """Files that are not where they were put: gone, unless they hang on another record now."""
        try:
            holders = await self._moved.holders(missing)
        except AnswerLost:
            return {}
        except NotAuthorised:
            raise
        except (VendorRefused, AnswerWrong) as no:
            return dict.fromkeys(missing, f"{NOT_FOUND}: {no.message}")
        said = await self._each_file(list(holders), holders)
        gone = dict.fromkeys(missing.keys() - holders.keys(), "")
        return gone | {id: "" if words == NOT_THERE else words for id, words in said.items()}

    async def _each_file(self, ids: Sequence[str], parents: Mapping[str, Link]) -> dict[str, str]:
        parts = await together(self._delete_file(id, parents.get(id)) for id in ids)
        return {id: words for part in parts for id, words in part.items()}

    async def _delete_file(self, id: str, parent: Link | None) -> dict[str, str]:
        if parent is None:
            raise Misused("A file is deleted through the record that it hangs on.")
        path = f"/{parent.object}/{parent.id}/{FILES}/{id}"
        try:
            reply = await self._client.call("DELETE", path, kind="delete", idempotent=True)
        except AnswerLost:
            return {}
        except NotAuthorised:
            raise
        except VendorRefused as no:
            gone = no.code in GONE or no.status == 404
            return {id: NOT_THERE if gone else f"{no.code}: {no.words}"}
        return _words([id], reply, gone=NOT_THERE) or {id: ""}


def _words(ids: Sequence[str], reply: Reply, *, gone: str = "") -> dict[str, str]:
    """What became of each id, by position; `gone` of what was not there."""
    found: dict[str, str] = {}
    for id, row in zip(ids, reply.rows("data"), strict=False):
        why = complaint(row)
        found[id] = "" if succeeded(row) else gone if why.code in GONE else f"{why.code}: {why.words}"
    return found
