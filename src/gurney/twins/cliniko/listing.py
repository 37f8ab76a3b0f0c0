"""From a request to one page of a list: scope, filters, order, page, envelope (FACTS 3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from gurney.twins.cliniko.access import Caller
from gurney.twins.cliniko.filters import BadFilter, Condition, conditions_of, lifts, linked_id, reader
from gurney.twins.cliniko.refusals import Refused, bad_request
from gurney.twins.cliniko.resources import Resource
from gurney.twins.cliniko.store import ARCHIVED, CANCELLED, DELETED, INACTIVE, Record, Row, Store, Table
from gurney.twins.kit.clock import Clock
from gurney.twins.kit.wire import JSON_TYPE, Answer, Request

PLACEHOLDER = b"https://api.au1.cliniko.com/v1"
"""How links begin in stored records; replaced by the address that the client came by."""
PREFIX = "/v1"
DEFAULT_PAGE, LARGEST_PAGE = 50, 100
LEADS_BACK = "leads_back"
"""Where a fault leaves word on the request: the page to which its `next` link leads."""
SCOPE_BITS = {"archived_at": ARCHIVED, "cancelled_at": CANCELLED, "deleted_at": DELETED}
SETTINGS_LIKE = ("appointment_types", "billable_items")

Chosen = Callable[[Store], list[Row]]


@dataclass(frozen=True)
class Listing:
    """What a path lists: a table, the fields it filters on, and which of the rows belong to it."""

    resource: Resource
    filters: Mapping[str, str]
    envelope: str
    key: Any = None
    """Tells this choice of rows from others of the same table."""
    chosen: Chosen | None = None
    """The rows that belong to it; None for all."""
    hidden: int = 0
    """Bits that always exclude."""
    wanted: int = 0
    """Bits that a row must have."""


@dataclass(frozen=True)
class Query:
    """The parts of a request that decide which rows there are and in which order."""

    conditions: tuple[Condition, ...]
    hidden: int
    wanted: int
    sort: tuple[tuple[str, bool], ...]
    own_notes_of: str | None

    def key(self, listing: Listing) -> Any:
        """Tells equal queries."""
        asked = tuple(condition.key for condition in self.conditions)
        return listing.key, asked, self.hidden, self.wanted, self.sort, self.own_notes_of


class Lists:
    """Answers list requests and reads by id from the store."""

    def __init__(self, store: Store, clock: Clock, switches: Mapping[str, str]) -> None:
        self.store = store
        self._clock = clock
        self._switches = switches
        self._fold = switches["text_case"] == "ignored"
        self._lag_s = float(switches["list_lag_s"])
        self._most = int(switches["page_most"])

    def answer(self, listing: Listing, request: Request) -> Answer:
        """One page with its envelope."""
        page, size = self._page(request)
        query = self._query(listing, request)
        rows = self._rows(listing, query, self._lag_s + request.stale_s)
        total = len(rows)
        body = b"".join(
            (
                b'{"' + listing.envelope.encode() + b'":[',
                b",".join(wire_of(listing.resource.name, row) for row in rows[(page - 1) * size : page * size]),
                b'],"total_entries":%d,"links":' % total,
                orjson.dumps(_links(request, page, size, total)),
                b"}",
            )
        )
        return json_answer(body, request)

    def single(self, resource: Resource, id: str, request: Request) -> Row | None:
        """The record with this id, as far as the caller may see it; hidden ones only when asked for."""
        row = self.store.tables[resource.name].rows.get(id)
        conditions = self._conditions(request, resource.single_filters)
        if row is None:
            return None
        hidden = self._hidden(resource, conditions)
        if self._switches["archived_by_id"] == "200":
            hidden = 0
        query = Query(tuple(conditions), hidden, 0, (), self._own_notes(resource, request.caller))
        if _settings_hidden(resource, request.caller):
            query = Query(query.conditions, hidden | ARCHIVED, 0, (), query.own_notes_of)
        return row if self._matching([row], resource, query) else None

    def _query(self, listing: Listing, request: Request) -> Query:
        resource = listing.resource
        conditions = self._conditions(request, listing.filters)
        hidden = self._hidden(resource, conditions) | listing.hidden
        if _settings_hidden(resource, request.caller):
            hidden |= ARCHIVED
        own = self._own_notes(resource, request.caller)
        return Query(tuple(conditions), hidden, listing.wanted, self._sort(listing, request), own)

    def _conditions(self, request: Request, filters: Mapping[str, str]) -> list[Condition]:
        try:
            return conditions_of(request.query, filters, fold=self._fold)
        except BadFilter as no:
            raise Refused(bad_request(str(no))) from None

    def _hidden(self, resource: Resource, conditions: list[Condition]) -> int:
        """Bits of the default scope that no condition lifts."""
        if self._switches["comparison_lifts"] == "no":
            conditions = [condition for condition in conditions if condition.operator in ("*", "?")]
        lifted = lifts(conditions)
        hidden = 0
        for name, bit in SCOPE_BITS.items():
            if name in lifted or (name == "deleted_at" and self._switches["deleted_hidden"] == "no"):
                continue
            hidden |= bit if name in resource.filters else 0
        return hidden

    def _own_notes(self, resource: Resource, caller: Caller) -> str | None:
        return caller.practitioner if caller.own_notes_only and resource.name == "treatment_notes" else None

    def _rows(self, listing: Listing, query: Query, lag_s: float) -> list[Row]:
        table = self.store.tables[listing.resource.name]
        overlay = table.undone(self._clock.timestamp() - lag_s) if lag_s else {}
        if overlay:
            return self._lagging(listing, query, overlay)
        key = query.key(listing)
        kept = table.results.get(key)
        return kept if kept is not None else table.remember(key, self._search(listing, query, table))

    def _lagging(self, listing: Listing, query: Query, overlay: Mapping[str, Row | None]) -> list[Row]:
        """The list as it was: changed rows as they were before, in their old places."""
        table = self.store.tables[listing.resource.name].copy()
        for id, before in overlay.items():
            if before is None:
                table.rows.pop(id, None)
            else:
                table.rows[id] = before
        shown = None if listing.chosen is None else {row.id for row in listing.chosen(self.store)}
        rows = [row for row in table.ordered("created_at") if shown is None or row.id in shown]
        return _sorted(self._matching(rows, listing.resource, query), query.sort, listing.resource)

    def _search(self, listing: Listing, query: Query, table: Table) -> list[Row]:
        if listing.chosen is not None:
            return _sorted(
                self._matching(listing.chosen(self.store), listing.resource, query), query.sort, listing.resource
            )
        rows, order = _candidates(table, listing.resource, query)
        found = self._matching(rows, listing.resource, query)
        return found if query.sort == ((order, False),) else _sorted(found, query.sort, listing.resource)

    def _matching(self, rows: list[Row], resource: Resource, query: Query) -> list[Row]:
        hidden, wanted = query.hidden, query.wanted
        rows = [row for row in rows if not row.hidden & hidden and row.hidden & wanted == wanted]
        tests = [(_attribute(resource.name, one.name), one.test) for one in query.conditions if one.operator != "*"]
        if query.own_notes_of:
            author = int(query.own_notes_of)
            tests.append((_parsed(lambda record: linked_id(record.get("practitioner"))), lambda held: held == author))
        for read, test in tests:
            rows = [row for row in rows if test(read(row))]
        return rows

    def _sort(self, listing: Listing, request: Request) -> tuple[tuple[str, bool], ...]:
        """Columns with whether they descend. `order` is the older way to say the direction."""
        default = (request.query.get("order") or "asc").lower() == "desc"
        columns = []
        for part in (request.query.get("sort") or "created_at").split(","):
            name, _, direction = part.strip().partition(":")
            if name in listing.filters or name in ("id", "created_at", "updated_at"):
                columns.append((name, direction.lower() == "desc" if direction else default))
            elif self._switches["unknown_sort"] == "400":
                raise Refused(bad_request(f"{name} is not sortable"))
        return tuple(columns) or (("created_at", default),)

    def _page(self, request: Request) -> tuple[int, int]:
        page = max(1, _number(request.query.get("page"), 1))
        size = max(1, _number(request.query.get("per_page"), DEFAULT_PAGE))
        if size > LARGEST_PAGE and self._switches["per_page_over"] == "400":
            raise Refused(bad_request(f"per_page must be at most {LARGEST_PAGE}"))
        return page, min(size, LARGEST_PAGE, self._most)


def wire_of(shown_as: str, row: Row) -> bytes:
    """A record as a list shows it: bookings have their own address, legacy appointments two more names."""
    if shown_as == row.resource:
        return row.wire
    own = f'/{row.resource}/{row.id}"'.encode()
    wire = row.wire.replace(own, f'/{shown_as}/{row.id}"'.encode(), 1)
    if shown_as != "appointments":
        return wire
    record = orjson.loads(wire)
    return orjson.dumps({**record, "appointment_start": record["starts_at"], "appointment_end": record["ends_at"]})


def json_answer(body: bytes, request: Request, status: int = 200) -> Answer:
    """Bytes of JSON with stored links, sent with links to where the client came from."""
    base = (request.base_url + PREFIX).encode()
    return Answer(status, body=body.replace(PLACEHOLDER, base), headers={"content-type": JSON_TYPE})


def record_answer(record: Record, request: Request, status: int = 200) -> Answer:
    """One record."""
    return json_answer(orjson.dumps(record), request, status)


def _links(request: Request, page: int, size: int, total: int) -> dict[str, str]:
    sized = [("per_page", str(size))] if "per_page" in request.query else []
    others = [pair for pair in request.query.pairs if pair[0] not in ("page", "per_page")]

    def at(number: int) -> str:
        query = urlencode([("page", str(number)), *sized, *others], quote_via=quote)
        return f"{request.base_url}{request.raw_path}?{query}"

    links = {"self": at(page)}
    if page * size < total:
        links["next"] = at(page + 1)
    if (back := getattr(request, LEADS_BACK, None)) is not None:
        links["next"] = at(back or page)
    if page > 1:
        links["previous"] = at(page - 1)
    return links


def _candidates(table: Table, resource: Resource, query: Query) -> tuple[list[Row], str]:
    """As few rows as an index gives, and by which stamp they are ordered."""
    for condition in query.conditions:
        if condition.operator != "=" or resource.filters.get(condition.name) != "int64":
            continue
        if condition.name == "id":
            found = {str(id): table.rows.get(str(id)) for id in condition.values}
            return sorted(
                (row for row in found.values() if row), key=lambda row: (row.created, row.number)
            ), "created_at"
        if len(condition.values) == 1:
            read = reader(resource.name, condition.name)
            return table.group(condition.name, read, condition.values[0]), "created_at"
    name = "updated_at" if query.sort == (("updated_at", False),) else "created_at"
    if not _bounds(query, name)[2]:
        name = next((stamp for stamp in ("updated_at", "created_at") if _bounds(query, stamp)[2]), name)
    low, high, _ = _bounds(query, name)
    return table.window(name, low, high), name


def _bounds(query: Query, name: str) -> tuple[str | None, str | None, bool]:
    """The narrowest window on a stamp that the conditions ask for (its ends may hold too much)."""
    low = [one.values[0] for one in query.conditions if one.name == name and one.operator in (">=", ">")]
    high = [one.values[0] for one in query.conditions if one.name == name and one.operator in ("<=", "<")]
    return max(low, default=None), min(high, default=None), bool(low or high)


def _attribute(resource: str, name: str) -> Callable[[Row], Any]:
    """How a row's value is read: from the row where it is kept, else from the parsed record."""
    kept: dict[str, Callable[[Row], Any]] = {
        "id": lambda row: row.number,
        "created_at": lambda row: row.created,
        "updated_at": lambda row: row.updated,
    }
    return kept.get(name) or _parsed(reader(resource, name))


def _parsed(read: Callable[[Record], Any]) -> Callable[[Row], Any]:
    return lambda row: read(row.record())


def _sorted(rows: list[Row], sort: tuple[tuple[str, bool], ...], resource: Resource) -> list[Row]:
    """By several columns, each up or down; empty values last, equal ones by id."""
    rows = sorted(rows, key=lambda row: row.number)
    for name, descends in reversed(sort):
        read = _attribute(resource.name, name)
        values = {row.id: read(row) for row in rows}
        filled = [row for row in rows if values[row.id] is not None]
        empty = [row for row in rows if values[row.id] is None]
        filled.sort(key=lambda row: values[row.id], reverse=descends)
        rows = filled + empty
    return rows


def _settings_hidden(resource: Resource, caller: Caller) -> bool:
    """Archived types and prices belong to the settings: lesser roles never see them (FACTS 2)."""
    return resource.name in SETTINGS_LIKE and not caller.sees_archived_settings


def _number(text: str | None, default: int) -> int:
    try:
        return int(text) if text else default
    except ValueError:
        return default


__all__ = ["INACTIVE", "PLACEHOLDER", "PREFIX", "Listing", "Lists", "json_answer", "record_answer", "wire_of"]
