"""Search: an index that hears of changes late, and has a ceiling of its own (FACTS 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from gurney.twins.kit.wire import Answer
from gurney.twins.pipedrive.call import Call, Routes, ok
from gurney.twins.pipedrive.paging import DEFAULT, limit_of
from gurney.twins.pipedrive.refusals import Wrong
from gurney.twins.pipedrive.schema import SEARCHABLE
from gurney.twins.pipedrive.shelf import Row
from gurney.twins.pipedrive.standard import STAGES
from gurney.twins.pipedrive.times import plain_of

routes = Routes()
ITEMS_MOST = 100
DOCUMENTED_MOST = 500
SHORTEST = 2
PLAIN_FIELDS: dict[str, dict[str, Callable[[Row], Iterable[Any]]]] = {
    "persons": {
        "name": lambda row: [row["name"]],
        "email": lambda row: [item["value"] for item in row.get("emails", ())],
        "phone": lambda row: [item["value"] for item in row.get("phones", ())],
    },
    "organizations": {
        "name": lambda row: [row["name"]],
        "address": lambda row: [(row.get("address") or {}).get("value")],
    },
    "deals": {"title": lambda row: [row["title"]]},
    "leads": {"title": lambda row: [row["title"]]},
    "products": {"name": lambda row: [row["name"]], "code": lambda row: [row.get("code")]},
    "files": {"name": lambda row: [row["name"]]},
}
FIELDS = {
    "persons": ("custom_fields", "email", "notes", "phone", "name"),
    "organizations": ("address", "custom_fields", "notes", "name"),
    "deals": ("custom_fields", "notes", "title"),
    "leads": ("custom_fields", "notes", "title"),
    "products": ("code", "custom_fields", "name"),
    "files": ("name",),
}
ITEM_TYPES = {
    "deal": "deals", "person": "persons", "organization": "organizations", "product": "products", "lead": "leads",
    "file": "files",
}  # fmt: skip
FIELD_TYPES = ("deal", "lead", "person", "organization", "product", "project")
ABSENT_TYPES = ("mail_attachment", "project")
ALL_FIELDS = ("address", "code", "custom_fields", "email", "name", "notes", "phone", "title", "description")
NOTE_LINK = {"persons": "person_id", "organizations": "org_id", "deals": "deal_id", "leads": "lead_id"}
PARAMS = ("term", "fields", "exact_match", "limit", "cursor")
INCLUDED = {"persons": ("person.picture",), "deals": ("deal.cc_email",), "products": ("product.price",),
            "leads": ("lead.was_seen",)}  # fmt: skip
NARROWED = {
    "persons": {"organization_id": "org_id"},
    "organizations": {},
    "deals": {"person_id": "person_id", "organization_id": "org_id", "status": "status"},
    "leads": {"person_id": "person_id", "organization_id": "organization_id"},
    "products": {},
}
MATCHES: dict[str, Callable[[str, str], bool]] = {
    "exact": lambda value, term: value == term,
    "beginning": lambda value, term: value.startswith(term),
    "middle": lambda value, term: term in value,
}


# The index


def indexed(call: Call, name: str) -> Iterator[Row]:
    """The records of an object as the index has them: changes of the last seconds are not in it."""
    lag = float(call.world.switches["search_lag_s"]) + call.request.stale_s
    late = call.world.history.late(name, call.world.clock.timestamp() - lag) if lag else {}
    for row in call.world.shelves[name]:
        known = late.pop(row["id"], row)
        if known is not None and call.world.sees(call.user, known):
            yield known
    yield from (row for row in late.values() if row is not None and call.world.sees(call.user, row))


def custom_texts(call: Call, name: str, row: Row) -> list[str]:
    """Custom values of searchable types, as text."""
    schema = call.world.schemas.get("deals" if name == "leads" else name)
    values = row.get("custom_fields") or {}
    if schema is None:
        return []
    return [
        _text(values[code])
        for code, field in schema.custom.items()
        if values.get(code) is not None and field.type in SEARCHABLE
    ]


def _text(value: Any) -> str:
    return str(value["value"] if isinstance(value, dict) else value)


def _notes(call: Call, name: str, row: Row) -> list[str]:
    link = NOTE_LINK.get(name)
    shelf = call.world.shelves["notes"]
    return [shelf.rows[id]["content"] for id in shelf.where(link, row["id"])] if link else []


def _texts(call: Call, name: str, row: Row, field: str) -> list[str]:
    if field == "custom_fields":
        return custom_texts(call, name, row)
    if field == "notes":
        return _notes(call, name, row)
    getter = PLAIN_FIELDS[name].get(field)
    return [str(text) for text in getter(row) if text] if getter else []


def hits(call: Call, name: str, fields: Iterable[str], term: str, *, exact: bool) -> list[tuple[float, Row]]:
    """Records with the term, best first; case does not count."""
    wanted, fields = term.casefold(), tuple(fields)
    found = []
    for row in indexed(call, name):
        texts = [text.casefold() for field in fields for text in _texts(call, name, row, field)]
        scores = [len(wanted) / len(text) for text in texts if (text == wanted if exact else wanted in text)]
        if scores:
            found.append((round(max(scores), 5), row))
    return sorted(found, key=lambda hit: -hit[0])


# What a hit looks like


def _named(call: Call, name: str, id: Any, column: str = "name") -> dict[str, Any] | None:
    row = call.world.shelves[name].get(id)
    return {"id": row["id"], column: row[column]} if row is not None else None


def _organization(call: Call, row: Row, column: str = "org_id") -> dict[str, Any] | None:
    found = call.world.shelves["organizations"].get(row.get(column))
    if found is None:
        return None
    return {"id": found["id"], "name": found["name"], "address": (found.get("address") or {}).get("value")}


def item(call: Call, name: str, row: Row) -> dict[str, Any]:
    """A found record, much shortened."""
    kind = next(kind for kind, of in ITEM_TYPES.items() if of == name)
    told: dict[str, Any] = {"id": row["id"], "type": kind}
    if name == "files":
        return told | {"name": row["name"], "url": f"/files/{row['id']}/download"}
    told |= {"visible_to": row["visible_to"], "owner": {"id": row["owner_id"]}}
    told["custom_fields"] = custom_texts(call, name, row)
    if name in NOTE_LINK:
        told["notes"] = _notes(call, name, row)
    return told | SHORT[name](call, row)


SHORT: dict[str, Callable[[Call, Row], dict[str, Any]]] = {
    "persons": lambda call, row: {
        "name": row["name"],
        "phones": [phone["value"] for phone in row.get("phones", ())],
        "emails": [email["value"] for email in row.get("emails", ())],
        "primary_email": next((email["value"] for email in row.get("emails", ()) if email["primary"]), None),
        "organization": _organization(call, row),
        "update_time": plain_of(row.get("update_time")),
    },
    "organizations": lambda call, row: {"name": row["name"], "address": (row.get("address") or {}).get("value")},
    "products": lambda call, row: {"name": row["name"], "code": row.get("code")},
    "deals": lambda call, row: {
        "title": row["title"], "value": row["value"], "currency": row["currency"], "status": row["status"],
        "stage": {"id": row["stage_id"], "name": STAGES[row["stage_id"] - 1]},
        "person": _named(call, "persons", row.get("person_id")), "organization": _organization(call, row),
        "is_archived": bool(row.get("is_archived")),
    },
    "leads": lambda call, row: {
        "title": row["title"], "value": (row.get("value") or {}).get("amount"),
        "currency": (row.get("value") or {}).get("currency"),
        "person": _named(call, "persons", row.get("person_id")),
        "organization": _organization(call, row, "organization_id"), "phones": [], "emails": [],
        "is_archived": bool(row.get("is_archived")),
    },
}  # fmt: skip


# Endpoints


def _term(call: Call, *, exact: bool) -> str:
    term = (call.query("term") or "").strip()
    if len(term) < (1 if exact else SHORTEST):
        raise Wrong(f"must be at least {1 if exact else SHORTEST} characters long", "term")
    return term


def _only(call: Call, *more: str) -> None:
    """v2 refuses what it does not know; `start` belongs to the recorded way of paging. Raises Wrong."""
    paging = ("start",) if call.world.switches["search_paging"] == "pagination" else ()
    call.only((*PARAMS, *more, *paging))


def _includes(call: Call, *names: str) -> tuple[str, ...]:
    """The query parameter for more of each hit, where an object has one. Raises Wrong for another value."""
    allowed = [field for name in names for field in INCLUDED.get(name, ())]
    if allowed:
        _subset(call, "include_fields", allowed)
    return ("include_fields",) if allowed else ()


def _subset(call: Call, name: str, allowed: Iterable[str]) -> list[str]:
    known = tuple(allowed)
    words = call.words(name) or list(known)
    for word in words:
        if word not in known:
            raise Wrong(f"must be one of {', '.join(known)}", name)
    return words


def _page(call: Call, found: list[Any], most: int) -> tuple[list[Any], dict[str, Any]]:
    """A page of hits: recorded answers have v1's pagination where the document promises a cursor (FACTS 3.1)."""
    limit = limit_of(call, most) if call.query("limit") else min(DEFAULT, most)
    start = call.number("start", call.number("cursor", 0)) or 0
    more = start + limit < len(found)
    page = found[start : start + limit]
    if call.world.switches["search_paging"] == "cursor":
        return page, {"next_cursor": str(start + limit) if more else None}
    pagination: dict[str, Any] = {"start": start, "limit": limit, "more_items_in_collection": more}
    if more:
        pagination["next_start"] = start + limit
    return page, {"pagination": pagination}


