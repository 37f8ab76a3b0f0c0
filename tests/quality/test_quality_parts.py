"""The parts of the audit: compact, order-free and linear."""

from __future__ import annotations

import random
import time
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gurney.migration.quality import QualityAudit, QualityLimits, prospect_fields
from gurney.migration.quality.likeness import Groups, IdSet, alike, folded, in_a_circle, probable_pairs
from gurney.migration.quality.values import dialled_number, is_formula, is_odd_name, is_risky_file_name, type_fits

AS_OF = datetime(2026, 11, 16, tzinfo=UTC)
BASE = "https://api.au1.cliniko.com/v1"


def new_audit(limits: QualityLimits | None = None) -> QualityAudit:
    return QualityAudit(as_of=AS_OF, country="AU", key=b"k", limits=limits or QualityLimits())


def patient(id: str, first: str, last: str, born: str = "1980-01-02", **more: Any) -> dict[str, Any]:
    return {
        "id": id, "first_name": first, "last_name": last, "date_of_birth": born, "email": "", **more,
        "latest_booking": {"links": {"self": f"{BASE}/bookings/1"}},
    }  # fmt: skip


def to(object: str, id: str) -> dict[str, Any]:
    return {"links": {"self": f"{BASE}/{object}/{id}"}}


def codes(audit: QualityAudit) -> dict[str, list[str]]:
    return {row.code: row.ids for row in audit.finish()}


@given(st.lists(st.integers(0, 2**63 - 1).map(str), max_size=200), st.integers(0, 2**63 - 1).map(str))
def test_a_set_of_ids_knows_what_was_added_and_nothing_else(ids: list[str], other: str) -> None:
    known = IdSet()
    for id in ids:
        known.add(id)

    assert all(id in known for id in ids)
    assert (other in known) == (other in ids)


def test_a_set_of_ids_tells_19_digit_neighbours_apart_at_size() -> None:
    known = IdSet()
    for number in range(0, 20_000, 2):
        known.add(str(1934567890123456788 + number))

    assert "1934567890123456788" in known
    assert "1934567890123456789" not in known


@given(st.lists(st.integers(0, 5), max_size=30))
def test_groups_hold_the_members_of_repeated_values(values: list[int]) -> None:
    groups = Groups()
    for member, value in enumerate(values):
        groups.add(value, member)

    expected = {value: [at for at, one in enumerate(values) if one == value] for value in values}
    assert sorted(groups.repeated()) == sorted(members for members in expected.values() if len(members) > 1)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Mary Wong", "Mary Wnog"), ("Holly Miller", "Holly Mliler"), ("Miller Holly", "Holly Miller"),
     ("José Muñoz", "Jose\u0301 Mun\u0303oz"), ("Chris O'Neil", "chris ONEIL")],
)  # fmt: skip
def test_a_slip_in_a_name_is_the_same_person(one: str, other: str) -> None:
    assert alike(*(tuple(folded(part) for part in name.split(" ", 1)) for name in (one, other)))  # type: ignore[arg-type]


@pytest.mark.parametrize(("one", "other"), [("Anna Roach", "Emma Roach"), ("An Ng", "Al Ng"), ("Jo Li", "Jo Smith")])
def test_relatives_are_not(one: str, other: str) -> None:
    assert not alike(*(tuple(name.lower().split(" ", 1)) for name in (one, other)))  # type: ignore[arg-type]


def test_a_crowd_with_one_birth_date_is_compared_with_neighbours_only() -> None:
    chance = random.Random(7)
    names = [f"{''.join(chance.choices('abcdefghij', k=8))}\tsmith" for _ in range(5_000)]
    names += ["christopher\tstone", "christopher\tstonee"]

    started = time.perf_counter()
    pairs = list(probable_pairs(range(len(names)), names))

    assert (5_000, 5_001) in pairs
    assert time.perf_counter() - started < 5


@given(st.sets(st.tuples(st.sampled_from("abcde"), st.sampled_from("abcde")), max_size=12))
def test_a_node_is_in_a_circle_only_where_a_walk_never_ends(edges: set[tuple[str, str]]) -> None:
    around = in_a_circle(edges)

    assert around == {a for a, b in edges if a in around and b in around}
    assert {a for a, b in edges if a == b or (b, a) in edges} <= around


