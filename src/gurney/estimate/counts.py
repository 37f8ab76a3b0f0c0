"""The counts file: a clinic in numbers, as somebody without an account can tell it, and what is assumed of the rest.

`counts.toml` beside this module names every count, says what it is a count of, and what is assumed when it is missing.
"""

from __future__ import annotations

import csv
import io
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from gurney.errors import Misused

MUST = "patients"
FORMS = (".toml", ".json", ".yaml", ".yml", ".csv")


@dataclass(frozen=True, slots=True)
class Count:
    """One number that a clinic is asked for."""

    name: str
    words: str
    object: str = ""
    part_of: str = ""
    per: str = ""
    times: float = 0.0
    least: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rule(self) -> str:
        """How it is assumed, for people."""
        of = self.part_of or self.per
        return f"{self.times:g} for each of {of.replace('_', ' ')}" if of else "an ordinary clinic's"


@dataclass(frozen=True, slots=True)
class Counts:
    """Every count, told or assumed."""

    numbers: Mapping[str, int]
    assumed: frozenset[str]

    def __getitem__(self, name: str) -> int:
        return self.numbers[name]


@cache
def known() -> Mapping[str, Count]:
    """All counts by name, each after those that it is assumed from."""
    table = tomllib.loads(resources.files("gurney.estimate").joinpath("counts.toml").read_text("utf-8"))
    return {name: Count(name, **entry) for name, entry in table.items()}


def complete(told: Mapping[str, int]) -> Counts:
    """What was told, and the rest assumed. Raises Misused without patients, and for parts larger than their whole."""
    if told.get(MUST, 0) < 1:
        raise Misused("The counts do not say how many patients there are.", next_step=f"Add a line: {MUST} = 1200")
    numbers: dict[str, int] = {}
    for name, count in known().items():
        of = count.part_of or count.per
        assumed = round(numbers[of] * count.times) if of else round(count.times)
        numbers[name] = told.get(name, max(count.least, assumed))
    for whole in known():
        parts = [name for name, count in known().items() if count.part_of == whole]
        if sum(numbers[name] for name in parts) > numbers[whole]:
            raise Misused(
                f"The counts have more {' and '.join(parts)} than {whole}.", next_step=f"{whole} counts them all."
            )
    return Counts(numbers, frozenset(numbers) - set(told))


def read(file: Path) -> dict[str, int]:
    """A counts file: TOML, JSON or YAML with `name = number`, or CSV with a name and a number in each line.

    Raises Misused for a name that is no count, with the nearest that is, and for what is no number.
    """
    if file.suffix.lower() not in FORMS:
        raise Misused(f"{file} ends in none of {', '.join(FORMS)}.", next_step="gurney estimate --counts-template")
    try:
        given = _parsed(file.read_text("utf-8-sig"), file.suffix.lower())
    except OSError as wrong:
        raise Misused(f"{file} cannot be read: {wrong.strerror}.", next_step="Name a file that is there.") from None
    except (ValueError, YAMLError) as wrong:  # decoding, TOML, JSON and ours are ValueErrors
        raise Misused(f"{file} cannot be understood: {wrong}", next_step="gurney estimate --counts-template") from None
    return {str(name): _number(file, str(name), value) for name, value in given.items() if value not in (None, "")}


def template() -> str:
    """A counts file to fill in, with what would be assumed."""
    lines = [
        "# How many of each the clinic has. Patients must be told; remove the # of what you know, and put your number.",
        "# What stays commented out is assumed, and the estimate says so. Nothing here is a person's data.",
        "",
        f"{MUST} = 1200  # {known()[MUST].words}",
    ]
    numbers = complete({MUST: 1200}).numbers
    for name, count in known().items():
        if name != MUST:
            lines.append(f"# {name} = {numbers[name]}  # {count.words}; assumed: {count.rule}")
    return "\n".join(lines) + "\n"


def _parsed(text: str, form: str) -> Mapping[str, Any]:
    if form == ".toml":
        return tomllib.loads(text)
    if form == ".csv":
        rows = [row for row in csv.reader(io.StringIO(text)) if row and not row[0].lstrip().startswith("#")]
        return {row[0].strip(): row[1].strip() for row in rows if len(row) > 1 and not _is_heading(row)}
    given = json.loads(text) if form == ".json" else YAML(typ="safe", pure=True).load(text)
    if not isinstance(given, dict):
        raise ValueError("it must hold names with numbers.")
    return given


def _is_heading(row: list[str]) -> bool:
    return row[0].strip() not in known() and not row[1].strip().isdigit()


def _number(file: Path, name: str, value: object) -> int:
    if name not in known():
        near = get_close_matches(name, known(), n=1)
        hint = f"; did you mean {near[0]}?" if near else "."
        raise Misused(f"{file}: there is no count {name}{hint}", next_step="gurney estimate --counts-template")
    text = str(value).replace("_", "").replace(",", "").strip()
    if isinstance(value, bool) or not text.isdigit():
        raise Misused(f"{file}: {name} is no whole number.", next_step=f"Write it like: {name} = 1200")
    return int(text)
