"""The mapping file: every mistake at once with its line; comments survive; the hash is of what it says."""

from __future__ import annotations

import pytest

from gurney.errors import Misused
from gurney.mapping.document import Mapping, default, digest, dump, load
from gurney.mapping.problems import MappingWrong

SMALL = """\
destination: zoho
# what the clinic decided on Monday
maps:
  - map: Z9
    row: Z9
    from: businesses
    to: Locations  # our places
    archived: include
    fields:
      - {to: Name, from: business_name}
      - {to: Town, from: city, transform: [trim, {prefix: {text_before: "in "}}]}
"""


def wrong(text: str) -> MappingWrong:
    with pytest.raises(MappingWrong) as raised:
        load(text, "mapping.yaml")
    return raised.value


def test_an_unknown_key_names_its_line_and_the_nearest_known_key() -> None:
    text = SMALL.replace("archived: include", "archivd: include")

    problem = wrong(text).problems[0]

    assert (problem.line, problem.where) == (8, "Z9")
    assert "archivd" in problem.words
    assert problem.remedy == "Did you mean `archived`?"


def test_all_problems_are_told_at_once_in_order_of_lines() -> None:
    text = SMALL.replace("row: Z9", "rwo: Z9").replace("from: city", "form: city").replace("include", "sometimes")

    error = wrong(text)

    assert [problem.line for problem in error.problems] == [4, 5, 8, 11]
    assert error.exit_code == 2
    assert isinstance(error, Misused)
    assert "mapping.yaml has 4 problems" in error.message


@pytest.mark.parametrize(
    ("text", "line"),
    [("maps:\n  - [", 2), ("just words", 1), (SMALL + "  - map: Z9\n    map: Z8\n", 13), ("a: {b: c: d}", 1)],
)
def test_what_is_not_yaml_is_told_with_a_line(text: str, line: int) -> None:
    assert wrong(text).problems[0].line == line


def test_the_same_object_map_twice_is_a_mistake() -> None:
    text = SMALL + SMALL.split("maps:\n")[1]

    assert "stands at line 4 already" in wrong(text).problems[0].words


def test_conditions_are_values_lists_not_and_set() -> None:
    when = "    when: {a: 1, b: [x, y], c: {not: true}, d: {set: false}}\n    fields:"

    mapping = load(SMALL.replace("    fields:", when), "m")

    assert {path: one.short() for path, one in mapping.maps[0].when.items()} == {
        "a": 1,
        "b": ["x", "y"],
        "c": {"not": True},
        "d": {"set": False},
    }


def test_an_expression_is_no_condition() -> None:
    text = SMALL.replace("    fields:", '    when: {a: {">": 3}}\n    fields:')

    assert wrong(text).problems[0].line == 9


def test_lines_are_known_down_to_the_field() -> None:
    mapping = load(SMALL, "m")

    assert [line.line for line in mapping.maps[0].fields] == [10, 11]


def test_writing_back_keeps_comments_and_says_the_same() -> None:
    mapping = load(SMALL, "m")

    text = dump(mapping)

    assert "# what the clinic decided on Monday" in text
    assert "# our places" in text
    assert digest(load(text, "m")) == digest(mapping)


def test_an_edit_is_written_where_it_belongs() -> None:
    mapping = load(SMALL, "m")
    mapping.maps[0].fields[1].enabled = False
    mapping.maps[0].archived = "skip"

    text = dump(mapping)

    assert "# our places" in text
    assert "archived: skip" in text
    again = load(text, "m")
    assert [line.enabled for line in again.maps[0].fields] == [True, False]


def test_the_hash_is_of_the_meaning_and_not_of_the_layout() -> None:
    one = load(SMALL, "m")
    laid_out = load(SMALL.replace("# our places", "").replace("    archived", "    enabled: true\n    archived"), "m")
    changed = load(SMALL.replace("from: city", "from: state"), "m")

    assert digest(one) == digest(laid_out)
    assert digest(one) != digest(changed)


def test_the_default_mapping_survives_writing_and_reading(zoho: Mapping) -> None:
    text = dump(zoho)

    assert digest(load(text, "m")) == digest(zoho)
    assert "Read it aloud: this is what you sign." in text


def test_entries_that_share_lines_in_the_file_can_be_changed_apart() -> None:
    mapping = default("zoho")
    other = mapping.by_id("Z4.other")
    assert other is not None
    other.fields[1].enabled = False

    again = load(dump(mapping), "m")

    assert digest(again) == digest(mapping)
    doctors = again.by_id("Z4")
    assert doctors is not None
    assert doctors.fields[1].enabled
