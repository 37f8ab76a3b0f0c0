"""The check, and making room: by the administrator, by API where it proves possible, and never twice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from freshsales_account import VIEWS, Account, connect

from gurney.destinations.freshsales.access import FreshsalesAccess
from gurney.destinations.freshsales.destination import Freshsales
from gurney.destinations.freshsales.limits import data
from gurney.errors import CheckFailed
from gurney.schema import FieldType, NewField, NewOptions

pytestmark = pytest.mark.anyio
CODES = "text=1, textarea=2, dropdown=4"
CARRIER = NewField("contacts", "Insurance_Carrier", "Insurance Carrier", FieldType.TEXT, 256)
STATUS = NewField("contacts", "Status", "Insurance Status", FieldType.PICKLIST, options=("active", "expired"))
CHANGES = [CARRIER, STATUS]


async def test_the_administrator_makes_the_fields_and_we_verify_them(account: Account, freshsales: Freshsales) -> None:
    before = await freshsales.provision(CHANGES)
    account.a_field("contacts", "insurance carrier")
    account.a_field("contacts", "Insurance Status", "radio", ["active", "expired"])
    after = await freshsales.provision(CHANGES)

    assert [one.state for one in before] == ["by_hand", "by_hand"]
    assert "a Dropdown named exactly 'Insurance Status' with the values 'active', 'expired'" in before[1].words
    assert [(one.state, one.actual_name) for one in after] == [
        ("existing", "cf_insurance_carrier"), ("existing", "cf_insurance_status"),
    ]  # fmt: skip
    assert not account.calls("POST")


async def test_the_setup_plan_is_told_who_makes_the_fields(account: Account, freshsales: Freshsales) -> None:
    assert freshsales.capabilities.creates_fields is False
    assert connect(account, field_codes=CODES).capabilities.creates_fields is True


async def test_fields_are_made_by_api_where_their_numbers_are_known(account: Account) -> None:
    account.makes_fields = True
    freshsales = connect(account, field_codes=CODES)

    made, again = await freshsales.provision(CHANGES), await freshsales.provision(CHANGES)

    assert [one.state for one in made] == ["created", "created"]
    assert [one.state for one in again] == ["existing", "existing"]
    schema = (await freshsales.describe(["contacts"])).objects["contacts"]
    assert schema.fields["cf_insurance_status"].options == ("active", "expired")
    assert [one.state for one in await freshsales.unprovision(made)] == ["by_hand", "by_hand"]


async def test_a_field_takes_one_call_and_all_are_read_back_together(account: Account) -> None:
    account.makes_fields = True

    await connect(account, field_codes=CODES).provision(CHANGES)

    assert len(account.calls("POST /settings")) == len(CHANGES)
    assert len(account.calls("GET /settings/contacts/fields")) == 2
    assert len(account.calls("GET /settings/contacts/forms")) == 1


async def test_two_lines_with_one_label_have_one_field(account: Account) -> None:
    account.makes_fields = True

    first, second = await connect(account, field_codes=CODES).provision([CARRIER, replace(CARRIER, name="cf_other")])

    assert (first.state, second.state) == ("created", "existing")
    assert first.vendor_id == second.vendor_id
    assert len(account.calls("POST /settings")) == 1


async def test_an_account_that_refuses_the_probe_leaves_all_to_the_administrator(account: Account) -> None:
    made = await connect(account, field_codes=CODES).provision(CHANGES)

    assert [one.state for one in made] == ["by_hand", "by_hand"]
    assert len(account.calls("POST /settings")) == 1


@pytest.mark.parametrize("how", ["drop-after", "drop-before"])
async def test_a_field_whose_answer_was_lost_is_looked_for_and_made_once(account: Account, how: str) -> None:
    account.makes_fields = True
    account.disturb("POST /settings", how)
    freshsales = connect(account, field_codes=CODES)

    await freshsales.provision([CARRIER])
    (again,) = await freshsales.provision([CARRIER])

    assert again.state == ("existing" if how == "drop-after" else "created")
    assert sum(one["label"] == "Insurance Carrier" for one in account.fields["contacts"]) == 1


async def test_what_an_administrator_made_wrong_is_named(account: Account, freshsales: Freshsales) -> None:
    account.a_field("contacts", "Insurance Carrier", "checkbox")
    account.a_field("contacts", "Insurance Status", "dropdown", ["active"])

    wrong, short = await freshsales.provision(CHANGES)

    assert "Checkbox, and Text field is needed" in wrong.words
    assert "'Insurance Status' the values 'expired'" in short.words


async def test_a_dry_run_makes_nothing_and_objects_without_fields_are_named(
    account: Account, freshsales: Freshsales
) -> None:
    on_tasks = NewField("tasks", "X", "X", FieldType.TEXT)
    options = NewOptions("contacts", "cf_choice", ("Left", "Up"))

    made = await freshsales.provision([CARRIER, on_tasks, options], dry_run=True)

    assert [one.state for one in made] == ["missing", "failed", "missing"]
    assert not account.calls("POST")


async def test_a_check_tells_plan_quota_and_what_a_person_should_know(account: Account, freshsales: Freshsales) -> None:
    told = await freshsales.check()

    assert (told.edition, told.details["calls_an_hour"], told.details["currency"]) == ("pro", "2000", "AUD")
    codes = {finding.code for finding in told.findings}
    assert codes >= {"quota", "fields-by-hand", "recycle-bin", "shared-addresses", "products-unlisted", "file-storage"}
    assert not [finding for finding in told.findings if finding.level == "error"]
    assert all(each.method == "GET" for each in account.asked)


async def test_a_renamed_view_and_a_small_plan_are_findings(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(VIEWS, "contacts", ["Alle Kontakte"])
    account.limit, account.has_products = 1000, False

    told = await connect(account).check()

    codes = {finding.code: finding.level for finding in told.findings}
    assert (codes["view-missing"], codes["no-products"]) == ("error", "warning")


async def test_room_for_files_is_told_by_plan_and_users(
    account: Account, freshsales: Freshsales, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = await freshsales.check()
    words = {finding.code: finding.words for finding in told.findings}

    assert f"5 GB of file storage for each user, {5 * len(await freshsales.users())} GB" in words["file-storage"]
    monkeypatch.setitem(data()["plans"]["pro"], "storage_gb", 0)
    assert {finding.code: finding.level for finding in (await freshsales.check()).findings}["file-storage"] == "warning"


def test_an_alias_may_be_pasted_in_any_form_and_nothing_else() -> None:
    pasted = [
        "acme.myfreshworks.com/crm/sales",
        "https://acme.myfreshworks.com/crm/sales/api/",
        " acme.myfreshworks.com/crm/sales/ ",
    ]

    assert {FreshsalesAccess("k", one).base_url() for one in pasted} == {"https://acme.myfreshworks.com/crm/sales"}
    with pytest.raises(CheckFailed):
        FreshsalesAccess("k", "http://acme.example.org/crm").base_url()
    with pytest.raises(CheckFailed):
        FreshsalesAccess("k", "a.b", field_codes="text:1").require_complete()
    assert "k-secret" not in repr(FreshsalesAccess("k-secret", "a.b"))
