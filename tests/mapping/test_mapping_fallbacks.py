"""Lookups that fall back, fields that only a creation writes, closed pick-lists, names, and fields that wait."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapping_account import LIMITS, context, schema, written_down

from gurney.mapping.compile import CompiledMapping, compile_mapping, in_order
from gurney.mapping.coverage import explain
from gurney.mapping.document import Mapping, digest, dump, load
from gurney.mapping.naming import naming_problems
from gurney.mapping.problems import MappingWrong, Problem
from gurney.mapping.propose import propose
from gurney.mapping.validate import validate
from gurney.records import Kind, Link, OperationKey, Write
from gurney.schema import FieldSchema, FieldType, ObjectSchema, Schema

Compile = Callable[..., CompiledMapping]
SOURCE = Schema(
    {
        "visits": ObjectSchema(
            "visits",
            "Visits",
            {
                name: FieldSchema(name, name, FieldType.TEXT)
                for name in ("id", "place", "person", "account", "made", "word")
            },
        )
    }
)
VISITS = """\
destination: zoho
overflow: {to: Notes, title: Note_Title, content: Note_Content}
maps:
  - {map: P, row: P, from: visits, to: Locations, fields: []}
  - {map: Q, row: Q, from: visits, to: Contacts, fields: []}
  - {map: U, row: U, from: visits, to: Accounts, fields: []}
  - map: V
    row: V
    from: visits
    to: Visits
    key: Visit_ID
    fields:
      - {to: Visit_ID, from: id, create: {type: text, label: Visit ID, length: 20, unique: true}}
      - to: Where
        lookup: {map: P, by: place, otherwise: {map: Q, by: person, otherwise: {map: U, by: account}}}
        create: {type: lookup, label: Where}
"""
REQUIRED = VISITS.replace("by: place,", "by: place, required: true,")


def visits(compiled: CompiledMapping, ids: dict[tuple[str, str], str], **record: Any) -> Any:
    return compiled.by_id["V"].build({"id": "1", **record}, ids, {})


def test_a_lookup_tries_one_place_after_the_other(compiled_of: Compile) -> None:
    compiled = compiled_of(VISITS)
    ids = {("P", "p"): "100", ("Q", "q"): "200", ("U", "u"): "300"}

    def where(**record: Any) -> Any:
        built = visits(compiled, ids, **record)
        return built.writes[0].fields.get("Where"), built.source_values.get("Where")

    assert where(place="p", person="q", account="u") == (Link("Locations", "100"), "p")
    assert where(person="q", account="u") == (Link("Contacts", "200"), "q")
    assert where(account="u") == (Link("Accounts", "300"), "u")
    assert where() == (None, None)


def test_what_stands_in_for_a_missing_record_is_told(compiled_of: Compile) -> None:
    built = visits(compiled_of(VISITS), {("U", "u"): "300", ("P", "p"): ""}, place="p", account="u")

    assert built.writes[0].fields["Where"] == Link("Accounts", "300")
    assert [(issue.code, "that of U stands in" in issue.words) for issue in built.issues] == [
        ("reference-orphan", True)
    ]


def test_a_required_lookup_needs_the_last_place_to_fail(compiled_of: Compile) -> None:
    compiled = compiled_of(REQUIRED)

    assert visits(compiled, {("U", "u"): "300"}, place="p", account="u").skipped == ""
    assert visits(compiled, {}, place="p", account="u").skipped == "parent-not-migrated"
    assert visits(compiled, {("P", "p"): ""}, place="p").skipped == "source-orphan"
    assert visits(compiled, {}).skipped == "source-orphan"


def test_every_place_is_asked_for_and_loaded_before(compiled_of: Compile) -> None:
    compiled = compiled_of(VISITS)

    assert compiled.by_id["V"].references({"place": "p", "person": "q"}) == [("P", "p"), ("Q", "q")]
    assert compiled.by_id["V"].depends_on == {"P", "Q", "U"}
    assert [one.id for one in compiled.maps][-1] == "V"


def test_a_place_whose_entry_is_off_is_passed_over(compiled_of: Compile) -> None:
    compiled = compiled_of(VISITS.replace("{map: P, row: P,", "{map: P, row: P, enabled: false,"))

    assert visits(compiled, {("Q", "q"): "200"}, place="p", person="q").writes[0].fields["Where"] == Link(
        "Contacts", "200"
    )


def test_only_the_first_place_may_be_required_or_deferred() -> None:
    with pytest.raises(MappingWrong) as wrong:
        load(VISITS.replace("by: account}", "by: account, required: true}"), "m")

    assert "Unknown key `required`" in wrong.value.problems[0].words


def test_a_fallback_is_checked_and_explained_like_a_lookup() -> None:
    mapping = load(VISITS.replace("by: person", "by: persn").replace("map: U, by", "map: X, by"), "m")

    words = [problem.words for problem in validate(mapping, SOURCE, schema(), LIMITS)]

    assert "The source object visits has no field persn." in words
    assert "The lookup by account names X, which is no object map." in words
    said = explain(load(VISITS, "m"), "V").lookups[0]
    assert "place → the record of P, otherwise person → the record of Q, otherwise account" in said


def test_fallbacks_survive_being_written_back() -> None:
    mapping = load(VISITS, "m")

    assert digest(load(dump(mapping), "m")) == digest(mapping)


def test_a_circle_through_a_fallback_is_told() -> None:
    back = "{map: U, row: U, from: visits, to: Accounts, fields: [{to: Last, lookup: {map: V, by: id}}]}"
    mapping = load(VISITS.replace("{map: U, row: U, from: visits, to: Accounts, fields: []}", back), "m")

    with pytest.raises(MappingWrong) as circle:
        in_order(mapping)

    assert "wait for each other" in str(circle.value)


PLACES = st.sampled_from(["P", "Q", "U"])


@given(present=st.sets(PLACES), named=st.sets(PLACES))
def test_the_first_place_that_names_a_migrated_record_wins(present: set[str], named: set[str]) -> None:
    compiled = compile_mapping(load(REQUIRED, "m"), schema(), {}, LIMITS, context())
    paths = {"P": "place", "Q": "person", "U": "account"}
    ids = {(map_id, map_id.lower()): map_id for map_id in present}

    built = visits(compiled, ids, **{paths[map_id]: map_id.lower() for map_id in named})

    found = [map_id for map_id in ("P", "Q", "U") if map_id in present & named]
    assert bool(built.skipped) is not bool(found)
    if found:
        assert built.writes[0].fields["Where"].id == found[0]


STAMPED = """\
destination: zoho
maps:
  - map: V
    row: V
    from: visits
    to: Visits
    key: Visit_ID
    fields:
      - {to: Visit_ID, from: id}
      - {to: Made, from: made, transform: [utc_moment], initial: true, note: Ask the administrator.}
      - {to: Word, from: word, if_writable: true}
