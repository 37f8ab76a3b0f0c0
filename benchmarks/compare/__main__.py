"""The same work by what a user would pick instead: same clinic, same stand-ins, one run, each tool as it is tuned best.

python -m benchmarks.compare --patients 5000 --only dlt

Every tool gets a CRM of its own that nothing was written to, and an environment of its own. Its processes are measured
from their start to their end: wall time, CPU, and the memory of all of them together.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

from benchmarks.compare import environments
from benchmarks.figures import keep
from benchmarks.stand_ins import journal, state, twin

TOOLS = Path(__file__).with_name("tools")
OBJECTS = {"patients": "Contacts", "individual_appointments": "Visits"}
STREAMS = list(OBJECTS)
SHOWN = "GURNEY_BENCHMARK_ERRORS" in os.environ
"""Whether to show what the tools say: nothing of it is a figure."""


@dataclass(frozen=True)
class Tool:
    """One way to do the work: pipes of processes, all at once."""

    name: str
    package: str
    requirement: str
    pipes: Sequence[Sequence[Sequence[str]]]
    tuning: str


@dataclass
class Ran:
    """What a tool's processes took together."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_mb: float = 0.0
    ended: list[int] = field(default_factory=list)


SINGER_PIPES = [[["singer_tap.py", stream], ["singer_target.py"]] for stream in STREAMS]
ALTERNATIVES = (
    Tool(
        "dlt", "dlt", "dlt==1.31.*", [[["with_dlt.py"]]],
        "REST source with both resources parallelised, custom destination of 100, ten load jobs and two processes that "
        "normalise, files of a thousand items",
    ),
    Tool(
        "Airbyte", "airbyte-cdk", "airbyte-cdk==7.39.*",
        [[["airbyte_source.py", "read", "--config", "{folder}/config.json", "--catalog", "{folder}/catalog.json"],
          ["airbyte_destination.py", "write", "--config", "{folder}/config.json", "--catalog",
           "{folder}/catalog.json"]]],
        "low-code manifest with both streams at once, destination of 100 with ten calls at once",
    ),
    Tool(
        "Singer", "singer-sdk", "singer-sdk[msgspec]==0.54.*", SINGER_PIPES,
        "a tap and a batch sink of 100 for each stream, both pipes at once, messages by msgspec, no schema checks",
    ),
)  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--patients", type=int, default=5_000)
    options.add_argument("--only", default="", help="gurney or one tool's name")
    given = options.parse_args()
    with twin("cliniko", "--clinic", str(given.patients), "--unlimited") as clinic:
        wanted = {module: state(clinic)[object] for object, module in OBJECTS.items()}
        if given.only in ("", "gurney"):
            ours(clinic, wanted)
        for tool in ALTERNATIVES:
            if given.only.lower() in ("", tool.name.lower()):
                theirs(tool, clinic, wanted)


def theirs(tool: Tool, clinic: Mapping[str, Any], wanted: Mapping[str, int]) -> None:
    """One tool's turn; a tool that cannot be installed or fails is named and passed over."""
    python = environments.made(tool.package, tool.requirement)
    if python is None:
        keep("compare_missing", tool=tool.name, why="it could not be installed here")
        return
    with ready_crm() as crm, tempfile.TemporaryDirectory() as folder:
        _airbyte_files(Path(folder))
        before = len(journal(crm)), len(journal(dict(clinic)))
        ran = run(tool, python, folder, {**os.environ, **_work(clinic, crm)})
        calls = len(journal(dict(clinic))) - before[1], len(journal(crm)) - before[0]
        arrived = {module: state(crm).get(module, 0) for module in wanted}
    if any(ran.ended) or arrived != dict(wanted):
        print(f"{tool.name}: ended {ran.ended}, arrived {arrived} of {dict(wanted)}")
        keep("compare_missing", tool=tool.name, why=f"it ended with {sum(arrived.values())} records of the work")
        return
    tell(tool.name, environments.version(python, tool.package), sum(wanted.values()), ran, calls, tool.tuning)


def run(tool: Tool, python: Path, folder: str, environ: Mapping[str, str]) -> Ran:
    """All of a tool's pipes, waited for."""
    began, ran = time.monotonic(), Ran()
    processes = [
        process
        for pipe in tool.pipes
        for process in _piped([[part.replace("{folder}", folder) for part in one] for one in pipe], python, environ)
    ]
    for process in processes:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        ran.ended.append(process.returncode)
        ran.cpu_s += used.ru_utime + used.ru_stime
        ran.peak_mb += used.ru_maxrss / 1024
    ran.wall_s = time.monotonic() - began
    return ran


