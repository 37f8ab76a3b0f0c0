"""What is known to surprise people, of the source and of each destination: one `gotchas.toml` in each one's folder.

An entry says how the reader learns of it: by a finding before anything is written (`check`), by text in the audit
(`audit`), or as something good to know (`reading`).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

SOURCE = "gurney.sources.cliniko"
How = Literal["check", "audit", "reading"]


@dataclass(frozen=True, slots=True)
class Gotcha:
    """One surprise, by the contract's number."""

    id: str
    how: How
    words: str
    finding: str = ""
    """The code under which a check, the audit or the plan says it."""


@cache
def gotchas(destination: str) -> tuple[Gotcha, ...]:
    """Those of the source, then those of the destination."""
    return (*_read(SOURCE), *_read(f"gurney.destinations.{destination}"))


def _read(package: str) -> tuple[Gotcha, ...]:
    table = tomllib.loads(resources.files(package).joinpath("gotchas.toml").read_text("utf-8"))
    return tuple(Gotcha(id, **entry) for id, entry in table.items())
