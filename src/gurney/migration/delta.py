"""The delta: what changed at the source since the load, brought over without touching what a person changed.

A sweep brings new and changed records into the snapshot; every record that they concern is built again and
compared with what we last wrote. Only fields that changed at the source and not at the destination are written.

What happens to what disappeared at the source is stated in POLICIES, which the report shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from gurney.destinations.protocol import Destination
from gurney.mapping.compile import CompiledMap, CompiledMapping
from gurney.migration.build import Builder, BuiltRow
from gurney.migration.changes import differs, goes_over, has_moved, has_other_bytes, with_emptied
from gurney.migration.compare import as_text, comparable, same
from gurney.migration.emptied import as_people_left_it
from gurney.migration.kept import keep_fields
from gurney.migration.load import Load
from gurney.migration.ownership import held, reassigned
from gurney.migration.rollback import Rollback
from gurney.migration.send import Sender
from gurney.migration.tables import keep_made
from gurney.migration.threeway import Same, changed_by_others, merge
from gurney.records import Kind, Link, OperationKey, ReadBack, Value, Write
from gurney.schema import Schema
from gurney.store.diffs import Diff
from gurney.store.effects import Effect
from gurney.store.runs import Run
from gurney.store.snapshot import Row
from gurney.store.store import Store

STRIDE = 2000

POLICIES = {
    "created": "Written like in the load, in the same order and with the same proof.",
    "changed": "Only fields that changed at the source are written or emptied, and only where nobody changed them "
    "in the CRM.",
    "archived": "The record stays; where the object map carries an archived mark, the mark is set.",
    "cancelled": "A state like any other: the status is written.",
    "merged": "What hangs on the loser moves to the survivor; the loser's record is deleted while it is as we left it.",
    "deleted for good": "The record stays and is reported: the clinic decides.",
    "changed on both sides": "The CRM's value is kept and reported.",
}
"""What a delta does with each kind of change."""


@dataclass(slots=True)
class Delta:
    """A program for the engine: for each object map first the changes, then (by the load) what is new."""

    store: Store
    destination: Destination
    schema: Schema
    compiled: CompiledMapping
    builder: Builder
    sender: Sender
    load: Load
    undo: Rollback
    run: Run
    nothing_changed: bool = False
    """The sweep found nothing and nothing is left to retry: no need to look at every record again."""

    async def phases(self) -> list[str]:
        if self.nothing_changed:
            return []
        phases: list[str] = []
        for map in self.load.maps():
            phases += [f"load {map.id}", f"change {map.id}"]
            phases += [f"link {map.id}"] if map.has_deferred else []
            phases += [f"prove {map.id}"]
        return [*phases, *(f"merge {map.id}" for map in reversed(self.load.maps()))]

    async def advance(self, phase: str) -> bool:
        await self.load.settle()
        verb, _, map_id = phase.partition(" ")
        map = self.compiled.by_id[map_id]
        if verb == "change":
            return await self._change(map)
        if verb == "merge":
            return await self._retire_merged(map)
        return await self.load.advance(phase)

    async def _change(self, map: CompiledMap) -> bool:
        """Build again what we stand for, and write what changed at the source alone."""
        name = f"{self.run.id} change {map.id}"
        after = (self.store.ledger.progress(name) or {}).get("after", 0)
        effects = self.store.effects.scan(map.id, after=after, limit=STRIDE)
        await self._update(map, effects)
        if effects:
            self.store.ledger.keep_progress(self.run, name, {"after": effects[-1].seq})
        return len(effects) < STRIDE

    async def _update(self, map: CompiledMap, effects: Sequence[Effect]) -> None:
        """Bring records to their present state; what a crash kept from coming anew after its removal comes now."""
        rows = self.store.snapshot.get(map.object, sorted({effect.key.id for effect in effects}))
        effects = [effect for effect in effects if not effect.removed]
        self._note_gone(map, effects, rows)
        live = [row for row in rows.values() if row.state not in ("gone", "merged")]
        built = self.builder.build(map, live)
        items = {item.row.id: item for item in built if not item.built.skipped}
        emptied = {item.row.id for item in built if map.table and not item.is_selected}
        now = {write.key: write for item in items.values() for write in item.built.writes}
        now |= self._with_links(map, now, items, {effect.key for effect in effects if effect.run != self.run.id})
        pairs = [
            (effect, with_emptied(map, effect, now[effect.key], items[effect.key.id]))
            for effect in effects
            if effect.key in now
        ]
        changed = [(effect, write) for effect, write in pairs if differs(effect, map.for_update(write))]
        changed = [pair for pair in changed if not self._outgrew(map, *pair)]
        mine = {effect.key for effect in effects}
        fresh = [write for key, write in now.items() if key not in mine]
        going = [*(write for _, write in changed), *fresh]
        await keep_made(self.store, (made for write in going for made in items[write.key.id].made))
        for object in sorted({effect.destination_object for effect, _ in changed}):
            pairs = [pair for pair in changed if pair[0].destination_object == object]
            await self._rewrite(map, object, [pair for pair in pairs if self._goes_anew(*pair)])
            await self._write(map, object, [pair for pair in pairs if not self._goes_anew(*pair)])
        await self._take_parts_back(
            map, [effect for effect in effects if effect.key.id in items and effect.key not in now]
        )
        await self._take_parts_back(map, [effect for effect in effects if effect.key.id in emptied])
        await self._add_parts(fresh)

    def _with_links(
        self,
        map: CompiledMap,
        now: Mapping[OperationKey, Write],
        items: Mapping[str, BuiltRow],
        older: Set[OperationKey],
    ) -> dict[OperationKey, Write]:
        """Writes of records from before this run with the lookups that are set last: they may be taken by now."""
        if not map.has_deferred:
            return {}
        records = [items[key.id].record for key in now if key in older]
        links = {link.key: link for link in self.builder.deferred(map, records)}
        return {
            key: replace(now[key], fields={**now[key].fields, **link.fields})
            for key, link in links.items()
            if key in now
        }

    async def _add_parts(self, writes: Sequence[Write]) -> None:
        """A text that grew needs more notes than it had."""
        known = self.store.effects.of([write.key for write in writes])
        await self.sender.send(write for write in writes if write.key not in known or known[write.key].removed)

    async def _take_parts_back(self, map: CompiledMap, effects: Sequence[Effect]) -> None:
        """A text that shrank leaves no notes behind, but those that a person changed."""
        for object in sorted({effect.destination_object for effect in effects}):
            mine = [effect for effect in effects if effect.destination_object == object]
            await self._removed(map, object, mine)

    def _goes_anew(self, effect: Effect, write: Write) -> bool:
        """What carries no key of ours, and what hangs on another record now, which no update of a field would say."""
        keyless = effect.destination_object in self.destination.capabilities.keyless_objects
        return keyless or has_moved(effect, write) or has_other_bytes(effect, write)

    def _outgrew(self, map: CompiledMap, effect: Effect, write: Write) -> bool:
        """Whether a list is too long for the destination by now: then the last version that fitted stays."""
        if map.table is None or write.file is None or not self.load.is_too_large(write.file.size_bytes):
            return False
        self._report(map, effect, "", "", "", "the list outgrew what the destination takes: an older one was kept")
        return True

    async def _write(self, map: CompiledMap, object: str, changed: Sequence[tuple[Effect, Write]]) -> None:
        if not changed:
            return
        changed = [(effect, map.for_update(write)) for effect, write in changed]
        is_same = same(comparable(self.destination, self.schema.objects.get(object), object))
        whose = self.load.verifier.owner_field(object) if any(goes_over(*pair) for pair in changed) else ""
        fields = sorted({name for _, write in changed for name in write.fields} | ({whose} - {""}))
        effects, verifier = [effect for effect, _ in changed], self.load.verifier
        there = await verifier.read(object, effects, fields)
        left_there = await as_people_left_it(effects, there, self.store.effects, verifier)
        writes: list[Write] = []
        kept: list[tuple[OperationKey, str]] = []
        before: dict[OperationKey, Mapping[str, Value]] = {}
        for effect, write in changed:
            record = there.get(effect.destination_id)
            if record is None:
                self._report(map, effect, "", "", "", "the record is gone at the destination; a person deleted it")
                continue
            merged = merge(effect.written, write.fields, left_there[effect.destination_id], is_same)
            owner = write.owner_id if goes_over(effect, write) else None
            wanted: dict[str, Value] = dict(write.fields)
            conflicts = merged.conflicts
            if owner and reassigned(effect, owner, record, whose):
                wanted[whose], owner, conflicts = Link("", owner), None, (*conflicts, whose)
            left = {*conflicts, *_edited(effect, record, is_same)} - {*merged.write, *merged.agreed}
            kept += [(effect.key, name) for name in sorted(left)]
            for name in conflicts:
                self._report(
                    map,
                    effect,
                    name,
                    as_text(wanted[name]),
                    as_text(record.fields.get(name)),
                    "changed on both sides: the destination's value was kept",
                )
            if merged.agreed:
                self.store.effects.agree(effect.key, merged.agreed)
            update = replace(
                write,
                kind=Kind.UPDATE,
                fields=merged.write,
                owner_id=owner,
                destination_id=effect.destination_id,
                unless_modified_since=record.modified_at,
            )
            if not effect.created:  # a field that the load left alone held something of theirs
                before[effect.key] = held(update, record, whose)
            if merged.write or owner:
                writes.append(update)
        if kept:
            keep_fields(self.store, kept)
        await self.sender.send(writes, before)

    async def _rewrite(self, map: CompiledMap, object: str, changed: Sequence[tuple[Effect, Write]]) -> None:
        """Some notes and files cannot be patched safely field by field: the old goes, the new comes."""
        if object == self.destination.capabilities.file_object:
            changed = [(effect, write) for effect, write in changed if write.file is not None]  # else none could come
        if object in self.destination.capabilities.undeletable:  # the old goes along with what it hung on
            await self.sender.send(write for effect, write in changed if has_moved(effect, write))
            return
        removed = await self._removed(map, object, [effect for effect, _ in changed])
        await self.sender.send(write for effect, write in changed if effect.key in removed)

    async def _removed(self, map: CompiledMap, object: str, effects: Sequence[Effect]) -> set[OperationKey]:
        """Delete what is as we left it, report what a person changed; returns what is gone."""
        await self.undo.delete_unchanged(object, effects)
        now = self.store.effects.of([effect.key for effect in effects])
        left = [effect for effect in effects if not now[effect.key].removed]
        for effect in left:
            self._report(map, effect, "", "", "", "changed on both sides: the destination's text was kept")
        if left:
            keep_fields(self.store, [(effect.key, name) for effect in left for name in effect.written])
        return {key for key, effect in now.items() if effect.removed}

    def _note_gone(self, map: CompiledMap, effects: Sequence[Effect], rows: Mapping[str, Row]) -> None:
        """Report what the source deleted for good, and remember which records it names: it keeps them from going."""
        gone = [effect for effect in effects if effect.key.id in rows and rows[effect.key.id].state == "gone"]
        for effect in gone:
            self._report(map, effect, "", "", "", "deleted for good at the source; kept at the destination")
        named, known = {_words(one) for effect in gone for one in _links(effect)}, self._named_by_gone()
        if named - known:
            self.store.ledger.keep_progress(self.run, self._gone, {"named": sorted(named | known)})

    @property
    def _gone(self) -> str:
        return f"{self.run.id} gone"

    def _named_by_gone(self) -> set[str]:
        return set((self.store.ledger.progress(self._gone) or {}).get("named", ()))

    def _report(self, map: CompiledMap, effect: Effect, name: str, source: str, actual: str, why: str) -> None:
        diff = Diff(
            map=map.id,
            source_id=effect.key.id,
            destination_id=effect.destination_id,
            field=map.said(name),
            source_value=source,
            expected=source,
            actual=actual,
            verdict="different",
            reason=why,
        )
        self.store.diffs.put(self.run, [diff])
        details = {
            "map": map.id,
            "source_id": effect.key.id,
            "destination_id": effect.destination_id,
            "field": map.said(name),
            "why": why,
        }
        self.store.ledger.note(self.run, "conflict" if name else "kept", details, "")

    async def _retire_merged(self, map: CompiledMap) -> bool:
        """Delete the records of patients that were merged into others since, once their children have moved.

        A loser on which something of ours still hangs (a note that a person edited) stays: it would go with it. So
        does one that a kept record names which the source deleted before the merge: nothing leads that to the survivor.
        """
        name = f"{self.run.id} merge {map.id}"
        after = (self.store.ledger.progress(name) or {}).get("after", 0)
        effects = self.store.effects.scan(map.id, after=after, limit=STRIDE)
        rows = self.store.snapshot.get(map.object, sorted({effect.key.id for effect in effects}))
        merged = [
            effect
            for effect in effects
            if not effect.removed and effect.key.id in rows and rows[effect.key.id].state == "merged"
        ]
        named = self._named_by_gone()
        laden = self.store.effects.with_children([_place(effect) for effect in merged])
        laden |= {place for effect in merged if _words(place := _place(effect)) in named}
        for effect in merged:
            if _place(effect) in laden:
                self._report(map, effect, "", "", "", "changed on both sides: merged, but kept for what hangs on it")
        merged = [effect for effect in merged if _place(effect) not in laden]
        for object in sorted({effect.destination_object for effect in merged}):
            await self.undo.delete_unchanged(object, [one for one in merged if one.destination_object == object])
        if effects:
            self.store.ledger.keep_progress(self.run, name, {"after": effects[-1].seq})
        return len(effects) < STRIDE


def _place(effect: Effect) -> Link:
    return Link(effect.destination_object, effect.destination_id)


def _links(effect: Effect) -> Iterator[Link]:
    return (value for value in effect.written.values() if isinstance(value, Link))


def _words(link: Link) -> str:
    return f"{link.object}/{link.id}"


def _edited(effect: Effect, record: ReadBack, is_same: Same) -> tuple[str, ...]:
    """Fields that somebody changed since our last write. Our next one covers the stamp that tells it from a loss."""
    if not effect.modified_at or not record.modified_at or record.modified_at <= effect.modified_at:
        return ()
    readable = {name: value for name, value in effect.written.items() if name not in record.unreadable}
    return changed_by_others(readable, record.fields, is_same)
