"""CumulusCI's loader beside Gurney's: the same contacts, each into a Salesforce stand-in of its own.

python -m benchmarks.compare.loader --records 20000
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

from benchmarks.compare import environments
from benchmarks.figures import keep
from benchmarks.routes import KEY, NAMES
from benchmarks.stand_ins import PLAIN, journal, state, twin

PACKAGE, REQUIREMENT = "cumulusci", "cumulusci==4.10.*"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--records", type=int, default=20_000)
    records = options.parse_args().records
    command = [sys.executable, "-m", "benchmarks.compare.contacts", str(records)]
    with twin("salesforce", "--unlimited", *PLAIN["salesforce"]) as crm:
        subprocess.run([*command[:-1], "0"], env={**os.environ, **crm["env"]}, check=True)  # makes the fields
        measured("Gurney", "", "Composite of five Collections", command, crm, records, {})
    python = environments.made(PACKAGE, REQUIREMENT)
    if python is None:
        keep("compare_missing", tool="CumulusCI", why="it could not be installed here")
        return
    with twin("salesforce", "--unlimited", *PLAIN["salesforce"]) as crm, tempfile.TemporaryDirectory() as folder:
        subprocess.run([*command[:-1], "0"], env={**os.environ, **crm["env"]}, check=True)  # makes the fields
        subprocess.run(["git", "init", "--quiet", folder], check=True)  # a project of CumulusCI's is a repository
        _, key = KEY["salesforce"]
        told = {"WORK_FIELDS": json.dumps([key, *NAMES["salesforce"]]), "WORK_CRM_URL": crm["base_url"],
                "WORK_CRM_TOKEN": token(crm), "HOME": folder}  # fmt: skip
        script = Path(__file__).parent / "tools" / "with_cumulusci.py"
        command = [str(python), str(script), folder, str(records)]
        measured("CumulusCI", environments.version(python, PACKAGE), "Collections of 200", command, crm, records, told)


def measured(
    tool: str, version: str, how: str, command: list[str], crm: dict[str, str], records: int, told: dict[str, str]
) -> None:
    """One loader's process from start to end."""
    before, began = len(journal(crm)), time.monotonic()
    said = None if "GURNEY_BENCHMARK_ERRORS" in os.environ else subprocess.DEVNULL
    process = subprocess.Popen(command, env={**os.environ, **crm["env"], **told}, stdout=said, stderr=said)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall, cpu, calls = time.monotonic() - began, used.ru_utime + used.ru_stime, len(journal(crm)) - before
    arrived = state(crm).get("Contact", 0)
    if process.returncode or arrived != records:
        print(f"{tool}: ended {process.returncode}, arrived {arrived} of {records}")
        keep("compare_missing", tool=tool, why=f"its loader ended with {arrived} of {records} contacts")
        return
    print(
        f"{tool:<12} {version:<8} {records:>7,} contacts {wall:>6.1f} s {records / wall:>7,.0f}/s "
        f"{cpu / records * 1e6:>6.0f} µs CPU each, peak {used.ru_maxrss / 1024:,.0f} MB, {calls:,} calls",
        flush=True,
    )
    keep("compare_loader", tool=tool, version=version, how=how, records=records, wall_s=wall, rate=records / wall,
         cpu_us=cpu / records * 1e6, peak_mb=used.ru_maxrss / 1024, calls=calls)  # fmt: skip


def token(crm: dict[str, str]) -> str:
    """An access token of the stand-in."""
    given = {"grant_type": "client_credentials", **{name: crm["credentials"][name] for name in
             ("client_id", "client_secret")}}  # type: ignore[index]  # fmt: skip
    with urlopen(f"{crm['base_url']}/services/oauth2/token", urlencode(given).encode()) as answer:
        return str(json.loads(answer.read())["access_token"])


if __name__ == "__main__":
    main()
