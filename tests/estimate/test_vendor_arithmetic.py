"""Each vendor's arithmetic, by hand from the facts: calls, the vendor's unit, seconds, and what binds."""

from __future__ import annotations

import pytest

from gurney.destinations.protocol import Cost
from gurney.destinations.vendor import Prices, vendor
from gurney.estimate.allowance import Amount
from gurney.estimate.binding import binds


def prices(to: str, edition: str, users: int = 1, **fields: int) -> Prices:
    return vendor(to).prices(edition, users, fields)


def cost(to: str, edition: str, object: str, action: str, records: int, **fields: int) -> Cost:
    return prices(to, edition, **fields).cost(object, action, records)


def test_zoho_takes_a_hundred_records_a_call_and_a_credit_for_ten() -> None:
    """FACTS 4, 11: 1,250 records are 13 calls; 12 full ones of 10 credits, and 50 records of 5."""
    told = cost("zoho", "enterprise", "Contacts", "write", 1250)

    assert (told.calls, told.units) == (13, 12 * 10 + 5)


def test_zoho_reads_fields_in_groups_of_fifty_less_its_stamps() -> None:
    """FACTS 4: a hundred ids and fifty fields a call; 110 fields are three groups, a credit a call."""
    told = cost("zoho", "enterprise", "Contacts", "read", 1000, Contacts=110)

    assert (told.calls, told.units) == (30, 30)


def test_a_zoho_file_is_a_call_and_a_credit_and_its_bytes_another() -> None:
    """FACTS 10."""
    sent = cost("zoho", "enterprise", "Attachments", "write", 300)
    fetched = cost("zoho", "enterprise", "Attachments", "download", 300)

    assert (sent.calls, sent.units) == (fetched.calls, fetched.units) == (300, 300)


def test_a_zoho_module_costs_five_hundred_credits() -> None:
    """FACTS 11: 500 each, and seven light calls that look for it."""
    assert cost("zoho", "enterprise", "", "new_object", 3).units == 3 * 500 + 3 * 7


def test_zohos_credits_grow_with_users_up_to_a_ceiling() -> None:
    """FACTS 11: Standard 50,000 and 250 a user, 100,000 at most; Enterprise 50,000 and 1,000 a user."""
    ceilings = [
        prices("zoho", *one).pace.budgets[0].ceiling for one in (("standard", 5), ("standard", 400), ("enterprise", 5))
    ]

    assert ceilings == [51_250, 100_000, 55_000]


def test_salesforce_takes_a_thousand_records_a_call_one_after_the_other_where_a_parent_locks() -> None:
    """FACTS 0.2, 12: five collections of 200 a call; 2 s a collection, one writer for Contacts of one Account."""
    told = cost("salesforce", "enterprise", "Contact", "write", 10_000)

    assert (told.calls, told.seconds) == (10, 50 * 2.0)


def test_salesforce_sends_many_rows_without_such_a_parent_as_a_bulk_job() -> None:
    """FACTS 5, 12: a job of 10,000 rows is ten calls; 60 s of waiting and 60 rows a second, ten jobs side by side."""
    orga = prices("salesforce", "developer")
    told = orga.cost("Appointment__c", "write", 100_000)

    assert orga.route("Appointment__c", 100_000) == "bulk"
    assert (told.calls, told.seconds) == (100, 60 + 100_000 / 600)
    assert binds(orga, Amount(told.calls, told.units, told.seconds), route="bulk") == "waiting for bulk jobs"


def test_salesforce_proves_notes_and_files_by_checksums() -> None:
    """FACTS 8: two queries for each 200, and nothing for the bytes."""
    assert cost("salesforce", "enterprise", "ContentNote", "prove", 1000).calls == 10
    assert cost("salesforce", "enterprise", "ContentVersion", "download", 1000).calls == 0


def test_salesforces_requests_of_a_day_grow_with_users() -> None:
    """FACTS 12: Enterprise 100,000 and 1,000 a user."""
    assert prices("salesforce", "enterprise", 12).pace.budgets[0].ceiling == 112_000


