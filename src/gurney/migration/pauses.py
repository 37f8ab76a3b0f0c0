"""A run that has to wait for a vendor's allowance: written down, so that another process, or the next day, knows of it.

What survives a restart: the ledger (what arrived), the budget as it was spent, and this note of why and until when.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gurney.errors import PausedForQuota
from gurney.migration.context import Migration
from gurney.migration.engine import Program
from gurney.migration.working import kind_of
from gurney.reports.units import duration_words, moment_words

DOCUMENT = "pause"


@dataclass(frozen=True, slots=True)
class Pause:
    """Why a run does not go on, and until when; `until` None: nobody can tell."""

    run: str
    """Which kind of run waits: full, sample, delta, rollback ..."""
    why: str
    since: datetime
    until: datetime | None

    def as_document(self) -> dict[str, Any]:
        until = self.until.isoformat() if self.until else None
        return {"run": self.run, "why": self.why, "since": self.since.isoformat(), "until": until}


def current(migration: Migration) -> Pause | None:
    """The pause that a run of this migration is in, whether or not its process lives."""
    kept = migration.store.documents.get(DOCUMENT)
    if not kept:
        return None
    until = datetime.fromisoformat(kept["until"]) if kept["until"] else None
    return Pause(kept["run"], kept["why"], datetime.fromisoformat(kept["since"]), until)


class Pausing:
    """A program that notes when it has to wait and when it goes on, and after each stride what was spent."""

    def __init__(self, migration: Migration, run: str, program: Program) -> None:
        self._migration = migration
        self._run = run
        self._program = program
        self._pause = current(migration)
        if self._pause is not None:
            self._tell(self._pause)

    async def phases(self) -> list[str]:
        return await self._program.phases()

    async def advance(self, phase: str) -> bool:
        """One stride. A pause is noted before it is raised: the process may be ended in the middle of it."""
        if self._pause is not None and self._is_over(self._pause):
            self._go_on()
        try:
            with self._migration.working.on(kind_of(self._run, phase)):
                done = await self._program.advance(phase)
        except PausedForQuota as pause:
            self._rest(pause)
            raise
        finally:
            self._migration.keep_spent()
        if self._pause is not None:  # what was thought to be spent is not
            self._go_on()
        return done

    def _is_over(self, pause: Pause) -> bool:
        return pause.until is None or pause.until <= self._migration.runtime.clock.now()

    def _rest(self, pause: PausedForQuota) -> None:
        now = self._migration.runtime.clock.now()
        self._pause = Pause(self._run, pause.message, now, pause.until)
        self._migration.store.documents.put(DOCUMENT, self._pause.as_document(), sealed=False)
        self._tell(self._pause)

    def _go_on(self) -> None:
        if self._pause is not None:
            self._migration.working.paused(self._waited_s(self._pause))
        self._pause = None
        self._migration.store.documents.put(DOCUMENT, {}, sealed=False)
        self._migration.watcher.say(f"Going on at {moment_words(self._migration.runtime.clock.now())}.")

    def _waited_s(self, pause: Pause) -> float:
        """How long the allowance was waited for; a run that nobody took up when it could go on was not held back."""
        now = self._migration.runtime.clock.now()
        return max(0.0, (min(now, pause.until or now) - pause.since).total_seconds())

    def _tell(self, pause: Pause) -> None:
        """Where this process waits, what for and how long; where it does not, the error that ends it says so."""
        now = self._migration.runtime.clock.now()
        wait_s = (pause.until - now).total_seconds() if pause.until else 0.0
        if pause.until is None or not 0 < wait_s <= self._migration.patience_s:
            return
        self._migration.watcher.say(
            f"{pause.why} Paused until {moment_words(pause.until)}, in {duration_words(wait_s)}. It then goes on by "
            "itself; if this process ends before, repeat the command."
        )
