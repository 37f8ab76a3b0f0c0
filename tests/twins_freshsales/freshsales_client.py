"""A minimal client for the twin: sends the key, and gives the raw answers. Knows nothing of our own destination."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx2

from gurney.twins.freshsales import build
from gurney.twins.freshsales.service import Freshsales
from gurney.twins.kit.inprocess import InProcess
from gurney.twins.kit.options import TwinOptions

START = datetime(2026, 2, 2, 23, 0, tzinfo=UTC)
ZOE = {"first_name": "Zoe", "last_name": "Field", "emails": "zoe@example.org", "external_id": "cliniko:patient:1"}
VISIT = {"title": "Visit", "from_date": "2026-02-01T09:00:00Z", "end_date": "2026-02-01T09:45:00Z"}


class Account:
    """One account and a signed-in client; the clock stands still, nothing is limited or late unless asked."""

    def __init__(self, **options: Any) -> None:
        switches = {"index_lag_s": "0", **options.pop("switches", {})}
        settings = {"scale": 0, "now": START, "unlimited": True, "edition": "enterprise", **options}
        self.twin = build(TwinOptions("freshsales", switches=switches, **settings))
        assert isinstance(self.twin.service, Freshsales)
        self.service = self.twin.service
        self.world = self.service.world
        self.http = httpx2.AsyncClient(transport=InProcess(self.twin), base_url="https://clinic.test")
        self.headers = {"authorization": f"Token token={self.world.people.admin['key']}"}

    async def ask(self, call: str, json: Any = None, **more: Any) -> httpx2.Response:
        """`ask("GET contacts/1")`: one call under the alias."""
        method, path = call.split(" ", 1)
        headers = {**self.headers, **more.pop("headers", {})}
        url = path if path.startswith(("/", "http")) else f"/crm/sales/api/{path}"
        return await self.http.request(method, url, json=json, headers=headers, **more)

    async def told(self, call: str, json: Any = None, **more: Any) -> Any:
        """The body of a call that must succeed."""
        answer = await self.ask(call, json, **more)
        assert answer.is_success, (answer.status_code, answer.text)
        return answer.json() if answer.content else None

    async def refused(self, call: str, json: Any = None, status: int = 400, **more: Any) -> list[str]:
        """The messages of a call that must be refused."""
        answer = await self.ask(call, json, **more)
        assert answer.status_code == status, (answer.status_code, answer.text)
        errors = answer.json()["errors"]
        assert errors["code"] == status
        messages: list[str] = errors["message"]
        return messages

    async def make(self, path: str, root: str, /, **body: Any) -> dict[str, Any]:
        """One record that must be created."""
        made: dict[str, Any] = (await self.told(f"POST {path}", {root: body}))[root]
        return made

    async def contact(self, **body: Any) -> int:
        return int((await self.make("contacts", "contact", **{**ZOE, **body}))["id"])

    async def sales_account(self, name: str = "Gym", **body: Any) -> int:
        return int((await self.make("sales_accounts", "sales_account", name=name, **body))["id"])

    async def deal(self, name: str = "INV-1 Field", amount: float = 90, **body: Any) -> int:
        return int((await self.make("deals", "deal", name=name, amount=amount, **body))["id"])

    async def note(self, contact: int, text: str = "Knee better.") -> int:
        body = {"description": text, "targetable_type": "Contact", "targetable_id": contact}
        return int((await self.make("notes", "note", **body))["id"])

    async def task(self, contact: int, **body: Any) -> dict[str, Any]:
        given = {"title": "Call", "due_date": "2026-02-05T09:00:00Z", **on(contact), **body}
        return await self.make("tasks", "task", **given)

    async def upload(self, contact: int, content: bytes = b"hello", **values: Any) -> httpx2.Response:
        data = {key: str(value) for key, value in {**on(contact), "is_shared": "false", **values}.items()}
        return await self.ask("POST documents", files={"file": ("a.txt", content, "text/plain")}, data=data)

    async def view(self, name: str, title: str, more: str = "") -> dict[str, Any]:
        """A page of a saved view, found by its name."""
        filters = (await self.told(f"GET {name}/filters"))["filters"]
        id = next(one["id"] for one in filters if one["name"] == title)
        page: dict[str, Any] = await self.told(f"GET {name}/view/{id}{more}")
        return page

    async def read(self, path: str, root: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self.told(f"GET {path}"))[root]
        return found

    async def admin(self, call: str, json: Any = None) -> httpx2.Response:
        method, name = call.split(" ")
        return await self.http.request(method, f"/__admin/{name}", json=json)

    async def done(self, call: str, json: Any = None) -> Any:
        """A call of the back door that must succeed."""
        answer = await self.admin(call, json)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def dump(self, name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (await self.admin(f"GET dump/{name}")).text.splitlines()]

    async def field(self, label: str = "A field", type: str = "text", **more: Any) -> str:
        """A field of the admin's: its name."""
        order = {"object": "contacts", "label": label, "type": type, **more}
        return str((await self.done("POST field", order))["name"])

    async def as_user(self, email: str, **more: Any) -> None:
        """Go on with the key of another user, hired if need be."""
        await self.done("POST user", {"email": email, **more})
        key = (await self.done("POST key", {"email": email}))["api_key"]
        self.headers = {"authorization": f"Token token={key}"}

    def pass_time(self, seconds: float) -> None:
        self.world.clock.advance(seconds)


def on(contact: int) -> dict[str, Any]:
    """What hangs on a contact says so."""
    return {"targetable_type": "Contact", "targetable_id": contact}
