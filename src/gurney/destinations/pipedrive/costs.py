"""What work costs beforehand: calls, tokens, seconds, from the same prices as every call (FACTS 3, 8)."""

from __future__ import annotations

from gurney.destinations.pipedrive.client import DOWNLOAD
from gurney.destinations.pipedrive.limits import UNIT, prices, traffic
from gurney.destinations.pipedrive.lists import price_by_ids, price_by_pages
from gurney.destinations.pipedrive.objects import FILES, PERSONS, RESOURCES
from gurney.destinations.protocol import Cost


def cost(object: str, action: str, records: int, *, calls_a_second: float, concurrency: int) -> Cost:
    """'write', 'read', 'delete', 'download' of so many records, or 'new_field', at the cheapest."""
    calls, tokens = _priced(object, action, records)
    seconds = max(calls / calls_a_second, calls * traffic("call_latency_s") / concurrency)
    return Cost(calls, tokens, UNIT, seconds)


def _priced(object: str, action: str, records: int) -> tuple[int, int]:
    if action == "new_field":
        kind = RESOURCES.get(object, RESOURCES[PERSONS])
        return records, records * prices()[f"POST {kind.fields_path or RESOURCES[PERSONS].fields_path}"]
    if action == "new_object" or object not in RESOURCES or not records:
        return 0, 0  # there are no custom objects; users are matched, not written
    kind = RESOURCES[object]
    if action == "download":
        return records, records * prices()[DOWNLOAD]
    if action == "read":
        return _read(object, records)
    call = {"write": f"POST {kind.path}", "delete": f"DELETE {kind.one}"}[action]
    return records, records * prices()[call]


def _read(object: str, records: int) -> tuple[int, int]:
    """Whichever is cheaper: by ids, or page by page as neighbours that were loaded together."""
    if object == FILES:
        return price_by_pages(object, records)
    by_ids, by_pages = price_by_ids(object, records), price_by_pages(object, records)
    return min(by_ids, by_pages, key=lambda one: (one[1], one[0]))
