"""The default mapping over a real snapshot: facts of several records come together in one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from gurney.mapping import document
from gurney.mapping.compile import compile_mapping
from gurney.mapping.steps import Context
from gurney.migration.build import Builder
from gurney.records import Link
from gurney.schema import FieldSchema, FieldType, ObjectSchema, Schema
from gurney.store.store import Store

AS_OF = datetime(2026, 11, 16, tzinfo=UTC)
Relation = Callable[[str, str], dict[str, Any]]


Fields = Callable[[str, str], dict[str, Any]]


@pytest.fixture
def fields(store: Store) -> Fields:
    """What a record becomes: by object map and source id."""
    due = FieldSchema("Due_Date", "Due Date", FieldType.DATE)
    schema = Schema({"Tasks": ObjectSchema("Tasks", "Tasks", {"Due_Date": due})})
    mapping = document.default("zoho")
    for entry in mapping.maps:
        entry.fields = [line for line in entry.fields if line.create or entry.to != "Tasks" or line.to == "Due_Date"]
    compiled = compile_mapping(mapping, schema, {}, {}, Context(AS_OF, zone="Australia/Melbourne"))
    builder = Builder(store, compiled, {}, AS_OF)

    def of(map: str, id: str) -> dict[str, Any]:
        one = compiled.by_id[map]
        [item] = builder.build(one, list(store.snapshot.get(one.object, [id]).values()), dry=True)
        return dict(item.built.writes[0].fields)

    return of


def test_relatives_and_concession_stand_on_the_patient(
    fields: Fields, stage: Callable[..., None], link: Relation
) -> None:
    stage("concession_types", {"id": "5", "name": "Pensioner"})
    stage(
        "patients",
        {"id": "1", "last_name": "Lee", "concession_type": link("concession_types", "5")},
        {"id": "2", "last_name": "Ng"},
    )
    relation = {"patient": link("patients", "1"), "related_patient": link("patients", "2")}
    stage("relationships", {"id": "8", "relation_description": "Child", **relation})

    lee, ng = fields("Z1", "1"), fields("Z1", "2")

    assert (lee["Concession"], lee["Relationships"], ng["Relationships"]) == (
        "Pensioner",
        "Child: Ng (2)",
        "Parent: Lee (1)",
    )


def test_an_attendance_is_due_on_the_day_of_the_class_s_own_place(
    fields: Fields, stage: Callable[..., None], link: Relation
) -> None:
    stage("businesses", {"id": "4", "time_zone_identifier": "Australia/Perth"})
    stage("patients", {"id": "1", "last_name": "Lee"})
    place = {"business": link("businesses", "4")}
    stage("group_appointments", {"id": "6", "starts_at": "2026-02-17T15:30:00Z", **place})
    stage("attendees", {"id": "7", "patient": link("patients", "1"), "booking": link("bookings", "6")})

    assert fields("Z5.attendance", "7")["Due_Date"] == date(2026, 2, 17)


def test_a_loser_of_a_merge_leads_to_the_survivor(
    fields: Fields, store: Store, stage: Callable[..., None], link: Relation
) -> None:
    stage("patients", {"id": "1", "last_name": "Lee"}, {"id": "2", "merged_with_patient": link("patients", "1")})
    stage("invoices", {"id": "9", "number": 1, "patient": link("patients", "2")})
    store.snapshot.set_aliases("patients", {"2": "1"})

    assert fields("Z8", "9")["Patient"] == Link("Contacts", "dry Z1/1")
