"""Accounts, known by their names, and deals, known by nothing (FACTS 3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gurney.twins.freshsales import times
from gurney.twins.freshsales.contacts import tags
from gurney.twins.freshsales.deal_products import products
from gurney.twins.freshsales.drafts import Draft
from gurney.twins.freshsales.entities import Entity, Match, save, unique_key
from gurney.twins.freshsales.refusals import Refused
from gurney.twins.freshsales.shelf import Row
from gurney.twins.freshsales.showing import shown_account, shown_deal
from gurney.twins.freshsales.values import id_in
from gurney.twins.freshsales.world import World

CLOSED = ("Closed Won", "Closed Lost")
NAMED = "sales_account"


def _parent(draft: Draft, given: Any) -> None:
    id = id_in(given) if given is not None else None
    if id is not None and (draft.world.shelves["sales_accounts"].live(id) is None or id == draft.old.get("id")):
        if draft.world.switches["unknown_reference"] == "refuse":
            draft.complain("Parent sales account is invalid")
        return
    draft.values["parent_sales_account_id"] = id


def _account_uniques(world: World, row: Row) -> Iterable[Match]:
    if "name" in row and world.switches["account_name_unique"] == "yes":
        yield "name", "Name", (unique_key(row["name"]),)


ACCOUNTS = Entity(
    name="sales_accounts",
    root="sales_account",
    special={"tags": tags, "parent_sales_account_id": _parent},
    settle=lambda draft: None,
    uniques=_account_uniques,
    show=shown_account,
    matches=("id", "name"),
)


def _added(draft: Draft, given: Any) -> None:
    """`contacts_added_list`: ids that are linked besides those that are."""
    ids = _contact_ids(draft, "contacts_added_list", given)
    draft.values["contact_ids"] = list(dict.fromkeys([*(draft.get("contact_ids") or ()), *ids]))


def _taken_off(draft: Draft, given: Any) -> None:
    ids = _contact_ids(draft, "contacts_removed_list", given)
    draft.values["contact_ids"] = [id for id in draft.get("contact_ids") or () if id not in ids]


def _contact_ids(draft: Draft, name: str, given: Any) -> list[int]:
    if given is None:
        return []
    if not isinstance(given, list):
        draft.complain(f"The type for {name} is invalid.")
        return []
    ids = [id_in(one) for one in given]
    known = [id for id in ids if draft.world.shelves["contacts"].live(id) is not None]
    if len(known) < len(ids) and draft.world.switches["unknown_reference"] == "refuse":
        draft.complain("Contacts is invalid")
    return known


def _account(draft: Draft, given: Any) -> None:
    """`{"name"}` links the account of that name, which is made when there is none (FACTS 3)."""
    if not isinstance(given, dict) or not isinstance(given.get("name"), str) or not given["name"].strip():
        draft.complain("The type for sales_account is invalid.")
        return
    draft.values[NAMED] = given["name"]


def _link_named(draft: Draft) -> None:
    """Once all else is right: a refused deal makes no account."""
    name = draft.values.pop(NAMED, None)
    if name is None or draft.problems:
        return
    known = draft.world.shelves["sales_accounts"].where("name", unique_key(name))
    try:
        row = known[0] if known else save(draft.world, draft.user, ACCOUNTS, None, {"name": name})
    except Refused as no:
        draft.problems += no.answer.json["errors"]["message"]
        return
    draft.values["sales_account_id"] = row["id"]


def _settle(draft: Draft) -> None:
    """A stage of the pipeline; closing is dated; amount follows products."""
    world = draft.world
    _place(draft)
    _link_named(draft)
    stage = world.choice("deal_stages", draft.get("deal_stage_id"))
    if stage is None:
        return
    moved = stage["id"] != draft.old.get("deal_stage_id")
    if moved:
        draft.values["stage_updated_time"] = world.now()
        draft.values.setdefault("probability", stage["probability"])
        is_dated = draft.get("closed_date") is not None or world.switches["closed_date"] == "null"
        if stage["forecast_type"] in CLOSED and not is_dated:
            draft.values["closed_date"] = times.day_of(world.now(), world.zone)
    if draft.is_new:
        draft.values.setdefault("currency_id", world.catalogue["currencies"][0]["id"])
        draft.values.setdefault("forecast_category", 1)


def _place(draft: Draft) -> None:
    """Pipeline and stage: the first of each by default; a stage of another pipeline is wrong."""
    world = draft.world
    pipeline, stage = draft.values.get("deal_pipeline_id"), draft.values.get("deal_stage_id")
    if stage is not None:
        owner = (world.choice("deal_stages", stage) or {}).get("deal_pipeline_id")
        if pipeline is not None and pipeline != owner:
            draft.complain("Deal stage is invalid")
        draft.values["deal_pipeline_id"] = owner
    elif pipeline is not None or draft.is_new:
        pipeline = pipeline if pipeline is not None else world.catalogue["deal_pipelines"][0]["id"]
        first = next(row for row in world.catalogue["deal_stages"] if row["deal_pipeline_id"] == pipeline)
        if draft.is_new or pipeline != draft.old.get("deal_pipeline_id"):
            draft.values |= {"deal_pipeline_id": pipeline, "deal_stage_id": first["id"]}


DEALS = Entity(
    name="deals",
    root="deal",
    special={
        "tags": tags,
        "contacts_added_list": _added,
        "contacts_removed_list": _taken_off,
        "sales_account": _account,
        "products": products,
    },
    settle=_settle,
    uniques=lambda world, row: (),
    show=shown_deal,
    matches=("id", "name"),
)
