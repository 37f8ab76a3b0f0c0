"""One source record becomes the writes that it needs at the destination: the record, its notes, its later links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gurney.mapping.fit import as_rich, as_text
from gurney.mapping.model import ObjectMap
from gurney.mapping.paths import Reader, Record, raw_text, view
from gurney.mapping.pieces import mark, split, split_html, titled
from gurney.mapping.rules import Rules, Skipped, is_away
from gurney.mapping.steps import Draft, Step
from gurney.mapping.tables import CompiledTable
from gurney.records import Assigned, Issue, Kind, Link, OperationKey, SourceKey, Write

Ids = Mapping[tuple[str, str], str]
"""(object map, source id) -> destination id; '' when the source has no such record, absent when not migrated."""
Owners = Mapping[str, str | None]
"""Practitioner id -> user of the destination, None where there is none."""

ASSIGNED = "_assigned"
"""Where a record holds what the plan decided, by destination field."""

PIECES_PER_FIELD = 100
"""Part numbers set aside for each field's overflow notes, so that a part keeps its number for ever."""


@dataclass(slots=True)
class Built:
    """What a source record becomes."""

    writes: list[Write] = field(default_factory=list)
    """The record itself is part 0; notes that hold what did not fit have higher parts. A note of a record that is
    yet to be created has a parent with the id '': the engine fills in what part 0 became."""
    issues: list[Issue] = field(default_factory=list)
    skipped: str = ""
    """'' or why nothing is written: merged, archived, gone, not-applicable, source-orphan, parent-not-migrated,
    text-too-long, or a code of the mapping's own `leave_out`."""
    skipped_words: str = ""
    raw: dict[str, object] = field(default_factory=dict)
    """By destination field: the source's own value."""
    assigned: dict[str, Assigned] = field(default_factory=dict)
    """By destination field: whom the record is assigned to, where that is decided once."""

    @property
    def source_values(self) -> dict[str, str]:
        """By destination field: the value as the source wrote it, for the comparison that people read."""
        return {name: raw_text(value) for name, value in self.raw.items()}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a lookup looks: the path of the other record's id, and who may have made that record."""

    read: Reader
    maps: tuple[tuple[str, str], ...]
    """(object map, its destination object), the first that has the record is taken."""

    def find(self, source_id: str, ids: Ids) -> Link | None:
        for map_id, made in self.maps:
            if found := ids.get((map_id, source_id)):
                return Link(made, found)
        return None

    def found_by(self, source_id: str, ids: Ids) -> str:
        """The object map that has the record; '' when none has."""
        return next((map_id for map_id, _ in self.maps if ids.get((map_id, source_id))), "")

    def is_orphan(self, source_id: str, ids: Ids) -> bool:
        """Whether the source itself has no such record."""
        return all(ids.get((map_id, source_id)) == "" for map_id, _ in self.maps)

    @property
    def words(self) -> str:
        return " or ".join(map_id for map_id, _ in self.maps)


@dataclass(frozen=True, slots=True)
class Reference:
    """A lookup, compiled: field '' is the parent of a note or file."""

    field: str
    places: tuple[Place, ...]
    """Tried in turn until one has the record."""
    required: bool = False
    deferred: bool = False
    assigned: bool = False

    def told(self, record: Record, ids: Ids) -> tuple[Assigned, Link] | None:
        """Whom the plan assigned the record to, as far as that is there and the mapping still leads to it."""
        given = record.get(ASSIGNED, {}).get(self.field) if self.assigned else None
        if given is None or not (found := ids.get(given)):
            return None
        made = next((made for place in self.places for map_id, made in place.maps if map_id == given[0]), None)
        return (given, Link(made, found)) if made else None

    def read(self, record: Record) -> Any:
        """The id that the first place names that names one; None when the record refers to nothing."""
        return next((given for place in self.places if (given := place.read(record)) is not None), None)

    def find(self, record: Record, ids: Ids) -> Link | None:
        """The record that the lookup leads to, as far as it is known."""
        named = ((place, given) for place in self.places if (given := place.read(record)) is not None)
        return next((link for place, given in named if (link := place.find(str(given), ids)) is not None), None)


@dataclass(frozen=True, slots=True)
class OverflowNotes:
    """Where whole texts go: note object, its title and content fields, and what each holds."""

    object: str
    title: str
    content: str
    title_chars: int
    content_chars: int
    is_rich: bool = False
    """Whether the content is HTML."""

    def pieces(self, text: str) -> list[str]:
        """A whole text, plain or `Html`, as the contents of as many notes as it needs."""
        if self.is_rich:
            return split_html(as_rich(text) or "", self.content_chars)
        return split(as_text(text) or "", self.content_chars)


