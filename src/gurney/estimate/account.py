"""An account that nobody has used yet, and what a mapping needs of it: fields, objects, pick-list values.

Before there are credentials this stands for the account: it has the vendor's own objects and fields as far as the
mapping names them, and none of its users' own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass

from gurney.destinations.protocol import Limit
from gurney.destinations.vendor import Vendor
from gurney.estimate.clinic import Clinic
from gurney.mapping.capacity import ACCOUNT_LIMIT, rooms
from gurney.mapping.model import FieldMap, Mapping
from gurney.mapping.propose import CompanionField, propose
from gurney.mapping.schema_changes import changes
from gurney.reports.audit import LimitRow
from gurney.reports.pairs import spoken
from gurney.schema import FieldSchema, FieldType, NewField, NewObject, NewOptions, ObjectSchema, Schema, SchemaChange


@dataclass(frozen=True, slots=True)
class Needs:
    """What a clinic needs of an edition."""

    mapping: Mapping
    """As proposed for it: what has no room is off."""
    wanted: tuple[SchemaChange, ...]
    companions: tuple[CompanionField, ...]
    """Fields without room, which go out as CSV files."""
    notes: tuple[str, ...]
    limits: tuple[LimitRow, ...]

    @property
    def fits(self) -> bool:
        """Whether everything has room."""
        return not self.companions and all(row.fits for row in self.limits)

    @property
    def without_room(self) -> int:
        """Fields at the destination that have none; several object maps may fill one."""
        objects = {entry.map: entry.to for entry in self.mapping.maps}
        return len({(objects[one.map], one.line.to) for one in self.companions})

    @property
    def new_objects(self) -> int:
        return sum(isinstance(change, NewObject) for change in self.wanted)

    @property
    def new_fields(self) -> int:
        return sum(isinstance(change, NewField) for change in self.wanted)

    @property
    def new_fields_of_new_objects(self) -> int:
        made = {change.name for change in self.wanted if isinstance(change, NewObject)}
        return sum(isinstance(change, NewField) and change.object in made for change in self.wanted)

    def new_options(self) -> dict[str, int]:
        """Values to add to fields that are there, by object."""
        found: dict[str, int] = {}
        for change in self.wanted:
            if isinstance(change, NewOptions):
                found[change.object] = found.get(change.object, 0) + len(change.options)
        return found


def needs(vendor: Vendor, mapping: Mapping, clinic: Clinic, edition: str, users: int) -> Needs:
    """What the clinic needs of an account of that edition in which nothing was made yet."""
    limits = vendor.limits(edition, users)
    known = {name: limit.value for name, limit in limits.items() if limit.value is not None}
    empty = empty_account(mapping, vendor.absent(edition))
    proposal = propose(mapping, clinic.definition, empty, known, clinic.filled, clinic.words)
    wanted = tuple(changes(proposal.mapping, empty))
    whole = mapping_before_cuts(proposal.mapping, proposal.companion)
    return Needs(
        mapping=proposal.mapping,
        wanted=wanted,
        companions=proposal.companion,
        notes=proposal.notes,
        limits=(*limit_rows(whole, empty, wanted, limits), *_absent_rows(mapping, proposal.mapping, clinic)),
    )


def empty_account(mapping: Mapping, absent: Collection[str] = ()) -> Schema:
    """The vendor's own objects and fields that the mapping names; `absent` are objects that the edition lacks.

    A pick-list of the vendor's own holds what the mapping says by itself, but none of the clinic's words.
    """
    objects: dict[str, dict[str, FieldSchema]] = {}
    for entry in mapping.maps:
        if entry.module != "create" and entry.to not in absent:
            fields = objects.setdefault(entry.to, {})
            fields.update({line.to: _own(line) for line in entry.fields if not line.create or line.create.standard})
    return Schema({name: ObjectSchema(name, name, fields) for name, fields in objects.items()})


def mapping_before_cuts(mapping: Mapping, companions: Sequence[CompanionField]) -> Mapping:
    """The mapping with what had no room, to tell how much room there should be."""
    cut = {(one.map, one.line.to) for one in companions}
    whole = mapping.model_copy(deep=True)
    for entry in whole.maps:
        for line in entry.fields:
            line.enabled = line.enabled or (entry.map, line.to) in cut
    return whole


def _own(line: FieldMap) -> FieldSchema:
    if line.create is not None:
        return FieldSchema(line.to, line.label, line.create.type, options=tuple(line.create.options))
    type = FieldType.PICKLIST if line.values_from is not None else FieldType.TEXT
    return FieldSchema(line.to, line.label, type, options=tuple(line.values.values()))


def limit_rows(
    mapping: Mapping, live: Schema, wanted: Sequence[SchemaChange], limits: MappingOf[str, Limit]
) -> list[LimitRow]:
    """What is needed against what the edition allows (AUD4)."""
    known = {name: limit.value for name, limit in limits.items() if limit.value is not None}
    rows = [
        _limit_row(
            f"custom fields of {room.object or 'the account'}",
            room.existing + room.new,
            limits.get("custom_fields_per_object" if room.object else ACCOUNT_LIMIT),
        )
        for room in rooms(mapping, live, known)
    ]
    objects = sum(one.custom for one in live.objects.values()) + sum(isinstance(one, NewObject) for one in wanted)
    rows.append(_limit_row("custom modules", objects, limits.get("custom_objects")))
    for object in sorted({change.object for change in wanted if isinstance(change, NewField) and change.unique}):
        there = live.objects.get(object)
        existing = sum(field.unique for field in there.fields.values()) if there else 0
        new = sum(isinstance(one, NewField) and one.unique and one.object == object for one in wanted)
        rows.append(_limit_row(f"unique fields of {object}", existing + new, limits.get("unique_fields_per_object")))
    return rows


def left_out(mapping: Mapping, proposed: Mapping, map_id: str) -> bool:
    """Whether an object map is off because the edition does not have its object."""
    before, now = mapping.by_id(map_id), proposed.by_id(map_id)
    return before is not None and before.enabled and now is not None and not now.enabled


def _absent_rows(mapping: Mapping, proposed: Mapping, clinic: Clinic) -> list[LimitRow]:
    """Objects that the edition does not have at all, and how many of the clinic's records are for them."""
    records: Counter[str] = Counter()
    for entry in proposed.maps:
        if left_out(mapping, proposed, entry.map):
            records[entry.to] += clinic.taken(proposed, entry)
    return [LimitRow(limit=spoken(to), needed=count, allowed=0, fits=False) for to, count in records.items() if count]


def _limit_row(what: str, needed: int, limit: Limit | None) -> LimitRow:
    """One thing that an edition allows so much of."""
    allowed = limit.value if limit else None
    words = "" if limit is None or limit.sure else "This figure is not certain; provisioning finds out."
    if allowed is None:
        words = "The vendor names no limit."
    return LimitRow(
        limit=what, needed=needed, allowed=allowed, fits=allowed is None or needed <= allowed,
        source=limit.source if limit else "", words=words,
    )  # fmt: skip
