"""Reconciliation: read everything back, and compare counts, relations, sums, owners and every mapped field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping as MappingOf
from decimal import Decimal

from gurney.mapping.compile import CompiledMap
from gurney.mapping.model import Mapping
from gurney.migration.about import about
from gurney.migration.context import Migration
from gurney.migration.dry import DryRun, dry_run
from gurney.migration.engine import run_inline
from gurney.migration.job import Job, prepare
from gurney.migration.load import NOT_YET, REFUSED_BY_US
from gurney.migration.owners import UNASSIGNED
from gurney.migration.plan import require_current_plan
from gurney.migration.send import ABANDONED
from gurney.migration.stages import Stage, reach, require
from gurney.migration.status import counts
from gurney.migration.verify import Proof
from gurney.records import State
from gurney.reports.reconcile import (
    Criterion,
    NotMigrated,
    Owners,
    PopulatedField,
    ReconciledCounts,
    ReconcileReport,
    RelationRow,
    SumRow,
)
from gurney.schema import FieldType

STAYED = ("kept", "impossible")
"""Why a rollback left records where they are."""


async def reconcile(migration: Migration) -> ReconcileReport:
    """The proof. `ok` only when every acceptance criterion is met."""
    require(migration.store, "reconcile", Stage.LOADED, "gurney run")
    require_current_plan(migration)
    with migration.store.worker_lock():
        job = prepare(migration, "reconcile")
        for map in job.compiled.maps:
            migration.store.diffs.clear(job.run.id, map.id)
        behind = job.behind()
        expected = dry_run(migration.store, job.compiled, job.builder, migration.watcher, look=behind.look)
        job.verifier.stays = expected.stays
        await job.drive(_Prove(migration, job), run_inline)
        report = _report(migration, job, expected, behind.records)
        if report.ok:
            reach(migration.store, Stage.RECONCILED)
    return report


class _Prove:
    """Every object map, read back from its beginning."""

    def __init__(self, migration: Migration, job: Job) -> None:
        self._migration = migration
        self._job = job
        users = migration.destination().capabilities.user_object
        self._maps = [map for map in job.compiled.maps if map.destination_object != users]

    async def phases(self) -> list[str]:
        return [map.id for map in self._maps]

    async def advance(self, phase: str) -> bool:
        map = self._job.compiled.by_id[phase]
        self._migration.watcher.start(f"Reading back {map.id} {map.destination_object}", None)
        done = await self._job.verifier.stride(map, self._job.run)
        self._migration.watcher.advance(sum(self._job.verifier.proofs[map.id].records.values()))
        return done


def _report(migration: Migration, job: Job, expected: DryRun, behind: Counter[str]) -> ReconcileReport:
    proofs = job.verifier.proofs
    objects = _objects(migration, job, expected, behind)
    maps = job.compiled.by_id
    relations = _relations(maps, proofs)
    sums = [
        SumRow(name=f"{map} {maps[map].said(name)}", source=total, destination=proofs[map].sums.get(name, Decimal()))
        for (map, name), total in sorted(expected.sums.items())
    ]
    owners = _owners(migration, proofs, expected)
    criteria = _criteria(objects, relations, sums, owners, proofs)
    return ReconcileReport(
        about=about(migration),
        ok=all(one.ok for one in criteria),
        objects=objects,
        relations=relations,
        sums=sums,
        owners=owners,
        custom_fields=_populated(job, expected),
        criteria=criteria,
        not_migrated=_left(migration, expected),
    )


def _objects(migration: Migration, job: Job, expected: DryRun, behind: Counter[str]) -> list[ReconciledCounts]:
    """Counts from the source's snapshot against what was found at the destination just now."""
    skipped: Counter[str] = Counter()
    for (map, code), count in expected.skipped.items():
        skipped[map] += 0 if code in REFUSED_BY_US | NOT_YET else count  # the ledger counts these as failed or manual
    absent = migration.store.ledger.absent()  # a record whose last change failed is there all the same
    rows = []
    for row in counts(migration):
        fields = row.model_dump()
        fields["source_count"] = expected.selected.get(row.map, 0)
        if row.destination == migration.destination().capabilities.user_object:
            rows.append(ReconciledCounts(**fields, destination_count=row.linked))
            continue
        should = expected.selected.get(row.map, 0) - skipped[row.map] - absent.get(row.map, 0) - row.manual
        proof = job.verifier.proofs[row.map]
        rows.append(
            ReconciledCounts(
                **fields, destination_count=proof.arrived, expected=should, stays=proof.stays, behind=behind[row.map]
            )
        )
    return rows


