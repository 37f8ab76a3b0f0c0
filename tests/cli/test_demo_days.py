"""A demo that needs two days, and the clock that it shares with its stand-ins."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from gurney.cli.demo import _in_days
from gurney.cli.stand_ins import QuotaDay, SharedClock, StandIn, _spans

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)


class Elsewhere:
    """The clock of a stand-in."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.ahead_s)

    def move_on(self, seconds: float) -> None:
        self.ahead_s += seconds


@pytest.mark.anyio
async def test_a_long_wait_is_skipped_by_all_clocks_together() -> None:
    clinic, crm = Elsewhere(), Elsewhere()
    clock = SharedClock(1000.0, [cast(StandIn, clinic), cast(StandIn, crm)])
    began, steady = clock.now(), clock.monotonic()

    await clock.sleep(12 * 3600)

    assert clinic.ahead_s == crm.ahead_s == 12 * 3600
    assert timedelta(hours=12) <= clock.now() - began < timedelta(hours=13)
    assert clock.monotonic() - steady >= 12 * 3600


@pytest.mark.anyio
async def test_a_short_wait_is_waited() -> None:
    crm = Elsewhere()
    clock = SharedClock(1000.0, [cast(StandIn, crm)])
    steady = clock.monotonic()

    await clock.sleep(2.0)

    assert crm.ahead_s == 0
    assert clock.monotonic() - steady >= 2.0


def test_our_clock_begins_where_the_stand_ins_is() -> None:
    assert abs(SharedClock(1.0, [cast(StandIn, Elsewhere())]).now() - NOON) < timedelta(seconds=5)


def test_a_day_counts_what_others_used_before_us_once() -> None:
    days = [
        QuotaDay(date(2026, 11, 16 + number), 10, 6_000, number, NOON, NOON + timedelta(minutes=3)) for number in (0, 1)
    ]

    first, second = _in_days(days, 30_000, 24_000).splitlines()

    assert "100.0% of 30,000" in first and "24,000 by other programs" in first
    assert "20.0% of 30,000" in second and "other programs" not in second
    assert second.endswith("calls refused: 1.")


def test_the_demo_of_pipedrive_pauses_for_a_night_and_goes_on(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gurney", "demo", "--to", "pipedrive", "--patients", "60", "--folder", "shown"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=280)

    assert done.returncode == 0, done.stdout + done.stderr
    story = re.sub(r"\s+", " ", done.stdout)
    acts = ["$ gurney run Paused at", "$ gurney status", "all clocks are moved on", "$ gurney run Stage: loaded"]
    acts += ["$ gurney reconcile Both sides agree", '"ok": true', "$ gurney rollback", "Day 1,", "Day 2,"]
    places = [story.rfind(act) for act in acts]
    assert min(places) > 0 and places == sorted(places), done.stdout
    assert float(re.findall(r"Day 1, .*?: ([\d.]+)% of 30,000", story)[0]) >= 97.0
    assert re.findall(r"calls refused: (\d+)", story) == ["0", "0"]
    assert "Traceback" not in done.stderr and "nclosed" not in done.stderr


def test_the_demo_of_freshsales_pauses_for_the_next_hour_and_goes_on(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gurney", "demo", "--to", "freshsales", "--patients", "40", "--folder", "shown"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=280)

    assert done.returncode == 0, done.stdout + done.stderr
    story = re.sub(r"\s+", " ", done.stdout)
    acts = ["the administrator makes the fields", "$ gurney run Paused at", "$ gurney status", "rest of the hour"]
    acts += ["$ gurney run Stage: loaded", "$ gurney reconcile Both sides agree", '"ok": true', "Hour 1,", "Hour 2,"]
    places = [story.rfind(act) for act in acts]
    assert min(places) > 0 and places == sorted(places), done.stdout
    assert float(re.findall(r"Hour 1, .*?: ([\d.]+)% of 2,000", story)[0]) >= 97.0
    assert re.findall(r"calls refused: (\d+)", story) == ["0", "0"]
    assert "Traceback" not in done.stderr and "nclosed" not in done.stderr


def test_an_hour_begins_with_the_first_call_after_the_last_one() -> None:
    """As the quota does that begins with a call."""
    times = (0, 30, 61, 100, 122)
    entries = [{"time": (NOON + timedelta(minutes=minutes)).isoformat(), "n": n} for n, minutes in enumerate(times)]

    assert [[one["n"] for one in span] for span in _spans(entries, 3_600)] == [[0, 1], [2, 3], [4]]
