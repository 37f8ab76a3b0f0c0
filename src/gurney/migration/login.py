"""Keeping a system's credentials, outside the workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gurney.errors import Misused
from gurney.migration.connect import needed
from gurney.migration.context import Migration


@dataclass(frozen=True, slots=True)
class Kept:
    """Which values were kept, and where."""

    names: list[str]
    place: str


def parse_lines(text: str) -> dict[str, str]:
    """NAME=VALUE lines; blank lines and those that begin with # are passed over."""
    values: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, separator, value = line.partition("=")
        if not separator:
            raise Misused(f"Line {number} is not NAME=VALUE.", next_step="Write one NAME=VALUE a line.")
        values[name.strip().upper()] = value.strip()
    return values


def keep(migration: Migration, system: str, values: Mapping[str, str]) -> Kept:
    """Store the values of a login. Names may carry the prefix of their environment variable."""
    names = {item.name: item for item in needed(system)}
    prefix = f"GURNEY_{system.upper()}_"
    given = {name.removeprefix(prefix): value for name, value in values.items()}
    unknown = sorted(set(given) - set(names))
    missing = sorted(name for name, item in names.items() if item.required and not given.get(name))
    if unknown or missing:
        words = [*(f"{name} is not known" for name in unknown), *(f"{name} is missing" for name in missing)]
        raise Misused(f"{system}: {', '.join(words)}.", next_step=f"Needed: {', '.join(names)}.")
    secrets = migration.secrets()
    places = {secrets.save(system, name, value) for name, value in given.items() if value}
    return Kept(sorted(given), " and ".join(sorted(places)))
