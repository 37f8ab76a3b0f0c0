"""The work that a clinic means for a destination, counted in groups instead of record by record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from gurney.destinations.vendor import Prices
from gurney.estimate.account import Needs
from gurney.estimate.clinic import Clinic
from gurney.estimate.workload import Part, Workload, fields_read, is_optional
from gurney.mapping.lists import lists_read
from gurney.mapping.model import Mapping as Document
from gurney.mapping.model import ObjectMap

FILES = "patient_attachments"
NOTES = "treatment_notes"
PATIENTS = "patients"
LINKED = 0.6
"""References a record holds on average where its object map has some; assumed."""


def expected(
    needs: Needs, clinic: Clinic, prices: Prices, limits: Mapping[str, int], source_calls_per_minute: int
) -> Workload:
    """The whole migration's. `limits` are the edition's, by name."""
    parts = tuple(_parts(needs.mapping, clinic, prices, limits))
    fetches = any(entry.source == FILES and entry.table is None for entry in needs.mapping.active())
    return Workload(
        parts=parts,
        offers=tuple(_offers(needs.mapping, clinic, prices, limits)),
        new_objects=needs.new_objects,
        new_fields=needs.new_fields,
        new_fields_of_new_objects=needs.new_fields_of_new_objects,
        new_options=needs.new_options(),
        source_records=dict(clinic.counted()),
        lists=lists_read(needs.mapping),
        source_files=clinic.files if fetches else 0,
        source_bytes=clinic.file_bytes if fetches else 0,
        largest_file_bytes=clinic.file_bytes // clinic.files if fetches and clinic.files else 0,
        source_calls_per_minute=source_calls_per_minute,
        fields=fields_read(needs.mapping),
    )


def _parts(mapping: Document, clinic: Clinic, prices: Prices, limits: Mapping[str, int]) -> Iterator[Part]:
    for entry in mapping.active():
        if entry.to != prices.user_object:  # users are matched, not written
            yield _part(mapping, entry, clinic, prices, limits)


def _part(
    mapping: Document, entry: ObjectMap, clinic: Clinic, prices: Prices, limits: Mapping[str, int]
) -> Part:  # fmt: skip
    records = clinic.taken(mapping, entry)
    if entry.table is not None:
        records = with_some(clinic.counted()[PATIENTS], records)
    elif entry.source == FILES and entry.to == prices.file_object:
        records = min(records, clinic.files)
    elif entry.source == NOTES:
        most = limits.get("note_chunk_chars", limits.get("note_chars", 0))
        records *= max(1, -(-clinic.note_chars // most)) if most else 1
    return Part(
        entry.map, entry.source, entry.to, records, is_optional=is_optional(mapping, entry),
        is_list=entry.table is not None, links=round(records * LINKED) if _refers(entry) else 0,
        is_met=any(line.to == entry.key and line.create is None for line in entry.active_fields()),
    )  # fmt: skip


def _offers(mapping: Document, clinic: Clinic, prices: Prices, limits: Mapping[str, int]) -> Iterator[Part]:
    for entry in mapping.maps:
        if entry.enabled or not (entry.optional or entry.alternative_to) or entry.to == prices.user_object:
            continue
        instead = tuple(map for map in entry.alternative_to if any(one.map == map for one in mapping.active()))
        part = _part(mapping, entry, clinic, prices, limits)
        yield replace(part, is_optional=True, is_in=False, instead_of=instead)


def _refers(entry: ObjectMap) -> bool:
    return any(line.lookup is not None for line in entry.active_fields())


def with_some(people: int, things: int) -> int:
    """How many of so many people have at least one, when so many things are spread by chance.

    >>> with_some(100, 0), with_some(100, 100), with_some(100, 1000)
    (0, 63, 100)
    """
    return round(people * (1 - (1 - 1 / people) ** things)) if people else 0
