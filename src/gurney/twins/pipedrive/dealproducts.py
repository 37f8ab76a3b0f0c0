"""Products of a deal: the only records that are created in bulk (FACTS 3)."""

from __future__ import annotations

from typing import Any

from gurney.twins.kit.wire import Answer
from gurney.twins.pipedrive import checks
from gurney.twins.pipedrive.call import Call, Routes, ok
from gurney.twins.pipedrive.checks import read_object
from gurney.twins.pipedrive.deals import DEALS
from gurney.twins.pipedrive.entities import found
from gurney.twins.pipedrive.paging import SORTED, cut_of, listed, page_of
from gurney.twins.pipedrive.products import FREQUENCIES, cycles
from gurney.twins.pipedrive.refusals import Wrong, not_found
from gurney.twins.pipedrive.shelf import Row

routes = Routes()
MOST = 100
NAME = "dealProducts"
WHAT = "Deal product"
REQUIRED = ("product_id", "item_price", "quantity")
KEYS = {
    "product_id": checks.link_to("products", "Product"),
    "item_price": checks.number,
    "quantity": checks.number,
    "tax": checks.number,
    "comments": checks.text,
    "discount": checks.number,
    "is_enabled": checks.boolean,
    "tax_method": checks.one_of(("exclusive", "inclusive", "none")),
    "discount_type": checks.one_of(("percentage", "amount")),
    "product_variation_id": checks.or_null(checks.nothing_there),
    "billing_frequency": checks.one_of(FREQUENCIES),
    "billing_frequency_cycles": checks.or_null(cycles),
    "billing_start_date": checks.or_null(checks.day),
}
EMPTY: Row = {
    "id": None, "sum": 0, "tax": 0, "deal_id": None, "name": None, "product_id": None, "product_variation_id": None,
    "order_nr": None, "add_time": None, "update_time": None, "comments": "", "currency": None, "discount": 0,
    "discount_type": "percentage", "quantity": 1, "item_price": 0, "tax_method": "inclusive", "is_enabled": True,
    "billing_frequency": "one-time", "billing_frequency_cycles": None, "billing_start_date": None,
}  # fmt: skip


def _shown(call: Call, row: Row) -> dict[str, Any]:
    product = call.world.shelves["products"].get(row["product_id"])
    shown = {**EMPTY, **row, "name": product["name"] if product else None}
    price = shown["quantity"] * shown["item_price"]
    off = price * shown["discount"] / 100 if shown["discount_type"] == "percentage" else shown["discount"]
    return {**shown, "sum": round(price - off, 2)}


def _deal(call: Call) -> Row:
    return found(call, DEALS, call.id())


def _attached(call: Call, deal: Row) -> list[Row]:
    shelf = call.world.shelves[NAME]
    return [shelf.rows[id] for id in shelf.where("deal_id", deal["id"])]


def _add(call: Call, deal: Row, values: Row) -> Row:
    world = call.world
    id, now = world.next(NAME), world.now()
    order = world.shelves[NAME].count("deal_id", deal["id"]) + 1
    row = {"id": id, "deal_id": deal["id"], "order_nr": order, "currency": deal["currency"], "add_time": now, **values}
    return world.bear(NAME, {k: v for k, v in row.items() if v is not None})


@routes.on("GET /v2/deals/{id}/products")
def list_attached(call: Call) -> Answer:
    """Products of a deal."""
    call.only(SORTED)
    rows = _attached(call, _deal(call))
    cut = cut_of(call, ("id", "add_time", "update_time", "order_nr"))
    page, cursor = page_of(call.world.shelves[NAME], cut, lambda row: True, rows)
    return listed([_shown(call, row) for row in page], cursor)


@routes.on("POST /v2/deals/{id}/products")
def attach(call: Call) -> Answer:
    """One product."""
    call.only(())
    deal = _deal(call)
    return ok(_shown(call, _add(call, deal, read_object(call, call.body(), KEYS, REQUIRED))), 201)


@routes.on("POST /v2/deals/{id}/products/bulk")
def attach_many(call: Call) -> Answer:
    """Up to a hundred at once; all or none."""
    call.only(())
    deal = _deal(call)
    one = checks.shaped(KEYS, REQUIRED)
    given = read_object(call, call.body(), {"data": checks.listed(one)}, ["data"])["data"]
    if not 1 <= len(given) <= MOST:
        raise Wrong(f"must contain between 1 and {MOST} items", "data")
    return ok([_shown(call, _add(call, deal, values)) for values in given], 201)


@routes.on("PATCH /v2/deals/{id}/products/{product_attachment_id}")
def change_attached(call: Call) -> Answer:
    """One product of a deal."""
    call.only(())
    row = _one(call)
    values = read_object(call, call.body(), KEYS, ())
    call.world.alter(NAME, row["id"], {**values, "update_time": call.world.now()})
    return ok(_shown(call, row))


@routes.on("DELETE /v2/deals/{id}/products/{product_attachment_id}")
def detach(call: Call) -> Answer:
    """One product of a deal."""
    call.only(())
    row = _one(call)
    call.world.bury(NAME, row["id"])
    return ok({"id": row["id"]})


@routes.on("DELETE /v2/deals/{id}/products")
def detach_many(call: Call) -> Answer:
    """Those named, or the first hundred."""
    call.only(("ids",))
    rows = _attached(call, _deal(call))
    words = call.words("ids")
    if len(words) > MOST:
        raise Wrong(f"must contain at most {MOST} ids", "ids")
    chosen = [row["id"] for row in rows if not words or str(row["id"]) in words][:MOST]
    for id in chosen:
        call.world.bury(NAME, id)
    more = not words and len(rows) > MOST
    return ok({"ids": chosen}, additional_data={"more_items_in_collection": more})


def _one(call: Call) -> Row:
    deal = _deal(call)
    row = call.world.shelves[NAME].get(call.id("product_attachment_id"))
    if row is None or row["deal_id"] != deal["id"]:
        raise not_found(WHAT, call.version)
    return row
