"""Products (FACTS 3.8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gurney.twins.pipedrive import checks
from gurney.twins.pipedrive.call import Call
from gurney.twins.pipedrive.checks import Check
from gurney.twins.pipedrive.endpoints import routes_of
from gurney.twins.pipedrive.entities import Entity
from gurney.twins.pipedrive.refusals import Wrong, capped
from gurney.twins.pipedrive.shelf import Row
from gurney.twins.pipedrive.world import World

FREQUENCIES = ("one-time", "annually", "semi-annually", "quarterly", "monthly", "weekly")
ONCE = "one-time"
CYCLES_MOST = 208

_price = checks.shaped(
    {
        "price": checks.number,
        "currency": checks.currency,
        "cost": checks.number,
        "direct_cost": checks.or_null(checks.number),
        "notes": checks.text,
    },
    required=["price", "currency"],
)


def _prices(call: Call, value: Any) -> list[dict[str, Any]]:
    """Prices, one for each currency."""
    given = checks.listed(_price)(call, value)
    if len({price["currency"] for price in given}) < len(given):
        raise Wrong("There can only be one price per currency")
    return [{"cost": 0, "direct_cost": None, "notes": "", **price} for price in given]


def _code(call: Call, value: Any) -> str:
    """A product code; whether another product may have it is a switch. Rewriting one's own is refused then too."""
    code = checks.text(call, value)
    if call.world.switches["duplicate_codes"] == "refuse" and code:
        own = call.request.params.get("id")
        if any(row.get("code") == code and str(row["id"]) != own for row in call.world.shelves["products"]):
            raise Wrong("Product code is already in use")
    return code


def _category(call: Call, value: Any) -> int | float:
    id = checks.number(call, value)
    known = call.world.schemas["products"].standard["category"]
    if known.option(id) is None and call.world.switches["unknown_option"] == "refuse":
        raise Wrong(f"Option {id} does not exist")
    return id


def _frequency(call: Call, value: Any) -> str:
    """How often a product is billed: Growth and above (specification)."""
    checks.one_of(FREQUENCIES)(call, value)
    if value != ONCE and call.world.plan.name == "lite":
        raise capped("Recurring products are not available in your plan.", "feature_capping_recurring_products")
    return str(value)


def cycles(call: Call, value: Any) -> int:
    """How many times something is billed (specification)."""
    if not 1 <= checks.integer(call, value) <= CYCLES_MOST:
        raise Wrong(f"must be between 1 and {CYCLES_MOST}")
    return int(value)


def _keys(world: World) -> Mapping[str, Check]:
    return {
        "name": checks.filled,
        "code": checks.clearable(_code),
        "description": checks.clearable(checks.text),
        "unit": checks.clearable(checks.text),
        "tax": checks.number,
        "category": checks.clearable(_category),
        "owner_id": checks.owner,
        "is_linkable": checks.boolean,
        "visible_to": checks.one_of((1, 3, 5, 7), checks.visibility),
        "prices": _prices,
        "billing_frequency": _frequency,
        "billing_frequency_cycles": checks.or_null(cycles),
        "custom_fields": lambda call, value: call.world.schemas["products"].read(call, value),
    }


def _finish(call: Call, values: Row, before: Row | None) -> Row:
    if before is None:
        values.setdefault("visible_to", call.world.default_visibility())
        currency = call.user["default_currency"]
        values.setdefault("prices", [{"price": 0, "currency": currency, "cost": 0, "direct_cost": None, "notes": ""}])
    merged = {**(before or {}), **values}
    frequency, cycles = merged.get("billing_frequency", ONCE), merged.get("billing_frequency_cycles")
    if frequency == ONCE and cycles is not None:
        raise Wrong("must be null for one-time products", "billing_frequency_cycles")
    if frequency == "weekly" and cycles is None:
        raise Wrong("is required for weekly products", "billing_frequency_cycles")
    return values


_EMPTY: Row = {
    "id": None, "name": None, "tax": 0, "add_time": None, "update_time": None, "description": "", "code": None,
    "unit": None, "owner_id": None, "category": None, "is_deleted": False, "is_linkable": True, "prices": [],
    "custom_fields": {}, "visible_to": None, "billing_frequency": ONCE, "billing_frequency_cycles": None,
}  # fmt: skip


class _Products(Entity):
    """Each price names its product."""

    def shown(self, world: World, row: Row) -> dict[str, Any]:
        shown = super().shown(world, row)
        shown["prices"] = [{"product_id": row["id"], **price} for price in shown["prices"]]
        return shown


PRODUCTS = _Products(
    name="products",
    what="Product",
    writable=_keys,
    empty=lambda world: _EMPTY,
    finish=_finish,
    required=("name",),
    sorts=("id", "name", "add_time", "update_time"),
    params=("custom_fields",),
    created=201,
    starts_updated=True,
    single={"additional_data": None},
)

routes = routes_of(PRODUCTS, "can_add_products", "can_edit_products", "can_edit_products")
