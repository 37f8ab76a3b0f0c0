"""Contacts: identity, e-mails, stages, accounts, values."""

from __future__ import annotations

from typing import Any

import pytest
from freshsales_client import ZOE, Account

pytestmark = pytest.mark.anyio
STAGES = ("Lead", "Sales Qualified Lead", "Customer")


async def stage_ids(account: Account) -> dict[str, int]:
    rows = (await account.told("GET selector/lifecycle_stages"))["lifecycle_stages"]
    return {row["name"]: row["id"] for row in rows}


async def kept(account: Account, id: int) -> dict[str, Any]:
    """A contact as the account keeps it, with every id."""
    return next(row for row in await account.dump("contacts") if row["id"] == id)


@pytest.mark.rule("freshsales.external-id")
async def test_an_external_id_is_taken_once(account: Account) -> None:
    await account.contact()

    messages = await account.refused("POST contacts", {"external_id": ZOE["external_id"]})

    assert messages == ["External ID has already been taken"]


@pytest.mark.rule("freshsales.unique-email")
@pytest.mark.parametrize(("unique", "status"), [("yes", 400), ("no", 200)])
async def test_families_cannot_share_a_primary_email_unless_an_admin_unset_it(unique: str, status: int) -> None:
    account = Account(switches={"email_unique": unique})
    await account.contact()

    answer = await account.ask("POST contacts", {"external_id": "2", "emails": ["ZOE@example.org"]})

    assert answer.status_code == status


@pytest.mark.rule("freshsales.other-emails")
@pytest.mark.parametrize(("unique", "status"), [("primary", 200), ("all", 400)])
async def test_which_emails_are_unique_is_not_sure(unique: str, status: int) -> None:
    account = Account(switches={"unique_emails": unique})
    await account.contact()

    answer = await account.ask("POST contacts", {"external_id": "2", "emails": ["a@example.org", "zoe@example.org"]})

    assert answer.status_code == status


@pytest.mark.rule("freshsales.mobile")
async def test_in_old_accounts_the_mobile_number_is_unique_and_enough() -> None:
    new, old = Account(), Account(switches={"mobile_unique": "yes"})

    await new.refused("POST contacts", {"mobile_number": "0400"})
    await old.told("POST contacts", {"mobile_number": "0400"})
    assert await old.refused("POST contacts", {"mobile_number": "0400"}) == ["Mobile has already been taken"]


@pytest.mark.rule("freshsales.identifier", "freshsales.last-name")
@pytest.mark.parametrize(
    ("switches", "body", "status"),
    [
        ({}, {"first_name": "Zoe"}, 400),
        ({}, {"external_id": "1"}, 200),
        ({"identifier": "email"}, {"external_id": "1"}, 400),
        ({"identifier": "none"}, {"first_name": "Zoe"}, 200),
        ({"last_name_required": "yes"}, {"external_id": "1"}, 400),
    ],
)
async def test_what_a_contact_needs_is_not_sure(switches: dict[str, str], body: dict[str, str], status: int) -> None:
    account = Account(switches={"identifier": "any", "last_name_required": "no", **switches})

    assert (await account.ask("POST contacts", body)).status_code == status


@pytest.mark.rule("freshsales.emails")
async def test_emails_go_in_as_texts_and_out_as_objects(account: Account) -> None:
    made = await account.make("contacts", "contact", **{**ZOE, "emails": ["a@example.org", "b@example.org"]})

    assert made["email"] == "a@example.org"
    assert [(one["value"], one["is_primary"], one["_destroy"]) for one in made["emails"]] == [
        ("a@example.org", True, False),
        ("b@example.org", False, False),
    ]


@pytest.mark.rule("freshsales.more-emails")
@pytest.mark.parametrize(
    ("policy", "after"), [("add", ["zoe@example.org", "new@example.org"]), ("replace", ["new@example.org"])]
)
async def test_an_email_that_is_sent_later_is_primary(policy: str, after: list[str]) -> None:
    account = Account(switches={"emails_on_update": policy})
    id = await account.contact()

    changed = (await account.told(f"PUT contacts/{id}", {"emails": "new@example.org"}))["contact"]

    assert changed["email"] == "new@example.org"
    assert [one["value"] for one in changed["emails"]] == after


