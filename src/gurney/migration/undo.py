"""The rollback stage: its plan, the going back, and its three buckets."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from gurney.destinations.protocol import Capabilities, Destination
from gurney.migration import abreast
from gurney.migration.about import about
from gurney.migration.compiled import made_so_far
from gurney.migration.context import Migration
from gurney.migration.job import prepare
from gurney.migration.rollback import Rollback
from gurney.migration.sample import chosen_ids
from gurney.migration.saved import provisioned_to_json
from gurney.migration.stages import Stage, fall_back, reach, require
from gurney.records import Kind, State
from gurney.reports.forecast import BACK
from gurney.reports.rollback import Impossible, KeptRecord, RollbackReport, RollbackStep
from gurney.schema import NewField, NewObject, Provisioned

BACKWARDS = (Kind.DELETE, Kind.RESTORE)
CRITERIA = [
    "The reconciliation finds records missing at the destination that no reason explains.",
    "Links lead nowhere or to other records.",
    "The clinic does not accept the result.",
]


@dataclass(frozen=True, slots=True)
class Intended:
    """What a rollback would do."""

    deletes: int
    restores: int

    @property
    def words(self) -> str:
        return (
            f"{self.deletes:,} records that the migration created will be deleted, {self.restores:,} that it changed "
            "will get their old values back. What a person changed since in fields of the migration is kept and "
            "listed; what was typed into another field of a record that goes, goes with it."
        )


def plan(migration: Migration, *, only_sample: bool = False) -> Intended:
    """Count what is to be undone; nothing is asked or changed."""
    require(migration.store, "rollback", Stage.PROVISIONED, "gurney provision, gurney sample or gurney run")
    only = chosen_ids(migration) if only_sample else None
    deletes = restores = 0
    for entry in migration.mapping().active():
        after = 0
        while effects := migration.store.effects.scan(entry.map, after=after, limit=5000):
            after = effects[-1].seq
            for effect in effects:
                if effect.removed or (only is not None and effect.key.id not in only.get(effect.key.object, ())):
                    continue
                deletes += effect.created
                restores += not effect.created and effect.has_before
    return Intended(deletes, restores)


async def undo(
    migration: Migration, *, only_sample: bool = False, force: frozenset[str] = frozenset()
) -> RollbackReport:
    """Go back. Repeating it goes on, or tries again what was kept."""
    require(migration.store, "rollback", Stage.PROVISIONED, "gurney provision, gurney sample or gurney run")
    with migration.store.worker_lock():
        job = prepare(migration, "rollback sample" if only_sample else "rollback")
        destination = migration.destination()
        destination.pacer.into_reserve = True
        for map in job.compiled.maps:
            migration.store.diffs.clear(job.run.id, map.id)
        abreast.forget(migration)
        before = migration.store.ledger.counts()
        if not only_sample:  # on the way back there is nothing to add to or to prove, but all to load again
            fall_back(migration.store, Stage.SAMPLED)
        program = Rollback(
            store=migration.store,
            destination=destination,
            schema=job.schema,
            compiled=job.compiled,
            sender=job.sender,
            verifier=job.verifier,
            run=job.run,
            watcher=migration.watcher,
            only=chosen_ids(migration) if only_sample else None,
            force=force,
        )
        migration.watcher.start("Going back", plan(migration, only_sample=only_sample).deletes)
        await job.drive(program)
        report = _report(migration, before, only_sample)
        if not only_sample:
            with migration.working.on(BACK):
                await _take_back_schema(migration, destination, report)
            reach(migration.store, Stage.ROLLED_BACK)
        else:
            reach(migration.store, Stage.PROVISIONED, even_back=True)
    report.remains[:0] = _in_the_bin(report, destination.capabilities)
    return report


def _in_the_bin(report: RollbackReport, can: Capabilities) -> list[str]:
    """Deleted records are not gone at once where the vendor has a bin (contract RBK5)."""
    deleted = sum(step.deleted for step in report.steps if not can.bin_objects or step.object in can.bin_objects)
    if not deleted or not can.bin_days:
        return []
    lie = f"{deleted:,} deleted records lie in the recycle bin of the CRM for {can.bin_days} days."
    if can.bin_objects:
        only = ", ".join(sorted(can.bin_objects))
        return [f"{lie} Until then an administrator can bring them back there. That goes for {only} alone."]
    return [f"{lie} Until then an administrator can bring them back there, or empty the bin to be rid of them at once."]


async def _take_back_schema(migration: Migration, destination: Destination, report: RollbackReport) -> None:
    """Remove the objects and fields that we created, unless records of ours stay or the settings keep them."""
    made = [one for one in made_so_far(migration) if one.state == "created"]
    if not migration.workspace.settings.options.rollback_fields:
        return
    if report.kept:
        report.impossible.append(
            Impossible(
                what="created objects and fields", why="records that were kept hold values in them",
                by_hand="Remove them in the CRM's set-up once those records no longer need them.",
            )
        )  # fmt: skip
        return
    objects = {one.change.name for one in made if isinstance(one.change, NewObject)}
    apart = [one for one in made if isinstance(one.change, NewObject) or _object(one) not in objects]
    migration.watcher.start("Removing what was made for the migration", len(apart))
    gone = await destination.unprovision(apart)
    removed = {(_name(one)) for one in gone if one.state == "deleted"}
    report.schema_removed = sorted(removed)
    for one in gone:
        if one.state != "deleted":
            report.impossible.append(Impossible(what=_name(one), why=one.words or one.state, by_hand=one.words))
        else:
            report.remains += [one.words] if one.words else []
    deleted = [{"what": _name(one)} for one in gone if one.state == "deleted"]
    migration.store.ledger.note_each(None, "unprovision", deleted, migration.operator)
    kept = [one for one in made_so_far(migration) if _name(one) not in removed]
    migration.store.documents.put("provisioned", {"made": provisioned_to_json(kept)}, sealed=False)


def _object(one: Provisioned) -> str:
    return one.change.name if isinstance(one.change, NewObject) else one.change.object


def _name(one: Provisioned) -> str:
    change = one.change
    if isinstance(change, NewObject):
        return change.name
    return f"{change.object}.{change.name}" if isinstance(change, NewField) else f"{change.object}.{change.field}"


def _report(migration: Migration, before: dict[str, dict[tuple[str, str], int]], only_sample: bool) -> RollbackReport:
    ledger = migration.store.ledger
    after = ledger.counts()
    steps = []
    for order, entry in enumerate(reversed(list(migration.mapping().active())), start=1):
        mine: Counter[tuple[str, str]] = Counter(after.get(entry.map, {}))
        mine.subtract(before.get(entry.map, {}))
        deleted, restored = mine[Kind.DELETE, State.DONE], mine[Kind.RESTORE, State.DONE]
        steps.append(
            RollbackStep(
                order=order, map=entry.map, object=entry.to, to_delete=deleted, deleted=deleted, to_restore=restored,
                restored=restored,
            )
        )  # fmt: skip
    kept, impossible = [], []
    stays = [one for one in (*ledger.in_state(State.SKIPPED), *ledger.in_state(State.FAILED)) if one.kind in BACKWARDS]
    effects = migration.store.effects.of([one.key for one in stays])
    for one in stays:
        effect = effects.get(one.key)  # a refusal does not say whom it is about
        there = one.destination_id or (effect.destination_id if effect else "")
        if one.code == "kept":
            kept.append(
                KeptRecord(
                    map=one.key.map, object=one.destination_object, source_id=one.key.id,
                    destination_id=there, why=one.words,
                    next_step=f"Look at it in the CRM; to remove it all the same: gurney rollback --force {one.key.id}",
                )
            )  # fmt: skip
        else:
            impossible.append(
                Impossible(
                    what="record", object=one.destination_object, source_id=one.key.id,
                    destination_id=there, why=one.words, by_hand="Look at it in the CRM.",
                )
            )  # fmt: skip
    impossible += [
        Impossible(
            what="record", object=one.destination_object, source_id=one.key.id, destination_id="", why=one.words,
            by_hand="Look for it in the CRM, and delete it there if it is there.",
        )
        for one in ledger.unprovable()
    ]  # fmt: skip
    return RollbackReport(
        about=about(migration),
        scope="sample" if only_sample else "everything",
        steps=steps,
        kept=kept,
        impossible=impossible,
        criteria=CRITERIA,
    )
