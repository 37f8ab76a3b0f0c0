"""What is opened and derived for an object map: only what it needs, and the same result as with everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from mapping_account import AS_OF, schema
from mapping_staged import Salesforce, every, stage

from gurney.mapping.compile import Built, CompiledMap, CompiledMapping
from gurney.migration import build
from gurney.migration.build import NOT_SELECTED, Builder, Related, enriched
from gurney.sources.cliniko.derived import EVERYWHERE, FACTS, derive
from gurney.sources.cliniko.derived.reading import Tally
from gurney.store.store import Store

Record = dict[str, Any]


def to(object: str, id: str) -> Record:
    return {"links": {"self": f"https://api.au1.cliniko.com/v1/{object}/{id}"}}


def visit(id: str, patient: str, business: str, made: str = "2025-01-01T00:00:00Z", **more: Any) -> Record:
    relations = {"patient": to("patients", patient), "business": to("businesses", business)}
    return {"id": id, "created_at": made, **relations, **more}


class Counting(Related):
    """Notes what is asked for."""

    def __init__(self, store: Store) -> None:
        super().__init__(store.snapshot)
        self.asked: list[str] = []

    def get(self, object: str, ids: Any) -> dict[str, Record]:
        self.asked.append(object)
        return super().get(object, ids)

    def tally(self, object: str, link_field: str, parent_ids: Any, other: str, via: Any = None) -> Tally:
        self.asked.append(f"tally {object}")
        return super().tally(object, link_field, parent_ids, other, via)


def test_relations_are_counted_without_cancelled_and_deleted_ones(store: Store) -> None:
    rows = [
        visit("1", "a", "x", "2025-01-01T00:00:00Z"),
        visit("2", "a", "x", "2025-03-01T00:00:00Z"),
        visit("3", "a", "y", "2025-02-01T00:00:00Z"),
        visit("4", "a", "y", cancelled_at="2025-01-01T00:00:00Z"),
        visit("5", "a", "y", archived_at="2025-01-01T00:00:00Z"),
        visit("6", "b", "y"),
    ]
    stage(store, "individual_appointments", rows)
    stage(store, "group_appointments", [visit("7", "", "z"), visit("8", "", "z", archived_at="2025-01-01T00:00:00Z")])
    attending = [("10", "a", "7"), ("11", "a", "8"), ("12", "b", "7")]
    stage(
        store,
        "attendees",
        [{"id": id, "patient": to("patients", who), "booking": to("bookings", what)} for id, who, what in attending],
    )

    single = store.snapshot.tally("individual_appointments", "patient", ["a", "b", "c"], "business")
    classes = store.snapshot.tally("attendees", "patient", ["a"], "business", ("booking", "group_appointments"))

    assert single == {
        "a": {"x": (2, "2025-03-01T00:00:00Z"), "y": (1, "2025-02-01T00:00:00Z")},
        "b": {"y": (1, "2025-01-01T00:00:00Z")},
    }
    assert classes == {"a": {"z": (1, "")}}


def test_a_survivor_s_clinic_counts_the_visits_of_those_merged_into_it(store: Store) -> None:
    loser = {"id": "2", "merged_at": "2025-01-01T00:00:00Z", "merged_with_patient": to("patients", "1")}
    stage(store, "patients", [{"id": "1"}, loser])
    stage(store, "individual_appointments", [visit("10", "1", "x"), visit("11", "2", "y"), visit("12", "2", "y")])

    [facts, _] = derive("patients", [{"id": "1"}, loser], Related(store.snapshot), AS_OF, {"main_clinic"})

    assert facts["main_clinic"] == "y"


def test_a_household_needs_a_street_and_is_known_by_its_first_patient(store: Store) -> None:
    home = {"last_name": "Lee", "address_1": "5 Elm St", "city": "Geelong"}
    people = [
        {"id": "9", **home, "created_at": "2025-01-01T00:00:00Z"},
        {"id": "10", **home | {"city": " GEELONG"}, "created_at": "2025-01-01T00:00:00Z"},
        {"id": "1", **home, "created_at": "2020-01-01T00:00:00Z", "merged_at": "2021-01-01T00:00:00Z"},
        {"id": "2", **home, "created_at": "2020-01-01T00:00:00Z", "deleted_at": "2021-01-01T00:00:00Z"},
        {"id": "3", **home, "post_code": "3220"},
        {"id": "4", "last_name": "Lee"},
        {"id": "5", "last_name": "Lee"},
    ]
    stage(store, "patients", people)

    facts = derive("patients", people, Related(store.snapshot), AS_OF, {"household"})

    assert [fact["household"] for fact in facts] == ["9", "9", "1", "2", "3", "4", "5"]
    assert [fact["household_head"] for fact in facts] == [True, False, True, True, True, True, True]


def test_only_wanted_facts_are_read(store: Store) -> None:
    stage(store, "patients", [{"id": "1"}])
    related = Counting(store)

    [facts] = derive("patients", [{"id": "1"}], related, AS_OF, {"main_clinic"})

    assert facts.keys() == {"main_clinic", *EVERYWHERE}
    assert related.asked == ["tally individual_appointments", "tally attendees"]
    assert derive("patients", [{"id": "1"}], related, AS_OF)[0].keys() == {*FACTS["patients"], *EVERYWHERE}


def test_a_map_reads_the_facts_that_its_lines_name(shipped: CompiledMapping) -> None:
    patients, notes = shipped.by_id["S1"], shipped.by_id["S10"]

    assert patients.facts is not None
    assert {"main_clinic", "insurer_names", "account", "practitioner"} <= patients.facts
    assert "household" not in patients.facts
    assert notes.facts is None
    assert shipped.by_id["S3.attendance"].deciding == {"is_group"}


def test_facts_that_no_map_reads_are_not_derived(store: Store, shipped: CompiledMapping) -> None:
    stage(store, "patients", [{"id": "1"}])

    [record] = Builder(store, shipped, {}, AS_OF).enrich("patients", store.snapshot.scan("patients"))

    assert "main_clinic" in record["derived"]
    assert "household" not in record["derived"]


def test_records_of_other_maps_are_told_apart_before_their_facts_are_read(
    store: Store, shipped: CompiledMapping
) -> None:
    stage(store, "individual_appointments", [visit("70", "1", "x")])
    stage(store, "attendees", [{"id": "90", "patient": to("patients", "1"), "booking": to("bookings", "70")}])
    builder = Builder(store, shipped, {}, AS_OF)
    related = Counting(store)
    builder._related = related

    [item] = builder.build(shipped.by_id["S3.attendance"], list(store.snapshot.scan("attendees")), dry=True)

    assert (item.is_selected, item.built.skipped) == (False, NOT_SELECTED)
    assert related.asked == ["group_appointments"]


@pytest.mark.parametrize("map_id", ["S3.attendance", "S9", "S1.doctor", "S1", "S6.line"])
def test_what_is_built_is_the_same_as_with_every_fact(to_salesforce: Salesforce, map_id: str) -> None:
    map, store = to_salesforce.compiled.by_id[map_id], to_salesforce.store
    rows = store.snapshot.scan(map.object, limit=400)
    builder = Builder(store, to_salesforce.compiled, {}, AS_OF)

    lean = builder.build(map, rows, dry=True)

    records = enriched(Related(store.snapshot), map.object, rows, AS_OF)
    ids = builder.lookups(map, records, dry=True)
    whole = [map.build(record, ids, {}) for record in records]
    assert [item.built.skipped for item in lean] == [built.skipped for built in whole]
    assert [_fields(item.built) for item in lean] == [_fields(built) for built in whole]


def _fields(built: Built) -> list[Any]:
    return [write.fields for write in built.writes]


def test_rows_stay_open_for_others_that_name_them_but_not_without_end(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage(store, "patients", [{"id": str(number)} for number in range(10)])
    monkeypatch.setattr(build, "KEPT_OPEN", 4)
    related = Related(store.snapshot)

    first = related.get("patients", ["1", "2", "99"])
    again = related.get("patients", ["2", "1"])
    related.get("patients", [str(number) for number in range(3, 9)])
    last = related.get("patients", ["1", "8"])

    assert first.keys() == {"1", "2"}
    assert again["1"] is first["1"]
    assert last["1"] == first["1"]
    assert last["1"] is not first["1"]
    assert len(related._open) == 4


def test_conditions_are_judged_after_the_state(compiled_of: Callable[..., CompiledMapping]) -> None:
    text = """\
destination: zoho
maps:
  - {map: A, row: A, from: people, to: Contacts, when: {kind: x}, fields: [{to: Last_Name, from: name}]}
  - {map: B, row: B, from: people, to: Contacts, yields_to: [A], fields: [{to: Last_Name, from: name}]}
"""
    compiled = compiled_of(text, schema=schema())
    first: CompiledMap = compiled.by_id["A"]
    second: CompiledMap = compiled.by_id["B"]

    assert [first.rules.concern({"kind": kind}) for kind in ("x", "y")] == [True, False]
    assert [second.rules.concern({"kind": kind}) for kind in ("x", "y")] == [False, True]
    assert first.rules.concern({"kind": "y", "_state": "archived"})


def test_every_row_is_handed_out_once(to_salesforce: Salesforce) -> None:
    related = Related(to_salesforce.store.snapshot)

    ids = [row["id"] for row in related.every("patients")]

    assert len(ids) == len(set(ids)) == len(list(every(to_salesforce.store, "patients")))
