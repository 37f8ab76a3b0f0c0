"""Twins as processes of their own, for the demo: started, asked, changed as clinic staff would, and stopped.

Their clocks run fast, and ours with them. A wait of minutes or hours is not sat out: all clocks are moved on together.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from gurney.errors import Misused
from gurney.runtime import Clock, FastClock, Runtime, SystemClock, is_here

SKIPPED_FROM_S = 45.0
"""A wait of so long, in vendor time, is skipped rather than slept."""
CLOCK = "GURNEY_CLOCK"
"""Set by a twin whose time is scaled, so that the verbs keep step with it."""


DAY_S = 86_400
Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class QuotaDay:
    """What a stand-in's own books say of one day, or of another span that an allowance is for, by its clock (UTC)."""

    day: date
    calls: int
    cost: int
    refused: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class StandIn:
    """A twin that serves."""

    env: dict[str, str]
    admin_url: str

    def dump(self, object: str) -> list[dict[str, Any]]:
        """The stand-in's records of an object."""
        return self._lines(f"dump/{object}")

    def edit(self, object: str, id: str, fields: dict[str, Any]) -> None:
        """Change a record as somebody at that system would."""
        self._post("edit", {"object": object, "id": id, "fields": fields})

    def make_field(self, object: str, label: str, type: str, choices: Sequence[str]) -> None:
        """Make a field as that system's administrator would; `type` is the vendor's word."""
        self._post("field", {"object": object, "label": label, "type": type, "choices": list(choices)})

    def ask(self, url: str, headers: dict[str, str]) -> None:
        """One call as some other program would make it."""
        urllib.request.urlopen(urllib.request.Request(url, headers=headers)).close()  # noqa: S310 - 127.0.0.1

    def now(self) -> datetime:
        """What its clock says."""
        with urllib.request.urlopen(f"{self.admin_url}/clock") as answer:  # noqa: S310 - 127.0.0.1
            return datetime.fromisoformat(json.loads(answer.read())["now"])

    def move_on(self, seconds: float) -> None:
        """Let so much time pass for it at once."""
        self._post("clock", {"advance_s": seconds})

    def state(self) -> dict[str, int]:
        """What it has, and what it has spent, in figures."""
        with urllib.request.urlopen(f"{self.admin_url}/state") as answer:  # noqa: S310 - 127.0.0.1
            return dict(json.loads(answer.read()))

    def quota_days(self, since: int = 0, span_s: int = DAY_S) -> list[QuotaDay]:
        """The calls of each day as it counted them itself, but for so many that came first.

        A shorter span begins with the first call after the one before it.
        """
        entries = self._lines("journal")
        spans = _days(entries) if span_s == DAY_S else _spans(entries, span_s)
        ours = [[entry for entry in span if entry["n"] > since] for span in spans]
        return [_quota_day(span) for span in ours if span]

    def _lines(self, path: str) -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{self.admin_url}/{path}") as answer:  # noqa: S310 - 127.0.0.1
            return [json.loads(line) for line in answer.read().split(b"\n") if line]

    def _post(self, path: str, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        request = urllib.request.Request(f"{self.admin_url}/{path}", data, {"Content-Type": "application/json"})  # noqa: S310
        urllib.request.urlopen(request).close()  # noqa: S310 - 127.0.0.1


class SharedClock:
    """Our clock beside stand-ins whose time passes `scale` times as fast as the machine's."""

    def __init__(self, scale: float, stand_ins: Sequence[StandIn]) -> None:
        self._fast = FastClock(scale)
        self._stand_ins = stand_ins
        self._ahead = stand_ins[-1].now() - self._fast.now()
        self._skipped_s = 0.0

    def now(self) -> datetime:
        return self._fast.now() + self._ahead + timedelta(seconds=self._skipped_s)

    def monotonic(self) -> float:
        return self._fast.monotonic() + self._skipped_s

    async def sleep(self, seconds: float) -> None:
        if seconds < SKIPPED_FROM_S:
            await self._fast.sleep(seconds)
            return
        for one in self._stand_ins:
            one.move_on(seconds)
        self._skipped_s += seconds


def runtime_of(environ: Mapping[str, str]) -> Runtime:
    """The runtime of a verb: the machine's, or beside stand-ins whose time runs fast, one that runs with them.

    In fast time nothing but this machine is called: an allowance would be overrun, and a log would tell false times.
    """
    clock = clock_of(environ)
    return Runtime(clock) if isinstance(clock, SystemClock) else Runtime(clock, transport=_stay_here)


def _stay_here(base_url: str) -> None:
    """The network as it is. Raises Misused for any other machine."""
    if not is_here(urlsplit(base_url).hostname):
        raise Misused(
            f"{CLOCK} is set, and one of the two systems is no stand-in on this machine.",
            next_step=f"Take {CLOCK} out of the environment, or set all that both of `gurney twin`'s lines print.",
        )


def clock_of(environ: Mapping[str, str]) -> Clock:
    """The machine's clock, or the fast one of a twin: `GURNEY_CLOCK`, as it prints it, is SCALE@BEGAN."""
    told = environ.get(CLOCK)
    if not told:
        return SystemClock()
    scale, _, began = told.partition("@")
    try:
        return FastClock(float(scale), datetime.fromisoformat(began).astimezone(UTC))
    except ValueError:
        raise Misused(
            f"{CLOCK} is not understood: {told!r}.",
            next_step="Copy it from what `gurney twin` prints, or take it out of the environment.",
        ) from None


def _days(entries: Sequence[Entry]) -> list[list[Entry]]:
    days: dict[date, list[Entry]] = defaultdict(list)
    for entry in entries:
        days[datetime.fromisoformat(entry["time"]).date()].append(entry)
    return [days[day] for day in sorted(days)]


def _spans(entries: Sequence[Entry], span_s: int) -> list[list[Entry]]:
    spans: list[list[Entry]] = []
    ends: datetime | None = None
    for entry in entries:
        at = datetime.fromisoformat(entry["time"])
        if ends is None or at >= ends:
            ends = at + timedelta(seconds=span_s)
            spans.append([])
        spans[-1].append(entry)
    return spans


def _quota_day(entries: Sequence[Entry]) -> QuotaDay:
    return QuotaDay(
        day=datetime.fromisoformat(entries[0]["time"]).date(),
        calls=len(entries),
        cost=round(sum(entry["cost"] for entry in entries)),
        refused=sum(entry["status"] == 429 for entry in entries),
        first=datetime.fromisoformat(entries[0]["time"]),
        last=datetime.fromisoformat(entries[-1]["time"]),
    )


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
