"""What particular objects do when their rows are written; and that every rule is proven."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from salesforce_client import Org

from gurney.twins.kit.rules import rules_named_in, rules_table
from gurney.twins.salesforce import RULES
from gurney.twins.salesforce.ids import Ids, checksum, normal
from gurney.twins.salesforce.indexes import KEPT_MOST, Repeated

pytestmark = pytest.mark.anyio
HERE = Path(__file__).parent


def test_each_rule_is_named_by_a_test_and_each_name_is_a_rule() -> None:
    named = set(rules_named_in(HERE))

    assert {rule.id for rule in RULES} - named == set()
    assert named - {rule.id for rule in RULES} == set()


def test_each_switch_is_tried_with_another_value() -> None:
    source = "".join(path.read_text() for path in HERE.glob("test_*.py"))

    unused = [rule.switch for rule in RULES if rule.switch and f'"{rule.switch}"' not in source]
    assert set(unused) <= {"deploy_pending_s", "deploy_s"}  # these are waited for instead


def test_the_table_of_rules_has_a_line_for_each() -> None:
    assert len(rules_table(RULES, HERE).splitlines()) == len(RULES) + 2


def test_ids_ascend_and_carry_their_checksum() -> None:
    ids = Ids()
    made = [ids.new("003") for _ in range(10_000)]
    assert made == sorted(made) and len(set(made)) == len(made)
    assert all(checksum(id[:15]) == id[15:] for id in made)
    assert checksum("0057e00000RmwSW") == "AAZ"


def test_ids_are_read_in_either_length_and_repaired_in_the_long_one() -> None:
    id = "0057e00000RmwSWAAZ"
    assert normal(id) == normal(id[:15]) == normal(id.upper()) == id
    assert [normal(bad) for bad in ("", "x", "0057e00000RmwS!", id + "A", None, 7, "0057e00000RmwSW999")] == [None] * 7


def test_text_that_repeats_is_kept_once_and_no_row_reads_otherwise() -> None:
    repeated = Repeated()
    rows = [{"Town": f"town {number % 3}", "Email": f"{number}@example.org"} for number in range(2 * KEPT_MOST)]
    wanted = [dict(row) for row in rows]

    for row in rows:
        repeated.share(row)

    assert rows == wanted
    assert len({id(row["Town"]) for row in rows}) == 3


EVENT = {"Subject": "Visit", "StartDateTime": "2026-03-01T10:00:00Z"}


@pytest.mark.rule("salesforce.event-times")
@pytest.mark.parametrize(
    ("more", "minutes"),
    [
        ({"DurationInMinutes": 30}, 30),
        ({"EndDateTime": "2026-03-01T11:30:00Z"}, 90),
        ({"EndDateTime": "2026-03-01T11:30:00Z", "DurationInMinutes": 90}, 90),
    ],
)
async def test_an_event_works_out_its_end(org: Org, more: dict[str, Any], minutes: int) -> None:
    id = await org.make("Event", **EVENT, **more)
    row = await org.get("Event", id)
    assert (row["DurationInMinutes"], row["ActivityDate"]) == (minutes, "2026-03-01")
    assert row["EndDateTime"] == f"2026-03-01T{10 + minutes // 60}:{minutes % 60:02d}:00.000+0000"
    await org.ask("PATCH", f"sobjects/Event/{id}", {"Subject": "Other"})
    assert (await org.get("Event", id))["DurationInMinutes"] == minutes


@pytest.mark.rule("salesforce.event-times")
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"EndDateTime": "2026-02-28T10:00:00Z"},
        {"DurationInMinutes": 15 * 1_440},
        {"EndDateTime": "2026-03-01T11:00:00Z", "DurationInMinutes": 5},
    ],
)
async def test_an_event_without_a_sensible_end_is_refused(org: Org, more: dict[str, Any]) -> None:
    assert (await org.refusal("Event", **EVENT, **more))["status"] == 400
    longer = Org(switches={"event_days": "20"})
    await longer.make("Event", **EVENT, DurationInMinutes=15 * 1_440)


async def test_activities_know_the_account_of_their_person(org: Org) -> None:
    account = await org.make("Account", Name="Clinic")
    contact = await org.make("Contact", LastName="Ng", AccountId=account)
    task = await org.make("Task", Subject="Call", WhoId=contact, Status="Completed")
    row = await org.get("Task", task)
    assert (row["AccountId"], row["IsClosed"], row["Priority"]) == (account, True, "Normal")


@pytest.mark.rule("salesforce.standard-price")
async def test_a_product_gets_its_standard_price_first(org: Org) -> None:
    product = await org.make("Product2", Name="Band")
    (standard,) = (await org.query("SELECT Id FROM Pricebook2 WHERE IsStandard = true"))["records"]
    book = await org.make("Pricebook2", Name="Clinic")
    price = {"Product2Id": product, "UnitPrice": 12.5, "IsActive": True}
    early = await org.refusal("PricebookEntry", Pricebook2Id=book, **price)
    assert early["errorCode"] == "STANDARD_PRICE_NOT_DEFINED"
    entry = await org.make("PricebookEntry", Pricebook2Id=standard["Id"], **price)
    assert (await org.get("PricebookEntry", entry))["Name"] == "Band"
    await org.make("PricebookEntry", Pricebook2Id=book, **price)
    twice = await org.refusal("PricebookEntry", Pricebook2Id=book, **price)
    assert twice["errorCode"] == "DUPLICATE_VALUE"
    assert (await org.ask("DELETE", f"sobjects/Product2/{product}")).status_code == 400
    assert (await org.ask("DELETE", f"sobjects/Pricebook2/{standard['Id']}")).status_code == 400


@pytest.mark.rule("salesforce.assignment-once")
async def test_a_permission_set_is_assigned_once(org: Org) -> None:
    grant = await org.make("PermissionSet", Name="Gurney", Label="Gurney")
    assert (await org.refusal("PermissionSet", Name="gurney", Label="x"))["errorCode"] == "DUPLICATE_DEVELOPER_NAME"
    wanted = {"AssigneeId": org.world.admin["Id"], "PermissionSetId": grant}
    first = await org.make("PermissionSetAssignment", **wanted)
    assert (await org.refusal("PermissionSetAssignment", **wanted))["errorCode"] == "DUPLICATE_VALUE"
    assert (await org.ask("DELETE", f"sobjects/PermissionSet/{grant}")).json()[0]["errorCode"] == "DELETE_FAILED"
    await org.ask("DELETE", f"sobjects/PermissionSetAssignment/{first}")
    assert (await org.ask("DELETE", f"sobjects/PermissionSet/{grant}")).status_code == 204


@pytest.mark.rule("salesforce.users")
async def test_users_are_found_by_address_and_take_licences() -> None:
    org = Org(users=("anna@clinic.example",), switches={"licences": "3"})
    soql = "SELECT Id, IsActive FROM User WHERE Email IN ('ANNA@clinic.example') AND UserType = 'Standard'"
    (anna,) = (await org.query(soql))["records"]
    assert anna["IsActive"] is True
    (profile,) = (await org.query("SELECT Id FROM Profile WHERE Name = 'Standard User'"))["records"]
    person = {
        "LastName": "Lee", "Email": "lee@clinic.example", "Alias": "lee", "ProfileId": profile["Id"],
        "TimeZoneSidKey": "Australia/Sydney", "LocaleSidKey": "en_AU", "EmailEncodingKey": "UTF-8",
        "LanguageLocaleKey": "en_US",
    }  # fmt: skip
    taken = await org.refusal("User", Username="anna@clinic.example", **person)
    assert taken["errorCode"] == "DUPLICATE_USERNAME"
    await org.make("User", Username="lee@clinic.example", **person)
    full = await org.refusal("User", Username="wu@clinic.example", **person)
    assert full["errorCode"] == "LICENSE_LIMIT_EXCEEDED"
    await org.as_user("anna@clinic.example")
    assert (await org.refusal("User", Username="x@clinic.example", **person))["errorCode"].startswith("INSUFFICIENT")


async def test_the_ready_line_carries_what_a_client_needs(org: Org) -> None:
    env = org.service.env("http://127.0.0.1:1")
    assert env.keys() == {f"GURNEY_SALESFORCE_{name}" for name in ("CLIENT_ID", "CLIENT_SECRET", "LOGIN_URL")}
