"""The documents of a migration: which there are, and those that are made only when asked for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from gurney.errors import GateRefused, Misused
from gurney.migration import log
from gurney.migration.about import about
from gurney.migration.automations import write_automations
from gurney.migration.companion import export_companions
from gurney.migration.context import Migration
from gurney.migration.sandbox import is_asked, open_sandbox
from gurney.migration.stages import Stage, current
from gurney.migration.status import status
from gurney.reports.html import page
from gurney.reports.log import LogReport, OperationCount, OperatorRow
from gurney.reports.render import render
from gurney.reports.sample import DiffRow, SampleReport

_KINDS = ("sample", "full", "delta", "reconcile")


def papers(migration: Migration) -> list[dict[str, str]]:
    """Write log, automations' reference and status (forecast beside fact) afresh; list the workspace's documents."""
    render(log_report(migration), migration.workspace.reports, migration.runtime)
    log.export(migration)
    if current(migration.store) not in (Stage.NEW, Stage.CHECKED, Stage.PURGED):
        write_automations(migration)
        render(status(migration), migration.workspace.reports, migration.runtime)
    files = sorted(file for file in migration.workspace.reports.iterdir() if not file.name.startswith("."))
    return [{"name": file.stem, "file": str(file)} for file in files]


def log_report(migration: Migration) -> LogReport:
    """The ledger's summary for the clinic."""
    verified = log.verify(migration)
    operations = [
        OperationCount(map=map, kind=kind, state=state, count=count)
        for map, found in sorted(migration.store.ledger.counts().items())
        for (kind, state), count in sorted(found.items())
    ]
    operators = _operators(migration.store.ledger.export())
    return LogReport(
        about=about(migration),
        verified=verified.ok,
        entries=verified.entries,
        broken_at=verified.broken_at,
        operations=operations,
        operators=operators,
        first_at=min((one.first_at for one in operators if one.first_at), default=None),
        last_at=max((one.last_at for one in operators if one.last_at), default=None),
    )


def _operators(entries: Iterable[dict[str, Any]]) -> list[OperatorRow]:
    """Who wrote how many entries, from when to when (LOG1)."""
    found: dict[str, OperatorRow] = {}
    for entry in entries:
        at = datetime.fromisoformat(entry["at"])
        row = found.setdefault(entry["by"], OperatorRow(operator=entry["by"], entries=0, first_at=at))
        row.entries += 1
        row.last_at = at
    return [found[name] for name in sorted(found)]


def with_values(migration: Migration, file: Path) -> int:
    """Write the newest comparison with its values where the operator says; returns the number of fields in it.

    Raises Misused for a place inside the workspace: patients' values have no place in its plain files.
    """
    if migration.workspace.folder.resolve() in file.resolve().parents:
        raise Misused(
            "Values do not belong into the workspace's plain files.",
            next_step="Name a file elsewhere, on an encrypted disk, and delete it when you have read it.",
        )
    if is_asked(migration) and not any(migration.store.runs.latest(kind) for kind in _KINDS):
        sandbox = open_sandbox(migration)
        try:
            return _write_values(sandbox, file)
        finally:
            sandbox.store.close()
    return _write_values(migration, file)


def _write_values(migration: Migration, file: Path) -> int:
    runs = [run for kind in _KINDS if (run := migration.store.runs.latest(kind)) is not None]
    if not runs:
        raise GateRefused("Nothing was compared yet.", next_step="First: gurney sample")
    newest = max(runs, key=lambda run: run.id)
    rows = [
        DiffRow(
            map=diff.map, source_id=diff.source_id, destination_id=diff.destination_id, field=diff.field,
            source_value=diff.source_value, expected=diff.expected, actual=diff.actual, verdict=diff.verdict,  # type: ignore[arg-type]
            reason=diff.reason,
        )
        for diff in migration.store.diffs.rows(newest.id)
    ]  # fmt: skip
    report = SampleReport(about=about(migration), rows=rows, records=len({row.source_id for row in rows}))
    migration.runtime.write_file(
        file, (piece.encode() for piece in page(report.title, report.about.facts(), report.blocks()))
    )
    return len(rows)


def companions(migration: Migration, folder: Path) -> list[Path]:
    """Write the companion files into a folder outside the workspace."""
    if migration.workspace.folder.resolve() in (folder.resolve(), *folder.resolve().parents):
        raise Misused("Companion files hold values.", next_step="Name a folder outside the workspace.")
    return export_companions(migration, folder)