def search_one(call: Call, name: str) -> Answer:
    """Search of one object."""
    narrowed = NARROWED[name]
    _only(call, *_includes(call, name), *narrowed)
    exact = bool(call.flag("exact_match"))
    term = _term(call, exact=exact)
    found = hits(call, name, _subset(call, "fields", FIELDS[name]), term, exact=exact)
    for param, column in narrowed.items():
        value = call.query(param) if param == "status" else call.number(param)
        if value is not None:
            found = [(score, row) for score, row in found if row.get(column) == value]
    page, additional = _page(call, found, int(call.world.switches["search_limit"]))
    items = [{"result_score": score, "item": item(call, name, row)} for score, row in page]
    return ok({"items": items}, additional_data=additional)


@routes.on("GET /v2/itemSearch")
def search_items(call: Call) -> Answer:
    """Search of several objects at once."""
    _only(call, *_includes(call, "persons", "deals", "products"), "item_types", "search_for_related_items")
    exact = bool(call.flag("exact_match"))
    term = _term(call, exact=exact)
    fields = set(_subset(call, "fields", ALL_FIELDS))
    names = [ITEM_TYPES[t] for t in _subset(call, "item_types", (*ITEM_TYPES, *ABSENT_TYPES)) if t in ITEM_TYPES]
    found = [
        (score, name, row)
        for name in names
        for score, row in hits(call, name, fields.intersection(FIELDS[name]), term, exact=exact)
    ]
    page, additional = _page(call, sorted(found, key=lambda hit: -hit[0]), ITEMS_MOST)
    items = [{"result_score": score, "item": item(call, name, row)} for score, name, row in page]
    return ok({"items": items, "related_items": []}, additional_data=additional)