def _piped(
    commands: Sequence[Sequence[str]], python: Path, environ: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Processes, each reading what the one before it says. What they tell on the error stream is not shown."""
    said = None
    for number, command in enumerate(commands, start=1):
        last = number == len(commands)
        with Path(os.devnull).open("wb") as nowhere:
            process = subprocess.Popen(
                [str(python), str(TOOLS / command[0]), *command[1:]],
                stdin=said,
                stdout=(None if SHOWN else nowhere) if last else subprocess.PIPE,
                stderr=None if SHOWN else nowhere,
                env=dict(environ),
            )
        if said is not None:
            said.close()
        said = process.stdout
        yield process


def ours(clinic: Mapping[str, Any], wanted: Mapping[str, int]) -> None:
    """Gurney at the same work: reading and loading, and with every record read back."""
    with twin("zoho", "--unlimited") as crm:
        environ = {**os.environ, **clinic["env"], **crm["env"]}
        command = [sys.executable, "-m", "benchmarks.compare.ours"]
        began = time.monotonic()
        answer = subprocess.run(command, env=environ, stdout=subprocess.PIPE, check=True, text=True)
        took = time.monotonic() - began
        told = json.loads(answer.stdout.splitlines()[-1])
        arrived = {module: state(crm).get(module, 0) for module in wanted}
    missing = sum(wanted.values()) - sum(arrived.values())
    print(f"{missing} of {sum(wanted.values())} records were merged into others: Gurney writes these once")
    stages = {one["what"]: one for one in told["stages"]}
    start_s = max(0.0, took - sum(one["wall_s"] for one in stages.values()))
    for name, parts in (
        ("Gurney", ("read", "load")),
        ("Gurney, every record read back", ("read", "load", "read back")),
    ):
        ran = Ran(
            start_s + sum(stages[part]["wall_s"] for part in parts),
            told["start_cpu_s"] + sum(stages[part]["cpu_s"] for part in parts),
            told["peak_mb"],
        )
        calls = stages["read"]["calls"], sum(stages[part]["calls"] for part in parts[1:])
        tell(name, "", sum(wanted.values()), ran, calls, "as it is")
    rest = stages["audit and plan"]
    print(f"audit and plan, which the others do not have: {rest['wall_s']:.1f} s, {rest['cpu_s']:.1f} s of CPU")
    keep("compare_rest", wall_s=rest["wall_s"], cpu_s=rest["cpu_s"], records=rest["records"])


def tell(name: str, version: str, records: int, ran: Ran, calls: tuple[int, int], tuning: str) -> None:
    print(
        f"{name:<32} {version:<8} {records:>7,} records {ran.wall_s:>7.1f} s {records / ran.wall_s:>7,.0f}/s "
        f"{ran.cpu_s / records * 1e6:>7.0f} µs CPU each, peak {ran.peak_mb:>5,.0f} MB, calls {calls[0]} + {calls[1]}",
        flush=True,
    )
    keep("compare", tool=name, version=version, records=records, wall_s=ran.wall_s, rate=records / ran.wall_s,
         cpu_us=ran.cpu_s / records * 1e6, peak_mb=ran.peak_mb, read_calls=calls[0], write_calls=calls[1],
         tuning=tuning)  # fmt: skip


@contextmanager
def ready_crm() -> Iterator[dict[str, Any]]:
    """A Zoho stand-in with the module and the fields of the work, made as Gurney makes them."""
    with twin("zoho", "--unlimited") as crm:
        environ = {**os.environ, **crm["env"]}
        subprocess.run([sys.executable, "-m", "benchmarks.compare.fields"], env=environ, check=True)
        yield crm


def _work(clinic: Mapping[str, Any], crm: Mapping[str, Any]) -> dict[str, str]:
    """Where the work is, for every tool, with an access token that is fresh."""
    given = {"grant_type": "refresh_token", **{name: crm["credentials"][name] for name in
             ("client_id", "client_secret", "refresh_token")}}  # fmt: skip
    with urlopen(f"{crm['base_url']}/oauth/v2/token", urlencode(given).encode()) as answer:
        token = json.loads(answer.read())["access_token"]
    return {
        "WORK_SOURCE_URL": clinic["env"]["GURNEY_CLINIKO_BASE_URL"],
        "WORK_SOURCE_KEY": clinic["credentials"]["api_key"],
        "WORK_CRM_URL": crm["base_url"],
        "WORK_CRM_TOKEN": token,
    }


def _airbyte_files(folder: Path) -> None:
    """What Airbyte's two processes are started with."""
    streams = [
        {
            "stream": {"name": name, "json_schema": {"type": "object"}, "supported_sync_modes": ["full_refresh"]},
            "sync_mode": "full_refresh",
            "destination_sync_mode": "append",
        }
        for name in STREAMS
    ]
    (folder / "config.json").write_text(json.dumps({"key": ""}), "utf-8")
    (folder / "catalog.json").write_text(json.dumps({"streams": streams}), "utf-8")


if __name__ == "__main__":
    main()
