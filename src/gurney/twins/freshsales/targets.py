"""What notes, tasks, appointments, activities and files hang on (FACTS 3)."""

from __future__ import annotations

from typing import Any

from gurney.twins.freshsales.drafts import Draft
from gurney.twins.freshsales.people import side_row
from gurney.twins.freshsales.shelf import Row
from gurney.twins.freshsales.showing import display_name, primary_email
from gurney.twins.freshsales.values import id_in
from gurney.twins.freshsales.world import TARGETS, World

SINGULAR = {"Contact": "contact", "SalesAccount": "sales_account", "Deal": "deal"}


def aim(draft: Draft, attributes: Row) -> None:
    """Read `targetable_type` and `targetable_id`; a new record needs both."""
    if "targetable_type" not in attributes and "targetable_id" not in attributes and not draft.is_new:
        return
    old = draft.old.get("target", (None, None))
    kind, id = attributes.get("targetable_type", old[0]), attributes.get("targetable_id", old[1])
    if not isinstance(kind, str) or kind not in TARGETS:
        draft.complain("Targetable type is invalid" if kind else "Targetable type can't be blank")
        return
    row = draft.world.find(TARGETS[kind], id_in(id), draft.user)
    if row is None:
        draft.complain("Targetable is invalid" if id else "Targetable can't be blank")
        return
    draft.values["target"] = (kind, row["id"])


def told_parent(world: World, row: Row, **more: Any) -> None:
    """What a record learns of a child: its newest note, and perhaps that it was touched (switch children_touch)."""
    kind, id = row["target"]
    if kind not in TARGETS:
        return
    if world.switches["children_touch"] == "yes":
        more["updated_at"] = world.now()
    parent = world.shelves[TARGETS[kind]].live(id)
    if parent is not None and more:
        world.put(TARGETS[kind], {**parent, **more})


def targetables(row: Row) -> list[Row]:
    """What a record hangs on, as its own answer says it."""
    if "target" not in row:
        return []
    kind, id = row["target"]
    return [{"id": id, "type": kind}]


def targetable(row: Row) -> Row | None:
    """The same, as answers with an include say it: in small letters."""
    if "target" not in row:
        return None
    kind, id = row["target"]
    return {"type": SINGULAR[kind], "id": id}


def is_listed(world: World, row: Row) -> bool:
    """Children of a deleted parent are in no list (FACTS 8)."""
    if "target" not in row:
        return True
    kind, id = row["target"]
    return world.shelves[TARGETS[kind]].live(id) is not None


def sees(world: World, user: Row, row: Row) -> bool:
    """A child is as visible as what it hangs on."""
    if "target" not in row or user["admin"]:
        return True
    kind, id = row["target"]
    parent = world.shelves[TARGETS[kind]].live(id)
    return parent is None or world.people.sees(user, parent)


def beside(world: World, rows: list[Row]) -> Row:
    """The records that children hang on, as arrays beside them."""
    arrays: dict[str, dict[int, Row]] = {}
    for row in rows:
        if "target" not in row:
            continue
        kind, id = row["target"]
        found = world.shelves[TARGETS[kind]].live(id)
        if found is not None:
            arrays.setdefault(TARGETS[kind], {})[id] = short(TARGETS[kind], found)
    return {name: list(found.values()) for name, found in arrays.items()}


def short(name: str, row: Row) -> Row:
    """A record beside another one."""
    if name == "contacts":
        return {
            "id": row["id"], "avatar": None, "display_name": display_name(row), "first_name": row.get("first_name"),
            "last_name": row.get("last_name"), "email": primary_email(row), "work_number": row.get("work_number"),
            "mobile_number": row.get("mobile_number"),
        }  # fmt: skip
    shown = {"id": row["id"], "avatar": None, "name": row.get("name")}
    return shown | ({"deal_pipeline_id": row["deal_pipeline_id"]} if name == "deals" else {})


def users(world: World, ids: set[int | None]) -> list[Row]:
    """Users beside other records."""
    return [side_row(world.people.users[id]) for id in sorted(id for id in ids if id in world.people.users)]