"""
OPEN = written_down({"Visits": "Visit_ID text 20\nMade datetime\nWord text 20"})
CLOSED = written_down({"Visits": "Visit_ID text 20\nMade datetime closed"})
MADE = {"made": "2024-01-02T03:04:05Z", "word": "x"}


def test_a_field_of_the_creation_is_written_where_the_account_lets_it(compiled_of: Compile) -> None:
    open, closed = compiled_of(STAMPED, schema=OPEN), compiled_of(STAMPED, schema=CLOSED)
    unknown = compiled_of(STAMPED, schema=Schema({}))

    assert visits(open, {}, **MADE).writes[0].fields["Made"] == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    for compiled in (closed, unknown):
        assert set(visits(compiled, {}, **MADE).writes[0].fields) == {"Visit_ID"}
        assert "Made" not in compiled.by_id["V"].field_names


def test_an_update_never_carries_what_only_a_creation_may(compiled_of: Compile) -> None:
    map = compiled_of(STAMPED, schema=OPEN).by_id["V"]
    write = visits(compiled_of(STAMPED, schema=OPEN), {}, **MADE).writes[0]
    note = Write(OperationKey("V", "visits", "1", 101), "Notes", "", "", {"Made": "text"}, Kind.CREATE)

    assert map.initial == {"Made"}
    assert set(map.for_update(write).fields) == {"Visit_ID", "Word"}
    assert map.for_update(note) is note


def test_what_the_account_does_not_let_be_written_is_said_once_with_what_to_do() -> None:
    two = STAMPED + STAMPED.split("maps:\n")[1].replace("map: V", "map: W")

    found = [problem for problem in validate(load(two, "m"), SOURCE, CLOSED, LIMITS) if "let" in problem.words]

    assert [(problem.level, problem.words, problem.remedy) for problem in found] == [
        ("warning", "This account does not let Made be set (V, W).", "Ask the administrator."),
        ("warning", "This account does not let Word be set (V, W).", ""),
    ]
    assert validate(load(STAMPED, "m"), SOURCE, OPEN, LIMITS) == []
    assert "written where the account allows it: Made at creation, Word" in explain(load(STAMPED, "m"), "V").schema


LISTED = """\
destination: zoho
closed_lists: true
overflow: {to: Notes, title: Note_Title, content: Note_Content}
maps:
  - map: V
    row: V
    from: visits
    to: Contacts
    fields:
      - {to: Last_Name, from: id}
      - {to: Salutation, from: word, values: {Mr: Mr.}, unmapped: keep, reject_to: Title_Raw}
      - {to: Title_Raw, create: {type: text, label: Title Raw, length: 50}}
      - {to: Kinds, from: kinds, create: {type: multi_picklist, label: Kinds, options: [a, b]}}
