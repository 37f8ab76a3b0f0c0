"""A minimal client for the twin: signs requests, and gives the raw answers. Knows nothing of our own destination."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx2

from gurney.twins.kit.inprocess import InProcess
from gurney.twins.kit.options import TwinOptions
from gurney.twins.zoho import build
from gurney.twins.zoho.service import Zoho

START = datetime(2026, 2, 2, 23, 0, tzinfo=UTC)
ADA = {"Last_Name": "Lee", "First_Name": "Ada", "Email": "ada@example.org"}


class Org:
    """One organisation and a signed-in client."""

    def __init__(self, **options: Any) -> None:
        settings = {"scale": 0, "now": START, **options}
        self.twin = build(TwinOptions("zoho", **settings))
        assert isinstance(self.twin.service, Zoho)
        self.zoho = self.twin.service
        self.world = self.zoho.world
        self.http = httpx2.AsyncClient(transport=InProcess(self.twin), base_url="https://zoho.test")
        self.token = ""

    async def sign_in(self, **changes: str) -> httpx2.Response:
        """Refresh the access token with a form body."""
        form = {"grant_type": "refresh_token", **self.zoho.credentials(), **changes}
        answer = await self.http.post("/oauth/v2/token", data=form)
        self.token = answer.json().get("access_token", self.token)
        return answer

    async def ask(self, method: str, path: str, json: Any = None, **more: Any) -> httpx2.Response:
        """One call under /crm/v8, or anywhere for a path that begins with /."""
        if not self.token:
            await self.sign_in()
        headers = {"Authorization": f"Zoho-oauthtoken {self.token}", **more.pop("headers", {})}
        url = path if path.startswith("/") else f"/crm/v8/{path}"
        return await self.http.request(method, url, json=json, headers=headers, **more)

    async def insert(self, module: str, *records: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
        """Results of a plain insert."""
        answer = await self.ask("POST", module, {"data": list(records), "trigger": []}, **more)
        results: list[dict[str, Any]] = answer.json()["data"]
        return results

    async def make(self, module: str, **record: Any) -> str:
        """Insert one record that must succeed; its id."""
        result = (await self.insert(module, record))[0]
        assert result["status"] == "success", result
        id: str = result["details"]["id"]
        return id

    async def refusal(self, module: str, **record: Any) -> dict[str, Any]:
        """What one refused record is told."""
        result = (await self.insert(module, record))[0]
        assert result["status"] == "error", result
        return result

    async def get(self, module: str, id: str, fields: str | None = None) -> dict[str, Any]:
        """One record that must be there."""
        answer = await self.ask("GET", f"{module}/{id}", params={"fields": fields} if fields else None)
        record: dict[str, Any] = answer.json()["data"][0]
        return record

    async def field(self, module: str, label: str, data_type: str = "text", **more: Any) -> str:
        """Create one field that must succeed; its api_name as metadata tells it."""
        order = {"field_label": label, "data_type": data_type, **more}
        made = await self.ask("POST", f"settings/fields?module={module}", {"fields": [order]})
        assert made.status_code == 201, made.json()
        id = made.json()["fields"][0]["details"]["id"]
        read = await self.ask("GET", f"settings/fields/{id}?module={module}")
        name: str = read.json()["fields"][0]["api_name"]
        return name

    async def coql(self, query: str) -> httpx2.Response:
        return await self.ask("POST", "coql", {"select_query": query})

    async def admin(self, call: str, json: Any = None) -> httpx2.Response:
        method, name = call.split(" ")
        return await self.http.request(method, f"/__admin/{name}", json=json)

    async def as_user(self, email: str, scopes: str | None = None) -> None:
        """Go on as another user of the organisation."""
        code = (await self.admin("POST grant", {"email": email, "scopes": scopes})).json()["code"]
        form = {"grant_type": "authorization_code", "code": code, **self.zoho.credentials()}
        self.token = (await self.http.post("/oauth/v2/token", data=form)).json()["access_token"]

    def pass_time(self, seconds: float) -> None:
        self.world.clock.advance(seconds)
