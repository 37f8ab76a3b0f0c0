"""The reference document of what is not migrated: reminders, templates, online booking (NON1, NON2)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gurney.migration.about import about
from gurney.migration.context import Migration
from gurney.reports.automations import AutomationsReport
from gurney.reports.render import render
from gurney.sources.cliniko.automations import reference
from gurney.store.snapshot import Snapshot

STRIDE = 1000


def write_automations(migration: Migration) -> list[Path]:
    """Write the reference document from the snapshot, as JSON and as a page."""
    return render(automations_report(migration), migration.workspace.reports, migration.runtime)


def automations_report(migration: Migration) -> AutomationsReport:
    """What the account's settings and appointment types tell."""
    snapshot = migration.store.snapshot
    settings = snapshot.get("settings", ["settings"]).get("settings")
    told = reference(settings.body if settings else {}, _appointment_types(snapshot))
    told["by_hand"] = [*_to_pause(migration), *told["by_hand"]]
    return AutomationsReport.model_validate({"about": about(migration), **told})


def _to_pause(migration: Migration) -> Iterator[str]:
    """What the CRM itself would do for every record that arrives, as the check saw it."""
    account = migration.store.documents.get("account") or {}
    if names := account.get("details", {}).get("workflows_to_pause"):
        yield f"Before the sample, pause these workflows of the CRM; switch them on after the last delta: {names}."


def _appointment_types(snapshot: Snapshot) -> Iterator[dict[str, Any]]:
    after = 0
    while rows := snapshot.scan("appointment_types", after=after, limit=STRIDE):
        yield from (row.body for row in rows if row.state != "gone")
        after = rows[-1].seq
