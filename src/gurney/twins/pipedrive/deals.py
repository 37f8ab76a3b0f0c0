"""Deals, and where they stand (FACTS 3, 7, 10, 11)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gurney.twins.kit.wire import Answer
from gurney.twins.pipedrive import checks
from gurney.twins.pipedrive.call import Call, ok
from gurney.twins.pipedrive.checks import Check
from gurney.twins.pipedrive.endpoints import ALWAYS, chosen, listing, routes_of, shown_rows
from gurney.twins.pipedrive.entities import Entity, change, found
from gurney.twins.pipedrive.paging import cut_of, listed, page_of
from gurney.twins.pipedrive.persons import READS, labels_of
from gurney.twins.pipedrive.refusals import Wrong, capped
from gurney.twins.pipedrive.shelf import Row, Shelf
from gurney.twins.pipedrive.standard import DEAL_EXTRAS, STAGES
from gurney.twins.pipedrive.times import read_plain, read_zulu
from gurney.twins.pipedrive.world import World

PIPELINE = 1
STATUSES = ("open", "won", "lost")
TIMES = {"won": "won_time", "lost": "lost_time"}


def _stage(call: Call, value: Any) -> int:
    if not 1 <= checks.integer(call, value) <= len(STAGES):
        raise Wrong("Stage not found")
    return int(value)


def _pipeline(call: Call, value: Any) -> int:
    if checks.integer(call, value) != PIPELINE:
        raise Wrong("Pipeline not found")
    return int(value)


def _any_moment(call: Call, value: Any) -> str:
    """A moment in either writing: the document shows both for deals."""
    read = read_zulu(checks.text(call, value)) or read_plain(value)
    if read is None:
        raise Wrong("must be a date and time")
    return read


def _keys(world: World) -> Mapping[str, Check]:
    return {
        "title": checks.filled,
        "owner_id": checks.owner,
        "person_id": checks.or_null(checks.link_to("persons", "Person")),
        "org_id": checks.or_null(checks.link_to("organizations", "Organization")),
        "pipeline_id": _pipeline,
        "stage_id": _stage,
        "value": checks.number,
        "currency": checks.currency,
        "is_deleted": checks.boolean,
        "is_archived": checks.boolean,
        "archive_time": _any_moment,
        "status": checks.one_of(STATUSES),
        "probability": checks.or_null(checks.number),
        "lost_reason": checks.or_null(checks.text),
        "visible_to": checks.visibility,
        "close_time": checks.or_null(_any_moment),
        "won_time": _any_moment,
        "lost_time": _any_moment,
        "expected_close_date": checks.clearable(checks.day),
        "label_ids": labels_of("deals"),
        "custom_fields": lambda call, value: call.world.schemas["deals"].read(call, value),
    }


def _finish(call: Call, values: Row, before: Row | None) -> Row:
    world = call.world
    if before is None:
        check_room(world)
        values = {
            "visible_to": world.default_visibility(), "currency": call.user["default_currency"], "value": 0,
            "status": "open", "pipeline_id": PIPELINE, "stage_id": 1, "creator_user_id": call.user_id,
            "origin": "API", **values,
        }  # fmt: skip
    _close(world, values, before or {})
    if values.get("is_archived"):
        values.setdefault("archive_time", world.now())
    if "stage_id" in values and before is not None and values["stage_id"] != before["stage_id"]:
        values["stage_change_time"] = world.now()
    world.touch("persons", values.get("person_id"))
    world.touch("organizations", values.get("org_id"))
    return values


def _close(world: World, values: Row, before: Row) -> None:
    """Times and reasons belong to their status (FACTS 10)."""
    status = values.get("status", before.get("status", "open"))
    for name, needed in (("won_time", ("won",)), ("lost_time", ("lost",)), ("close_time", ("won", "lost"))):
        if values.get(name) is not None and status not in needed:
            raise Wrong(f"can only be set if deal status is {' or '.join(needed)}", name)
    if values.get("lost_reason") is not None and status != "lost":
        raise Wrong("can only be set if deal status is lost", "lost_reason")
    if "status" not in values or status == before.get("status"):
        return
    own = TIMES.get(status or "")
    for name in TIMES.values():
        if name != own:
            values[name] = None
    if own is None:
        values["close_time"] = values["lost_reason"] = None
    else:
        values.setdefault(own, world.now())
        values.setdefault("close_time", values[own])


def check_room(world: World) -> None:
    """Leads and open deals are limited by the plan (FACTS 5.4). Raises Refused."""
    open_deals = sum(deal["status"] == "open" for deal in world.shelves["deals"].rows.values())
    if open_deals + len(world.shelves["leads"]) >= world.plan.deals(world.budget.seats):
        raise capped("Couldn't add the deal. Open deals limit reached.", "feature_capping_deals_limit")


_EMPTY: Row = {
    "id": None, "title": None, "creator_user_id": None, "owner_id": None, "value": 0, "person_id": None,
    "org_id": None, "stage_id": None, "pipeline_id": None, "currency": None, "archive_time": None, "add_time": None,
    "update_time": None, "stage_change_time": None, "status": "open", "is_archived": False, "is_deleted": False,
    "probability": None, "lost_reason": None, "visible_to": None, "close_time": None, "won_time": None,
    "lost_time": None, "expected_close_date": None, "label_ids": [], "origin": None, "origin_id": None,
    "channel": None, "channel_id": None, "source_lead_id": None, "arr": None, "mrr": None, "acv": None,
    "custom_fields": {},
}  # fmt: skip

RELATIONS = {name: name for name in ("person_id", "org_id", "pipeline_id", "stage_id")}
DEALS = Entity(
    name="deals",
    what="Deal",
    writable=_keys,
    empty=lambda world: _EMPTY,
    finish=_finish,
    required=("title",),
    relations=RELATIONS,
    params=("status", "updated_until", *READS),
    get_params=READS,
    includes=DEAL_EXTRAS,
)


def _statuses(call: Call) -> set[str]:
    wanted = set(call.words("status"))
    if not wanted <= {*STATUSES, "deleted"}:
        raise Wrong("must be one of open, won, lost, deleted", "status")
    return wanted


def list_deals(call: Call, *, archived: bool = False) -> Answer:
    """GET of many, by status; deleted ones of the last 30 days under `status=deleted`. A filter silences it."""
    wanted = _statuses(call) if call.query("filter_id") is None else set()
    if "deleted" in wanted:
        return _list_deleted(call)

    def extra(row: Row) -> bool:
        return bool(row.get("is_archived")) == archived and (not wanted or row["status"] in wanted)

    return listing(call, DEALS, extra)


def _list_deleted(call: Call) -> Answer:
    call.only((*ALWAYS, *DEALS.relations, *DEALS.params))
    chosen(call, DEALS)
    dead = [{**row, "is_deleted": True, "status": "deleted"} for row in call.world.shelves["deals"].deleted.values()]
    rows, cursor = page_of(Shelf(), cut_of(call, DEALS.sorts), lambda row: call.world.sees(call.user, row), dead)
    return listed(shown_rows(call, DEALS, rows), cursor)


def patch_deal(call: Call) -> Answer:
    """PATCH of one: `is_deleted: false` brings a deleted deal back, `true` deletes it (FACTS 11)."""
    call.only(())
    world, id, body = call.world, call.id(), call.body()
    shelf = world.shelves["deals"]
    if id in shelf.deleted and body.get("is_deleted") is False and world.sees(call.user, shelf.deleted[id]):
        shelf.restore(id)
    row = found(call, DEALS, id)
    change(call, DEALS, row, body)
    if row.pop("is_deleted", False):
        world.bury("deals", id)
        return ok({**DEALS.shown(world, row), "is_deleted": True})
    return ok(DEALS.shown(world, row))


routes = routes_of(DEALS, None, None, "can_delete_deals")
routes.all = [route for route in routes.all if route.key not in ("GET /v2/deals", "PATCH /v2/deals/{id}")]
routes.on("GET /v2/deals/archived")(lambda call: list_deals(call, archived=True))
routes.on("GET /v2/deals")(list_deals)
routes.on("PATCH /v2/deals/{id}")(patch_deal)
