"""`gurney estimate` and `gurney pairs` as a person types them, without any credentials."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gurney.destinations.names import NAMES


def gurney(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GURNEY_")}
    environ = {**plain, "HOME": str(folder), "GURNEY_NO_KEYRING": "1"}
    return subprocess.run(
        [sys.executable, "-m", "gurney", *words], cwd=folder, env=environ, capture_output=True, text=True, timeout=60
    )  # fmt: skip


def document(folder: Path, *words: str) -> Any:
    done = gurney(folder, *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def counts(tmp_path: Path) -> str:
    file = tmp_path / "clinic.csv"
    file.write_text("patients,1200\nappointments,8000\nfiles,300\n", "utf-8")
    return str(file)


@pytest.mark.parametrize("to", NAMES)
def test_an_estimate_needs_nothing_but_numbers(tmp_path: Path, counts: str, to: str) -> None:
    told = document(tmp_path, "estimate", "--to", to, "--counts", counts)

    assert told["grade"] == "B"
    assert told["counts"]["individual_appointments"] == 8000
    assert told["forecast"]["units"] > 0
    assert len(told["editions"]) > 2


def test_the_template_can_be_used_at_once(tmp_path: Path) -> None:
    (tmp_path / "clinic.toml").write_text(gurney(tmp_path, "estimate", "--counts-template").stdout, "utf-8")

    done = gurney(
        tmp_path, "estimate", "--to", "zoho", "--counts", "clinic.toml", "--html", "e.html", "--quote", "q.html"
    )

    assert done.returncode == 0, done.stderr
    assert "Grade B (Standard)" in done.stdout
    assert "Assumed, because nobody said" in done.stdout
    assert "<h1>Estimate of a migration</h1>" in (tmp_path / "e.html").read_text("utf-8")
    assert "<h1>Quote for a migration</h1>" in (tmp_path / "q.html").read_text("utf-8")


def test_what_is_optional_names_the_table_of_the_settings(tmp_path: Path, counts: str) -> None:
    """Square brackets are what they are, not the terminal's mark-up."""
    assert "[options]" in gurney(tmp_path, "estimate", "--to", "pipedrive", "--counts", counts).stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--to", "zoho"), "nothing to estimate from"),
        (("--to", "sugar", "--counts", "clinic.csv"), "no destination"),
        (("--counts", "clinic.csv"), "No destination is named"),
        (("--to", "zoho", "--counts", "clinic.csv", "--workspace", "."), "cannot both be told"),
        (("--workspace", "."), "not a Gurney workspace"),
        (("--to", "zoho", "--counts", "clinic.csv", "--edition", "gold"), "no edition"),
    ],
)
def test_what_cannot_be_answered_says_why_and_what_to_do(
    tmp_path: Path, counts: str, words: tuple[str, ...], said: str
) -> None:
    done = gurney(tmp_path, "estimate", *words)

    assert done.returncode == 2
    assert said in done.stderr
    assert "→" in done.stderr


def test_a_workspace_that_was_not_audited_is_told_what_to_do_first(tmp_path: Path) -> None:
    gurney(tmp_path, "new", "ws", "--to", "zoho")

    done = gurney(tmp_path, "estimate", "--workspace", "ws")

    assert done.returncode == 3
    assert "gurney audit" in done.stderr


def test_pairs_lists_all_five_and_each_in_full(tmp_path: Path) -> None:
    every = document(tmp_path, "pairs")["pairs"]
    one = gurney(tmp_path, "pairs", "--to", "freshsales").stdout

    assert [pair["name"] for pair in every] == list(NAMES)
    assert "14 of 15 objects map 1:1" in every[-1]["words"]
    assert "F13" in one
    assert "GOT15" in one
