"""Compilation: order of loading, names of the live schema, lookups and the reasons for leaving a record out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from mapping_account import LIMITS, context, schema

from gurney.mapping.compile import CompiledMapping, compile_mapping, in_order
from gurney.mapping.document import Mapping, load
from gurney.mapping.problems import MappingWrong
from gurney.mapping.propose import Proposal
from gurney.mapping.schema_changes import changes
from gurney.records import Kind, Link, OperationKey
from gurney.schema import NewField, NewObject

Compile = Callable[..., CompiledMapping]

TWO = """\
destination: zoho
overflow: {to: Notes, title: Note_Title, content: Note_Content}
maps:
  - map: B
    row: B
    from: visits
    to: Events
    key: Visit_ID
    owner: {practitioner: practitioner}
    fields:
      - {to: Visit_ID, from: id, create: {type: text, label: Visit ID, length: 20, unique: true}, too_long: error}
      - {to: Event_Title, from: title, default: Visit}
      - {to: Start_DateTime, from: starts_at}
      - {to: Who_Id, lookup: {map: A, by: patient, required: true}}
      - {to: What_Id, lookup: {map: A, by: other}}
  - map: A
    row: A
    from: people
    to: Contacts
    key: Person_ID
    when: {kind: {not: robot}}
    archived: include
    leave_out: [{when: {draft: true}, code: draft, words: Drafts stay.}]
    fields:
      - {to: Person_ID, from: id, create: {type: text, label: Person ID, length: 20, unique: true}}
      - {to: Last_Name, from: name}
      - {to: Email, from: email, reject_to: Email_Raw}
      - {to: Email_Raw, create: {type: text, label: Email Raw, length: 255}}
      - to: Friend
        lookup: {map: A, by: friend, deferred: true}
        create: {type: lookup, label: Friend, lookup_to: Contacts}
      - {to: Score, from: score, create: {type: integer, label: Score}}
      - to: Grade
        from: grade
        values: {a: Good, b: Fair}
        create: {type: picklist, label: Grade, options_from: values}
      - {to: Born, from: born, create: {type: date, label: Born}}
