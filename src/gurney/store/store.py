"""The store of one migration: opened with the user's master key, closed, or destroyed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from gurney.errors import StoreUnusable
from gurney.runtime import Runtime
from gurney.store.assignments import Assignments
from gurney.store.database import Database
from gurney.store.diffs import Diffs
from gurney.store.documents import Documents
from gurney.store.effects import Effects
from gurney.store.files import Files
from gurney.store.issues import Issues
from gurney.store.keys import MasterKey
from gurney.store.ledger import Ledger
from gurney.store.runs import Runs
from gurney.store.sealing import KEY_BYTES, NoSeal, Seal
from gurney.store.snapshot import Snapshot, now_text

_KEY = text("SELECT wrapped FROM seal WHERE name = 'data'")
_KEEP_KEY = text("INSERT INTO seal (name, wrapped, at) VALUES ('data', :wrapped, :at) ON CONFLICT DO NOTHING")
_DESTROY_KEY = text("UPDATE seal SET wrapped = :nothing, at = :at WHERE name = 'data'")
_OWNER = "belongs_to"
"""Name of the migration's id among the store's facts."""
_CLAIM = text("INSERT INTO meta (name, value) VALUES (:name, :value) ON CONFLICT DO NOTHING")
_WORKER_LOCK = 0x6775726E  # 'gurn': PostgreSQL's advisory locks are numbers


@dataclass(slots=True)
class Store:
    """What a migration remembers."""

    database: Database
    folder: Path
    runtime: Runtime
    snapshot: Snapshot
    ledger: Ledger
    effects: Effects
    files: Files
    documents: Documents
    runs: Runs
    diffs: Diffs
    issues: Issues
    assignments: Assignments

    @contextmanager
    def worker_lock(self) -> Iterator[None]:
        """Hold the migration: one process works on it at a time. Raises StoreUnusable when another does."""
        busy = StoreUnusable(
            "Another gurney process is at work on this migration.",
            next_step="Let it finish, or stop it; `gurney status` shows how far it is.",
        )
        if not self.database.is_sqlite:
            with self.database.transaction() as connection:
                if not connection.execute(text("SELECT pg_try_advisory_lock(:n)"), {"n": _WORKER_LOCK}).scalar():
                    raise busy
            try:
                yield
            finally:
                with self.database.transaction() as connection:
                    connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": _WORKER_LOCK})
            return
        from filelock import FileLock, Timeout

        lock = FileLock(self.folder / "worker.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise busy from None
        except OSError as error:
            raise StoreUnusable(
                f"{self.folder} cannot be locked: {error.strerror}.", next_step="Check the rights of that folder."
            ) from None
        try:
            yield
        finally:
            lock.release()

    def belong_to(self, migration: str) -> None:
        """Bind the store to one migration for good: a server's address serves several workspaces all too easily.

        Raises StoreUnusable when it is another one's.
        """
        owner = self.database.meta(_OWNER, "")
        if not owner:
            with self.database.transaction() as connection:
                connection.execute(_CLAIM, {"name": _OWNER, "value": migration})
            owner = self.database.meta(_OWNER, "")  # another process may have been first
        if owner != migration:
            raise StoreUnusable(
                f"This store holds another migration ({owner}).",
                next_step="Give each workspace a database, or a schema, of its own in GURNEY_STORE_URL.",
            )

    def purge(self) -> None:
        """Destroy the data key and the files: what was sealed can never be opened again. The log stays.

        This store must be closed afterwards: it still holds the key that no other will get.
        """
        with self.database.transaction() as connection:
            connection.execute(_DESTROY_KEY, {"nothing": b"", "at": now_text(self.runtime.clock.now())})
        self.files.discard_all()
        if self.database.is_sqlite:
            self.database.compact()

    def close(self) -> None:
        self.database.close()


def open_store(
    location: str, runtime: Runtime, master: MasterKey, *, create: bool = False, folder: Path | None = None
) -> Store:
    """Open the store at a path (SQLite) or a PostgreSQL URL, migrating it to today's shape.

    `folder` holds what is not in the database: files and the worker's lock. Without it that is the folder of the
    SQLite file.

    Raises StoreUnusable when it is missing (without `create`), locked, damaged, or sealed by another master key.
    """
    database = Database(location)
    folder = folder or (Path(location).parent if database.is_sqlite else Path(".gurney"))
    if database.is_sqlite and not create and not Path(location).is_file():
        raise StoreUnusable(f"There is no store at {location}.", next_step="Make a workspace with: gurney new")
    try:
        database.migrate()
        seal = _unwrapped(database, runtime, master)
    except BaseException:
        database.close()
        raise
    return Store(
        database=database,
        folder=folder,
        runtime=runtime,
        snapshot=Snapshot(database, seal, runtime),
        ledger=Ledger(database, seal, runtime),
        effects=Effects(database, seal),
        files=Files(database, seal, runtime, folder / "files"),
        documents=Documents(database, seal, runtime),
        runs=Runs(database, runtime),
        diffs=Diffs(database, seal),
        issues=Issues(database, seal),
        assignments=Assignments(database),
    )


def _unwrapped(database: Database, runtime: Runtime, master: MasterKey) -> Seal | NoSeal:
    """The data key, opened with the master key; made for a new store."""
    wrapping = Seal(master.key, runtime.entropy)
    row = database.one(_KEY)
    if row is None:
        wrapped = wrapping.seal(runtime.entropy(KEY_BYTES), "data key")
        with database.transaction() as connection:
            connection.execute(_KEEP_KEY, {"wrapped": wrapped, "at": now_text(runtime.clock.now())})
        row = database.one(_KEY)  # another process may have been first
    if not bytes(row[0]):
        return NoSeal()
    try:
        return Seal(wrapping.open(row[0], "data key"), runtime.entropy)
    except StoreUnusable:
        raise StoreUnusable(
            "This workspace was made with another master key than the one at hand.",
            next_step="Give that key as GURNEY_MASTER_KEY, or work as the user who made the workspace.",
        ) from None
