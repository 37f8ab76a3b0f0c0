"""The program is replaced by a newer one in the middle of a run: the run goes on, and ends as an undisturbed one."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from crm_zoho import ZohoCrm
from mid_run import migrating, stopped_in_the_middle
from processes import Gurney
from worlds import Picture

from gurney.store import database as database_module
from gurney.store.database import Database, migrations
from gurney.version import __version__

pytestmark = pytest.mark.xdist_group("upgrade")

NEWER = "99.0.0"
AS_A_NEWER_PROGRAM = f"""
import gurney.version
gurney.version.__version__ = "{NEWER}"
from gurney.store import database
known = database.migrations()
database.migrations = lambda: [*known, (known[-1][0] + 1, ["ALTER TABLE run ADD COLUMN of_tomorrow TEXT"])]
"""
"""What Python runs first in a process of tomorrow's program: another version, and a store of another shape."""


def as_it_was(file: Path, known: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a store the shape that it had when only so many migrations were known, with what that shape can hold."""
    old, every = file.with_name("old.sqlite"), migrations()
    with monkeypatch.context() as patch:
        patch.setattr(database_module, "migrations", lambda: every[:known])
        made = Database(str(old))
        made.migrate()
        made.close()
    with closing(sqlite3.connect(old)) as store:
        store.execute("ATTACH ? AS today", (str(file),))
        tables = [row[0] for row in store.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")]
        for table in (name for name in tables if not name.startswith("sqlite_")):
            columns = ", ".join(row[1] for row in store.execute(f"PRAGMA main.table_info({table})"))
            store.execute(f"DELETE FROM main.{table}")
            store.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM today.{table}")
        store.execute("DELETE FROM main.meta WHERE name = 'belongs_to'")  # nobody noted it then
        store.execute("UPDATE main.meta SET value = ? WHERE name = 'migration'", (str(known),))
        store.commit()
    for ending in ("", "-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)
    shutil.move(old, file)


def newer(gurney: Gurney, folder: Path) -> Gurney:
    """The same user with tomorrow's program."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(AS_A_NEWER_PROGRAM, encoding="utf-8")
    return Gurney(gurney.home, gurney.workspace, {**gurney.env, "PYTHONPATH": str(folder)}, gurney.twins)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Picture:
    with migrating(tmp_path_factory.mktemp("undisturbed")) as world:
        world.gurney("run")
        return world.picture()


def test_a_run_goes_on_with_a_newer_program_and_ends_as_undisturbed(
    tmp_path: Path, undisturbed: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with migrating(tmp_path / "here") as world:
        store = world.gurney.workspace / ".gurney" / "store.sqlite"
        with stopped_in_the_middle(world, world.gurney):
            pass
        as_it_was(store, 1, monkeypatch)
        with stopped_in_the_middle(world, world.gurney):
            pass
        assert world.gurney("status")["about"]["version"] == __version__
        tomorrow = newer(world.gurney, tmp_path / "newer")

        report = tomorrow("run")

        assert report["about"]["version"] == NEWER
        assert world.picture() == undisturbed
        refused = world.gurney("status", expect=1)
        assert refused["error"] == "This store was written by a newer version of Gurney."
        assert refused["next_step"] == "Upgrade Gurney, then repeat this."
        assert tomorrow("reconcile")["ok"] is True
        assert tomorrow("log", "verify")["ok"] is True
        assert {one["what"] for one in tomorrow("rollback", "--yes")["impossible"]} <= ZohoCrm.never_removed
        assert {object: rows for object, rows in world.picture().items() if rows} == {
            object: rows for object, rows in world.pictures["new"].items() if rows
        }
