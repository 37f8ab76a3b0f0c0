"""What we send and what it costs, held against the vendor's own specification (kept beside the checkout)."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from pipedrive_company import SINGLE, Asked, Company, a_file, a_note, a_person, an_appointment, an_update
from ruamel.yaml import YAML

from gurney.destinations.pipedrive import blueprint, limits
from gurney.destinations.pipedrive.destination import Pipedrive
from gurney.destinations.pipedrive.lists import FALLING, OLD_FALLING
from gurney.destinations.pipedrive.objects import RESOURCES
from gurney.records import Link
from gurney.schema import FieldType, NewField, NewOptions

pytestmark = pytest.mark.anyio
NAMES = re.compile(r"\{\w+\}")


@cache
def costs(shared: Path) -> dict[str, int]:
    """Tokens by call, with every name in braces alike."""
    listed = json.loads((shared / "vendors/pipedrive/spec/token-costs.json").read_text("utf-8"))
    return {NAMES.sub("{}", f"{one['method']} {one['path']}"): one["token_cost"] for one in listed}


@cache
def spec(shared: Path, version: str) -> dict[str, Any]:
    file = shared / f"vendors/pipedrive/spec/openapi-{version}.yaml"
    document: dict[str, Any] = YAML(typ="safe").load(file)
    return document


def operation(shared: Path, asked: Asked) -> dict[str, Any]:
    """The vendor's description of a call that was made."""
    version, path = asked.path[1:3], asked.path[3:]
    shape = re.sub(r"/[0-9a-f]{40}|/\d+", "/{}", path)
    paths = spec(shared, version)["paths"]
    found = [each for name, each in paths.items() if NAMES.sub("{}", name) == shape]
    assert found, f"the specification has no {asked.name}"
    described: dict[str, Any] = found[0][asked.method.lower()]
    return described


