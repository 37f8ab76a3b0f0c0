"""The sample: few records that show everything, loaded for good and compared field by field."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from gurney.mapping.compile import CompiledMap
from gurney.migration import abreast
from gurney.migration.about import about
from gurney.migration.build import Builder, BuiltRow
from gurney.migration.choose import Sample, Strata, choose
from gurney.migration.context import Migration
from gurney.migration.job import Job, link_users, prepare
from gurney.migration.plan import require_current_plan
from gurney.migration.sandbox import is_asked, prepare_sandbox, where_the_sample_is
from gurney.migration.stages import Stage, reach, require, require_approval
from gurney.migration.status import counts
from gurney.records import Link, SourceKey, Value
from gurney.reports.model import Approval, FoundRow
from gurney.reports.sample import Answer, DiffRow, FieldCounts, SampleReport, StratumRow
from gurney.schema import FieldSchema, FieldType, Schema

STRIDE = 1000
PICKS = frozenset({FieldType.PICKLIST, FieldType.MULTI_PICKLIST, FieldType.BOOLEAN})
MOST_VALUES = 60
"""Distinct values of one pick-list that are strata; beyond that a field is text in disguise."""


async def sample(migration: Migration, *, size: int = 500, accept_missing: bool = False) -> SampleReport:
    """Choose, load and compare a sample. Repeating it goes on, or compares anew.

    With `accept_missing` records of it that people deleted meanwhile do not stop it: the comparison names them.
    Where the workspace has a sandbox it goes there, before anything is made in the real account.
    """
    if not is_asked(migration):
        require(migration.store, "sample", Stage.PROVISIONED, "gurney provision")
        require_current_plan(migration)
        return await _taken(migration, size, accept_missing)
    require(migration.store, "sample", Stage.PLANNED, "gurney plan")
    require_current_plan(migration)
    require_approval(migration.store, "sample", "plan", migration.store.documents.digest("plan"))
    async with where_the_sample_is(migration) as sandbox:
        await prepare_sandbox(sandbox, migration.document("owners", "gurney plan")["fallback"])
        report = await _taken(sandbox, size, accept_missing)
        migration.store.documents.put("sample", sandbox.document("sample", "gurney sample"), sealed=True)
        details = {"sandbox": sandbox.account().id, "ledger_head": sandbox.store.ledger.head()}
        migration.store.ledger.note(None, "sample-in-sandbox", details, migration.operator)
        reach(migration.store, Stage.SAMPLED)
    return report


async def _taken(migration: Migration, size: int, accept_missing: bool) -> SampleReport:
    with migration.store.worker_lock():
        job = prepare(migration, "sample", every_diff=True)
        chosen, strata = _chosen(migration, job, size)
        ids: dict[str, set[str]] = defaultdict(set)
        for key in chosen.chosen:
            ids[key.object].add(key.id)
        only = {object: frozenset(group) for object, group in ids.items()}
        job.verifier.only = only
        for map in job.compiled.maps:
            migration.store.diffs.clear(job.run.id, map.id)
        abreast.begin(migration)
        link_users(job)
        load = job.load(only)
        load.gated = not accept_missing
        await job.drive(load)
        _keep(migration, job, only)
        reach(migration.store, Stage.SAMPLED)
    return _report(migration, job, chosen, strata, size)


def chosen_ids(migration: Migration) -> dict[str, frozenset[str]]:
    """The sample's records by source object."""
    saved = migration.document("sample", "gurney sample")
    return {object: frozenset(ids) for object, ids in saved["chosen"].items()}


def _keep(migration: Migration, job: Job, only: Mapping[str, frozenset[str]]) -> None:
    """What is signed: the mapping's plan, the records, and how every field compared."""
    compared = migration.store.diffs.counts(job.run.id)
    migration.store.documents.put(
        "sample",
        {
            "plan_digest": migration.store.documents.digest("plan"),
            "chosen": {object: sorted(group) for object, group in only.items()},
            "compared": {" ".join(key): count for key, count in sorted(compared.items())},
            "run": job.run.id,
        },
        sealed=True,
    )


