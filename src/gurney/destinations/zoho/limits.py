"""The numbers of limits.toml, typed: what a call takes and costs, what an edition allows.

One place feeds the pacer, the forecast and the findings, so that they cannot disagree.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from gurney.destinations.protocol import Limit
from gurney.errors import Misused
from gurney.transport import BudgetLimit, Limits

CREDITS = "credits"
"""The name of the one budget, and its unit."""
UNKNOWN = "unknown"
EDITION_WORDS = {
    "free": "free",
    "standard": "standard",
    "professional": "professional",
    "enterprise": "enterprise",
    "one": "enterprise",  # Zoho One has Enterprise's quotas (FACTS 11)
    "ultimate": "ultimate",
    "plus": "ultimate",  # CRM Plus has Ultimate's quotas (FACTS 11)
}


@cache
def data() -> dict[str, Any]:
    """limits.toml as it stands."""
    return tomllib.loads(resources.files("gurney.destinations.zoho").joinpath("limits.toml").read_text("utf-8"))


def per_call(name: str) -> int:
    """How much of something one call takes."""
    return int(data()["call"][name])


def limit(name: str) -> int:
    """A limit that every edition has."""
    return int(data()["limits"][name]["value"])


def traffic(name: str) -> float:
    """A number about latency or concurrency."""
    return float(data()["traffic"][name])


def modules(name: str) -> frozenset[str]:
    """A set of modules that share a behaviour."""
    return frozenset(data()["modules"][name])


def host(data_centre: str, kind: str) -> str:
    """The address of `kind` ('api', 'accounts', 'upload') in a data centre such as 'au'."""
    centres = data()["hosts"]
    centre = data_centre.lower().removeprefix(".").removeprefix("com.") or "us"
    if centre not in {*centres, "com"}:
        raise Misused(f"Zoho has no data centre '{data_centre}'.", next_step=f"Choose one of: {', '.join(centres)}.")
    return str(centres["us" if centre == "com" else centre][kind])


def price(kind: str, rows: int = 0) -> tuple[int, bool]:
    """Credits for one call of `kind` with so many records, and whether it is a heavy one."""
    entry = data()["price"][kind]
    credits = -(-rows // entry["per_rows"]) if "per_rows" in entry else int(entry["credits"])
    heavy = bool(entry.get("heavy")) or rows > int(entry.get("heavy_over", rows))
    return max(credits, 1), heavy


def edition_of(paid_type: str | None) -> str:
    """Our name for the edition that /org tells; 'unknown' where it is none we know."""
    words = (paid_type or "").lower().replace("_", " ").replace("-", " ").split()
    return next((EDITION_WORDS[word] for word in words if word in EDITION_WORDS), UNKNOWN)


def daily_credits(edition: str, users: int) -> int | None:
    """Credits of 24 rolling hours; None where the edition is unknown."""
    entry = data()["editions"].get(edition)
    if entry is None:
        return None
    total = int(entry["credits"]) + int(entry.get("credits_per_user", 0)) * max(0, users)
    return min(total, int(entry["credits_at_most"])) if "credits_at_most" in entry else total


def lookups_to(object: str) -> dict[str, str]:
    """Modules whose records hang on a record of `object`, with the lookup that says so."""
    known = data()["children"]["lookups"]
    return dict(known.get(object, {}))


def holds_files(object: str) -> bool:
    """Whether a file of somebody else is worth looking for before a record of `object` is deleted."""
    return object in data()["children"]["files_of"]


def pacer_limits(edition: str = UNKNOWN, users: int = 0, *, reserve: int = 0) -> Limits:
    """What the pacer holds the account to. An unknown edition gets Standard's concurrency and an unknown ceiling."""
    entry = data()["editions"].get(edition, data()["editions"]["standard"])
    concurrency = int(entry["concurrency"])
    return Limits(
        concurrency=concurrency,
        heavy_concurrency=min(concurrency, int(traffic("heavy_concurrency"))),
        budgets=(BudgetLimit(CREDITS, daily_credits(edition, users), unit="credit", reserve=reserve),),
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
        ("custom_fields_per_object", entry.get("custom_fields"), "FACTS 0.7", known),
        ("custom_objects", entry.get("custom_objects"), "FACTS 0.7: the sources disagree below Enterprise", False),
        ("daily_credits", daily_credits(edition, users), "FACTS 11", known),
        ("concurrency", entry.get("concurrency"), "FACTS 11", known),
        ("heavy_concurrency", int(traffic("heavy_concurrency")), "FACTS 11", True),
        ("storage_mb", entry.get("data_mb"), "FACTS 10: third-party figures of 2020", False),
    ):
        found[name] = Limit(name, value, source, sure)
    return found
