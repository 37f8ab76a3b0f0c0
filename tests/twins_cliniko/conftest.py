"""A twin in memory, and a client of it that speaks as any client would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from gurney.twins.cliniko import Cliniko, build
from gurney.twins.kit.inprocess import InProcess
from gurney.twins.kit.options import TwinOptions
from gurney.twins.kit.twin import Twin

BASE = "http://twin"
AS_OF = datetime(2026, 11, 16, tzinfo=UTC)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "rule(id): proves that the twin does what this rule says")


@dataclass
class Desk:
    """One twin with one client."""

    twin: Twin
    client: httpx2.AsyncClient

    @property
    def service(self) -> Cliniko:
        service = self.twin.service
        assert isinstance(service, Cliniko)
        return service

    async def get(self, path: str, *, role: str | None = None, key: str | None = None, **more: Any) -> httpx2.Response:
        """GET under /v1, as the owner unless another role or key is given."""
        return await self.send("GET", path, role=role, key=key, **more)

    async def send(
        self, method: str, path: str, *, role: str | None = None, key: str | None = None, **more: Any
    ) -> httpx2.Response:
        credentials = self.service.credentials()
        key = key or credentials[f"api_key_{role.replace(' ', '_')}" if role else "api_key"]
        address = path if path.startswith("http") else f"{BASE}/v1{path}"
        return await self.client.request(method, address, auth=(key, ""), **more)

    async def rows(self, path: str, **more: Any) -> list[dict[str, Any]]:
        """The records on one page of a list."""
        answer = await self.get(path, **more)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        (name,) = body.keys() - {"total_entries", "links"}
        rows: list[dict[str, Any]] = body[name]
        return rows

    async def total(self, path: str) -> int:
        """total_entries of a list."""
        joined = "&" if "?" in path else "?"
        count: int = (await self.get(f"{path}{joined}per_page=1")).json()["total_entries"]
        return count

    async def admin(self, call: str, body: dict[str, Any]) -> Any:
        """A call by the back door."""
        answer = await self.client.post(f"{BASE}/__admin/{call}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def stored(self, resource: str) -> list[dict[str, Any]]:
        """All records of a resource as the twin holds them."""
        return list(self.service.dump(resource) or ())

    def live(self, resource: str) -> dict[str, Any]:
        """The first record that a plain list shows."""
        hiding = ("archived_at", "cancelled_at", "merged_at")
        return next(row for row in self.stored(resource) if not any(row.get(name) for name in hiding))


Opened = Callable[..., Desk]


@pytest.fixture
def opened() -> Opened:
    """Opens twins: switches as keywords, `options` for what else a twin is started with."""

    def open_one(options: dict[str, Any] | None = None, **switches: str) -> Desk:
        given = {"clinic": "40", "seed": 5, "scale": 0, "now": AS_OF, **(options or {})}
        twin = build(TwinOptions("cliniko", switches=switches, **given))
        headers = {"user-agent": "Tests (tests@example.org)"}
        return Desk(twin, httpx2.AsyncClient(transport=InProcess(twin), headers=headers))

    return open_one


@pytest.fixture
def desk(opened: Opened) -> Desk:
    """A twin as it starts by default."""
    return opened()
