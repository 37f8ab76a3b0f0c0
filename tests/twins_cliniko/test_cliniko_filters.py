"""The filter grammar of the Cliniko twin, operator by operator, and its 400s."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.twins_cliniko.conftest import Desk, Opened

from gurney.twins.cliniko.filters import BadFilter, parse
from gurney.twins.cliniko.nested import nested_lists
from gurney.twins.cliniko.resources import resources

pytestmark = pytest.mark.anyio

NOT_OFFERED = ("available_times", "next_available_time")
"""Free times for online booking: nothing of a clinic's records."""


def holds(text: str, kind: str, value: object, *, fold: bool = True) -> bool:
    return parse(text, {"field": kind}, fold=fold).test(value)


@pytest.mark.rule("cliniko.filters")
def test_every_path_takes_exactly_the_filters_of_the_specification(shared: Path) -> None:
    stated = json.loads((shared / "vendors/cliniko/spec/filters.json").read_text(encoding="utf-8"))
    ours: dict[str, dict[str, str]] = {}
    for name, resource in resources().items():
        ours[f"/{name}"] = dict(resource.filters)
        ours[f"/{name}/{{}}"] = dict(resource.single_filters)
    for nested in nested_lists():
        ours[nested.path.replace("{parent}", "{}")] = dict(nested.listing("1").filters)
    ours["/practitioners/inactive"] = ours["/practitioners"]
    ours["/patient_cases/active"] = ours["/patient_cases"]
    ours["/patients/{}/referral_source"] = ours["/referral_sources/{}"]

    differing = {}
    for path, entry in stated.items():
        template = "/".join("{}" if part.startswith("{") else part for part in path.split("/"))
        if entry["filters"] and ours.get(template) != entry["filters"]:
            differing[path] = ours.get(template)

    assert differing == {}


def test_every_readable_path_of_the_specification_is_served(desk: Desk, shared: Path) -> None:
    stated = json.loads((shared / "vendors/cliniko/spec/filters.json").read_text(encoding="utf-8"))
    router = desk.service._router

    absent = [
        path
        for path in stated
        if "GET" not in router.methods_of("/".join("1" if part.startswith("{") else part for part in path.split("/")))
    ]

    assert [path for path in absent if not path.endswith(NOT_OFFERED)] == []


@pytest.mark.rule("cliniko.filter-date")
@pytest.mark.parametrize(
    ("text", "held", "expected"),
    [
        ("=1987-03-14", "1987-03-14", True),
        (">1987-03-14", "1987-03-14", False),
        (">=1987-03-14", "1987-03-14", True),
        ("<1987-03-14", "1986-12-31", True),
        ("<=1987-03-14", None, False),
        ("=****-05-**", "2001-05-30", True),
        ("=****-05-**", "2001-06-30", False),
        ("?", None, False),
        ("!?", None, True),
    ],
)
def test_dates_compare_and_match_patterns(text: str, held: str | None, expected: bool) -> None:
    assert holds(f"field:{text}", "date", held) is expected


@pytest.mark.rule("cliniko.filter-date-time")
@pytest.mark.parametrize(
    ("text", "held", "expected"),
    [
        (">=2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", True),
        (">2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", False),
        ("<2026-01-01T10:00:00+10:00", "2025-12-31T23:59:59Z", True),
        ("*", None, True),
        ("?", "2026-01-01T00:00:00Z", True),
        ("!?", "2026-01-01T00:00:00Z", False),
    ],
)
def test_moments_compare_in_utc(text: str, held: str | None, expected: bool) -> None:
    assert holds(f"field:{text}", "date-time", held) is expected


@pytest.mark.rule("cliniko.filter-date-time")
def test_moments_have_no_equality() -> None:
    with pytest.raises(BadFilter):
        parse("field:=2026-01-01T00:00:00Z", {"field": "date-time"})


@pytest.mark.rule("cliniko.filter-number")
@pytest.mark.parametrize(
    ("text", "held", "expected"),
    [
        ("=1,2,3", 3, True),
        ("=1,2,3", 4, False),
        ("!=1", 2, True),
        ("!=1", None, False),
        (">9007199254740992", 9007199254740993, True),
        ("<=5", 5, True),
        ("!?", None, True),
    ],
)
def test_numbers_compare_and_take_lists(text: str, held: int | None, expected: bool) -> None:
    assert holds(f"field:{text}", "int64", held) is expected


@pytest.mark.rule("cliniko.filter-string")
@pytest.mark.parametrize(
    ("text", "held", "expected"),
    [
        ("=Mira", "Mira", True),
        ("!=Mira", "Tom", True),
        ("~ir", "Mira", True),
        ("~.*", "Mira", False),
        ("~~M%a", "Mira", True),
        ("~~M%x", "Mira", False),
        ("?", "", True),
        ("!?", None, True),
    ],
)
def test_text_matches_whole_in_part_and_with_wildcards(text: str, held: str | None, expected: bool) -> None:
    assert holds(f"field:{text}", "string", held) is expected


