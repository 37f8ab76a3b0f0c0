"""The alias, keys, roles, envelopes, and how the account says no."""

from __future__ import annotations

from typing import Any

import pytest
from freshsales_client import ZOE, Account, on

from gurney.twins.freshsales.world import ALIAS
from gurney.twins.kit.options import BadOption

pytestmark = pytest.mark.anyio


@pytest.mark.rule("freshsales.alias")
async def test_the_api_answers_at_the_bundle_alias_and_other_paths_are_pages(account: Account) -> None:
    wrong = ("/api/contacts/filters", "contacts", "settings/forms/contacts", "bulk_jobs/1", "leads", "cpq/products")

    await account.told("GET contacts/filters")

    for path in wrong:
        answer = await account.ask(f"GET {path}")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8"), path


@pytest.mark.rule("freshsales.key")
async def test_the_ready_line_has_a_key_that_opens_the_account(account: Account) -> None:
    env = account.service.env("http://127.0.0.1:1")

    assert env["GURNEY_FRESHSALES_BASE_URL"] == "http://127.0.0.1:1/crm/sales"
    assert env["GURNEY_FRESHSALES_BUNDLE_ALIAS"] == ALIAS
    account.headers = {"authorization": f"Token token={env['GURNEY_FRESHSALES_API_KEY']}"}
    assert len((await account.told("GET selector/owners"))["users"]) == 2


@pytest.mark.rule("freshsales.key")
async def test_a_reset_key_is_dead_and_a_reset_account_keeps_its_key(account: Account) -> None:
    before = account.service.credentials()
    await account.done("POST reset")
    assert account.service.credentials() == before

    await account.done("POST key", {"reset": True})

    assert (await account.ask("GET selector/owners")).status_code == 401


@pytest.mark.rule("freshsales.bad-key")
@pytest.mark.parametrize(("body", "key"), [("login", "login"), ("errors", "errors"), ("empty", None)])
@pytest.mark.parametrize("header", ["", "Bearer {}", "Token {}", "Token token=x"])
async def test_a_wrong_key_is_401(body: str, key: str | None, header: str) -> None:
    account = Account(switches={"unauthorized_body": body})
    good = account.service.credentials()["api_key"]
    account.headers = {"authorization": header.format(good)}

    answer = await account.ask("GET selector/owners")

    assert answer.status_code == 401
    assert next(iter(answer.json())) == key if key else answer.content == b""


@pytest.mark.rule("freshsales.chat-key")
async def test_a_key_of_the_chat_opens_nothing(account: Account) -> None:
    keys = await account.done("POST key", {})
    account.headers = {"authorization": f"Token token={keys['chat_key']}"}

    assert (await account.ask("GET selector/owners")).status_code == 401


@pytest.mark.rule("freshsales.role", "freshsales.read-settings", "freshsales.language")
async def test_settings_are_the_admins_and_403_speaks_the_users_language() -> None:
    english, dutch = Account(), Account(switches={"language": "nl", "settings_readers": "all"})
    for account in (english, dutch):
        await account.as_user("anna@clinic.example")

    words = await english.refused("GET settings/contacts/fields", status=403)
    await dutch.told("GET settings/contacts/fields")
    other = await dutch.refused("POST settings/module_customizations", {"module_customization": {}}, status=403)

    assert words != other


@pytest.mark.rule("freshsales.visibility")
async def test_who_is_no_admin_sees_less() -> None:
    counts = {}
    for seen in ("owned", "all"):
        account = Account(switches={"visibility": seen})
        theirs = await account.contact()
        await account.contact(external_id="2", emails=[], owner_id=None)
        await account.as_user("anna@clinic.example")
        await account.contact(external_id="3", emails=[])
        counts[seen] = (await account.view("contacts", "All Contacts"))["meta"]["total"]
        assert (await account.ask(f"GET contacts/{theirs}")).status_code == (404 if seen == "owned" else 200)

    assert counts == {"owned": 2, "all": 3}


@pytest.mark.rule("freshsales.visibility")
async def test_what_hangs_on_an_unseen_record_is_unseen(account: Account) -> None:
    contact = await account.contact()
    task, note = await account.task(contact), await account.note(contact)
    await account.as_user("anna@clinic.example")

    unseen = ("GET", f"tasks/{task['id']}"), ("PUT", f"notes/{note}"), ("DELETE", f"notes/{note}")

    assert (await account.told("GET tasks"))["tasks"] == []
    assert [(await account.ask(f"{verb} {path}")).status_code for verb, path in unseen] == [404] * 3


