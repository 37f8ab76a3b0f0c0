"""Stand-ins in processes of their own, and what each needs so that it is not what a benchmark measures."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import urlopen

PLAIN = {
    "salesforce": ("--switch", "bulk_rows_per_s=1000000", "--switch", "bulk_locks=off"),
    "highlevel": ("--switch", "allow_duplicate_contact=yes"),
    "freshsales": ("--edition", "enterprise", "--switch", "standard_fields=accept", "--scale", "600"),
}
"""Jobs that end at once, for what the vendor's machines take is not ours to measure; and no number refused as taken."""

FIELD_CODES = "text=1,textarea=2,number=3,dropdown=4,checkbox=5,radio=6,date=7,multi_select_dropdown=8"
TOLD = {"freshsales": {"GURNEY_FRESHSALES_FIELD_CODES": FIELD_CODES}}
"""What makes a vendor take fields by program: Freshsales' numbers of field types are the stand-in's own."""


@contextmanager
def twin(vendor: str, *options: str) -> Iterator[dict[str, Any]]:
    """A stand-in's ready line, until the block ends."""
    command = [sys.executable, "-m", "gurney", "twin", vendor, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def journal(ready: dict[str, Any]) -> list[dict[str, Any]]:
    """Every call that a stand-in answered."""
    return [json.loads(line) for line in _asked(ready, "journal").split(b"\n") if line]


def state(ready: dict[str, Any]) -> dict[str, Any]:
    """What a stand-in has, in figures."""
    return dict(json.loads(_asked(ready, "state")))


def _asked(ready: dict[str, Any], path: str) -> bytes:
    with urlopen(f"{ready['admin_url']}/{path}") as answer:
        return bytes(answer.read())
