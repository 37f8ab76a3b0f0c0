"""Who belongs to a calendar: only its team may have appointments on it (FACTS 6)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from gurney.destinations.highlevel.answers import NO_TEAM_MEMBER
from gurney.destinations.highlevel.client import Client
from gurney.destinations.highlevel.metadata import Metadata
from gurney.errors import VendorRefused

MADE_BY_US = "Made by Gurney for appointments of Cliniko."
"""Stands in the description of calendars of ours: only these get further members."""


class Teams:
    """Teams of one location's calendars."""

    def __init__(self, client: Client, metadata: Metadata) -> None:
        self._client = client
        self._metadata = metadata
        self._lock = asyncio.Lock()
        self._asked: set[tuple[str, str]] = set()

    async def let_in(self, body: Mapping[str, Any], no: VendorRefused) -> bool:
        """Whether the refused appointment may be sent again: its user has just joined a calendar of ours."""
        calendar, user = str(body.get("calendarId") or ""), str(body.get("assignedUserId") or "")
        if NO_TEAM_MEMBER not in no.words.lower() or not user:
            return False
        async with self._lock:
            if (calendar, user) in self._asked:
                return True
            raw = next((raw for raw in await self._metadata.calendars() if raw.get("id") == calendar), None)
            if raw is None or raw.get("description") != MADE_BY_US or not await self._is_user(user):
                return False
            team = [{"userId": member["userId"]} for member in raw.get("teamMembers") or ()]
            await self._client.call(
                "PUT /calendars/{calendarId}", calendar, body={"teamMembers": [*team, {"userId": user}]}
            )
            self._asked.add((calendar, user))
            self._metadata.forget_calendars()
            return True

    async def _is_user(self, id: str) -> bool:
        return any(raw.get("id") == id and raw.get("deleted") is not True for raw in await self._metadata.users())
