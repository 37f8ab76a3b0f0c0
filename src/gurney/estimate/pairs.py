"""The pairs as their mappings and their vendors' data tell them (contract G7, G10, EST4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gurney.destinations.gotchas import gotchas
from gurney.destinations.vendor import vendor
from gurney.mapping import document
from gurney.mapping.coverage import Coverage, coverage
from gurney.mapping.model import Mapping, ObjectMap
from gurney.mapping.paths import test_of
from gurney.reports.estimate import CoreRow
from gurney.reports.forecast import SOURCE
from gurney.reports.pairs import CompatibilityRow, GotchaRow, Pair


@dataclass(frozen=True, slots=True)
class Core:
    """An object that every clinic has: what a full export of the source covers."""

    name: str
    object: str
    facts: dict[str, Any]


CORE = (
    Core("Patients", "patients", {}),
    Core("Practitioners", "practitioners", {}),
    Core("Appointments", "individual_appointments", {"derived": {"state": "Booked"}}),
    Core("Invoices", "invoices", {}),
    Core("Products", "products", {}),
    Core("Appointment types", "appointment_types", {}),
    Core("Locations", "businesses", {}),
    Core("Insurers", "contacts", {"type_code": 2}),
)


def pair(name: str) -> Pair:
    """One pair. Raises KeyError for a destination that there is not."""
    to, mapping = vendor(name), document.default(name)
    told = coverage(mapping)
    return Pair(
        source=SOURCE,
        destination=to.title,
        name=name,
        editions=list(to.editions()),
        rows=told.rows,
        one_to_one=told.one_to_one,
        full=told.full,
        supported=told.supported,
        words=told.words,
        core_words=core_words(core_objects(mapping)),
        compatibility=compatibility(told),
        not_migrated=[f"{one.source}: {one.why} {one.instead}".strip() for one in mapping.not_migrated],
        gotchas=gotcha_rows(name),
    )


def compatibility(told: Coverage) -> list[CompatibilityRow]:
    """The table of G10."""
    return [
        CompatibilityRow(
            row=row.row, source=row.source, destination=row.destination, cardinality=row.cardinality,
            support=row.support, on=row.enabled, deviation=" ".join(row.deviation.split()),
        )
        for row in told.table
    ]  # fmt: skip


def gotcha_rows(name: str) -> list[GotchaRow]:
    return [GotchaRow(id=one.id, how=one.how, finding=one.finding, words=one.words) for one in gotchas(name)]


def core_objects(mapping: Mapping) -> list[CoreRow]:
    """Which core objects have a place of their own. One that shares its place, or becomes lines of files, does not."""
    rows: list[CoreRow] = []
    taken: dict[str, str] = {}
    for core in CORE:
        entry = _chief(mapping, core)
        if entry is None:
            rows.append(CoreRow(name=core.name, destination="", needs_mapping=True, reason="It does not go over."))
            continue
        reason = ""
        if entry.table is not None:
            reason = "It becomes lines of files."
        elif entry.to in taken:
            reason = f"It shares {entry.to} with {taken[entry.to].lower()}; a field tells them apart."
        taken.setdefault(entry.to, core.name)
        rows.append(CoreRow(name=core.name, destination=entry.to, needs_mapping=bool(reason), reason=reason))
    return rows


def core_words(rows: list[CoreRow]) -> str:
    """The sentence of EST4."""
    count = sum(row.needs_mapping for row in rows)
    verb = "needs" if count == 1 else "need"
    return f"Of {len(rows)} core objects, {count or 'none'} {verb} a mapping; the rest go 1:1."


def _chief(mapping: Mapping, core: Core) -> ObjectMap | None:
    """The object map that a core object goes by: the one that has its row's name."""
    found = list(_taking(mapping, core))
    return next((entry for entry in found if entry.map == entry.row), found[0] if found else None)


def _taking(mapping: Mapping, core: Core) -> Iterator[ObjectMap]:
    for entry in mapping.active():
        applies = test_of(entry.when)
        if entry.source == core.object and (applies is None or applies(core.facts)):
            yield entry
