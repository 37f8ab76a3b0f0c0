"""The recycle bin over the API: list, count, restore, purge, empty (FACTS 13)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from gurney.twins.kit.tables import Clash, folded
from gurney.twins.kit.wire import Answer
from gurney.twins.zoho import bin
from gurney.twins.zoho.bin import Binned
from gurney.twins.zoho.call import PER_PAGE, Call, Routes, inside
from gurney.twins.zoho.reading import numbered_page
from gurney.twins.zoho.records import batch_answer
from gurney.twins.zoho.refusals import Element, ElementRefused, Refused, error, invalid, success
from gurney.twins.zoho.times import read_moment

routes = Routes()
SCOPE = "ZohoCRM.settings.recycle_bin."
BIN = "/settings/recycle_bin"
MANAGE_BIN = "Crm_Implied_Manage_Recycle_Bin"
PURGE_MOST, RESTORE_AT_ONCE = 100, 1_000
Fits = Callable[[Binned], bool]


def _shown(call: Call, entry: Binned) -> dict[str, Any]:
    return {
        "owner": call.world.user_named(entry.row["Owner"]),
        "module": {"api_name": entry.module.api_name, "id": entry.module.id},
        "deleted_by": call.world.user_named(entry.deleted_by),
        "id": entry.row["id"],
        "display_name": call.world.name_of(entry.module, entry.row) or "",
        "deleted_time": call.shown(entry.deleted_time),
    }


def _must_be_admin(call: Call) -> None:
    if not call.world.is_admin(call.user):
        raise Refused(403, "NO_PERMISSION", "permission denied", {"permissions": [MANAGE_BIN]})


@routes.on("GET", BIN, SCOPE + "READ")
def list_bin(call: Call) -> Answer:
    """What is in the bin, latest first."""
    entries = sorted(_chosen(call), key=lambda e: (e.deleted_time, e.row["id"]), reverse=True)
    return numbered_page(call, [_shown(call, entry) for entry in entries], "recycle_bin", PER_PAGE)


def _chosen(call: Call) -> list[Binned]:
    ids, filters = call.query("ids"), call.query("filters")
    entries = list(call.world.bin.entries.values())
    if ids is not None:
        wanted = {id.strip() for id in ids.split(",")}
        return [entry for entry in entries if entry.row["id"] in wanted]
    if filters is not None:
        fits = _filter(call, _parsed(filters))
        return [entry for entry in entries if fits(entry)]
    return entries


def _parsed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as no:
        raise invalid({"param_name": "filters", "expected_data_type": "jsonobject"}) from no


def _filter(call: Call, tree: Any) -> Fits:
    """`{"group_operator": "AND", "group": […]}` or one criterion. Raises Refused."""
    if not isinstance(tree, dict):
        raise invalid({"param_name": "filters"})
    if isinstance(tree.get("group"), list):
        parts = [_filter(call, part) for part in tree["group"]]
        return lambda entry: all(part(entry) for part in parts)
    name, comparator = inside(tree, "field", "api_name"), tree.get("comparator")
    value = tree.get("value")
    if name == "module":
        return lambda entry: entry.module.api_name == value
    if name == "display_name":
        return lambda entry: folded(value) in folded(call.world.name_of(entry.module, entry.row) or "")
    if name == "deleted_by":
        ids = {one.get("id") for one in value} if isinstance(value, list) else set()
        return lambda entry: entry.deleted_by in ids
    if name == "deleted_time":
        return _by_time(str(comparator), value)
    raise invalid({"param_name": "filters", "api_name": name})


def _by_time(comparator: str, value: Any) -> Fits:
    moment = read_moment(value) if isinstance(value, str) else None
    if moment is None:
        raise invalid({"param_name": "filters", "api_name": "deleted_time"})
    tests: dict[str, Fits] = {
        "greater_than": lambda entry: entry.deleted_time > moment,
        "greater_equal": lambda entry: entry.deleted_time >= moment,
        "less_than": lambda entry: entry.deleted_time < moment,
        "less_equal": lambda entry: entry.deleted_time <= moment,
    }
    if comparator not in tests:
        raise invalid({"param_name": "filters", "comparator": comparator})
    return tests[comparator]


@routes.on("GET", BIN + "/actions/count", SCOPE + "READ")
def count_bin(call: Call) -> Answer:
    """How many records are in the bin."""
    return Answer(200, {"count": len(_chosen(call))})


@routes.on("GET", BIN + "/{id}", SCOPE + "READ")
def one_binned(call: Call) -> Answer:
    """One record of the bin."""
    entry = call.world.bin.entries.get(call.param("id"))
    if entry is None:
        raise invalid({"resource_path_index": 2}, "the id given seems to be invalid")
    return numbered_page(call, [_shown(call, entry)], "recycle_bin")


@routes.on("POST", BIN + "/actions/restore", SCOPE + "UPDATE")
def restore_several(call: Call) -> Answer:
    """By ids (up to 1,000 at once), by filters (scheduled), or everything."""
    _must_be_admin(call)
    body = call.body()
    if "filters" in body:
        fits = _filter(call, body["filters"])
        chosen = [id for id, entry in call.world.bin.entries.items() if fits(entry)]
        return _scheduled_restore(call, chosen)
    if body.get("restore_all_records"):
        chosen = list(call.world.bin.entries)
    else:
        chosen = [str(id) for id in call.listed("ids", RESTORE_AT_ONCE)]
    with_children = sum(1 + len(e.followers) for id in chosen if (e := call.world.bin.entries.get(id)))
    if with_children > RESTORE_AT_ONCE:
        return _scheduled_restore(call, chosen)
    return batch_answer(call, [_restore(call, id) for id in chosen], 200, "recycle_bin")


def _scheduled_restore(call: Call, ids: list[str]) -> Answer:
    for id in ids:
        _restore(call, id)
    scheduled = success("Restore of records has been scheduled", code="SCHEDULED")
    return Answer(202, {"recycle_bin": [scheduled]})


@routes.on("POST", BIN + "/{id}/actions/restore", SCOPE + "UPDATE")
def restore_one(call: Call) -> Answer:
    """Bring one record back."""
    _must_be_admin(call)
    return batch_answer(call, [_restore(call, call.param("id"))], 200, "recycle_bin")


def _restore(call: Call, id: str) -> Element:
    """Back with its id and its notes and attachments; refused when its unique value is taken."""
    try:
        bin.restore(call.world, id)
    except KeyError:
        return ElementRefused("INVALID_DATA", "the id given seems to be invalid", {"id": id}).element
    except Clash as clash:
        return error("DUPLICATE_DATA", "duplicate data", {"id": id, "api_name": clash.field})
    return success("record restored", {"id": id})


@routes.on("DELETE", BIN, SCOPE + "DELETE")
def purge_several(call: Call) -> Answer:
    """Forget up to 100 records for good, or schedule that by filters."""
    _must_be_admin(call)
    if call.query("ids") is None and call.query("filters") is None:
        call.required("ids")
    if call.query("ids") is None:
        for entry in _chosen(call):
            bin.purge(call.world, entry.row["id"])
        words = "Bulk deletion of records based on filters has been scheduled"
        return Answer(200, {"recycle_bin": [success(words, code="SCHEDULED")]})
    ids = [id.strip() for id in call.required("ids").split(",") if id.strip()]
    if len(ids) > PURGE_MOST:
        raise Refused(400, "LIMIT_EXCEEDED", "the given data count exceeded the limit", {"limit": PURGE_MOST})
    return batch_answer(call, [_purge(call, id) for id in ids], 200, "recycle_bin")


@routes.on("DELETE", BIN + "/{id}", SCOPE + "DELETE")
def purge_one(call: Call) -> Answer:
    """Forget one record for good."""
    _must_be_admin(call)
    return batch_answer(call, [_purge(call, call.param("id"))], 200, "recycle_bin")


def _purge(call: Call, id: str) -> Element:
    try:
        bin.purge(call.world, id)
    except KeyError:
        return ElementRefused("INVALID_DATA", "record not deleted", {"id": id}).element
    return success("record deleted", {"id": id})


@routes.on("POST", BIN + "/actions/empty", SCOPE + "DELETE")
def empty_bin(call: Call) -> Answer:
    """Forget everything in the bin."""
    _must_be_admin(call)
    for id in list(call.world.bin.entries):
        bin.purge(call.world, id)
    return Answer(200, success("recycle bin emptied successfully"))
