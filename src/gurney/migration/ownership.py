"""Whose a record was that was there before us: kept like the old value of a field, and put back with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gurney.destinations.protocol import Destination
from gurney.records import Link, ReadBack, Value, Write
from gurney.store.effects import Effect

UNOWNED = "it belonged to nobody before; no call takes an owner away"
LEFT = "the user whom it belonged to before is not active any more"


def held(write: Write, record: ReadBack, whose: str) -> dict[str, Value]:
    """What the fields of a write hold until now, and the owner (field `whose`, or '') if it names another one."""
    before = {name: record.fields.get(name) for name in write.fields}
    return {**before, whose: record.fields.get(whose)} if whose and write.owner_id else before


def stood_for(effect: Effect, whose: str) -> Mapping[str, Value]:
    """The owner whom we last wrote, as a field."""
    return {whose: Link("", effect.owner_id)} if whose and effect.owner_id else {}


def reassigned(effect: Effect, owner_id: str, record: ReadBack, whose: str) -> bool:
    """Whether somebody gave the record to a third user since we gave it to ours."""
    if not whose or not effect.owner_id or whose in record.unreadable:
        return False
    there = record.fields.get(whose)
    return (there.id if isinstance(there, Link) else None) not in (effect.owner_id, owner_id)


@dataclass(slots=True)
class Ownership:
    """Knows who may own records, asked when it matters."""

    destination: Destination
    _active: frozenset[str] | None = None

    async def taken_from(self, put_back: dict[str, Value], whose: str) -> tuple[str | None, str]:
        """Take the owner out of the values to put back: the user's id, or why it cannot be done ('' where it can)."""
        if whose not in put_back:
            return None, ""
        owner = put_back.pop(whose)
        if not isinstance(owner, Link):
            return None, UNOWNED
        if self._active is None:
            self._active = frozenset(user.id for user in await self.destination.users() if user.active)
        return (owner.id, "") if owner.id in self._active else (None, LEFT)
