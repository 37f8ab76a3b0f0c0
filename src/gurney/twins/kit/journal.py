"""What was asked of the twin: one tuple per request, cheap enough to be always on."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from gurney.twins.kit.wire import Answer, Request

LONGEST = 1_000_000
"""Entries kept; the oldest go first."""


class Entry(NamedTuple):
    """One request and its answer. `status` 0: the connection was closed without one."""

    number: int
    time: float
    """Vendor time at arrival, seconds since 1970."""
    method: str
    target: str
    status: int
    cost: float
    fault: str | None
    bodies: tuple[Mapping[str, str], bytes, Mapping[str, str], bytes] | None
    """Request headers, request body, answer headers, answer body; only while bodies are recorded."""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def wire(self) -> dict[str, Any]:
        """The entry as the admin interface shows it."""
        path, _, query = self.target.partition("?")
        shown: dict[str, Any] = {
            "n": self.number,
            "time": datetime.fromtimestamp(self.time, UTC).isoformat(timespec="milliseconds"),
            "method": self.method,
            "path": path,
            "query": query,
            "status": self.status,
            "cost": self.cost,
        }
        if self.fault:
            shown["fault"] = self.fault
        if self.bodies:
            asked, sent, answered, got = self.bodies
            shown["request"] = {"headers": dict(asked), "body": _text(sent)}
            shown["answer"] = {"headers": dict(answered), "body": _text(got)}
        return shown


class Journal:
    """The requests in order of arrival of their answers, numbered from 1."""

    def __init__(self, record_bodies: bool = False, longest: int = LONGEST) -> None:
        self.record_bodies = record_bodies
        self._entries: deque[Entry] = deque(maxlen=longest)
        self._count = 0

    def note(self, time: float, request: Request, answer: Answer | None, fault: str | None = None) -> None:
        """Write one request down; `answer` is None when the client got none."""
        self._count += 1
        bodies = None
        if self.record_bodies:
            got = (answer.headers, answer.payload()) if answer else ({}, b"")
            bodies = (request.headers, request.body, *got)
        status, cost = (answer.status, answer.cost) if answer else (0, 0)
        self._entries.append(Entry(self._count, time, request.method, request.target, status, cost, fault, bodies))

    def since(self, number: int = 0) -> Iterator[Entry]:
        """The entries after a number."""
        return (entry for entry in tuple(self._entries) if entry.number > number)

    def clear(self) -> None:
        """Forget everything; numbering starts again."""
        self._entries.clear()
        self._count = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries))


def _text(body: bytes) -> str | None:
    """The body when it is text, else None."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
