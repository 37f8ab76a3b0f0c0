"""What the last run of each benchmark said: one file a run, so that the page can be made from several of them."""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.figures import FILE
from benchmarks.runs import Run

RESULTS = Path(__file__).parent / "results"
QUICK = Path(__file__).parent / ".quick"
"""Figures of a quick try: never on the page."""


@dataclass(frozen=True)
class Entry:
    """One run's figures, and what they were measured on."""

    run: str
    command: str
    day: str
    cores: int
    python: str
    system: str
    took_s: float
    beside: float | None
    """The share of the machine's CPU that other work took meanwhile; None where the machine does not tell."""
    figures: list[dict[str, Any]]


def run(one: Run, *, quick: bool) -> bool:
    """Run a benchmark and keep its figures. False when it failed: then what was known stays."""
    command = one.command(quick=quick)
    print(f"\n== {' '.join(command)}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures"
        environ = {**os.environ, FILE: str(figures)}
        before, began = _machine_s(), time.monotonic()
        ours = _children_s()
        ended = subprocess.run([sys.executable, "-m", *command], check=False, env=environ).returncode
        took = time.monotonic() - began
        after = _machine_s()
        if ended or not figures.exists():
            print(f"{one.name} ended with {ended} and no figures are kept.", flush=True)
            return False
        lines = figures.read_text("utf-8").splitlines()
    others = None if before is None or after is None else max(0.0, after - before - (_children_s() - ours))
    entry = Entry(
        one.name, " ".join(command), f"{datetime.now(UTC):%Y-%m-%d}", os.cpu_count() or 1, platform.python_version(),
        platform.system(), took, None if others is None else others / took / (os.cpu_count() or 1),
        [json.loads(line) for line in lines],
    )  # fmt: skip
    folder_of = QUICK if quick else RESULTS
    folder_of.mkdir(exist_ok=True)
    (folder_of / f"{one.name}.json").write_text(json.dumps(asdict(entry), indent=1) + "\n", "utf-8")
    return True


def entries(folder: Path = RESULTS) -> Iterator[Entry]:
    """All that is known, by name."""
    for file in sorted(folder.glob("*.json")):
        yield Entry(**json.loads(file.read_text("utf-8")))


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _machine_s() -> float | None:
    """CPU seconds that the whole machine has been busy; None where that is not told."""
    file = Path("/proc/stat")
    if not file.exists():
        return None
    user, nice, system, _, _, irq, softirq, *_ = (int(word) for word in file.read_text("utf-8").split()[1:9])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")
