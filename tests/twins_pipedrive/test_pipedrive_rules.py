"""Every rule is proven, and traffic agrees with the vendor's documents."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from pipedrive_client import ZOE, Account
from pipedrive_spec import Documents, joined, missing

from gurney.twins.kit.rules import rules_named_in, rules_table
from gurney.twins.kit.server import VENDORS
from gurney.twins.pipedrive import RULES
from gurney.twins.pipedrive.service import RESOURCES, prices

pytestmark = pytest.mark.anyio
HERE = Path(__file__).parent
SELDOM = {
    "project", "task", "project_name", "attendees", "postal_address", "notes", "im", "birthday", "job_title",
    "next_cursor", "next_start", "start", "limit", "more_items_in_collection", "ui_visibility", "important_fields",
    "required_fields", "description", "options_deleted", "subfields", "options", "doi_status", "marketing_status",
    "projects_detail_visible_flag", "related_items", "mandatory_flag", "color", "add_time", "update_time", "field_code",
}  # fmt: skip
"""Keys that the document has and an answer may lack: on request, with contact sync, elsewhere in the envelope."""
OTHER_SHAPES = ("/recents", "/itemSearch/field")
"""Partial objects (FACTS 3.2), and hits that look like the document's example, not its schema (FACTS 6)."""
MERGED_ONLY = {
    "cc_email", "label", "next_activity_date", "next_activity_time", "next_activity_id", "last_activity_id",
    "last_activity_date", "last_incoming_mail_time", "last_outgoing_mail_time",
    "participant_open_deals_count", "participant_closed_deals_count",
}  # fmt: skip
"""Keys of the long v1 answer to a merge that nobody needs."""


def test_each_rule_is_named_by_a_test_and_each_name_is_a_rule() -> None:
    named = set(rules_named_in(HERE))

    assert {rule.id for rule in RULES} - named == set()
    assert named - {rule.id for rule in RULES} == set()


def test_each_switch_is_tried_with_another_value() -> None:
    source = "".join(path.read_text() for path in HERE.glob("test_*.py") if path.name != Path(__file__).name)

    assert {rule.switch for rule in RULES if rule.switch and f'"{rule.switch}":' not in source} == set()


def test_the_table_of_rules_has_a_line_for_each() -> None:
    assert len(rules_table(RULES, HERE).splitlines()) == len(RULES) + 2


def test_the_price_list_has_every_endpoint_and_no_other() -> None:
    served = {route.key for resource in RESOURCES for route in resource.routes.all}

    assert served == set(prices())
    assert "pipedrive" in VENDORS


