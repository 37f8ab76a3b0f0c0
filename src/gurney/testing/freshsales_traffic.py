"""Holds traffic with Freshsales against what there is in place of a specification: a list of operations, and answers
of a real account (FACTS, spec/SOURCES.md).

A request must be an operation of the list, with parameters and keys that the list or FACTS knows; an answer must have
the keys of the recorded one. What both are silent about stands here, each with the place that knows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from gurney.testing.recording import Exchange
from gurney.testing.traffic import Tolerated, Violation, known_errors, tolerated_of

API = "/crm/sales/api"
OUTSIDE = re.compile(r"/crm/sales/documents/|/stored/")
"""A file's page and the object store behind it are no calls of the API (FACTS 3)."""
UNLISTED = (
    r"GET /\w+/filters", r"POST /filtered_search/\w+", r"GET /selector/\w+", r"GET /cpq/products",
    r"GET /(sales_accounts|deals)/\d+/document_associations",
)  # fmt: skip
"""Calls that the list lacks: FACTS 2 and 3, the links of recorded accounts, and one that is only tried (FACTS 0.9)."""
EVERYWHERE = frozenset({"page", "per_page", "sort", "sort_type", "include", "filter"})
"""Parameters of every list and record (FACTS 2)."""
PARAMETERS = {"GET /lookup": frozenset({"f", "entities"})}
"""More parameters (FACTS 3)."""
KEYS = {
    "/contacts": (
        "external_id", "mobile_number", "work_number", "emails", "address", "city", "state", "zipcode", "country",
        "job_title", "lifecycle_stage_id", "sales_accounts", "owner_id", "first_name", "last_name", "is_primary",
    ),
    "/sales_accounts": ("website", "phone", "address", "city", "state", "zipcode", "country", "owner_id", "name"),
    "/deals": (
        "name", "deal_stage_id", "closed_date", "expected_close", "contacts_added_list", "contacts_removed_list",
        "sales_account_id", "owner_id", "amount",
    ),
    "/tasks": ("status",),
    "/appointments": ("location", "is_allday", "appointment_attendees_attributes", "attendee_type", "attendee_id"),
    "/cpq/products": (
        "product_code", "sku_number", "category", "is_active", "pricing_type", "product_pricings", "currency_code",
        "unit_price", "description", "name",
    ),
}  # fmt: skip
"""Keys of bodies that the list lacks and FACTS 3 has, by the beginning of the path."""
BULK = frozenset({"external_id", "data"})
BESIDE = {
    "owner": ("users", "owner_id"),
    "notes": ("notes", "note_ids"),
    "tasks": ("tasks", "task_ids"),
    "appointments": ("appointments", "appointment_ids"),
    "contacts": ("contacts", "contact_ids"),
    "sales_accounts": ("sales_accounts", "sales_accounts"),
    "sales_account": ("sales_accounts", "sales_account_id"),
    "appointment_attendees": ("appointment_attendees", "appointment_attendee_ids"),
    "targetable": ("contacts", "sales_accounts", "deals", "targetable"),
}
"""What an `include` puts beside the records, and the link to it in each (FACTS 2). Recorded answers have none."""
FREE = frozenset({"custom_field", "avatar_data"})
"""Objects whose keys are data."""
SAMPLES = (
    (r"(POST|GET) /contacts(/\d+)?$", "contact"),
    (r"POST /contacts/upsert$", "contact"),
    (r"PUT /contacts/\d+$", "contact_updated"),
    (r"(POST|GET) /sales_accounts(/\d+)?$", "account"),
    (r"POST /sales_accounts/upsert$", "account"),
    (r"PUT /sales_accounts/\d+$", "account_updated"),
    (r"(POST|GET) /deals(/\d+)?$", "deal"),
    (r"POST /deals/upsert$", "deal"),
    (r"PUT /deals/\d+$", "deal_updated"),
    (r"GET /contacts/view/\d+$", "contacts"),
    (r"GET /sales_accounts/view/\d+$", "accounts"),
    (r"GET /deals/view/\d+$", "deals"),
    (r"GET /contacts/filters$", "contact_views"),
    (r"GET /sales_accounts/filters$", "account_views"),
    (r"GET /deals/filters$", "deal_views"),
    (r"GET /settings/contacts/fields$", "contact_fields"),
    (r"GET /settings/sales_accounts/fields$", "account_fields"),
    (r"GET /settings/deals/fields$", "deal_fields"),
    (r"POST /notes$", "note"),
    (r"PUT /notes/\d+$", "note_updated"),
    (r"POST /tasks$", "task"),
    (r"GET /tasks/\d+$", "task_view"),
    (r"PUT /tasks/\d+$", "task_updated"),
    (r"GET /tasks$", "tasks"),
    (r"POST /appointments$", "appointment"),
    (r"PUT /appointments/\d+$", "appointment_updated"),
    (r"GET /appointments$", "appointments"),
    (r"PUT /cpq/products/\d+$", "product_pricing"),
    (r"POST /filtered_search/contact$", "filter_contacts"),
    (r"GET /selector/owners$", "selectors_users"),
    (r"GET /selector/lifecycle_stages$", "selectors_lifecycle_stages"),
    (r"GET /selector/deal_pipelines$", "selectors_deal_pipelines"),
    (r"GET /selector/deal_stages$", "selectors_deal_stages"),
    (r"GET /selector/currencies$", "selectors_currencies"),
    (r"DELETE /(contacts|sales_accounts|deals)/\d+$", "deleted"),
    (r"DELETE /(notes|tasks|appointments|cpq/products)/\d+$", "deleted_200"),
)
"""Which recorded answer is one of which call."""


