"""Two processes on one workspace: the second is refused; one that lost its lock wakes up and sends nothing."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest
from crm_zoho import ZohoCrm
from mid_run import migrating, stopped_in_the_middle
from processes import Gurney

pytestmark = pytest.mark.xdist_group("postgres")
SLEEPER = "the-worker-that-sleeps"


def wakes_and_ends(process: subprocess.Popen[str]) -> tuple[int, Any, str]:
    process.send_signal(signal.SIGCONT)
    out, err = process.communicate(timeout=300)
    return process.returncode, json.loads(out), err


def test_a_second_worker_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    with migrating(tmp_path) as world, stopped_in_the_middle(world, world.gurney) as first:
        for verb in (("run",), ("delta",), ("rollback", "--yes")):
            refused = world.gurney(*verb, expect=3 if verb == ("delta",) else 1)
            if verb != ("delta",):
                assert refused["error"] == "Another gurney process is at work on this migration."
                assert "gurney status" in refused["next_step"]
        world.gurney("status")  # looks without a lock

        code, report, err = wakes_and_ends(first)

        assert code == 0, (report, err)
        assert world.gurney("log", "verify")["ok"] is True


def test_on_postgresql_one_that_lost_its_lock_sends_nothing_and_the_other_ends_the_job(
    tmp_path: Path, postgres: str, postgres_store: str
) -> None:
    with migrating(tmp_path, GURNEY_STORE_URL=postgres_store) as world:
        gurney, address = world.gurney, f"{postgres_store}&application_name={SLEEPER}"
        sleeper = Gurney(gurney.home, gurney.workspace, {**gurney.env, "GURNEY_STORE_URL": address}, gurney.twins)
        with stopped_in_the_middle(world, sleeper) as first:
            assert gurney("run", expect=1)["error"] == "Another gurney process is at work on this migration."
            with psycopg.connect(postgres, autocommit=True) as server:
                ended = server.execute(
                    "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE application_name = %s",
                    (SLEEPER,),
                ).fetchone()
            assert ended == (1,)

            gurney("run")
            done = world.count(), world.picture()
            code, report, err = wakes_and_ends(first)

        assert (world.count(), world.picture()) == done
        assert code == 1 and report["next_step"], (report, err)
        assert "Traceback" not in err
        assert gurney("reconcile")["ok"] is True
        back = gurney("rollback", "--yes")
        assert back["kept"] == []
        assert {one["what"] for one in back["impossible"]} <= ZohoCrm.never_removed
        assert {object: rows for object, rows in world.picture().items() if rows} == {
            object: rows for object, rows in world.pictures["new"].items() if rows
        }
        assert gurney("log", "verify")["ok"] is True
        assert not (gurney.workspace / ".gurney" / "store.sqlite").exists()