async def a_day(account: Account) -> None:
    """A little of everything that a migration does, and more."""
    (text,) = await account.field("varchar")
    enum, red, _ = await account.field("enum", "Red", "Blue")
    await account.told(f"POST v2/personFields/{enum}/options", [{"label": "Green"}])
    await account.told(f"PATCH v2/personFields/{text}", {"field_name": "Other"})
    org = (await account.make("organizations", name="Gym", address={"value": "1 Main St"}))["id"]
    person = await account.person(org_id=org, custom_fields={text: "12345", enum: red}, add_time="2021-03-04T05:06:07Z")
    other = await account.person(visible_to=3)
    await account.told(f"PATCH v2/persons/{person}", {"emails": [{"value": "new@x.au", "primary": True}]})
    product = (await account.make("products", name="Consult", code="ITEM-1", prices=[{"price": 9, "currency": "AUD"}]))[
        "id"
    ]
    deal = (await account.make("deals", title="D", person_id=person, org_id=org, value=5))["id"]
    line = {"product_id": product, "item_price": 90, "quantity": 2}
    await account.told(f"POST v2/deals/{deal}/products", line)
    await account.told(f"POST v2/deals/{deal}/products/bulk", {"data": [line]})
    lead = (await account.told("POST v1/leads", {"title": "L", "person_id": person, "visible_to": "3"}))["id"]
    kind = await account.told("POST v1/activityTypes", {"name": "Visit", "icon_key": "meeting"})
    times = {"due_date": "2026-02-03", "due_time": "23:30", "duration": "00:45", "done": True}
    people = [{"person_id": person, "primary": True}]
    activity = await account.make("activities", subject="V", type=kind["key_string"], participants=people, **times)
    await account.told(
        f"PATCH v2/activities/{activity['id']}", {"note": "<p>x</p>", "location": {"value": "1 Main St"}}
    )
    note = await account.note(person_id=person, add_time="2021-03-04 05:06:07", user_id=4711)
    await account.told(f"PUT v1/notes/{note['id']}", {"content": "y"})
    file = (await account.upload(person_id=person)).json()["data"]["id"]
    line = {"object": "person", "field_id": "1", "operator": "IS NOT NULL", "value": None}
    conditions = {"glue": "and", "conditions": [{"glue": "and", "conditions": [line]}]}
    filter_ = await account.told("POST v1/filters", {"name": "F", "type": "people", "conditions": conditions})
    account.pass_time(60)
    for path in (
        f"v2/persons?filter_id={filter_['id']}&include_fields=notes_count&limit=1", "v2/organizations",
        "v2/persons?sort_by=id&sort_direction=desc&limit=500&include_option_labels=true&include_labels=true",
        f"v2/persons?ids={person},{other}&custom_fields={text}", f"v2/persons/{person}", f"v2/organizations/{org}",
        "v2/activities?updated_since=2026-01-01T00:00:00Z&sort_by=update_time&limit=1", "v2/activities/1",
        "v2/products?limit=500", f"v2/products/{product}", "v2/deals?status=open", f"v2/deals/{deal}",
        "v2/deals/archived", f"v2/deals/{deal}/products", "v2/personFields?limit=500", "v2/activityFields",
        "v2/productFields", "v2/dealFields", "v2/organizationFields", f"v2/personFields/{enum}", "v2/pipelines",
        "v2/pipelines/1", "v2/stages", "v2/stages/1", "v2/persons/search?term=zoe&exact_match=false",
        "v2/organizations/search?term=gym", "v2/products/search?term=consult",
        "v2/leads/search?term=l&exact_match=true",
        "v2/itemSearch?term=zoe", f"v2/itemSearch/field?entity_type=person&field={text}&term=12345",
        f"v1/notes?person_id={person}&sort=id DESC&limit=1", f"v1/notes/{note['id']}", "v1/noteFields",
        "v1/files?limit=100", f"v1/files/{file}", f"v1/files/{file}/download", f"v1/persons/{person}/files",
        f"v1/persons/{person}/changelog", f"v1/persons/{person}/permittedUsers", "v1/leads", f"v1/leads/{lead}",
        "v1/leadLabels", "v1/leadSources", "v1/users", "v1/users/me", "v1/users/4711", "v1/users/4711/permissions",
        "v1/users/find?term=admin", "v1/userSettings", "v1/currencies", "v1/activityTypes", "v1/permissionSets",
        "v1/roles", "v1/filters", f"v1/filters/{filter_['id']}", "v1/personFields?limit=500",
        "v1/recents?since_timestamp=2026-01-01 00:00:00&items=note,file,person",
    ):  # fmt: skip
        assert (await account.ask(f"GET {path}")).status_code in (200, 302), path
    await account.ask(f"PUT v1/files/{file}", data={"name": "b.txt"})
    await account.told(f"PUT v1/persons/{other}/merge", {"merge_with_id": person})
    await account.told(f"PATCH v1/leads/{lead}", {"title": "M"})
    for path in (
        f"v1/files/{file}", f"v1/notes/{note['id']}", f"v2/activities/{activity['id']}", f"v1/leads/{lead}",
        f"v2/deals/{deal}/products", f"v2/deals/{deal}", f"v2/products/{product}", f"v2/persons/{person}",
        f"v2/organizations/{org}", f"v2/personFields/{enum}", f"v1/activityTypes/{kind['id']}",
        f"v1/filters/{filter_['id']}",
    ):  # fmt: skip
        await account.told(f"DELETE {path}")
    for call, body in (("POST v2/persons", {**ZOE, "x": 1}), ("GET v2/persons/99", None), ("GET v1/users/9", None)):
        assert (await account.ask(call, body)).status_code >= 400


