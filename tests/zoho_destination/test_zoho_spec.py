"""What we send and read, held against the vendor's own specification and samples (kept beside the checkout)."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from zoho_org import BATCH, KEY, Org, a_field, a_write, success

from gurney.destinations.zoho import blueprint
from gurney.destinations.zoho.destination import Zoho
from gurney.destinations.zoho.metadata import field_schema, object_schema
from gurney.records import Kind, Link, OperationKey, Write
from gurney.schema import FieldType, NewField, NewObject

pytestmark = pytest.mark.anyio


@cache
def spec(shared: Path, resource: str) -> dict[str, Any]:
    file = shared / f"vendors/zoho/spec/oas-v8-2026/zoho-crm-{resource}-openapi.json"
    document: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return document


def request_validator(shared: Path, resource: str, path: str, method: str) -> jsonschema_rs.Validator:
    document = spec(shared, resource)
    schema = document["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
    return jsonschema_rs.validator_for({**schema, "components": document["components"]})


@pytest.mark.parametrize("type", sorted(set(FieldType) - {FieldType.OTHER}))
@pytest.mark.parametrize("unique", [False, True])
def test_fields_are_asked_for_as_specified(shared: Path, type: FieldType, unique: bool) -> None:
    validator = request_validator(shared, "fields", "/settings/fields", "post")
    wanted = NewField(
        "Tasks",
        "Cliniko_Thing",
        "Cliniko thing",
        type,
        unique=unique and type is FieldType.TEXT,
        options=("GP", "Friend"),
        lookup_to="Contacts" if type is FieldType.LOOKUP else None,
        help="Where it comes from",
    )

    for body in blueprint.tries(wanted):
        validator.validate({"fields": [body]})


def test_modules_are_asked_for_as_specified(shared: Path) -> None:
    validator = request_validator(shared, "modules", "/settings/modules", "post")
    bodies = blueprint.module_tries(NewObject("Invoice_History", "Invoice", "Invoice History"), ["5725767000000026011"])

    assert not validator.is_valid({"modules": [bodies[0]]}), "the documentation allows spaces, the specification not"
    validator.validate({"modules": [bodies[-1]]})


async def test_records_notes_and_queries_are_sent_as_specified(shared: Path, org: Org, zoho: Zoho) -> None:
    org.module("Contacts", KEY, a_field("Balance", "currency"), a_field("Interests", "multiselectpicklist"))
    org.module("Tasks", KEY)
    ok = {"data": [success("1")]}
    for call in ("POST /Contacts/upsert", "POST /Tasks", "PUT /Contacts", "POST /Notes", "POST /coql"):
        org.on(call, ok)
    key, parent = OperationKey("Z12", "treatment_notes", "5"), Link("Contacts", "1")

    await zoho.write([a_write("1", Balance=Decimal("1.50"), Interests=("a",))], BATCH)
    await zoho.write([a_write("1", "Tasks")], BATCH)
    await zoho.write([a_write("1", kind=Kind.UPDATE, Interests=None)], BATCH)
    await zoho.write(
        [Write(key, "Notes", "", "[r]", {"Note_Title": "[r]", "Note_Content": "fine"}, parent=parent)], BATCH
    )
    await zoho.find("Contacts", "Cliniko_ID", ["O'Brien"])

    for call, resource, path, method in (
        ("POST /Contacts/upsert", "record", "/{module}/upsert", "post"),
        ("POST /Tasks", "record", "/{module}", "post"),
        ("PUT /Contacts", "record", "/{module}", "put"),
        ("POST /Notes", "notes", "/Notes", "post"),
        ("POST /coql", "coql", "/coql", "post"),
    ):
        request_validator(shared, resource, path, method).validate(org.calls(call)[0].body)


def test_the_vendors_sample_of_fields_is_understood(shared: Path) -> None:
    sample = json.loads((shared / "vendors/zoho/spec/samples-v7/fields-meta-data.json").read_text("utf-8"))
    fields = sample[0]["json"]["fields"]

    schema = object_schema({"api_name": "Leads", "plural_label": "Leads"}, fields)

    assert len(schema.fields) == len(fields)
    assert not schema.fields["Created_Time"].writable
    assert schema.fields["Email"].unique
    assert schema.fields["Name1"].type is FieldType.RICH_TEXT
    assert "-None-" not in schema.fields["Lead_Source"].options
    assert schema.fields["Contact_Lookup"].lookup_to == "A"
    assert not field_schema(next(raw for raw in fields if raw["api_name"] == "multiline")).hidden_by_policy
