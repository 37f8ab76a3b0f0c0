"""How far a migration is, from the store alone: no call is made."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from gurney.estimate.allowance import Amount, lasts
from gurney.estimate.forecast import work_left
from gurney.migration import stages
from gurney.migration.about import about
from gurney.migration.context import Migration
from gurney.migration.pauses import current
from gurney.records import State
from gurney.reports.model import Counts, ManualItem
from gurney.reports.status import Budget, FailedRecord, Gate, Paused, RunReport, StatusReport
from gurney.store.ledger import Operation
from gurney.transport import Budget as Pool

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
    eta_s = _eta(migration)
    return {
        "about": about(migration),
        "stage": stages.current(migration.store).value,
        "gates": _gates(migration),
        "objects": counts(migration),
        "budget": _budget(migration),
        "paused": _paused(migration),
        "eta_s": eta_s,
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
    total, pools = spent["total"], _pools(migration)
    used = Budget(calls=total["calls"], units=total["units"], refused=total["refused"])
    if not pools:
        return {system: used}
    names = {name: system if len(pools) == 1 else f"{system} {name}" for name in pools}
    return {names[name]: _standing(migration, used, pool) for name, pool in pools.items()}


def _pools(migration: Migration) -> dict[str, Pool]:
    """The destination's budgets, as they were when the last command wrote them down."""
    spent = migration.store.documents.get("spent") or {}
    return {name: Pool.of(state) for name, state in spent.get("budgets", {}).items() if "limit" in state}


def _standing(migration: Migration, used: Budget, pool: Pool) -> Budget:
    now = migration.runtime.clock.now()
    stands, pause = pool.standing(now.timestamp()), current(migration)
    return used.model_copy(
        update={
            "unit": stands.unit,
            "window_s": stands.window_s,
            "used": stands.used,
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


def _eta(migration: Migration) -> float | None:
    """Seconds left of the load, pauses included, by the forecast and what has arrived; None before and after it."""
    plan = migration.store.documents.get("plan")
    if plan is None or stages.current(migration.store) is not stages.Stage.RUNNING:
        return None
    left = work_left(plan["forecast"], migration.store.effects.by_object(), _proven(migration))
    now = migration.runtime.clock.now().timestamp()
    return max([left.seconds, *(_until_done(left, pool, now) for pool in _pools(migration).values())])


def _proven(migration: Migration) -> Counter[str]:
    """Records that were read back, by destination object."""
    verdicts = migration.store.effects.verdicts()
    proven: Counter[str] = Counter()
    for entry in migration.mapping().active():
        found = verdicts.get(entry.map, {})
        proven[entry.to] += sum(count for verdict, count in found.items() if verdict)
    return proven


def _until_done(left: Amount, pool: Pool, now: float) -> float:
    stands = pool.standing(now)
    refill_in_s = None if stands.refills_at is None else stands.refills_at - now
    return lasts(left, pool.limit, left=stands.spendable, refill_in_s=refill_in_s)


def _failed(one: Operation) -> FailedRecord:
    next_step = "Mend the record in Cliniko or the mapping, then repeat: gurney run"
    return FailedRecord(
        map=one.key.map, object=one.key.object, source_id=one.key.id, field=one.field, code=one.code, words=one.words,
        next_step=next_step,
    )  # fmt: skip