@dataclass(frozen=True, slots=True)
class _Operation:
    """One entry of the list."""

    name: str
    pattern: re.Pattern[str]
    query: frozenset[str]
    keys: frozenset[str]
    required: tuple[tuple[str, ...], ...]


@dataclass
class FreshsalesValidator:
    """Judges exchanges. `seen` counts the calls that it judged, by method and path without ids."""

    operations: tuple[_Operation, ...]
    samples: Mapping[str, Any]
    tolerated: tuple[Tolerated, ...] = ()
    seen: set[str] = field(default_factory=set)

    def validate(self, exchange: Exchange) -> list[Violation]:
        """What is wrong with the request and with its answer."""
        path = urlsplit(exchange.url).path
        if OUTSIDE.match(path):
            return []
        call = f"{exchange.method} {path.removeprefix(API)}"
        self.seen.add(re.sub(r"\d{4,}", "{}", call))
        found = [*self._request(call, exchange), *self._answer(call, exchange)]
        return [one for one in found if not any(known.covers(one) for known in self.tolerated)]

    def _request(self, call: str, exchange: Exchange) -> Iterator[Violation]:
        operation = next((one for one in self.operations if one.pattern.fullmatch(call)), None)
        if operation is None:
            if not any(re.fullmatch(one, call) for one in UNLISTED):
                yield Violation("request", call, "", "no such operation is listed")
            return
        query = {name for name, _ in parse_qsl(urlsplit(exchange.url).query)}
        for name in sorted(query - operation.query - EVERYWHERE - PARAMETERS.get(operation.name, frozenset())):
            yield Violation("request", operation.name, name, "no such parameter is listed")
        if not exchange.request_body or "json" not in exchange.request_headers.get("content-type", ""):
            return
        body = orjson.loads(exchange.request_body)
        for key in sorted(_keys(body) - operation.keys):
            yield Violation("request", operation.name, key, "no such key is listed")
        for place in operation.required:
            if not _has(body, place):
                yield Violation("request", operation.name, ".".join(place), "a key is required")

    def _answer(self, call: str, exchange: Exchange) -> Iterator[Violation]:
        if exchange.status >= 400:
            return
        if exchange.status != 200:
            yield Violation("response", call, "", f"status {exchange.status} was never recorded")
        name = next((sample for pattern, sample in SAMPLES if re.match(pattern, call)), "")
        if not name or not exchange.response_body:
            return
        asked = dict(parse_qsl(urlsplit(exchange.url).query)).get("include", "").split(",")
        beside = {key for word in asked for key in BESIDE.get(word, ())}
        for words in differences(self.samples[name], orjson.loads(exchange.response_body)):
            at, _, what = words.partition(": ")
            if what != "more" or at.rpartition(".")[2] not in beside:
                yield Violation("response", re.sub(r"\d{4,}", "{}", call), at, f"{what}, other than in {name}.json")


