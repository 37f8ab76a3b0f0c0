"""The way back: what was created is deleted while it is as we left it, what was updated gets its old values.

Children go before parents. Three buckets at the end: reversed, kept (a person changed it: what), impossible
(why, and what to do by hand). It shows its plan first, is journalled like every other run, and can be repeated.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gurney.destinations.protocol import Destination
from gurney.mapping.compile import CompiledMap, CompiledMapping
from gurney.migration.compare import comparable, same
from gurney.migration.emptied import as_people_left_it
from gurney.migration.ownership import Ownership, stood_for
from gurney.migration.progress import Watcher
from gurney.migration.send import Sender
from gurney.migration.threeway import changed_by_others, restore, typed_in
from gurney.migration.verify import Verifier
from gurney.records import Kind, Link, OperationKey, Outcome, ReadBack, State, Write
from gurney.schema import Schema
from gurney.store.effects import Effect
from gurney.store.runs import Run
from gurney.store.store import Store

STRIDE = 1000
LADEN = "what a person changed since hangs on it, and would go with it"


@dataclass(slots=True)
class Rollback:
    """A program for the engine: one phase for each object map, children first."""

    store: Store
    destination: Destination
    schema: Schema
    compiled: CompiledMapping
    sender: Sender
    verifier: Verifier
    run: Run
    watcher: Watcher
    only: Mapping[str, frozenset[str]] | None = None
    """Source ids by source object, for the sample's rollback."""
    force: frozenset[str] = frozenset()
    """Source ids whose records go although a person changed them."""
    _all_ours: frozenset[str] | None = None
    _ownership: Ownership | None = None

    async def phases(self) -> list[str]:
        users = self.destination.capabilities.user_object
        return [f"undo {map.id}" for map in reversed(self.compiled.maps) if map.destination_object != users]

    async def advance(self, phase: str) -> bool:
        await self.sender.settle_leftovers(send_again=False)
        map = self.compiled.by_id[phase.partition(" ")[2]]
        name = f"{self.run.id} {phase}"
        after = (self.store.ledger.progress(name) or {}).get("after", 0)
        effects = self.store.effects.scan(map.id, after=after, limit=STRIDE)
        await self._undo(map, [effect for effect in effects if self._ours(effect)])
        if effects:
            self.store.ledger.keep_progress(self.run, name, {"after": effects[-1].seq})
        self.watcher.advance(self.store.effects.removed_count())
        return len(effects) < STRIDE

    def _ours(self, effect: Effect) -> bool:
        if effect.removed:
            return False
        return self.only is None or effect.key.id in self.only.get(effect.key.object, frozenset())

    async def _undo(self, map: CompiledMap, effects: Sequence[Effect]) -> None:
        groups: dict[str, list[Effect]] = defaultdict(list)
        for effect in effects:
            groups[effect.destination_object].append(effect)
        hanging = self.destination.capabilities.keyless_objects
        for object, group in sorted(groups.items(), key=lambda item: item[0] not in hanging):
            await self.delete_unchanged(object, [effect for effect in group if effect.created])
            await self._restore(object, [effect for effect in group if not effect.created])

    async def delete_unchanged(self, object: str, effects: Sequence[Effect]) -> None:
        """Delete what is as we left it and carries nothing of others; write down why the rest stays."""
        if not effects:
            return
        made = {map: self._made_fields(map, object) for map in {effect.key.map for effect in effects}}
        there = await self.verifier.read(object, effects, frozenset().union(*made.values()), download=False)
        is_same = same(comparable(self.destination, self.schema.objects.get(object), object))
        fields = await as_people_left_it(effects, there, self.store.effects, self.verifier)
        kept: list[Outcome] = []
        free: list[Effect] = []
        for effect in effects:
            record = there.get(effect.destination_id)
            if record is None:
                free.append(effect)
                continue
            written = {name: value for name, value in effect.written.items() if name not in record.unreadable}
            written.pop("sha256", None) if "sha256" not in record.fields else None
            changed = list(changed_by_others(written, fields[effect.destination_id], is_same))
            changed += typed_in(made[effect.key.map] - effect.written.keys(), record.fields)
            if changed and effect.key.id not in self.force:
                kept.append(_kept(effect, self._changed_words(effect, changed), record))
            else:
                free.append(effect)
        if self._all_ours is None:
            self._all_ours = frozenset(self.store.effects.going())
        present = [effect for effect in free if effect.destination_id in there]
        guarded = await self.destination.children_of_others(
            object, [effect.destination_id for effect in present], self._all_ours
        )
        laden = self._laden(object, present)
        for effect in list(free):
            others = guarded.get(effect.destination_id)
            if (others or effect.destination_id in laden) and effect.key.id not in self.force:
                free.remove(effect)
                why = f"records that stay hang on it: {', '.join(others[:5])}" if others else LADEN
                kept.append(_kept(effect, why, None))
        self._keep(object, kept)
        await self.sender.send(
            Write(
                effect.key,
                object,
                key_field="",
                key_value="",
                fields={},
                kind=Kind.DELETE,
                destination_id=effect.destination_id,
                parent=effect.parent,
            )
            for effect in free
        )

    def _made_fields(self, map_id: str, object: str) -> frozenset[str]:
        """Fields that an object map has for itself on its own records: it alone fills them, or a person does."""
        map = self.compiled.by_id[map_id]
        return map.made_fields if object == map.destination_object else frozenset()

    def _laden(self, object: str, effects: Sequence[Effect]) -> set[str]:
        """Ids of records on which something of ours stays: other object maps that hang on theirs went before.

        What an object map hangs on its own records may be still to come; what no call deletes is named, and goes along.
        """
        if not effects:
            return set()
        links = [Link(object, effect.destination_id) for effect in effects]
        stays = self.destination.capabilities.undeletable
        but_of = {effects[0].key.map, *(map.id for map in self.compiled.maps if map.destination_object in stays)}
        return {link.id for link in self.store.effects.with_children(links, but_of=but_of)}

    def _changed_words(self, effect: Effect, changed: Iterable[str]) -> str:
        map = self.compiled.by_id[effect.key.map]
        return f"a person changed {', '.join(sorted(map.said(name) for name in changed))}"

    async def _restore(self, object: str, effects: Sequence[Effect]) -> None:
        """Put back what was there before us, field by field, where nobody changed it since."""
        if not effects:
            return
        there = await self.verifier.read(object, effects, download=False)
        is_same = same(comparable(self.destination, self.schema.objects.get(object), object))
        fields = await as_people_left_it(effects, there, self.store.effects, self.verifier)
        ownership = self._ownership = self._ownership or Ownership(self.destination)
        whose = self.verifier.owner_field(object)
        kept: list[Outcome] = []
        writes: list[Write] = []
        as_it_was: list[Write] = []
        for effect in effects:
            record = there.get(effect.destination_id)
            if record is None:
                kept.append(
                    _kept(effect, "the record is gone; it was there before the migration", None, impossible=True)
                )
                continue
            if effect.before is None:
                continue
            written = {**effect.written, **stood_for(effect, whose)}
            put_back, changed = restore(effect.before, written, fields[effect.destination_id], is_same)
            owner_id, lost = await ownership.taken_from(put_back, whose)
            if changed:
                kept.append(_kept(effect, self._changed_words(effect, changed), record))
            elif lost:
                kept.append(_kept(effect, lost, record, impossible=True))
            write = Write(
                effect.key,
                object,
                key_field="",
                key_value="",
                fields=put_back,
                kind=Kind.RESTORE,
                destination_id=effect.destination_id,
                owner_id=owner_id,
                unless_modified_since=record.modified_at,
            )
            (writes if put_back or owner_id else as_it_was).append(write)
        await self.sender.send(writes)
        if as_it_was:  # it holds its old values already: nothing to send, but something to write down
            self.store.ledger.intend(self.run, as_it_was)
            done = [Outcome.done(write.key, write.destination_id or "", created=False) for write in as_it_was]
            self.store.ledger.conclude(self.run, done)
        refused = self._refused(writes)
        self._keep(object, [one for one in kept if one.key not in refused])

    def _refused(self, writes: Sequence[Write]) -> set[OperationKey]:
        """Those that failed: that weighs more than what a person changed, and the next rollback tries them again."""
        if not writes:
            return set()
        states = self.store.ledger.states(writes[0].key.map, [write.key for write in writes])
        return {key for key, operation in states.items() if operation.state is State.FAILED}

    def _keep(self, object: str, kept: Sequence[Outcome]) -> None:
        if kept:
            self.store.ledger.record(self.run, object, kept, kind=Kind.DELETE)
            stays = {f"{object}/{one.destination_id}" for one in kept if one.destination_id}
            self._all_ours = self._all_ours - stays if self._all_ours is not None else None


def _kept(effect: Effect, why: str, record: ReadBack | None, *, impossible: bool = False) -> Outcome:
    """A record that the rollback leaves alone, and why."""
    by = f" ({record.modified_by})" if record is not None and record.modified_by else ""
    code = "impossible" if impossible else "kept"
    return Outcome(effect.key, State.SKIPPED, effect.destination_id, code=code, words=f"{why}{by}")
