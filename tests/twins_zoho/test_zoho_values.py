"""What each type of field takes, and what is stored of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zoho_client import Org

from gurney.twins.zoho.times import read_moment, shown
from gurney.twins.zoho.values import EMAIL, PHONE

pytestmark = pytest.mark.anyio
CONTACT = {"Last_Name": "Lee"}


async def stored(org: Org, module: str, field: str, value: Any, **more: Any) -> Any:
    """What is read back of a value."""
    mandatory = {"Contacts": CONTACT, "Products": {"Product_Name": "x"}, "Accounts": {"Account_Name": "x"}}[module]
    id = await org.make(module, **mandatory, **{field: value}, **more)
    return (await org.get(module, id))[field]


async def details(org: Org, module: str, field: str, value: Any) -> dict[str, Any]:
    """How a value is refused."""
    mandatory = {"Contacts": CONTACT, "Products": {"Product_Name": "x"}, "Accounts": {"Account_Name": "x"}}[module]
    refused = await org.refusal(module, **mandatory, **{field: value})
    assert refused["code"] == "INVALID_DATA"
    assert refused["details"]["api_name"] == field
    assert refused["details"]["json_path"] == f"$.data[0].{field}"
    return dict(refused["details"])


@pytest.mark.rule("zoho.text-length")
async def test_text_beyond_its_length_is_refused(org: Org) -> None:
    assert await stored(org, "Contacts", "First_Name", "é" * 40) == "é" * 40
    assert (await details(org, "Contacts", "First_Name", "x" * 41))["maximum_length"] == 40
    assert (await details(org, "Contacts", "Description", "x" * 32_001))["maximum_length"] == 32_000
    assert (await details(org, "Contacts", "First_Name", 7))["expected_data_type"] == "text"


@pytest.mark.rule("zoho.email-pattern")
@pytest.mark.parametrize(
    ("value", "good"),
    [
        ("o'brien+x@sub.example.com.au", True),
        ("a@b.co", True),
        ("a@b", False),
        ("a b@c.com", False),
        (".a@b.com", False),
        ("a@b.c1", False),
        ("a@-b.com", False),
        ("josé@example.com", False),
        (f"{'a' * 95}@b.com", False),
    ],
)
async def test_emails_are_matched_with_the_servers_pattern(org: Org, value: str, good: bool) -> None:
    if good:
        assert await stored(org, "Contacts", "Email", value) == value
    else:
        refused = await details(org, "Contacts", "Email", value)
        assert refused.get("expected_data_type") == "email" or refused.get("maximum_length") == 100


@pytest.mark.rule("zoho.phone-pattern")
@pytest.mark.parametrize(
    ("value", "good"),
    [
        ("0412 345 678", True),
        ("+61 3 9123 4567", True),
        ("(03) 9123-4567", True),
        ("1800-DOCTOR", True),
        ("03 9123 4567 ext. 12", True),
        ("-0412", False),
        (".0412", False),
        ("0412--345", False),
        ("0412/345", False),
        ("0412 345 678 (mum) ??", False),
        ("1" * 31, False),
    ],
)
async def test_phones_are_matched_with_the_servers_pattern(org: Org, value: str, good: bool) -> None:
    if good:
        assert await stored(org, "Contacts", "Phone", value) == value
    else:
        refused = await details(org, "Contacts", "Phone", value)
        assert refused.get("expected_data_type") == "phone" or refused.get("maximum_length") == 30


@pytest.mark.rule("zoho.website-pattern")
async def test_websites_are_matched_with_the_servers_pattern(org: Org) -> None:
    for value in ("clinic.com.au", "https://clinic.com.au/a?b=c", "www.clinic.com"):
        assert await stored(org, "Accounts", "Website", value) == value
    for value in ("none", "http://a b.com", "n/a"):
        assert (await details(org, "Accounts", "Website", value))["expected_data_type"] == "website"


@pytest.mark.rule("zoho.picklist-unknown")
async def test_an_unknown_pick_list_value_is_stored_without_a_word(org: Org) -> None:
    assert await stored(org, "Contacts", "Lead_Source", "A Typo") == "A Typo"
    tastes = await org.field("Contacts", "Tastes", "multiselectpicklist", pick_list_values=[{"display_value": "Sweet"}])
    assert await stored(org, "Contacts", tastes, ["Sweet", "Sour", "Sweet"]) == ["Sweet", "Sour"]
    assert (await details(org, "Contacts", tastes, "Sweet"))["expected_data_type"] == "jsonarray"
    assert (await details(org, "Contacts", "Lead_Source", "x" * 121))["maximum_length"] == 120


@pytest.mark.rule("zoho.none-option")
async def test_the_none_option_is_null_in_records_and_a_word_in_metadata(org: Org) -> None:
    assert await stored(org, "Contacts", "Lead_Source", "-None-") is None
    fields = (await org.ask("GET", "settings/fields?module=Contacts")).json()["fields"]
    source = next(field for field in fields if field["api_name"] == "Lead_Source")
    assert source["pick_list_values"][0]["actual_value"] == "-None-"


@pytest.mark.rule("zoho.fixed-values")
async def test_a_stage_outside_the_pipeline_is_refused_with_the_supported_ones(org: Org) -> None:
    refused = await org.refusal("Deals", Deal_Name="x", Stage="Dreaming")

    assert refused["code"] == "INVALID_DATA"
    assert "Qualification" in refused["details"]["supported_values"]


@pytest.mark.rule("zoho.date-forms")
async def test_dates_and_moments_have_one_form(org: Org) -> None:
    assert await stored(org, "Contacts", "Date_of_Birth", "1980-02-29") == "1980-02-29"
    for wrong in ("1981-02-29", "29/02/1980", "1980-2-9", "1980-02-29T00:00:00Z", 19800229):
        assert (await details(org, "Contacts", "Date_of_Birth", wrong))["expected_data_type"] == "date"
    seen = await org.field("Contacts", "Seen At", "datetime")
    assert await stored(org, "Contacts", seen, "2026-01-31T23:30:00Z") == "2026-02-01T10:30:00+11:00"
    assert await stored(org, "Contacts", seen, "2025-07-01T10:00:00+10:00") == "2025-07-01T10:00:00+10:00"
    for wrong in ("2026-01-31", "2026-01-31T23:30:00", "2026-01-31T23:30:00.000Z", "2026-01-31 23:30:00Z"):
        assert (await details(org, "Contacts", seen, wrong))["expected_data_type"] == "datetime"


@pytest.mark.rule("zoho.number-forms")
async def test_numbers_have_their_digits_and_booleans_are_booleans(org: Org) -> None:
    assert await stored(org, "Accounts", "Employees", 999_999_999) == 999_999_999
    assert (await details(org, "Accounts", "Employees", 1_000_000_000))["maximum_length"] == 9
    for wrong in ("12", 1.5, True):
        assert (await details(org, "Accounts", "Employees", wrong))["expected_data_type"] == "integer"
    assert await stored(org, "Accounts", "Account_Number", "123456789012345678") == "123456789012345678"
    assert (await details(org, "Accounts", "Account_Number", "1" * 19))["maximum_length"] == 18
    assert (await details(org, "Products", "Qty_in_Stock", 10**16))["maximum_length"] == 16
    for wrong in ("true", 1):
        assert (await details(org, "Contacts", "Email_Opt_Out", wrong))["expected_data_type"] == "boolean"
    assert await stored(org, "Contacts", "Email_Opt_Out", None) is False


@pytest.mark.rule("zoho.currency-cut")
async def test_decimals_of_money_beyond_cents_are_cut_off(org: Org) -> None:
    for given_value, kept in ((19.999, 19.99), (19.99, 19.99), (-0.129, -0.12), (80, 80), (0.07, 0.07)):
        assert await stored(org, "Products", "Unit_Price", given_value) == kept


@pytest.mark.rule("zoho.lookup-valid")
async def test_a_lookup_names_an_existing_record(org: Org) -> None:
    account = await org.make("Accounts", Account_Name="Lee Family")

    assert await stored(org, "Contacts", "Account_Name", {"id": account}) == {"name": "Lee Family", "id": account}
    for wrong in ({"id": "5725767000099999999"}, {"id": int(account)}, account, {"name": "Lee Family"}):
        await details(org, "Contacts", "Account_Name", wrong)
    contact = await org.make("Contacts", **CONTACT)
    await details(org, "Contacts", "Account_Name", {"id": contact})


@pytest.mark.rule("zoho.owner-active", "zoho.owner-default")
@pytest.mark.parametrize("unconfirmed", ["refuse", "accept"])
async def test_the_owner_is_an_active_user(unconfirmed: str) -> None:
    org = Org(users=("anna@clinic.example",), switches={"unconfirmed_owner": unconfirmed})
    users = (await org.ask("GET", "users?type=ActiveUsers")).json()["users"]
    admin, anna = (user["id"] for user in users)
    invited = org.world.add_user(
        "new@clinic.example", "New", org.world.profiles[1], org.world.roles[1], confirmed=False
    )

    assert (await stored(org, "Contacts", "Owner", {"id": anna}))["email"] == "anna@clinic.example"
    assert (await stored(org, "Contacts", "First_Name", "x", Owner=None)) == "x"
    assert (await org.get("Contacts", await org.make("Contacts", **CONTACT)))["Owner"]["id"] == admin
    await details(org, "Contacts", "Owner", {"id": "5725767000099999999"})
    await details(org, "Contacts", "Owner", {"email": "anna@clinic.example"})
    if unconfirmed == "refuse":
        await details(org, "Contacts", "Owner", {"id": invited["id"]})
    else:
        await stored(org, "Contacts", "Owner", {"id": invited["id"]})
    await org.ask("DELETE", f"users/{anna}")
    await details(org, "Contacts", "Owner", {"id": anna})


async def test_an_empty_text_and_an_empty_list_are_null(org: Org) -> None:
    id = await org.make("Contacts", **CONTACT, First_Name="Ada", Phone="")
    assert (await org.get("Contacts", id))["Phone"] is None

    await org.ask("PUT", f"Contacts/{id}", {"data": [{"First_Name": ""}]})

    assert (await org.get("Contacts", id))["First_Name"] is None


@given(st.integers(-2_000_000_000, 4_000_000_000))
def test_a_moment_shown_and_read_again_is_the_same(moment: int) -> None:
    from zoneinfo import ZoneInfo

    assert read_moment(shown(moment, ZoneInfo("Australia/Melbourne"))) in (moment, None)
    if moment > 0:
        assert read_moment(shown(moment, ZoneInfo("Australia/Melbourne"))) == moment


@given(st.text(alphabet="0123456789 ()+-.,;#aZ/", max_size=60))
def test_the_patterns_never_run_away(text: str) -> None:
    PHONE.fullmatch(text)
    EMAIL.fullmatch(text + "@" + text)
