"""What work costs beforehand: requests of the day, and seconds (FACTS 4, 5, 8, 12). Schema goes as one package."""

from __future__ import annotations

from collections.abc import Mapping

from gurney.destinations.protocol import Cost
from gurney.destinations.salesforce.limits import UNIT, daily_requests, pacer_limits, per_call, route_number
from gurney.destinations.salesforce.metadata import FILES, NOTES, USERS
from gurney.destinations.salesforce.routes import cheapest, price
from gurney.destinations.vendor import Prices

SCHEMA_WORK = frozenset({"new_object", "new_field", "new_option", "old_field", "old_option"})
FREE = frozenset({"link", "download", "find", "lag"})
"""References are fields of their record; bytes are proven by the checksum that the vendor tells (FACTS 8); keys are
unique, and what was written shows at once."""


def cost(object: str, action: str, records: int, *, requests_a_day: int | None, allowed: str = "") -> Cost:
    """See Destination.cost. What a call is worth, and so the route, depends on how many a day has."""
    if action == "look":
        return _of(records * 2, records * route_number("call_s"))  # describe, and beside it what the user may write
    if action == "old_field":
        return _of(per_call("removal_calls"), 2 * route_number("deployment_s")) if records else _of(0, 0.0)
    if action in SCHEMA_WORK:
        return _of(per_call("deployment_calls"), route_number("deployment_s")) if records else _of(0, 0.0)
    if not records or action in FREE:
        return _of(0, 0.0)
    if action == "write":
        way = cheapest(object, records, requests_a_day=requests_a_day, allowed=allowed)
        told = price(object, way, records)
        return _of(told.calls, told.seconds)
    if action == "guard":
        calls = 0 if object in (NOTES, FILES) else -(-records // per_call("lookups_in_query"))
        return _of(calls, calls * route_number("call_s"))
    if action == "delete":
        calls = _deleted(object, records)
        return _of(calls, calls * route_number("collection_s"))
    calls = _read(object, records, proves=action == "prove")
    return _of(calls, _read_s(object, records, calls))


def prices(edition: str, users: int, fields: Mapping[str, int]) -> Prices:
    """What an edition's work costs; how many fields are read makes no difference."""
    a_day = daily_requests(edition, users)
    return Prices(
        vendor="salesforce",
        unit=UNIT,
        file_object=FILES,
        user_object=USERS,
        pace=pacer_limits(edition, users),
        cost=lambda object, action, records: cost(object, action, records, requests_a_day=a_day),
        route=lambda object, records: cheapest(object, records, requests_a_day=a_day).name,
    )


def _read(object: str, records: int, *, proves: bool) -> int:
    if object in (NOTES, FILES):  # a content is a call, or proven by its checksum (FACTS 8)
        return 2 * -(-records // per_call("lookups_in_query")) if proves else records
    return -(-records // per_call("retrieve_records"))


def _read_s(object: str, records: int, calls: int) -> float:
    """A call's time and its rows'; some calls at once."""
    rounds = -(-calls // int(route_number("read_in_flight")))
    if object in (NOTES, FILES):
        return rounds * route_number("call_s")
    a_row_s = (route_number("retrieve_s") - route_number("call_s")) / per_call("retrieve_records")
    return rounds * (route_number("call_s") + a_row_s * min(records, per_call("retrieve_records")))


def _deleted(object: str, records: int) -> int:
    calls = -(-records // (per_call("collection_records") * per_call("collections_in_composite")))
    return calls + (-(-records // per_call("lookups_in_query")) if object == FILES else 0)  # which documents they are


def _of(calls: int, seconds: float) -> Cost:
    return Cost(calls, calls, UNIT, seconds)
