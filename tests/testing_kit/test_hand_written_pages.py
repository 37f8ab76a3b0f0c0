"""The hand-written pages speak of what exists: folders, files, commands, links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "decisions").glob("000[1-9]*.md")),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
class TestPage:
    def test_names_only_paths_that_are_there(self, page: Path) -> None:
        named = re.findall(r"`((?:src|tests|docs|benchmarks)/[\w./-]*)`", page.read_text("utf-8"))

        assert [path for path in named if not (ROOT / path).exists()] == []

    def test_links_lead_somewhere(self, page: Path) -> None:
        links = re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8"))

        assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []

    def test_names_only_make_targets_that_are_there(self, page: Path) -> None:
        targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
        named = re.findall(r"`make (\w+)`", page.read_text("utf-8"))

        assert set(named) <= set(targets)


def test_the_change_log_keeps_its_headings() -> None:
    headings = re.findall(r"^### (\w+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)

    assert headings
    assert set(headings) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
