"""Transforms: their documentation is their test, and a few properties that examples cannot show."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gurney.mapping.transforms as room
from gurney.mapping import naming
from gurney.mapping.transforms import Unconvertible, registered
from gurney.mapping.transforms.amounts import decimal, money, whole_number
from gurney.mapping.transforms.html import note_text
from gurney.mapping.transforms.moments import calendar_date, local_date, local_date_there, utc_moment
from gurney.mapping.transforms.notes import patient_form_text, treatment_note_text
from gurney.mapping.transforms.text import cut, file_name_safe, shortened

MODULES = [importlib.import_module(f"{room.__name__}.{found.name}") for found in pkgutil.iter_modules(room.__path__)]
FAMILY = "👩🏽‍⚕️"


@pytest.mark.parametrize("module", [*MODULES, naming], ids=lambda module: module.__name__.rpartition(".")[2])
def test_the_examples_in_the_documentation_are_true(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


def test_every_transform_is_documented_with_an_example() -> None:
    assert [name for name, one in registered().items() if ">>>" not in one.words] == []


@given(
    st.lists(st.sampled_from(["a", "é", "e\u0301", FAMILY, "🇦🇺", "\n", " "])).map("".join),
    st.integers(1, 30),
)
def test_cut_keeps_the_front_and_never_ends_inside_a_joined_character(text: str, most: int) -> None:
    front = cut(text, most)

    assert text.startswith(front)
    assert len(front) <= most
    if front and front != text and len(FAMILY) < most:
        assert text[len(front)] not in "\u0301\u200d\ufe0f🏽"
        assert not front.endswith("\u200d")


@given(st.text(max_size=80), st.integers(2, 40))
def test_a_shortened_text_says_so(text: str, most: int) -> None:
    short = shortened(text, most)

    assert len(short) <= most
    assert short == text if len(text) <= most else short.endswith("…")


@given(st.text(max_size=400))
def test_no_html_breaks_the_note_text(html: str) -> None:
    text = note_text(html)

    assert text is None or text == text.strip()


def test_active_content_is_gone_from_a_note() -> None:
    html = (
        '<p onclick="x()">Hello <script>alert(1)</script><a href="javascript:alert(2)">link</a></p><style>p{}</style>'
    )

    assert note_text(html) == "Hello link"


def test_escaped_angle_brackets_stay_the_text_they_were() -> None:
    assert note_text("<p>BP &lt;120 &amp; stable &lt;script&gt;</p>") == "BP <120 & stable <script>"


def test_structure_stays_readable() -> None:
    html = (
        "<h1>Plan</h1><p>Now<br>later</p><blockquote>said</blockquote><ul><li>ice</li><li>rest</li></ul><div>end</div>"
    )

    assert note_text(html) == "Plan\n\nNow\nlater\n\n> said\n\n• ice\n• rest\n\nend"


def test_a_typed_answer_is_in_the_note_letter_by_letter() -> None:
    answer = "  <script>alert(2)</script> ${7*7}\r\n\tend \u2028"
    question = {"name": "Raw", "type": "text", "answer": answer}

    assert answer in treatment_note_text({"content": {"sections": [{"questions": [question]}]}}, zone="UTC")


def test_no_kind_of_answer_is_lost() -> None:
    questions = [
        {"name": "A", "type": "checkboxes", "answers": [{"value": "x", "selected": True}, {"value": "y"}]},
        {
            "name": "B",
            "type": "radiobuttons",
            "answers": [],
            "other": {"enabled": True, "selected": True, "value": "z"},
        },
        {"name": "C", "type": "bodycharts", "body_chart_ids": ["1", "2"]},
        {"name": "D", "type": "slider", "answer": 7},
        {"name": "E", "type": "address", "value": {"city": "Geelong", "post_code": "3220"}},
        {"name": "F", "type": "paragraph"},
        {"name": "G", "type": "signature", "signature_id": "9"},
    ]

    text = patient_form_text({"name": "N", "content": {"sections": [{"questions": questions}]}}, zone="UTC")

    for said in ("A\nx", "B\nz", "2 body charts", "D\n7", "Geelong, 3220", "F\n(not answered)", "[signed; signature 9"):
        assert said in text
    assert "y" not in text.split("A\n")[1].split("\n")[0]


@pytest.mark.parametrize("content", [None, {"sections": []}, {"sections": [{"name": None}]}, {}])
def test_an_empty_note_still_names_itself_and_ends(content: object) -> None:
    text = treatment_note_text({"title": "Review", "author_name": "D Brown", "content": content}, zone="UTC")

    assert text.startswith("Review\nAuthor: D Brown")
    assert text.endswith("— end —")


@pytest.mark.parametrize("text", ["1899-12-30", "1904-02-29", "1969-12-31", "2027-12-21"])
def test_a_birth_date_is_the_same_day_everywhere(text: str) -> None:
    assert calendar_date(text) == date.fromisoformat(text)


def test_moments_are_utc_and_whole_seconds() -> None:
    assert utc_moment("2026-04-05T01:15:00.900+10:00") == datetime(2026, 4, 4, 15, 15, tzinfo=UTC)


def test_the_two_halves_of_the_repeated_hour_stay_apart() -> None:
    assert utc_moment("2025-04-05T15:15:00Z") != utc_moment("2025-04-05T16:15:00Z")
    assert local_date("2025-12-31T12:45:00Z", zone="Australia/Melbourne") == date(2025, 12, 31)


def test_the_day_is_that_of_the_place_and_an_unknown_zone_is_refused() -> None:
    moment, zone = "2026-02-17T15:30:00Z", "Australia/Melbourne"

    assert local_date_there((moment, "Australia/Perth"), zone=zone) == date(2026, 2, 17)
    assert local_date_there((moment, None), zone=zone) == date(2026, 2, 18)
    assert local_date_there((None, "Australia/Perth"), zone=zone) is None
    for wrong in ((moment, "Nowhere/At all"), (moment, "../etc"), ("soon", "Australia/Perth")):
        with pytest.raises(Unconvertible):
            local_date_there(wrong, zone=zone)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9))
def test_money_is_exact(amount: Decimal) -> None:
    assert money(str(amount)) == amount


@pytest.mark.parametrize("value", ["NaN", "Infinity", "12,50", "", True, "0x10"])
def test_what_is_no_number_is_refused_without_being_repeated(value: object) -> None:
    with pytest.raises(Unconvertible) as refused:
        decimal(value)

    assert str(value) not in str(refused.value) or not str(value)


def test_a_fraction_is_no_whole_number() -> None:
    with pytest.raises(Unconvertible):
        whole_number("1.5")


@given(st.text(min_size=1, max_size=300))
def test_a_file_name_never_leaves_its_folder(name: str) -> None:
    safe = file_name_safe(name)

    assert 0 < len(safe) <= 200
    assert not set(safe) & set('/\\\r\n"')
    assert safe not in (".", "..")


def test_a_long_file_name_keeps_its_ending() -> None:
    assert file_name_safe("a" * 251 + ".pdf").endswith("a.pdf")