@pytest.mark.parametrize(
    ("object", "action", "records", "calls", "tokens"),
    [
        ("persons", "write", 1000, 1000, 5000),
        ("notes", "write", 1000, 1000, 10_000),
        ("files", "write", 100, 100, 1000),
        ("files", "download", 100, 100, 2000),
        ("activities", "read", 10_000, 20, 200),
        ("persons", "delete", 1000, 1000, 3000),
        ("", "new_field", 100, 100, 500),
        ("activities", "new_option", 15, 15, 150),
    ],
)
def test_pipedrive_bills_every_call_in_tokens(object: str, action: str, records: int, calls: int, tokens: int) -> None:
    """FACTS 3: a v2 record 5, a v1 note or file 10, a download 20, a page of 500 records 10, a deletion 3."""
    told = cost("pipedrive", "lite", object, action, records)

    assert (told.calls, told.units) == (calls, tokens)


def test_pipedrives_pool_and_burst_follow_plan_and_seats() -> None:
    """FACTS 8: 30,000 tokens a seat times 1, 2, 5, 7; Lite makes 20 calls in 2 s.

    The pacer keeps one of the 20 spare: 19 in 2.02 s, however long the answers take.
    """
    ceilings = [
        prices("pipedrive", plan, 3).pace.budgets[0].ceiling for plan in ("lite", "growth", "premium", "ultimate")
    ]

    assert ceilings == [90_000, 180_000, 450_000, 630_000]
    assert cost("pipedrive", "lite", "persons", "write", 6_000).seconds == pytest.approx(6_000 * 2.02 / 19)


def test_work_above_a_days_tokens_is_held_back_by_them() -> None:
    """A seat of Lite has 30,000 a day, 2 % of them kept for a rollback: 29,400."""
    lite = prices("pipedrive", "lite")

    assert binds(lite, Amount(5_880, 29_400, 588.0)) == "the destination's rate"
    assert binds(lite, Amount(5_881, 29_405, 588.1)) == "the tokens of a day"


def test_a_highlevel_record_is_a_call_and_a_link_another() -> None:
    """FACTS 12: ten calls a second; an invoice hangs on its contact by a link. One of 100 stays spare."""
    contact = cost("highlevel", "unlimited", "contacts", "write", 1000)
    invoice = cost("highlevel", "unlimited", "custom_objects.cliniko_invoice", "write", 1000)

    assert (contact.calls, invoice.calls) == (1000, 2000)
    assert contact.seconds == pytest.approx(1000 * 10.1 / 99)
    assert invoice.seconds == pytest.approx(2000 * 10.1 / 99)


def test_a_highlevel_sandbox_is_slower_and_smaller() -> None:
    """FACTS 12: 25 calls in ten seconds and 10,000 a day, instead of 100 and 200,000. One stays spare."""
    sandbox = prices("highlevel", "sandbox")

    assert sandbox.cost("contacts", "write", 1000).seconds == pytest.approx(1000 * 10.1 / 24)
    assert sandbox.pace.budgets[0].ceiling == 10_000


def test_freshsales_sends_contacts_a_hundred_a_job_and_notes_one_a_call() -> None:
    """FACTS 4, 6: a job and a question about it for each hundred, a page of the view for each hundred, four spare."""
    growth = prices("freshsales", "growth")

    assert growth.cost("contacts", "write", 1000).calls == 10 * 2 + 10 + 4
    assert growth.cost("notes", "write", 1000).calls == 1000
    assert (growth.route("contacts", 1000), growth.route("notes", 1000)) == ("bulk", "single")


def test_freshsales_hours_are_the_plans() -> None:
    """FACTS 0.3: 1,000, 2,000 and 5,000 calls an hour, whatever the number of users."""
    ceilings = [prices("freshsales", plan, 9).pace.budgets[0].ceiling for plan in ("growth", "pro", "enterprise")]

    assert ceilings == [1000, 2000, 5000]


def test_freshsales_facts_example_clinic_takes_the_hours_that_they_say() -> None:
    """FACTS 6: 73,000 single calls are 74 h on Growth, 37 h on Pro, 15 h on Enterprise, bulk jobs included."""
    from gurney.estimate.allowance import lasts

    hours = []
    for plan in ("growth", "pro", "enterprise"):
        here = prices("freshsales", plan)
        work = Amount.of([here.cost("notes", "write", 73_000), here.cost("contacts", "write", 26_000)])
        hours.append(lasts(work, here.pace.budgets[0]) / 3600)

    assert hours == pytest.approx([74, 37, 15], rel=0.04)
