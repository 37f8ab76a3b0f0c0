"""The numbers of limits.toml, typed: what a call takes, what a plan allows.

One place feeds the pacer, the forecast and the findings, so that they cannot disagree.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from gurney.destinations.protocol import Limit
from gurney.transport import BudgetLimit, Limits, Rate

DAILY = "calls"
"""The name of the one budget."""
UNIT = "call"
SANDBOX = "sandbox"
USUAL = "unlimited"
"""The edition that is assumed while none is told: all but the sandbox allow the same."""


@cache
def data() -> dict[str, Any]:
    """limits.toml as it stands."""
    return tomllib.loads(resources.files("gurney.destinations.highlevel").joinpath("limits.toml").read_text("utf-8"))


@cache
def per_call(name: str) -> int:
    """How much of something one call takes."""
    return int(data()["call"][name])


@cache
def limit(name: str) -> int:
    """A limit that every plan has."""
    return int(data()["limits"][name]["value"])


@cache
def traffic(name: str) -> float:
    """A number about time, concurrency or patience."""
    return float(data()["traffic"][name])


def host(name: str) -> str:
    """One of the vendor's own addresses."""
    return str(data()["hosts"][name])


@cache
def version_of(path: str) -> str:
    """The version that a path is asked under; the path as the specification writes it.

    >>> version_of("/contacts/{contactId}"), version_of("/calendars/events")
    ('2021-07-28', '2021-04-15')
    """
    versions: dict[str, str] = data()["versions"]
    return versions[max((start for start in versions if path.startswith(start)), key=len)]


def editions() -> tuple[str, ...]:
    """The plans, the smallest first, and the sandbox."""
    return tuple(data()["editions"])


def edition_of(words: str | None) -> str:
    """Our name for a plan; the usual one where it is none we know."""
    name = (words or "").strip().lower().replace(" ", "_")
    return name if name in data()["editions"] else USUAL


def burst(edition: str) -> int:
    """Calls in the burst window of a location."""
    return int(data()["editions"][edition_of(edition)]["burst"])


def daily(edition: str) -> int:
    """Calls of a day of a location."""
    return int(data()["editions"][edition_of(edition)]["daily"])


def reserve(ceiling: int | None) -> int:
    """Calls of a day that only a rollback may spend."""
    return int((ceiling or 0) * traffic("reserve_share"))


def pacer_limits(edition: str, users: int = 0) -> Limits:
    """What the pacer holds the location to; neither users nor more tokens multiply it (FACTS 12)."""
    ceiling = daily(edition)
    day = BudgetLimit(
        DAILY, ceiling, unit=UNIT, window_s=int(traffic("day_s")), rolling=False, reserve=reserve(ceiling)
    )
    return Limits(
        rates=(Rate(burst(edition), traffic("burst_s")),),
        concurrency=int(traffic("concurrency")),
        most_concurrency=int(traffic("most_concurrent")),
        budgets=(day,),
    )


def account_limits(edition: str, users: int) -> dict[str, Limit]:
    """Every limit that a mapping can run into; the number of users changes none."""
    found = {
        name: Limit(name, entry.get("value"), entry["source"], entry.get("sure", True))
        for name, entry in data()["limits"].items()
    }
    for name, value, source in (
        ("daily_calls", daily(edition), "FACTS 12: of each location"),
        ("burst_calls", burst(edition), "FACTS 12: in 10 seconds, of each location"),
        ("rollback_reserve_calls", reserve(daily(edition)), "ours: a share of each day"),
    ):
        found[name] = Limit(name, value, source)
    return found
