"""Twins as processes of their own, for the demo: started, asked, changed as clinic staff would, and stopped."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class StandIn:
    """A twin that serves."""

    env: dict[str, str]
    admin_url: str

    def dump(self, object: str) -> list[dict[str, Any]]:
        """The stand-in's records of an object."""
        with urllib.request.urlopen(f"{self.admin_url}/dump/{object}") as answer:  # noqa: S310 - 127.0.0.1
            return [json.loads(line) for line in answer.read().split(b"\n") if line]

    def edit(self, object: str, id: str, fields: dict[str, Any]) -> None:
        """Change a record as somebody at that system would."""
        body = json.dumps({"object": object, "id": id, "fields": fields}).encode()
        request = urllib.request.Request(f"{self.admin_url}/edit", body, {"Content-Type": "application/json"})  # noqa: S310
        urllib.request.urlopen(request).close()  # noqa: S310 - 127.0.0.1


@contextmanager
def stand_in(vendor: str, *options: str) -> Iterator[StandIn]:
    """Run `gurney twin VENDOR` while the block runs."""
    command = [sys.executable, "-m", "gurney", "twin", vendor, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own program
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            yield StandIn(ready["env"], ready["admin_url"])
        finally:
            process.terminate()
            process.wait(10)
