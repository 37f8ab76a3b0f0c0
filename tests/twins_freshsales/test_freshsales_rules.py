"""Every rule is proven, requests are in the vendor's list, answers have the shapes of recorded ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from freshsales_client import VISIT, ZOE, Account, on
from freshsales_spec import NOT_SERVED, UNLISTED, Operations, is_unlisted

from gurney.testing.freshsales_traffic import differences
from gurney.twins.freshsales import RULES
from gurney.twins.freshsales.service import RESOURCES
from gurney.twins.freshsales.zones import ZONES
from gurney.twins.kit.rules import rules_named_in, rules_table
from gurney.twins.kit.server import VENDORS

pytestmark = pytest.mark.anyio
HERE = Path(__file__).parent
VENDOR = Path("vendors") / "freshsales" / "spec"
MEETING = "sales_activity_types"


def test_each_rule_is_named_by_a_test_and_each_name_is_a_rule() -> None:
    named = set(rules_named_in(HERE))

    assert {rule.id for rule in RULES} - named == set()
    assert named - {rule.id for rule in RULES} == set()
    assert len(rules_table(RULES, HERE).splitlines()) == len(RULES) + 2
    assert "freshsales" in VENDORS


def test_each_switch_is_tried_with_another_value() -> None:
    source = "".join(path.read_text() for path in HERE.glob("test_*.py") if path.name != Path(__file__).name)

    switches = {rule.switch for rule in RULES if rule.switch}

    assert {name for name in switches if f'"{name}":' not in source and f"{name}=" not in source} == set()


async def a_day(account: Account) -> dict[str, Any]:
    """A little of everything that a migration does; the answers that have a recorded sample, by its name."""
    seen: dict[str, Any] = {}

    async def keep(sample: str, call: str, json: Any = None) -> Any:
        seen[sample] = await account.told(call, json)
        return seen[sample]

    await account.field("Active", "checkbox")
    gym = (await account.told("POST sales_accounts", {"sales_account": {"name": "Gym", "website": "gym.example"}}))[
        "sales_account"
    ]["id"]
    more = {"city": "Hobart", "sales_accounts": [{"id": gym, "is_primary": True}], "tags": ["run"]}
    contact = (await account.told("POST contacts", {"contact": {**ZOE, **more}}))["contact"]["id"]
    deal = {"name": "INV-1", "amount": 90, "sales_account_id": gym, "contacts_added_list": [contact]}
    deal_id = (await account.told("POST deals", {"deal": deal}))["deal"]["id"]
    await keep("contact", f"GET contacts/{contact}")
    await keep("contact_updated", f"PUT contacts/{contact}", {"contact": {"first_name": "Zoë"}})
    await keep("account", f"GET sales_accounts/{gym}")
    await keep("account_updated", f"PUT sales_accounts/{gym}", {"sales_account": {"name": "Gym South"}})
    await keep("deal", f"GET deals/{deal_id}")
    await keep("deal_updated", f"PUT deals/{deal_id}", {"deal": {"closed_date": "2026-01-01"}})
    for sample, name in (("contacts", "contacts"), ("accounts", "sales_accounts"), ("deals", "deals")):
        views = await keep(f"{sample[:-1]}_views", f"GET {name}/filters")
        view = next(
            one["id"] for one in views["filters"] if one["name"] in ("All Contacts", "All Accounts", "Open Deals")
        )
        await keep(sample, f"GET {name}/view/{view}?page=1&per_page=100&sort=updated_at&sort_type=desc")
        await keep(f"{sample[:-1]}_fields", f"GET settings/{name}/fields")
    note = await keep("note", "POST notes", {"note": {"description": "x", **on(contact)}})
    await keep("note_updated", f"PUT notes/{note['note']['id']}", {"note": {"description": "y", **on(contact)}})
    task = {"title": "Call", "description": "x", "due_date": "2099-06-21T11:00:00Z", "owner_id": None, **on(contact)}
    task |= {"owner_id": account.world.people.admin["id"]}
    made = (await keep("task", "POST tasks", {"task": task}))["task"]["id"]
    await keep("task_view", f"GET tasks/{made}?include=owner,users,targetable")
    await keep("task_updated", f"PUT tasks/{made}?include=owner,users,targetable", {"task": {"status": 1}})
    await account.task(contact, targetable_type="SalesAccount", targetable_id=gym)
    await account.task(contact, targetable_type="Deal", targetable_id=deal_id)
    await account.task(contact)
    await keep("tasks", "GET tasks?filter=open&include=owner,targetable&sort=id&sort_type=asc")
    visit = (await keep("appointment", "POST appointments", {"appointment": {**VISIT, **on(contact)}}))["appointment"][
        "id"
    ]
    await keep("appointment_updated", f"PUT appointments/{visit}?include=targetable", {"appointment": {"title": "W"}})
    await keep("appointments", "GET appointments?filter=past")
    await selling(account, keep, contact, deal_id)
    await searching(account, keep, contact)
    await bulk_and_settings(account)
    for name in SELECTORS:
        await keep(f"selectors_{name}", f"GET selector/{name}")
    types = seen["selectors_sales_activity_types"][MEETING]
    await keep(
        "selectors_sales_activity_types_outcomes", f"GET selector/{MEETING}/{types[0]['id']}/sales_activity_outcomes"
    )
    seen["selectors_users"] = await account.told("GET selector/owners")
    seen["deleted_200"] = await account.told(f"DELETE notes/{note['note']['id']}")
    for path in (f"tasks/{made}", f"appointments/{visit}"):
        await account.told(f"DELETE {path}")
    seen["deleted"] = await account.told(f"DELETE contacts/{contact}")
    await account.told(f"DELETE deals/{deal_id}/forget")
    return seen


SELECTORS = (
    "business_types", "contact_statuses", "currencies", "deal_payment_statuses", "deal_pipelines", "deal_reasons",
    "deal_stages", "deal_types", "industry_types", "lead_sources", "lifecycle_stages", "sales_activity_entity_types",
    "sales_activity_outcomes", "sales_activity_types", "territories",
)  # fmt: skip


async def selling(account: Account, keep: Any, contact: int, deal: int) -> None:
    """Activities and products."""
    kind = (await account.done("POST activity_type", {"name": "Visit"}))["id"]
    times = {"start_date": "2017-12-04T11:30:00Z", "end_date": "2017-12-04T12:00:00Z", "notes": "sample"}
    activity = {"title": "ticket", "sales_activity_type_id": kind, **times, **on(contact)}
    made = await keep("sales_activity", "POST sales_activities", {"sales_activity": activity})
    path = f"sales_activities/{made['sales_activity']['id']}"
    await keep("sales_activity_updated", f"PUT {path}", {"sales_activity": {"title": "other"}})
    await keep("sales_activities", "GET sales_activities")
    await keep("sales_activity_fields", "GET settings/sales_activities/fields")
    product = (await account.told("POST cpq/products", {"product": {"name": "Tape", "category": "Goods"}}))["product"][
        "id"
    ]
    await keep("product_updated", f"PUT cpq/products/{product}", {"product": {"product_code": "T1"}})
    price = {"pricing_type": 1, "product_pricings": [{"currency_code": "AUD", "unit_price": 80}]}
    await keep("product_pricing", f"PUT cpq/products/{product}?include=product_pricings", {"product": price})
    away = {"product": {"product_pricings": [{"currency_code": "AUD", "_destroy": True}]}}
    line = {"deal": {"products": [{"id": product, "quantity": 1, "unit_price": 40}]}}
    await keep("product_deal", f"PUT deals/{deal}?include=products", line)
    await keep("product_deal_deleted", f"PUT deals/{deal}?include=products", {"deal": {"products": []}})
    await keep("product_pricing_deleted", f"PUT cpq/products/{product}?include=product_pricings", away)
    await account.told("PUT cpq/products/products_bulk_update", {"ids": [product], "product": {"description": "x"}})
    await account.told("POST cpq/products/products_bulk_delete", {"selected_ids": [product]})


async def searching(account: Account, keep: Any, contact: int) -> None:
    """Searches, lists, files."""
    rule = {"attribute": "updated_at", "operator": "is_after", "value": "2024-01-01T00:00:00Z"}
    await keep("filter_contacts", "POST filtered_search/contact?page=1&per_page=100", {"filter_rule": [rule]})
    await account.told("GET lookup?q=zoe@example.org&f=email&entities=contact")
    await account.told("GET search?q=zoe&include=contact&per_page=100")
    run = (await keep("list", "POST lists", {"name": "Run"}))["list"]["id"]
    await keep("list_updated", f"PUT lists/{run}", {"name": "Fans"})
    await keep("lists", "GET lists")
    await keep("list_message", f"PUT lists/{run}/add_contacts", {"ids": [contact]})
    await keep("list_fetch_contact", f"GET contacts/lists/{run}")
    await keep("list_message_all", f"PUT lists/{run}/remove_contacts", {"all": True})
    assert (await account.upload(contact)).is_success
    await account.told(
        "POST document_links", {"url": "https://x.example", "name": "x", "is_shared": True, **on(contact)}
    )
    await account.told(f"GET contacts/{contact}/document_associations?per_page=100")
    await account.told(f"GET contacts/{contact}/activities")


async def bulk_and_settings(account: Account) -> None:
    """Bulk jobs, upserts, custom modules."""
    rows = {"contacts": [{"external_id": "b:1", "data": {"first_name": "B"}}]}
    url = (await account.told("POST contacts/bulk_upsert", rows))["job_status_url"]
    await account.told("POST sales_accounts/bulk_upsert", {"sales_accounts": [{"name": "Spa", "data": {"city": "A"}}]})
    await account.told("POST deals/bulk_upsert", {"deals": [{"name": "INV-2", "data": {"amount": 5}}]})
    await account.told(
        "POST contacts/upsert", {"unique_identifier": {"emails": "n@x.au"}, "contact": {"last_name": "N"}}
    )
    account.pass_time(60)
    await account.told(f"GET {url}")
    ids = [row["id"] for row in await account.dump("contacts")][-1:]
    await account.told(
        "POST contacts/bulk_assign_owner", {"owner_id": account.world.people.admin["id"], "selected_ids": ids}
    )
    await account.told("POST contacts/bulk_destroy", {"selected_ids": ids})
    module = {"entity_name": "care", "singular_name": "Care", "plural_name": "Cares", "icon": "x"}
    await account.told("POST settings/module_customizations", {"module_customization": module})
    form = (await account.told("GET settings/care/forms"))["forms"][0]["id"]
    await account.told(f"POST settings/care/forms/{form}/fields", {"label": "Part", "field_type": 1, "required": False})
    await account.told("POST custom_module/care", {"name": "Knee"})


def test_endpoints_are_those_of_the_list(shared: Path) -> None:
    operations = Operations(shared / VENDOR)
    served = {(r.method, re.sub(r"\{[^}]+\}", "1", r.template)) for resource in RESOURCES for r in resource.routes.all}

    unknown = {one for one in served if not operations.of(one[0], f"/api{one[1]}") and not is_unlisted(*one)}
    known = {(row["method"], row["path"]) for verb, path in served if (row := operations.of(verb, f"/api{path}"))}
    missing = {
        row["path"] for row in operations.rows
        if not any(word in row["path"] for word in NOT_SERVED)
        and (row["method"], row["path"]) not in known
    }  # fmt: skip

    assert unknown == set()
    assert missing == set()
    assert all(any(word in row["path"] for row in operations.rows) for word in NOT_SERVED)
    assert all(UNLISTED.values())


async def test_traffic_agrees_with_the_list(shared: Path) -> None:
    operations = Operations(shared / VENDOR)
    account = Account(record_bodies=True)

    await a_day(account)

    assert [one for entry in account.twin.journal for one in operations.complaints(entry)] == []


async def test_answers_have_the_shapes_of_recorded_ones(shared: Path) -> None:
    samples = shared / VENDOR / "samples"
    seen = await a_day(Account())

    told = {}
    for name, answer in seen.items():
        recorded = orjson.loads((samples / f"{name}.json").read_bytes())
        if found := differences(recorded, answer):
            told[name] = found
    assert told == {}


async def test_errors_have_the_shapes_of_recorded_ones(shared: Path, account: Account) -> None:
    cases = orjson.loads((shared / VENDOR / "samples" / "observed_errors.json").read_bytes())["cases"]
    gym = await account.sales_account()
    dutch = Account(switches={"language": "nl"})
    await dutch.as_user("anna@clinic.example")

    bodies = [
        (await account.ask("POST sales_accounts", {"name": "Gym"})).json(),
        (await account.ask("POST contacts", {**ZOE, "sales_accounts": gym})).json(),
        (await dutch.ask("POST settings/module_customizations", {})).json(),
    ]

    assert bodies == [case["body"] for case in cases]


async def test_standard_fields_and_zones_are_the_vendors(shared: Path) -> None:
    samples, account = shared / VENDOR / "samples", Account()
    for sample, name in (("contact", "contacts"), ("account", "sales_accounts"), ("deal", "deals"),
                         ("sales_activity", "sales_activities")):  # fmt: skip
        theirs = orjson.loads((samples / f"{sample}_fields.json").read_bytes())["fields"]
        ours = (await account.told(f"GET settings/{name}/fields"))["fields"]
        keys = ("name", "label", "type", "required", "default", "visible")
        assert [[one[key] for key in keys] for one in ours] == [[one[key] for key in keys] for one in theirs]
        if name == "contacts":
            zones = next(one["choices"] for one in theirs if one["name"] == "time_zone")
            assert {one["id"] for one in zones} == set(ZONES)
