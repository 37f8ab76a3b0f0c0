"""Opening a store: made, migrated, locked, damaged, read-only, full."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import Timeout
from sent_examples import contact
from sqlalchemy import Connection, Engine, event

from gurney.errors import StoreUnusable
from gurney.runtime import Runtime
from gurney.store import database as database_module
from gurney.store.database import Database, migrations
from gurney.store.keys import MasterKey
from gurney.store.runs import Run, held_fence
from gurney.store.snapshot import Staged
from gurney.store.store import Store, open_store

MASTER = MasterKey(b"m" * 32, "test")


def shape(file: Path) -> dict[str, str]:
    with closing(sqlite3.connect(file)) as connection:
        return dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))


def test_a_store_that_is_not_there_is_made_only_when_asked_for(sqlite_file: Path, runtime: Runtime) -> None:
    with pytest.raises(StoreUnusable, match="no store"):
        open_store(str(sqlite_file), runtime, MASTER)
    assert not sqlite_file.exists()


def test_a_store_keeps_its_content_between_openings(store: Store, reopen: Callable[[], Store]) -> None:
    store.documents.put("plan", {"a": 1}, sealed=True)
    store.close()

    assert reopen().documents.get("plan") == {"a": 1}


@pytest.mark.parametrize("name", ["Dr. O'Neil & Sons?", "50% #1", "höher:hinaus", "a@b"])
def test_a_folder_of_any_name_holds_its_store(tmp_path: Path, runtime: Runtime, name: str) -> None:
    file = tmp_path / name / "store.sqlite"
    with closing(open_store(str(file), runtime, MASTER, create=True)) as store:
        store.documents.put("plan", {"a": 1}, sealed=True)

    assert file.is_file()
    with closing(open_store(str(file), runtime, MASTER)) as again:
        assert again.documents.get("plan") == {"a": 1}


@pytest.mark.parametrize("known", range(1, len(migrations()) + 1))
def test_a_store_of_any_age_comes_to_the_same_shape_as_a_fresh_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: int
) -> None:
    every = migrations()
    for name, steps in (("fresh", every), ("old", every[:known])):
        monkeypatch.setattr(database_module, "migrations", lambda steps=steps: steps)
        database = Database(str(tmp_path / name))
        database.migrate()
        database.close()
    monkeypatch.setattr(database_module, "migrations", lambda: every)
    old = Database(str(tmp_path / "old"))
    old.migrate()
    old.close()

    assert shape(tmp_path / "old") == shape(tmp_path / "fresh")


def test_migrations_are_numbered_without_gaps() -> None:
    assert [number for number, _ in migrations()] == list(range(1, len(migrations()) + 1))


def test_a_migration_that_fails_leaves_the_store_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(str(tmp_path / "store"))
    database.migrate()
    before = shape(tmp_path / "store")
    broken = [*migrations(), (len(migrations()) + 1, ["CREATE TABLE extra (a TEXT)", "CREATE TABLE meta (a TEXT)"])]
    monkeypatch.setattr(database_module, "migrations", lambda: broken)

    with pytest.raises(StoreUnusable):
        database.migrate()
    database.close()

    assert shape(tmp_path / "store") == before


def test_a_store_of_a_newer_version_is_left_alone(store: Store, reopen: Callable[[], Store]) -> None:
    with store.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE meta SET value = '999' WHERE name = 'migration'")

    with pytest.raises(StoreUnusable, match="newer"):
        reopen()


def test_another_master_key_is_told_apart_from_damage(store: Store, location: str, runtime: Runtime) -> None:
    with pytest.raises(StoreUnusable, match="another master key"):
        open_store(location, runtime, MasterKey(b"x" * 32, "test"))


def test_a_file_that_is_no_database_says_so(sqlite_file: Path, runtime: Runtime) -> None:
    sqlite_file.parent.mkdir()
    sqlite_file.write_bytes(b"not a database at all, but long enough to look at" * 100)

    with pytest.raises(StoreUnusable, match="damaged") as refused:
        open_store(str(sqlite_file), runtime, MASTER)
    assert "backup" in refused.value.next_step


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_may_not_be_written_says_so(tmp_path: Path, sqlite_file: Path, runtime: Runtime) -> None:
    (tmp_path / "state").mkdir(mode=0o500)

    with pytest.raises(StoreUnusable, match="cannot be opened"):
        open_store(str(sqlite_file), runtime, MASTER, create=True)


def test_a_place_where_no_folder_can_be_made_says_so(tmp_path: Path, sqlite_file: Path, runtime: Runtime) -> None:
    (tmp_path / "state").write_text("a file")

    with pytest.raises(StoreUnusable, match="cannot be made"):
        open_store(str(sqlite_file), runtime, MASTER, create=True)


def test_a_store_that_another_process_holds_says_so(
    store: Store, run: Run, reopen: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_TIMEOUT_S", 0.01)
    other = reopen()

    with store.database.transaction() as held, pytest.raises(StoreUnusable, match="locked") as refused:
        held_fence(held)
        other.ledger.note(None, "approval", {}, "Kim")
    assert refused.value.next_step


@pytest.mark.usefixtures("sqlite_file")
def test_a_full_disk_says_so_and_the_store_goes_on_when_there_is_room(store: Store, run: Run) -> None:
    _limit_pages(store, 1)
    with pytest.raises(StoreUnusable, match="disk is full") as refused:
        for number in range(1000):
            store.ledger.intend(run, [contact(f"{number}", fields={"Notes": os.urandom(3000).hex()})])
    assert "Make room" in refused.value.next_step
    assert store.ledger.verify().ok
    head = store.ledger.head()

    _limit_pages(store, 1_000_000)
    store.ledger.intend(run, [contact("after")])
    assert store.ledger.head() != head
    assert store.ledger.verify().ok


@pytest.mark.usefixtures("sqlite_file")
def test_a_commit_that_fails_leaves_no_transaction_behind(store: Store, run: Run) -> None:
    def fail(_: Connection) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    head = store.ledger.head()
    event.listen(Engine, "commit", fail)
    try:
        with pytest.raises(StoreUnusable):
            store.ledger.intend(run, [contact("1")])
    finally:
        event.remove(Engine, "commit", fail)

    assert store.ledger.head() == head
    store.ledger.intend(run, [contact("1")])
    assert store.ledger.head() != head


def _limit_pages(store: Store, most: int) -> None:
    """SQLite refuses to grow over this many pages with the same error as on a full disk."""
    with store.database.transaction() as connection:
        now = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {max(most, now + 8)}")


def test_errors_of_the_database_show_no_values(store: Store) -> None:
    canary = "canary-7f3a"
    row = Staged("1", canary, canary, None, {"name": canary})  # type: ignore[arg-type]

    with pytest.raises(StoreUnusable) as refused:
        store.snapshot.put("patients", [row])
    assert canary not in f"{refused.value} {refused.value.next_step} {refused.value.__cause__}"


def test_a_killed_worker_does_not_keep_the_lock(sqlite_file: Path, reopen: Callable[[], Store]) -> None:
    script = (
        "import sys, time\n"
        "from gurney.runtime import Runtime\n"
        "from gurney.store.keys import MasterKey\n"
        "from gurney.store.store import open_store\n"
        "store = open_store(sys.argv[1], Runtime(), MasterKey(b'm' * 32, 'test'), create=True)\n"
        "with store.worker_lock():\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(sqlite_file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "held\n"
        store = reopen()
        with pytest.raises(StoreUnusable, match="at work"), store.worker_lock():
            pass
        worker.kill()

    with store.worker_lock():
        pass


def test_two_processes_that_make_the_store_at_once_share_one_key(sqlite_file: Path, runtime: Runtime) -> None:
    file = str(sqlite_file)
    others: list[Store] = []

    def entropy_while_another_is_faster(size: int) -> bytes:
        if size == 32 and not others:
            others.append(open_store(file, runtime, MASTER, create=True))
            others[0].documents.put("plan", {"a": 1}, sealed=True)
        return os.urandom(size)

    slower = open_store(file, replace(runtime, entropy=entropy_while_another_is_faster), MASTER, create=True)

    assert slower.documents.get("plan") == {"a": 1}
    for store in (slower, *others):
        store.close()


def test_a_lock_that_the_work_itself_waited_for_in_vain_is_not_mistaken(store: Store) -> None:
    with pytest.raises(Timeout), store.worker_lock():
        raise Timeout("another lock")


def test_a_store_belongs_to_one_migration_for_good(store: Store, reopen: Callable[[], Store]) -> None:
    store.belong_to("m-1")
    store.belong_to("m-1")

    with pytest.raises(StoreUnusable, match=r"another migration \(m-1\)") as refused:
        reopen().belong_to("m-2")
    assert "GURNEY_STORE_URL" in refused.value.next_step
    reopen().belong_to("m-1")


@pytest.mark.parametrize(
    "address",
    ["mysql://u:canary@h/d", "postgresql://u:canary@h:port/d", "://canary", "postgresql+other://u:canary@h/d"],
)
def test_an_address_that_is_none_says_so_and_shows_no_password(address: str) -> None:
    with pytest.raises(StoreUnusable, match="none of PostgreSQL") as refused:
        Database(address)
    assert "canary" not in f"{refused.value} {refused.value.next_step}"


def test_a_server_that_does_not_answer_says_so(tmp_path: Path, runtime: Runtime) -> None:
    for address in (f"postgres://u:canary@/d?host={tmp_path}", "postgresql://u:canary@127.0.0.1:1/d"):
        with pytest.raises(StoreUnusable, match="does not answer") as refused:
            open_store(address, runtime, MASTER, create=True, folder=tmp_path)
        assert "canary" not in f"{refused.value} {refused.value.next_step}"
