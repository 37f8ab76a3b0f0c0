"""Taking records away, a call each (FACTS 15). A deletion may be repeated: what is gone says so.

Nothing comes back by the API. Contacts can be restored by a person for 60 days, but not in HIPAA accounts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from gurney.destinations.highlevel.answers import is_gone
from gurney.destinations.highlevel.attaching import Attacher
from gurney.destinations.highlevel.client import Client
from gurney.destinations.highlevel.objects import APPOINTMENTS, FILES, INVOICES, contact_of, own_of, resource
from gurney.errors import AnswerLost, Misused, NotAuthorised, VendorRefused
from gurney.records import Link
from gurney.transport import as_far_as_paid

NO_PARENT = "nobody knows which contact the file hangs on"


class Remover:
    """Deletes records by id."""

    def __init__(self, client: Client, attacher: Attacher) -> None:
        self._client = client
        self._attacher = attacher

    async def delete(self, object: str, ids: Sequence[str], parents: Mapping[str, Link]) -> dict[str, str]:
        """id -> '' when gone, else the vendor's words; an id whose answer was lost is left out."""
        wanted = list(dict.fromkeys(ids))
        if object == FILES:
            return await self._files(wanted, parents)
        if resource(object) is None:
            raise Misused(f"{object} are not deleted through the API.")
        said = await as_far_as_paid(self._delete(object, id) for id in wanted)
        return {id: words for id, words in zip(wanted, said, strict=True) if words is not None}

    async def _files(self, ids: Sequence[str], parents: Mapping[str, Link]) -> dict[str, str]:
        """All files of a contact at once: their field is written anew."""
        by_contact: dict[str, list[str]] = defaultdict(list)
        for id in ids:
            if id in parents:
                by_contact[parents[id].id].append(id)
        said = await as_far_as_paid(self._attacher.remove(contact, some) for contact, some in by_contact.items())
        found = {id: NO_PARENT for id in ids if id not in parents}
        for words in said:
            found |= words or {}
        return found

    async def _delete(self, object: str, id: str) -> str | None:
        kind = resource(object)
        assert kind is not None
        at = (object, id) if kind.is_custom else (contact_of(id), own_of(id)) if "/" in id else (id,)
        params = [("altId", self._client.location_id), ("altType", "location")] if object == INVOICES else []
        path: str = kind.one
        body: dict[str, str] | None = None
        if object == APPOINTMENTS:
            path, body = "/calendars/events/{eventId}", {}
        try:
            await self._client.call(f"DELETE {path}", *at, params=params, body=body, idempotent=True)
        except AnswerLost:
            return None
        except NotAuthorised:
            raise
        except VendorRefused as no:
            return "" if is_gone(no) else f"{no.code}: {no.words}"
        return ""
