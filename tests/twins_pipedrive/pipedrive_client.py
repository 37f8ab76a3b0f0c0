"""A minimal client for the twin: signs requests, and gives the raw answers. Knows nothing of our own destination."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx2

from gurney.twins.kit.inprocess import InProcess
from gurney.twins.kit.options import TwinOptions
from gurney.twins.pipedrive import build
from gurney.twins.pipedrive.service import Pipedrive

START = datetime(2026, 2, 2, 23, 0, tzinfo=UTC)
ZOE = {"name": "Zoe Field", "emails": [{"value": "zoe@example.org"}], "phones": [{"value": "555-0100"}]}


class Account:
    """One company and a signed-in client; the clock stands still, nothing is limited unless asked."""

    def __init__(self, **options: Any) -> None:
        settings = {"scale": 0, "now": START, "unlimited": True, **options}
        self.twin = build(TwinOptions("pipedrive", **settings))
        assert isinstance(self.twin.service, Pipedrive)
        self.service = self.twin.service
        self.world = self.service.world
        self.http = httpx2.AsyncClient(transport=InProcess(self.twin), base_url="https://clinic.test")
        self.headers = {"x-api-token": self.world.tokens.api_token(self.world.admin)}

    async def ask(self, call: str, json: Any = None, **more: Any) -> httpx2.Response:
        """`ask("GET v2/persons")`: one call under /api."""
        method, path = call.split(" ", 1)
        headers = {**self.headers, **more.pop("headers", {})}
        url = path if path.startswith("/") else f"/api/{path}"
        return await self.http.request(method, url, json=json, headers=headers, **more)

    async def told(self, call: str, json: Any = None, **more: Any) -> Any:
        """The data of a call that must succeed."""
        answer = await self.ask(call, json, **more)
        assert answer.is_success, (answer.status_code, answer.text)
        return answer.json()["data"]

    async def refused(self, call: str, json: Any = None, status: int = 400, **more: Any) -> str:
        """The words of a call that must be refused."""
        answer = await self.ask(call, json, **more)
        assert answer.status_code == status, (answer.status_code, answer.text)
        body = answer.json()
        assert body["success"] is False
        return str(body["error"])

    async def make(self, name: str, /, **body: Any) -> dict[str, Any]:
        """One record of v2 that must be created."""
        made: dict[str, Any] = await self.told(f"POST v2/{name}", body)
        return made

    async def person(self, **body: Any) -> int:
        return int((await self.make("persons", **{**ZOE, **body}))["id"])

    async def note(self, **body: Any) -> dict[str, Any]:
        made: dict[str, Any] = await self.told("POST v1/notes", {"content": "<p>S: well</p>", **body})
        return made

    async def field(self, kind: str, *labels: str, name: str = "personFields", title: str = "A field") -> Any:
        """A custom field: its key, and the ids of its options."""
        body: dict[str, Any] = {"field_name": title, "field_type": kind}
        if labels:
            body["options"] = [{"label": label} for label in labels]
        made = await self.told(f"POST v2/{name}", body)
        return (made["field_code"], *[option["id"] for option in made["options"] or ()])

    async def upload(self, name: str = "a.txt", content: bytes = b"hello", **links: Any) -> httpx2.Response:
        values = {key: str(value) for key, value in links.items()}
        return await self.ask("POST v1/files", files={"file": (name, content)}, data=values)

    async def admin(self, call: str, json: Any = None) -> httpx2.Response:
        method, name = call.split(" ")
        return await self.http.request(method, f"/__admin/{name}", json=json)

    async def dump(self, name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (await self.admin(f"GET dump/{name}")).text.splitlines()]

    async def as_user(self, email: str, **more: Any) -> None:
        """Go on with the API token of another user, hired if need be."""
        await self.admin("POST user", {"email": email, **more})
        token = (await self.admin("POST token", {"email": email})).json()["api_token"]
        self.headers = {"x-api-token": token}

    def pass_time(self, seconds: float) -> None:
        self.world.clock.advance(seconds)