"""


def relation(id: str) -> dict[str, Any]:
    return {"links": {"self": f"https://api.example.org/v1/people/{id}?x=1"}}


def test_what_is_referred_to_is_loaded_first(compiled_of: Compile) -> None:
    compiled = compiled_of(TWO)

    assert [one.id for one in compiled.maps] == ["A", "B"]
    assert compiled.by_id["B"].depends_on == {"A"}
    assert compiled.by_id["A"].has_deferred


def test_a_circle_is_told_with_names_and_lines() -> None:
    text = TWO.replace("friend, deferred: true", "friend").replace("map: A, by: friend", "map: B, by: friend")

    with pytest.raises(MappingWrong) as circle:
        in_order(load(text, "m"))

    assert "B → A → B" in str(circle.value)
    assert {problem.line for problem in circle.value.problems} == {4, 16}
    assert all("deferred" in problem.remedy for problem in circle.value.problems)


def test_the_order_of_the_contract_is_kept(zoho: Mapping) -> None:
    order = [entry.map for entry in in_order(zoho)]

    for pair in ("Z3 Z11", "Z11 Z1", "Z4 Z1", "Z1 Z6", "Z7 Z6", "Z9 Z6", "Z10 Z8", "Z6.class Z5.attendance", "Z1 Z12"):
        before, after = pair.split()
        assert order.index(before) < order.index(after)


def test_fields_are_written_under_the_names_that_the_destination_gave_them(compiled_of: Compile) -> None:
    people = compiled_of(TWO, names={("Contacts", "Person_ID"): "Person_ID1"}).by_id["A"]

    write = people.build({"id": "7", "name": "Ada"}, {}, {}).writes[0]

    assert write.key_field == "Person_ID1"
    assert write.fields["Person_ID1"] == "7"
    assert write.key == OperationKey("A", "people", "7")
    assert "Person_ID1" in people.field_names


def test_a_field_that_is_nowhere_is_told_before_anything_runs(compiled_of: Compile) -> None:
    with pytest.raises(MappingWrong) as wrong:
        compiled_of(TWO.replace("to: Last_Name", "to: Surname"))

    assert wrong.value.problems[0].where == "A Surname"


def test_blank_text_and_absent_relations_read_as_nothing(compiled_of: Compile) -> None:
    write = compiled_of(TWO).by_id["A"].build({"id": "7", "name": " ", "email": "", "score": None}, {}, {}).writes[0]

    assert dict(write.fields) == {"Person_ID": "7"}


def test_a_required_lookup_decides_whether_a_record_goes_over(compiled_of: Compile) -> None:
    visits = compiled_of(TWO).by_id["B"]
    visit = {"id": "1", "starts_at": "2026-01-01T00:00:00Z", "patient": relation("7")}

    assert visits.build(visit, {}, {}).skipped == "parent-not-migrated"
    assert visits.build(visit, {("A", "7"): ""}, {}).skipped == "source-orphan"
    assert visits.build(visit | {"patient": None}, {}, {}).skipped == "source-orphan"
    built = visits.build(visit, {("A", "7"): "900"}, {})
    assert built.writes[0].fields["Who_Id"] == Link("Contacts", "900")
    assert built.source_values["Who_Id"] == "7"


def test_an_optional_lookup_without_a_target_is_an_issue(compiled_of: Compile) -> None:
    visit = {"id": "1", "title": "Review", "patient": relation("7"), "other": relation("8")}

    built = compiled_of(TWO).by_id["B"].build(visit, {("A", "7"): "900"}, {})

    assert "What_Id" not in built.writes[0].fields
    assert [(issue.field, issue.code) for issue in built.issues] == [("What_Id", "reference-not-migrated")]


def test_references_name_all_that_will_be_asked_for(compiled_of: Compile) -> None:
    compiled = compiled_of(TWO)

    assert compiled.by_id["B"].references({"patient": relation("7"), "other": relation("8")}) == [
        ("A", "7"),
        ("A", "8"),
    ]
    assert compiled.by_id["A"].references({"friend": relation("9")}) == [("A", "9")]


def test_a_deferred_lookup_is_a_link_of_its_own(compiled_of: Compile) -> None:
    people = compiled_of(TWO).by_id["A"]
    record = {"id": "7", "friend": relation("8")}
    ids = {("A", "7"): "900", ("A", "8"): "901"}

    link = people.build_deferred(record, ids)

    assert link is not None
    assert (link.kind, link.destination_id, dict(link.fields)) == (
        Kind.LINK,
        "900",
        {"Friend": Link("Contacts", "901")},
    )
    assert "Friend" not in people.build(record, ids, {}).writes[0].fields
    assert people.build_deferred(record, {("A", "7"): "900"}) is None
    assert people.build_deferred({"id": "7"}, ids) is None


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"_state": "merged"}, "merged"),
        ({"_state": "gone"}, "gone"),
        ({"_state": "archived"}, ""),
        ({"kind": "robot"}, "not-applicable"),
        ({"draft": True}, "draft"),
        ({"draft": False}, ""),
    ],
)
def test_states_and_conditions_decide_who_goes(compiled_of: Compile, record: dict[str, Any], reason: str) -> None:
    built = compiled_of(TWO).by_id["A"].build({"id": "7", "name": "Ada"} | record, {}, {})

    assert built.skipped == reason
    assert bool(built.writes) is not bool(reason)
    assert bool(built.skipped_words) is bool(reason)


def test_owners_come_from_the_practitioner(compiled_of: Compile) -> None:
    visits = compiled_of(TWO).by_id["B"]
    visit = {"id": "1", "patient": relation("7"), "practitioner": relation("p")}

    assert visits.build(visit, {("A", "7"): "900"}, {"p": "u"}).writes[0].owner_id == "u"
    assert visits.build(visit, {("A", "7"): "900"}, {"p": None}).writes[0].owner_id is None


def test_values_take_the_shape_of_their_field(compiled_of: Compile) -> None:
    record = {"id": "7", "name": "Ada", "score": "14.0", "grade": "a"}
    visit = {"id": "1", "starts_at": "2026-01-01T00:00:00Z", "patient": relation("7")}
    compiled = compiled_of(TWO)

    fields = compiled.by_id["A"].build(record, {}, {}).writes[0].fields
    event = compiled.by_id["B"].build(visit, {("A", "7"): "9"}, {}).writes[0].fields

    assert (fields["Score"], fields["Grade"]) == (14, "Good")
    assert event["Start_DateTime"] == datetime(2026, 1, 1, tzinfo=UTC)
    assert event["Event_Title"] == "Visit"


def test_what_does_not_fit_is_kept_and_told(compiled_of: Compile) -> None:
    record = {"id": "7", "name": "x" * 81, "email": "none", "score": "many", "grade": "z", "born": "yesterday"}

    built = compiled_of(TWO).by_id["A"].build(record, {("A", "7"): "900"}, {})

    fields = built.writes[0].fields
    assert (fields["Email_Raw"], fields["Grade"]) == ("none", "z")
    assert not {"Email", "Score", "Born"} & set(fields)
    assert {(issue.field, issue.code) for issue in built.issues} == {
        ("Last_Name", "text-shortened"),
        ("Email", "value-refused"),
        ("Score", "value-refused"),
        ("Grade", "unmapped-value"),
        ("Born", "value-refused"),
    }
    kept = {str(note.fields["Note_Title"]).split(" in full")[0]: note for note in built.writes[1:]}
    assert {label: note.fields["Note_Content"] for label, note in kept.items()} == {
        "Last Name": "x" * 81,
        "Score": "many",
        "Born": "yesterday",
    }
    assert all(note.parent == Link("Contacts", "900") for note in kept.values())


def test_a_kept_note_has_the_same_part_whatever_else_is_kept(compiled_of: Compile) -> None:
    people = compiled_of(TWO).by_id["A"]
    both = people.build({"id": "7", "name": "x" * 81, "born": "soon"}, {}, {}).writes
    one = people.build({"id": "7", "name": "x", "born": "soon"}, {}, {}).writes

    assert both[2].key == one[1].key


def test_a_key_is_never_shortened(compiled_of: Compile) -> None:
    built = compiled_of(TWO).by_id["B"].build({"id": "1" * 21, "patient": relation("7")}, {("A", "7"): "9"}, {})

    assert (built.skipped, built.writes) == ("text-too-long", [])


def test_the_default_compiles_before_and_after_provisioning_alike(proposal: Proposal) -> None:
    before = compile_mapping(proposal.mapping, schema(), {}, LIMITS, context())
    wanted = changes(proposal.mapping, schema())

    assert [one.id for one in before.maps] == [entry.map for entry in in_order(proposal.mapping)]
    first_lookup = next(n for n, one in enumerate(wanted) if isinstance(one, NewField) and one.lookup_to)
    assert all(not isinstance(one, NewObject) for one in wanted[first_lookup:])
