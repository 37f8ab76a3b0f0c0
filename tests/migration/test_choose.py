"""A sample shows everything that occurs, stands by itself, and carries nothing needless."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from gurney.migration.choose import CANDIDATES, Sample, Strata, choose
from gurney.records import SourceKey


@dataclass(frozen=True)
class Clinic:
    """Records by number with what they show; each depends on records of smaller number."""

    shows: tuple[frozenset[str], ...]
    parents: tuple[frozenset[int], ...]

    def key(self, number: int) -> SourceKey:
        return SourceKey("things", f"{number:03}")

    def closure(self) -> dict[SourceKey, list[SourceKey]]:
        found: list[set[SourceKey]] = []
        for parents in self.parents:
            found.append({self.key(one) for one in parents}.union(*(found[one] for one in parents)))
        return {self.key(number): sorted(above) for number, above in enumerate(found)}

    def strata(self, *, backwards: bool = False) -> Strata:
        strata = Strata()
        for number in sorted(range(len(self.shows)), reverse=backwards):
            strata.see(self.key(number), sorted(self.shows[number]), map(self.key, self.parents[number]))
        return strata

    def choose(self, size: int) -> Sample:
        return choose(self.strata(), self.closure(), size)

    def shown_by(self, chosen: tuple[SourceKey, ...]) -> set[str]:
        return set().union(*(self.shows[int(key.id)] for key in chosen))


@st.composite
def clinics(draw: st.DrawFn) -> Clinic:
    count = draw(st.integers(0, 14))
    shows = [draw(st.frozensets(st.sampled_from("abcdefg"), max_size=4)) for _ in range(count)]
    parents = [
        draw(st.frozensets(st.integers(0, max(0, one - 1)), max_size=2)) if one else frozenset() for one in range(count)
    ]
    return Clinic(tuple(shows), tuple(parents))


@given(clinics())
def test_every_stratum_that_occurs_is_shown_when_there_is_room(clinic: Clinic) -> None:
    sample = clinic.choose(len(clinic.shows))

    assert clinic.shown_by(sample.chosen) >= set().union(*clinic.shows)
    assert sample.uncovered == ()


@given(clinics(), st.integers(0, 14))
def test_a_sample_is_closed_under_parents_and_within_its_size(clinic: Clinic, size: int) -> None:
    sample = clinic.choose(size)

    closure = clinic.closure()
    assert len(sample.chosen) <= size
    assert len(set(sample.chosen)) == len(sample.chosen)
    assert all(set(closure[key]) <= set(sample.chosen) for key in sample.chosen)


@given(clinics(), st.integers(0, 14))
def test_no_record_is_there_for_nothing(clinic: Clinic, size: int) -> None:
    chosen = clinic.choose(size).chosen

    closure = clinic.closure()
    for key in chosen:
        rest = tuple(other for other in chosen if other != key)
        is_parent = any(key in closure[other] for other in rest)
        assert is_parent or clinic.shown_by(rest) < clinic.shown_by(chosen)


@given(clinics(), st.integers(0, 14))
def test_what_is_not_shown_is_named_and_would_not_have_fitted(clinic: Clinic, size: int) -> None:
    sample = clinic.choose(size)

    occurring = set().union(*clinic.shows)
    assert set(sample.uncovered) == occurring - clinic.shown_by(sample.chosen)
    assert sample.covered == len(occurring) - len(sample.uncovered)
    closure = clinic.closure()
    for stratum in sample.uncovered:
        for number, shown in enumerate(clinic.shows):
            needed = {clinic.key(number), *closure[clinic.key(number)]} - set(sample.chosen)
            assert stratum not in shown or len(sample.chosen) + len(needed) > size


@given(clinics(), st.integers(0, 14))
def test_the_order_of_seeing_does_not_matter(clinic: Clinic, size: int) -> None:
    forwards = choose(clinic.strata(), clinic.closure(), size)
    backwards = choose(clinic.strata(backwards=True), clinic.closure(), size)

    assert forwards == backwards


def test_one_record_that_shows_all_is_enough() -> None:
    clinic = Clinic((frozenset("a"), frozenset("b"), frozenset("ab")), (frozenset(),) * 3)

    assert clinic.choose(10).chosen == (clinic.key(2),)


def test_a_smaller_family_is_taken_where_the_richer_one_has_no_room() -> None:
    none: frozenset[int] = frozenset()
    clinic = Clinic((frozenset(), frozenset(), frozenset("abc"), frozenset("a")), (none, none, frozenset({0, 1}), none))

    assert clinic.choose(1).chosen == (clinic.key(3),)


def test_memory_stays_bounded_however_many_show_a_stratum() -> None:
    strata = Strata()
    for number in range(10 * CANDIDATES):
        strata.see(SourceKey("things", str(number)), ["common"], [])

    assert len(strata.candidates["common"]) == len(strata.shows) == CANDIDATES
    assert strata.occurs["common"] == 10 * CANDIDATES
