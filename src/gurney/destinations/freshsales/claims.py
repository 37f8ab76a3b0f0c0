"""What only one record may have, and who has it (FACTS 0.5, 7, 8).

An address or a name that somebody else has already is put aside before it is sent, or when it is refused for it:
messages come in the user's language, so what a refusal was about is found out by trying (FACTS 9).
"""

from __future__ import annotations

from gurney.destinations.freshsales import places
from gurney.destinations.freshsales.finding import Finder, by_key
from gurney.destinations.freshsales.lists import Lists
from gurney.destinations.freshsales.metadata import Metadata
from gurney.destinations.freshsales.objects import ACCOUNTS, CONTACTS, DEALS, EXTERNAL_ID
from gurney.destinations.freshsales.places import Body
from gurney.destinations.freshsales.records import Codec, key_of
from gurney.destinations.freshsales.rules import marked_name, unmarked_name
from gurney.destinations.freshsales.sendings import Taken
from gurney.records import Kind, Write

LATEST_BINNED = 3
"""Pages of the recycle bin that are looked through for a record that was deleted last."""


class Claims:
    """Keeps records from each other's addresses, names and keys."""

    def __init__(self, metadata: Metadata, lists: Lists, finder: Finder, taken: Taken) -> None:
        self._metadata = metadata
        self._lists = lists
        self._finder = finder
        self._taken = taken

    async def make_room(self, write: Write, body: Body) -> None:
        """Put aside, before it is sent, what only one record may have and another has (FACTS 0.5)."""
        own = (str(write.key), write.destination_id or "")
        if write.object == DEALS and body.get("name"):
            body["name"] = marked_name(body["name"], write.key_value) if write.key_value else body["name"]
        elif write.object == ACCOUNTS and body.get("name"):
            name = body["name"]
            if self._taken.by_others(ACCOUNTS, name, *own):
                body["name"] = marked_name(name, write.key_value or own[1])
            self._taken.take(ACCOUNTS, name, own[1] or own[0])
        elif write.object == CONTACTS and (address := places.address_of(body)):
            if await self._metadata.shared_addresses():
                return
            if self._taken.by_others(CONTACTS, address, *own):
                await self.step_aside(write, body)
            self._taken.take(CONTACTS, address, own[1] or own[0])

    async def step_aside(self, write: Write, body: Body) -> bool:
        """Move an address or a name that may be somebody else's; False where there is none left to move."""
        if write.object == CONTACTS:
            aside = (await self._metadata.choices()).aside
            return places.put_aside(body, aside, changes=write.kind is not Kind.CREATE)
        if write.object == ACCOUNTS and body.get("name") and body["name"] == unmarked_name(body["name"]):
            body["name"] = marked_name(body["name"], write.key_value or write.destination_id or "")
            return True
        return False

    async def account_there(self, codec: Codec, write: Write) -> str | None:
        """The account that has our key, among the newest."""
        await self._lists.settled(ACCOUNTS)
        key = key_of(write)
        row = (await self._finder.newest(ACCOUNTS, [key], by_key(codec, write.key_field))).get(key)
        return str(row["id"]) if row else None

    async def contact_there(self, codec: Codec, write: Write) -> str | None:
        """The contact that has our key, if that is why it was refused."""
        await self._lists.settled(CONTACTS)
        key = write.fields.get(EXTERNAL_ID)
        for id in await self._lists.lookup(CONTACTS, EXTERNAL_ID, str(key)):
            row = await self._lists.one(CONTACTS, id)
            if row is not None and codec.key(row, EXTERNAL_ID) == key:
                return id
        return None

    async def in_bin(self, write: Write) -> str | None:
        """The deleted contact that has our key (FACTS 8: whether it keeps it is not known)."""
        read = 0
        async for rows in self._lists.binned(CONTACTS):
            for row in rows:
                if row.get(EXTERNAL_ID) == write.fields.get(EXTERNAL_ID):
                    return str(row["id"])
            read += 1
            if read == LATEST_BINNED:
                break
        return None