@pytest.fixture(scope="module")
def documents(shared: Path) -> Documents:
    return Documents(shared / "vendors" / "pipedrive" / "spec")


async def test_traffic_agrees_with_the_documents(documents: Documents) -> None:
    account = Account(record_bodies=True)

    await a_day(account)

    complaints = [one for entry in account.twin.journal for one in documents.complaints(entry)]
    assert complaints == []


SOMETHING = {"integer": "1", "number": "1", "boolean": "true"}
NEEDED = {"term": "zoe", "since_timestamp": "2026-01-01 00:00:00"}
WITH_CAMPAIGNS = {"marketing_status", "doi_status"}
"""Only companies with the marketing app have them, says the document."""


def choices(parameter: dict[str, Any]) -> list[str]:
    """Values that a query parameter takes, so far as the document tells."""
    schema = parameter["schema"]
    told = schema.get("enum") or schema.get("items", {}).get("enum") or [SOMETHING.get(schema.get("type"), "x")]
    return [str(one) for one in told if one not in WITH_CAMPAIGNS]


async def test_every_documented_parameter_is_known_and_no_other(documents: Documents) -> None:
    account = Account()
    wrong = []
    for key in sorted(prices()):
        method, template = key.split()
        if method != "GET":
            continue
        known = [one for one in documents.described(method, template).get("parameters", ()) if one["in"] == "query"]
        needed = {one["name"]: NEEDED.get(one["name"]) or choices(one)[0] for one in known if one.get("required")}
        path = re.sub(r"\{[^}]+\}", "1", template)
        for query in ({one["name"]: value} for one in known for value in choices(one)):
            answer = await account.ask(f"GET {path[1:]}", params={**needed, **query})
            if "not allowed" in answer.text or "must be one of" in answer.text:
                wrong.append((template, query))
        stranger = (await account.ask(f"GET {path[1:]}", params={**needed, "stranger": "1"})).text
        if template.startswith("/v2") and "Parameter 'stranger' is not allowed" not in stranger:
            wrong.append((template, {"stranger": "1"}))

    assert wrong == []


async def test_every_documented_key_of_a_body_is_known_and_no_other(documents: Documents) -> None:
    account = Account(switches={"contact_sync": "on"})
    await account.person()
    await account.make("deals", title="D")
    for name in ("organizations", "products"):
        await account.make(name, name="N")
    await account.make("activities")
    await account.told("POST v2/deals/1/products", {"product_id": 1, "item_price": 90, "quantity": 2})
    wrong = []
    for key in sorted(prices()):
        method, template = key.split()
        content = documents.described(method, template).get("requestBody", {}).get("content", {})
        schema = joined(content.get("application/json", {}).get("schema", {}))
        if not template.startswith("/v2") or "properties" not in schema or "field_code" in template:
            continue
        path = re.sub(r"\{[^}]+\}", "1", template)
        for name in sorted({*schema["properties"], "stranger"} - WITH_CAMPAIGNS):
            refused = f"'{name}' is not allowed" in (await account.ask(f"{method} {path[1:]}", {name: {"x": 1}})).text
            if refused != (name == "stranger"):
                wrong.append((key, name))

    assert wrong == []


async def test_answers_have_every_key_of_the_documents(documents: Documents) -> None:
    account = Account(record_bodies=True)
    await a_day(account)

    lacking: dict[str, set[str]] = {}
    for entry in account.twin.journal:
        operation = documents.operation(entry)
        if (
            operation is None
            or entry.bodies is None
            or entry.status not in (200, 201)
            or entry.path.endswith(OTHER_SHAPES)
        ):
            continue
        content = operation["responses"][str(entry.status)].get("content", {}).get("application/json", {})
        gaps = missing(joined(content.get("schema", {})), orjson.loads(entry.bodies[3] or b"null")) - SELDOM
        gaps -= MERGED_ONLY if entry.path.endswith("/merge") else set()
        if gaps:
            lacking[f"{entry.method} {entry.path}"] = gaps
    assert lacking == {}
