"""What needs no vendor: quoting, rules for values, names, prices, and the words of a refusal."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zoho_org import a_field, refused

from gurney.destinations.file_names import unmarked
from gurney.destinations.zoho import blueprint, limits
from gurney.destinations.zoho.answers import complaint, moment
from gurney.destinations.zoho.coql import quote, select
from gurney.destinations.zoho.metadata import field_schema
from gurney.destinations.zoho.records import read_decimal
from gurney.destinations.zoho.rules import (
    acceptable_email,
    acceptable_phone,
    acceptable_url,
    max_length,
    safe_file_name,
)
from gurney.errors import Misused
from gurney.schema import FieldType, NewField


def unquoted(literal: str) -> str:
    """What a COQL parser that knows the backslash reads."""
    assert literal[0] == literal[-1] == "'"
    assert re.fullmatch(r"(?:[^'\\]|\\.)*", literal[1:-1], flags=re.DOTALL), "the literal ends early"
    return re.sub(r"\\(.)", r"\1", literal[1:-1], flags=re.DOTALL)


@given(st.text())
def test_any_text_survives_quoting(text: str) -> None:
    assert unquoted(quote(text)) == text


def test_a_name_that_is_no_name_never_enters_a_query() -> None:
    with pytest.raises(ValueError, match="API name"):
        select(["id"], "Contacts where 1=1", "id", ["1"], rows=1)


@given(st.text(), st.text(min_size=1, max_size=30))
def test_a_file_name_is_short_flat_and_holds_the_source_id(name: str, id: str) -> None:
    safe = safe_file_name(name, id)

    assert len(safe) <= 240
    assert not re.search(r'[\x00-\x1f/\\:*?"<>|]', safe)
    assert "_cliniko-" + re.sub(r"[^A-Za-z0-9-]", "-", id) in safe
    assert not safe.startswith(".")


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,80}\.(pdf|JPG|docx)", fullmatch=True))
def test_a_file_name_comes_back_as_it_was(name: str) -> None:
    assert unmarked(safe_file_name(name, "4711")) == name


def test_a_file_keeps_its_ending() -> None:
    assert safe_file_name("x" * 300 + ".pdf", "7").endswith("_cliniko-7.pdf")
    assert safe_file_name("no ending", "7") == "no ending_cliniko-7"


@pytest.mark.parametrize("text", ["0400 111 222", "(02) 9999 1234", "+61-2-9999.1234", "1300 CLINIC", "99991234,12#"])
def test_phones_that_zoho_takes(text: str) -> None:
    assert acceptable_phone(text)


@pytest.mark.parametrize("text", ["", ".02 99", "-02", "02--33", "0400/111", "a" * 31, "0400 111 222 (mum) / dad"])
def test_phones_that_would_refuse_their_record(text: str) -> None:
    assert not acceptable_phone(text)


@given(st.text(alphabet="0123456789()+-. abc", max_size=40))
def test_judging_a_phone_never_takes_long(text: str) -> None:
    acceptable_phone(text)


def test_addresses_are_judged_as_the_server_does() -> None:
    assert acceptable_email("o'brien+a@mail.example.com.au")
    assert not any(
        map(
            acceptable_email,
            [
                "ada@example",
                "ada lee@example.com",
                "ada.@example.com",
                "a..d@example.com",
                "adä@example.com",
                "a" * 95 + "@b.com",
            ],
        )
    )
    assert acceptable_url("example.com.au/path?x=1")
    assert acceptable_url("https://xn--exmple-cua.com:8080")
    assert not any(
        map(
            acceptable_url,
            ["see reception", "https://exämple.com", "https://example.com/über", "https://my_clinic.example.com"],
        )
    )


def test_lengths_come_from_one_place() -> None:
    assert max_length(FieldType.TEXT) == limits.limit("text_chars") == 255
    assert max_length(FieldType.LONG_TEXT) == 32000
    assert max_length(FieldType.DATE) is None


def test_credits_of_the_editions() -> None:
    assert limits.daily_credits("free", 3) == 5000
    assert limits.daily_credits("standard", 5) == 51250
    assert limits.daily_credits("standard", 1000) == 100000
    assert limits.daily_credits("ultimate", 5000) == 10050000
    assert limits.daily_credits("unknown", 5) is None


@pytest.mark.parametrize(
    ("said", "edition"),
    [
        ("enterprise", "enterprise"),
        ("Zoho One", "enterprise"),
        ("crm_plus", "ultimate"),
        ("x", "unknown"),
        (None, "unknown"),
    ],
)
def test_editions_by_what_the_organisation_says(said: str | None, edition: str) -> None:
    assert limits.edition_of(said) == edition


def test_hosts_by_data_centre() -> None:
    assert limits.host("au", "api") == "https://www.zohoapis.com.au"
    assert limits.host("CA", "accounts") == "https://accounts.zohocloud.ca"
    with pytest.raises(Misused, match="data centre"):
        limits.host("mars", "api")


def test_every_limit_says_where_it_comes_from() -> None:
    found = limits.account_limits("professional", 3)

    assert found["custom_fields_per_object"].value == 155
    assert not found["custom_objects"].sure
    assert all(limit.source.startswith("FACTS") for limit in found.values())


@given(st.text(min_size=1, max_size=80))
def test_a_short_label_fits_and_stays_the_same(label: str) -> None:
    short = blueprint.short_label(label)

    assert len(short) <= 25
    assert blueprint.short_label(label) == short


def test_labels_that_begin_alike_stay_apart() -> None:
    labels = [f"Insurance policy number of payer {at}" for at in range(20)]

    assert len({blueprint.short_label(label) for label in labels}) == 20


def test_our_key_is_unique_first_and_external_first_in_tasks() -> None:
    def key(object: str) -> NewField:
        return NewField(object, "Cliniko_ID", "Cliniko ID", FieldType.TEXT, length=50, unique=True)

    assert ["unique" in body for body in blueprint.tries(key("Contacts"))] == [True, False]
    assert ["external" in body for body in blueprint.tries(key("Tasks"))] == [True, False]
    assert [body["external"] for body in blueprint.tries(key("Events")) if "external" in body] == [
        {"type": "org", "show": True}
    ]
    assert not any("external" in body for body in blueprint.tries(key("Calls")))


def test_types_as_zoho_creates_them() -> None:
    def body(type: FieldType, length: int | None = None) -> dict[str, object]:
        return blueprint.field_body(NewField("Contacts", "F", "F", type, length=length))

    assert body(FieldType.TEXT)["length"] == 255
    assert body(FieldType.TEXT, 900)["textarea"] == {"type": "small"}
    assert body(FieldType.LONG_TEXT)["textarea"] == {"type": "large"}
    assert body(FieldType.RICH_TEXT)["length"] == 50000
    assert body(FieldType.INTEGER, 12)["data_type"] == "bigint"
    assert body(FieldType.MONEY)["decimal_place"] == 2


def test_a_field_that_is_there_must_hold_what_is_meant_for_it() -> None:
    wanted = NewField("Contacts", "F", "F", FieldType.TEXT, length=200, unique=True)

    assert blueprint.misfit(wanted, a_field("F", unique={"case_sensitive": False})) == ""
    assert blueprint.misfit(wanted, a_field("F", external={"type": "org", "show": True})) == ""
    assert "duplicate" in blueprint.misfit(wanted, a_field("F"))
    assert "phone" in blueprint.misfit(wanted, a_field("F", "phone"))
    assert "characters" in blueprint.misfit(wanted, a_field("F", length=100, unique={"case_sensitive": True}))


def test_a_pick_list_shows_its_values_without_none() -> None:
    options = [{"display_value": "-None-", "actual_value": "-None-"}, {"display_value": "GP", "actual_value": "gp"}]

    assert field_schema(a_field("Source", "picklist", pick_list_values=options)).options == ("gp",)


def test_health_data_that_the_api_hides_is_known_beforehand() -> None:
    assert field_schema(a_field("A", hipaa_compliance={"restricted": True})).hidden_by_policy
    assert not field_schema(a_field("A", hipaa_compliance={"restricted": False})).hidden_by_policy
    assert field_schema(a_field("A", hipaa_compliance_enabled=True)).hidden_by_policy


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12))
def test_money_of_fifteen_digits_comes_back_exactly(amount: Decimal) -> None:
    assert read_decimal(float(amount)) == amount


def test_a_stamp_that_is_none_is_none() -> None:
    assert moment(None) is None
    assert moment("yesterday") is None


@given(st.text(min_size=3, max_size=20))
def test_words_never_hold_a_value(value: str) -> None:
    found = complaint(refused("INVALID_DATA", f"'{value}' is not valid", api_name="F"), [value])

    assert value not in found.words.replace("field F", "") or value in "(the vendor's message repeats a value), "
