"""What each kind of work has taken so far: calls, units, time. Counted at the pacers, kept over all processes.

Waiting for an allowance is no work: it is counted apart. What a process that was killed had done since its last stride
is missing from it, as it is from the books of the allowance.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gurney.reports.forecast import BACK, DELTA, FETCH, READ_BACK, RECONCILE, SAMPLE, WRITE

if TYPE_CHECKING:
    from gurney.migration.context import Migration

DOCUMENT = "work"
OTHER = "other"
"""Logins, checks, and what else no forecast has."""
PROOFS = {"sample": SAMPLE, "full": READ_BACK}
BESIDE_FETCHING = frozenset({WRITE, SAMPLE, READ_BACK})
"""All that these ask of the source are files."""
WHOLE = {"reconcile": RECONCILE, "delta": DELTA, "rollback": BACK}


@dataclass(slots=True)
class Taken:
    """What one kind of work took. `units` are the destination's; `source_calls` the source's."""

    calls: int = 0
    units: int = 0
    refused: int = 0
    source_calls: int = 0
    seconds: float = 0.0

    def add(self, other: Taken) -> None:
        self.calls += other.calls
        self.units += other.units
        self.refused += other.refused
        self.source_calls += other.source_calls
        self.seconds += other.seconds

    def less(self, other: Taken) -> Taken:
        return Taken(
            self.calls - other.calls, self.units - other.units, self.refused - other.refused,
            self.source_calls - other.source_calls, self.seconds - other.seconds,
        )  # fmt: skip


@dataclass(slots=True)
class Work:
    """All kinds of work of a migration, by the forecast's names, and the pauses between them."""

    kinds: dict[str, Taken] = field(default_factory=dict)
    paused_s: float = 0.0

    @classmethod
    def of(cls, saved: dict[str, Any] | None) -> Work:
        saved = saved or {}
        kinds = {kind: Taken(**taken) for kind, taken in saved.get("kinds", {}).items()}
        return cls(kinds, saved.get("paused_s", 0.0))

    def taken(self, kind: str) -> Taken:
        return self.kinds.get(kind, Taken())


class Working:
    """Attributes what this process uses to the kind of work that it is at.

    Of tasks beside each other it knows the one that fetches files: what is asked of the source while records are
    written or read back is that one's, and its time is told (`beside`).
    """

    def __init__(self, migration: Migration) -> None:
        self._migration = migration
        self._kinds: list[str] = []
        self._counted = self._now()
        self._work: Work | None = None
        self._is_new = False

    @contextmanager
    def on(self, kind: str) -> Iterator[None]:
        """For as long as the block runs; another kind may be begun within it, and is counted apart."""
        self._count()
        self._kinds.append(kind)
        try:
            yield
        finally:
            self._count()
            self._kinds.pop()

    def beside(self, kind: str, seconds: float) -> None:
        """So long another kind of work was under way, whatever else was."""
        self.so_far().kinds.setdefault(kind, Taken()).seconds += seconds
        self._is_new = True

    def paused(self, seconds: float) -> None:
        """So long an allowance was waited for."""
        self.so_far().paused_s += seconds
        self._is_new = True

    def so_far(self) -> Work:
        """Everything up to now, earlier processes included."""
        if self._work is None:
            self._work = Work.of(self._migration.store.documents.get(DOCUMENT))
        return self._work

    def keep(self) -> None:
        """Write it down for the next process, where there is something new."""
        self._count()
        if not self._is_new:
            return
        self._is_new = False
        work = self.so_far()
        self._migration.store.documents.put(DOCUMENT, {"kinds": work.kinds, "paused_s": work.paused_s}, sealed=False)

    def _count(self) -> None:
        now = self._now()
        since, self._counted = now.less(self._counted), now
        kind = self._kinds[-1] if self._kinds else OTHER
        if kind in (OTHER, FETCH):  # what a person does between two verbs is no work; fetching tells its own time
            since.seconds = 0.0
        if kind in BESIDE_FETCHING:
            self._add(FETCH, Taken(source_calls=since.source_calls))
            since.source_calls = 0
        self._add(kind, since)

    def _add(self, kind: str, taken: Taken) -> None:
        if taken != Taken():
            self.so_far().kinds.setdefault(kind, Taken()).add(taken)
            self._is_new = True

    def _now(self) -> Taken:
        there, source = self._migration.used_here()
        return Taken(
            there.calls, there.units, there.refused, source.calls, self._migration.runtime.clock.monotonic()
        )  # fmt: skip


def kind_of(run: str, phase: str) -> str:
    """The forecast's name for a stride of a run."""
    if run in WHOLE:
        return WHOLE[run]
    return PROOFS.get(run, OTHER) if phase.startswith("prove ") else WRITE
