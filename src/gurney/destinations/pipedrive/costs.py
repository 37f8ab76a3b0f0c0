"""What work costs beforehand: calls, tokens, seconds, from the same prices as every call (FACTS 3, 8)."""

from __future__ import annotations

from collections.abc import Mapping

from gurney.destinations.pipedrive.client import DOWNLOAD
from gurney.destinations.pipedrive.limits import UNIT, pacer_limits, plan_of, traffic
from gurney.destinations.pipedrive.limits import prices as tokens_of
from gurney.destinations.pipedrive.lists import price_by_ids, price_by_pages
from gurney.destinations.pipedrive.objects import ACTIVITIES, FILES, PERSONS, RESOURCES, USERS
from gurney.destinations.protocol import Cost
from gurney.destinations.vendor import Prices
from gurney.transport import Limits

SCHEMA_CALLS = {
    "new_field": ("POST", ""),
    "old_field": ("DELETE", ""),
    "new_option": ("POST", "/options"),
    "old_option": ("DELETE", "/options"),
}
TYPE_CALLS = {"POST": "POST /api/v1/activityTypes", "DELETE": "DELETE /api/v1/activityTypes/{id}"}


def cost(object: str, action: str, records: int, *, pace: Limits) -> Cost:
    """See Destination.cost."""
    calls, tokens = _priced(object, action, records)
    latency_s, beside = traffic("call_latency_s"), _beside(object, action, records)
    if action == "download":
        latency_s *= int(traffic("answers_a_download"))
    return Cost(calls, tokens, UNIT, pace.lasts_s(calls, latency_s, beside))


def prices(edition: str, users: int, fields: Mapping[str, int]) -> Prices:
    """What a plan's work costs, with an API token; how many fields are read makes no difference."""
    plan = plan_of(edition)
    pace = pacer_limits(plan, users)
    return Prices(
        vendor="pipedrive",
        unit=UNIT,
        file_object=FILES,
        user_object=USERS,
        pace=pace,
        cost=lambda object, action, records: cost(object, action, records, pace=pace),
        route=lambda object, records: "single",
    )


def _beside(object: str, action: str, records: int) -> int | None:
    """How many calls are under way at once: pages and changes of the schema follow each other."""
    if action in SCHEMA_CALLS or action in ("look", "find"):
        return 1
    if action == "download":
        return int(traffic("downloads_at_once"))
    if action in ("read", "prove") and object in RESOURCES and _by_pages(object, records):
        return 1
    return None


def _priced(object: str, action: str, records: int) -> tuple[int, int]:
    if action == "look":
        return _look()
    if action == "find":  # newest first, one page in the ordinary case
        return 1, tokens_of()[f"GET {RESOURCES[object].path}"]
    if action in SCHEMA_CALLS:
        return _schema(object, action, records)
    if action in ("new_object", "link", "lag", "guard") or object not in RESOURCES or not records:
        return 0, 0  # there are no custom objects; users are matched, not written
    kind = RESOURCES[object]
    if action == "download":
        return records, records * tokens_of()[DOWNLOAD]
    if action in ("read", "prove"):
        return _read(object, records)
    call = {"write": f"POST {kind.path}", "delete": f"DELETE {kind.one}"}[action]
    return records, records * tokens_of()[call]


def _look() -> tuple[int, int]:
    """The fields of all objects that have some, the activity types, and whose token it is."""
    tokens = tokens_of()
    calls = [f"GET {kind.fields_path}" for kind in RESOURCES.values() if kind.fields_path]
    calls += ["GET /api/v1/activityTypes", "GET /api/v1/users/me"]
    return len(calls), sum(tokens[call] for call in calls)


def _schema(object: str, action: str, records: int) -> tuple[int, int]:
    """Fields go one by one, the options of one all at once; an activity type is an option with a call of its own."""
    method, what = SCHEMA_CALLS[action]
    if what and object == ACTIVITIES:
        return records, records * tokens_of()[TYPE_CALLS[method]]
    fields = RESOURCES[object].fields_path if object in RESOURCES else ""
    one = "/{code}" if what or method == "DELETE" else ""
    calls = min(records, 1) if what else records
    return calls, calls * tokens_of()[f"{method} {fields or RESOURCES[PERSONS].fields_path}{one}{what}"]


def _read(object: str, records: int) -> tuple[int, int]:
    """Whichever is cheaper: by ids, or page by page as neighbours that were loaded together."""
    return price_by_pages(object, records) if _by_pages(object, records) else price_by_ids(object, records)


def _by_pages(object: str, records: int) -> bool:
    if object == FILES:
        return True
    (calls, tokens), (pages, by_pages) = price_by_ids(object, records), price_by_pages(object, records)
    return (by_pages, pages) < (tokens, calls)
