"""Rows that would spoil their neighbours: found by halves, saved by another route, sent without what is not there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from salesforce_org import (
    KEY,
    Asked,
    Jobs,
    Org,
    a_field,
    a_write,
    an_id,
    connect,
    describe,
    error,
    key_field,
    made,
    refused,
    upserts,
)

from gurney.destinations.protocol import Route
from gurney.destinations.salesforce.destination import Salesforce
from gurney.destinations.salesforce.limits import per_call
from gurney.records import Kind, State

pytestmark = pytest.mark.anyio
BATCH, BULK = Route("batch", 1000, 4), Route("bulk", 10_000, 10)
UPSERT = f"PATCH /composite/sobjects/Contact/{KEY}"
UNREADABLE = error("JSON_PARSER_ERROR", "Cannot deserialize instance of date from VALUE_STRING value at [line:1]")
NO_COLUMN = error("INVALID_FIELD", "No such column 'Foo__c' on sobject of type Contact")
SIMILAR = "DUPLICATES_DETECTED:Use one of these records?: --"


@pytest.fixture(autouse=True)
def contacts(org: Org) -> None:
    org.object("Contact", key_field(), a_field("LastName", nillable=False))


def spoilt_by(*bad: str, answer: Any = UNREADABLE) -> Any:
    """An organisation that refuses every collection with one of these rows."""
    return lambda asked: answer if {row[KEY] for row in asked.body["records"]} & set(bad) else upserts(asked)


# Halves


async def test_unreadable_rows_fail_alone(org: Org, salesforce: Salesforce) -> None:
    org.on(UPSERT, spoilt_by("7", "512"))

    outcomes = await salesforce.write([a_write(str(id), LastName="Lee") for id in range(1000)], BATCH)

    failed = {outcome.key.id for outcome in outcomes if outcome.state is not State.DONE}
    assert failed == {"7", "512"}
    assert len(org.calls(UPSERT)) <= 5 + 2 * 16


async def test_the_column_that_is_not_there_is_named(org: Org, salesforce: Salesforce) -> None:
    org.on(UPSERT, spoilt_by("2", answer=NO_COLUMN))

    first, second = await salesforce.write([a_write(id, LastName="Lee") for id in "12"], BATCH)

    assert first.state is State.DONE
    assert (second.state, second.code, second.field) == (State.FAILED, "INVALID_FIELD", "Foo__c")


async def test_where_every_row_is_bad_the_search_for_them_ends(org: Org, salesforce: Salesforce) -> None:
    org.on(UPSERT, NO_COLUMN)

    outcomes = await salesforce.write([a_write(str(id), LastName="Lee") for id in range(200)], BATCH)

    assert {(outcome.state, outcome.code) for outcome in outcomes} == {(State.FAILED, "INVALID_FIELD")}
    assert len(org.calls(UPSERT)) == 1 + per_call("calls_to_find_bad_rows")
    assert "another of the same call" in outcomes[-1].words


# Duplicate rules


def judged(line: dict[str, str]) -> tuple[str, bool] | str:
    return SIMILAR if line[KEY] in "24" else (an_id(int(line[KEY])), True)


async def test_what_a_job_refuses_as_duplicate_goes_by_collections_whose_header_saves_it(
    org: Org, salesforce: Salesforce
) -> None:
    Jobs(org, judged)
    org.on(UPSERT, upserts)

    outcomes = await salesforce.write([a_write(id, LastName="Lee") for id in "12345"], BULK)

    assert [outcome.destination_id for outcome in outcomes] == [an_id(id) for id in range(1, 6)]
    (saved,) = org.calls(UPSERT)
    assert [row[KEY] for row in saved.body["records"]] == ["2", "4"]
    assert saved.headers["Sforce-Duplicate-Rule-Header"] == "allowSave=true"


async def test_where_duplicates_are_not_wanted_a_jobs_word_holds(org: Org) -> None:
    Jobs(org, judged)
    strict = connect(org, allow_duplicates=False)

    outcomes = await strict.write([a_write(id, LastName="Lee") for id in "123"], BULK)
    await strict.close()

    assert [outcome.code for outcome in outcomes] == ["", "DUPLICATES_DETECTED", ""]


# Objects that nobody owns


@pytest.fixture
def products(org: Org) -> Org:
    """Products, as describe shows them: without an owner."""
    shown = describe("Product2", key_field(), a_field("Name"))
    org.on(
        "GET /sobjects/Product2/describe", shown | {"fields": [f for f in shown["fields"] if f["name"] != "OwnerId"]}
    )
    return org


@pytest.mark.parametrize("route", [BATCH, BULK], ids=["batch", "bulk"])
async def test_an_owner_is_left_out_where_nobody_owns_the_records(
    products: Org, salesforce: Salesforce, route: Route
) -> None:
    jobs = Jobs(products, lambda line: (an_id(1), True))
    products.on(f"PATCH /composite/sobjects/Product2/{KEY}", upserts)

    (outcome,) = await salesforce.write([replace(a_write("1", "Product2", Name="Brace"), owner_id="005B")], route)

    collected = [row for asked in products.asked for row in (asked.body or {}).get("records", [])]
    sent = [*collected, *(line for file in jobs.files for line in file)]
    assert outcome.state is State.DONE
    assert len(sent) == 1 and "OwnerId" not in sent[0]


async def test_an_update_is_settled_without_an_owner_that_cannot_be(products: Org, salesforce: Salesforce) -> None:
    def there(asked: Asked) -> list[dict[str, Any]]:
        assert "OwnerId" not in asked.body["fields"]
        return [{"Id": an_id(1), "Name": "Brace"}]

    products.on("POST /composite/sobjects/Product2", there)
    update = replace(a_write("1", "Product2", kind=Kind.UPDATE, Name="Brace"), owner_id="005B")

    (settled,) = await salesforce.settle([update])

    assert settled is not None and settled.state is State.DONE


async def test_an_owner_that_we_may_not_tell_fails_its_record_alone(org: Org, salesforce: Salesforce) -> None:
    shown = describe("Contact", key_field(), a_field("LastName"))
    owner = next(one for one in shown["fields"] if one["name"] == "OwnerId")
    owner["createable"] = False
    org.on("GET /sobjects/Contact/describe", shown)
    org.on(UPSERT, [made(2, created=True)])

    first, second = await salesforce.write(
        [replace(a_write("1", LastName="Lee"), owner_id="005B"), a_write("2", LastName="Ng")], BATCH
    )

    assert (first.state, first.field) == (State.FAILED, "OwnerId")
    assert second.state is State.DONE


async def test_a_refused_row_of_a_collection_is_not_sent_again(org: Org, salesforce: Salesforce) -> None:
    org.on(
        UPSERT, [refused("INVALID_FIELD", "No such column 'Foo__c' on sobject of type Contact"), made(2, created=True)]
    )

    first, second = await salesforce.write([a_write(id, LastName="Lee") for id in "12"], BATCH)

    assert (first.field, second.state) == ("Foo__c", State.DONE)
    assert len(org.calls(UPSERT)) == 1
