"""Which way records go: one a call, or jobs of a hundred. Pure; the numbers are limits.toml's (FACTS 4, 6).

The hour's calls are what is scarce, so the way with fewer calls wins: a job costs its call, the questions after it and
the pages on which its records are found.
"""

from __future__ import annotations

from gurney.destinations.freshsales.limits import bulk, per_call
from gurney.destinations.freshsales.objects import FILES, RESOURCES
from gurney.destinations.protocol import Route

SINGLE, BULK = "single", "bulk"
BATCHES_IN_FLIGHT = 2
"""While the last calls of one batch are under way, the next one begins."""


def routes(object: str, allowed: str = "") -> tuple[Route, ...]:
    """Every way for an object; with `allowed`, that one alone where the object can go it."""
    if object == FILES:
        return (Route(SINGLE, per_call("write_files"), BATCHES_IN_FLIGHT),)
    single = Route(SINGLE, per_call("write_records"), BATCHES_IN_FLIGHT)
    kind = RESOURCES.get(object)
    if kind is None or not kind.is_viewed:
        return (single,)
    jobs = Route(BULK, per_call("bulk") * bulk("jobs_at_once"), 1)  # one job of an object at a time (FACTS 4)
    return tuple(route for route in (single, jobs) if route.name == allowed) or (single, jobs)


def cheapest(object: str, records: int, allowed: str = "") -> Route:
    """The way with fewer calls. The first of equals wins."""
    return min(routes(object, allowed), key=lambda route: calls(route.name, max(1, records)))


def calls(route: str, records: int) -> int:
    """Calls of so many creations by a way."""
    if route == SINGLE:
        return records
    jobs = -(-records // per_call("bulk"))
    pages = -(-records // per_call("page"))
    return jobs * (1 + bulk("polls")) + pages + bulk("spare_reads")