@dataclass(frozen=True, slots=True)
class CompiledMap:
    """An object map as functions. Made by `compile_mapping`."""

    spec: ObjectMap
    object: str
    """The source object whose records it is for: `from`, but for a table the object of the parents."""
    depends_on: frozenset[str]
    key_field: str
    marker: str
    """Actual name of the field whose end is our mark, for objects without a key."""
    body: str
    """Actual name of the field that is split over several records; '' where nothing is."""
    has_rich_body: bool
    field_names: Mapping[str, str]
    """Destination fields that this map writes: actual name -> the mapping's."""
    initial: frozenset[str]
    """Of these, the ones that only a creation writes."""
    steps: tuple[Step, ...]
    references_to: tuple[Reference, ...]
    parent: Reference | None
    rules: Rules
    owner: Reader | None
    notes: OverflowNotes | None
    notes_on: str
    """Actual name of the lookup field whose record takes the notes; '': this record itself."""
    facts: frozenset[str] | None
    """Derived facts that the map reads; None where it may read any."""
    deciding: frozenset[str]
    """Derived facts that tell which records the map concerns."""
    table: CompiledTable | None = None
    """The map makes a file for each of its object's records that some record of the table's object belongs to."""

    @property
    def id(self) -> str:
        return self.spec.map

    @property
    def destination_object(self) -> str:
        return self.spec.to

    def said(self, name: str) -> str:
        """What people call a field: some destinations name the fields that are made by a key of their own."""
        return self.field_names.get(name, name)

    @property
    def made_fields(self) -> frozenset[str]:
        """Actual names of the fields that were made for this map, and that neither vendor nor client fills by itself.

        A line that reads nothing is for what another field refuses: a client may put there what the vendor refuses.
        """
        lines = self.spec.active_fields()
        made = {line.to for line in lines if line.create and not line.create.standard and (line.source or line.lookup)}
        return frozenset(name for name, said in self.field_names.items() if said in made)

    @property
    def assigns(self) -> bool:
        """Whether a lookup of this map is decided once for each record."""
        return any(reference.assigned for reference in self.references_to)

    @property
    def has_deferred(self) -> bool:
        return any(reference.deferred for reference in self.references_to)

    def references(self, record: Record) -> list[tuple[str, str]]:
        """Every (object map, source id) that `build` and `build_deferred` may ask for."""
        found = []
        for reference in (*self.references_to, self.parent) if self.parent else self.references_to:
            for place in reference.places:
                given = place.read(record)
                if given is not None:
                    found += [(map_id, str(given)) for map_id, _ in place.maps]
        return [*found, *record.get(ASSIGNED, {}).values()]

    def for_update(self, write: Write) -> Write:
        """The write without what only a creation may carry."""
        if not self.initial or write.object != self.destination_object:
            return write
        return replace(write, fields={name: it for name, it in write.fields.items() if name not in self.initial})

    def build(self, record: Record, ids: Ids, owners: Owners) -> Built:
        """The writes for one record. `record` holds its facts under 'derived' and its state under '_state'."""
        seen = view(record)
        draft = Draft(SourceKey(self.object, record["id"]))
        try:
            if reason := self.rules.reason(seen):
                raise reason
            parent = self._resolve(self.parent, seen, ids, draft) if self.parent else None
            for reference in self.references_to:
                if not reference.deferred:
                    self._resolve(reference, seen, ids, draft)
            for step in self.steps:
                step(seen, draft)
            if draft.too_long:
                words = f"{draft.too_long} is longer than its field and must not be shortened."
                raise Skipped("text-too-long", words)
        except Skipped as reason:
            return Built(issues=draft.issues, skipped=reason.code, skipped_words=reason.words)
        owner = owners.get(str(self.owner(seen))) if self.owner is not None else None
        return self._written(draft, parent, owner, ids)

    def build_deferred(self, record: Record, ids: Ids) -> Write | None:
        """Lookups whose target came later, as one LINK; None when there are none to set."""
        own = ids.get((self.id, record["id"]))
        if not own or is_away(record):
            return None
        found = {one.field: one.find(record, ids) for one in self.references_to if one.deferred}
        links = {name: link for name, link in found.items() if link is not None}
        if not links:
            return None
        key = self._key(record["id"], 0)
        return Write(key, self.destination_object, self.key_field, record["id"], links, Kind.LINK, own)

    def _resolve(self, reference: Reference, seen: Record, ids: Ids, draft: Draft) -> Link | None:
        """Find the referred record and set the draft's field; without it, an issue, or a reason to skip."""
        if told := reference.told(seen, ids):
            draft.assigned[reference.field], draft.fields[reference.field] = told
            draft.sources[reference.field] = told[0][1]
            return told[1]
        missed: tuple[Place, bool] | None = None
        for place in reference.places:
            given = place.read(seen)
            if given is None:
                continue
            source_id = str(given)
            link = place.find(source_id, ids)
            if link is None:
                missed = missed or (place, place.is_orphan(source_id, ids))
                continue
            if reference.field:
                draft.fields[reference.field] = link
                draft.sources[reference.field] = source_id
            if reference.assigned:
                draft.assigned[reference.field] = (place.found_by(source_id, ids), source_id)
            if missed is not None:
                _missed(reference, *missed, f"that of {place.words} stands in", draft)
            return link
        if missed is None:
            if reference.required:
                raise Skipped("source-orphan", "The record names nothing that it belongs to.")
            return None
        if reference.required:
            place, is_orphan = missed
            code = "source-orphan" if is_orphan else "parent-not-migrated"
            raise Skipped(code, f"The record that it belongs to ({place.words}) {_absent(is_orphan)}.")
        _missed(reference, *missed, "the reference is empty", draft)
        return None

    def _written(self, draft: Draft, parent: Link | None, owner: str | None, ids: Ids) -> Built:
        built = Built(issues=draft.issues, raw=draft.sources, assigned=draft.assigned)
        source_id = draft.source.id
        if self.marker:
            built.writes = self._as_notes(draft, parent, owner)
        else:
            key = self._key(source_id, 0)
            built.writes.append(
                Write(
                    key,
                    self.destination_object,
                    self.key_field,
                    source_id,
                    draft.fields,
                    owner_id=owner,
                    parent=parent,
                )
            )
        if draft.kept and self.notes is not None:
            there = draft.fields.get(self.notes_on)
            itself = Link(self.destination_object, ids.get((self.id, source_id), ""))
            own = parent or (there if isinstance(there, Link) else itself)
            built.writes.extend(self._overflow(draft, own, owner, self.notes))
        return built

    def _as_notes(self, draft: Draft, parent: Link | None, owner: str | None) -> list[Write]:
        """A note of any length, as as many notes as it needs."""
        notes = self.notes
        text = str(draft.fields.get(self.body) or "")
        words = str(draft.fields.get(self.marker) or "")
        pieces = [text]
        if notes:
            pieces = (split_html if self.has_rich_body else split)(text, notes.content_chars)
        writes = []
        for number, piece in enumerate(pieces, start=1):
            name = mark(self.object, draft.source.id, number, len(pieces))
            title = titled(words, name, notes.title_chars) if notes else f"{words} {name}"
            fields = {**draft.fields, self.marker: title, self.body: piece}
            key = self._key(draft.source.id, number - 1)
            writes.append(Write(key, self.destination_object, "", title, fields, owner_id=owner, parent=parent))
        return writes

    def _overflow(self, draft: Draft, parent: Link, owner: str | None, notes: OverflowNotes) -> list[Write]:
        """Whole texts of fields that were too short for them, in notes on the record."""
        writes = []
        for position, label, text in draft.kept:
            pieces = notes.pieces(text)
            for number, piece in enumerate(pieces, start=1):
                name = mark(self.object, draft.source.id, number, len(pieces), self.spec.fields[position].to)
                title = titled(f"{label} in full", name, notes.title_chars)
                key = self._key(draft.source.id, position * PIECES_PER_FIELD + number)
                fields = {notes.title: title, notes.content: piece}
                writes.append(Write(key, notes.object, "", title, fields, owner_id=owner, parent=parent))
        return writes

    def _key(self, source_id: str, part: int) -> OperationKey:
        return OperationKey(self.id, self.object, source_id, part)


def _missed(reference: Reference, place: Place, is_orphan: bool, instead: str, draft: Draft) -> None:
    code = "reference-orphan" if is_orphan else "reference-not-migrated"
    words = f"It refers to a record ({place.words}) that {_absent(is_orphan)}; {instead}."
    draft.issues.append(Issue(draft.source, reference.field, code, words))


def _absent(is_orphan: bool) -> str:
    return "is not in the source" if is_orphan else "was not migrated"
