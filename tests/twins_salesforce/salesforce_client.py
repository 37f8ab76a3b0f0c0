"""A minimal client for the twin: signs requests, and gives the raw answers. Knows nothing of our own destination."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx2

from gurney.twins.kit.inprocess import InProcess
from gurney.twins.kit.options import TwinOptions
from gurney.twins.salesforce import build
from gurney.twins.salesforce.people import grant
from gurney.twins.salesforce.schema import FieldDef, ObjectDef
from gurney.twins.salesforce.service import Salesforce
from gurney.twins.salesforce.standard import custom_object

START = datetime(2026, 2, 2, 23, 0, tzinfo=UTC)
API = "/services/data/v63.0"


class Org:
    """One organisation and a signed-in client."""

    def __init__(self, **options: Any) -> None:
        settings = {"scale": 0, "now": START, **options}
        self.twin = build(TwinOptions("salesforce", **settings))
        assert isinstance(self.twin.service, Salesforce)
        self.service = self.twin.service
        self.world = self.service.world
        self.http = httpx2.AsyncClient(transport=InProcess(self.twin), base_url="https://acme.test")
        self.token = ""

    async def sign_in(self, **changes: str) -> httpx2.Response:
        """An access token by client credentials."""
        form = {"grant_type": "client_credentials", **self.service.credentials(), **changes}
        answer = await self.http.post("/services/oauth2/token", data=form)
        self.token = answer.json().get("access_token", self.token)
        return answer

    async def as_user(self, email: str) -> str:
        """Go on as another user; his refresh token."""
        told = (await self.admin("POST session", {"email": email})).json()
        self.token = told["access_token"]
        refresh: str = told["refresh_token"]
        return refresh

    async def ask(self, method: str, path: str, json: Any = None, **more: Any) -> httpx2.Response:
        """One call under the pinned version, or anywhere for a path that begins with /."""
        if not self.token:
            await self.sign_in()
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        url = path if path.startswith("/") else f"{API}/{path}"
        return await self.http.request(method, url, json=json, headers=headers, **more)

    async def make(self, kind: str, **fields: Any) -> str:
        """Create one row that must succeed; its id."""
        answer = await self.ask("POST", f"sobjects/{kind}", fields)
        assert answer.status_code == 201, answer.json()
        id: str = answer.json()["id"]
        return id

    async def refusal(self, kind: str, **fields: Any) -> dict[str, Any]:
        """What one refused row is told."""
        answer = await self.ask("POST", f"sobjects/{kind}", fields)
        assert answer.status_code >= 400, answer.json()
        (told,) = answer.json()
        return {"status": answer.status_code, **told}

    async def get(self, kind: str, id: str, fields: str | None = None) -> dict[str, Any]:
        """One row that must be there."""
        answer = await self.ask("GET", f"sobjects/{kind}/{id}", params={"fields": fields} if fields else None)
        assert answer.status_code == 200, answer.text
        row: dict[str, Any] = answer.json()
        return row

    async def query(self, soql: str, **more: Any) -> Any:
        """The body of a query that must succeed."""
        answer = await self.ask("GET", "query", params={"q": soql}, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def admin(self, call: str, json: Any = None) -> httpx2.Response:
        method, name = call.split(" ")
        return await self.http.request(method, f"/__admin/{name}", json=json)

    def add_field(self, kind: str, name: str, type: str = "string", *, seen: bool = True, **more: Any) -> FieldDef:
        """A custom field, as a deployment would make it; visible to the administrator unless told otherwise."""
        if type in ("string", "email", "phone", "picklist"):
            more.setdefault("length", 255)
        field = FieldDef(name, name.removesuffix("__c").replace("_", " "), type, custom=True, **more)
        made = self.world.add_field(self.world.kind(kind), field)
        if seen:
            grant(self.world, self.world.admin["Id"], field=f"{kind}.{name}")
        return made

    def add_object(self, name: str, **more: Any) -> ObjectDef:
        """A custom object, as a deployment would make it."""
        label = name.removesuffix("__c").replace("_", " ")
        made = custom_object(name, label, label + "s", **more)
        return self.world.add_object(made)

    def external_id(self, kind: str, name: str = "Cliniko_Id__c") -> None:
        """A unique, case-sensitive external id."""
        self.add_field(kind, name, length=64, external_id=True, unique=True, case_sensitive=True)

    def pass_time(self, seconds: float) -> None:
        self.world.clock.advance(seconds)
