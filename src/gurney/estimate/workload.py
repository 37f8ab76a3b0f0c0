"""How much there is to do, as the plan knows it after every record was tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gurney.mapping.model import Mapping as Document
from gurney.mapping.model import ObjectMap

PATIENTS = "patients"


@dataclass(frozen=True, slots=True)
class Part:
    """What one object map writes into one destination object."""

    map: str
    source: str
    object: str
    records: int
    is_optional: bool = False
    """Whether the clinic may leave it out: nothing else refers to it, or the mapping offers it as a choice."""
    is_in: bool = True
    """False: it is off in the mapping, and priced as an offer."""
    links: int = 0
    """References that its records hold."""
    is_list: bool = False
    """Whether it makes files of lines instead of records."""
    is_met: bool = False
    """Whether records with its key may be there already, and are looked for before it writes."""
    instead_of: tuple[str, ...] = ()
    """Object maps that move the same records another way."""

    def only(self, records: int) -> Part:
        """So many of its records, with their share of the links."""
        records = min(self.records, records)
        return replace(self, records=records, links=-(-self.links * records // self.records) if self.records else 0)


def fields_read(mapping: Document) -> dict[str, int]:
    """How many fields of each object the mapping fills, all its object maps together."""
    names: dict[str, set[str]] = {}
    for entry in mapping.active():
        names.setdefault(entry.to, set()).update(line.to for line in entry.active_fields())
    return {object: len(fields) for object, fields in names.items()}


def is_optional(mapping: Document, entry: ObjectMap) -> bool:
    """Whether it may be left out: the mapping says so, or it hangs on others and nothing hangs on it."""
    return entry.optional or (
        entry.parent is not None and not any(entry.map in _needs(one) for one in mapping.active())
    )


def _needs(entry: ObjectMap) -> set[str]:
    """The object maps whose records this one refers to."""
    lookups = [line.lookup for line in entry.active_fields()] + [entry.parent]
    return {map for lookup in lookups if lookup is not None for map in lookup.map}


@dataclass(frozen=True, slots=True)
class Workload:
    """A whole migration."""

    parts: tuple[Part, ...]
    """What is on in the mapping."""
    offers: tuple[Part, ...] = ()
    """What is off and might be on."""
    new_objects: int = 0
    new_fields: int = 0
    new_fields_of_new_objects: int = 0
    """Of them, those that no rollback removes by themselves."""
    new_options: Mapping[str, int] = field(default_factory=dict)
    """Pick-list values to add to fields that exist, by object."""
    source_records: Mapping[str, int] = field(default_factory=dict)
    lists: frozenset[str] = frozenset()
    """The source's objects that the mapping reads, which a delta asks for."""
    source_files: int = 0
    """Files to fetch from the source."""
    source_bytes: int = 0
    largest_file_bytes: int = 0
    fetches_ahead: bool = True
    """Whether files are fetched while records are written."""
    source_calls_per_minute: int = 196
    sample_patients: int = 12
    """Of patients, and of lists about them, so many are in the sample; assumed."""
    sample_each: int = 3
    """The same of everything else: few records show all that could go wrong."""
    reads_all_back: bool = True
    """Whether the run reads back every record, or the sample's alone."""
    checks_bytes: bool = True
    """Whether a file that was uploaded is fetched again to compare its checksum."""
    fields: Mapping[str, int] = field(default_factory=dict)
    """How many fields of a record are read, by object."""
    removes_schema: bool = True
    """Whether a rollback also removes the fields that were made."""

    def sampled(self, part: Part) -> Part:
        """What the sample takes of a part."""
        return part.only(self.sample_patients if part.is_list or part.source == PATIENTS else self.sample_each)
