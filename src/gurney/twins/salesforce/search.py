"""Search: SOSL and its parametrised form. The index is late, so nothing new is found at once (FACTS 4)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from gurney.twins.kit.wire import Answer
from gurney.twins.salesforce.call import Call, Routes
from gurney.twins.salesforce.finding import Finder
from gurney.twins.salesforce.paths import Resolver
from gurney.twins.salesforce.refusals import Refused
from gurney.twins.salesforce.schema import TEXT_TYPES, ObjectDef
from gurney.twins.salesforce.selecting import shape_of
from gurney.twins.salesforce.soql_reader import parse
from gurney.twins.salesforce.store import Row
from gurney.twins.salesforce.times import shown as moment_shown

routes = Routes()
SOSL = re.compile(
    r"\s*FIND\s*\{(?P<term>.*?)\}\s*(?:IN\s+(?P<scope>ALL|NAME|EMAIL|PHONE|SIDEBAR)\s+FIELDS\s*)?"
    r"(?:RETURNING\s+(?P<returning>.*?))?\s*(?:LIMIT\s+(?P<limit>\d+))?\s*",
    re.IGNORECASE | re.DOTALL,
)
RETURNED = re.compile(r"\s*(\w+)\s*(?:\(([^()]*(?:\([^()]*\)[^()]*)*)\))?\s*(?:,|$)")
SCOPES = {"NAME": ("string",), "EMAIL": ("email",), "PHONE": ("phone",)}
LEAST_CHARACTERS = 2
MOST = 2_000
DEFAULT_OBJECTS = ("Account", "Contact", "Lead", "Opportunity")


@routes.on("GET", "/search")
def search(call: Call) -> Answer:
    found = SOSL.fullmatch(call.query("q") or "")
    if found is None:
        raise Refused("MALFORMED_SEARCH", "unexpected token in the search: FIND {term} is expected")
    returning = found["returning"] or ", ".join(DEFAULT_OBJECTS)
    wanted = [(name, inside or "Id") for name, inside in RETURNED.findall(returning) if name]
    return _answer(
        call, _unescaped(found["term"]), (found["scope"] or "ALL").upper(), wanted, int(found["limit"] or MOST)
    )


@routes.on("GET", "/parameterizedSearch")
def search_by_parameters(call: Call) -> Answer:
    fields = call.query("fields") or "Id"
    wanted = [(name, fields) for name in call.request.query.all("sobject") or DEFAULT_OBJECTS]
    scope = (call.query("in") or "ALL").upper()
    return _answer(call, call.query("q") or "", scope, wanted, int(call.query("overallLimit") or MOST))


@routes.on("POST", "/parameterizedSearch")
def search_by_body(call: Call) -> Answer:
    body = call.body()
    fields = body.get("fields") or ["Id"]
    wanted = [
        (str(one.get("name")), ", ".join(one.get("fields") or fields)) for one in body.get("sobjects") or () if one
    ]
    scope = str(body.get("in") or "ALL").upper()
    return _answer(call, str(body.get("q") or ""), scope, wanted, int(body.get("overallLimit") or MOST))


def _answer(call: Call, term: str, scope: str, wanted: Iterable[tuple[str, str]], limit: int) -> Answer:
    words = [word.strip('"*?').casefold() for word in term.split() if word.upper() not in ("AND", "OR")]
    if not words or len(term.strip()) < LEAST_CHARACTERS:
        raise Refused("MALFORMED_SEARCH", "search term must be longer than one character: " + term)
    lag_s = float(call.world.switches["search_lag_s"]) + call.request.stale_s
    horizon = moment_shown(int(call.world.clock.timestamp() - lag_s))
    records: list[dict[str, Any]] = []
    for name, inside in wanted:
        text = _as_query(name, inside)
        query, resolver = parse(text), Resolver(call.world, call.access, text)
        kind = resolver.object(query.object)
        if not kind.searchable:
            raise Refused("INVALID_TYPE", f"entity type {kind.name} does not support search")
        shape, top, query.limit = shape_of(call, resolver, query, kind), query.limit, None
        fields = _searched(call, kind, scope)
        rows = (row for row in Finder(resolver, query, kind).rows() if row["SystemModstamp"] <= horizon)
        hits = [shape.show(row) for row in rows if _matches(row, fields, words)]
        records += hits[: top if top is not None else limit]
    return Answer(200, {"searchRecords": records[:limit]})


def _as_query(name: str, inside: str) -> str:
    """`Id, Name WHERE … LIMIT 5` of a RETURNING as the query it amounts to."""
    clause = re.search(r"\b(WHERE|ORDER\s+BY|LIMIT|OFFSET)\b", inside, re.IGNORECASE)
    at = clause.start() if clause else len(inside)
    return f"SELECT {inside[:at].strip() or 'Id'} FROM {name} {inside[at:]}"


def _searched(call: Call, kind: ObjectDef, scope: str) -> list[str]:
    types = SCOPES.get(scope, tuple(TEXT_TYPES))
    fields = call.access.readable(kind).values()
    return [f.name for f in fields if f.type in types and (scope != "NAME" or f.name_field)]


def _matches(row: Row, fields: list[str], words: list[str]) -> bool:
    """Whether every word begins a word of one of the fields."""
    text = " ".join(str(row[name]) for name in fields if name in row).casefold()
    return all(re.search(rf"(?<!\w){re.escape(word)}", text) for word in words)


def _unescaped(term: str) -> str:
    return re.sub(r"\\(.)", r"\1", term)
