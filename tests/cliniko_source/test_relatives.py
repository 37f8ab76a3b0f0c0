"""Relations between patients, where records were merged, archived or are missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from gurney.sources.cliniko.derived import derive
from gurney.sources.cliniko.links import link_id

AS_OF = datetime(2026, 11, 16, tzinfo=UTC)


class Rows:
    """Records by object, as `Related`."""

    def __init__(self, **objects: list[dict[str, Any]]) -> None:
        self.objects = objects

    def get(self, object: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        return {row["id"]: row for row in self.objects.get(object, []) if row["id"] in ids}

    def children(self, object: str, link_field: str, parent_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for row in self.objects.get(object, []):
            parent = link_id(row, link_field)
            if parent in parent_ids:
                found.setdefault(parent, []).append(row)
        return found


def to(id: str, object: str = "patients") -> dict[str, Any]:
    return {"links": {"self": f"https://api.au1.cliniko.com/v1/{object}/{id}"}}


def patient(id: str, name: str = "", into: str = "") -> dict[str, Any]:
    return {"id": id, "last_name": name, **({"merged_with_patient": to(into)} if into else {})}


def relation(id: str, here: str, there: str, word: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "patient": to(here), "related_patient": to(there), "relation_description": word, **more}


def relationships(patients: list[dict[str, Any]], relations: list[dict[str, Any]]) -> dict[str, tuple[str, ...]]:
    facts = derive("patients", patients, Rows(patients=patients, relationships=relations), AS_OF, {"relationships"})
    return {row["id"]: fact["relationships"] for row, fact in zip(patients, facts, strict=True)}


def test_a_relation_that_is_stored_on_both_sides_is_told_once() -> None:
    found = relationships(
        [patient("1", "Ann"), patient("2", "Bo")], [relation("8", "1", "2", "Child"), relation("9", "2", "1", "Parent")]
    )
    assert found == {"1": ("Child: Bo (2)",), "2": ("Parent: Ann (1)",)}


def test_a_merged_relative_is_told_of_as_the_survivor() -> None:
    found = relationships(
        [patient("1", "Ann"), patient("2", "Bo", into="3"), patient("3", "Bob", into="4"), patient("4", "Robert")],
        [relation("8", "1", "2", "Spouse")],
    )
    assert found["1"] == ("Spouse: Robert (4)",)
    assert found["4"] == ("Spouse: Ann (1)",)


def test_two_records_of_one_person_are_no_relatives() -> None:
    found = relationships([patient("1", "Ann"), patient("2", "Ann", into="1")], [relation("8", "1", "2", "Other")])
    assert found["1"] == ()


def test_archived_relations_are_left_out_and_a_nameless_or_missing_relative_keeps_the_number() -> None:
    found = relationships(
        [patient("1", "Ann"), patient("2")],
        [
            relation("7", "1", "2", "Sibling"),
            relation("8", "1", "404", "Partner"),
            relation("9", "1", "2", "Parent", archived_at="2026-01-01T00:00:00Z"),
        ],
    )
    assert found["1"] == ("Sibling: 2", "Partner: 404")


def test_a_circle_of_merges_does_not_hang() -> None:
    found = relationships(
        [patient("1", "Ann"), patient("2", "Bo", into="3"), patient("3", "Cy", into="2")],
        [relation("8", "1", "2", "Relative")],
    )
    assert found["1"] == ("Relative: Bo (2)",)