def _relations(maps: MappingOf[str, CompiledMap], proofs: MappingOf[str, Proof]) -> list[RelationRow]:
    rows = []
    for map, proof in proofs.items():
        rows += [
            RelationRow(
                map=map, field=maps[map].said(name), checked=proof.links[name, "checked"],
                broken=proof.links[name, "broken"],
            )
            for name in sorted({name for name, _ in proof.links})
        ]  # fmt: skip
    return rows


def _owners(migration: Migration, proofs: MappingOf[str, Proof], expected: DryRun) -> Owners:
    saved = migration.document("owners", "gurney plan")
    right = sum(proof.owners["right"] for proof in proofs.values())
    wrong = sum(proof.owners["wrong"] for proof in proofs.values())
    unmatched = [one["id"] for one in saved["unmatched"]]
    others = sum(expected.owned_by[practitioner] for practitioner in unmatched)
    nobody = saved["fallback"] == UNASSIGNED
    return Owners(
        checked=right + wrong, right=right, wrong=wrong, fallback=0 if nobody else others,
        unassigned=others if nobody else 0, unmatched=unmatched,
    )  # fmt: skip


def _criteria(
    objects: list[ReconciledCounts],
    relations: list[RelationRow],
    sums: list[SumRow],
    owners: Owners,
    proofs: MappingOf[str, Proof],
) -> list[Criterion]:
    """What must hold for the migration to be accepted (REC5)."""
    short = [one.map for one in objects if not one.agrees]
    failed = sum(one.failed for one in objects)
    different = sum(proof.records["different"] for proof in proofs.values())
    edited = sum(proof.records["edited"] for proof in proofs.values())
    broken = sum(one.broken for one in relations)
    behind = {one.map: one.behind for one in objects if one.behind}
    unequal = [one.name for one in sums if one.source != one.destination]
    return [
        Criterion(name="counts", ok=not short, words=f"differ for {', '.join(short)}" if short else "all agree"),
        Criterion(name="no record failed", ok=not failed, words=f"{failed:,} failed"),
        Criterion(name="relations", ok=not broken, words=f"{broken:,} broken"),
        Criterion(name="sums", ok=not unequal, words=f"differ: {', '.join(unequal)}" if unequal else "all agree"),
        Criterion(name="owners", ok=not owners.wrong, words=f"{owners.wrong:,} wrong"),
        Criterion(
            name="fields",
            ok=not different,
            words=f"{different:,} records differ in a mapped field; {edited:,} more: somebody changed them since",
        ),
        Criterion(name="up to date", ok=not behind, words=_behind_words(behind)),
    ]


def _behind_words(behind: MappingOf[str, int]) -> str:
    if not behind:
        return "what was written is what the clinic's records say"
    where = ", ".join(f"{map} {count:,}" for map, count in behind.items())
    many = f"{sum(behind.values()):,} records changed at the clinic or in the mapping since ({where})"
    return f"{many}; bring them: gurney delta"


def _populated(job: Job, expected: DryRun) -> list[PopulatedField]:
    """Custom fields that hold values, on both sides (REC1)."""
    rows = []
    for map in job.compiled.maps:
        schema = job.schema.objects.get(map.destination_object)
        for name in sorted(map.field_names):
            field = schema.fields.get(name) if schema else None
            source = expected.populated[map.id, name]
            if field is not None and field.custom and source and field.type is not FieldType.LOOKUP:
                there = job.verifier.proofs[map.id].populated[name]
                rows.append(
                    PopulatedField(
                        object=f"{map.id} {map.destination_object}", field=map.said(name), label=field.label,
                        source=source, destination=there,
                    )
                )  # fmt: skip
    return rows


def _left(migration: Migration, expected: DryRun) -> list[NotMigrated]:
    """What stayed behind, with its reason (REC4)."""
    left = [
        NotMigrated(what=f"{map}: {code}", count=count, why=words)
        for map, state, code, count, words in migration.store.ledger.reasons()
        if code not in STAYED and (state, code) != (State.SKIPPED, ABANDONED)  # these are there
    ]
    lines = [
        NotMigrated(what=f"{map}: {code} (in no file)", count=count, why=expected.words[map, code])
        for (map, code), count in sorted(expected.lines.items())
        if code
    ]
    return [*left, *lines, *stays(migration.mapping())]


def stays(mapping: Mapping) -> list[NotMigrated]:
    """What the mapping leaves behind whole, but for what an entry takes that was off and is switched on."""
    goes = {entry.source for entry in mapping.active()}
    return [
        NotMigrated(what=one.source, why=one.why, next_step=one.instead)
        for one in mapping.not_migrated
        if one.source not in goes
    ]
