"""Keeping a system's credentials, outside the workspace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gurney.errors import Misused
from gurney.migration.connect import needed
from gurney.migration.context import Migration

PEM_BEGINS, PEM_ENDS = "-----BEGIN", "-----END"


@dataclass(frozen=True, slots=True)
class Kept:
    """Which values were kept, and where."""

    names: list[str]
    place: str


def parse_lines(text: str) -> dict[str, str]:
    """NAME=VALUE lines; blank lines and those that begin with # are passed over. A key in PEM form may take several."""
    values: dict[str, str] = {}
    lines = iter(enumerate(text.splitlines(), 1))
    for number, line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, separator, value = line.partition("=")
        if not separator:
            raise Misused(f"Line {number} is not NAME=VALUE.", next_step="Write one NAME=VALUE a line.")
        value = value.strip()
        if value.startswith(PEM_BEGINS):
            value = "\n".join([value, *_rest_of_key(lines)])
        values[name.strip().upper()] = value
    return values


def _rest_of_key(lines: Iterator[tuple[int, str]]) -> Iterator[str]:
    for _, line in lines:
        yield line.strip()
        if line.strip().startswith(PEM_ENDS):
            return
    raise Misused("A private key has no end.", next_step="Paste it whole, up to its line -----END ... KEY-----.")


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
