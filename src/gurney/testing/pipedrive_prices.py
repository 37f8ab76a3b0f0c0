"""What each of Pipedrive's calls costs, as the vendor's documents say it: `x-token-cost` of every operation.

The destination's limits.toml and the twin's endpoints.toml repeat these figures, without a look at each other or at
the documents while they run; tests hold both against this (FACTS 8).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from gurney.testing.openapi import METHODS, read_document

FOLDERS = {"openapi-v1": "/api/v1", "openapi-v2": "/api/v2"}
"""Where a company's own host serves what a document describes (FACTS 1)."""
NAMES = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class Price:
    """One operation."""

    tokens: int
    scopes: frozenset[str]
    """OAuth scopes of which any one is enough."""
    pattern: re.Pattern[str]


def nameless(call: str) -> str:
    """'METHOD /path' with every name in braces alike: documents and tables may name them differently."""
    return NAMES.sub("{}", call)


class PriceList:
    """Every operation of both documents."""

    def __init__(self, vendors: Path) -> None:
        """`vendors`: the folder that holds the vendors' specifications."""
        self.prices = {
            nameless(f"{method.upper()} {folder}{path}"): _price(folder + path, item[method])
            for name, folder in FOLDERS.items()
            for path, item in read_document(vendors / "pipedrive" / "spec" / f"{name}.yaml")["paths"].items()
            for method in METHODS
            if method in item
        }

    def named(self, method: str, path: str) -> str | None:
        """The operation that a request means, a literal path before one with names; None where there is none."""
        fitting = [
            call for call, price in self.prices.items() if call.startswith(f"{method} ") and price.pattern.match(path)
        ]
        return min(fitting, key=lambda call: call.count("{}"), default=None)


def _price(path: str, operation: dict[str, object]) -> Price:
    security = operation.get("security")
    asked = security if isinstance(security, list) else []
    scopes = {scope for one in asked for scope in one.get("oauth2", ())}
    tokens = operation["x-token-cost"]
    assert isinstance(tokens, int), path
    return Price(tokens, frozenset(scopes), re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)) + "$"))
