"""The full run: everything that the signed mapping selects."""

from __future__ import annotations

from gurney.migration import abreast
from gurney.migration.context import Migration
from gurney.migration.job import link_users, prepare
from gurney.migration.outlook import promise
from gurney.migration.plan import require_current_plan
from gurney.migration.sample import chosen_ids
from gurney.migration.stages import Stage, reach, require, require_approval
from gurney.migration.status import run_report
from gurney.reports.render import render
from gurney.reports.status import RunReport


async def run(migration: Migration, *, accept_missing: bool = False) -> RunReport:
    """Load everything, or go on, or retry what failed. Raises GateRefused before the sample is approved.

    With `accept_missing` a module from which people deleted records meanwhile does not stop the next one.
    """
    require(migration.store, "run", Stage.SAMPLED, "gurney sample")
    require_current_plan(migration)
    migration.document("provisioned", "gurney provision")  # a sample in a sandbox makes nothing here
    require_approval(migration.store, "run", "sample", migration.store.documents.digest("sample"))
    with migration.store.worker_lock():
        job = prepare(migration, "full", only=chosen_ids(migration) if _reads_little(migration) else None)
        reach(migration.store, Stage.RUNNING)
        abreast.begin(migration)
        promise(migration, job.run)
        link_users(job)
        try:
            load = job.load()
            load.gated = not accept_missing
            async with load.going_ahead():
                await job.drive(load)
            reach(migration.store, Stage.LOADED)
        finally:
            render(run_report(migration), migration.workspace.reports, migration.runtime)
    return run_report(migration)


def _reads_little(migration: Migration) -> bool:
    """Whether the run proves the sample's records alone, as the clinic chose; the reconciliation proves all."""
    return migration.workspace.settings.options.read_back == "sample"
