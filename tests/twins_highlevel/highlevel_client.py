"""A minimal client for the twin: signs requests, and gives the raw answers. Knows nothing of our own destination."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx2

from gurney.twins.highlevel import build
from gurney.twins.highlevel.service import HighLevel
from gurney.twins.kit.inprocess import InProcess
from gurney.twins.kit.options import TwinOptions

START = datetime(2026, 2, 2, 23, 0, tzinfo=UTC)
ANA = {
    "firstName": "Ana",
    "lastName": "McReyes",
    "email": "Ana@example.org",
    "phone": "+61 400 000 001",
    "dateOfBirth": "1984-02-29",
    "tags": ["Cliniko-Import"],
}
TEXT = {"dataType": "TEXT"}
LAG_S = 60
Json = dict[str, Any]


class Clinic:
    """One sub-account and a signed-in client; the clock stands still, nothing is limited unless asked."""

    def __init__(self, **options: Any) -> None:
        settings = {"scale": 0, "now": START, "unlimited": True, **options}
        self.twin = build(TwinOptions("highlevel", **settings))
        assert isinstance(self.twin.service, HighLevel)
        self.service = self.twin.service
        self.world = self.service.world
        self.http = httpx2.AsyncClient(transport=InProcess(self.twin), base_url="https://clinic.test")
        self.id = self.world.first.id
        self.use(self.world.first_token)

    def use(self, token: str, version: str = "2021-07-28") -> None:
        """Go on with another token."""
        self.headers = {"Authorization": f"Bearer {token}", "Version": version}

    async def ask(self, call: str, json: Any = None, **more: Any) -> httpx2.Response:
        """`ask("GET /contacts/")`."""
        method, path = call.split(" ", 1)
        headers = {**self.headers, **more.pop("headers", {})}
        return await self.http.request(method, path, json=json, headers=headers, **more)

    async def told(self, call: str, json: Any = None, **more: Any) -> Any:
        """The body of a call that must succeed."""
        answer = await self.ask(call, json, **more)
        assert answer.is_success, (answer.status_code, answer.text)
        return answer.json()

    async def refused(self, call: str, json: Any = None, status: int = 400, **more: Any) -> Any:
        """The message of a call that must be refused."""
        answer = await self.ask(call, json, **more)
        assert answer.status_code == status, (answer.status_code, answer.text)
        told = answer.json()
        assert told.get("statusCode", told.get("status")) == status
        return answer.json()["message"]

    # Records

    async def contact(self, **body: Any) -> str:
        made = await self.told("POST /contacts/", {"locationId": self.id, **body})
        return str(made["contact"]["id"])

    async def read(self, id: str) -> Json:
        contact: Json = (await self.told(f"GET /contacts/{id}"))["contact"]
        return contact

    async def values(self, id: str) -> Json:
        """Custom values by field."""
        return {one["id"]: one["value"] for one in (await self.read(id))["customFields"]}

    async def search(self, *filters: Json, path: str = "/contacts/search", **more: Any) -> list[Json]:
        body = {"locationId": self.id, "page": 1, "pageLimit": 100, "filters": list(filters), **more}
        found = await self.told(f"POST {path}", body)
        hits: list[Json] = found["contacts" if path.startswith("/contacts") else "records"]
        return hits

    async def field(self, name: str, kind: str = "TEXT", **more: Any) -> Json:
        """A custom field of contacts, unless `model` says otherwise."""
        body = {"name": name, "dataType": kind, **more}
        made: Json = (await self.told(f"POST /locations/{self.id}/customFields", body))["customField"]
        return made

    async def object(self, name: str = "cliniko_invoice") -> str:
        """A custom object; its primary field is `number`."""
        key = f"custom_objects.{name}"
        body = {
            "labels": {"singular": name, "plural": name + "s"},
            "key": key,
            "locationId": self.id,
            "primaryDisplayPropertyDetails": {"key": f"{key}.number", "name": "Number", "dataType": "TEXT"},
        }
        await self.told("POST /objects/", body)
        return key

    async def object_field(self, key: str, name: str, kind: str = "TEXT", **more: Any) -> Json:
        fields = await self.told(f"GET /custom-fields/object-key/{key}?locationId={self.id}")
        body = {
            "locationId": self.id, "name": name.title(), "dataType": kind, "fieldKey": f"{key}.{name}",
            "objectKey": key, "showInForms": True, "parentId": fields["folders"][0]["id"], **more,
        }  # fmt: skip
        made: Json = (await self.told("POST /custom-fields/", body))["field"]
        return made

    async def record(self, key: str, **properties: Any) -> str:
        made = await self.told(f"POST /objects/{key}/records", {"locationId": self.id, "properties": properties})
        return str(made["record"]["id"])

    async def association(self, key: str, first: str = "contact", name: str = "invoice_contact") -> str:
        body = {
            "locationId": self.id, "key": name, "firstObjectKey": first, "firstObjectLabel": f"Patient {name}",
            "secondObjectKey": key, "secondObjectLabel": f"Other {name}",
        }  # fmt: skip
        return str((await self.told("POST /associations/", body))["id"])

    async def relate(self, association: str, first: str, second: str) -> Json:
        made: Json = await self.told("POST /associations/relations", self.link(association, first, second))
        return made

    def link(self, association: str, first: str, second: str) -> Json:
        return {
            "locationId": self.id, "associationId": association, "firstRecordId": first, "secondRecordId": second,
        }  # fmt: skip

    async def calendar(self, **more: Any) -> str:
        body = {"locationId": self.id, "name": "Physio", "teamMembers": [{"userId": self.admin_id}], **more}
        return str((await self.told("POST /calendars/", body))["calendar"]["id"])

    def visit(self, calendar: str, contact: str, **more: Any) -> Json:
        """The body of an appointment that nobody checks and nobody hears of."""
        return {
            "calendarId": calendar, "locationId": self.id, "contactId": contact,
            "startTime": "2024-06-03T09:30:00+10:00", "endTime": "2024-06-03T10:00:00+10:00",
            "appointmentStatus": "showed", "ignoreDateRange": True, "ignoreFreeSlotValidation": True,
            "toNotify": False, **more,
        }  # fmt: skip

    async def appointment(self, calendar: str, contact: str, **more: Any) -> str:
        made = await self.told("POST /calendars/events/appointments", self.visit(calendar, contact, **more))
        return str(made["id"])

    def invoice(self, contact: str, **more: Any) -> Json:
        """The body of an invoice with two lines."""
        line = {"name": "Consult", "currency": "AUD", "amount": 90, "qty": 1}
        return {
            "altId": self.id, "altType": "location", "name": "Invoice", "businessDetails": {"name": "Clinic"},
            "currency": "AUD", "items": [line, {**line, "name": "Tape", "amount": 5.5, "qty": 2}],
            "discount": {"type": "fixed", "value": 0}, "issueDate": "2024-06-03", "sentTo": {"email": []},
            "contactDetails": {"id": contact, "name": "Ana", "phoneNo": "+61400000001", "email": "ana@example.org"},
            "liveMode": True, **more,
        }  # fmt: skip

    async def upload(self, contact: str, field: str, name: str = "a.pdf", content: bytes = b"%PDF") -> httpx2.Response:
        path = f"POST /forms/upload-custom-files?contactId={contact}&locationId={self.id}"
        return await self.ask(path, files={f"{field}_{name}-id": (name, content)})

    # The back door

    @property
    def admin_id(self) -> str:
        return str(self.world.admin["id"])

    async def admin(self, call: str, json: Any = None) -> httpx2.Response:
        method, name = call.split(" ")
        return await self.http.request(method, f"/__admin/{name}", json=json)

    async def dump(self, name: str) -> list[Json]:
        return [json.loads(line) for line in (await self.admin(f"GET dump/{name}")).text.splitlines()]

    async def count(self, name: str) -> int:
        return int((await self.admin("GET state")).json()[name])

    def pass_time(self, seconds: float = LAG_S) -> None:
        """Let time pass; long enough, by default, for searches to know."""
        self.world.clock.advance(seconds)
