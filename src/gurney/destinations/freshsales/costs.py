"""What work costs beforehand: calls of the hour, and seconds (FACTS 6, 8)."""

from __future__ import annotations

from collections.abc import Mapping

from gurney.destinations.freshsales.limits import UNIT, bulk, pacer_limits, per_call, traffic
from gurney.destinations.freshsales.objects import CONTACTS, FILES, NOTES, PRODUCTS, RESOURCES, USERS
from gurney.destinations.freshsales.reading import SINGLY
from gurney.destinations.freshsales.routes import BULK, calls, cheapest
from gurney.destinations.protocol import Cost, Route
from gurney.destinations.vendor import Prices
from gurney.transport import Limits

ONE_BY_ONE = frozenset({"look", "find", "new_field", "new_option"})


def cost(object: str, action: str, records: int, *, pace: Limits, forgets: bool, allowed: str = "") -> Cost:
    """See Destination.cost. Schema costs a call each where fields are made by API, and none where the admin does."""
    calls = _calls(object, action, records, forgets=forgets, allowed=allowed)
    latency_s = traffic("call_latency_s")
    if action == "download":
        latency_s *= traffic("answers_a_download") / per_call("download")
    pages = action in ("read", "prove") and _by_pages(object, records)
    at_work_s = pace.lasts_s(calls, latency_s, 1 if pages or action in ONE_BY_ONE else _beside(object, action))
    units = records if action == "download" else calls  # the bytes lie elsewhere, which is no call of the account's
    return Cost(calls, units, UNIT, at_work_s + _waited_s(object, action, records, forgets=forgets, allowed=allowed))


def prices(edition: str, users: int, fields: Mapping[str, int]) -> Prices:
    """What a plan's work costs; neither users nor the number of fields make a difference."""
    pace = pacer_limits(edition, users)
    return Prices(
        vendor="freshsales",
        unit=UNIT,
        file_object=FILES,
        user_object=USERS,
        pace=pace,
        cost=lambda object, action, records: cost(object, action, records, pace=pace, forgets=False),
        route=lambda object, records: cheapest(object, records).name,
    )


def _calls(object: str, action: str, records: int, *, forgets: bool, allowed: str) -> int:
    if action == "look":
        return per_call("look")
    if action == "new_field":
        return records + per_call("look")  # forms, and the fields once more: their names are the vendor's
    if action == "new_option":
        return records
    if (
        action in ("new_object", "old_field", "old_option", "link", "lag", "guard")
        or object not in RESOURCES
        or not records
    ):
        return 0
    if action == "find":
        return len(RESOURCES[object].filters) if object != CONTACTS else 0  # each list that has some
    if action == "write":
        return _written(object, records, allowed)
    if action == "delete":
        return _deleted(object, records, forgets=forgets)
    if action == "download":
        return records * per_call("download")
    return _read(object, records)


def _waited_s(object: str, action: str, records: int, *, forgets: bool, allowed: str) -> float:
    """Jobs are waited for, and the lists after them. What went one by one is waited for before it is read in pages."""
    if action == "lag":
        is_late = not object or (_by_pages(object, records) and _route(object, records, allowed).name != BULK)
        return traffic("lag_s") if is_late else 0.0
    if action == "delete" and _goes_by_pages(object, records, forgets=forgets):
        return traffic("lag_s")
    if action != "write" or object not in RESOURCES or not records:
        return 0.0
    route = _route(object, records, allowed)
    if route.name != BULK:
        return 0.0
    batches = -(-records // route.batch_size)
    return batches * traffic("lag_s") + -(-records // per_call("bulk")) * bulk("first_poll_s")


def _beside(object: str, action: str) -> int | None:
    if object == FILES:
        return int(traffic("files_at_once" if action != "download" else "downloads_at_once"))
    return None


def _route(object: str, records: int, allowed: str) -> Route:
    return cheapest(object, records, allowed)


def _written(object: str, records: int, allowed: str) -> int:
    if object == PRODUCTS:
        return records * 2  # the price takes a call of its own
    return calls(_route(object, records, allowed).name, records)


def _deleted(object: str, records: int, *, forgets: bool) -> int:
    if object == FILES:
        return 0
    return -(-records // per_call("destroy")) * 2 if _goes_by_pages(object, records, forgets=forgets) else records


def _goes_by_pages(object: str, records: int, *, forgets: bool) -> bool:
    return object != FILES and RESOURCES[object].is_viewed and not forgets and records >= bulk("destroy_from")


def _by_pages(object: str, records: int) -> bool:
    """Whether records are read by pages of a list, which shows late what was written."""
    if object == NOTES:
        return records > 0
    kind = RESOURCES.get(object)
    return object != FILES and kind is not None and records > SINGLY and (kind.is_viewed or bool(kind.filters))


def _read(object: str, records: int) -> int:
    """Records that were loaded together are neighbours, a hundred a page; notes stand beside what they hang on."""
    if not _by_pages(object, records):
        return records
    pages = -(-records // per_call("page"))
    if object == NOTES:
        return max(1, pages)
    spare = len(RESOURCES[object].filters) if object != CONTACTS else pages  # the stages stand in lists of their own
    return pages + spare
