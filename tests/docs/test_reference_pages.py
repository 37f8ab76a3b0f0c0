"""The reference pages are what the code says; the written pages name what exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_reference_pages_are_up_to_date() -> None:
    checked = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_verb_that_the_readme_names_exists() -> None:
    from typer.main import get_command

    from gurney.cli.app import app

    verbs = set(get_command(app).commands)  # type: ignore[attr-defined]
    named = set(re.findall(r"\bgurney ([a-z]+)\b", (ROOT / "README.md").read_text("utf-8")))

    assert named, "the README shows no verb"
    assert named <= verbs, f"unknown verbs: {named - verbs}"