"""


def test_a_closed_list_takes_only_its_values_and_the_record_survives(compiled_of: Compile) -> None:
    compiled = compiled_of(LISTED)

    known, unknown = visits(compiled, {}, word="Mr"), visits(compiled, {}, word="Miss", kinds=["a", "c"])

    assert dict(known.writes[0].fields) == {"Last_Name": "1", "Salutation": "Mr."}
    assert dict(unknown.writes[0].fields) == {"Last_Name": "1", "Title_Raw": "Miss"}
    assert [write.fields["Note_Content"] for write in unknown.writes[1:]] == ['["a","c"]']
    assert {issue.code for issue in unknown.issues} == {"value-refused"}
    assert visits(compiled, {}, kinds=["b", "a"]).writes[0].fields["Kinds"] == ("b", "a")


NAMED = """\
destination: elsewhere
names: {suffix: __c, most: 12, not_in_options: ";"}
maps:
  - map: A
    row: A
    from: patients
    to: Contact
    key: Patient_Id__c
    fields:
      - {to: Patient_Id__c, from: id, create: {type: text, label: Patient Id}}
      - {to: Health_Fund__c, create: {type: text, label: Health Fund, length: 100}, class: financial}
      - {to: Raw__c, create: {type: text, label: Raw, length: 100}}
      - {to: Email, from: email, reject_to: Raw__c}
  - map: B
    row: B
    from: patients
    to: Account
    key: K__c
    clinic_fields: false
    fields:
      - {to: K__c, from: id, create: {type: text, label: K}}
"""
CLINIC = {
    "sections": [
        {
            "name": "Money",
            "fields": [
                {"name": "Health fund", "type": "radiobuttons", "token": "t1", "archived": True, "options": []},
                {"name": "Health fund", "type": "radiobuttons", "token": "t2", "options": [{"name": "Bupa"}]},
                {"name": "Raw", "type": "text", "token": "t3"},
                {"name": "Patient id of the other system", "type": "text", "token": "t4"},
                {"name": "Likes", "type": "checkboxes", "token": "t5", "options": [{"name": "a; b"}, {"name": "c"}]},
            ],
        }
    ]
}


@pytest.fixture
def proposed() -> Mapping:
    return propose(load(NAMED, "m"), CLINIC, Schema({}), {}).mapping


def _lines(mapping: Mapping, map_id: str) -> dict[str, Any]:
    entry = mapping.by_id(map_id)
    assert entry is not None
    return {line.to: line for line in entry.fields}


def test_proposed_names_have_the_destination_s_suffix_and_length(proposed: Mapping) -> None:
    names = list(_lines(proposed, "A"))[4:]

    assert all(re.fullmatch(r"\w{1,12}__c", name) for name in names)
    assert len(set(map(str.casefold, _lines(proposed, "A")))) == len(_lines(proposed, "A"))
    assert list(naming_problems(proposed, Schema({}), {})) == []


def test_a_field_that_waits_takes_the_clinic_s_own_of_its_name(proposed: Mapping) -> None:
    fund = _lines(proposed, "A")["Health_Fund__c"]

    assert (fund.source, fund.transform[0].name, fund.sensitivity) == (
        ("custom_fields.t2",),
        "answer_text",
        "financial",
    )
    assert fund.create.type is FieldType.TEXT
    assert fund.note == "Cliniko: Money › Health fund"
    taken = [
        path for line in _lines(proposed, "A").values() for path in line.source if path.startswith("custom_fields.")
    ]
    assert sorted(taken) == [f"custom_fields.t{number}" for number in (1, 2, 3, 4, 5)]


def test_a_field_for_refused_values_waits_for_nobody(proposed: Mapping) -> None:
    assert _lines(proposed, "A")["Raw__c"].source == ()


def test_the_clinic_s_fields_go_where_the_mapping_lets_them(proposed: Mapping) -> None:
    assert list(_lines(proposed, "B")) == ["K__c"]


def test_options_lose_the_sign_that_separates_them(proposed: Mapping) -> None:
    likes = _lines(proposed, "A")["Likes__c"]

    assert (likes.values, likes.create.options) == ({"a; b": "a, b", "c": "c"}, ["a, b", "c"])


def test_proposing_again_changes_nothing(proposed: Mapping) -> None:
    assert propose(proposed, CLINIC, Schema({}), {}).mapping.as_written() == proposed.as_written()


def test_names_that_the_destination_would_refuse_are_told() -> None:
    text = NAMED.replace("to: Raw__c, create", "to: Raw, create").replace("Patient_Id__c", "Patient_Identity_Id__c")

    found: list[Problem] = list(naming_problems(load(text, "m"), Schema({}), {}))

    assert [problem.remedy for problem in found] == ["Shorten it.", "For example Raw__c."]
    new = load(NAMED.replace("to: Account\n", "to: Account\n    module: create\n"), "m")
    assert "ends the name of a new object with __c" in next(iter(naming_problems(new, Schema({}), {}))).words
