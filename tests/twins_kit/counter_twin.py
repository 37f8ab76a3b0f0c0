"""The smallest vendor: things that are counted. Stands in for a real one in the kit's tests."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from gurney.twins.kit.clock import Clock
from gurney.twins.kit.options import TwinOptions
from gurney.twins.kit.routing import Router
from gurney.twins.kit.tables import Table
from gurney.twins.kit.twin import Twin
from gurney.twins.kit.wire import Answer, Request


class Counter:
    vendor = "counter"

    def __init__(self, scale: float = 0) -> None:
        self.clock = Clock(datetime(2026, 2, 3, tzinfo=UTC), scale, ticks=time.monotonic)
        self.fault_hooks = {"expire_token": lambda request, arguments: setattr(self, "expired", True)}
        self.admin_actions = {"POST edit": self._edit}
        self.router = Router()
        self.router.add("GET", "/things/{id}", self._get)
        self.router.add("POST", "/things", self._create)
        self.in_flight = 0
        self.limit = 1000
        self.reset()

    def reset(self) -> None:
        self.expired = False
        self.things = Table(unique=["name"])

    def admit(self, request: Request) -> Answer | None:
        if self.in_flight >= self.limit:
            return Answer(429)
        self.in_flight += 1
        return None

    def release(self, request: Request) -> None:
        self.in_flight -= 1

    def handle(self, request: Request) -> Answer:
        handler = self.router.find(request)
        return handler(request) if handler else Answer(404, {"error": "unknown"})

    def _get(self, request: Request) -> Answer:
        thing = self.things.get(request.params["id"])
        return Answer(200, thing, cost=1) if thing else Answer(404)

    def _create(self, request: Request) -> Answer:
        names = request.json()
        done = names[: int(len(names) * request.partial)] if request.partial is not None else names
        made = [self.things.add({"id": str(len(self.things) + 1), "name": name}) for name in done]
        return Answer(201, made, cost=len(made))

    def _edit(self, request: Request) -> Answer:
        return Answer(200, self.things.change("1", request.json()))

    def state(self) -> dict[str, int]:
        return {"things": len(self.things)}

    def dump(self, name: str) -> Iterable[dict[str, Any]] | None:
        return iter(self.things) if name == "things" else None

    def credentials(self) -> dict[str, str]:
        return {"key": "abc"}

    def env(self, base_url: str) -> dict[str, str]:
        return {"GURNEY_COUNTER_URL": base_url}


def counter_twin(**options: Any) -> Twin:
    return Twin(Counter(), TwinOptions(vendor="counter", **options))
