"""How the rows of the description are covered: counts, the compatibility table, what each row does (G7, G9, G10)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gurney.mapping.compile import lookups, needs
from gurney.mapping.model import Mapping, ObjectMap

SUPPORT = {
    "full": "Fully supported",
    "substitute": "Supported, with a substitute that the deviation names",
    "none": "Not supported",
}


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """One row of the compatibility table."""

    row: str
    maps: tuple[str, ...]
    source: str
    destination: str
    cardinality: str
    """The label of the description, which is not the support."""
    support: str
    enabled: bool
    deviation: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """Both figures: how many rows are labelled 1:1, and how many are supported as described."""

    one_to_one: int
    rows: int
    full: int
    supported: int
    """Rows that arrive at all, by a substitute too."""
    table: tuple[CoverageRow, ...]

    @property
    def words(self) -> str:
        return (
            f"{self.one_to_one} of {self.rows} objects map 1:1; {self.full} of {self.rows} are supported without a "
            "substitute."
        )


@dataclass(frozen=True, slots=True)
class Explained:
    """What an object map does, in the three respects that the mapping document shows for every row (G9)."""

    map: str
    transformation: str
    lookups: tuple[str, ...]
    schema: tuple[str, ...]


def coverage(mapping: Mapping) -> Coverage:
    """The compatibility table; a row that several object maps implement is labelled by the one that has its name."""
    rows: dict[str, list[ObjectMap]] = {}
    for entry in mapping.maps:
        rows.setdefault(entry.row, []).append(entry)
    table = tuple(_row(name, rows[name]) for name in sorted(rows, key=_natural))
    one_to_one = sum(row.cardinality == "1:1" for row in table)
    full = sum(row.support == SUPPORT["full"] for row in table)
    supported = sum(row.support != SUPPORT["none"] for row in table)
    return Coverage(one_to_one, len(table), full, supported, table)


def explain(mapping: Mapping, map_id: str) -> Explained:
    """Object-level transformation, lookup resolution and schema dependencies of one object map."""
    entry = next(entry for entry in mapping.maps if entry.map == map_id)
    active = {one.map: one for one in mapping.active()}
    first = sorted(needs(entry, active), key=_natural)
    granted = [f"{line.to}{' at creation' if line.initial else ''}" for line in entry.active_fields() if line.may_go]
    made = [f"{entry.to}.{line.to}" for line in entry.active_fields() if line.create and not line.create.standard]
    schema = [
        *([f"the module {entry.to} is created"] if entry.module == "create" else []),
        *([f"{len(made)} fields are created: {', '.join(made)}"] if made else []),
        *([f"written where the account allows it: {', '.join(granted)}"] if granted else []),
        *([f"loaded after {', '.join(first)}"] if first else []),
    ]
    return Explained(map_id, _transformation(entry), tuple(_resolutions(entry)), tuple(schema))


def _transformation(entry: ObjectMap) -> str:
    if entry.table is None:
        return entry.describes
    columns = ", ".join(column.name for column in entry.table.columns)
    return f"{entry.describes} Columns of {entry.file_name}: {columns}."


def _resolutions(entry: ObjectMap) -> list[str]:
    fields = {id(line.lookup): line.to for line in entry.fields if line.lookup}
    words = []
    for lookup in lookups(entry):
        name = fields.get(id(lookup), "parent")
        how = "second pass" if lookup.deferred else "required" if lookup.required else "left empty when absent"
        places = [f"{place.by} → the record of {' or '.join(place.map)}" for place in lookup.places()]
        words.append(f"{name}: {', otherwise '.join(places)} ({how})")
    if entry.owner:
        words.append(f"owner: the user of the practitioner in {entry.owner.practitioner}")
    return words


def _row(name: str, entries: list[ObjectMap]) -> CoverageRow:
    chief = next((entry for entry in entries if entry.map == name), entries[0])
    deviations = [entry.deviation for entry in entries if entry.deviation]
    return CoverageRow(
        row=name,
        maps=tuple(entry.map for entry in entries),
        source=" + ".join(dict.fromkeys(entry.source for entry in entries)),
        destination=" + ".join(dict.fromkeys(entry.to for entry in entries)),
        cardinality=chief.cardinality,
        support=SUPPORT[chief.support],
        enabled=any(entry.enabled for entry in entries),
        deviation=" ".join(dict.fromkeys(deviations)),
    )


def _natural(name: str) -> tuple[object, ...]:
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", name))
