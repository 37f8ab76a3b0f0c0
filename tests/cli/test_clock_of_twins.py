"""Verbs keep step with a twin whose time is scaled: by the environment that it prints."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gurney.cli.stand_ins import CLOCK, clock_of, runtime_of
from gurney.errors import Misused
from gurney.runtime import FastClock, SystemClock
from gurney.twins.kit.options import TwinOptions
from gurney.twins.kit.server import build, ready_line


def test_without_a_twin_the_machine_tells_the_time() -> None:
    assert isinstance(clock_of({}), SystemClock)


def test_a_scaled_twin_prints_the_clock_that_its_verbs_go_by() -> None:
    env = ready_line(build(TwinOptions(vendor="zoho", scale=20)), "http://127.0.0.1:1")["env"]

    clock = clock_of(env)

    assert isinstance(clock, FastClock)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=5)  # it has begun just now


def test_a_twin_in_real_time_leaves_the_clock_alone() -> None:
    assert CLOCK not in ready_line(build(TwinOptions(vendor="zoho")), "http://127.0.0.1:1")["env"]


def test_processes_that_were_told_the_same_have_the_same_time() -> None:
    began = datetime.now(UTC) - timedelta(minutes=10)
    one, other = (clock_of({CLOCK: f"60@{began.isoformat()}"}) for _ in range(2))

    assert one.now() - began > timedelta(hours=10) - timedelta(seconds=60)
    assert abs(one.now() - other.now()) < timedelta(minutes=5)


@pytest.mark.parametrize(
    "told", ["fast", "20", "20@yesterday", "@2026-11-16T00:00:00+00:00", "0@2026-11-16", "nan@2026"]
)
def test_what_is_no_clock_is_refused(told: str) -> None:
    with pytest.raises(Misused, match=CLOCK):
        clock_of({CLOCK: told})


def test_a_verb_says_which_variable_is_wrong(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gurney", "status", "--workspace", str(tmp_path)]
    done = subprocess.run(command, env={"HOME": str(tmp_path), CLOCK: "fast"}, capture_output=True, text=True)

    assert done.returncode == 2
    assert CLOCK in done.stderr


FAST = {CLOCK: "20@2026-11-16T00:00:00+00:00"}


@pytest.mark.parametrize("elsewhere", ["https://api.au1.cliniko.com/v1", "http://127.0.0.1.example.com"])
def test_in_fast_time_no_other_machine_is_called(elsewhere: str) -> None:
    with pytest.raises(Misused, match="no stand-in") as refused:
        runtime_of(FAST).transport(elsewhere)
    assert CLOCK in refused.value.next_step


def test_in_fast_time_this_machine_is_called() -> None:
    assert runtime_of(FAST).transport("http://127.0.0.1:8080") is None


def test_in_real_time_every_vendor_is_called() -> None:
    assert runtime_of({}).transport("https://api.au1.cliniko.com/v1") is None
