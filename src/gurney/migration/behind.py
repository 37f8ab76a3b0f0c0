"""Records of which the source says something else by now than what was last written for them.

The read-back proves that what was written is there. This proves that it is what the source says: of every record, with
the values that the mapping makes of the snapshot as it is. What a delta left to a person on purpose, what failed
and what somebody deleted is named elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from gurney.destinations.protocol import Destination
from gurney.mapping.compile import CompiledMap
from gurney.migration.build import Builder, BuiltRow, is_dry
from gurney.migration.changes import goes_over, has_moved, with_emptied
from gurney.migration.compare import as_text, comparable, same
from gurney.migration.kept import kept_fields
from gurney.migration.threeway import Same
from gurney.records import Link, OperationKey, State, Value, Write
from gurney.schema import Schema
from gurney.store.diffs import Diff
from gurney.store.effects import Effect
from gurney.store.runs import Run
from gurney.store.store import Store

CHANGED = "the source says something else since it was written; `gurney delta` brings it"
PARENT = "the record that it hangs on"
ABSENT_PART = "a part of it"
LEFT_BEHIND = (State.FAILED, State.MANUAL)

Changes = Mapping[OperationKey, Mapping[str, Value]]
"""What the source says now, by operation and field."""


class Behind:
    """Looks at built rows, portion by portion, and keeps what differs from what was written as diffs of a run."""

    def __init__(
        self,
        store: Store,
        destination: Destination,
        schema: Schema,
        builder: Builder,
        run: Run,
        *,
        file_bytes: int | None,
    ) -> None:
        self._store = store
        self._destination = destination
        self._schema = schema
        self._builder = builder
        self._run = run
        self._file_bytes = file_bytes
        self._kept = kept_fields(store)
        self.records: Counter[str] = Counter()
        """Source records by object map."""

    def look(self, map: CompiledMap, built: Sequence[BuiltRow]) -> None:
        """Compare what these rows become with what stands for them."""
        if map.destination_object == self._destination.capabilities.user_object:
            return
        rows = [item for item in built if not item.built.skipped and item.row.state not in ("gone", "merged")]
        writes = {write.key: (item, write) for item in rows for write in item.built.writes}
        effects = {
            key: effect for key, effect in self._store.effects.of(list(writes)).items()
            if not effect.removed and effect.write is not None and effect.verdict != "gone"
        }  # fmt: skip
        later = self._deferred(map, [item for item in rows if item.built.writes[0].key in effects])
        found: dict[OperationKey, Mapping[str, Value]] = {}
        for key, (item, write) in writes.items():
            effect = effects.get(key)
            if effect is not None:
                now = map.for_update(with_emptied(map, effect, write, item))
                changed = self._changed(map, effect, now, later.get(key, {}))
                found.update({key: changed} if changed else {})
            elif key.part and item.built.writes[0].key in effects:
                found[key] = {ABSENT_PART: None}
        if found:
            self._keep(map, found, effects)

    def _deferred(self, map: CompiledMap, items: Sequence[BuiltRow]) -> dict[OperationKey, Mapping[str, Value]]:
        """Lookups that are set last, as they are to be."""
        if not map.has_deferred or not items:
            return {}
        return {link.key: link.fields for link in self._builder.deferred(map, [item.record for item in items])}

    def _changed(self, map: CompiledMap, effect: Effect, now: Write, later: Mapping[str, Value]) -> dict[str, Value]:
        """The fields that differ, with what the source says now."""
        is_same = self._same(effect.destination_object)
        changed = {
            name: value for name, value in {**now.fields, **later}.items()
            if not is_dry(value) and not is_same(name, effect.written.get(name), value)
        }  # fmt: skip
        if goes_over(effect, now):
            changed[self._destination.capabilities.owner_field] = Link("", str(now.owner_id))
        if has_moved(effect, now) and not is_dry(now.parent):
            changed[PARENT] = now.parent
        elif changed and self._stays_as_it_was(effect, now):
            return {}
        kept = self._kept.get(str(effect.key), frozenset())
        if kept and effect.destination_object in self._destination.capabilities.keyless_objects:
            return {}  # a person changed it, and it is written whole or not at all
        return {name: value for name, value in changed.items() if name not in kept}

    def _stays_as_it_was(self, effect: Effect, now: Write) -> bool:
        """Whether no delta could write it again: no call deletes the old one, or the new one is too large."""
        can = self._destination.capabilities
        if effect.destination_object in can.undeletable:
            return True
        if effect.destination_object != can.file_object:
            return False
        size = now.file.size_bytes if now.file else None
        return size is None or (self._file_bytes is not None and size > self._file_bytes)

    def _same(self, object: str) -> Same:
        return same(comparable(self._destination, self._schema.objects.get(object), object))

    def _keep(self, map: CompiledMap, found: Changes, effects: Mapping[OperationKey, Effect]) -> None:
        states = self._store.ledger.states(map.id, list(found))
        told = {
            key: changed for key, changed in found.items()
            if key not in states or states[key].state not in LEFT_BEHIND
        }  # fmt: skip
        self.records[map.id] += len({key.id for key in told})
        diffs = [diff for key, changed in told.items() for diff in _diffs(map, key, changed, effects.get(key))]
        self._store.diffs.put(self._run, diffs)


def _diffs(map: CompiledMap, key: OperationKey, changed: Mapping[str, Value], effect: Effect | None) -> Iterator[Diff]:
    for name, value in changed.items():
        yield Diff(
            map=map.id,
            source_id=key.id,
            destination_id=effect.destination_id if effect else "",
            field=map.said(name),
            source_value=as_text(value),
            expected=as_text(value),
            actual=as_text(effect.written.get(name)) if effect else "",
            verdict="different",
            reason=CHANGED,
        )
