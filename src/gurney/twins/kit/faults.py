"""Misfortunes on order. A fault is data: which requests it meets, and what happens to them.

    [{"match": {"method": "POST", "path": "/crm/v8/Contacts", "nth": {"every": 7}}, "do": "drop_after"},
     {"match": {"path": "/crm/.*", "share": 0.05}, "do": "status", "status": 503}]

`path` is a regular expression for the beginning of the path. `nth`: 3 = only the third matching request,
[2, 5] = these, {"every": 7} = each seventh; `share`: that share of them, by the twin's seed; neither: all.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gurney.twins.kit.options import BadOption
from gurney.twins.kit.wire import Answer, ConnectionDropped, Request

BUILT_IN = {
    "delay": "answers `seconds` (vendor time) later",
    "drop_before": "closes the connection without doing anything",
    "drop_after": "does what was asked, then closes the connection without an answer",
    "reset": "resets the connection; before the effect, or after it with `after: true`",
    "status": "answers `status` (with `body`, `headers`) without doing anything; does it first with `after: true`",
    "truncate": "does it, sends the share `keep` (0.5) of the answer and closes",
    "garble": "does it, and answers the right length of nonsense",
    "partial": "does the share `keep` (0.5) of a batch, then answers `status` (500), or drops with `drop: true`",
}
VendorFault = Callable[[Request, Mapping[str, Any]], None]
"""A vendor's own fault, applied before the request is handled."""


@dataclass
class Fault:
    """One order for misfortune, and how often it came up."""

    do: str
    arguments: dict[str, Any] = field(default_factory=dict)
    method: str | None = None
    path: re.Pattern[str] | None = None
    nth: int | Collection[int] | Mapping[str, int] | None = None
    share: float | None = None
    seen: int = 0

    @classmethod
    def parse(cls, order: Mapping[str, Any], known: Collection[str]) -> Fault:
        """From data. Raises BadOption for what is not understood."""
        match = dict(order.get("match") or {})
        arguments = {key: value for key, value in order.items() if key not in ("match", "do")}
        method, path, nth = match.pop("method", None), match.pop("path", None), match.pop("nth", None)
        share = match.pop("share", None)
        do = order.get("do")
        if match:
            raise BadOption(f"fault: unknown match {sorted(match)}; known: method, path, nth, share")
        if do not in known:
            raise BadOption(f"fault: unknown do {do!r}; known: {', '.join(sorted(known))}")
        try:
            pattern = re.compile(path) if path else None
        except re.error as no:
            raise BadOption(f"fault: {path!r} is not a regular expression") from no
        return cls(str(do), arguments, method.upper() if method else None, pattern, nth, share)

    def meets(self, request: Request, chance: random.Random) -> bool:
        """Whether this request is one of those; counts the requests that match."""
        if self.method is not None and request.method != self.method:
            return False
        if self.path is not None and not self.path.match(request.path):
            return False
        self.seen += 1
        if self.share is not None:
            return chance.random() < self.share
        if self.nth is None:
            return True
        if isinstance(self.nth, int):
            return self.seen == self.nth
        if isinstance(self.nth, Mapping):
            return self.seen % self.nth["every"] == 0
        return self.seen in self.nth


class Faults:
    """The faults in force; the first that meets a request has it."""

    def __init__(self, seed: int, vendor_faults: Mapping[str, VendorFault] | None = None) -> None:
        self._seed = seed
        self._vendor_faults = dict(vendor_faults or {})
        self._chance = random.Random(seed)
        self._faults: list[Fault] = []

    @property
    def known(self) -> list[str]:
        return [*BUILT_IN, *self._vendor_faults]

    def replace(self, orders: Iterable[Mapping[str, Any]]) -> None:
        """Put other faults in force. Raises BadOption, and then keeps the old ones."""
        self._faults = [Fault.parse(order, self.known) for order in orders]
        self._chance = random.Random(self._seed)

    def add(self, do: str, **order: Any) -> None:
        """One more: `add("drop_after", method="POST", path="/crm", nth=1)`."""
        match = {key: order.pop(key) for key in ("method", "path", "nth", "share") if key in order}
        self._faults.append(Fault.parse({"match": match, "do": do, **order}, self.known))

    def meet(self, request: Request) -> Fault | None:
        """The fault that this request runs into."""
        if not self._faults:
            return None
        met = [fault for fault in self._faults if fault.meets(request, self._chance)]
        return met[0] if met else None

    def before(self, fault: Fault, request: Request) -> Answer | None:
        """Apply what happens instead of, or ahead of, the effect. May raise ConnectionDropped."""
        late = bool(fault.arguments.get("after"))
        if fault.do == "drop_before" or (fault.do == "reset" and not late):
            raise ConnectionDropped(reset=fault.do == "reset")
        if fault.do == "status" and not late:
            return _told(fault, 503)
        if fault.do == "partial":
            request.partial = float(fault.arguments.get("keep", 0.5))
        if fault.do in self._vendor_faults:
            self._vendor_faults[fault.do](request, fault.arguments)
        return None

    def after(self, fault: Fault, answer: Answer) -> Answer:
        """Apply what happens once the effect is there. May raise ConnectionDropped."""
        if fault.do in ("drop_after", "reset"):
            raise ConnectionDropped(reset=fault.do == "reset")
        if fault.do == "partial" and fault.arguments.get("drop"):
            raise ConnectionDropped
        if fault.do == "truncate":
            sent = int(len(answer.payload()) * float(fault.arguments.get("keep", 0.5)))
            raise ConnectionDropped(begun=answer, sent_bytes=sent)
        if fault.do in ("status", "partial"):
            return _told(fault, 500)
        if fault.do == "garble":
            return Answer(answer.status, body=_nonsense(answer.payload()), headers=answer.headers, cost=answer.cost)
        return answer


def _told(fault: Fault, status: int) -> Answer:
    body = fault.arguments.get("body")
    headers = {key.lower(): str(value) for key, value in dict(fault.arguments.get("headers") or {}).items()}
    return Answer(
        int(fault.arguments.get("status", status)),
        json=None if isinstance(body, str) else body,
        body=body.encode() if isinstance(body, str) else None,
        headers=headers,
    )


def _nonsense(body: bytes) -> bytes:
    """The body with its middle third made unreadable; never valid JSON."""
    third = len(body) // 3 or 1
    return body[:third] + b"\x00" * min(third, len(body) - third) + body[2 * third :] if body else b"\x00"
