"""Approval: a person's name under a document's digest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gurney.errors import GateRefused, Misused
from gurney.migration.context import Migration
from gurney.migration.plan import require_current_plan
from gurney.migration.stages import GATES, Stage, reach, require


@dataclass(frozen=True, slots=True)
class Signed:
    """An approval as recorded."""

    gate: str
    by: str
    at: datetime
    digest: str

    @property
    def words(self) -> str:
        return f"{self.by} approved the {self.gate} at {self.at:%Y-%m-%d %H:%M:%S} UTC (digest {self.digest[:16]}…)."

    def as_document(self) -> dict[str, Any]:
        return {"gate": self.gate, "by": self.by, "at": self.at.isoformat(), "digest": self.digest}


def approve(migration: Migration, gate: str, by: str) -> Signed:
    """Record an approval of the plan or the sample as they are now. Raises GateRefused when there is none."""
    if gate not in GATES:
        raise Misused(f"There is nothing called {gate!r} to approve.", next_step=f"Choose: {' or '.join(GATES)}.")
    if not by.strip():
        raise Misused("An approval needs a name.", next_step="gurney approve " + gate + ' --by "NAME"')
    require(migration.store, f"approve {gate}", Stage.PLANNED, "gurney plan")
    require_current_plan(migration)
    document = migration.document(gate, f"gurney {gate}")
    if gate == "sample" and document["plan_digest"] != migration.store.documents.digest("plan"):
        raise GateRefused("The plan changed after the sample was taken.", next_step="First: gurney sample")
    digest = migration.store.documents.digest(gate)
    approval = migration.store.documents.approve(gate, by.strip(), digest)
    details = {"gate": gate, "by": approval.by, "digest": digest}
    migration.store.ledger.note(None, "approval", details, migration.operator)
    reach(migration.store, Stage.APPROVED if gate == "plan" else Stage.SIGNED_OFF)
    return Signed(gate, approval.by, approval.at, digest)
