"""Lists, single records, full text, COQL, search."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from zoho_client import ADA, Org

from gurney.twins.zoho.coql import parse
from gurney.twins.zoho.refusals import Refused

pytestmark = pytest.mark.anyio


async def fill(org: Org, count: int, module: str = "Contacts") -> list[str]:
    """So many records, by batches; their ids."""
    ids: list[str] = []
    for start in range(0, count, 100):
        batch = [{"Last_Name": f"N{number:05d}"} for number in range(start, min(start + 100, count))]
        ids += [result["details"]["id"] for result in await org.insert(module, *batch)]
    return ids


@pytest.mark.rule("zoho.fields-mandatory")
async def test_a_list_needs_fields_and_takes_fifty(org: Org) -> None:
    await org.make("Contacts", **ADA)
    fifty = ",".join(["Last_Name", *(f"F{number}" for number in range(49))])

    missing = await org.ask("GET", "Contacts")
    many = await org.ask("GET", f"Contacts?fields={fifty},More")
    good = await org.ask("GET", f"Contacts?fields={fifty}")

    assert (missing.status_code, missing.json()["code"]) == (400, "REQUIRED_PARAM_MISSING")
    assert (many.status_code, many.json()["code"]) == (400, "LIMIT_EXCEEDED")
    assert set(good.json()["data"][0]) == {"id", "Last_Name"}


@pytest.mark.rule("zoho.page-ceiling")
async def test_paging_by_number_ends_at_two_thousand(org: Org) -> None:
    await fill(org, 2_001)

    tenth = await org.ask("GET", "Contacts?fields=id&page=10")
    eleventh = await org.ask("GET", "Contacts?fields=id&page=11")

    assert (tenth.json()["info"]["count"], tenth.json()["info"]["more_records"]) == (200, True)
    assert (eleventh.status_code, eleventh.json()["code"]) == (400, "DISCRETE_PAGINATION_LIMIT_EXCEEDED")
    assert eleventh.json()["details"] == {"limit": 2000}


@pytest.mark.rule("zoho.page-token")
async def test_page_tokens_reach_every_record_once_while_others_are_made(org: Org) -> None:
    ids = await fill(org, 450)
    seen: list[str] = []
    query = "Contacts?fields=id"
    answer = await org.ask("GET", query)
    while True:
        seen += [row["id"] for row in answer.json()["data"]]
        if not answer.json()["info"]["more_records"]:
            break
        await org.make("Contacts", **ADA)
        answer = await org.ask("GET", f"{query}&page_token={answer.json()['info']['next_page_token']}")

    assert seen == ids[::-1]
    assert answer.json()["info"]["next_page_token"] is None


async def test_a_page_token_belongs_to_its_user_and_parameters_and_grows_old(org: Org) -> None:
    await fill(org, 300)
    token = (await org.ask("GET", "Contacts?fields=id")).json()["info"]["next_page_token"]

    async def code(query: str) -> str:
        answer = await org.ask("GET", query)
        return str(answer.json().get("code", answer.status_code))

    assert await code(f"Contacts?fields=id,Email&page_token={token}") == "TOKEN_BOUND_DATA_MISMATCH"
    assert await code(f"Contacts?fields=id&page=2&page_token={token}") == "AMBIGUITY_DURING_PROCESSING"
    assert await code(f"Contacts?fields=id&page_token={token}") == "200"
    assert await code(f"Contacts?fields=id&page_token={token}") == "200"  # asked again, it answers again
    await org.as_user("anna@clinic.example")
    assert await code(f"Contacts?fields=id&page_token={token}") == "INVALID_DATA"
    org.pass_time(86_400)
    await org.sign_in()
    assert await code(f"Contacts?fields=id&page_token={token}") == "EXPIRED_VALUE"


@pytest.mark.rule("zoho.list-order")
async def test_lists_are_newest_first_and_sort_by_three_fields(org: Org) -> None:
    first, second = await org.make("Contacts", **ADA), await org.make("Contacts", **ADA)
    org.pass_time(5)
    await org.ask("PUT", f"Contacts/{first}", {"data": [{"Phone": "1"}]})

    async def order(query: str) -> list[str]:
        return [row["id"] for row in (await org.ask("GET", f"Contacts?fields=id{query}")).json()["data"]]

    assert await order("") == [second, first]
    assert await order("&sort_order=asc") == [first, second]
    assert await order("&sort_by=Modified_Time") == [first, second]
    assert await order("&sort_by=Modified_Time&sort_order=asc") == [second, first]
    assert (await org.ask("GET", "Contacts?fields=id&sort_by=Last_Name")).json()["code"] == "INVALID_DATA"


@pytest.mark.rule("zoho.modified-since")
async def test_modified_since_is_inclusive_and_nothing_newer_is_304(org: Org) -> None:
    await org.make("Contacts", **ADA)
    org.pass_time(10)
    id = await org.make("Contacts", **ADA)
    at = (await org.get("Contacts", id))["Modified_Time"]

    answer = await org.ask("GET", "Contacts?fields=id", headers={"If-Modified-Since": at})
    later = await org.ask("GET", "Contacts?fields=id", headers={"If-Modified-Since": "2026-02-03T10:00:11+11:00"})

    assert [row["id"] for row in answer.json()["data"]] == [id]
    assert (later.status_code, later.content) == (304, b"")


@pytest.mark.rule("zoho.ids")
async def test_named_records_are_read_and_unknown_ones_left_out(org: Org) -> None:
    one, two, _ = await fill(org, 3)

    answer = await org.ask("GET", f"Contacts?fields=id&ids={one},5725767000099999999,{two}")

    assert [row["id"] for row in answer.json()["data"]] == [two, one]
    assert (await org.ask("GET", "Contacts?fields=id&ids=5725767000099999999")).status_code == 204


@pytest.mark.rule("zoho.list-ids")
@pytest.mark.parametrize("most", [51, 100, 200])
async def test_a_list_takes_so_many_ids(most: int) -> None:
    org = Org(switches={"list_ids": str(most)})
    id = await org.make("Contacts", **ADA)

    taken, refused = [
        await org.ask("GET", "Contacts", params={"fields": "id", "ids": ",".join([id] * count)})
        for count in (most, most + 1)
    ]

    assert [row["id"] for row in taken.json()["data"]] == [id]
    assert (refused.status_code, refused.json()["code"]) == (400, "LIMIT_EXCEEDED")
    assert refused.json()["details"] == {"limit": most}


@pytest.mark.rule("zoho.unknown-id")
@pytest.mark.parametrize("status", ["204", "400"])
async def test_an_unknown_id_is_nothing_and_a_wrong_one_is_refused(status: str) -> None:
    org = Org(switches={"unknown_id_status": status})

    assert (await org.ask("GET", "Contacts/5725767000099999999")).status_code == int(status)
    wrong = await org.ask("GET", "Contacts/abc")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "INVALID_DATA")


@pytest.mark.rule("zoho.rich-text-cut")
async def test_rich_text_is_cut_everywhere_but_in_the_full_read(org: Org) -> None:
    letter = await org.field("Contacts", "Letter", "textarea", textarea={"type": "rich_text"})
    text = "<p>" + "x" * 1_000 + "</p>"
    id = await org.make("Contacts", **ADA, **{letter: text}, Description="y" * 1_000)

    listed = (await org.ask("GET", f"Contacts?fields={letter},Description")).json()["data"][0]
    queried = (await org.coql(f"select {letter} from Contacts where id = '{id}'")).json()["data"][0]
    one = await org.ask("GET", f"Contacts/{id}/actions/fetch_full_data?fields={letter}")
    several = await org.ask("GET", f"Contacts/actions/fetch_full_data?fields={letter}&ids={id},1")

    assert listed[letter] == queried[letter] == (await org.get("Contacts", id))[letter] == text[:500]
    assert len(listed["Description"]) == 1_000
    assert one.json() == several.json() == {"data": [{"id": id, letter: text}]}
    assert (await org.admin("GET dump/Contacts")).json()[letter] == text


@pytest.mark.rule("zoho.full-text")
async def test_full_text_is_read_of_two_hundred_records_and_of_rich_text_alone(org: Org) -> None:
    letter = await org.field("Contacts", "Letter", "textarea", textarea={"type": "rich_text"})
    id = await org.make("Contacts", **ADA, **{letter: "x"})

    async def read(fields: list[str], ids: list[str]) -> httpx2.Response:
        asked = {"fields": ",".join(fields), "ids": ",".join(ids)}
        return await org.ask("GET", "Contacts/actions/fetch_full_data", params=asked)

    assert (await read([letter, "Last_Name"], [id] * 200)).json()["data"][0] == {"id": id, letter: "x"}
    assert (await org.ask("GET", f"Contacts/{id}/actions/fetch_full_data")).json()["data"] == [{"id": id, letter: "x"}]
    for refused in (await read([letter], [id] * 201), await read([letter] * 9, [id])):
        assert (refused.status_code, refused.json()["code"]) == (400, "INVALID_REQUEST")
    assert (await org.ask("GET", f"Contacts/actions/fetch_full_data?ids={id}")).json()[
        "code"
    ] == "REQUIRED_PARAM_MISSING"


@pytest.mark.rule("zoho.line-items-single")
async def test_line_items_are_filled_in_a_single_read_only(org: Org) -> None:
    product = await org.make("Products", Product_Name="Consult")
    items = [{"Product_Name": {"id": product}, "Quantity": 1}]
    id = await org.make("Invoices", Subject="x", Invoiced_Items=items)

    assert (await org.ask("GET", "Invoices?fields=Invoiced_Items")).json()["data"][0]["Invoiced_Items"] is None
    assert len((await org.get("Invoices", id))["Invoiced_Items"]) == 1


@pytest.mark.rule("zoho.hipaa")
@pytest.mark.parametrize(("mode", "hidden"), [("on", False), ("restricted", True)])
async def test_health_fields_are_null_when_access_is_restricted(mode: str, hidden: bool) -> None:
    org = Org(switches={"hipaa": mode, "search_lag_s": "0"})
    field = await org.field("Contacts", "Diagnosis", hipaa_compliance_enabled=True)
    id = await org.make("Contacts", **ADA, **{field: "flu"})

    reads = [
        (await org.get("Contacts", id))[field],
        (await org.ask("GET", f"Contacts?fields={field}")).json()["data"][0][field],
        (await org.coql(f"select {field} from Contacts where id is not null")).json()["data"][0][field],
        (await org.ask("GET", f"Contacts/search?email={ADA['Email']}&fields={field}")).json()["data"][0][field],
    ]

    assert set(reads) == {None if hidden else "flu"}
    assert (await org.ask("GET", "org")).json()["org"][0]["hipaa_compliance_enabled"] is True


@pytest.mark.rule("zoho.full-name")
async def test_the_full_name_begins_with_the_salutation(org: Org) -> None:
    id = await org.make("Contacts", **ADA, Salutation="Mrs.")

    assert (await org.get("Contacts", id))["Full_Name"] == "Mrs. Ada Lee"


@pytest.mark.rule("zoho.coql")
@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("Last_Name = 'Lee'", ["Ada", "Bo"]),
        ("Last_Name = 'lee' and First_Name != 'Bo'", ["Ada"]),
        ("(First_Name = 'Ada' or (Email is null and Last_Name like 'Mc%'))", ["Ada", "Cy"]),
        ("First_Name in ('Ada', 'Cy')", ["Ada", "Cy"]),
        ("First_Name not in ('Ada')", ["Bo", "Cy"]),
        ("Date_of_Birth between '1980-01-01' and '1980-12-31'", ["Bo"]),
        ("Date_of_Birth < '1980-01-01'", ["Ada"]),
        ("Created_Time >= '2026-02-02T23:00:00Z' and Email is not null", ["Ada"]),
        ("Account_Name.Account_Name = 'Lee Family'", ["Ada"]),
        ("Account_Name = '{account}'", ["Ada"]),
        ("Account_Name.id in ('{account}')", ["Ada"]),
        ("Owner.id = '{admin}' and Email_Opt_Out = true", ["Cy"]),
        ("id > '{ada}'", ["Bo", "Cy"]),
        ("id in ('{ada}', '1')", ["Ada"]),
        ("Last_Name = 'O\\'Neill'", []),
    ],
)
async def test_conditions_find_what_they_say(org: Org, where: str, found: list[str]) -> None:
    account = await org.make("Accounts", Account_Name="Lee Family")
    ada = await org.make("Contacts", **ADA, Account_Name={"id": account}, Date_of_Birth="1979-05-01")
    await org.make("Contacts", Last_Name="Lee", First_Name="Bo", Date_of_Birth="1980-05-01")
    await org.make("Contacts", Last_Name="McKay", First_Name="Cy", Email_Opt_Out=True)
    where = where.format(account=account, ada=ada, admin=org.world.admin["id"])

    answer = await org.coql(f"select First_Name from Contacts where {where} order by id")

    assert [row["First_Name"] for row in answer.json()["data"]] == found if found else answer.status_code == 204


async def test_a_query_is_ordered_and_cut(org: Org) -> None:
    for first, last in (("A", "Z"), ("B", "Y"), ("C", "Z"), ("D", "X")):
        await org.make("Contacts", First_Name=first, Last_Name=last)

    async def names(tail: str) -> list[str]:
        answer = await org.coql(f"select First_Name from Contacts where id is not null {tail}")
        return [row["First_Name"] for row in answer.json()["data"]]

    assert await names("order by Last_Name desc, First_Name desc") == ["C", "A", "B", "D"]
    assert await names("order by Last_Name asc limit 1, 2") == ["B", "A"]
    assert await names("limit 2 offset 3") == ["D"]
    more = await org.coql("select id from Contacts where id is not null limit 2")
    assert more.json()["info"] == {"count": 2, "more_records": True}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("select id from Contacts", "SYNTAX_ERROR"),
        ("select id from Contacts where", "SYNTAX_ERROR"),
        ("select id from Contacts where id = '1' and id = '2' and id = '3'", "SYNTAX_ERROR"),
        ("select id from Contacts where (id = '1'", "SYNTAX_ERROR"),
        ("select id from Nothings where id = '1'", "INVALID_QUERY"),
        ("select Colour from Contacts where id = '1'", "INVALID_QUERY"),
        ("select id from Contacts where Colour = '1'", "INVALID_QUERY"),
        ("select id from Contacts where Description = 'x'", "INVALID_QUERY"),
        ("select id from Contacts where Created_Time = 'yesterday'", "INVALID_QUERY"),
        ("select " + ",".join(["id"] * 51) + " from Contacts where id = '1'", "LIMIT_EXCEEDED"),
        (
            "select Account_Name.Phone, Vendor_Name.Phone, Reporting_To.Phone from Contacts where id = '1'",
            "LIMIT_EXCEEDED",
        ),
    ],
)
async def test_a_wrong_query_is_refused(org: Org, query: str, code: str) -> None:
    answer = await org.coql(query)

    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.rule("zoho.coql-rows", "zoho.coql-in", "zoho.coql-offset")
async def test_the_limits_of_a_query_are_switches() -> None:
    small = Org()
    large = Org(switches={"coql_rows": "2000", "coql_in": "50", "coql_offset": "100000"})
    await fill(large, 300)

    async def status(org: Org, tail: str) -> int:
        return (await org.coql(f"select id from Contacts where {tail}")).status_code

    hundred = "id in (" + ",".join(["'1'"] * 100) + ")"
    assert await status(small, "id is not null limit 201") == 400
    assert (await large.coql("select id from Contacts where id is not null limit 2000")).json()["info"]["count"] == 300
    assert (await status(small, hundred), await status(large, hundred)) == (204, 400)
    assert await status(small, "id is not null limit 10001, 1") == 400
    assert await status(large, "id is not null limit 10001, 1") == 204


@pytest.mark.rule("zoho.coql-quote")
async def test_an_apostrophe_is_escaped_with_a_backslash(org: Org) -> None:
    await org.make("Contacts", Last_Name="O'Neill")

    assert (await org.coql(r"select id from Contacts where Last_Name = 'O\'Neill'")).json()["info"]["count"] == 1
    assert (await org.coql("select id from Contacts where Last_Name = 'O'Neill'")).json()["code"] == "SYNTAX_ERROR"


@pytest.mark.rule("zoho.coql-lookup")
async def test_a_lookup_in_a_query_has_its_name_from_version_seven(org: Org) -> None:
    account = await org.make("Accounts", Account_Name="Lee")
    await org.make("Contacts", **ADA, Account_Name={"id": account})
    query = {"select_query": "select Account_Name, Owner.id from Contacts where id is not null"}

    new = (await org.ask("POST", "/crm/v7/coql", query)).json()["data"][0]
    old = (await org.ask("POST", "/crm/v6/coql", query)).json()["data"][0]

    assert new["Account_Name"] == {"name": "Lee", "id": account}
    assert old["Account_Name"] == {"id": account}
    assert new["Owner.id"] == org.world.admin["id"]


def test_a_parsed_query_has_its_parts() -> None:
    query = parse('select A, B.C from M where (A = "x\\"y" and B.C not between 1 and -2.5) limit 5, 10')

    assert (query.columns, query.module, query.offset, query.limit) == (["A", "B.C"], "M", 5, 10)
    with pytest.raises(Refused):
        parse("select ; from")


async def search(org: Org, **params: str) -> httpx2.Response:
    return await org.ask("GET", "Contacts/search", params={"fields": "First_Name", **params})


async def found(org: Org, **params: str) -> list[Any]:
    answer = await search(org, **params)
    return [] if answer.status_code == 204 else [row["First_Name"] for row in answer.json()["data"]]


@pytest.mark.rule("zoho.search-lag")
async def test_search_is_late_and_coql_is_not(org: Org) -> None:
    id = await org.make("Contacts", **ADA)

    assert await found(org, email="ada@example.org") == []
    assert (await org.ask("GET", "Contacts/actions/count?email=ada@example.org")).json() == {"count": 0}
    assert (await org.coql("select id from Contacts where Email = 'ada@example.org'")).status_code == 200
    org.pass_time(10)
    assert await found(org, email="ada@example.org") == ["Ada"]
    await org.ask("PUT", f"Contacts/{id}", {"data": [{"Phone": "1"}]})
    assert await found(org, email="ada@example.org") == []


async def test_a_fault_makes_one_search_staler(org: Org) -> None:
    await org.make("Contacts", **ADA)
    org.pass_time(30)
    org.twin.faults.add("stale_search", path=".*/search", nth=1, seconds=60)

    assert await found(org, word="lee") == []
    assert await found(org, word="lee") == ["Ada"]


@pytest.mark.rule("zoho.search-contains")
async def test_equals_in_search_means_contains(org: Org) -> None:
    await org.make("Contacts", **ADA)
    await org.make("Contacts", Last_Name="Leeson", First_Name="Bo", Phone="0412")
    org.pass_time(60)

    assert await found(org, criteria="(Last_Name:equals:Lee)") == ["Bo", "Ada"]
    assert await found(org, criteria="((Last_Name:equals:Lee)and(Phone:starts_with:04))") == ["Bo"]
    assert await found(org, criteria="((Last_Name:equals:nobody)or(First_Name:in:Ada,Cy))") == ["Ada"]
    assert await found(org, phone="0412") == ["Bo"]


@pytest.mark.rule("zoho.search-limits")
async def test_search_takes_ten_criteria_and_ends_at_two_thousand() -> None:
    org = Org(switches={"search_lag_s": "0"}, unlimited=True)
    await fill(org, 2_050)
    eleven = "(" + "or".join(["(Last_Name:equals:N)"] * 11) + ")"

    assert (await search(org, criteria=eleven)).json()["code"] == "CRITERIA_LIMIT_EXCEEDED"
    assert (await search(org, criteria="(Colour:equals:x)")).json()["code"] == "INVALID_QUERY"
    assert (await search(org, word="x")).status_code == 400
    assert (await search(org, criteria="(Last_Name:equals:N)", page="10")).json()["info"]["count"] == 200
    assert (await search(org, criteria="(Last_Name:equals:N)", page="11")).json()["code"] == "LIMIT_REACHED"


@pytest.mark.rule("zoho.count")
async def test_the_count_is_an_integer(org: Org) -> None:
    await fill(org, 3)

    assert (await org.ask("GET", "Contacts/actions/count")).json() == {"count": 3}


@pytest.mark.rule("zoho.deleted-list")
async def test_deleted_ids_are_listed_for_sixty_and_a_hundred_and_twenty_days(org: Org) -> None:
    one, two = await fill(org, 2)
    await org.ask("DELETE", f"Contacts?ids={one},{two}")
    await org.ask("DELETE", f"settings/recycle_bin?ids={two}")

    async def listed(kind: str) -> list[str]:
        await org.sign_in()
        answer = await org.ask("GET", f"Contacts/deleted?type={kind}")
        return sorted(row["id"] for row in answer.json()["data"]) if answer.status_code == 200 else []

    assert (await listed("recycle"), await listed("permanent"), await listed("all")) == ([one], [two], [one, two])
    org.pass_time(61 * 86_400)
    assert (await listed("recycle"), await listed("permanent")) == ([], [one, two])
    org.pass_time(60 * 86_400)
    assert await listed("permanent") == [one]
    late = {"If-Modified-Since": "2030-01-01T00:00:00Z"}
    assert (await org.ask("GET", "Contacts/deleted?type=all", headers=late)).status_code == 304
