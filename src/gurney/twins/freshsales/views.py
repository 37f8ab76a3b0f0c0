"""Saved views in place of lists: there is no `GET /contacts` (FACTS 2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable
from typing import Any

from gurney.twins.freshsales import times
from gurney.twins.freshsales.call import Call, Endpoint, Routes, ok
from gurney.twins.freshsales.entities import Entity
from gurney.twins.freshsales.including import include
from gurney.twins.freshsales.paging import ordered, pages, sliced, wanted_order
from gurney.twins.freshsales.records import ENTITIES
from gurney.twins.freshsales.shelf import DELETED, Row
from gurney.twins.freshsales.world import World
from gurney.twins.kit.wire import Answer

routes = Routes()
Fits = Callable[[Row], bool]
RECENT_S = 7 * 86_400
BIN = "Recycle Bin"
EVERYTHING = ("All Contacts", "All Accounts", "Recently Modified", "Never Contacted")
FORECASTS = {"Open Deals": "Open", "Won Deals": "Closed Won", "Lost Deals": "Closed Lost"}


def _filters(entity: Entity) -> Endpoint:
    def filters(call: Call) -> Answer:
        rows = [{k: v for k, v in view.items() if k != "shows"} for view in call.world.views[entity.name]]
        return ok({"filters": rows, "meta": {}})

    return filters


def _view(entity: Entity) -> Endpoint:
    def view(call: Call) -> Answer:
        saved = next((one for one in call.world.views[entity.name] if one["id"] == call.id("view_id")), None)
        if saved is None:
            raise call.missing()
        stamp, fits = _shows(call, saved["shows"])
        rows, total = indexed(call, entity, stamp, fits, binned=saved["shows"] == BIN)
        return ok(listing(call, entity, rows, total))

    return view


def _shows(call: Call, title: str) -> tuple[Hashable, Fits]:
    """What a view has; those that nobody's calls can fill are empty."""
    world, now = call.world, call.world.now()
    if title in (*EVERYTHING, BIN):
        return title, lambda row: True
    if title.startswith("My ") and "Territory" not in title:
        return title, lambda row: row.get("owner_id") == call.user_id
    if title in ("New Contacts", "Recent Deals"):
        return (title, now), lambda row: row["created_at"] > now - RECENT_S
    if title in FORECASTS:
        stages = {s["id"] for s in world.catalogue["deal_stages"] if s["forecast_type"] == FORECASTS[title]}
        return title, lambda row: row["deal_stage_id"] in stages
    if title in ("Closing this week", "This month's sales"):
        return (title, now), _closing(world, month=title != "Closing this week")
    return title, lambda row: False


def _closing(world: World, *, month: bool) -> Fits:
    """Deals whose day is in this month (when it was closed) or this week (when it should be)."""
    today = dt.date.fromisoformat(times.day_of(world.now(), world.zone))
    if month:
        return lambda row: row.get("closed_date", "").startswith(f"{today:%Y-%m}")
    monday = today - dt.timedelta(days=today.weekday())
    return lambda row: monday.isoformat() <= row.get("expected_close", "") <= (monday + dt.timedelta(6)).isoformat()


def indexed(call: Call, entity: Entity, stamp: Hashable, fits: Fits, *, binned: bool = False) -> tuple[list[Row], int]:
    """The page that is asked for as the index knows the records, and how many it knows (FACTS 7)."""
    world, shelf, people = call.world, entity.shelf(call.world), call.world.people
    column, ascending = wanted_order(call)
    late = world.late(shelf, call.request.stale_s)

    def build() -> list[int]:
        rows = (late.get(id, row) if late else row for id, row in list(shelf.rows.items()))
        kept = [
            row for row in rows
            if row is not None and (DELETED in row) is binned and people.sees(call.user, row) and fits(row)
        ]  # fmt: skip
        kept += [
            row for id, row in late.items()
            if row is not None and id not in shelf.rows and (DELETED in row) is binned and fits(row)
        ]  # fmt: skip
        return ordered(sorted(kept, key=lambda row: row["id"]) if late else kept, column, ascending=ascending)

    ids = build() if late else shelf.cached((stamp, call.user_id, column, ascending, binned), build)
    page = sliced(call, ids, int(call.switch("page_cap")))
    return [late.get(id) or shelf.rows[id] for id in page], len(ids)


def listing(call: Call, entity: Entity, rows: list[Row], total: int) -> dict[str, Any]:
    """A page with what stands beside it and its counts."""
    shown = [entity.show(call.world, row) for row in rows]
    arrays = include(call, entity.name, rows, shown)
    model = entity.schema(call.world).model
    avatars = {model: {str(row["id"]): None for row in rows}}
    meta = {"total_pages": pages(call, total), "total": total, "avatar_data": avatars}
    return {**arrays, entity.name: shown, "meta": meta}


for _entity in ENTITIES.values():
    routes.each("GET", f"/{_entity.name}/filters", _filters(_entity))
    routes.each("GET", f"/{_entity.name}/view/{{view_id}}", _view(_entity))
