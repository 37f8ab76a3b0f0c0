"""What we send, held against the vendor's own specification (kept beside the checkout)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
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

pytestmark = pytest.mark.anyio
UNDESCRIBED = {
    "POST /locations/{locationId}/customFields": {"options", "parentId", "documentType"},
    "PUT /locations/{locationId}/customFields/{id}": {"options"},
    "POST /objects/{schemaKey}/records": {"locationId", "properties", "owner"},
    "PUT /objects/{schemaKey}/records/{id}": {"properties", "owner"},
    "POST /objects/{schemaKey}/records/search": {"filters", "sort"},
    "POST /contacts/search": {"locationId", "pageLimit", "page", "filters", "sort", "searchAfter"},
}
"""What the specification leaves out and FACTS 4.3, 7 and 8 know."""
NO_TYPE = 'is not of type "object"'
"""How the specification spells "anything": birthdays and association keys are texts (FACTS 4.1, 9)."""
LAX = {"POST /objects/{schemaKey}/records/search", "POST /locations/{locationId}/customFields"}
"""Where FACTS knows that the specification demands more, or otherwise, than the vendor."""


@cache
def operations(shared: Path) -> dict[str, tuple[Any, Any]]:
    """By method and path: the operation and its document."""
    found: dict[str, tuple[Any, Any]] = {}
    for file in sorted((shared / "vendors/highlevel/spec/v2").glob("*.json")):
        document = json.loads(file.read_text("utf-8"))
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                found[f"{method.upper()} {path.rstrip('/')}"] = operation, document
    return found


def fitting(shared: Path, asked: Asked) -> tuple[str, Any, Any]:
    """The operation that a request is: of several templates the one with fewest names."""
    name = asked.name.rstrip("/")
    found = [
        (each, *operation)
        for each, operation in operations(shared).items()
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(each)), name)
    ]
    assert found, f"the vendor describes no {name}"
    return min(found, key=lambda one: one[0].count("{"))


def complaints(shared: Path, asked: Asked) -> Iterator[str]:
    name, operation, document = fitting(shared, asked)
    known = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}
    yield from (f"{name}: parameter {one}" for one in asked.params if one not in known | {"locationId"})
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = content.get("schema")
    if asked.body is None or schema is None:
        return
    described = resolved(document, schema).get("properties")
    if described is not None:
        unknown = set(asked.body) - set(described) - UNDESCRIBED.get(name, set())
        yield from (f"{name}: property {one} should not exist" for one in sorted(unknown))
    if name not in LAX:
        validator = jsonschema_rs.validator_for({**schema, "components": document["components"]})
        yield from (
            f"{name}: {error.message}"
            for error in validator.iter_errors(asked.body)
            if not error.message.endswith(NO_TYPE)
        )


def resolved(document: Any, schema: Any) -> Any:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


async def test_every_request_is_one_that_the_vendor_describes(
    shared: Path, location: Location, highlevel: HighLevel
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

    found = sorted({words for asked in location.asked for words in complaints(shared, asked)})

    assert found == [], "\n".join(found)
    assert len({fitting(shared, asked)[0] for asked in location.asked}) > 40


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