@pytest.mark.rule("freshsales.email-objects")
async def test_objects_edit_emails_one_by_one() -> None:
    account, strict = Account(), Account(switches={"email_objects": "refuse"})
    made = await account.make("contacts", "contact", **ZOE)
    old = made["emails"][0]
    change = [{"id": old["id"], "_destroy": True}, {"value": "new@example.org", "is_primary": True, "label": "Work"}]

    changed = (await account.told(f"PUT contacts/{made['id']}", {"emails": change}))["contact"]

    assert [(one["value"], one["is_primary"], one["label"]) for one in changed["emails"]] == [
        ("new@example.org", True, "Work")
    ]
    assert await strict.refused("POST contacts", {"emails": change}) == ["The type for emails is invalid."]
    cleared = (await account.told(f"PUT contacts/{made['id']}", {"emails": None}))["contact"]
    assert (cleared["email"], cleared["emails"]) == (None, [])


@pytest.mark.rule("freshsales.bad-email")
async def test_what_is_no_email_is_refused() -> None:
    account, lax = Account(), Account(switches={"bad_email": "accept"})
    body = {**ZOE, "emails": "zoe at home"}

    assert await account.refused("POST contacts", body) == ["Email is invalid"]
    await lax.told("POST contacts", body)


@pytest.mark.rule("freshsales.no-leads", "freshsales.status")
async def test_a_prospect_is_a_contact_in_the_first_stage(account: Account) -> None:
    stages = await stage_ids(account)
    id = await account.contact()
    first = await kept(account, id)

    await account.told(f"PUT contacts/{id}", {"lifecycle_stage_id": stages["Customer"]})
    customer = await kept(account, id)
    statuses = (await account.told("GET selector/contact_statuses"))["contact_statuses"]
    lost = next(row for row in statuses if row["name"] == "Lost")
    await account.told(f"PUT contacts/{id}", {"contact_status_id": str(lost["id"])})
    last = await kept(account, id)

    assert first["lifecycle_stage_id"] == stages["Lead"]
    names = {row["id"]: row["name"] for row in statuses}
    assert [names[one["contact_status_id"]] for one in (first, customer, last)] == ["New", "Won", "Lost"]
    assert last["lifecycle_stage_id"] == stages["Sales Qualified Lead"]
    assert tuple(stages) == STAGES


@pytest.mark.rule("freshsales.status-mismatch")
@pytest.mark.parametrize(("policy", "status"), [("refuse", 400), ("accept", 200)])
async def test_a_status_of_another_stage_is_wrong(policy: str, status: int) -> None:
    account = Account(switches={"status_mismatch": policy})
    stages = await stage_ids(account)
    rows = (await account.told("GET selector/contact_statuses"))["contact_statuses"]
    won = next(row["id"] for row in rows if row["name"] == "Won")
    body = {**ZOE, "lifecycle_stage_id": stages["Lead"], "contact_status_id": won}

    assert (await account.ask("POST contacts", body)).status_code == status


@pytest.mark.rule("freshsales.account-links", "freshsales.lists")
async def test_accounts_are_a_list_of_objects_and_one_is_primary() -> None:
    account, adding = Account(), Account(switches={"lists_on_update": "add"})
    for one in (account, adding):
        gym, spa = await one.sales_account("Gym"), await one.sales_account("Spa")
        links = [{"id": gym}, {"id": str(spa), "is_primary": True}]
        id = await one.contact(sales_accounts=links, tags=["a"])
        shown = await one.read(f"contacts/{id}", "contact")
        assert [(each["name"], each["is_primary"]) for each in shown["sales_accounts"]] == [
            ("Gym", False),
            ("Spa", True),
        ]
        await one.told(f"PUT contacts/{id}", {"sales_accounts": [{"id": gym}], "tags": ["b"]})

    words = await account.refused("POST contacts", {**ZOE, "sales_accounts": {"id": gym}})
    assert "The type for sales_accounts is invalid." in words
    (row,), (other,) = await account.dump("contacts"), await adding.dump("contacts")
    assert (len(row["sales_accounts"]), row["tags"]) == (1, ["b"])
    assert (len(other["sales_accounts"]), other["tags"]) == (2, ["a", "b"])


