"""How far a migration is, from the store alone: no call is made."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from gurney.migration import stages
from gurney.migration.about import about
from gurney.migration.context import Migration
from gurney.migration.fact import compared
from gurney.migration.outlook import outlook, pools
from gurney.migration.pauses import current
from gurney.records import State
from gurney.reports.model import Counts, ManualItem
from gurney.reports.status import Budget, FailedRecord, Gate, InUse, Paused, RunReport, StatusReport
from gurney.store.ledger import Operation
from gurney.transport import Budget as Pool
from gurney.transport import Use

DAY_S = 86_400


def status(migration: Migration) -> StatusReport:
    """Stage, gates, counts, budget and what needs a person."""
    return StatusReport(**_parts(migration))


def run_report(migration: Migration) -> RunReport:
    """The same document as the end of a run."""
    return RunReport(**_parts(migration))


def counts(migration: Migration) -> list[Counts]:
    """What became of each object map's records."""
    plan = migration.store.documents.get("plan") or {}
    expected: dict[str, int] = plan.get("expected", {})
    if not migration.workspace.mapping_file.is_file():
        return []
    arrived = migration.store.effects.records()
    verdicts = migration.store.effects.verdicts()
    left = migration.store.ledger.left()
    not_arrived = ("failed",) if current(migration) else ("failed", "sent")  # in a pause what was begun is not given up
    operations = migration.store.ledger.counts()
    rows = []
    for entry in migration.mapping().active():
        mine, verdict = arrived.get(entry.map, {}), verdicts.get(entry.map, {})
        rows.append(
            Counts(
                map=entry.map,
                source=entry.source,
                destination=entry.to,
                source_count=expected.get(entry.map, 0),
                created=mine.get("created", 0),
                updated=operations.get(entry.map, {}).get(("update", "done"), 0),
                linked=mine.get("linked", 0),
                skipped=left.get(entry.map, {}).get("skipped", 0),
                failed=sum(left.get(entry.map, {}).get(state, 0) for state in not_arrived),
                manual=left.get(entry.map, {}).get("manual", 0),
                verified=verdict.get("equal", 0),
                different=sum(verdict.get(name, 0) for name in ("different", "edited", "gone")),
                unverifiable=verdict.get("unverifiable", 0),
            )
        )
    return rows


def failed_records(migration: Migration) -> list[FailedRecord]:
    """Records that did not arrive, in the vendor's words."""
    return [_failed(one) for one in migration.store.ledger.in_state(State.FAILED)]


def manual_items(migration: Migration) -> list[ManualItem]:
    """Records left to a person."""
    return [
        ManualItem(
            map=one.key.map, object=one.key.object, source_id=one.key.id, reason=one.code, steps=[one.words]
        )
        for one in migration.store.ledger.in_state(State.MANUAL)
    ]  # fmt: skip


def _parts(migration: Migration) -> dict[str, Any]:
    ahead = outlook(migration)
    eta_s = ahead.left_s if ahead else None
    return {
        "about": about(migration),
        "stage": stages.current(migration.store).value,
        "gates": _gates(migration),
        "objects": counts(migration),
        "budget": _budget(migration),
        "paused": _paused(migration),
        "eta_s": eta_s,
        "ends_at": ahead.ends_at if ahead else None,
        "forecast_ends_at": ahead.promised if ahead else None,
        "late_s": ahead.late_s if ahead else None,
        "in_use": _in_use(migration),
        "compared": compared(migration),
        "days_expected": None if eta_s is None else round(eta_s / DAY_S, 2),
        "failed": failed_records(migration),
        "manual": manual_items(migration),
    }


def _gates(migration: Migration) -> dict[str, Gate]:
    gates = {}
    for name in stages.GATES:
        approval = migration.store.documents.approval(name)
        if approval is None:
            gates[name] = Gate()
            continue
        current = migration.store.documents.digest(name) == approval.digest
        gates[name] = Gate(
            state="approved" if current else "stale", by=approval.by, at=approval.at, digest=approval.digest
        )
    return gates


def _budget(migration: Migration) -> dict[str, Budget]:
    """Each allowance of the destination as it stands now, by the books that the last command left."""
    spent = migration.store.documents.get("spent")
    if spent is None:
        return {}
    system = migration.workspace.settings.migration.destination
    total, books = spent["total"], pools(migration)
    used = Budget(calls=total["calls"], units=total["units"], refused=total["refused"])
    if not books:
        return {system: used}
    names = {name: system if len(books) == 1 else f"{system} {name}" for name in books}
    return {names[name]: _standing(migration, used, pool) for name, pool in books.items()}


def _standing(migration: Migration, used: Budget, pool: Pool) -> Budget:
    now = migration.runtime.clock.now()
    stands, pause = pool.standing(now.timestamp()), current(migration)
    return used.model_copy(
        update={
            "unit": stands.unit,
            "window_s": stands.window_s,
            "used": stands.used,
            "share": round(stands.used / stands.ceiling, 4) if stands.ceiling else None,
            "remaining": stands.left,
            "ceiling": stands.ceiling,
            "reserved_for_rollback": stands.reserve,
            "left_to_others": stands.for_others,
            "refills_at": datetime.fromtimestamp(stands.refills_at, UTC) if stands.refills_at else None,
            "resumes_at": pause.until if pause else None,
        }
    )


def _paused(migration: Migration) -> Paused | None:
    pause = current(migration)
    if pause is None:
        return None
    over = pause.until is not None and pause.until <= migration.runtime.clock.now()
    return Paused(run=pause.run, why=pause.why, since=pause.since, until=pause.until, over=over)


def _in_use(migration: Migration) -> InUse | None:
    """What was in use of the vendor's ceiling when the run last told; None where no run is under way."""
    told = (migration.store.documents.get("spent") or {}).get("in_use")
    if told is None or current(migration) or stages.current(migration.store) is not stages.Stage.RUNNING:
        return None
    use = Use(**told)
    at = datetime.fromtimestamp(use.at, UTC)
    return InUse(what=use.what, used=round(use.used, 2), of=use.of, share=round(use.share, 4), at=at)


def _failed(one: Operation) -> FailedRecord:
    next_step = "Mend the record in Cliniko or the mapping, then repeat: gurney run"
    return FailedRecord(
        map=one.key.map, object=one.key.object, source_id=one.key.id, field=one.field, code=one.code, words=one.words,
        next_step=next_step,
    )  # fmt: skip
