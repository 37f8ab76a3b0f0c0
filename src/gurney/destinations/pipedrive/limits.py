"""The numbers of limits.toml, typed: what a call takes and costs, what a plan allows.

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

TOKENS = "tokens"
"""The name of the one budget."""
UNIT = "token"
UNKNOWN = "unknown"


@cache
def data() -> dict[str, Any]:
    """limits.toml as it stands."""
    return tomllib.loads(resources.files("gurney.destinations.pipedrive").joinpath("limits.toml").read_text("utf-8"))


@cache
def prices() -> Mapping[str, int]:
    """Tokens by 'METHOD /path', as the vendor's specification writes the path."""
    return {call: int(tokens) for call, tokens in data()["tokens"].items()}


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


def plans() -> tuple[str, ...]:
    """The plans, the smallest first."""
    return tuple(data()["plans"])


def plan_of(words: str | None) -> str:
    """Our name for a plan, old names included; 'unknown' where it is none we know."""
    return str(data()["plan_names"].get((words or "").strip().lower(), UNKNOWN))


def daily_tokens(plan: str, seats: int) -> int | None:
    """The company's pool of a day; None where the plan or the number of seats is unknown."""
    entry = data()["plans"].get(plan)
    return int(data()["pool"]["tokens_per_seat"]) * int(entry["multiplier"]) * seats if entry and seats > 0 else None


def plan_by_pool(pool: int | None, users: int) -> str:
    """The plan whose pool it is, when the active users pay for the seats; 'unknown' when none fits exactly."""
    found = [plan for plan in plans() if pool and daily_tokens(plan, users) == pool]
    return found[0] if found else UNKNOWN


def reserve(ceiling: int | None) -> int:
    """Tokens of a day that only a rollback may spend."""
    return int((ceiling or 0) * traffic("reserve_share"))


def visibility(plan: str) -> Mapping[str, int]:
    """The vendor's number for each word about who sees a record; an unknown plan counts as a small one."""
    entry = data()["plans"].get(plan)
    found: Mapping[str, int] = data()["visibility"][entry["visibility"] if entry else "small"]
    return found


def visible_by_default() -> str:
    """Who sees a record of which the mapping says nothing."""
    return str(data()["visibility"]["default"])


def burst(plan: str, *, oauth: bool) -> int:
    """Calls in the burst window; an unknown plan counts as the smallest."""
    entry = data()["plans"].get(plan, data()["plans"]["lite"])
    return int(entry["oauth_burst" if oauth else "burst"])


def calls_per_second(plan: str, *, oauth: bool) -> float:
    """What the burst limit comes to."""
    return burst(plan, oauth=oauth) / traffic("burst_s")


def concurrency(plan: str, *, oauth: bool) -> int:
    """As many calls at once as reach the burst limit at the latency that we assume."""
    wanted = int(calls_per_second(plan, oauth=oauth) * traffic("call_latency_s") * 1.5) + 1
    return max(4, min(int(traffic("most_concurrent")), wanted))


def pool_limit(plan: str, seats: int) -> BudgetLimit:
    """The daily pool as the pacer keeps it. An unknown ceiling is learned from the first answer."""
    ceiling = daily_tokens(plan, seats)
    return BudgetLimit(
        TOKENS, ceiling, unit=UNIT, window_s=int(traffic("pool_s")), rolling=False, reserve=reserve(ceiling)
    )


def pacer_limits(plan: str, seats: int, *, oauth: bool = False) -> Limits:
    """What the pacer holds the account to."""
    return Limits(
        rates=(Rate(burst(plan, oauth=oauth), traffic("burst_s")),),
        concurrency=concurrency(plan, oauth=oauth),
        most_concurrency=int(traffic("most_concurrent")),
        budgets=(pool_limit(plan, seats),),
    )


def account_limits(plan: str, seats: int) -> dict[str, Limit]:
    """Every limit that a mapping can run into, on this plan; custom fields of an unknown one are the smallest's."""
    found = {
        name: Limit(name, entry["value"], entry["source"], entry.get("sure", True))
        for name, entry in data()["limits"].items()
    }
    entry = data()["plans"].get(plan_of(plan), {})
    fields = (entry or data()["plans"]["lite"])["custom_fields"]
    pool = daily_tokens(plan_of(plan), seats)
    for name, value, source in (
        ("custom_fields_per_object", fields, "FACTS 5.4: of the whole company, all objects"),
        ("custom_fields_per_account", fields, "FACTS 5.4"),
        ("custom_objects", 0, "FACTS 5.3: there are none"),
        ("daily_tokens", pool, "FACTS 8"),
        ("rollback_reserve_tokens", reserve(pool) or None, "ours: a share of each day's pool"),
        ("burst_calls", entry.get("burst"), "FACTS 8: in 2 seconds, with an API token"),
    ):
        found[name] = Limit(name, value, source, bool(entry))
    return found