@pytest.mark.rule("cliniko.filter-boolean")
def test_booleans_are_equal_or_not_and_null_is_neither() -> None:
    assert holds("field:=true", "boolean", True) and holds("field:!=true", "boolean", False)
    assert not holds("field:=false", "boolean", None) and not holds("field:!=true", "boolean", None)


@pytest.mark.rule("cliniko.filter-array")
def test_arrays_contain() -> None:
    assert holds("field:~7", "array", ["7", "8"]) and not holds("field:~7", "array", ["78"])


@pytest.mark.rule("cliniko.filter-type")
@pytest.mark.parametrize(
    ("text", "kind", "wanted"),
    [
        ("field:=x", "integer", "a number"),
        ("field:>soon", "date-time", "a date-time"),
        ("field:>2026-01-01", "date-time", "a date-time"),
        ("field:=2026-02-30", "date", "a date"),
        ("field:=maybe", "boolean", "a boolean"),
    ],
)
def test_a_value_of_the_wrong_type_is_named(text: str, kind: str, wanted: str) -> None:
    with pytest.raises(BadFilter, match=f"Filter value for field must be {wanted}$"):
        parse(text, {"field": kind})


@given(st.text(max_size=40), st.sampled_from(["date", "date-time", "int64", "string", "boolean", "array"]))
def test_any_text_is_a_condition_or_a_bad_filter(text: str, kind: str) -> None:
    try:
        condition = parse(f"field:{text}", {"field": kind})
    except BadFilter:
        return
    assert condition.test(None) in (True, False)


@pytest.mark.rule("cliniko.not-filterable")
async def test_a_field_that_cannot_be_filtered_is_named(desk: Desk) -> None:
    answer = await desk.get("/users?q[]=email:=x")

    assert (answer.status_code, answer.json()) == (400, {"message": "email is not filterable"})


@pytest.mark.rule("cliniko.filter-and")
@pytest.mark.parametrize("name", ["q[]", "q%5B%5D", "q[0]"])
async def test_several_filters_must_all_hold(desk: Desk, name: str) -> None:
    family = await desk.rows(f"/patients?{name}=last_name:=Penhallow&{name}=first_name:=Jory")

    assert [row["first_name"] for row in family] == ["Jory"]


@pytest.mark.rule("cliniko.last-plain-q")
async def test_only_the_last_plain_q_counts(desk: Desk) -> None:
    rows = await desk.rows("/patients?q=first_name:=Nobody&q=last_name:=Penhallow")

    assert len(rows) == 4


@pytest.mark.rule("cliniko.text-case")
@pytest.mark.parametrize(("way", "found"), [("ignored", 4), ("regarded", 0)])
async def test_text_filters_may_regard_case(opened: Opened, way: str, found: int) -> None:
    assert await opened(text_case=way).total("/patients?q[]=email:=PENHALLOW@example.org") == found


async def test_windows_of_creation_cut_a_list_into_parts_that_make_it_whole(desk: Desk) -> None:
    cut = desk.stored("attendees")[60]["created_at"]
    lifted = "q[]=archived_at:*&q[]=cancelled_at:*"

    before = await desk.total(f"/attendees?q[]=created_at:<{cut}&{lifted}")
    after = await desk.total(f"/attendees?q[]=created_at:>={cut}&{lifted}")

    assert before + after == len(desk.stored("attendees")) and before > 0 < after


async def test_a_sweep_by_update_finds_what_changed_since_in_order(desk: Desk) -> None:
    since = sorted(row["updated_at"] for row in desk.stored("attendees"))[-30]

    rows = await desk.rows(
        f"/attendees?q[]=updated_at:>={since}&q[]=archived_at:*&q[]=cancelled_at:*&sort=updated_at:asc&per_page=100"
    )

    updated = [row["updated_at"] for row in rows]
    assert updated == sorted(updated) and updated[0] >= since
    assert len(rows) == sum(1 for row in desk.stored("attendees") if row["updated_at"] >= since)


async def test_a_relation_is_filtered_by_the_id_in_its_link(desk: Desk) -> None:
    note = desk.stored("treatment_notes")[0]
    patient = note["patient"]["links"]["self"].rpartition("/")[2]

    rows = await desk.rows(f"/treatment_notes?q[]=patient_id:={patient}&q[]=archived_at:*")

    assert note["id"] in {row["id"] for row in rows}
    assert all(row["patient"]["links"]["self"].endswith(f"/{patient}") for row in rows)


async def test_ids_walk_upwards_by_keyset(desk: Desk) -> None:
    ids = sorted(int(row["id"]) for row in desk.stored("invoice_items"))

    rows = await desk.rows(f"/invoice_items?q[]=id:>{ids[9]}&sort=id&per_page=5")

    assert [int(row["id"]) for row in rows] == ids[10:15]


async def test_the_link_to_reversed_invoices_finds_the_credit(desk: Desk) -> None:
    (credit,) = [row for row in desk.stored("invoices") if row["status"] == 40]
    original = (
        await desk.get(credit["original_invoice"]["links"]["self"].replace("https://api.au1.cliniko.com/v1", ""))
    ).json()

    assert [row["id"] for row in await desk.rows(original["reversed_invoices"]["links"]["self"])] == [credit["id"]]
