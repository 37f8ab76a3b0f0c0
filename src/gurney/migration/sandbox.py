"""The sample in a second account of the CRM (contract, SMP3): an org that nobody works in.

The sandbox has a ledger, an id map, a schema and owners of its own, in a store of its own; the snapshot, the
mapping, the plan and the approvals are the migration's. So nothing of the sample is in the real account, the full
run writes everything, and each of the two logs tells about one account alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from gurney.errors import CheckFailed
from gurney.mapping.schema_changes import changes
from gurney.migration.audit import practitioners
from gurney.migration.context import Migration
from gurney.migration.owners import UNASSIGNED, resolve
from gurney.migration.saved import provisioned_to_json
from gurney.store.keys import master_key
from gurney.store.store import open_store

OWN = frozenset({"account", "destination-schema", "owners", "provisioned", "run", "sample", "spent", "stage", "work"})
"""Documents that each account has for itself; all others are the migration's."""


def _is_own(name: str) -> bool:
    return name in OWN or name.endswith("-token")


def is_asked(migration: Migration) -> bool:
    """Whether the workspace wants its sample in a second account."""
    return migration.workspace.settings.sample.sandbox


def has_sandbox(migration: Migration) -> bool:
    """Whether a sample was ever taken in a second account."""
    return _folder(migration).is_dir()


def open_sandbox(migration: Migration) -> Migration:
    """The migration as the sandbox sees it. Close it; the migration itself stays open."""
    folder = _folder(migration)
    folder.mkdir(mode=0o700, exist_ok=True)
    own = open_store(str(folder / "store.sqlite"), migration.runtime, master_key(migration.runtime), create=True)
    store = replace(
        own,
        snapshot=migration.store.snapshot,
        files=migration.store.files,
        assignments=migration.store.assignments,
        documents=own.documents.over(migration.store.documents, _is_own),
    )
    return Migration(
        migration.workspace, migration.runtime, store, migration.watcher, migration.patience_s, sandbox=True
    )


@asynccontextmanager
async def where_the_sample_is(migration: Migration) -> AsyncIterator[Migration]:
    """The sandbox for as long as the block runs, or the migration itself where it has none."""
    if not is_asked(migration):
        yield migration
        return
    sandbox = open_sandbox(migration)
    try:
        yield sandbox
    finally:
        await sandbox.close()


async def prepare_sandbox(sandbox: Migration, fallback_owner: str) -> None:
    """Make the sandbox fit for the sample: its account looked at, its owners resolved, its schema provisioned."""
    destination = sandbox.destination()
    sandbox.watcher.say("Looking at the sandbox")
    account = await destination.check()
    wrong = [one for one in account.findings if one.level == "error"]
    if wrong:
        raise CheckFailed(f"The sandbox does not fit: {wrong[0].words}", next_step=wrong[0].next_step)
    sandbox.keep_account(account)
    await _own_owners(sandbox, fallback_owner)
    await _provision(sandbox)


async def _own_owners(sandbox: Migration, planned: str) -> None:
    """Users of a sandbox have ids of their own, and perhaps not all of them are there."""
    roster = await practitioners(sandbox)
    users = await sandbox.destination().users()
    known = {user.email.strip().casefold() for user in users if user.active}
    fallback = planned if planned.casefold() in known else UNASSIGNED
    sandbox.store.documents.put("owners", resolve(roster, users, fallback).as_document(), sealed=True)


async def _provision(sandbox: Migration) -> None:
    mapping = sandbox.mapping()
    destination = sandbox.destination()
    objects = sorted({entry.to for entry in mapping.active()})
    wanted = changes(mapping, await destination.describe(objects))
    sandbox.watcher.start("Making room in the sandbox", len(wanted))
    made = await destination.provision(wanted)
    sandbox.store.documents.put("provisioned", {"made": provisioned_to_json(made)}, sealed=False)
    sandbox.keep_schema(await destination.describe(objects))
    left = [one for one in made if one.state not in ("created", "existing")]
    if left:
        words = "; ".join(dict.fromkeys(one.words for one in left[:3]))
        raise CheckFailed(
            f"{len(left)} fields or objects are missing in the sandbox: {words}",
            next_step="Make them there as the plan lists them, then: gurney sample",
        )


def _folder(migration: Migration) -> Path:
    return migration.workspace.state / "sandbox"
