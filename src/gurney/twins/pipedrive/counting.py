"""The counts and neighbours that `include_fields` adds (FACTS 3.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gurney.twins.pipedrive.shelf import Row
from gurney.twins.pipedrive.standard import MAIL_TIMES, NEIGHBOURS
from gurney.twins.pipedrive.world import World

LINK = {"persons": "person_id", "organizations": "org_id", "deals": "deal_id"}
DIRECT = {"activities_count": "activities", "files_count": "files", "notes_count": "notes"}
DEAL_STATES = {"open": ("open",), "closed": ("won", "lost"), "won": ("won",), "lost": ("lost",)}


def counted(world: World, name: str, row: Row, wanted: str) -> Any:
    """One included field of a record."""
    if wanted == "attendees":
        return row.get("attendees") or []
    link, id = LINK[name], row["id"]
    if wanted in DIRECT:
        return world.shelves[DIRECT[wanted]].count(link, id)
    if wanted in NEIGHBOURS:
        return _neighbour(world, link, id, done=wanted == "last_activity_id")
    if wanted in ("done_activities_count", "undone_activities_count"):
        done = wanted == "done_activities_count"
        return sum(bool(a.get("done")) == done for a in _activities(world, link, id))
    if wanted == "people_count":
        return world.shelves["persons"].count("org_id", id)
    if wanted == "products_count":
        return world.shelves["dealProducts"].count("deal_id", id)
    if wanted == "participants_count":
        return int("person_id" in row)
    if wanted == "smart_bcc_email":
        return f"{world.company.domain}@pipedrivemail.com"
    if wanted in MAIL_TIMES or wanted in ("first_won_time", "source_lead_id"):
        return row.get("won_time") if wanted == "first_won_time" else None
    return _deals(world, name, link, id, wanted)


def _activities(world: World, link: str, id: int) -> Iterator[Row]:
    shelf = world.shelves["activities"]
    return (shelf.rows[found] for found in shelf.where(link, id))


def _neighbour(world: World, link: str, id: int, *, done: bool) -> int | None:
    ids = [(a["due_date"], a["id"]) for a in _activities(world, link, id) if bool(a.get("done")) == done]
    if not ids:
        return None
    return int((max(ids) if done else min(ids))[1])


def _deals(world: World, name: str, link: str, id: int, wanted: str) -> int:
    """`open_deals_count` and its like; deals of relatives and participants are none here."""
    state = wanted.removesuffix("_deals_count")
    if name == "deals" or state not in DEAL_STATES:
        return 0
    shelf = world.shelves["deals"]
    return sum(shelf.rows[found]["status"] in DEAL_STATES[state] for found in shelf.where(link, id))
