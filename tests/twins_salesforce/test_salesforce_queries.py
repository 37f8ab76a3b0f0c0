"""SOQL, its pages and refusals; search and its lateness."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from salesforce_client import Org

from gurney.twins.salesforce.refusals import Refused
from gurney.twins.salesforce.soql_reader import parse

pytestmark = pytest.mark.anyio


@pytest.fixture
async def clinic(org: Org) -> Org:
    """A few contacts of one account."""
    org.external_id("Contact")
    account = await org.make("Account", Name="Banksia")
    for n, name in enumerate(("Ng", "Lee", "O'Brien")):
        await org.make("Contact", LastName=name, AccountId=account, Cliniko_Id__c=f"P{n}", Birthdate=f"200{n}-01-01")
        org.pass_time(60)
    return org


async def names(org: Org, condition: str) -> list[str]:
    found = await org.query(f"SELECT LastName FROM Contact WHERE {condition} ORDER BY LastName")
    return [row["LastName"] for row in found["records"]]


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ("LastName = 'ng'", ["Ng"]),
        ("LastName != 'Ng'", ["Lee", "O'Brien"]),
        ("LastName LIKE '%e%'", ["Lee", "O'Brien"]),
        ("LastName LIKE '_g'", ["Ng"]),
        ("LastName = 'O\\'Brien'", ["O'Brien"]),
        ("LastName IN ('Ng', 'Lee') AND Birthdate > 2000-06-01", ["Lee"]),
        ("LastName NOT IN ('Ng', 'Lee')", ["O'Brien"]),
        ("NOT (LastName = 'Ng' OR LastName = 'Lee')", ["O'Brien"]),
        ("(Birthdate >= 2001-01-01 AND Birthdate <= 2001-12-31) OR LastName = 'Ng'", ["Lee", "Ng"]),
        ("Email = null", ["Lee", "Ng", "O'Brien"]),
        ("Account.Name = 'banksia' AND Birthdate < 2000-02-01", ["Ng"]),
        ("CreatedDate = TODAY", ["Lee", "Ng", "O'Brien"]),
        ("CreatedDate < LAST_N_DAYS:3", []),
        ("CreatedDate > 2026-02-02T23:00:30Z", ["Lee", "O'Brien"]),
        ("CreatedDate > 2026-02-03T09:00:30+10:00", ["Lee", "O'Brien"]),
        ("IsDeleted = false AND Cliniko_Id__c = 'P1'", ["Lee"]),
        ("Cliniko_Id__c = 'p1'", []),
        ("AccountId IN (SELECT Id FROM Account WHERE Name = 'Banksia') AND LastName = 'Ng'", ["Ng"]),
    ],
)
async def test_conditions_find_the_rows_they_mean(clinic: Org, condition: str, wanted: list[str]) -> None:
    assert await names(clinic, condition) == wanted


async def test_multi_selects_are_found_by_their_values(org: Org) -> None:
    org.add_field("Contact", "Tags__c", "multipicklist")
    await org.make("Contact", LastName="Ng", Tags__c="a;b")
    await org.make("Contact", LastName="Lee", Tags__c="b")
    assert await names(org, "Tags__c INCLUDES ('a;b', 'x')") == ["Ng"]
    assert await names(org, "Tags__c EXCLUDES ('a')") == ["Lee"]


@pytest.mark.rule("salesforce.query")
async def test_parents_and_children_come_nested(clinic: Org) -> None:
    found = await clinic.query("SELECT Name, Account.Name, Account.Owner.Name FROM Contact WHERE LastName = 'Ng'")
    assert (found["totalSize"], found["done"]) == (1, True)
    (row,) = found["records"]
    assert row["attributes"]["url"].startswith("/services/data/v63.0/sobjects/Contact/003")
    assert (row["Account"]["Name"], row["Account"]["Owner"]["Name"]) == ("Banksia", "Ada Admin")
    (account,) = (await clinic.query("SELECT Id, (SELECT LastName FROM Contacts ORDER BY LastName) FROM Account"))[
        "records"
    ]
    assert [one["LastName"] for one in account["Contacts"]["records"]] == ["Lee", "Ng", "O'Brien"]


async def test_a_custom_parent_is_reached_by_its_relationship(org: Org) -> None:
    org.external_id("Contact")
    org.add_object("Visit__c")
    lookup = {"reference_to": ("Contact",), "relationship": "Patient__r", "children": "Visits__r", "length": 18}
    org.add_field("Visit__c", "Patient__c", "reference", **lookup)
    await org.make("Contact", LastName="Ng", Cliniko_Id__c="1")
    await org.make("Visit__c", Name="V1", Patient__r={"Cliniko_Id__c": "1"})
    await org.make("Visit__c", Name="V2")
    found = await org.query("SELECT Name, Patient__r.Cliniko_Id__c FROM Visit__c ORDER BY Name")
    assert [row["Patient__r"] and row["Patient__r"]["Cliniko_Id__c"] for row in found["records"]] == ["1", None]


async def test_parents_of_several_kinds_show_what_they_share(org: Org) -> None:
    contact = await org.make("Contact", LastName="Ng")
    await org.make("Task", Subject="Call", WhoId=contact)
    (task,) = (await org.query("SELECT Who.Name, Who.Type FROM Task"))["records"]
    assert (task["Who"]["Name"], task["Who"]["Type"]) == ("Ng", "Contact")
    answer = await org.ask("GET", "query", params={"q": "SELECT Who.Birthdate FROM Task"})
    assert answer.json()[0]["errorCode"] == "INVALID_FIELD"


@pytest.mark.rule("salesforce.query")
@pytest.mark.rule("salesforce.batch-size")
@pytest.mark.rule("salesforce.locator")
async def test_pages_follow_their_locator_for_two_days_and_one_user(org: Org) -> None:
    records = [{"attributes": {"type": "Account"}, "Name": f"a{n}"} for n in range(200)]
    for _ in range(3):
        await org.ask("POST", "composite/sobjects", {"records": records})
    small = {"Sforce-Query-Options": "batchSize=10"}
    page = await org.query("SELECT Id FROM Account", headers=small)
    seen = [row["Id"] for row in page["records"]]
    assert (page["totalSize"], page["done"], len(seen)) == (600, False, 200)
    assert page["nextRecordsUrl"].endswith("-200")
    first_next = page["nextRecordsUrl"]
    while not page["done"]:
        page = (await org.ask("GET", page["nextRecordsUrl"])).json()
        seen += [row["Id"] for row in page["records"]]
    assert len(set(seen)) == 600
    mine = org.token
    await org.as_user("anna@clinic.example")
    assert (await org.ask("GET", first_next)).json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"
    org.token = mine
    org.pass_time(2 * 86_400)
    org.token = ""
    assert (await org.ask("GET", first_next)).json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


@pytest.mark.rule("salesforce.batch-size")
async def test_two_long_texts_make_small_pages(org: Org) -> None:
    org.add_field("Account", "Story__c", "textarea", length=32_000)
    records = [{"attributes": {"type": "Account"}, "Name": "x"} for _ in range(200)]
    await org.ask("POST", "composite/sobjects", {"records": records})
    await org.make("Account", Name="one more")
    assert len((await org.query("SELECT Description, Story__c FROM Account"))["records"]) == 200
    assert len((await org.query("SELECT Description FROM Account"))["records"]) == 201


@pytest.mark.rule("salesforce.query-errors")
async def test_unknown_fields_and_objects_are_shown_with_a_caret(org: Org) -> None:
    async def told(soql: str) -> dict[str, Any]:
        answer = await org.ask("GET", "query", params={"q": soql})
        assert answer.status_code == 400
        error: dict[str, Any] = answer.json()[0]
        return error

    field = await told("SELECT Foo__c FROM Contact")
    assert field["errorCode"] == "INVALID_FIELD"
    beginning = (
        "\nSELECT Foo__c FROM Contact\n       ^\nERROR at Row:1:Column:8\nNo such column 'Foo__c' on entity 'Contact'."
    )
    assert field["message"].startswith(beginning)
    assert (await told("SELECT Id FROM XYZZY"))["errorCode"] == "INVALID_TYPE"
    for bad in (
        "SELECT Id FROM",
        "SELECT FROM Contact",
        "SELECT Id FROM Contact WHERE",
        "SELECT Id FROM Contact WHERE LastName = 'a' AND Email = 'b' OR Email = 'c'",
        "SELECT Id, Id FROM Contact",
        "SELECT LastName, COUNT(Id) FROM Contact",
        "SELECT * FROM Contact",
    ):
        assert (await told(bad))["errorCode"] == "MALFORMED_QUERY", bad
    assert (await told("SELECT Id FROM Contact WHERE LastName = 5"))["errorCode"] == "INVALID_FIELD"
    assert (await told("SELECT Id FROM Contact WHERE Birthdate = '2026-01-01'"))["errorCode"] == "INVALID_FIELD"


@pytest.mark.rule("salesforce.long-text")
@pytest.mark.parametrize("rest", ["WHERE Description = 'x'", "ORDER BY Description"])
async def test_long_text_is_neither_filtered_nor_sorted(org: Org, rest: str) -> None:
    answer = await org.ask("GET", "query", params={"q": f"SELECT Id FROM Contact {rest}"})
    assert answer.status_code == 400 and "field 'Description' can not be" in answer.json()[0]["message"]
    grouped = await org.ask(
        "GET", "query", params={"q": "SELECT Description, COUNT(Id) FROM Contact GROUP BY Description"}
    )
    assert grouped.status_code == 400


@pytest.mark.rule("salesforce.fields-limit")
async def test_all_fields_come_two_hundred_rows_at_a_time(clinic: Org) -> None:
    unlimited = await clinic.ask("GET", "query", params={"q": "SELECT FIELDS(ALL) FROM Contact"})
    assert unlimited.json()[0]["errorCode"] == "MALFORMED_QUERY"
    custom = (await clinic.query("SELECT FIELDS(CUSTOM) FROM Contact LIMIT 200"))["records"]
    assert set(custom[0]) == {"attributes", "Cliniko_Id__c"}
    standard = (await clinic.query("SELECT FIELDS(STANDARD) FROM Contact"))["records"]
    assert "Cliniko_Id__c" not in standard[0] and "Birthdate" in standard[0]
    none = await clinic.ask("GET", "query", params={"q": "SELECT FIELDS(CUSTOM) FROM Account LIMIT 200"})
    assert none.status_code == 400


@pytest.mark.rule("salesforce.soql-limits")
async def test_the_length_and_the_offset_have_their_ends(clinic: Org) -> None:
    far = await clinic.ask("GET", "query", params={"q": "SELECT Id FROM Contact OFFSET 2001"})
    assert far.json()[0]["errorCode"] == "NUMBER_OUTSIDE_VALID_RANGE"
    with pytest.raises(Refused):
        parse("SELECT Id FROM Contact WHERE Name = '" + "x" * 100_000 + "'")
    page = await clinic.query("SELECT LastName FROM Contact ORDER BY LastName DESC LIMIT 1 OFFSET 1")
    assert [row["LastName"] for row in page["records"]] == ["Ng"]


@pytest.mark.rule("salesforce.aggregates")
async def test_counts_and_groups(clinic: Org) -> None:
    assert await clinic.query("SELECT COUNT() FROM Contact") == {"totalSize": 3, "done": True, "records": []}
    (plain,) = (await clinic.query("SELECT COUNT(Id) c, COUNT(Email) FROM Contact"))["records"]
    assert plain == {"attributes": {"type": "AggregateResult"}, "c": 3, "expr0": 0}
    soql = "SELECT Account.Name, MAX(Birthdate) m, COUNT(Id) FROM Contact GROUP BY Account.Name"
    (group,) = (await clinic.query(soql))["records"]
    assert (group["Name"], group["m"], group["expr0"]) == ("Banksia", "2002-01-01", 3)


@pytest.mark.rule("salesforce.query-all")
async def test_deleted_rows_are_in_query_all_only(clinic: Org) -> None:
    (row,) = (await clinic.query("SELECT Id FROM Contact WHERE LastName = 'Ng'"))["records"]
    await clinic.ask("DELETE", f"sobjects/Contact/{row['Id']}")
    assert (await clinic.query("SELECT COUNT() FROM Contact"))["totalSize"] == 2
    found = (
        await clinic.ask("GET", "queryAll", params={"q": "SELECT Id, IsDeleted FROM Contact WHERE IsDeleted = true"})
    ).json()
    assert [one["Id"] for one in found["records"]] == [row["Id"]]


@pytest.mark.rule("salesforce.link-filter")
async def test_links_of_files_need_a_filter_by_id(org: Org) -> None:
    bare = await org.ask("GET", "query", params={"q": "SELECT Id FROM ContentDocumentLink"})
    assert bare.json()[0]["errorCode"] == "MALFORMED_QUERY"
    assert bare.json()[0]["message"].startswith("Implementation restriction: ContentDocumentLink requires a filter")
    contact = await org.make("Contact", LastName="Ng")
    await org.query(f"SELECT Id FROM ContentDocumentLink WHERE LinkedEntityId IN ('{contact}')")
    await org.admin("POST grant", {"permission": "QueryAllFiles"})
    await org.query("SELECT Id FROM ContentDocumentLink")


@pytest.mark.rule("salesforce.unordered")
async def test_without_order_rows_come_in_no_promised_order(clinic: Org) -> None:
    newest = [row["LastName"] for row in (await clinic.query("SELECT LastName FROM Contact"))["records"]]
    assert newest == ["O'Brien", "Lee", "Ng"]
    await clinic.admin("POST switch", {"name": "unordered", "value": "oldest"})
    oldest = [row["LastName"] for row in (await clinic.query("SELECT LastName FROM Contact"))["records"]]
    assert oldest == newest[::-1]
    other = Org(switches={"unordered": "oldest"})
    assert other.world.switches["unordered"] == "oldest"


async def test_paging_by_id_visits_every_row_once(clinic: Org) -> None:
    last, seen = "000000000000000", []
    while True:
        soql = f"SELECT Id FROM Contact WHERE Id > '{last}' ORDER BY Id LIMIT 2"
        rows = (await clinic.query(soql))["records"]
        if not rows:
            break
        seen += [row["Id"] for row in rows]
        last = seen[-1]
    assert seen == sorted(clinic.world.table("Contact").rows)


@pytest.mark.rule("salesforce.search-lag")
async def test_search_is_late_and_queries_are_not(clinic: Org) -> None:
    await clinic.make("Contact", LastName="Fresh")
    sosl = {"q": "FIND {fre*} IN ALL FIELDS RETURNING Contact(Id, LastName LIMIT 5)"}
    assert (await clinic.ask("GET", "search", params=sosl)).json() == {"searchRecords": []}
    assert await names(clinic, "LastName = 'Fresh'") == ["Fresh"]
    clinic.pass_time(61)
    (hit,) = (await clinic.ask("GET", "search", params=sosl)).json()["searchRecords"]
    assert (hit["attributes"]["type"], hit["LastName"]) == ("Contact", "Fresh")
    clinic.twin.faults.add("stale_search", seconds=3_600)
    assert (await clinic.ask("GET", "search", params=sosl)).json() == {"searchRecords": []}
    prompt = Org(switches={"search_lag_s": "0"})
    await prompt.make("Contact", LastName="Fresh")
    parameters = {"q": "fresh", "sobject": "Contact", "fields": "Id"}
    assert len((await prompt.ask("GET", "parameterizedSearch", params=parameters)).json()["searchRecords"]) == 1
    body = {"q": "fresh", "sobjects": [{"name": "Contact", "fields": ["Id"]}]}
    assert len((await prompt.ask("POST", "parameterizedSearch", body)).json()["searchRecords"]) == 1


async def test_odd_searches_are_refused(org: Org) -> None:
    for term in ("FIND {a} RETURNING Contact", "FIND x", "FIND {xx} RETURNING Organization(Id)"):
        assert (await org.ask("GET", "search", params={"q": term})).status_code == 400


@given(st.text(alphabet="SELECTFROMWHEREcontact ()',.=<>:0123456789-TZ\\%_", max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        parse("SELECT Id FROM Contact WHERE " + text)
    except Refused as no:
        assert no.code in ("MALFORMED_QUERY", "NUMBER_OUTSIDE_VALID_RANGE")
