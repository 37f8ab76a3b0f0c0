"""The pure parts: queries, words without values, ids, routes, and values in JSON and CSV."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from urllib.parse import urlencode

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from salesforce_org import KEY, a_field, a_write, describe, key_field

from gurney.destinations.salesforce.answers import bulk_complaint, complaint, long_id, moment, safe_words
from gurney.destinations.salesforce.bulk import files_of, read_results
from gurney.destinations.salesforce.client import Reply
from gurney.destinations.salesforce.limits import account_limits, edition_of, per_call
from gurney.destinations.salesforce.metadata import described
from gurney.destinations.salesforce.records import Codec, rounded
from gurney.destinations.salesforce.routes import cheapest, price, routes
from gurney.destinations.salesforce.rules import acceptable_email, own_email
from gurney.destinations.salesforce.soql import fitting, name, quote, within
from gurney.records import Kind, Link, Value

HOSTILE = ["O'Brien", "back\\slash", "50%", "a_b", "(x)", "🙂", "שרה", 'quo"te', "#N/A", "two\nlines", "comma, semi;"]


@given(st.text())
def test_a_quoted_value_ends_where_it_should(value: str) -> None:
    inner = quote(value)[1:-1]

    assert "'" not in inner.replace("\\\\", "").replace("\\'", "")
    assert (
        inner.replace("\\\\", "\0")
        .replace("\\'", "'")
        .replace("\\n", "\n")
        .replace("\\r", "\r")
        .replace("\\t", "\t")
        .replace("\0", "\\")
        == value
        or "\0" in value
    )


@pytest.mark.parametrize("text", ["Id FROM Contact", "a'b", "", "a-b", "1a"])
def test_a_name_is_nothing_but_a_name(text: str) -> None:
    with pytest.raises(ValueError, match="API name"):
        name(text)


@given(st.lists(st.text(min_size=1, max_size=64), min_size=1, max_size=800))
def test_every_group_of_values_fits_into_one_address(values: list[str]) -> None:
    groups = list(fitting(value.encode("utf-8", "replace").decode() for value in values))

    assert sum(map(len, groups)) == len(values)
    for group in groups:
        assert len(group) <= per_call("query_ids")
        assert len(urlencode({"q": within("Cliniko_Id__c", group)})) < per_call("query_chars") + 1000


def test_ids_of_fifteen_characters_get_their_checksum() -> None:
    assert long_id("0017e00000RmwSW") == long_id("0017e00000RmwSWAAZ"[:15])
    assert long_id("0057e00000RmwSW") == "0057e00000RmwSWAAZ"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "First Name: data value too large: Maximiliana (max length=5)",
            "First Name: data value too large (max length=5)",
        ),
        ("Email: invalid email address: ada lee@x", "Email: invalid email address"),
        (
            "Status: bad value for restricted picklist field: Did not come",
            "Status: bad value for restricted picklist field",
        ),
        (
            "Cannot deserialize instance of date from VALUE_STRING value 31/01/2026 or request may be missing",
            "Cannot deserialize instance of date",
        ),
        (
            "Your attempt to delete Jo Ng could not be completed because it is associated with the following cases.",
            "The deletion could not be completed because it is associated with the following cases.",
        ),
        ("Required fields are missing: [LastName]", "Required fields are missing: [LastName]"),
    ],
)
def test_words_lose_the_value_that_the_vendor_repeats(message: str, expected: str) -> None:
    assert safe_words(message) == expected


def test_words_that_still_hold_a_value_are_withheld() -> None:
    told = complaint(
        {"statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "Call Ada Lovelace"}, ["Ada Lovelace"]
    )

    assert "Ada" not in told.words


def test_a_bulk_error_is_taken_apart() -> None:
    told = bulk_complaint("REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --")
    lone = bulk_complaint("UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record:--")
    strange = bulk_complaint("something else")

    assert (told.code, told.words, told.field) == (
        "REQUIRED_FIELD_MISSING",
        "Required fields are missing: [Name]",
        "Name",
    )
    assert (lone.code, lone.field) == ("UNABLE_TO_LOCK_ROW", "")
    assert (strange.code, strange.words) == ("UNKNOWN", "something else")


def test_a_duplicate_names_the_record_that_holds_the_value() -> None:
    message = f"duplicate value found: {KEY} duplicates value on record with id: 0057e00000RmwSW"

    assert complaint({"statusCode": "DUPLICATE_VALUE", "message": message}).holder == (KEY, "0057e00000RmwSWAAZ")
    assert bulk_complaint(f"DUPLICATE_VALUE:{message}:{KEY} --").holder == (KEY, "0057e00000RmwSWAAZ")


def test_moments_are_utc_in_either_form() -> None:
    rest, bulk = moment("2026-01-31T10:00:00.000+0000"), moment("2026-01-31T10:00:00.000Z")

    assert rest == bulk == datetime(2026, 1, 31, 10, tzinfo=UTC)
    assert moment("never") is None


# Values


FIELDS = (
    key_field(),
    a_field("LastName"),
    a_field("Notes__c", "textarea", length=131072),
    a_field("Balance__c", "currency", precision=18, scale=2),
    a_field("Count__c", "double", precision=18, scale=0),
    a_field("Birthdate", "date"),
    a_field("Seen__c", "datetime"),
    a_field("Tags__c", "multipicklist"),
    a_field("AccountId", "reference", referenceTo=["Account"]),
    a_field("Active__c", "boolean"),
)
CODEC = Codec.of(described(describe("Contact", *FIELDS)))
ADA: dict[str, Value] = {
    "LastName": "O'Brien\r\n",
    "Balance__c": Decimal("1234567890123.45"),
    "Count__c": 7,
    "Birthdate": date(1985, 4, 3),
    "Seen__c": datetime(2026, 2, 3, 19, tzinfo=timezone(timedelta(hours=10))),
    "Tags__c": ("Yoga", "Pilates"),
    "AccountId": Link("Account", "001"),
    "Active__c": False,
}


def as_json(**fields: Value) -> dict[str, object]:
    row = orjson.loads(orjson.dumps(CODEC.row(a_write("1", **fields))))
    assert row.pop("attributes") == {"type": "Contact"}
    return {str(name): value for name, value in row.items()}


def as_csv(*fields: dict[str, Value], kind: Kind = Kind.CREATE) -> list[dict[str, str]]:
    batch = [a_write(str(at), kind=kind, **each) for at, each in enumerate(fields)]
    columns = CODEC.columns(batch)
    files = [content.decode() for content, _ in files_of(columns, CODEC.cells_of(batch, columns))]
    return [line for text in files for line in csv.DictReader(io.StringIO(text, newline=""))]


def test_values_travel_in_the_vendors_form_and_money_digit_by_digit() -> None:
    raw = orjson.dumps(CODEC.row(a_write("1", **ADA)))

    assert b'"Balance__c":1234567890123.45' in raw
    assert as_json(**ADA) == {
        KEY: "1",
        "LastName": "O'Brien\n",
        "Balance__c": 1234567890123.45,
        "Count__c": 7,
        "Birthdate": "1985-04-03",
        "Seen__c": "2026-02-03T09:00:00+00:00",
        "Tags__c": "Yoga;Pilates",
        "AccountId": "001",
        "Active__c": False,
    }


def test_a_bulk_line_says_the_same() -> None:
    (line,) = as_csv(ADA)

    assert line == {
        KEY: "0",
        "LastName": "O'Brien\n",
        "Balance__c": "1234567890123.45",
        "Count__c": "7",
        "Birthdate": "1985-04-03",
        "Seen__c": "2026-02-03T09:00:00Z",
        "Tags__c": "Yoga;Pilates",
        "AccountId": "001",
        "Active__c": "false",
    }


def test_an_empty_value_clears_on_an_update_and_is_left_out_of_a_creation() -> None:
    updated, other = as_csv({"LastName": None}, {"Notes__c": "x"}, kind=Kind.UPDATE)
    created, _ = as_csv({"LastName": None}, {"LastName": "B"})

    assert as_json(LastName=None) == {KEY: "1"}
    assert CODEC.row(a_write("1", kind=Kind.UPDATE, LastName=None))["LastName"] is None
    assert (updated["LastName"], updated["Notes__c"]) == ("#N/A", "")
    assert (other["LastName"], other["Notes__c"]) == ("", "x")
    assert created["LastName"] == ""


@given(
    st.lists(
        st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0")),
        min_size=1,
    )
)
def test_text_arrives_by_a_bulk_file_as_it_left(texts: list[str]) -> None:
    lines = as_csv(*({"LastName": text} for text in texts))

    assert [line["LastName"] for line in lines] == texts


def test_what_a_bulk_file_would_spoil_does_not_fit_into_one() -> None:
    assert CODEC.fits_bulk(a_write("1", Notes__c="x" * 32_000))
    assert not CODEC.fits_bulk(a_write("1", Notes__c="x" * 32_001))
    assert not CODEC.fits_bulk(a_write("1", LastName="#N/A"))


def test_result_columns_are_found_by_name_and_null_bytes_dropped() -> None:
    raw = b'"cliniko_id__c","sf__Created","sf__Id","LastName"\n"7","true","003A","Le\x00e"\n'

    assert list(read_results(Reply(200, None, raw), KEY, "sf__Created")) == [("7", "003A", "true")]


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-1_000_000, max_value=1_000_000))
def test_rounding_keeps_what_has_few_decimals(value: Decimal) -> None:
    assert rounded(rounded(value, 2), 2) == rounded(value, 2)
    assert abs(rounded(value, 2) - value) <= Decimal("0.005")


# Routes


def test_a_few_records_go_in_one_call() -> None:
    for records in (1, 2, 60, 1_000):
        assert price("Appointment__c", cheapest("Appointment__c", records), records).calls == 1


def test_very_many_records_go_by_bulk_where_their_parents_differ() -> None:
    many = 500_000

    assert cheapest("Appointment__c", many).name == "bulk"
    assert cheapest("Contact", many).name == "batch"


def test_the_point_where_bulk_wins_follows_from_its_price() -> None:
    batch, _, bulk = routes("Appointment__c")
    for records in (1_000, 20_000, 100_000, 400_000):
        cheaper = price("Appointment__c", bulk, records).worth(100_000) < price("Appointment__c", batch, records).worth(
            100_000
        )

        assert (cheapest("Appointment__c", records, requests_a_day=100_000).name == "bulk") is cheaper


def test_calls_cost_more_where_the_day_has_few() -> None:
    batch = routes("Contact")[0]

    assert price("Contact", batch, 1_000).worth(15_000) > price("Contact", batch, 1_000).worth(1_000_000)


def test_the_operators_route_is_taken_wherever_an_object_has_it() -> None:
    assert cheapest("Contact", 1, allowed="bulk").name == "bulk"
    assert cheapest("Contact", 9_999, allowed="single").batch_size == 1
    assert cheapest("ContentVersion", 5, allowed="bulk").name == "batch"
    assert [route.name for route in routes("Account")] == ["batch", "single", "bulk"]


# Words of the organisation


def test_editions_are_known_by_what_the_organisation_says() -> None:
    assert edition_of("Developer Edition") == "developer"
    assert edition_of("Performance Edition") == "unlimited"
    assert edition_of("Something new") == "unknown"
    assert account_limits("enterprise", 10)["daily_requests"].value == 110_000
    assert account_limits("unknown", 10)["daily_requests"].value is None


def test_a_sandbox_marks_addresses_and_we_take_the_mark_off() -> None:
    assert own_email("Ada@Example.com.invalid") == "ada@example.com"
    assert not acceptable_email("x" * 80 + "@example.com")
