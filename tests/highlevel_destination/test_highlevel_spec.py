"""What we send, held against the vendor's own specification (kept beside the checkout)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from highlevel_location import (
    INVOICE,
    LOCATION,
    SINGLE,
    Asked,
    Location,
    a_file,
    a_note,
    a_patient,
    an_appointment,
    an_invoice,
    an_update,
)
from test_highlevel_schema import CHANGES

from gurney.destinations.highlevel.destination import HighLevel
from gurney.destinations.highlevel.limits import data
from gurney.records import Link
from gurney.testing.recording import Exchange
from gurney.testing.traffic import SpecValidator, load_validators

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def judge(shared: Path) -> SpecValidator:
    return load_validators(shared / "vendors")["highlevel"]


def complaints(judge: SpecValidator, asked: Iterable[Asked]) -> set[str]:
    """What is wrong with the requests; the answers of these tests are nobody's."""
    exchanges = [
        Exchange(one.method, f"{one.path}?{urlencode(one.params)}", dict(one.headers), one.raw, 200, {}, None)
        for one in asked
    ]
    return {str(one) for one in judge.validate_all(exchanges) if one.side == "request"}


def call(method: str, path: str, body: Any) -> Exchange:
    headers = {"content-type": "application/json", "version": "2021-07-28"}
    return Exchange(method, path, headers, json.dumps(body).encode(), 400, {}, None)


@pytest.mark.parametrize(
    "wrong",
    [
        call("POST", "/contacts/", {"locationId": "L", "additionalEmails": ["a@example.org"]}),
        call("POST", "/contacts/", {"firstName": "Ana"}),
        call("POST", "/contacts/", {"locationId": "L", "customFields": [{"field_value": "x"}]}),
        call("PUT", "/contacts/c", {"locationId": "L"}),
        call("PUT", "/contacts/c", {"companyName": "Ltd"}),
        call("POST", "/contacts/search", {"locationId": "L", "pageLimit": 501}),
        call("POST", "/contacts/c/tasks", {"title": "x", "dueDate": "2026-02-03T00:00:00Z"}),
        call("POST", "/objects/custom_objects.x/records", {"properties": {}}),
        call("POST", "/objects/custom_objects.x/records", {"locationId": "L", "properties": "x"}),
        call("PUT", "/objects/custom_objects.x/records/r?locationId=L", {"locationId": "L", "properties": {}}),
        call("POST", "/associations/relations", {"associationId": "a", "firstRecordId": "c"}),
        call("POST", "/invoices/", {"name": "Invoice 1", "currency": "AUD"}),
        call("POST", "/calendars/events/appointments", {"locationId": "L", "calendarId": "C", "contactId": "c"}),
        call("PATCH", "/contacts/c", {"firstName": "Ana"}),
    ],
    ids=lambda exchange: f"{exchange.method} {exchange.url}",
)
def test_a_request_that_the_vendor_refuses_is_told(judge: SpecValidator, wrong: Exchange) -> None:
    assert [one for one in judge.validate(wrong) if one.side == "request"]


async def test_every_request_is_one_that_the_vendor_describes(
    judge: SpecValidator, location: Location, highlevel: HighLevel
) -> None:
    await highlevel.check()
    await highlevel.unprovision(await highlevel.provision(CHANGES))
    full = a_patient("1", firstName="Ana", email="ana@example.org", phone="0491 570 156", choice="Left",
                     dateOfBirth=date(1984, 2, 29), dnd_email=True, country="AU")  # fmt: skip
    (made,) = await highlevel.write([replace(full, owner_id="U1")], SINGLE)
    contact = made.destination_id or ""
    invoice = an_invoice("9", contact, total=Decimal("90.50"), state="Paid")
    visit = replace(an_appointment("5", contact, description="Knee"), owner_id="U2")
    ids = {}
    for write in (invoice, visit, a_note("7", contact, owner_id="U1"), a_file("3", contact, "scan.dcm")):
        (outcome,) = await highlevel.write([write], SINGLE)
        ids[write.object] = outcome.destination_id or ""
    await highlevel.write([an_update(full, contact, city="Hobart", phone=None)], SINGLE)
    await highlevel.write([an_update(invoice, ids[INVOICE], state="Open", patient=None)], SINGLE)
    await highlevel.write([an_update(visit, ids["appointments"], title="Second visit")], SINGLE)
    await highlevel.settle([full, invoice, visit])
    await highlevel.children_of_others("contacts", [contact], frozenset())
    await highlevel.find(INVOICE, "cliniko_invoice_id", ["9"])
    for object, id in ids.items():
        await highlevel.delete(object, [id], parents={id: Link("contacts", contact)})
    await highlevel.delete("contacts", [contact])

    found = sorted(complaints(judge, location.asked))

    assert found == [], "\n".join(found)
    assert len({asked.name for asked in location.asked}) > 40


async def test_every_request_names_a_version_and_its_calendar_paths_their_own(
    location: Location, highlevel: HighLevel
) -> None:
    await highlevel.check()

    versions = {asked.path.split("/")[1]: asked.headers["version"] for asked in location.asked}
    assert versions["calendars"] == "2021-04-15"
    assert {version for name, version in versions.items() if name != "calendars"} == {"2021-07-28"}


def test_every_scope_that_is_asked_for_is_one_of_the_vendors(shared: Path) -> None:
    spec = shared / "vendors/highlevel/spec"
    page = "".join(file.read_text("utf-8") for file in (spec / "docs/Scopes.md", *(spec / "v2").glob("*.json")))

    for scope in data()["scopes"]:
        for name in (scope["name"], *scope.get("also", ())):
            assert name in page, name


def test_the_location_of_the_tests_looks_like_one() -> None:
    assert len(LOCATION) == 20
