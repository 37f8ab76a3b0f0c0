"""What work costs beforehand: calls of the hour, and seconds (FACTS 6, 8)."""

from __future__ import annotations

from collections.abc import Mapping

from gurney.destinations.freshsales.limits import UNIT, bulk, pacer_limits, per_call, traffic
from gurney.destinations.freshsales.objects import CONTACTS, FILES, NOTES, PRODUCTS, RESOURCES, USERS
from gurney.destinations.freshsales.reading import SINGLY
from gurney.destinations.freshsales.routes import BULK, calls, cheapest
from gurney.destinations.protocol import Cost
from gurney.destinations.vendor import Prices


def cost(object: str, action: str, records: int, *, forgets: bool, allowed: str = "") -> Cost:
    """See Destination.cost. Schema costs a call each where fields are made by API, and none where the admin does."""
    if action == "look":
        return _of(per_call("look"))
    if action == "new_field":
        return _of(records * 3)  # where it goes and whether it is there is asked first
    if action == "new_option":
        return _of(records)
    if action in ("new_object", "old_field", "old_option", "link") or object not in RESOURCES or not records:
        return _of(0)
    if action == "write":
        return _of(_written(object, records, allowed), _waited_s(object, records, allowed))
    if action == "delete":
        return _deleted(object, records, forgets=forgets)
    if action == "download":
        return _of(records * 2)  # its address is told by the list of what it hangs on
    return _of(_read(object, records))


def prices(edition: str, users: int, fields: Mapping[str, int]) -> Prices:
    """What a plan's work costs; neither users nor the number of fields make a difference."""
    return Prices(
        vendor="freshsales",
        unit=UNIT,
        file_object=FILES,
        user_object=USERS,
        pace=pacer_limits(edition, users),
        cost=lambda object, action, records: cost(object, action, records, forgets=False),
        route=lambda object, records: cheapest(object, records).name,
    )


def _written(object: str, records: int, allowed: str) -> int:
    if object == PRODUCTS:
        return records * 2  # the price takes a call of its own
    return calls(cheapest(object, records, allowed).name, records)


def _waited_s(object: str, records: int, allowed: str) -> float:
    """Jobs are waited for, and the lists after them."""
    route = cheapest(object, records, allowed)
    if route.name != BULK:
        return 0.0
    batches = -(-records // route.batch_size)
    return batches * traffic("lag_s") + -(-records // per_call("bulk")) * bulk("first_poll_s")


def _deleted(object: str, records: int, *, forgets: bool) -> Cost:
    if object == FILES:
        return _of(0)
    if RESOURCES[object].is_viewed and not forgets and records >= bulk("destroy_from"):
        pages = -(-records // per_call("destroy"))
        return _of(pages * 2, traffic("lag_s"))
    return _of(records)


def _read(object: str, records: int) -> int:
    """Records that were loaded together are neighbours, a hundred a page; notes stand beside what they hang on."""
    if object == FILES:
        return records
    pages = -(-records // per_call("page"))
    if object == NOTES:
        return max(1, pages)
    if records <= SINGLY or not (RESOURCES[object].is_viewed or RESOURCES[object].filters):
        return records
    spare = len(RESOURCES[object].filters) if object != CONTACTS else pages  # the stages stand in lists of their own
    return pages + spare


def _of(count: int, waited_s: float = 0.0) -> Cost:
    """At the rate of a minute; that an hour's calls are spent is told by the allowance, not here."""
    seconds = count / traffic("minute_calls") * traffic("minute_s")
    return Cost(count, count, UNIT, max(seconds, waited_s, count * traffic("call_latency_s") / traffic("concurrency")))