def strict(schema: Any, *, is_part: bool = False) -> Any:
    """Version 2 refuses what it does not know (FACTS 0.4), which its document does not say."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    told = {name: strict(each) for name, each in schema.items() if name != "allOf"}
    if "allOf" in schema:
        told["allOf"] = [strict(each, is_part=True) for each in schema["allOf"]]
    if ("properties" in told or "allOf" in told) and "additionalProperties" not in told and not is_part:
        told["unevaluatedProperties"] = False
    return told


def as_json_schema(schema: Any) -> Any:
    """OpenAPI 3.0 says `nullable` for what JSON Schema says as a type; examples hold dates that are no JSON.

    Every field may be emptied with null (FACTS 4), which the document says of few.
    """
    if isinstance(schema, list):
        return [as_json_schema(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    told = {name: as_json_schema(each) for name, each in schema.items() if name not in ("example", "default")}
    if isinstance(told.get("type"), str):
        told["type"] = [told["type"], "null"]
    return told


async def a_days_work(company: Company, pipedrive: Pipedrive) -> None:
    """Every kind of call once."""
    await pipedrive.check()
    born = NewField("persons", "born", "Born", FieldType.DATE)
    insurance = NewField("persons", "insurance", "Insurance", FieldType.PICKLIST, options=("GP",))
    made = await pipedrive.provision([born, insurance, NewOptions("activities", "type", ("Review",))])
    made += await pipedrive.provision([NewOptions("persons", made[1].actual_name, ("Friend",))])
    moment = datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC)
    person = a_person(
        "1",
        email="z@example.org",
        phone_home="1",
        org_id=Link("organizations", "1"),
        add_time=moment,
        **{made[0].actual_name: date(1980, 5, 17), made[1].actual_name: "Friend"},
    )
    (one,) = await pipedrive.write([person], SINGLE)
    id = one.destination_id or ""
    parent = Link("persons", id)
    await pipedrive.write([an_update(person, id, name="New", phone_home=None, email="y@example.org")], SINGLE)
    visit = an_appointment("1", type="Review", start=moment, duration_minutes=30, done=True, person_id=parent, note="x")
    (seen,) = await pipedrive.write([visit], SINGLE)
    await pipedrive.write([an_update(visit, seen.destination_id or "", done=False, start=None)], SINGLE)
    note = a_note("1", "<p>x</p>", parent, owner_id="4712", add_time=moment)
    (noted,) = await pipedrive.write([note], SINGLE)
    await pipedrive.write([an_update(note, noted.destination_id or "", content="<p>y</p>")], SINGLE)
    (file,) = await pipedrive.write([a_file("1", parent)], SINGLE)
    key = company.a_field("products", "ID", "varchar")
    await pipedrive.describe(["products"])
    product = replace(
        a_person("1"), object="products", key_field=key, fields={"name": "Tape", key: "1", "price": Decimal("9.5")}
    )
    await pipedrive.write([product], SINGLE)
    await pipedrive.find("persons", person.key_field, ["1"])
    await pipedrive.read("persons", [id], ["name"])
    await pipedrive.read("activities", [str(number) for number in range(1, 20)], ["subject"])
    await pipedrive.read_children([parent], "notes")
    await pipedrive.read_children([parent], "files")
    await pipedrive.settle([note, a_file("1", parent)])
    await pipedrive.children_of_others("persons", [id], frozenset())
    for object in RESOURCES:
        await pipedrive.count(object)
    await pipedrive.delete("files", [file.destination_id or ""])
    await pipedrive.delete("notes", [noted.destination_id or ""])
    await pipedrive.delete("activities", [seen.destination_id or ""])
    await pipedrive.delete("persons", [id])
    await pipedrive.unprovision(made)
    await pipedrive.create_user("new@example.com", "A", "B", "admin")


async def test_every_call_is_one_of_the_specifications(shared: Path, company: Company, pipedrive: Pipedrive) -> None:
    await a_days_work(company, pipedrive)

    for asked in company.asked:
        described = operation(shared, asked)
        known = {each["name"] for each in described.get("parameters", ()) if each["in"] == "query"}
        assert set(asked.params) <= known, f"{asked.name} has no parameter {set(asked.params) - known}"
    assert len({each.name.translate({ord(digit): None for digit in "0123456789"}) for each in company.asked}) > 30


async def test_every_body_is_as_specified(shared: Path, company: Company, pipedrive: Pipedrive) -> None:
    await a_days_work(company, pipedrive)

    bodies = 0
    for asked in company.asked:
        described = operation(shared, asked).get("requestBody")
        if described is None or asked.body is None:
            continue
        content = described["content"]
        schema = content["application/json"]["schema"]
        version = asked.path[1:3]
        schema = as_json_schema(strict(schema) if version == "v2" else schema)
        components = as_json_schema(spec(shared, version).get("components", {}))
        try:
            jsonschema_rs.validator_for({**schema, "components": components}).validate(asked.body)
        except jsonschema_rs.ValidationError as wrong:
            raise AssertionError(f"{asked.name}: {wrong.message}") from None
        bodies += 1
    assert bodies > 10


def test_prices_are_the_vendors(shared: Path) -> None:
    told = costs(shared)

    assert {call: told[NAMES.sub("{}", call)] for call in limits.prices()} == dict(limits.prices())


def test_lists_are_sorted_in_ways_that_are_specified(shared: Path) -> None:
    for kind in RESOURCES.values():
        path = spec(shared, "v2" if kind.is_v2 else "v1")["paths"][
            kind.path.removeprefix("/api/v2").removeprefix("/api/v1")
        ]
        known = {each["name"]: each for each in path["get"]["parameters"]}
        for name, value in FALLING if kind.is_v2 else OLD_FALLING:
            assert name in known
            options = known[name].get("schema", {}).get("enum")
            assert options is None or value in options


def test_what_hangs_on_a_record_is_counted_by_fields_that_there_are(shared: Path) -> None:
    for kind in RESOURCES.values():
        for counts in kind.counts.values():
            path = spec(shared, "v2")["paths"][kind.path.removeprefix("/api/v2")]
            (include,) = (each for each in path["get"]["parameters"] if each["name"] == "include_fields")
            assert set(counts.split(",")) <= set(include["schema"]["enum"]), kind.name


@pytest.mark.parametrize("type", sorted(set(FieldType) - {FieldType.OTHER, FieldType.FILE}))
def test_fields_are_asked_for_as_specified(shared: Path, type: FieldType) -> None:
    change = NewField("persons", "x", "X", type, options=("A", "B"), lookup_to="organizations")
    schema = spec(shared, "v2")["paths"]["/personFields"]["post"]["requestBody"]["content"]["application/json"][
        "schema"
    ]

    jsonschema_rs.validator_for(as_json_schema(strict(schema))).validate(blueprint.field_body(change))


def test_the_icon_of_new_activity_types_is_on_the_vendors_list(shared: Path) -> None:
    body = spec(shared, "v1")["paths"]["/activityTypes"]["post"]["requestBody"]["content"]["application/json"]
    assert limits.data()["activity_type"]["icon"] in body["schema"]["properties"]["icon_key"]["enum"]
