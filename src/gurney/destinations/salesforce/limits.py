"""The numbers and lists of limits.toml, typed: what a call takes, which way is cheapest, what an edition allows.

One place feeds the pacer, the routes, the forecast and the findings, so that they cannot disagree.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from gurney.destinations.protocol import Limit
from gurney.transport import BudgetLimit, Limits

REQUESTS = "requests"
"""The name of the one budget: API requests of a rolling day (FACTS 12)."""
UNIT = "request"
UNKNOWN = "unknown"
API_PREFIX = "/services/data/v"


@cache
def data() -> dict[str, Any]:
    """limits.toml as it stands."""
    return tomllib.loads(resources.files("gurney.destinations.salesforce").joinpath("limits.toml").read_text("utf-8"))


def api_version() -> str:
    """The one version that this client speaks, such as '66.0'."""
    return str(data()["api"]["version"])


@cache
def api_path() -> str:
    """Before every path of the API, such as '/services/data/v66.0'."""
    return API_PREFIX + api_version()


@cache
def per_call(name: str) -> int:
    """How much of something one call takes."""
    return int(data()["call"][name])


@cache
def limit(name: str) -> int:
    """A limit that every edition has."""
    return int(data()["limits"][name]["value"])


@cache
def field_shape(name: str) -> int:
    """A size of new fields."""
    return int(data()["fields"][name])


def lines_shown(type: str) -> int | None:
    """The height on the page of a field that needs one."""
    found = data()["fields"]["lines"].get(type)
    return int(found) if found is not None else None


@cache
def route_number(name: str) -> float:
    """A number that the choice of a route depends on."""
    return float(data()["routes"][name])


def route_objects(name: str) -> frozenset[str]:
    """A set of objects that share a behaviour on the way."""
    return frozenset(data()["routes"][name])


@cache
def wait(name: str) -> float:
    """Seconds or attempts of patience."""
    return float(data()["waits"][name])


def lock_sizes() -> tuple[int, ...]:
    """Rows a call when rows that were locked are tried again."""
    return tuple(data()["waits"]["lock_sizes"])


def lock_fields() -> Mapping[str, str]:
    """By object, the lookup whose target is locked while a record is written."""
    return dict(data()["locks"])


def is_derived(child: str) -> bool:
    """Whether records of a child object are the vendor's own bookkeeping rather than somebody's work."""
    told = data()["children"]
    return child in told["derived"] or child.endswith(tuple(told["derived_endings"]))


def edition_of(organization_type: str) -> str:
    """An edition of limits.toml for what the organisation says, such as 'Developer Edition'."""
    word = organization_type.lower()
    for name, entry in data()["editions"].items():
        if any(known in word for known in entry["words"]):
            return str(name)
    return UNKNOWN


def daily_requests(edition: str, users: int) -> int | None:
    """API requests a day; None where nobody knows."""
    entry = data()["editions"].get(edition, {})
    if "calls" not in entry:
        return None
    return int(entry["calls"]) + int(entry.get("calls_per_user", 0)) * users


def pacer_limits(edition: str = UNKNOWN, users: int = 0, *, reserve: int = 0) -> Limits:
    """What the pacer holds the account to: no rate, only slow calls at once and a day's requests (FACTS 12)."""
    slow = int(data()["editions"].get(edition, {}).get("slow_calls", 5))
    return Limits(
        concurrency=max(slow, int(route_number("single_in_flight"))),
        heavy_concurrency=max(1, slow - 1),
        budgets=(BudgetLimit(REQUESTS, daily_requests(edition, users), unit=UNIT, reserve=reserve),),
    )


def account_limits(edition: str, users: int) -> dict[str, Limit]:
    """Every limit that a mapping can run into, for this edition."""
    found = {
        name: Limit(name, entry["value"], entry["source"], entry.get("sure", True))
        for name, entry in data()["limits"].items()
    }
    entry = data()["editions"].get(edition, {})
    known = edition in data()["editions"]
    for name, value, source, sure in (
        ("custom_fields_per_object", entry.get("custom_fields"), "FACTS 7", known),
        ("custom_objects", entry.get("custom_objects"), "FACTS 7: third-party", False),
        ("daily_requests", daily_requests(edition, users), "FACTS 12", known),
        ("concurrency", entry.get("slow_calls"), "FACTS 12: calls of 20 seconds or more", known),
        ("storage_mb", entry.get("data_mb"), "FACTS 7: third-party, without what each user adds", False),
    ):
        found[name] = Limit(name, value, source, sure)
    return found