@routes.on("GET /v2/itemSearch/field")
def search_field(call: Call) -> Answer:
    """Search of one field; case counts."""
    paging = ("start",) if call.world.switches["search_paging"] == "pagination" else ()
    call.only(("term", "entity_type", "match", "field", "limit", "cursor", *paging))
    kind, match = call.query("entity_type"), call.query("match") or "exact"
    if kind not in FIELD_TYPES:
        raise Wrong(f"must be one of {', '.join(FIELD_TYPES)}", "entity_type")
    if match not in MATCHES:
        raise Wrong("must be one of exact, beginning, middle", "match")
    term = _term(call, exact=match == "exact")
    name, code = ITEM_TYPES.get(kind), call.query("field") or ""
    found = []
    for row in indexed(call, name) if name else ():
        text = _field_text(call, name or "", row, code)
        if text is not None and MATCHES[match](text, term):
            found.append({"id": row["id"], code: text})
    page, additional = _page(call, found, DOCUMENTED_MOST)
    return ok(page, additional_data=additional)


def _field_text(call: Call, name: str, row: Row, code: str) -> str | None:
    """The value of a searchable field. Raises Wrong for another."""
    if code in PLAIN_FIELDS[name]:
        return next((str(text) for text in PLAIN_FIELDS[name][code](row) if text), None)
    schema = call.world.schemas["deals" if name == "leads" else name]
    field = schema.custom.get(code)
    if field is None or field.type not in SEARCHABLE:
        raise Wrong("The field can not be searched", "field")
    value = (row.get("custom_fields") or {}).get(code)
    return None if value is None else _text(value)


for _name in NARROWED:
    routes.on(f"GET /v2/{_name}/search")(partial(search_one, name=_name))
