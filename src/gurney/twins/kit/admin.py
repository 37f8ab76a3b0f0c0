"""The twin's back door, under `/__admin`: not journaled, not limited, no vendor has it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import orjson

from gurney.twins.kit.options import BadOption
from gurney.twins.kit.wire import Answer, MalformedBody, Request

if TYPE_CHECKING:
    from gurney.twins.kit.twin import Twin

ADMIN = "/__admin"


class Admin:
    """GET state, dump/OBJECT, journal[?since=N], clock; POST reset, clock, faults, latency; and the vendor's."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin

    def respond(self, request: Request) -> Answer:
        """One admin call; 404 for an unknown one, 400 for a bad body."""
        name = unquote(request.raw_path.removeprefix(ADMIN).strip("/"))
        try:
            return self._do(f"{request.method} {name}", request)
        except (BadOption, MalformedBody, KeyError, TypeError) as no:
            return Answer(400, {"error": f"{type(no).__name__}: {no}"})

    def _do(self, call: str, request: Request) -> Answer:
        twin = self._twin
        own = twin.service.admin_actions.get(call)
        if own is not None:
            return own(request)
        if call.startswith("GET dump/"):
            return self._dump(call.removeprefix("GET dump/"))
        match call:
            case "GET state":
                return Answer(200, twin.service.state())
            case "GET journal":
                entries = twin.journal.since(int(request.query.get("since") or 0))
                return _lines(entry.wire() for entry in entries)
            case "POST reset":
                twin.reset()
            case "POST faults":
                twin.faults.replace(request.json())
            case "POST latency":
                twin.latency_s = float(request.json()["seconds"])
            case "POST clock":
                twin.clock.advance(float(request.json()["advance_s"]))
            case "GET clock":
                pass
            case _:
                return Answer(404, {"error": f"no admin call {call!r}"})
        return Answer(200, {"now": twin.clock.now().isoformat()})

    def _dump(self, name: str) -> Answer:
        rows = self._twin.service.dump(name)
        return _lines(rows) if rows is not None else Answer(404, {"error": f"no object {name!r}"})


def _lines(rows: Iterable[dict[str, Any]]) -> Answer:
    body = b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
    return Answer(200, body=body, headers={"content-type": "application/x-ndjson"})
