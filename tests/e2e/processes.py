"""The program as a user runs it: verbs as processes, twins as processes, nothing in between."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FAST = {"GURNEY_CLINIKO_REQUESTS_PER_MINUTE": "1000000", "GURNEY_NO_KEYRING": "1"}
"""Twins without limits need no pacing."""
EDITIONS = {"pipedrive": "ultimate"}
"""What no program can ask a CRM for, so that people say it."""
BY_HAND = {
    "freshsales": {
        "text": "text", "long_text": "textarea", "integer": "number", "decimal": "number", "boolean": "checkbox",
        "date": "date", "picklist": "dropdown", "multi_picklist": "multi_select_dropdown",
    },
}  # fmt: skip
"""CRMs whose fields no program can make, so that their administrator does: the vendor's types by those of the sheet."""


@dataclass(frozen=True)
class RunningTwin:
    """A twin that serves."""

    env: dict[str, str]
    admin_url: str
    base_url: str
    vendor: str

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"{self.admin_url}/{path}") as answer:
            return answer.read()

    def post(self, path: str, body: Any) -> Any:
        data = json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.admin_url}/{path}", data, {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request) as answer:
            said = answer.read()
            return json.loads(said) if said else None

    def dump(self, object: str) -> list[dict[str, Any]]:
        """All records; none where there is no such object (any more)."""
        try:
            lines = self.get(f"dump/{object}")
        except urllib.error.HTTPError as no:
            if no.code != 404:
                raise
            return []
        return [json.loads(line) for line in lines.split(b"\n") if line]

    def state(self) -> dict[str, int]:
        return json.loads(self.get("state"))

    def journal(self, since: int = 0) -> list[dict[str, Any]]:
        """The requests after the one of this number."""
        return [json.loads(line) for line in self.get(f"journal?since={since}").split(b"\n") if line]


@contextmanager
def running_twin(vendor: str, *options: str) -> Iterator[RunningTwin]:
    command = [sys.executable, "-m", "gurney", "twin", vendor, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, f"the twin of {vendor} did not start"
            ready = json.loads(line)
            yield RunningTwin(ready["env"], ready["admin_url"], ready["base_url"], ready["vendor"])
        finally:
            process.terminate()
            process.wait(20)


@dataclass
class Gurney:
    """A user's shell in a workspace."""

    home: Path
    workspace: Path
    env: dict[str, str] = field(default_factory=dict)
    twins: tuple[RunningTwin, ...] = ()

    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return {**kept, "HOME": str(self.home), "USER": "tester", **FAST, **self.env}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "gurney", *arguments]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment(), cwd=self.home
        )

    def __call__(self, verb: str, *arguments: str, expect: int = 0) -> Any:
        """Run a verb with --json in the workspace; returns its document."""
        place = () if verb == "new" else ("--workspace", str(self.workspace))
        process = self.start(verb, *arguments, *place, "--json")
        out, err = process.communicate(timeout=600)
        assert process.returncode == expect, (
            f"gurney {verb} ended with {process.returncode}:\n{out[-3000:]}\n{err[-3000:]}"
        )
        return json.loads(out)


def shell(folder: Path, *twins: RunningTwin) -> Gurney:
    """A user's shell whose environment leads to these twins and to nothing else."""
    env = {name: value for twin in twins for name, value in twin.env.items()}
    home = folder / "home"
    home.mkdir(parents=True)
    return Gurney(home, folder / "clinic", {**env, **FAST}, twins)


def make(gurney: Gurney, to: str) -> None:
    """A workspace, with what its user has to say."""
    gurney("new", str(gurney.workspace), "--to", to)
    settings = gurney.workspace / "gurney.toml"
    told = settings.read_text(encoding="utf-8")
    settings.write_text(told.replace('edition = ""', f'edition = "{EDITIONS.get(to, "")}"'), encoding="utf-8")


def up_to_plan(gurney: Gurney, to: str, *, fallback: str = "admin@example.com") -> None:
    """Everything that can be signed."""
    make(gurney, to)
    gurney("check")
    gurney("audit")
    gurney("plan", "--fallback-owner", fallback)


def make_fields(gurney: Gurney, to: str) -> None:
    """What the program finds missing, the administrator makes by hand from the sheet beside the plan, line by line."""
    gurney("provision", expect=3)
    [crm] = [twin for twin in gurney.twins if twin.vendor == to]
    sheet = gurney.workspace / "reports" / "field-definitions.csv"
    with sheet.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            order = {"object": row["Object"], "label": row["Label"], "type": BY_HAND[to][row["Type"]]}
            crm.post("field", {**order, "choices": row["Pick-list values"].splitlines()})


def up_to_sample(gurney: Gurney, to: str, *, fallback: str = "admin@example.com") -> None:
    """Everything before the full run, signed."""
    up_to_plan(gurney, to, fallback=fallback)
    gurney("approve", "plan", "--by", "Test Admin")
    if to in BY_HAND:
        make_fields(gurney, to)
    gurney("provision")
    gurney("sample")
    gurney("approve", "sample", "--by", "Test Admin")
