"""Which way records go: one a call, collections of 200, or a bulk job. Pure; the numbers are limits.toml's.

Three things are weighed. Time, as FACTS 12 measures it. Calls, each worth the time in which the day's allowance gives
one back. Locks: where one parent holds thousands of records there is one writer, and no bulk job, because a job's
rows always run in parallel (FACTS 0.2, 0.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from gurney.destinations.protocol import Route
from gurney.destinations.salesforce.limits import per_call, route_number, route_objects
from gurney.destinations.salesforce.metadata import FILES, NOTES

SINGLE, BATCH, BULK = "single", "batch", "bulk"
DAY_S = 86_400
CAUTIOUS_CALLS = 15_000
"""A day's requests where nobody knows them: the smallest edition's (FACTS 12)."""


@dataclass(frozen=True, slots=True)
class Price:
    """What a way costs for so many records."""

    calls: int
    seconds: float

    def worth(self, requests_a_day: int) -> float:
        """In seconds: a call is worth the time in which the allowance gives one back."""
        return self.seconds + self.calls * DAY_S / requests_a_day


def routes(object: str, allowed: str = "") -> tuple[Route, ...]:
    """Every way for an object; with `allowed`, that one alone where the object can go it."""
    found = _routes(object)
    return tuple(route for route in found if route.name == allowed) or found


def cheapest(object: str, records: int, *, requests_a_day: int | None = None, allowed: str = "") -> Route:
    """The best way for what is still to be written of an object. The first of equals wins."""
    hot = not allowed and object in route_objects("one_writer")
    ways = [route for route in routes(object, allowed) if not (hot and route.name == BULK)]
    a_day = requests_a_day or CAUTIOUS_CALLS
    return min(ways, key=lambda route: price(object, route, max(1, records)).worth(a_day))


def price(object: str, route: Route, records: int) -> Price:
    """Calls and seconds of so many records by a way."""
    if object == FILES:
        a_file = route_number("file_s" if route.name == SINGLE else "file_among_others_s")
        uploads = ceil(records / route.batch_size)
        queries = uploads * per_call("queries_about_links")
        seconds = records * a_file + queries * route_number("call_s")
        return Price(uploads + queries, seconds / _beside(object, route, records))
    if route.name == SINGLE:
        return Price(records, records * route_number("call_s") / _beside(object, route, records))
    if route.name == BULK:
        jobs = ceil(records / per_call("bulk_rows"))
        rate = route_number("bulk_rows_per_s") * min(jobs, route.in_flight)
        return Price(jobs * int(route_number("bulk_calls")), route_number("bulk_fixed_s") + records / rate)
    times = 2 if object == NOTES else 1  # a note's link is a record of its own
    calls = ceil(records / route.batch_size) * times
    return Price(calls, _collections_s(records) * times / _beside(object, route, records))


def _routes(object: str) -> tuple[Route, ...]:
    several = per_call("collection_records") * per_call("collections_in_composite")
    single = Route(SINGLE, 1, int(route_number("single_in_flight")))
    if object == FILES:
        beside = int(route_number("files_in_flight"))
        return (
            Route(BATCH, per_call("collection_files"), int(route_number("file_batches_in_flight"))),
            Route(SINGLE, 1, beside),
        )
    if object == NOTES:
        return (Route(BATCH, several, int(route_number("notes_in_flight"))), single)
    batch = Route(BATCH, several, int(route_number("batch_in_flight")))
    bulk = Route(BULK, per_call("bulk_rows"), int(route_number("bulk_in_flight")))
    return (batch, single) if object in route_objects("not_bulk") else (batch, single, bulk)


def _beside(object: str, route: Route, records: int) -> int:
    """How many calls are really under way at once."""
    if object in route_objects("one_writer"):
        return 1
    return max(1, min(route.in_flight, ceil(records / route.batch_size)))


def _collections_s(records: int) -> float:
    """A collection takes a call's time and its rows'."""
    full, rest = divmod(records, per_call("collection_records"))
    a_row = (route_number("collection_s") - route_number("call_s")) / per_call("collection_records")
    return full * route_number("collection_s") + (route_number("call_s") + rest * a_row if rest else 0.0)