def _chosen(migration: Migration, job: Job, size: int) -> tuple[Sample, Strata]:
    strata = Strata()
    targets: dict[str, str] = {map.id: map.object for map in job.compiled.maps}
    users = migration.destination().capabilities.user_object
    maps = [map for map in job.compiled.maps if map.destination_object != users]
    migration.watcher.start("Choosing the sample", sum(_rows(migration, map) for map in maps))
    seen = 0
    for map in maps:
        for item in _built(migration, job.builder, map):
            seen += 1
            if seen % STRIDE == 0:
                migration.watcher.advance(seen)
            if not item.is_selected or item.built.skipped:
                continue
            key = SourceKey(map.object, item.row.id)
            parents = _parents(migration, map, item, targets)
            strata.see(key, _shows(map, item, job.schema), parents)
    return choose(strata, _closure(strata, migration, job, targets), size), strata


def _rows(migration: Migration, map: CompiledMap) -> int:
    return sum(migration.store.snapshot.counts(map.object).values())


def _built(migration: Migration, builder: Builder, map: CompiledMap) -> Iterator[BuiltRow]:
    after = 0
    while rows := migration.store.snapshot.scan(map.object, after=after, limit=STRIDE):
        yield from builder.build(map, rows, dry=True)
        after = rows[-1].seq


def _shows(map: CompiledMap, item: BuiltRow, schema: Schema) -> Iterator[str]:
    """The strata that a record shows: what could go wrong by itself (SMP2)."""
    there = schema.objects.get(map.destination_object)
    write = item.built.writes[0]
    yield f"{map.id}: any record"
    yield f"{map.id}: state {item.row.state}"
    if write.owner_id:
        yield f"{map.id}: owner {write.owner_id}"
    if len(item.built.writes) > 1:
        yield f"{map.id}: in several parts"
    for issue in item.built.issues:
        yield f"{map.id}: {map.said(issue.field)} {issue.code}"
    for name, value in write.fields.items():
        if value is None:
            continue
        said = map.said(name)
        yield f"{map.id}: {said} filled"
        type = there.fields[name].type if there and name in there.fields else FieldType.TEXT
        if type in PICKS:
            yield from (f"{map.id}: {said} = {part}" for part in _parts(value))
        if isinstance(value, Link):
            yield f"{map.id}: {said} linked"


