"""The database under the store: opening, migrating, transactions, and its errors in words.

SQLite with a write-ahead log by default, one worker at a time; PostgreSQL where many work. A transaction that
intends or concludes an effect is durable: it waits for the disk, so that even a power cut does not forget what
was sent. One that only stages what can be read again does not wait.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, TextClause, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from gurney.errors import StoreUnusable

BUSY_TIMEOUT_S = 20
IN_LIST = 400
"""Values in one IN list: below every dialect's limit of parameters, with room for others."""

_DIALECT = {
    "sqlite": {"blob": "BLOB", "serial": "INTEGER PRIMARY KEY AUTOINCREMENT", "clustered": "WITHOUT ROWID"},
    "postgresql": {"blob": "BYTEA", "serial": "BIGSERIAL PRIMARY KEY", "clustered": ""},
}


class Database:
    """Connections and transactions. Statements are SQLAlchemy text with named parameters."""

    def __init__(self, location: str) -> None:
        self.is_sqlite = "://" not in location
        self._engine = _engine(location)
        self._connection: Connection | None = None
        self._waits_for_disk: bool | None = None

    @property
    def dialect(self) -> str:
        return self._engine.dialect.name

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[Connection]:
        """One transaction; nothing of it stays when the block raises. Raises StoreUnusable for the store's faults."""
        try:
            connection = self._connected()
            self._wait_for_disk(connection, durable)
            with connection.begin():
                yield connection
        except DBAPIError as error:
            raise _in_words(error) from None

    def rows(self, statement: TextClause, parameters: dict[str, Any] | None = None) -> Sequence[Any]:
        """All rows of a query."""
        try:
            connection = self._connected()
            if connection.in_transaction():
                return connection.execute(statement, parameters or {}).fetchall()
            with connection.begin():
                return connection.execute(statement, parameters or {}).fetchall()
        except DBAPIError as error:
            raise _in_words(error) from None

    def one(self, statement: TextClause, parameters: dict[str, Any] | None = None) -> Any:
        """The first row of a query, or None."""
        found = self.rows(statement, parameters)
        return found[0] if found else None

    def where_in(self, statement: str, values: Sequence[str], parameters: dict[str, Any] | None = None) -> list[Any]:
        """Rows of a query whose `:values` is an IN list of any length."""
        found: list[Any] = []
        for start in range(0, len(values), IN_LIST):
            part = values[start : start + IN_LIST]
            names = ", ".join(f":v{index}" for index in range(len(part)))
            bound = {f"v{index}": value for index, value in enumerate(part)}
            found += self.rows(_text(statement.replace(":values", names)), {**(parameters or {}), **bound})
        return found

    def migrate(self) -> None:
        """Apply the numbered migrations that this store has not seen yet; never destructive."""
        known = self._known_migration()
        for number, statements in migrations():
            if number <= known:
                continue
            with self.transaction() as connection:
                for statement in statements:
                    connection.exec_driver_sql(statement.format(**_DIALECT[self.dialect]))
                connection.execute(_SET_META, {"name": "migration", "value": str(number)})

    def _known_migration(self) -> int:
        from sqlalchemy import inspect

        try:
            if not inspect(self._engine).has_table("meta"):
                return 0
        except DBAPIError as error:
            raise _in_words(error) from None
        return int(self.meta("migration", "0"))

    def meta(self, name: str, default: str) -> str:
        row = self.one(text("SELECT value FROM meta WHERE name = :name"), {"name": name})
        return row[0] if row else default

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._engine.dispose()

    def compact(self) -> None:
        """Rewrite the file so that nothing that was deleted lies in it any more (SQLite)."""
        connection = self._connected()
        driver = connection.connection.cursor()
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        driver.execute("VACUUM")
        driver.close()

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _wait_for_disk(self, connection: Connection, durable: bool) -> None:
        if self.is_sqlite and self._waits_for_disk is not durable:
            level = "FULL" if durable else "NORMAL"
            driver = connection.connection.cursor()
            driver.execute(f"PRAGMA synchronous={level}")
            driver.close()
            self._waits_for_disk = durable


_SET_META = text(
    "INSERT INTO meta (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
_TEXTS: dict[str, TextClause] = {}


def _text(statement: str) -> TextClause:
    """A statement, parsed once."""
    if statement not in _TEXTS:
        _TEXTS[statement] = text(statement)
    return _TEXTS[statement]


def set_meta(connection: Connection, name: str, value: str) -> None:
    connection.execute(_SET_META, {"name": name, "value": value})


def migrations() -> list[tuple[int, list[str]]]:
    """All migrations by number, each as its statements."""
    folder = files("gurney.store") / "migrations"
    found = sorted(item.name for item in folder.iterdir() if item.name.endswith(".sql"))
    return [(int(name[:4]), _statements((folder / name).read_text("utf-8"))) for name in found]


def _statements(script: str) -> list[str]:
    lines = [line for line in script.splitlines() if not line.lstrip().startswith("--")]
    return [part.strip() for part in "\n".join(lines).split(";") if part.strip()]


def _engine(location: str) -> Engine:
    if "://" in location:
        return create_engine(location.replace("postgresql://", "postgresql+psycopg://", 1), pool_pre_ping=True)
    file = Path(location)
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreUnusable(
            f"{file.parent} cannot be made: {error.strerror}.", next_step="Choose a folder that you may write to."
        ) from None
    engine = create_engine(f"sqlite:///{file}", connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(driver: Any, _record: Any) -> None:
        cursor = driver.cursor()
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "temp_store=MEMORY", "cache_size=-16000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def _in_words(error: DBAPIError) -> StoreUnusable:
    """What the database complains of, without the statement's parameters: those may hold values."""
    said = str(error.orig)
    if "full" in said:
        return StoreUnusable(
            "The disk is full: the store could not be written.",
            next_step="Make room and repeat the command; it goes on where it stopped.",
        )
    if "locked" in said or "busy" in said:
        return StoreUnusable(
            "The store is locked by another process.",
            next_step="Let the other command end, then repeat this one.",
        )
    if "readonly" in said or "unable to open" in said:
        return StoreUnusable(
            "The store cannot be opened for writing.", next_step="Check the rights and the free space of .gurney/."
        )
    if "malformed" in said or "not a database" in said:
        return StoreUnusable("The store is damaged.", next_step="Restore .gurney/ from a backup.")
    return StoreUnusable(
        f"The store refused a statement ({type(error.orig).__name__}).", next_step="Report this with the log."
    )