@pytest.mark.rule("freshsales.content-type")
async def test_a_body_that_is_not_declared_as_json_is_not_read() -> None:
    body = b'{"contact":{"external_id":"1"}}'
    strict, lax = Account(), Account(switches={"content_type": "any"})

    assert (await strict.ask("POST contacts", content=body)).status_code == 400
    assert (await lax.ask("POST contacts", content=body)).status_code == 200
    assert (await lax.ask("POST contacts", content=b"{")).status_code == 400
    assert (await lax.ask("POST contacts", content=b"[1]")).status_code == 400


@pytest.mark.rule("freshsales.envelopes", "freshsales.bare-rest")
async def test_six_objects_are_written_bare_and_the_rest_only_wrapped() -> None:
    account, lax = Account(), Account(switches={"bare_bodies": "all"})
    contact = int((await account.told("POST contacts", ZOE))["contact"]["id"])
    note = {"description": "x", **on(contact)}

    assert (await account.told("POST notes", note))["note"]["description"] == "x"
    assert (await account.told("POST notes", {"note": note}))["note"]["description"] == "x"
    assert await account.refused("POST cpq/products", {"name": "Tape"}) == ["product is missing"]
    assert await account.refused("POST notes", {"note": 5}) == ["The type for note is invalid."]
    assert (await lax.told("POST cpq/products", {"name": "Tape"}))["product"]["name"] == "Tape"


@pytest.mark.rule("freshsales.created", "freshsales.put-status")
async def test_statuses_of_success_are_not_sure() -> None:
    account = Account(switches={"created_status": "201", "put_status": "204"})

    made = await account.ask("POST contacts", ZOE)
    changed = await account.ask(f"PUT contacts/{made.json()['contact']['id']}", {"city": "Hobart"})

    assert (made.status_code, changed.status_code, changed.content) == (201, 204, b"")


@pytest.mark.rule("freshsales.errors", "freshsales.message-shape", "freshsales.not-found")
async def test_several_messages_come_together_as_a_list_or_as_a_text() -> None:
    account, other = Account(), Account(switches={"message_shape": "text", "not_found": "empty"})
    body = {"deal": {"expected_close": "soon", "tags": "x"}}

    messages = await account.refused("POST deals", body)
    text = (await other.ask("POST deals", body)).json()["errors"]["message"]

    assert messages == [
        "The type for expected_close is invalid.",
        "The type for tags is invalid.",
        "Name can't be blank",
        "Amount can't be blank",
    ]
    assert text == " ".join(messages)
    assert (await account.refused("GET contacts/1", status=404)) != []
    assert (await other.ask("GET contacts/1")).content == b""


@pytest.mark.rule("freshsales.ids")
async def test_ids_are_numbers_of_eleven_digits_and_one_is_beyond_doubles(account: Account) -> None:
    shown = await account.read(f"contacts/{await account.contact()}", "contact")

    assert len(str(shown["id"])) == 11
    assert len(str(shown["mcr_id"])) == 19 and float(shown["mcr_id"]) != shown["mcr_id"]


@pytest.mark.rule("freshsales.moments", "freshsales.time-zone", "freshsales.currency")
async def test_moments_have_the_offset_of_the_account_and_selectors_have_none() -> None:
    account = Account(switches={"time_zone": "Europe/Amsterdam", "currency": "EUR"})
    shown = await account.read(f"contacts/{await account.contact()}", "contact")
    stages = (await account.told("GET selector/deal_stages"))["deal_stages"]
    money = (await account.told("GET selector/currencies"))["currencies"]

    assert shown["created_at"] == "2026-02-03T00:00:00+01:00"
    assert stages[0]["updated_at"] == "2026-02-02T23:00:00Z"
    assert [one["currency_code"] for one in money] == ["EUR"]


