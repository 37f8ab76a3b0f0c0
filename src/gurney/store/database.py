"""The database under the store: opening, migrating, transactions, and its errors in words.

SQLite with a write-ahead log by default, one worker at a time; PostgreSQL where many work. A transaction that
intends or concludes an effect is durable: it waits for the disk, so that even a power cut does not forget what
was sent. One that only stages what can be read again does not wait.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections import namedtuple
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from importlib.resources import files
from operator import itemgetter
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import URL, Connection, Engine, TextClause, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from gurney.errors import StoreUnusable

BUSY_TIMEOUT_S = 20

_DIALECT = {
    "sqlite": {"blob": "BLOB", "serial": "INTEGER PRIMARY KEY AUTOINCREMENT", "clustered": "WITHOUT ROWID"},
    "postgresql": {"blob": "BYTEA", "serial": "BIGSERIAL PRIMARY KEY", "clustered": ""},
}

_PRAGMAS = (
    "journal_mode=WAL",
    "wal_autocheckpoint=4000",  # pages, so 16 MB: what is written often is carried over once
    "foreign_keys=ON",
    "temp_store=MEMORY",
    "cache_size=-16000",
)
_PLACES = {"sqlite": "?", "postgresql": "%s"}
_NAMES = re.compile(r":(\w+)")


class ForMany:
    """A statement with named parameters, two at least, that is run for many rows at once.

    The driver gets it as it is, with values by place: SQLAlchemy's handling of names costs more than SQLite takes
    to write a row.
    """

    def __init__(self, statement: str) -> None:
        self._values = itemgetter(*_NAMES.findall(statement))
        self._statements = {dialect: _NAMES.sub(place, statement) for dialect, place in _PLACES.items()}

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it for every row; without rows there is nothing to do."""
        if rows:
            values = [self._values(row) for row in rows]
            if connection.dialect.name == "sqlite":
                _driver(connection).executemany(self._statements["sqlite"], values)
            else:
                connection.exec_driver_sql(self._statements[connection.dialect.name], values)


