"""Products: from Pro on; prices come by a second call; soft delete with restore (FACTS 3)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from gurney.twins.freshsales.call import Call, Routes, gone, ok
from gurney.twins.freshsales.drafts import Draft
from gurney.twins.freshsales.refusals import invalid
from gurney.twins.freshsales.shelf import DELETED, Row
from gurney.twins.freshsales.values import AREA_MOST, TEXT_MOST, Bad, flag, id_in, number, text
from gurney.twins.freshsales.world import World
from gurney.twins.kit.wire import Answer

routes = Routes()
CPQ = "/cpq/products"
NULLS = dict.fromkeys(("parent_product", "territory_id", "valid_till", "avatar"))
TEXTS = {"name": TEXT_MOST, "category": TEXT_MOST, "product_code": TEXT_MOST, "sku_number": TEXT_MOST,
         "description": AREA_MOST}  # fmt: skip
PRICING_TYPES = (0, 1, 2)


def shown(world: World, row: Row, *, prices: bool = False) -> Row:
    """A product; its prices only when they are asked for."""
    pricings = row.get("product_pricings", [])
    base = world.catalogue["currencies"][0]["currency_code"]
    base_price = next((one["unit_price"] for one in pricings if one["currency_code"] == base), None)
    return {
        "id": row["id"], "name": row["name"], "category": row.get("category"), "custom_field": {},
        "product_code": row.get("product_code"), "sku_number": row.get("sku_number"), **NULLS,
        "is_active": row.get("is_active", True), "owner_id": row.get("owner_id"), "is_deleted": DELETED in row,
        "created_at": world.shown(row["created_at"]), "updated_at": world.shown(row["updated_at"]),
        "pricing_type": row.get("pricing_type", 0), **({"product_pricings": pricings} if prices else {}),
        "base_currency_amount": base_price, "creater_id": row["creater_id"], "updater_id": row["updater_id"],
        "description": row.get("description"),
    }  # fmt: skip


def saved(world: World, user: Row, old: Row | None, attributes: Row) -> Row:
    """Keep a product; prices of a new one are passed over. Raises Refused."""
    draft = Draft(world, user, old)
    checks: dict[str, Callable[[Any], Any]] = {name: partial(_text, world, name) for name in TEXTS}
    checks |= {
        "is_active": lambda given: flag(world, "is_active", given),
        "owner_id": lambda given: _owner(world, given),
    }
    pricing = {"pricing_type": _pricing_type, "product_pricings": lambda given: _prices(draft, given)}
    for name, given in attributes.items():
        if name in checks:
            draft.take(name, checks[name], given)
        elif name in pricing and not draft.is_new:
            draft.take(name, pricing[name], given)
        elif name not in (*pricing, "custom_field"):
            draft.strange(name)
    draft.need("name")
    row, now = draft.finish(), world.now()
    if draft.is_new:
        row |= {"id": world.next("products"), "created_at": now, "creater_id": user["id"]}
    return world.put("products", {**row, "updated_at": now, "updater_id": user["id"]})


def _text(world: World, name: str, given: Any) -> str:
    return text(world, name, given, TEXTS[name])


def _owner(world: World, given: Any) -> int:
    if id_in(given) not in world.people.users:
        raise Bad("Owner is invalid")
    return id_in(given)


def _pricing_type(given: Any) -> int:
    """Free, one-time, subscription. Raises Bad."""
    if given not in PRICING_TYPES or isinstance(given, bool):
        raise Bad("Pricing type is invalid")
    return int(given)


def _prices(draft: Draft, given: Any) -> list[Row]:
    """Prices by currency; `_destroy` takes one away. Raises Bad."""
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise Bad("The type for product_pricings is invalid.")
    prices = {one["currency_code"]: one for one in draft.old.get("product_pricings", ())}
    for one in given:
        _price(draft, prices, one)
    return list(prices.values())


def _price(draft: Draft, prices: dict[str, Row], one: Row) -> None:
    """One price, under the key that switch price_key names."""
    world, key = draft.world, draft.world.switches["price_key"]
    old = next((row for row in prices.values() if row["id"] == id_in(one.get("id"))), None)
    code = str(one.get("currency_code") or (old or {}).get("currency_code"))
    if one.get("_destroy") is True:
        prices.pop(code, None)
        return
    if code not in {row["currency_code"] for row in world.catalogue["currencies"]}:
        raise Bad("Currency code is invalid")
    price = float(number(world, key, one[key])) if one.get(key) is not None else 0.0
    kept = old or prices.get(code)
    prices[code] = {
        "id": kept["id"] if kept else world.next("price"), "currency_code": code, "_destroy": False,
        "billing_cycle": None, "billing_type": None, "unit_price": price, "setup_fee": None, "is_locked": False,
    }  # fmt: skip


def _gate(call: Call) -> None:
    if not call.world.plan.products:
        raise call.no_right()


def _found(call: Call, *, binned: bool = False) -> Row:
    _gate(call)
    row = call.world.shelves["products"].rows.get(call.id())
    if row is None or (DELETED in row) is not binned:
        raise call.missing()
    return row


def _answer(call: Call, row: Row) -> Row:
    return {"product": shown(call.world, row, prices="product_pricings" in call.words("include"))}


@routes.on(f"POST {CPQ}")
def create(call: Call) -> Answer:
    _gate(call)
    return call.created(_answer(call, saved(call.world, call.user, None, call.attributes("product"))))


@routes.on(f"GET {CPQ}/{{id}}")
def read(call: Call) -> Answer:
    return ok(_answer(call, _found(call)))


@routes.on(f"PUT {CPQ}/{{id:[0-9]+}}")
def update(call: Call) -> Answer:
    return ok(_answer(call, saved(call.world, call.user, _found(call), call.attributes("product"))))


@routes.on(f"DELETE {CPQ}/{{id}}")
def delete(call: Call) -> Answer:
    """Two clients tell of two answers (switch product_delete)."""
    row = _found(call)
    call.world.bury("products", row)
    if call.switch("product_delete") == "msg":
        return ok({"msg": {"id": row["id"], "code": "success"}})
    return gone()


@routes.on(f"PUT {CPQ}/{{id}}/restore")
def restore(call: Call) -> Answer:
    row = _found(call, binned=True)
    return ok(_answer(call, call.world.put("products", {**row, DELETED: None, "deleted_at": None})))


@routes.on(f"PUT {CPQ}/products_bulk_update")
def bulk_update(call: Call) -> Answer:
    """The same values for many."""
    _gate(call)
    values = call.attributes("product")
    for row in _chosen(call, "ids"):
        saved(call.world, call.user, row, values)
    return _told(call, "ids")


@routes.on(f"POST {CPQ}/products_bulk_delete")
def bulk_delete(call: Call) -> Answer:
    _gate(call)
    for row in _chosen(call, "selected_ids"):
        call.world.bury("products", row)
    return _told(call, "selected_ids")


@routes.on(f"POST {CPQ}/products_bulk_restore")
def bulk_restore(call: Call) -> Answer:
    _gate(call)
    for row in _chosen(call, "selected_ids", binned=True):
        call.world.put("products", {**row, DELETED: None, "deleted_at": None})
    return _told(call, "selected_ids")


@routes.on(f"POST {CPQ}/products_bulk_assign")
def bulk_assign(call: Call) -> Answer:
    _gate(call)
    owner = id_in(call.body().get("owner_id"))
    if owner not in call.world.people.users:
        raise invalid(["Owner is invalid"])
    for row in _chosen(call, "selected_ids"):
        saved(call.world, call.user, row, {"owner_id": owner})
    return _told(call, "selected_ids")


def _chosen(call: Call, name: str, *, binned: bool = False) -> list[Row]:
    """The rows that the body names; unknown ids are passed over."""
    rows = call.world.shelves["products"].rows
    return [row for id in call.ids(name) if (row := rows.get(id)) and (DELETED in row) is binned]


def _told(call: Call, name: str) -> Answer:
    return ok({"message": f"{len(call.ids(name))} products updated."})
