"""The numbers of limits.toml, typed: what a call takes, what an hour allows, what a plan has.

One place feeds the pacer, the forecast and the findings, so that they cannot disagree.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from gurney.destinations.protocol import Limit
from gurney.transport import BudgetLimit, Limits, Rate

CALLS = "calls"
"""The name of the one budget."""
UNIT = "call"
UNKNOWN = "unknown"


@cache
def data() -> dict[str, Any]:
    """limits.toml as it stands."""
    return tomllib.loads(resources.files("gurney.destinations.freshsales").joinpath("limits.toml").read_text("utf-8"))


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


@cache
def bulk(name: str) -> int:
    """A number about bulk upsert and bulk destroy."""
    return int(data()["bulk"][name])


def plans() -> tuple[str, ...]:
    """The plans, the smallest first."""
    return tuple(data()["plans"])


def plan_of(words: str | None) -> str:
    """Our name for a plan, old names included; 'unknown' where it is none we know."""
    return str(data()["plan_names"].get((words or "").strip().lower(), UNKNOWN))


def plan_by_quota(calls: int | None) -> str:
    """The plan that an hourly quota tells; 'unknown' when it is none of theirs: quotas can be raised (FACTS 6)."""
    return str(data()["plan_by_quota"].get(str(calls), UNKNOWN))


def entry(plan: str) -> Mapping[str, Any]:
    """What a plan has; an unknown one counts as the smallest that takes fields."""
    found: Mapping[str, Any] = data()["plans"].get(plan_of(plan), data()["plans"]["growth"])
    return found


def absent_objects(plan: str) -> frozenset[str]:
    """Objects that a plan does not have (FACTS 0.9)."""
    return frozenset() if entry(plan)["products"] else frozenset({"products"})


def calls_per_hour(plan: str) -> int | None:
    """The account's calls of an hour; None where the plan is unknown: the answers' headers tell."""
    found = data()["plans"].get(plan_of(plan))
    return int(found["calls_per_hour"]) if found else None


def reserve(ceiling: int | None) -> int:
    """Calls of an hour that only a rollback may spend."""
    return int((ceiling or 0) * traffic("reserve_share"))


def quota_limit(plan: str) -> BudgetLimit:
    """The hour as the pacer keeps it: a rolling one fits into any fixed one, until answers tell when theirs ends."""
    ceiling = calls_per_hour(plan)
    return BudgetLimit(CALLS, ceiling, unit=UNIT, window_s=int(traffic("hour_s")), reserve=reserve(ceiling))


def pacer_limits(plan: str, users: int = 0) -> Limits:
    """What the pacer holds the account to. The hour is the account's, however many users it has."""
    return Limits(
        rates=(Rate(int(traffic("minute_calls")), traffic("minute_s")),),
        concurrency=int(traffic("concurrency")),
        budgets=(quota_limit(plan),),
    )


def account_limits(plan: str, users: int = 0) -> dict[str, Limit]:
    """Every limit that a mapping can run into, on this plan."""
    found = {
        name: Limit(name, one["value"], one["source"], one.get("sure", True)) for name, one in data()["limits"].items()
    }
    known = plan_of(plan) != UNKNOWN
    of_plan = entry(plan)
    for name, value, source in (
        ("custom_fields_per_object", of_plan["custom_fields"], "FACTS 5: for each object; Enterprise's is a guess"),
        ("custom_objects", 0, "custom modules are the admin's (FACTS 5)"),
        ("hourly_calls", calls_per_hour(plan), "FACTS 0.3"),
        ("rollback_reserve_calls", reserve(calls_per_hour(plan)) or None, "ours: a share of each hour"),
        ("storage_gb_per_user", of_plan["storage_gb"], "FACTS 0.4"),
        ("product_catalog", int(of_plan["products"]), "FACTS 0.9: 1 where the plan has one"),
    ):
        found[name] = Limit(name, value, source, known)
    return found