@pytest.mark.parametrize(("policy", "is_primary"), [("first", True), ("as_told", False)])
@pytest.mark.rule("freshsales.only-account")
async def test_an_account_that_is_alone_is_primary_or_what_it_was_told(policy: str, is_primary: bool) -> None:
    account = Account(switches={"primary_account": policy})
    gym = await account.sales_account("Gym")
    id = await account.contact(sales_accounts=[{"id": gym, "is_primary": False}])

    (shown,) = (await account.read(f"contacts/{id}", "contact"))["sales_accounts"]

    assert shown["is_primary"] is is_primary


@pytest.mark.rule("freshsales.computed")
async def test_times_and_scores_that_are_sent_are_ignored(account: Account) -> None:
    sent = {
        "created_at": "2001-01-01T00:00:00Z",
        "updated_at": "2001-01-01T00:00:00Z",
        "lead_score": 99,
        "creater_id": 1,
    }
    id = await account.contact(**sent)

    shown = await kept(account, id)

    assert shown["created_at"].startswith("2026-02-03") and shown["updated_at"].startswith("2026-02-03")
    assert (shown["lead_score"], shown["creater_id"]) == (0, account.world.people.admin["id"])


@pytest.mark.rule("freshsales.unknown-keys")
async def test_unknown_keys_vanish_in_silence() -> None:
    account, strict = Account(), Account(switches={"unknown_keys": "refuse"})
    body = {**ZOE, "birthday": "1984-02-09", "custom_field": {"cf_none": "x", "Insurance__c": "y"}}

    made = await account.make("contacts", "contact", **body)

    assert "birthday" not in made and made["custom_field"] == {}
    assert len(await strict.refused("POST contacts", body)) == 3


@pytest.mark.rule("freshsales.lengths", "freshsales.long-text")
async def test_long_text_is_refused_or_cut() -> None:
    account, cutting = Account(), Account(switches={"long_text": "cut"})
    area = await account.field("History", "textarea")
    await cutting.field("History", "textarea")
    body = {**ZOE, "city": "x" * 257, "mobile_number": "1" * 31, "custom_field": {area: "x" * 10_001}}

    words = await account.refused("POST contacts", body)
    made = await cutting.make("contacts", "contact", **body)
    fits = {**ZOE, "city": "x" * 256, "mobile_number": "1" * 30, "custom_field": {area: "é" * 10_000}}
    await account.told("POST contacts", fits)

    assert [word.split("maximum is ")[1] for word in words] == [
        "256 characters)",
        "30 characters)",
        "10000 characters)",
    ]
    assert (len(made["city"]), len(made["mobile_number"]), len(made["custom_field"][area])) == (256, 30, 10_000)


@pytest.mark.rule("freshsales.bad-values")
async def test_a_value_of_another_type_is_refused_or_dropped() -> None:
    account, dropping = Account(), Account(switches={"bad_values": "drop"})
    body = {**ZOE, "city": {"name": "Hobart"}}

    assert await account.refused("POST contacts", body) == ["The type for city is invalid."]
    assert (await dropping.make("contacts", "contact", **body))["city"] is None


@pytest.mark.rule("freshsales.unknown-reference")
async def test_an_id_that_nothing_has_is_refused_or_dropped() -> None:
    account, dropping = Account(), Account(switches={"unknown_reference": "drop"})
    body = {**ZOE, "lead_source_id": 5, "sales_accounts": [{"id": 5}]}

    assert await account.refused("POST contacts", body) == ["Lead source is invalid", "Sales accounts is invalid"]
    await dropping.told("POST contacts", body)
    assert (await dropping.dump("contacts"))[0]["lead_source_id"] is None


@pytest.mark.rule("freshsales.zones")
async def test_time_zones_go_by_their_rails_names(account: Account) -> None:
    await account.contact(time_zone="Hobart")

    assert await account.refused("POST contacts", {"external_id": "2", "time_zone": "Australia/Hobart"}) == [
        "Time zone is not included in the list"
    ]


