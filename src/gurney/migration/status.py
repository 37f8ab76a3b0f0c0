"""How far a migration is, from the store alone: no call is made."""

from __future__ import annotations

from typing import Any

from gurney.migration import stages
from gurney.migration.about import about
from gurney.migration.context import Migration
from gurney.records import State
from gurney.reports.model import Counts, ManualItem
from gurney.reports.status import Budget, FailedRecord, Gate, RunReport, StatusReport
from gurney.store.ledger import Operation


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
                failed=left.get(entry.map, {}).get("failed", 0) + left.get(entry.map, {}).get("sent", 0),
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
    return {
        "about": about(migration),
        "stage": stages.current(migration.store).value,
        "gates": _gates(migration),
        "objects": counts(migration),
        "budget": _budget(migration),
        "eta_s": _eta(migration),
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
    spent = migration.store.documents.get("spent")
    if spent is None:
        return {}
    name = migration.workspace.settings.migration.destination
    total = spent["total"]
    limit = migration.store.documents.get("account") or {}
    ceiling = (limit.get("limits", {}).get("daily_credits") or {}).get("value")
    left = None if ceiling is None else max(0, ceiling - total["units"])
    budget = Budget(
        calls=total["calls"], units=total["units"], unit="credit", remaining=left, ceiling=ceiling,
        refused=total["refused"],
    )  # fmt: skip
    return {name: budget}


def _eta(migration: Migration) -> float | None:
    """Seconds left of the load, by the forecast and the share that is done; None before and after it."""
    plan = migration.store.documents.get("plan")
    if plan is None or stages.current(migration.store) is not stages.Stage.RUNNING:
        return None
    whole = plan["forecast"].get("seconds")
    total = sum(plan["expected"].values())
    done = sum(sum(found.values()) for found in migration.store.effects.records().values())
    return None if whole is None or not total else whole * max(0.0, 1 - done / total)


def _failed(one: Operation) -> FailedRecord:
    next_step = "Mend the record in Cliniko or the mapping, then repeat: gurney run"
    return FailedRecord(
        map=one.key.map, object=one.key.object, source_id=one.key.id, field=one.field, code=one.code, words=one.words,
        next_step=next_step,
    )  # fmt: skip