def _parts(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (str(value),)


def _parents(migration: Migration, map: CompiledMap, item: BuiltRow, targets: Mapping[str, str]) -> Iterator[SourceKey]:
    """The records without which this one would arrive incomplete; losers of a merge lead to the survivor."""
    for target, source_id in map.references(item.record):
        object = targets.get(target)
        if object is None:
            continue
        survivor = migration.store.snapshot.resolve(object, [source_id])[source_id]
        if (object, survivor) != (map.object, item.row.id) and migration.store.snapshot.states(object, [survivor]):
            yield SourceKey(object, survivor)


def _closure(
    strata: Strata, migration: Migration, job: Job, targets: Mapping[str, str]
) -> dict[SourceKey, list[SourceKey]]:
    """Everything that each candidate depends on, however far."""
    direct: dict[SourceKey, set[SourceKey]] = {key: set(found) for key, found in strata.parents.items()}

    def parents_of(key: SourceKey) -> set[SourceKey]:
        if key not in direct:
            direct[key] = set()
            row = migration.store.snapshot.get(key.object, [key.id]).get(key.id)
            for map in job.compiled.maps:
                if map.object == key.object and row is not None:
                    for item in job.builder.build(map, [row], dry=True):
                        if item.is_selected and not item.built.skipped:
                            direct[key] |= set(_parents(migration, map, item, targets))
        return direct[key]

    closure: dict[SourceKey, list[SourceKey]] = {}
    for key in strata.shows:
        reached: set[SourceKey] = set()
        waiting = list(parents_of(key))
        while waiting:
            parent = waiting.pop()
            if parent not in reached and parent != key:
                reached.add(parent)
                waiting += parents_of(parent)
        closure[key] = sorted(reached)
    return closure


def _report(migration: Migration, job: Job, chosen: Sample, strata: Strata, size: int) -> SampleReport:
    rows = [
        DiffRow(
            map=diff.map, source_id=diff.source_id, destination_id=diff.destination_id, field=diff.field,
            source_value=diff.source_value, expected=diff.expected, actual=diff.actual, verdict=diff.verdict,  # type: ignore[arg-type]
            reason=diff.reason,
        )
        for diff in migration.store.diffs.rows(job.run.id)
    ]  # fmt: skip
    digest = migration.store.documents.digest("sample")
    approval = migration.store.documents.approval("sample")
    signed = approval if approval and approval.digest == digest else None
    report = SampleReport(
        about=about(migration),
        asked=size,
        records=len(chosen.chosen),
        strata=_strata_rows(strata, chosen),
        objects=counts(migration),
        fields=_field_counts(migration, job),
        answers=_answers(migration, job, rows),
        rows=rows,
        findings=_findings(migration, chosen),
        approval=Approval(
            document="sample", digest=digest, by=signed.by if signed else "", at=signed.at if signed else None,
            command="gurney approve sample --by NAME",
        ),
    )  # fmt: skip
    return report.without_values("To see them: gurney report --values FILE.html (outside the workspace)")


def _strata_rows(strata: Strata, chosen: Sample) -> list[StratumRow]:
    shown: Counter[str] = Counter()
    for key in chosen.chosen:
        shown.update(strata.shows.get(key, ()))
    return [
        StratumRow(name=name.partition(": ")[0], value=name.partition(": ")[2], in_source=count, in_sample=shown[name])
        for name, count in sorted(strata.occurs.items())
        if name in strata.candidates
    ]


def _field_counts(migration: Migration, job: Job) -> list[FieldCounts]:
    tally: dict[tuple[str, str], FieldCounts] = {}
    for (map, field, verdict), count in sorted(migration.store.diffs.counts(job.run.id).items()):
        row = tally.setdefault((map, field), FieldCounts(map=map, field=field))
        setattr(row, verdict, count)
    return list(tally.values())


def _fields(job: Job, map: CompiledMap) -> list[FieldSchema]:
    there = job.schema.objects.get(map.destination_object)
    return list(there.fields.values()) if there else []


def _answers(migration: Migration, job: Job, rows: list[DiffRow]) -> list[Answer]:
    """What a reviewer asks first (SMP5), from the comparison."""
    types = {(map.id, map.said(field.name)): field.type for map in job.compiled.maps for field in _fields(job, map)}
    by_type: dict[FieldType, Counter[str]] = defaultdict(Counter)
    different = sum(row.verdict == "different" for row in rows)
    for row in rows:
        type = types.get((row.map, row.field))
        if type is not None and row.expected:
            by_type[type][row.verdict] += 1
    picks = by_type[FieldType.PICKLIST] + by_type[FieldType.MULTI_PICKLIST]
    owners = migration.document("owners", "gurney plan")
    return [
        _answer("Do statuses and other pick-list values arrive as mapped?", picks),
        _answer("Do links lead to the right records?", by_type[FieldType.LOOKUP]),
        _answer("Do times agree to the second, in UTC?", by_type[FieldType.DATETIME]),
        Answer(
            question="Does each record have its practitioner as owner?",
            answer=f"{len(owners['matched'])} practitioners have a user; {len(owners['unmatched'])} go to: "
            f"{owners['fallback'] or 'nobody yet'}",
            ok=None if owners["unmatched"] else True,
        ),
        Answer(
            question="Is anything cut short or lost?",
            answer=f"{different:,} of {len(rows):,} fields differ",
            ok=not different,
        ),
    ]


def _answer(question: str, verdicts: Counter[str]) -> Answer:
    wrong = verdicts["different"]
    return Answer(question=question, answer=f"{verdicts.total():,} compared, {wrong:,} different", ok=not wrong)


def _findings(migration: Migration, chosen: Sample) -> list[FoundRow]:
    found = []
    if chosen.uncovered:
        words = f"{len(chosen.uncovered)} kinds of records do not fit into the asked size; ask for a larger sample."
        found.append(
            FoundRow(level="warning", code="strata-uncovered", words=words, next_step="gurney sample --size N")
        )
    for map, state, code, count, words in migration.store.ledger.reasons():
        if state != "skipped":
            found.append(FoundRow(level="warning", code=code, object=map, count=count, words=words))
    return found
