"""Lists, single records, full text, deleted records (FACTS 3, 4)."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Any

from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer
from gurney.twins.zoho.call import PER_PAGE, Call, Routes
from gurney.twins.zoho.externals import named_by, record_id
from gurney.twins.zoho.records import MODULE_SCOPE
from gurney.twins.zoho.refusals import Refused, invalid
from gurney.twins.zoho.rendering import extras, rendered, shows
from gurney.twins.zoho.schema import Module
from gurney.twins.zoho.times import read_header
from gurney.twins.zoho.world import Page

routes = Routes()
READ = MODULE_SCOPE + "READ"
NUMBERED_CEILING = 2_000
TOKEN_CEILING = 100_000
TOKEN_S = 86_400
FULL_TEXT_IDS, FULL_TEXT_FIELDS = 200, 8
"""Of `fetch_full_data` for several records (specification of 2026)."""
SORTABLE = ("id", "Created_Time", "Modified_Time")
Key = tuple[Any, str]


@routes.on("GET", "/{module}/deleted", READ, cost=2)
def deleted_records(call: Call) -> Answer:
    """Ids that are gone: recycled (60 days) or purged (120 days)."""
    module = call.module()
    kind = call.query("type") or "all"
    if kind not in ("all", "recycle", "permanent"):
        raise invalid({"param_name": "type", "supported_values": ["all", "recycle", "permanent"]})
    rows = list(_deleted(call, module, kind))
    since = modified_since(call)
    if since is not None:
        rows = [row for row in rows if row[0] >= since]
    rows.sort(key=lambda row: row[0], reverse=True)
    shown_rows = [shown_row for _, shown_row in rows]
    if not shown_rows:
        return Answer(304 if since is not None else 204)
    return numbered_page(call, shown_rows)


def _deleted(call: Call, module: Module, kind: str) -> Iterator[tuple[int, dict[str, Any]]]:
    world = call.world
    if kind in ("all", "recycle"):
        for entry in world.bin.in_module(module):
            yield (
                entry.deleted_time,
                {
                    "deleted_by": world.user_named(entry.deleted_by),
                    "id": entry.row["id"],
                    "display_name": world.name_of(module, entry.row),
                    "type": "recycle",
                    "created_by": world.user_named(entry.row["Created_By"]),
                    "deleted_time": call.shown(entry.deleted_time),
                },
            )
    if kind in ("all", "permanent"):
        for gone in world.bin.purged:
            if gone.module == module.api_name:
                yield (
                    gone.deleted_time,
                    {
                        "deleted_by": None,
                        "id": gone.id,
                        "display_name": None,
                        "type": "permanent",
                        "created_by": None,
                        "deleted_time": call.shown(gone.deleted_time),
                    },
                )


@routes.on("GET", "/{module}/{id}/actions/fetch_full_data", READ)
def full_text_of_one(call: Call) -> Answer:
    """The record with its rich text uncut (rule zoho.rich-text-cut): the named fields, or all that are rich."""
    return _full_text(call, [call.param("id")], call.fields(mandatory=False))


@routes.on("GET", "/{module}/actions/fetch_full_data", READ)
def full_text_of_several(call: Call) -> Answer:
    """Up to 200 records by id with their rich text uncut (rule zoho.full-text)."""
    ids, names = call.required("ids").split(","), call.fields()
    for what, count, most in (("ids", len(ids), FULL_TEXT_IDS), ("fields", len(names or ()), FULL_TEXT_FIELDS)):
        if count > most:
            raise Refused(400, "INVALID_REQUEST", f"the {what} given exceed the limit", {"limit": most})
    return _full_text(call, ids, names)


def _full_text(call: Call, ids: list[str], names: list[str] | None) -> Answer:
    """Rich text alone: what else is asked for is left out."""
    module = call.module()
    rich = [name for name, field in module.fields.items() if field.text_kind == "rich_text"]
    fields = shows(call, module, rich if names is None else [n for n in names if n in rich], whole=True, single=True)
    found = [row for id in ids if (row := module.table.get(id.strip())) is not None]
    return Answer(200, {"data": [rendered(row, fields) for row in found]}) if found else Answer(204)


@routes.on("GET", "/{module}/{id}", READ)
def one_record(call: Call) -> Answer:
    """A record by id or by external value; 204 when there is none."""
    module = call.module()
    externals = named_by(call, module)
    given = call.param("id")
    id = record_id(module, externals, given)
    if id is None:
        return _unknown(call, given, by_value=externals.key is not None)
    row = module.table.get(id) or {}
    names = call.fields(mandatory=False)
    record = rendered(row, shows(call, module, names, single=True))
    if names is None:
        record |= extras(row, call.world)
    return Answer(200, {"data": [record]})


def _unknown(call: Call, given: str, *, by_value: bool) -> Answer:
    if by_value or not given.isdigit():
        raise invalid({"resource_path_index": 1}, "the id given seems to be invalid")
    if call.world.switches["unknown_id_status"] == "400":
        raise invalid({"id": given}, "the id given seems to be invalid")
    return Answer(204)


def list_cost(call: Call) -> int:
    return 3 if call.query("cvid") else 1


@routes.on("GET", "/{module}", READ, cost=list_cost)
def list_records(call: Call) -> Answer:
    """A page of a module."""
    module = call.module()
    if module.api_name == "Notes" and not call.world.is_admin(call.user):
        raise Refused(403, "NOT_SUPPORTED", "only administrators can list all notes")
    return listing(call, module, module.table, module.version)


def listing(call: Call, module: Module, rows: Iterable[Row], version: int | None) -> Answer:
    """A page of some rows of a module. `version` tells whether an order of all of them may be kept."""
    fields = shows(call, module, call.fields())
    sort_by, descending = sorting(call, default_descending=True)
    since = modified_since(call)
    if call.query("cvid"):
        raise invalid({"param_name": "cvid"}, "the id given seems to be invalid")
    ids = call.query("ids")
    if ids is not None:
        named = [row for id in _ids(call, module, ids) if (row := module.table.get(id)) is not None]
        keys = _keys(named, sort_by)
    elif version is None:
        keys = _keys(rows, sort_by)
    else:
        keys = ordered(module, sort_by, version)
    if since is not None:
        keys = [key for key in keys if (module.table.get(key[1]) or {})["Modified_Time"] >= since]
    if not keys:
        return Answer(304 if since is not None else 204)
    return _page(call, module, keys, fields, sort_by, descending)


def _ids(call: Call, module: Module, text: str) -> list[str]:
    """The records that are named (rule zoho.list-ids). Raises Refused."""
    ids = [id.strip() for id in text.split(",") if id.strip()]
    most = int(call.world.switches["list_ids"])
    if len(ids) > most:
        raise Refused(400, "LIMIT_EXCEEDED", "the given data count exceeded the limit", {"limit": most})
    externals = named_by(call, module)
    return list(dict.fromkeys(id for given in ids if (id := record_id(module, externals, given)) is not None))


def sorting(call: Call, *, default_descending: bool) -> tuple[str, bool]:
    """`sort_by` and whether descending. Raises Refused."""
    sort_by = call.query("sort_by") or "id"
    if sort_by not in SORTABLE:
        raise invalid({"param_name": "sort_by", "supported_values": list(SORTABLE)})
    order = call.query("sort_order")
    if order not in (None, "asc", "desc"):
        raise invalid({"param_name": "sort_order", "supported_values": ["asc", "desc"]})
    return sort_by, (order == "desc") if order else default_descending


def modified_since(call: Call) -> int | None:
    """If-Modified-Since, inclusive. Raises Refused when it is no moment."""
    header = call.request.header("if-modified-since")
    if header is None:
        return None
    since = read_header(header)
    if since is None:
        raise invalid({"header": "If-Modified-Since", "expected_data_type": "datetime"})
    return since


def _keys(rows: Iterable[Row], sort_by: str) -> list[Key]:
    return sorted((row[sort_by], row["id"]) for row in rows)


def ordered(module: Module, sort_by: str, version: int) -> list[Key]:
    """(value, id) of all records in ascending order; kept until a record changes."""
    kept = module.caches.get(("order", sort_by))
    if kept is None or kept[0] != version:
        kept = (version, _keys(module.table, sort_by))
        module.caches["order", sort_by] = kept
    keys: list[Key] = kept[1]
    return keys


def _page(call: Call, module: Module, keys: list[Key], fields: Any, sort_by: str, descending: bool) -> Answer:
    per_page = call.number("per_page", PER_PAGE, PER_PAGE)
    token = call.query("page_token")
    served = 0
    if token is not None:
        page = _token(call, token)
        served = page.served
        number = served // per_page + 1
        start = len(keys) - bisect_left(keys, page.after) if descending else bisect_right(keys, page.after)
    else:
        number = call.number("page", 1)
        start = (number - 1) * per_page
        if number * per_page > NUMBERED_CEILING and start >= NUMBERED_CEILING:
            words = "You can only get the first 2000 records without using page_token param"
            raise Refused(400, "DISCRETE_PAGINATION_LIMIT_EXCEEDED", words, {"limit": NUMBERED_CEILING})
        served = start
    chosen = _slice(keys, start, per_page, descending)
    if not chosen:
        return Answer(204)
    served += len(chosen)
    more = start + len(chosen) < len(keys)
    if served > TOKEN_CEILING:
        details = {"limit": TOKEN_CEILING}
        raise Refused(400, "PAGINATION_LIMIT_EXCEEDED", "the pagination limit is exceeded", details)
    data = [rendered(module.table.get(id) or {}, fields) for _, id in chosen]
    info = {"per_page": per_page, **_next(call, chosen[-1], served, more=more), "count": len(data)}
    info |= {"page": number, "previous_page_token": None, "more_records": more}
    if "id" not in call.request.params:
        info |= {"sort_by": sort_by, "sort_order": "desc" if descending else "asc"}
        if module.api_name != "Notes":
            info |= {"call": False, "email": False}
    return Answer(200, {"data": data, "info": info})


def _slice(keys: list[Key], start: int, count: int, descending: bool) -> list[Key]:
    if not descending:
        return keys[start : start + count]
    end = len(keys) - start
    return keys[max(0, end - count) : max(0, end)][::-1]


def _bound_to(call: Call) -> str:
    """What a page token holds for: everything asked but the page itself (rule zoho.page-token)."""
    kept = sorted(pair for pair in call.request.query.pairs if pair[0] not in ("page_token", "page"))
    return hashlib.sha256(
        repr((call.request.raw_path, kept, call.request.header("if-modified-since"))).encode()
    ).hexdigest()


def _next(call: Call, last: Key, served: int, *, more: bool) -> dict[str, Any]:
    if not more:
        return {"next_page_token": None, "page_token_expiry": None}
    bound_to, expires = _bound_to(call), call.world.now() + TOKEN_S
    token = hashlib.sha256(repr((bound_to, call.user_id, last, served)).encode()).hexdigest()
    call.world.pages[token] = Page(call.user_id, bound_to, last, served, expires)
    return {"next_page_token": token, "page_token_expiry": call.shown(expires)}


def _token(call: Call, token: str) -> Page:
    if call.query("page") is not None:
        details = {"param_names": ["page", "page_token"]}
        raise Refused(400, "AMBIGUITY_DURING_PROCESSING", "page and page_token cannot be used together", details)
    page = call.world.pages.get(token)
    if page is None or page.user != call.user_id:
        raise invalid({"param_name": "page_token"}, "the page token given seems to be invalid")
    if page.expires <= call.world.now():
        raise Refused(400, "EXPIRED_VALUE", "the page token has expired", {"param_name": "page_token"})
    if page.bound_to != _bound_to(call):
        words = "the page token belongs to other parameters"
        raise Refused(400, "TOKEN_BOUND_DATA_MISMATCH", words, {"param_name": "page_token"})
    return page


def numbered_page(call: Call, rows: list[dict[str, Any]], key: str = "data", most: int = PER_PAGE) -> Answer:
    """A page by number of something that has no page tokens."""
    per_page, number = call.number("per_page", PER_PAGE, most), call.number("page", 1)
    start = (number - 1) * per_page
    chosen = rows[start : start + per_page]
    if not chosen:
        return Answer(204)
    more = start + len(chosen) < len(rows)
    return Answer(200, {key: chosen, "info": {
        "per_page": per_page, "count": len(chosen), "page": number, "more_records": more,
    }})  # fmt: skip