class Database:
    """One connection and its transactions, used by one thread at a time.

    Statements are SQLAlchemy text with named parameters. A transaction that writes takes the write lock when it
    begins: what it reads first (the fence, the end of the chain) is still true when it commits.
    """

    def __init__(self, location: str) -> None:
        self.is_sqlite = "://" not in location
        self._engine = _engine(location)
        self._connection: Connection | None = None
        self._waits_for_disk: bool | None = None
        self._turn = threading.RLock()
        self._opening = ""
        """How SQLite opens the next transaction; a query alone needs none."""
        if self.is_sqlite:
            event.listen(self._engine, "begin", self._begin)

    @property
    def dialect(self) -> str:
        return self._engine.dialect.name

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[Connection]:
        """One transaction; nothing of it stays when the block raises. Raises StoreUnusable for the store's faults."""
        with self._turn, _faults_in_words():
            connection = self._connected()
            self._wait_for_disk(connection, durable)
            self._opening = "BEGIN IMMEDIATE"
            try:
                with connection.begin():
                    yield connection
            finally:
                self._opening = ""
                self._let_go(connection)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """All that is read in this block is of one moment, whatever another process writes meanwhile."""
        with self._turn, _faults_in_words():
            connection = self._connected()
            self._opening = "BEGIN"
            try:
                with connection.begin():
                    if not self.is_sqlite:
                        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                    yield
            finally:
                self._opening = ""

    def rows(self, statement: TextClause, parameters: Mapping[str, Any] | None = None) -> Sequence[Any]:
        """All rows of a query."""
        with self._turn, _faults_in_words():
            connection = self._connected()
            if self.is_sqlite or connection.in_transaction():
                return executed(connection, statement, parameters)
            with connection.begin():
                return executed(connection, statement, parameters)

    def one(self, statement: TextClause, parameters: Mapping[str, Any] | None = None) -> Any:
        """The first row of a query, or None."""
        found = self.rows(statement, parameters)
        return found[0] if found else None

    def where_in(self, statement: str, values: Sequence[str], parameters: Mapping[str, Any] | None = None) -> list[Any]:
        """Rows of a query whose `:values` is an IN list of any length; a value given twice counts once."""
        distinct = list(dict.fromkeys(values))
        if not distinct:
            return []
        given = orjson.dumps(distinct).decode() if self.is_sqlite else distinct
        query = _text(statement.replace("IN (:values)", _IN_LIST[self.dialect]))
        return list(self.rows(query, {**(parameters or {}), "values": given}))

    def migrate(self) -> None:
        """Apply the numbered migrations that this store has not seen yet; never destructive."""
        known, newest = self._migration(), migrations()[-1][0]
        if known > newest:
            raise StoreUnusable(
                "This store was written by a newer version of Gurney.", next_step="Upgrade Gurney, then repeat this."
            )
        if known == newest:
            return
        with self.transaction() as connection:
            known = _migration_of(connection)  # another process may have migrated while this one waited
            for number, statements in migrations():
                if number <= known:
                    continue
                for statement in statements:
                    connection.exec_driver_sql(statement.format(**_DIALECT[self.dialect]))
                set_meta(connection, "migration", str(number))

    def _migration(self) -> int:
        with self._turn, _faults_in_words():
            connection = self._connected()
            with connection.begin():
                return _migration_of(connection)

    def meta(self, name: str, default: str) -> str:
        row = self.one(text("SELECT value FROM meta WHERE name = :name"), {"name": name})
        return row[0] if row else default

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._engine.dispose()

    def compact(self) -> None:
        """Rewrite the file and its log, so that nothing that was deleted lies in them any more (SQLite)."""
        with self._turn, _faults_in_words():
            driver = self._connected().connection.cursor()
            for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                driver.execute(statement)
                driver.fetchall()
            driver.close()

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _begin(self, connection: Connection) -> None:
        if self._opening:
            _driver(connection).execute(self._opening)

    def _let_go(self, connection: Connection) -> None:
        """End a transaction whose commit failed: SQLAlchemy takes it for ended, while SQLite still holds the lock."""
        if self.is_sqlite and not connection.closed:
            driver = _driver(connection)
            if driver.in_transaction:
                driver.rollback()

    def _wait_for_disk(self, connection: Connection, durable: bool) -> None:
        if self.is_sqlite and self._waits_for_disk is not durable:
            level = "FULL" if durable else "NORMAL"
            _driver(connection).execute(f"PRAGMA synchronous={level}")
            self._waits_for_disk = durable


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def executed(
    connection: Connection, statement: TextClause, parameters: Mapping[str, Any] | None = None
) -> Sequence[Any]:
    """The rows that a statement gives, by name and by place; none where it gives none.

    SQLite gets it as it is: SQLAlchemy's way costs ten times what a small statement does.
    """
    if connection.dialect.name != "sqlite":
        result = connection.execute(statement, parameters or {})
        return result.fetchall() if result.returns_rows else []
    cursor = _driver(connection).execute(statement.text, parameters or {})
    if cursor.description is None:
        return []
    return list(map(_row(tuple(column[0] for column in cursor.description))._make, cursor.fetchall()))


@lru_cache(maxsize=256)
def _row(columns: tuple[str, ...]) -> Any:
    return namedtuple("Row", columns, rename=True)