@pytest.mark.rule("freshsales.moments-in", "freshsales.naive-moments")
@pytest.mark.parametrize(
    ("given", "policy", "kept"),
    [
        ("2099-06-21T11:00:00Z", "account", "2099-06-21T21:00:00+10:00"),
        ("2099-06-21T13:00:00+02:00", "refuse", "2099-06-21T21:00:00+10:00"),
        ("Tue Jun 21 2099 11:00:00 GMT+0000", "account", "2099-06-21T21:00:00+10:00"),
        ("Tue Jun 21 2099 13:00:00 GMT+0200 (Central European Summer Time)", "utc", "2099-06-21T21:00:00+10:00"),
        ("2099-06-21T11:00:00", "account", "2099-06-21T11:00:00+10:00"),
        ("2099-06-21T11:00:00", "utc", "2099-06-21T21:00:00+10:00"),
        ("2099-06-21T11:00:00", "refuse", None),
        ("21/06/2099", "account", None),
        (4_000_000_000, "account", None),
    ],
)
async def test_moments_come_in_as_clients_send_them(given: Any, policy: str, kept: str | None) -> None:
    account = Account(switches={"naive_times": policy})
    body = {"title": "Call", "due_date": given, **on(await account.contact())}

    answer = await account.ask("POST tasks", body)

    assert (answer.json()["task"]["due_date"] if kept else answer.status_code) == (kept or 400)


@pytest.mark.rule("freshsales.samples")
async def test_a_new_account_may_have_samples() -> None:
    account = Account(switches={"sample_records": "yes"})
    samples = await account.dump("contacts")
    await account.done("POST reset")

    assert [one["tags"] for one in samples] == [["Sample contact"]] * 2
    assert await account.dump("contacts") == samples


def test_bad_options_are_named() -> None:
    for options in (
        {"edition": "gold"}, {"switches": {"window": "round"}}, {"switches": {"time_zone": "Mars"}},
        {"switches": {"page_cap": "many"}}, {"switches": {"index_lag_s": "9999"}},
    ):  # fmt: skip
        with pytest.raises(BadOption):
            Account(**options)


async def test_odd_calls_are_refused_and_never_break_the_twin(account: Account) -> None:
    contact = await account.contact()
    roots = {"contacts": "contact", "sales_accounts": "sales_account", "deals": "deal", "notes": "note",
             "tasks": "task", "appointments": "appointment", "sales_activities": "sales_activity",
             "cpq/products": "product"}  # fmt: skip
    names = (
        "emails", "email", "tags", "phone_numbers", "sales_accounts", "custom_field", "owner_id", "name", "amount",
        "contacts_added_list", "contacts_removed_list", "sales_account", "products", "deal_stage_id", "due_date",
        "status", "task_users_attributes", "appointment_attendees_attributes", "time_zone", "is_allday",
        "product_pricings", "pricing_type", "is_active", "description", "title", "lifecycle_stage_id",
        "subscription_types", "number_of_employees", "parent_sales_account_id", "targetable_id", "targetable_type",
        "external_id", "closed_date", "annual_revenue", "outcome_id", "unknown",
    )  # fmt: skip
    odd: tuple[Any, ...] = (
        None,
        "",
        0,
        -1,
        1.5,
        True,
        "x",
        [],
        [None],
        ["x"],
        [[]],
        [{}],
        {},
        {"a": 1},
        10**30,
        "9" * 40,
    )

    for path, root in roots.items():
        for value in odd:
            assert (await account.ask(f"POST {path}", {root: value})).status_code < 500, (path, value)
            for name in names:
                body = {root: {**on(contact), "name": "x", name: value}}
                assert (await account.ask(f"POST {path}", body)).status_code < 500, (path, name, value)
    for value in odd:
        for name in ("contacts", "unique_identifier", "selected_ids", "filter_rule", "ids", "url"):
            for path in ("contacts/bulk_upsert", "contacts/upsert", "contacts/bulk_destroy", "filtered_search/contact",
                         "lists", "document_links", "deals/upsert", "cpq/products/products_bulk_delete"):  # fmt: skip
                assert (await account.ask(f"POST {path}", {name: value})).status_code < 500, (path, value)
        assert (await account.ask(f"PUT contacts/{contact}", {"contact": value})).status_code < 500
    account.pass_time(60)
    for path in ("GET contacts/x", "GET contacts/%00", "PUT contacts/9", "DELETE tasks/x", "GET lookup",
                 "GET search",
                 "GET contacts/view/x", "GET tasks?filter=x", "GET job_statuses/x"):  # fmt: skip
        assert (await account.ask(path)).status_code < 500, path
