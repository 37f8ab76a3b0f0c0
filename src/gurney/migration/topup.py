"""The delta stage: sweep the source, bring over what changed, say what was kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import datetime, timedelta

from gurney.mapping.lists import lists_read
from gurney.migration import abreast
from gurney.migration.about import about
from gurney.migration.abreast import Abreast
from gurney.migration.audit import source_settings
from gurney.migration.context import Migration
from gurney.migration.delta import POLICIES, Delta
from gurney.migration.job import Job, prepare
from gurney.migration.plan import require_current_plan
from gurney.migration.reading import keep_reading, reading_findings
from gurney.migration.rollback import Rollback
from gurney.migration.stages import Stage, require
from gurney.migration.status import counts, failed_records, manual_items
from gurney.migration.workspace import as_of_from
from gurney.reports.delta import Conflict, DeltaReport, Policy, SweepRow
from gurney.reports.forecast import DELTA

KEPT_AS_IT_WAS = ("changed on both", "the record is gone", "deleted for good", "the list outgrew")
"""How the reasons begin for which a delta leaves a record as it is."""
BETWEEN_SWEEPS = timedelta(minutes=15)


async def delta(migration: Migration, *, until: str = "") -> DeltaReport:
    """Sweep once, or again and again until a moment (DLT1): then the destination shows the source's last state."""
    require(migration.store, "delta", Stage.LOADED, "gurney run")
    require_current_plan(migration)
    end = as_of_from(until) if until else None
    with migration.store.worker_lock():
        while True:
            report = await _once(migration)
            now = migration.runtime.clock.now()
            if end is None or now >= end:
                return report
            migration.watcher.say(f"Next sweep in {BETWEEN_SWEEPS.seconds // 60} minutes, until {end:%Y-%m-%d %H:%M}")
            await migration.runtime.clock.sleep(min(BETWEEN_SWEEPS, end - now).total_seconds())


async def _once(migration: Migration) -> DeltaReport:
    before = abreast.reached(migration) or abreast.state_of(migration)
    job = prepare(migration, "delta")
    now = await _sweep(migration, job)
    load = job.load()
    load.gated = False
    undo = Rollback(
        store=migration.store,
        destination=migration.destination(),
        schema=job.schema,
        compiled=job.compiled,
        sender=job.sender,
        verifier=job.verifier,
        run=job.run,
        watcher=migration.watcher,
    )
    program = Delta(
        store=migration.store,
        destination=migration.destination(),
        schema=job.schema,
        compiled=job.compiled,
        builder=job.builder,
        sender=job.sender,
        load=load,
        undo=undo,
        run=job.run,
        nothing_changed=abreast.is_idle(migration, now),
    )
    await job.drive(program)
    report = _report(migration, job, before)
    abreast.keep(migration, now)
    return report


async def _sweep(migration: Migration, job: Job) -> Abreast:
    """Bring the source's changes into the snapshot; a resumed delta goes on with the sweep that it made.

    Returns the state that this delta brings the destination to. What comes into the snapshot later, while the delta
    waits to be resumed, may lie behind it: that is the next one's.
    """
    name, snapshot = f"{job.run.id} swept", migration.store.snapshot
    if swept := migration.store.ledger.progress(name):
        return Abreast(**swept)
    latest = snapshot.latest()
    before = source_settings(migration)
    migration.watcher.say("Asking Cliniko what changed")
    with migration.working.on(DELTA):
        report = await migration.source().sweep(snapshot, lists=lists_read(migration.mapping()))
    keep_reading(migration.store, report)
    # Of a resumed delta nobody knows how far it is if it said nothing of its sweep: an older version began it.
    now = abreast.state_of(migration, latest if job.run.resumed else report.extraction)
    migration.store.ledger.keep_progress(job.run, name, asdict(now))
    if _custom_fields(before) != _custom_fields(source_settings(migration)):
        migration.watcher.say("The clinic changed its custom fields: `gurney plan` shows what that means.")
    return now


def _custom_fields(settings: dict[str, object]) -> object:
    return settings.get("patient_custom_fields_definition")


def _report(migration: Migration, job: Job, before: Abreast) -> DeltaReport:
    conflicts = [
        Conflict(
            map=diff.map, source_id=diff.source_id, destination_id=diff.destination_id, field=diff.field,
            source_value=diff.source_value, destination_value=diff.actual, next_step=diff.reason,
        )
        for diff in migration.store.diffs.rows(job.run.id)
        if diff.reason.startswith(KEPT_AS_IT_WAS)
    ]  # fmt: skip
    report = DeltaReport(
        about=about(migration),
        since=datetime.fromisoformat(before.newest) if before.newest else None,
        until=migration.runtime.clock.now(),
        swept=_swept(migration, before),
        policies=[Policy(event=event, action=action) for event, action in POLICIES.items()],
        objects=counts(migration),
        conflicts=conflicts,
        failed=failed_records(migration),
        manual=manual_items(migration),
        findings=reading_findings(migration.store),
    )
    return report.without_values("To see them: gurney report --values FILE.html (outside the workspace)")


def _swept(migration: Migration, before: Abreast) -> list[SweepRow]:
    snapshot, first = migration.store.snapshot, before.extraction + 1
    new = snapshot.created(first, datetime.fromisoformat(before.newest)) if before.newest else {}
    rows = []
    for object, states in snapshot.changed(first).items():
        if object == "settings":
            continue
        found = Counter(states)
        rows.append(
            SweepRow(
                object=object, created=new.get(object, 0), changed=found["live"] - new.get(object, 0),
                archived=found["archived"] + found["deleted"],
                cancelled=found["cancelled"], merged=found["merged"], deleted=found["gone"],
            )
        )  # fmt: skip
    return rows
