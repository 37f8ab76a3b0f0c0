"""One migration, opened: its workspace, its store and its two systems.

Stages get this and nothing else from outside. The systems are connected when first asked for, so that a verb
that needs no network needs no credentials.
"""

from __future__ import annotations

import getpass
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from gurney.destinations.protocol import Account, Destination
from gurney.errors import GateRefused, Misused
from gurney.mapping import document
from gurney.mapping.model import Mapping
from gurney.migration import connect
from gurney.migration.engine import Drive, run_durably
from gurney.migration.progress import Nobody, Watcher
from gurney.migration.working import Working
from gurney.migration.workspace import Workspace, as_of_from, open_workspace
from gurney.runtime import Runtime
from gurney.schema import Schema
from gurney.store.keys import Secrets, master_key
from gurney.store.store import Store, open_store
from gurney.transport import Counts

if TYPE_CHECKING:
    from gurney.sources.cliniko.source import ClinikoSource

_ACCOUNT: TypeAdapter[Account] = TypeAdapter(Account)
_SCHEMA: TypeAdapter[Schema] = TypeAdapter(Schema)


@dataclass(slots=True)
class Migration:
    """A workspace at work."""

    workspace: Workspace
    runtime: Runtime
    store: Store
    watcher: Watcher = field(default_factory=Nobody)
    patience_s: float = 0.0
    """How long a spent budget is waited for before the verb ends as paused."""
    drive: Drive = run_durably
    """How long work is run: remembered by the workflow store, or inline in a simulation."""
    sandbox: bool = False
    """Whether this is the sample's second account rather than the real one."""
    _source: ClinikoSource | None = None
    _destination: Destination | None = None
    _spent: dict[str, Any] | None = None
    """What was last kept of it."""
    working: Working = field(init=False)
    """What each kind of work has taken."""

    def __post_init__(self) -> None:
        self.working = Working(self)

    @property
    def id(self) -> str:
        return self.workspace.settings.migration.id

    @property
    def operator(self) -> str:
        return self.workspace.settings.migration.operator or _system_user(self.runtime)

    def source(self) -> ClinikoSource:
        """The Cliniko account, read only."""
        if self._source is None:
            self._source = connect.source(self.workspace.settings, self.secrets(), self.runtime)
        return self._source

    def destination(self) -> Destination:
        """The CRM account."""
        if self._destination is None:
            self._destination = connect.destination(
                self.workspace, self.secrets(), self.runtime, self.store, sandbox=self.sandbox
            )
            spent = self.store.documents.get("spent")
            if spent is not None:
                self._destination.pacer.restore(spent)
        return self._destination

    def used_here(self) -> tuple[Counts, Counts]:
        """What this process asked of the destination and of the source."""
        there = self._destination.pacer.used_here() if self._destination is not None else Counts()
        return there, self._source.spent if self._source is not None else Counts()

    def secrets(self) -> Secrets:
        return Secrets(self.id, self.runtime)

    def mapping(self) -> Mapping:
        """The mapping as it stands in the workspace, to be looked at."""
        file = self.workspace.mapping_file
        if not file.is_file():
            raise GateRefused("This workspace has no mapping.yaml yet.", next_step="First: gurney plan")
        return document.look_at(file.read_text("utf-8"), str(file))

    def document(self, name: str, do_first: str) -> dict[str, Any]:
        """A document of an earlier stage."""
        saved: dict[str, Any] | None = self.store.documents.get(name)
        if saved is None:
            raise GateRefused(f"There is no {name} yet.", next_step=f"First: {do_first}")
        return saved

    def account(self) -> Account:
        """The destination account as `check` last saw it."""
        return _ACCOUNT.validate_python(self.document("account", "gurney check"))

    def keep_account(self, account: Account) -> None:
        self.store.documents.put("account", _ACCOUNT.dump_python(account, mode="json"), sealed=False)

    def schema(self, name: str = "destination-schema", do_first: str = "gurney plan") -> Schema:
        """A schema that an earlier stage kept: 'destination-schema' or 'source-schema'."""
        return _SCHEMA.validate_python(self.document(name, do_first))

    def keep_schema(self, schema: Schema, name: str = "destination-schema") -> None:
        self.store.documents.put(name, _SCHEMA.dump_python(schema, mode="json"), sealed=True)

    def as_of(self) -> datetime:
        """The moment that past and future are judged by: the environment's, else the audit's, else now."""
        fixed = self.runtime.environ.get("GURNEY_AS_OF")
        if fixed:
            return as_of_from(fixed)
        audit = self.store.documents.get("audit")
        return datetime.fromisoformat(audit["as_of"]) if audit else self.runtime.clock.now()

    async def close(self) -> None:
        """Let go of both systems and the store."""
        try:
            if self._source is not None:
                await self._source.close()
            if self._destination is not None:
                await self._destination.close()
            self.keep_spent()
        finally:
            self.store.close()

    def keep_spent(self) -> None:
        """Remember what was spent of the destination's allowance, and on what, for the next command."""
        if self._destination is not None and (spent := self._destination.pacer.snapshot()) != self._spent:
            self.store.documents.put("spent", spent, sealed=False)
            self._spent = spent
        self.working.keep()


def open_migration(
    folder: Path, runtime: Runtime, *, watcher: Watcher | None = None, patience_s: float = 0.0
) -> Migration:
    """Open the workspace in `folder`; its store is made on the first opening."""
    workspace = open_workspace(folder)
    location = runtime.environ.get("GURNEY_STORE_URL") or str(workspace.state / "store.sqlite")
    store = open_store(location, runtime, master_key(runtime), create=True, folder=workspace.state)
    try:
        store.belong_to(workspace.settings.migration.id)
    except BaseException:
        store.close()
        raise
    return Migration(workspace, runtime, store, watcher or Nobody(), patience_s)


def _system_user(runtime: Runtime) -> str:
    try:
        return runtime.environ.get("USER") or getpass.getuser()
    except (KeyError, OSError):
        raise Misused(
            "The log needs a name for the operator, and the system has none for this user.",
            next_step="Set `operator` under [migration] in gurney.toml.",
        ) from None