def test_links_are_judged_whatever_the_order() -> None:
    audit = new_audit()
    audit.see("invoices", {"id": "1", "patient": to("patients", "10"), "attendee": to("attendees", "5")})
    audit.see("invoices", {"id": "2", "patient": to("patients", "11")})
    audit.see("patients", patient("10", "Ada", "Example"))

    assert codes(audit)["source-orphan"] == ["2"]


def test_lists_and_queries_are_no_links() -> None:
    audit = new_audit()
    lists = {"invoices": to("patients/10", "invoices"), "attendees": to("attendees", "?q%5B%5D=patient_id%3A%3D1")}
    audit.see("patients", patient("10", "Ada", "Example", **lists))
    audit.see("invoices", {"id": "1"})

    assert "source-orphan" not in codes(audit)


def test_bookings_and_appointments_are_one_space_of_ids() -> None:
    audit = new_audit()
    audit.see("individual_appointments", {"id": "7"})
    audit.see("group_appointments", {"id": "8"})
    audit.see("attendees", {"id": "1", "booking": to("bookings", "7")})
    audit.see("attendees", {"id": "2", "booking": to("bookings", "8")})
    audit.see("attendees", {"id": "3", "booking": to("bookings", "9")})
    audit.see("invoices", {"id": "4", "appointment": to("appointments", "7")})

    assert codes(audit)["source-orphan"] == ["3"]


def test_a_finding_counts_all_and_lists_fifty() -> None:
    audit = new_audit()
    for number in range(70):
        audit.see("patients", patient(str(number), f"Name{number}", "Example", born=""))

    row = next(row for row in audit.finish() if row.code == "no-birth-date")

    assert (row.count, len(row.ids)) == (70, 50)


def test_a_limit_that_is_unknown_flags_nothing() -> None:
    audit = new_audit()
    audit.see("patients", patient("1", "A" * 300, "B" * 300))
    audit.see("patient_attachments", {"id": "2", "filename": "a.pdf", "content_type": "application/pdf", "size": 10**9})

    assert not {"name-too-long", "file-too-large"} & set(codes(audit))


def test_values_are_judged_one_by_one() -> None:
    assert dialled_number("0491 570 156", "AU") == dialled_number("+61 (0)491 570 156", "NZ") == "+61491570156"
    assert dialled_number("ask wife", "AU") is None
    assert is_formula("=1+1") and is_formula("+61 SUM(A1)") and not is_formula("+61 491 570 156")
    assert is_odd_name("\u202eevil") and is_odd_name(".") and not is_odd_name("D’Arcy") and not is_odd_name("")
    assert is_risky_file_name("../x") and is_risky_file_name("NUL.txt") and not is_risky_file_name("scan 1.pdf")
    assert type_fits("text/csv", "a.csv") and not type_fits("image/png", "a.pdf") and not type_fits(None, "a")


def test_many_patients_take_little_memory() -> None:
    def peak(patients: int) -> int:
        tracemalloc.start()
        audit = new_audit()
        for number in range(patients):
            audit.see("patients", patient(str(10**17 + number), f"Given{number}", f"Family{number % 997}",
                                          born=f"19{number % 90 + 10}-0{number % 9 + 1}-1{number % 9}"))  # fmt: skip
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        return held

    assert peak(4_000) - peak(2_000) < 2_000 * 400


def test_a_field_that_may_tell_prospects_is_offered_and_others_are_not() -> None:
    fields = [
        {"name": "Lead Source", "token": "a"},
        {"name": "Status", "token": "b"},
        {"name": "Stage", "token": "c", "options": [{"name": "Enquiry"}, {"name": "Active"}]},
        {"name": "Marital status", "token": "d"},
    ]
    candidates = prospect_fields({"sections": [{"fields": fields}]})

    assert [(one.token, one.options) for one in candidates] == [("c", ("Enquiry",)), ("b", ())]
    assert prospect_fields(None) == []
