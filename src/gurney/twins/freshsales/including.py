"""Side-loading: what `include` asks for stands beside the records, linked by ids (FACTS 2)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from gurney.twins.freshsales import activities, appointments, notes, tasks
from gurney.twins.freshsales.call import Call
from gurney.twins.freshsales.deal_products import shown_lines
from gurney.twins.freshsales.shelf import Row
from gurney.twins.freshsales.showing import account_links, shown_account, shown_contact, shown_deal
from gurney.twins.freshsales.targets import users
from gurney.twins.freshsales.world import MODELS, World

CHILDREN: dict[str, Callable[[World, Row], Row]] = {
    "tasks": tasks.shown, "appointments": appointments.shown, "notes": notes.shown,
    "sales_activities": activities.shown,
}  # fmt: skip
SHOWN: dict[str, Callable[[World, Row], Row]] = {
    "contacts": shown_contact, "sales_accounts": shown_account, "deals": shown_deal,
}  # fmt: skip
CHOSEN = {
    "source": ("lead_source_id", "lead_sources"), "territory": ("territory_id", "territories"),
    "campaign": ("campaign_id", "campaigns"), "deal_stage": ("deal_stage_id", "deal_stages"),
    "deal_type": ("deal_type_id", "deal_types"), "deal_reason": ("deal_reason_id", "deal_reasons"),
}  # fmt: skip
ALLOWED = {
    "contacts": {
        "owner", "creater", "source", "territory", "campaign", "tasks", "appointments", "notes", "deals",
        "sales_accounts",
    },
    "sales_accounts": {"owner", "contacts", "deals", "tasks", "appointments", "notes"},
    "deals": {
        "owner", "source", "contacts", "sales_account", "deal_stage", "deal_type", "deal_reason", "campaign",
        "sales_activities", "tasks", "appointments", "notes", "products",
    },
}  # fmt: skip


class Beside:
    """Arrays beside the records, each record once."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[int, Row]] = {}

    def put(self, name: str, id: int, row: Callable[[], Row]) -> None:
        known = self._rows.setdefault(name, {})
        if id not in known:
            known[id] = row()

    def want(self, name: str) -> None:
        """The array is there even when it is empty."""
        self._rows.setdefault(name, {})

    def arrays(self) -> dict[str, list[Row]]:
        return {name: list(rows.values()) for name, rows in self._rows.items()}


def include(call: Call, name: str, rows: list[Row], shown: list[Row]) -> dict[str, Any]:
    """Add links to the shown records, and hand back what stands beside them; unknown words are ignored."""
    wanted = [word for word in call.words("include") if word in ALLOWED.get(name, ())]
    beside = Beside()
    for word in wanted:
        for row, one in zip(rows, shown, strict=True):
            _one(call, name, word, row, one, beside)
        if word in CHILDREN or (word in SHOWN and (name, word) != ("contacts", "sales_accounts")):
            beside.want(word)
    return beside.arrays()


def _one(call: Call, name: str, word: str, row: Row, one: Row, beside: Beside) -> None:
    world = call.world
    if word in ("owner", "creater"):
        one[f"{word}_id"] = id = row.get(f"{word}_id")
        for user in users(world, {id}):
            beside.put("users", user["id"], partial(dict, user))
    elif word in CHOSEN:
        field, selector = CHOSEN[word]
        one[field] = row.get(field)
        found = world.choice(selector, row.get(field))
        if found is not None:
            beside.put(selector, found["id"], partial(dict, found))
    elif word in CHILDREN:
        _children(call, name, word, row, one, beside)
    elif word == "products":
        currency = world.catalogue["currencies"][0]["currency_code"]
        one["products"] = shown_lines(row, world.shelves["products"].rows, currency)
    else:
        _related(world, name, word, row, one, beside)


def _children(call: Call, name: str, word: str, row: Row, one: Row, beside: Beside) -> None:
    """Notes, tasks, appointments, activities: of each record so many at most (switch included_most)."""
    world, most = call.world, int(call.switch("included_most"))
    found = world.shelves[word].where("target", (MODELS[name], row["id"]))
    found = found[:most] if most else found
    one[f"{word.removesuffix('s')}_ids" if word != "sales_activities" else "sales_activity_ids"] = [
        child["id"] for child in found
    ]
    for child in found:
        beside.put(word, child["id"], partial(CHILDREN[word], world, child))


def _related(world: World, name: str, word: str, row: Row, one: Row, beside: Beside) -> None:
    """Contacts, accounts and deals of one another."""
    if name == "contacts" and word == "sales_accounts":
        one["sales_accounts"] = account_links(world, row)
        return
    kind = "sales_accounts" if word == "sales_account" else word
    shelf = world.shelves[kind]
    if word == "sales_account":
        one["sales_account_id"] = row.get("sales_account_id")
        found = [shelf.live(row.get("sales_account_id", -1))]
    elif name == "deals":
        found = [shelf.live(id) for id in row.get("contact_ids", ())]
        one["contact_ids"] = [other["id"] for other in found if other]
    else:
        index = {("contacts", "deals"): "contacts", ("sales_accounts", "deals"): "sales_account"}
        found = list(shelf.where(index.get((name, word), "sales_accounts"), row["id"]))
        one[f"{word.removesuffix('s')}_ids"] = [other["id"] for other in found if other]
    for other in found:
        if other is not None:
            beside.put(kind, other["id"], partial(SHOWN[kind], world, other))
