"""The page on adding a destination names what exists, and every promise of the kit."""

from __future__ import annotations

import re
from pathlib import Path

from gurney.testing.kit import BEHAVIOURS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "add-a-destination.md").read_text("utf-8")


def test_the_page_names_every_promise_and_no_other() -> None:
    table = PAGE.partition("### What it tries")[2].partition("\n### ")[0]
    named = re.findall(r"`([a-z_]+)`", table.partition("Besides")[0])

    assert sorted(named) == sorted(BEHAVIOURS)


def test_the_page_names_only_paths_that_are_there() -> None:
    named = re.findall(r"`((?:src|tests|docs)/[\w./-]*)`", PAGE)

    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_promise_is_a_sentence() -> None:
    assert [name for name, one in BEHAVIOURS.items() if not one.words.strip().endswith(".")] == []
