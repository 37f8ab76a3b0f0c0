"""Finding contacts: the search, the old list, the duplicate lookup (FACTS 4, 4.3). All of them lag behind."""

from __future__ import annotations

from gurney.twins.highlevel import matching
from gurney.twins.highlevel.call import Call, Routes
from gurney.twins.highlevel.checks import EMAIL, Shape, anything, filled
from gurney.twins.highlevel.contact_shapes import CUSTOM, full, hit, whole_name
from gurney.twins.highlevel.filters import Column, compile_filters
from gurney.twins.highlevel.ids import millis
from gurney.twins.highlevel.refusals import bad
from gurney.twins.highlevel.searching import check_query, find, page
from gurney.twins.highlevel.values import normal_phone
from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer

routes = Routes()
READ = "contacts.readonly"
PAGE_MOST = 500
LIST_MOST = 100
COLUMNS = {
    "id": Column(lambda row: row["id"], "id"),
    "email": Column(lambda row: row.get("email"), fold=True),
    "phone": Column(lambda row: row.get("phone"), "phone"),
    "firstNameLowerCase": Column(lambda row: row.get("firstName", "").lower()),
    "lastNameLowerCase": Column(lambda row: row.get("lastName", "").lower()),
    "tags": Column(lambda row: row["tags"], fold=True),
    "dateAdded": Column(lambda row: row["dateAdded"]),
    "dateUpdated": Column(lambda row: row["dateUpdated"]),
    "businessName": Column(lambda row: row.get("companyName")),
    **{
        name: Column(lambda row, name=name: row.get(name))  # type: ignore[misc]
        for name in ("assignedTo", "dnd", "source", "type", "businessId", "city", "state", "postalCode", "country")
    },
}
"""What contacts can be searched by, besides custom fields (FACTS 4.3)."""
BODY = Shape(
    dict.fromkeys(("page", "pageLimit", "filters", "sort", "query", "searchAfter"), anything) | {"locationId": filled},
    ["locationId"],
)


def columns(call: Call, name: str) -> Column | None:
    """A field's column; custom ones are `customFields.<id>`."""
    if name in COLUMNS:
        return COLUMNS[name]
    field = call.account.fields.get(name.removeprefix(CUSTOM)) if name.startswith(CUSTOM) else None
    return None if field is None else Column(lambda row: row.get(name), name)


def _matches(row: Row, words: str) -> bool:
    told = [whole_name(row), row.get("email", ""), row.get("phone", ""), row.get("companyName", "")]
    return any(words in one.casefold() for one in told)


@routes.on("POST /contacts/search", READ)
def search(call: Call) -> Answer:
    """Filters, sort, pages of 500."""
    body = BODY.read(call.body())
    call.same_location(body["locationId"])
    words = check_query(body)
    query = compile_filters(body.get("filters"), lambda name: columns(call, name))
    entries = find(call, "contacts", body, lambda name: columns(call, name), "dateAdded", query)
    if words:
        entries = [entry for entry in entries if _matches(entry[2], words)]
    hits = [{**hit(call, row), "searchAfter": after} for row, after in page(body, entries, PAGE_MOST)]
    return call.ok({"contacts": hits, "total": len(entries)})


@routes.on("GET /contacts", READ)
def list_contacts(call: Call) -> Answer:
    """Old, answering still, also under v3: newest first, on from the last one's moment and id."""
    call.only("locationId", "startAfterId", "startAfter", "query", "limit")
    call.here()
    limit = call.number("limit", 20, LIST_MOST)
    rows = list(call.account.searched("contacts", call.request.stale_s))
    words = call.query("query")
    if words:
        rows = [row for row in rows if _matches(row, words.casefold())]
    total = len(rows)
    placed = sorted(((millis(row["dateAdded"]), row["id"], row) for row in rows), key=lambda one: one[:2], reverse=True)
    since = call.query("startAfterId")
    if since:
        at = call.number("startAfter", 0)
        placed = [one for one in placed if one[:2] < (at, since)]
    shown = placed[: limit or 1]
    return call.ok({
        "contacts": [hit(call, row) for _, _, row in shown], "count": total,
        "meta": _meta(call, shown, total, limit, more=len(placed) > len(shown)),
    })  # fmt: skip


def _meta(call: Call, shown: list[tuple[int, str, Row]], total: int, limit: int, *, more: bool) -> Row:
    """Where to go on. `nextPageUrl` has no access to the location (FACTS 17): build your own."""
    last = shown[-1] if shown else (None, None, None)
    url = f"https://services.leadconnectorhq.com/contacts/?limit={limit}&startAfter={last[0]}&startAfterId={last[1]}"
    return {
        "total": total, "nextPageUrl": url if more else None, "startAfterId": last[1], "startAfter": last[0],
        "currentPage": 1, "nextPage": 2 if more else None, "prevPage": None,
    }  # fmt: skip


@routes.on("GET /contacts/search/duplicate", READ)
def duplicate(call: Call) -> Answer:
    """Who has the e-mail, else who has the phone; null when nobody (switch duplicate_lookup: how late)."""
    call.only("locationId", "number", "email")
    call.here()
    email, number = call.query("email"), call.query("number")
    if email is None and number is None:
        raise bad("email or number is required")
    if email is not None and not EMAIL.fullmatch(email):
        raise bad("Invalid email")
    phone = normal_phone(number, call.account.row["country"], "none") if number else None
    values = {"email": email, "phone": phone}
    row = _looked_up(call, values) if call.switch("duplicate_lookup") == "late" else _at_once(call, values)
    return call.ok({"contact": None if row is None else full(call, row)})


def _at_once(call: Call, values: dict[str, str | None]) -> Row | None:
    for name in ("email", "phone"):
        id = call.account.directory.bearer(name, values[name])
        if id is not None:
            return call.account["contacts"].get(id)
    return None


def _looked_up(call: Call, values: dict[str, str | None]) -> Row | None:
    """By the search index: the bearer must be in it, as it has them."""
    account = call.account
    late = account.indexes["contacts"].late(call.world.clock.timestamp(), call.request.stale_s)
    for name, read in matching.READ.items():
        wanted = values[name]
        if wanted is None:
            continue
        wanted = wanted.casefold() if name == "email" else wanted
        for old in late.values():
            if old is not None and wanted in read(old):
                return old
        for id in account.directory.bearers(name, wanted):
            if id not in late:
                return account["contacts"].get(id)
    return None


@routes.on("GET /contacts/business/{businessId}", READ)
def of_business(call: Call) -> Answer:
    """The contacts of a company."""
    call.only("limit", "locationId", "skip", "query", "startAfter")
    call.here()
    limit, skip = call.number("limit", 25, LIST_MOST), call.number("skip", 0)
    rows = [row for row in call.account["contacts"] if row.get("businessId") == call.param("businessId")]
    return call.ok({"contacts": [hit(call, row) for row in rows[skip : skip + limit]], "count": len(rows)})
