"""Taking records away, a call each (FACTS 3, 11). A deletion may be repeated: what is gone answers 404 or 410.

Nothing comes back by the API; for 30 days a person can restore it in the vendor's own pages.
"""

from __future__ import annotations

from collections.abc import Sequence

from gurney.destinations.pipedrive.answers import GONE
from gurney.destinations.pipedrive.client import Client
from gurney.destinations.pipedrive.objects import RESOURCES
from gurney.errors import AnswerLost, Misused, NotAuthorised, VendorRefused
from gurney.transport.gathering import as_far_as_paid


class Remover:
    """Deletes records by id."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def delete(self, object: str, ids: Sequence[str]) -> dict[str, str]:
        """id -> '' when gone, else the vendor's words; an id whose answer was lost is left out."""
        if object not in RESOURCES:
            raise Misused(f"{object} are not deleted through the API.")
        wanted = list(dict.fromkeys(ids))
        said = await as_far_as_paid(self._delete(object, id) for id in wanted)
        return {id: words for id, words in zip(wanted, said, strict=True) if words is not None}

    async def _delete(self, object: str, id: str) -> str | None:
        try:
            await self._client.call(f"DELETE {RESOURCES[object].one}", at=id, idempotent=True)
        except AnswerLost:
            return None
        except NotAuthorised:
            raise
        except VendorRefused as no:
            return "" if no.status in GONE else f"{no.code}: {no.words}"
        return ""
