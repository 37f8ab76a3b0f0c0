"""What a run needs, put together once: compiled mapping, builder, sender, verifier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from gurney.errors import PausedForQuota
from gurney.mapping.compile import CompiledMapping
from gurney.migration.behind import Behind
from gurney.migration.build import Builder
from gurney.migration.compiled import compile_for, limits_of
from gurney.migration.context import Migration
from gurney.migration.engine import Drive, Ended, Program
from gurney.migration.files import Fetcher
from gurney.migration.load import Load
from gurney.migration.outlook import Live
from gurney.migration.owners import require_complete
from gurney.migration.pauses import Pausing
from gurney.migration.provision import objects_with_old_keys
from gurney.migration.send import Sender
from gurney.migration.verify import Verifier
from gurney.reports.forecast import FETCH
from gurney.reports.units import moment_words
from gurney.schema import Schema
from gurney.store.runs import Run

MB = 1_000_000


@dataclass(slots=True)
class Job:
    """A run's tools."""

    migration: Migration
    run: Run
    schema: Schema
    compiled: CompiledMapping
    builder: Builder
    sender: Sender
    verifier: Verifier

    def load(self, chosen: Mapping[str, frozenset[str]] | None = None) -> Load:
        """The load of everything, or of the chosen records."""
        migration, limit_bytes = self.migration, limits_of(self.migration).get("file_bytes")
        files = Fetcher(
            store=migration.store,
            source=migration.source(),
            run=self.run,
            clock=migration.runtime.clock,
            limit_bytes=limit_bytes,
            ahead_bytes=migration.workspace.settings.options.files_ahead_mb * MB,
            busy=partial(migration.working.beside, FETCH),
        )
        return Load(
            store=migration.store,
            files=files,
            destination=migration.destination(),
            compiled=self.compiled,
            builder=self.builder,
            sender=self.sender,
            verifier=self.verifier,
            run=self.run,
            watcher=migration.watcher,
            keys_before_us=objects_with_old_keys(migration),
            file_bytes=limit_bytes,
            chosen=chosen,
            apart=migration.working.on,
            tell=Live(migration),
        )

    def behind(self) -> Behind:
        """Who compares what the source says now with what was written."""
        return Behind(
            self.migration.store,
            self.migration.destination(),
            self.schema,
            self.builder,
            self.run,
            file_bytes=limits_of(self.migration).get("file_bytes"),
        )

    async def drive(self, program: Program, way: Drive | None = None) -> None:
        """Run a program durably, or in another way, and close the run. Raises PausedForQuota for a spent allowance."""
        runs = self.migration.store.runs
        drive = way or self.migration.drive
        try:
            ended = await drive(
                Pausing(self.migration, self.run.kind, program),
                name=f"{self.migration.id}-{self.run.kind}-{self.run.id}",
                state=self.migration.workspace.state,
                runtime=self.migration.runtime,
                patience=timedelta(seconds=self.migration.patience_s),
            )
        finally:
            self.migration.keep_spent()
        if not ended.done:
            runs.close(self.run, "paused")
            raise _paused(ended)
        runs.close(self.run, "done")


def prepare(
    migration: Migration, kind: str, *, every_diff: bool = False, only: Mapping[str, frozenset[str]] | None = None
) -> Job:
    """Put a run's tools together; takes up the unfinished run of this kind where there is one."""
    owners = migration.document("owners", "gurney plan")
    require_complete(owners, kind)
    schema = migration.schema(do_first="gurney provision")
    compiled = compile_for(migration, migration.mapping(), schema)
    builder = Builder(migration.store, compiled, owners["owners"], migration.as_of())
    run = migration.store.runs.open(kind, migration.operator)
    migration.destination().pacer.guard = partial(migration.store.runs.still, run)
    verifier = Verifier(
        migration.store,
        migration.destination(),
        schema,
        builder,
        every_diff=every_diff,
        checksum=migration.workspace.settings.options.verify_files == "checksum",
        only=only,
    )
    sender = Sender(migration.store, migration.destination(), run, migration.runtime)
    return Job(migration, run, schema, compiled, builder, sender, verifier)


def link_users(job: Job) -> None:
    """Write down which user stands for which practitioner (Z3): linked, nothing is written to the CRM."""
    from gurney.records import OperationKey

    users = job.migration.destination().capabilities.user_object
    owners = job.migration.document("owners", "gurney plan")
    for map in job.compiled.maps:
        if map.destination_object != users:
            continue
        done = job.migration.store.effects.get(map.id, map.object, [one["id"] for one in owners["matched"]])
        pairs = [
            (OperationKey(map.id, map.object, one["id"]), one["user"])
            for one in owners["matched"]
            if done.get(one["id"]) != one["user"]
        ]
        if pairs:
            job.migration.store.ledger.link_existing(job.run, users, pairs)


def _paused(ended: Ended) -> PausedForQuota:
    until = f" It refills at {moment_words(ended.paused_until)}." if ended.paused_until else ""
    return PausedForQuota(
        f"{ended.why}{until}",
        until=ended.paused_until,
        next_step="Repeat the command then; it goes on where it stopped. Or wait in it with: --wait HOURS",
    )