_SET_META = text(
    "INSERT INTO meta (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
_IN_LIST = {"sqlite": "IN (SELECT value FROM json_each(:values))", "postgresql": "= ANY(:values)"}
"""One parameter for a list of any length: a parameter for each value would be a statement for each length."""
_TEXTS: dict[str, TextClause] = {}


def _text(statement: str) -> TextClause:
    """A statement, parsed once."""
    if statement not in _TEXTS:
        _TEXTS[statement] = text(statement)
    return _TEXTS[statement]


_MIGRATION = text("SELECT value FROM meta WHERE name = 'migration'")
_SQLITE_META = text("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'")


def _migration_of(connection: Connection) -> int:
    if not _has_meta(connection):
        return 0
    rows = executed(connection, _MIGRATION)
    return int(rows[0][0]) if rows else 0


def _has_meta(connection: Connection) -> bool:
    if connection.dialect.name == "sqlite":
        return bool(executed(connection, _SQLITE_META))
    return inspect(connection).has_table("meta")


def set_meta(connection: Connection, name: str, value: str) -> None:
    executed(connection, _SET_META, {"name": name, "value": value})


@cache
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
        engine = create_engine(_address(location), pool_pre_ping=True, hide_parameters=True)
        event.listen(engine, "connect", _wait_no_longer)
        return engine
    file = Path(location)
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreUnusable(
            f"{file.parent} cannot be made: {error.strerror}.", next_step="Choose a folder that you may write to."
        ) from None
    arguments = {"timeout": BUSY_TIMEOUT_S, "check_same_thread": False}
    address = URL.create("sqlite", database=str(file))  # written as text, a ? in the path would end it
    engine = create_engine(address, connect_args=arguments, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def prepare(driver: Any, _record: Any) -> None:
        driver.isolation_level = None  # the driver would begin transactions late, after what they read
        cursor = driver.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def _address(location: str) -> URL:
    """A PostgreSQL URL as SQLAlchemy wants it. What is wrong with it is not repeated: it may hold a password."""
    scheme, _, rest = location.partition("://")
    try:
        if scheme in ("postgres", "postgresql"):
            return make_url(f"postgresql+psycopg://{rest}")
    except (ArgumentError, ValueError):
        pass
    raise StoreUnusable(
        "The store's address is none of PostgreSQL.",
        next_step="Set GURNEY_STORE_URL to postgresql://USER@HOST/DATABASE, or unset it.",
    )


def _wait_no_longer(driver: Any, _record: Any) -> None:
    """As long as SQLite does; else whoever holds the fence in a transaction and stands still would stop all others."""
    with driver.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {round(BUSY_TIMEOUT_S * 1000)}")
    driver.commit()


@contextmanager
def _faults_in_words() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise _in_words(error.orig) from None
    except sqlite3.Error as error:  # while connecting, before SQLAlchemy wraps them
        raise _in_words(error) from None


def _in_words(error: BaseException | None) -> StoreUnusable:
    """What the database complains of, without the statement's parameters: those may hold values."""
    code = getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None) or type(error).__name__
    for codes, message, next_step in _FAULTS:
        if code.startswith(codes):
            return StoreUnusable(message, next_step=next_step)
    return StoreUnusable(f"The store refused a statement ({code}).", next_step="Report this with the log.")


_FAULTS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        ("SQLITE_FULL", "53100", "SQLITE_IOERR_WRITE"),
        "The disk is full: the store could not be written.",
        "Make room and repeat the command; it goes on where it stopped.",
    ),
    (
        ("SQLITE_BUSY", "SQLITE_LOCKED", "55P03"),
        "The store is locked by another process.",
        "Let the other command end, then repeat this one.",
    ),
    (
        ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "42501", "25006"),
        "The store cannot be opened for writing.",
        "Check the rights of the .gurney/ folder and of the files in it.",
    ),
    (("SQLITE_CORRUPT", "SQLITE_NOTADB"), "The store is damaged.", "Restore .gurney/ from a backup."),
    (
        ("SQLITE_IOERR",),
        "The disk failed while the store was read or written.",
        "Check the disk, then repeat the command; it goes on where it stopped.",
    ),
    (
        ("08", "57P", "OperationalError"),
        "The database does not answer.",
        "Check that the server of GURNEY_STORE_URL runs and lets this user in, then repeat the command.",
    ),
)
"""Codes of SQLite (by name) and PostgreSQL (SQLSTATE), and what they mean to a person."""
