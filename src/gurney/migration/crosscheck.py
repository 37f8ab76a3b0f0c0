"""The patients export of Cliniko's web pages beside what was read: the same patients, and their balances (SRC5).

Only counts, ids and one sum are told, never a patient's amount.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from gurney.migration.workspace import Workspace
from gurney.reports.model import FoundRow
from gurney.sources.cliniko.csv_export import AGAIN, Balances, read_balances
from gurney.store.snapshot import Snapshot

STRIDE = 5000
MOST_IDS = 50

Export = Mapping[str, Balances]
"""Balances by patient id."""


def patients_export(workspace: Workspace) -> Export | None:
    """The export that the settings name; None when they name none. Raises Misused when it cannot be used."""
    named = workspace.settings.source.patients_csv
    return read_balances(workspace.folder / named) if named else None


def cross_check(snapshot: Snapshot, export: Export | None) -> list[FoundRow]:
    """How the export and the snapshot differ; nothing without an export."""
    if export is None:
        return []
    read = dict(_states(snapshot))
    live = {id for id, state in read.items() if state == "live"}
    return [_counted(export, read, live), *_missing(export, read, live), *_balances(export.values())]


def _states(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    after = 0
    while rows := snapshot.scan("patients", after=after, limit=STRIDE):
        yield from ((row.id, row.state) for row in rows if row.state != "gone")
        after = rows[-1].seq


def _counted(export: Export, read: Mapping[str, str], live: set[str]) -> FoundRow:
    words = (
        f"The patients export holds {len(export):,} patients; {len(live):,} live ones were read, and "
        f"{len(read) - len(live):,} that are archived or merged."
    )
    return FoundRow(level="info", code="export-compared", object="patients", count=len(export), words=words)


def _missing(export: Export, read: Mapping[str, str], live: set[str]) -> Iterator[FoundRow]:
    unread = sorted(export.keys() - read.keys())
    if unread:
        yield _found(
            "export-only", unread, "The patients export holds these, but they were not read.",
            "Look them up in Cliniko; if they are there, repeat: gurney audit. A merged or deleted one is no loss.",
        )  # fmt: skip
    absent = sorted(live - export.keys())
    if absent:
        words = (
            "These were read, but the patients export does not hold them: it may cover some dates only, or be older."
        )
        yield _found("export-lacks", absent, words, AGAIN)


def _found(code: str, ids: list[str], words: str, next_step: str) -> FoundRow:
    return FoundRow(
        level="warning", code=code, object="patients", count=len(ids), ids=ids[:MOST_IDS], words=words,
        next_step=next_step,
    )  # fmt: skip


def _balances(balances: Iterable[Balances]) -> Iterator[FoundRow]:
    told = [one.account_balance for one in balances if one.account_balance is not None]
    if told:
        owing = sum(amount != 0 for amount in told)
        words = (
            f"Account balances add up to {sum(told, Decimal(0)):,f}; {owing:,} of {len(told):,} are not zero. "
            "No program can read them from Cliniko: they stay in the export."
        )
        yield FoundRow(level="info", code="export-balances", object="patients", words=words)