@pytest.mark.rule("freshsales.references", "freshsales.owner")
async def test_ids_of_owner_and_stage_come_with_an_include_or_always() -> None:
    account, always = Account(), Account(switches={"reference_ids": "always", "default_owner": "none"})
    id, other = await account.contact(), await always.contact()

    plain = await account.read(f"contacts/{id}", "contact")
    asked = await account.told(f"GET contacts/{id}?include=owner")
    full = await always.read(f"contacts/{other}", "contact")

    assert not {"owner_id", "lifecycle_stage_id"} & set(plain)
    assert asked["contact"]["owner_id"] == asked["users"][0]["id"] == account.world.people.admin["id"]
    assert (full["owner_id"], full["lifecycle_stage_id"] is None) == (None, False)


@pytest.mark.rule("freshsales.upsert", "freshsales.upsert-keys")
async def test_upsert_changes_what_it_finds_and_makes_the_rest() -> None:
    account = Account()
    id = await account.contact(mobile_number="0400 111 222")
    own = await account.field("Medicare no", unique=True)
    by = [("emails", "zoe@example.org"), ("mobile_number", "0400 111 222"), ("external_id", "CLINIKO:patient:1")]

    found = [
        (await account.told("POST contacts/upsert", {"unique_identifier": {name: value}, "contact": {"city": name}}))
        for name, value in by
    ]
    made = await account.told(
        "POST contacts/upsert", {"unique_identifier": {own: "22"}, "contact": {"emails": "n@x.au"}}
    )

    assert {one["contact"]["id"] for one in found} == {id}
    assert made["contact"]["id"] != id and made["contact"]["custom_field"] == {own: "22"}
    strict = Account(switches={"external_id_key": "no"})
    body = {"unique_identifier": {"external_id": "1"}, "contact": {}}
    assert await strict.refused("POST contacts/upsert", body) == ["unique_identifier is invalid"]
    assert await strict.refused("POST contacts/upsert", {"contact": ZOE}) == ["unique_identifier is missing"]


@pytest.mark.rule("freshsales.clone")
async def test_a_clone_has_what_is_not_unique(account: Account) -> None:
    note = await account.field("Source")
    id = await account.contact(city="Hobart", custom_field={note: "web"})

    made = (await account.told(f"POST contacts/{id}/clone", {"contact": {"external_id": "2"}}))["contact"]

    assert (made["city"], made["custom_field"], made["email"], made["external_id"]) == (
        "Hobart",
        {note: "web"},
        None,
        "2",
    )


@pytest.mark.rule("freshsales.contact-lists")
async def test_lists_mark_contacts_of_a_run(account: Account) -> None:
    ids = [await account.contact(external_id=str(n), emails=[]) for n in range(3)]
    run, other = [(await account.told("POST lists", {"name": name}))["list"]["id"] for name in ("Run", "Other")]

    said = await account.told(f"PUT lists/{run}/add_contacts", {"ids": ids})
    await account.told(f"PUT lists/{run}/remove_contacts", {"ids": ids[:1]})
    await account.told(f"PUT lists/{other}/move_contacts", {"from_list_id": run, "all": True})
    await account.told(f"PUT lists/{other}", {"name": "Kept"})

    assert said == {"message": "3 contacts updated."}
    page = await account.told(f"GET contacts/lists/{other}")
    assert [one["id"] for one in page["contacts"]] == ids[1:]
    assert [one["name"] for one in (await account.told("GET lists"))["lists"]] == ["Run", "Kept"]


@pytest.mark.rule("freshsales.timeline")
async def test_a_contact_tells_what_was_done(account: Account) -> None:
    id = await account.contact()
    note = await account.note(id)

    told = await account.told(f"GET contacts/{id}/activities")

    assert [one["actionable_id"] for one in told["activities"]] == [note]
    assert told["meta"] == {"has_next": False, "has_previous": False}


@pytest.mark.rule("freshsales.subscription")
async def test_a_subscription_nobody_set_is_not_sure() -> None:
    account, other = Account(), Account(switches={"new_subscription": "2"})

    made = [await one.make("contacts", "contact", **ZOE) for one in (account, other)]
    set_ = await account.make("contacts", "contact", external_id="2", subscription_status="0", subscription_types="2;3")

    assert [one["subscription_status"] for one in made] == [1, 2]
    assert (set_["subscription_status"], set_["subscription_types"]) == (0, "2;3")
