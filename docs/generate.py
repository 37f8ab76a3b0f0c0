"""Writes the reference pages from the code: `python docs/generate.py`; with --check it only compares.

Whatever stands on these pages stands in the code, and the build fails when a page differs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "reference"
NOTICE = "<!-- Made from the code by docs/generate.py; change the code, then run `make docs`. -->\n\n"


def verbs() -> str:
    """The command line, as --help says it."""
    os.environ["TERMINAL_WIDTH"] = "100"
    os.environ["COLUMNS"] = "100"
    from typer.main import get_command
    from typer.testing import CliRunner

    from gurney.cli.app import app

    runner = CliRunner()
    names = list(get_command(app).commands)  # type: ignore[attr-defined]
    lines = ["# Verbs", "", "Every verb but `demo`, `twin` and `new` works on the workspace in the current folder."]
    for name in names:
        said = runner.invoke(app, [name, "--help"], prog_name="gurney").output
        text = "\n".join(line.rstrip() for line in said.strip().splitlines())
        lines += ["", f"## {name}", "", "```text", text, "```"]
    return "\n".join(lines) + "\n"


def exit_codes() -> str:
    """What a script may rely on."""
    from gurney.cli.exits import MEANING

    rows = [f"| {code.value} | {meaning} |" for code, meaning in MEANING.items()]
    return "# Exit codes\n\n| code | meaning |\n| --- | --- |\n" + "\n".join(rows) + "\n"


def transforms() -> str:
    """Every transform that a mapping may name."""
    from gurney.mapping.transforms import registered

    lines = ["# Transforms", "", "Named in `mapping.yaml` under `transform`; each is a pure function of one value."]
    for name, one in registered().items():
        settings = ", ".join(one.settings) or "none"
        lines += ["", f"## {name}", "", f"Reads {one.reads}, writes {one.writes}. Settings: {settings}.", "", "```text"]
        lines += [one.words, "```"]
    return "\n".join(lines) + "\n"


def limits() -> str:
    """Vendor limits that the plan is held against."""
    from gurney.destinations.names import NAMES
    from gurney.destinations.vendor import vendor

    lines = [
        "# Limits",
        "",
        "What the vendors allow, as the plan and the pacer use it. For one user; more users mean larger allowances.",
    ]
    for one in map(vendor, NAMES):
        editions = list(one.editions())
        tables = {edition: one.limits(edition, 1) for edition in editions}
        lines += [
            "",
            f"## {one.title}",
            "",
            f"| limit | {' | '.join(editions)} | certain | source |",
            f"| --- | {' | '.join('---:' for _ in editions)} | --- | --- |",
        ]
        for name, first in tables[editions[0]].items():
            values = [tables[edition][name].value for edition in editions]
            cells = ["not documented" if value is None else f"{value:,}" for value in values]
            lines.append(f"| `{name}` | {' | '.join(cells)} | {'yes' if first.sure else 'no'} | {first.source} |")
    return "\n".join(lines) + "\n"


def twin_rules() -> str:
    """What the stand-ins do, how sure that is, and which test shows it."""
    from importlib import import_module

    from gurney.twins.kit.rules import rules_table
    from gurney.twins.kit.server import VENDORS

    lines = [
        "# What the twins do",
        "",
        "A twin behaves like its vendor as far as that is known. Standing: *spec* by the vendor's own documents, "
        "*recorded* from a live account, *client* seen in a client's code, *third-party* read elsewhere, *assumed* "
        "an inference: then it is a switch (`gurney twin VENDOR --switch NAME=VALUE`).",
    ]
    for vendor in VENDORS:
        rules = import_module(f"gurney.twins.{vendor}.rules").RULES
        lines += ["", f"## {vendor}", "", rules_table(rules, ROOT / "tests" / f"twins_{vendor}")]
    return "\n".join(lines)


MADE: dict[str, Callable[[], str]] = {
    "verbs.md": verbs,
    "exit-codes.md": exit_codes,
    "transforms.md": transforms,
    "limits.md": limits,
    "twin-rules.md": twin_rules,
}


def main(arguments: list[str]) -> int:
    """Write or check the pages; returns the exit code."""
    PAGES.mkdir(exist_ok=True)
    stale = []
    for name, make in MADE.items():
        page, text = PAGES / name, NOTICE + make()
        if "--check" not in arguments:
            page.write_text(text, "utf-8")
        elif not page.is_file() or page.read_text("utf-8") != text:
            stale.append(name)
    if stale:
        print(f"These pages differ from the code: {', '.join(stale)}. Run: make docs")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