def load_freshsales_validator(vendors: Path) -> FreshsalesValidator:
    """The judge of a folder that holds the vendors' specifications."""
    spec = vendors / "freshsales" / "spec"
    rows = orjson.loads((spec / "operations.json").read_bytes())["operations"]
    listed = sorted(_together(_operation(row) for row in rows), key=lambda one: one.name.count(":"))
    samples = {name: orjson.loads((spec / "samples" / f"{name}.json").read_bytes()) for _, name in SAMPLES}
    tolerated = tuple(tolerated_of(one) for one in known_errors("freshsales")["tolerated"])
    return FreshsalesValidator(tuple(listed), samples, tolerated)


def _operation(row: Mapping[str, Any]) -> _Operation:
    path = row["path"].removeprefix("/api")
    body = [one for one in row["params"] if one["in"] == "body"]
    keys = {part for one in body for part in one["name"].replace("[]", "").split(".")}
    keys |= {key for begins, more in KEYS.items() if path.startswith(begins) for key in more}
    return _Operation(
        f"{row['method']} {path}",
        re.compile(f"{row['method']} " + re.sub(r"\\?:\w+", "[^/]+", re.escape(path))),
        frozenset(one["name"] for one in row["params"] if one["in"] == "query"),
        frozenset(keys | (BULK if path.endswith("/bulk_upsert") else set()) | FREE | {"id", "_destroy", "value"}),
        tuple(tuple(one["name"].split(".")) for one in body if one["required"] and "[" not in one["name"]),
    )


def _together(operations: Iterable[_Operation]) -> list[_Operation]:
    """One operation a call: the list has two where a call does two things, as a deal's update and its products."""
    found: dict[str, _Operation] = {}
    for one in operations:
        known = found.get(one.pattern.pattern)
        if known is not None:
            one = replace(known, query=known.query | one.query, keys=known.keys | one.keys, required=())
        found[one.pattern.pattern] = one
    return list(found.values())


def _keys(body: Any) -> set[str]:
    """Every name in a body, but for those inside objects whose keys are data."""
    if isinstance(body, list):
        return {key for one in body for key in _keys(one)}
    if not isinstance(body, dict):
        return set()
    return set(body) | {key for name, one in body.items() if name not in FREE for key in _keys(one)}


def _has(body: Any, place: tuple[str, ...]) -> bool:
    for part in place:
        if not isinstance(body, dict) or body.get(part) is None:
            return False
        body = body[part]
    return True


def differences(recorded: Any, answer: Any, at: str = "") -> list[str]:
    """How the shape of an answer differs from the recorded one: keys, and types where both have values."""
    if recorded is None or answer is None:
        return []
    if isinstance(recorded, dict) and isinstance(answer, dict):
        if at.rpartition(".")[2] in FREE:
            return []
        told = [f"{at}.{key}: lacking" for key in recorded.keys() - answer.keys()]
        told += [f"{at}.{key}: more" for key in answer.keys() - recorded.keys()]
        return told + [one for key in recorded.keys() & answer.keys()
                       for one in differences(recorded[key], answer[key], f"{at}.{key}")]  # fmt: skip
    if isinstance(recorded, list) and isinstance(answer, list):
        return differences(recorded[0], answer[0], f"{at}[]") if recorded and answer else []
    return [] if _kind(recorded) == _kind(answer) else [f"{at}: {_kind(recorded)} is {_kind(answer)}"]


def _kind(value: Any) -> str:
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
