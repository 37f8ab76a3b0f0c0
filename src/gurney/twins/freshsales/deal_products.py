"""Products on a deal: attaching them recomputes its amount (FACTS 3)."""

from __future__ import annotations

from typing import Any

from gurney.twins.freshsales.drafts import Draft
from gurney.twins.freshsales.shelf import Row
from gurney.twins.freshsales.values import Bad, Dropped, id_in, number

PERCENT = 100


def products(draft: Draft, given: Any) -> None:
    """`[{"id", "quantity", "unit_price"}]` replaces the lines; `[]` clears them, and the amount stays."""
    if not draft.world.plan.products:
        draft.complain("Products are not available in your plan")
        return
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        draft.complain("The type for products is invalid.")
        return
    lines = [line for line in (_line(draft, one) for one in given) if line]
    draft.values["products"] = lines
    if lines:
        draft.values["amount"] = sum(_total(line) for line in lines)


def _line(draft: Draft, given: Row) -> Row | None:
    product = draft.world.shelves["products"].live(id_in(given.get("id")))
    if product is None:
        draft.complain("Products is invalid")
        return None
    if given.get("_destroy") is True:
        return None
    priced = (product.get("product_pricings") or [{}])[0]
    return {
        "id": product["id"],
        "quantity": _number(draft, "quantity", given.get("quantity", 1)),
        "unit_price": float(_number(draft, "unit_price", given.get("unit_price", priced.get("unit_price", 0)))),
        "discount": float(_number(draft, "discount", given.get("discount", 0))),
        "association_id": draft.world.next("association"),
    }


def _number(draft: Draft, name: str, given: Any) -> float:
    try:
        return number(draft.world, name, given)
    except Bad as no:
        draft.complain(str(no))
    except Dropped:
        pass
    return 0


def _total(line: Row) -> float:
    return float(line["quantity"] * line["unit_price"] * (1 - line["discount"] / PERCENT))


def shown_lines(deal: Row, shelf: dict[int, Row], currency: str) -> list[Row]:
    """The lines as a deal shows them when asked to include products."""
    lines = []
    for line in deal.get("products", ()):
        product = shelf.get(line["id"], {})
        lines.append(
            {
                "product_id": line["id"], "unit_price": line["unit_price"], "setup_fee": None, "billing_type": None,
                "billing_cycle": None, "currency_code": currency, "quantity": line["quantity"],
                "discount": line["discount"], "discount_type": 1, "deal_id": deal["id"],
                "association_id": line["association_id"], "_id": str(line["association_id"]), "id": line["id"],
                "name": product.get("name"), "pricing_type": product.get("pricing_type", 0), "avatar": None,
                "owner_id": product.get("owner_id"), "category": product.get("category"),
            }
        )  # fmt: skip
    return lines
