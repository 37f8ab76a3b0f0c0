"""A clock that only moves when someone sleeps, and an Http over a handler written by the test."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from gurney.runtime import Runtime
from gurney.transport import Http, Limits, Pacer
from virtual_clock import VirtualClock

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
Handler = Callable[[httpx2.Request], Any]


class Vendor:
    """A vendor's answers, one after another, and the requests that asked for them."""

    def __init__(self) -> None:
        self.clock = VirtualClock(START)
        self.runtime = Runtime(
            clock=self.clock,
            random=random.Random(7),
            entropy=lambda size: b"\x01" * size,
            transport=lambda _: httpx2.MockTransport(self._answer),
        )
        self.requests: list[httpx2.Request] = []
        self.bodies: list[bytes] = []
        self.answers: list[Any] = []
        self.refreshes: list[bool] = []

    async def authorise(self, refresh: bool) -> Mapping[str, str]:
        self.refreshes.append(refresh)
        return {"Authorization": "Token secret-2" if refresh else "Token secret-1"}

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.bodies.append(await request.aread())
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            answer = answer(request)
        assert isinstance(answer, httpx2.Response)
        return answer

    def http(self, limits: Limits | None = None, **options: Any) -> Http:
        pacer = options.pop("pacer", None) or Pacer(self.runtime, "acme", limits or Limits())
        return Http(
            self.runtime,
            "https://api.vendor.example/v1",
            name="acme",
            pacer=pacer,
            authorise=self.authorise,
            user_agent="Gurney/0 (ops@example.com)",
            **options,
        )


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()
