"""A small Cliniko by FACTS 3 (envelope, paging, filters, default scope) with a clock of its own."""

from __future__ import annotations

import asyncio
import heapq
import random
import re
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any

import httpx2
import orjson

from gurney.runtime import Runtime
from gurney.sources.cliniko.objects import objects
from gurney.sources.cliniko.source import ClinikoSource

START = datetime(2026, 11, 16, tzinfo=UTC)
BASE = "https://api.au1.cliniko.com/v1"
HIDING = ("archived_at", "cancelled_at")


class ParallelClock:
    """Virtual time in which several tasks can sleep at once: the earliest wakes first."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._ticker: asyncio.Task[None] | None = None
        self._count = 0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        return self.elapsed

    async def sleep(self, seconds: float) -> None:
        self._count += 1
        waking: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.elapsed + max(0.0, seconds), self._count, waking))
        if self._ticker is None or self._ticker.done():
            self._ticker = asyncio.create_task(self._tick())
        await waking

    async def _tick(self) -> None:
        while self._sleepers:
            for _ in range(30):
                await asyncio.sleep(0)
            wake_at, _, waking = heapq.heappop(self._sleepers)
            self.elapsed = max(self.elapsed, wake_at)
            if not waking.done():
                waking.set_result(None)


def link(object: str, id: str) -> dict[str, Any]:
    return {"links": {"self": f"{BASE}/{object}/{id}"}}


class FakeCliniko:
    """Answers GETs from rows; `before` runs ahead of each answer and may change them."""

    def __init__(self) -> None:
        self.clock = ParallelClock()
        self.rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.requests: list[httpx2.Request] = []
        self.latency_s = 0.0
        self.before: Callable[[httpx2.Request], httpx2.Response | None] = lambda request: None
        self.sorts_by_id = True
        self.sorts_newest_first = True
        self.unlisted: set[str] = set()
        """Patients that answer by id and stand in no list."""
        self.role = "administrator"
        self.settings = {"account": {"id": "62001", "name": "Harbour", "subdomain": "harbour", "country_code": "AU"}}
        self.window_starts: dict[int, int] = defaultdict(int)
        self.refused = 0
        self.requests_per_minute = 200
        self.runtime = Runtime(
            clock=self.clock,
            random=random.Random(3),
            transport=lambda _: httpx2.MockTransport(self._handle),
            environ={},
        )

    def add(self, object: str, id: str, created: str, **fields: Any) -> dict[str, Any]:
        row = {
            "id": id,
            "created_at": created,
            "updated_at": fields.pop("updated_at", created),
            "links": link(object, id)["links"],
            **fields,
        }
        self.rows[object].append(row)
        return row

    def source(self, **options: Any) -> ClinikoSource:
        return ClinikoSource(self.runtime, api_key="MS0x-au1", contact_email="ops@example.com", **options)

    def paths(self) -> list[str]:
        return [request.url.path.removeprefix("/v1") for request in self.requests]

    async def _handle(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        if self.latency_s:
            await self.clock.sleep(self.latency_s)
        minute = int(self.clock.now().timestamp()) // 60
        self.window_starts[minute] += 1
        if self.window_starts[minute] > self.requests_per_minute:
            self.refused += 1
            return httpx2.Response(429, headers={"X-RateLimit-Reset": str((minute + 1) * 60)})
        return self.before(request) or self._answer(request)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        parts = request.url.path.removeprefix("/v1/").split("/")
        if parts in (["settings"], ["settings", "public"]):
            return _json(self.settings)
        if parts == ["user"]:
            return _json({"id": "1", "role": self.role, "email": "a@example.com", "time_zone_identifier": "Etc/UTC"})
        if parts[0] == "users" and self.role != "administrator":
            return httpx2.Response(403)
        if len(parts) == 2 and parts[1] != "inactive":
            return self._one(parts[0], parts[1])
        if parts[0] not in objects() or (objects()[parts[0]].optional and not self.rows[parts[0]]):
            return _json({"message": "Resource not found"}, 404)
        return self._list(request, parts)

    def _one(self, object: str, id: str) -> httpx2.Response:
        found = next((row for row in self.rows[object] if row["id"] == id), None)
        return _json(found) if found else _json({"message": "Resource not found"}, 404)

    def _list(self, request: httpx2.Request, parts: list[str]) -> httpx2.Response:
        asked = request.url.params
        rows = [row for row in self.rows[parts[0]] if parts[0] != "patients" or row["id"] not in self.unlisted]
        if parts[0] == "practitioners":
            rows = [row for row in rows if row.get("active", True) is (len(parts) == 1)]
        lifted = set()
        for condition in asked.get_list("q[]"):
            field, operator, value = re.fullmatch(r"(\w+):(>=|<|\*|\?)(.*)", condition).groups()  # type: ignore[union-attr]
            if field in HIDING:
                lifted.add(field)
                rows = [row for row in rows if row.get(field)] if operator == "?" else rows
            elif operator == ">=":
                rows = [row for row in rows if row[field] >= value]
            else:
                rows = [row for row in rows if row[field] < value]
        for stamp in set(HIDING) - lifted:
            rows = [row for row in rows if not row.get(stamp)]
        sort = asked.get("sort", "created_at:asc")
        if "id" in sort and not self.sorts_by_id:
            return _json({"message": "id is not sortable"}, 400)
        if sort == "updated_at:desc" and not self.sorts_newest_first:
            sort = "created_at:asc"
        for column in reversed(sort.split(",")):
            name, _, way = column.partition(":")
            if rows and name in rows[0]:
                rows.sort(key=itemgetter(name), reverse=way == "desc")
        size, page = min(100, int(asked.get("per_page", "50"))), int(asked.get("page", "1"))
        body: dict[str, Any] = {
            parts[0]: rows[(page - 1) * size : page * size],
            "total_entries": len(rows),
            "links": {"self": str(request.url)},
        }
        if page * size < len(rows):
            body["links"]["next"] = str(request.url.copy_set_param("page", str(page + 1)))
        return _json(body)


def _json(body: Any, status: int = 200) -> httpx2.Response:
    return httpx2.Response(status, content=orjson.dumps(body), headers={"Content-Type": "application/json"})


def at(second: int) -> str:
    """A stamp some seconds after the start of 2024."""
    return (datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")
