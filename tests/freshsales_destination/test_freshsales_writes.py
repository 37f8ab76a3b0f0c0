"""Records by single calls and by jobs: one outcome each, nobody merged, nothing written over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from freshsales_account import (
    BULK,
    SINGLE,
    START,
    Account,
    a_note,
    a_patient,
    a_place,
    a_product,
    a_task,
    an_appointment,
    an_invoice,
    an_update,
    connect,
)

from gurney.destinations.freshsales.destination import Freshsales
from gurney.destinations.protocol import Route
from gurney.errors import NotAuthorised, PausedForQuota
from gurney.records import Kind, Link, State, Write

pytestmark = pytest.mark.anyio


async def one(freshsales: Freshsales, write: Write) -> str:
    (outcome,) = await freshsales.write([write], SINGLE)
    assert outcome.state is State.DONE, outcome
    return outcome.destination_id or ""


@pytest.mark.parametrize("route", [SINGLE, BULK], ids=lambda route: route.name)
async def test_relatives_who_share_an_address_stay_two_contacts(
    account: Account, freshsales: Freshsales, route: Route
) -> None:
    family = [a_patient("1", email="home@example.org"), a_patient("2", email="Home@example.org")]

    first, second = await freshsales.write(family, route)

    assert first.state is second.state is State.DONE
    rows = account.rows["contacts"]
    assert rows[int(first.destination_id or "")]["email"] == "home@example.org"
    assert rows[int(second.destination_id or "")]["custom_field"]["cf_email_as_in_cliniko"] == "Home@example.org"
    read = await freshsales.read("contacts", [second.destination_id or ""], ["email"])
    assert [one.fields["email"] for one in read.values()] == ["Home@example.org"]


async def test_an_address_that_somebody_had_before_is_put_aside_and_theirs_is_left(account: Account) -> None:
    account._make("contacts", {"first_name": "Bob", "emails": ["home@example.org"]})
    freshsales = connect(account)  # the list does not show the new record yet: the refusal tells

    await one(freshsales, a_patient("1", email="home@example.org"))

    assert [row.get("email") for row in account.live("contacts")] == ["home@example.org", None]


async def test_a_job_writes_over_nobody_of_the_same_name(account: Account, freshsales: Freshsales) -> None:
    account._make("sales_accounts", {"name": "North", "phone": "1"})
    account.clock.elapsed += 100

    outcomes = await freshsales.write([a_place("50", "North"), a_place("51", "South"), a_place("52", "South")], BULK)

    assert [outcome.state for outcome in outcomes] == [State.DONE] * 3
    names = [row["name"] for row in account.live("sales_accounts")]
    assert names == ["North", "North [Cliniko 50]", "South", "South [Cliniko 52]"]
    read = await freshsales.read("sales_accounts", [outcomes[0].destination_id or ""], ["name"])
    assert [one.fields["name"] for one in read.values()] == ["North"]


async def test_an_account_that_was_made_late_is_found_and_not_made_again_by_another_name(
    account: Account, freshsales: Freshsales
) -> None:
    await freshsales.find("sales_accounts", "cf_location_id", ["50"])  # nobody has it, as far as we have seen
    id = await one(connect(account), a_place("50", "North"))
    account.clock.elapsed += 100

    (outcome,) = await freshsales.write([a_place("50", "North")], SINGLE)

    assert (outcome.state, outcome.destination_id, outcome.created) == (State.DONE, id, False)
    assert [row["name"] for row in account.live("sales_accounts")] == ["North"]


async def test_jobs_take_a_hundred_and_each_record_gets_its_own_id(account: Account, freshsales: Freshsales) -> None:
    writes = [a_patient(str(n)) for n in range(250)]

    outcomes = await freshsales.write(writes, BULK)

    assert len(account.calls("POST /contacts/bulk_upsert")) == 3
    assert not account.calls(r"POST /contacts$")
    for write, outcome in zip(writes, outcomes, strict=True):
        row = account.rows["contacts"][int(outcome.destination_id or "")]
        assert row["external_id"] == write.fields["external_id"]
    assert len(account.asked) <= freshsales.cost("contacts", "write", 250).calls + 8  # the schema is asked once


async def test_what_a_job_does_not_make_is_sent_alone_for_its_own_words(
    account: Account, freshsales: Freshsales
) -> None:
    account._make("contacts", {"external_id": "cliniko:patients:2", "is_foreign": True})
    account.rows["contacts"][account.made]["is_deleted"] = account.bin_reserves = True

    first, second = await freshsales.write([a_patient("1"), a_patient("2")], BULK)

    assert (first.state, second.state, second.code) == (State.DONE, State.FAILED, "in-recycle-bin")


async def test_where_jobs_are_refused_records_go_alone_and_no_job_is_tried_again(
    account: Account, freshsales: Freshsales
) -> None:
    account.takes_jobs = False

    outcomes = await freshsales.write([a_patient(str(n)) for n in range(120)], BULK)

    assert {outcome.state for outcome in outcomes} == {State.DONE}
    assert len(account.calls("bulk_upsert")) == 1
    assert freshsales.route("contacts", Kind.CREATE, 500).name == "single"


async def test_the_cheaper_way_is_chosen_by_calls(freshsales: Freshsales) -> None:
    chosen = {n: freshsales.route("contacts", Kind.CREATE, n).name for n in (1, 6, 20, 5000)}

    assert chosen == {1: "single", 6: "single", 20: "bulk", 5000: "bulk"}
    assert freshsales.route("tasks", Kind.CREATE, 5000).name == "single"


async def test_an_external_id_that_is_there_already_is_found_and_not_made_again(
    account: Account, freshsales: Freshsales
) -> None:
    id = await one(freshsales, a_patient("1"))
    other = connect(account)

    (outcome,) = await other.write([a_patient("1")], SINGLE)

    assert (outcome.state, outcome.destination_id, outcome.created) == (State.DONE, id, False)
    assert len(account.live("contacts")) == 1


async def test_a_deleted_record_that_keeps_its_id_gives_way_where_forgetting_is_allowed(account: Account) -> None:
    account.bin_reserves = True
    freshsales = connect(account)
    id = await one(freshsales, a_patient("1"))
    await freshsales.delete("contacts", [id])
    account.clock.elapsed += 100

    (kept,) = await freshsales.write([a_patient("1")], SINGLE)
    (made,) = await connect(account, forget="yes").write([a_patient("1")], SINGLE)

    assert (kept.code, made.state) == ("in-recycle-bin", State.DONE)
    assert "GURNEY_FRESHSALES_FORGET=yes" in kept.words


async def test_a_deal_keeps_its_amount_contact_and_stage_and_its_name_its_key(
    account: Account, freshsales: Freshsales
) -> None:
    contact = await one(freshsales, a_patient("1"))

    id = await one(freshsales, an_invoice("8", contact, stage="Won"))

    row = account.rows["deals"][int(id)]
    assert (row["name"], row["amount"], row["deal_stage_id"]) == ("Invoice 7 [Cliniko 8]", "99.5", 6)
    read = (await freshsales.read("deals", [id], ["name", "amount", "contact", "stage"]))[id].fields
    assert read == {
        "name": "Invoice 7",
        "amount": Decimal("99.5"),
        "contact": Link("contacts", contact),
        "stage": "Won",
    }


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_task_is_completed_whether_or_not_its_creation_says_so(
    account: Account, freshsales: Freshsales, at_once: bool
) -> None:
    account.ends_tasks_at_once = at_once
    contact = await one(freshsales, a_patient("1"))

    id = await one(freshsales, a_task("7", contact))

    row = account.rows["tasks"][int(id)]
    assert (row["status"], row["description"]) == (1, "All well.\n\nCliniko appointment: 7")
    assert len(account.calls("PUT /tasks")) == (0 if at_once else 1)


async def test_the_practitioner_attends_an_appointment_and_the_patient_never_does(
    account: Account, freshsales: Freshsales
) -> None:
    contact = await one(freshsales, a_patient("1"))

    id = await one(freshsales, an_appointment("7", contact, owner="2"))

    attendees = [
        (each["attendee_type"], each["attendee_id"]) for each in account.rows["appointments"][int(id)]["attendees"]
    ]
    assert attendees == [("FdMultitenant::User", "2")]
    read = (await freshsales.read("appointments", [id], ["owner_id", "end_date"]))[id].fields
    assert read == {"owner_id": Link("users", "2"), "end_date": START + timedelta(hours=1)}


async def test_owners_who_left_are_refused_before_a_call_is_spent(account: Account, freshsales: Freshsales) -> None:
    (outcome,) = await freshsales.write([replace(a_patient("1"), owner_id="3")], SINGLE)

    assert outcome.code == "unknown-owner"
    assert not account.calls("POST")


async def test_a_product_gets_its_price_by_a_second_call(account: Account, freshsales: Freshsales) -> None:
    id = await one(freshsales, a_product("4"))

    assert account.rows["cpq/products"][int(id)]["product_pricings"] == [{"currency_code": "AUD", "unit_price": 9.5}]
    assert (await freshsales.read("products", [id], ["price"]))[id].fields["price"] == Decimal("9.5")


async def test_a_plan_without_a_catalogue_leaves_products_behind_with_the_reason(account: Account) -> None:
    account.has_products = False

    (outcome,) = await connect(account, edition="growth").write([a_product("4")], SINGLE)

    assert (outcome.state, outcome.code) == (State.SKIPPED, "no-products")
    assert not account.calls("POST")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("cf_note_field", "x" * 257, "text-too-long"),
        ("cf_choice", "Up", "unknown-option"),
        ("cf_nowhere", "x", "unknown-field"),
        ("lifecycle_stage", "Nobody", "unknown-option"),
    ],
)
async def test_what_would_be_refused_or_dropped_is_found_before_a_call(
    account: Account, freshsales: Freshsales, field: str, value: str, code: str
) -> None:
    outcomes = await freshsales.write([a_patient("1", **{field: value}), a_patient("2")], SINGLE)

    assert [outcome.code for outcome in outcomes] == [code, ""]
    assert outcomes[0].field == field
    assert len(account.live("contacts")) == 1


async def test_an_update_changes_what_it_is_told_and_leaves_the_rest(account: Account, freshsales: Freshsales) -> None:
    write = a_patient("1", email="old@example.org", city="Hobart")
    id = await one(freshsales, write)

    (outcome,) = await freshsales.write([an_update(write, id, email="new@example.org", cf_note_field=None)], SINGLE)

    row = account.rows["contacts"][int(id)]
    assert (outcome.state, row["email"], len(row["emails"]), row["city"]) == (
        State.DONE,
        "new@example.org",
        1,
        "Hobart",
    )


async def test_an_update_leaves_alone_what_somebody_changed_meanwhile(account: Account, freshsales: Freshsales) -> None:
    write = a_patient("1", city="Hobart")
    id = await one(freshsales, write)
    account.clock.elapsed += 60
    account._fill(account.rows["contacts"][int(id)], {"city": "Perth"})

    guarded = replace(an_update(write, id, city="Sydney"), unless_modified_since=START)
    (outcome,) = await freshsales.write([guarded], SINGLE)

    assert (outcome.code, account.rows["contacts"][int(id)]["city"]) == ("changed-meanwhile", "Perth")


async def test_a_note_is_changed_as_it_is_read_beside_its_contact(account: Account, freshsales: Freshsales) -> None:
    contact = await one(freshsales, a_patient("1"))
    note = a_note("3", contact)
    id = await one(freshsales, note)
    account.clock.elapsed += 100

    (outcome,) = await freshsales.write([an_update(note, id, content="Better.")], SINGLE)

    assert outcome.state is State.DONE
    assert account.rows["notes"][int(id)]["description"] == "SOAP [cliniko:treatment_notes:3 1/1]\n\nBetter."


async def test_a_refusal_never_repeats_a_value(account: Account, freshsales: Freshsales) -> None:
    account.disturb("POST /contacts", "404")
    (outcome,) = await freshsales.write([a_patient("1", city="Secretville")], SINGLE)

    assert outcome.state is State.FAILED
    assert "Secretville" not in outcome.words


async def test_a_spent_hour_pauses_the_run_until_it_is_over(account: Account, freshsales: Freshsales) -> None:
    await freshsales.users()
    account.left = 45
    await freshsales.describe(["contacts"])

    with pytest.raises(PausedForQuota) as paused:
        for n in range(100):
            await freshsales.write([a_patient(str(n))], SINGLE)

    assert paused.value.until is not None
    assert paused.value.until - account.clock.now() <= timedelta(hours=1)
    assert freshsales.spent().refused == 0


async def test_the_next_hour_is_used_as_soon_as_it_begins(account: Account, freshsales: Freshsales) -> None:
    account.clock.elapsed = 600.0
    await freshsales.write([a_patient(str(n)) for n in range(60)], SINGLE)
    account.clock.elapsed += 1801  # half an hour: the answers told that the hour ends then
    account.left = 2000

    assert freshsales.spent().remaining == 2000


async def test_a_wrong_key_is_named(account: Account) -> None:
    with pytest.raises(NotAuthorised, match="does not accept the credentials"):
        await connect(account, key="wrong").users()
