"""The derived facts of the sample clinic add up to its manifest."""

from __future__ import annotations

import gzip
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

from gurney.sources.cliniko.derived import EVERYWHERE, FACTS, NEEDS, Tally, derive, made_from
from gurney.sources.cliniko.links import link_id
from gurney.sources.cliniko.objects import objects, state_of


class Clinic:
    """The clinic's files as `Related`; notes which lists were asked for."""

    def __init__(self, folder: Path) -> None:
        self.manifest = orjson.loads((folder / "manifest.json").read_bytes())
        self.as_of = datetime.fromisoformat(self.manifest["as_of"])
        self._folder = folder
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._by_id: dict[str, dict[str, dict[str, Any]]] = {}
        self._children: dict[tuple[str, str], dict[str, list[dict[str, Any]]]] = {}
        self._made: dict[str, Any] = {}
        self.asked: set[str] = set()

    def rows(self, object: str) -> list[dict[str, Any]]:
        if object not in self._rows:
            path = self._folder / f"{object}.jsonl.gz"
            lines = gzip.decompress(path.read_bytes()).split(b"\n") if path.exists() else []
            self._rows[object] = [orjson.loads(line) for line in lines if line]
            if object == "settings":
                body = orjson.loads((self._folder / "settings.json").read_bytes())
                self._rows[object] = [{**body, "id": "settings"}]
        return self._rows[object]

    def get(self, object: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        self.asked.add(object)
        if object not in self._by_id:
            self._by_id[object] = {row["id"]: row for row in self.rows(object)}
        table = self._by_id[object]
        return {id: table[id] for id in ids if id in table}

    def children(self, object: str, link_field: str, parent_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        self.asked.add(object)
        key = (object, link_field)
        if key not in self._children:
            table: dict[str, list[dict[str, Any]]] = defaultdict(list)
            for row in self.rows(object):
                if parent := link_id(row, link_field):
                    table[parent].append(row)
            self._children[key] = table
        table = self._children[key]
        return {id: table[id] for id in parent_ids if id in table}

    def tally(
        self, object: str, link_field: str, parent_ids: Sequence[str], other: str, via: tuple[str, str] | None = None
    ) -> Tally:
        found: Tally = defaultdict(dict)
        for parent, rows in self.children(object, link_field, parent_ids).items():
            for row in (row for row in rows if state_of(row) == "live"):
                there = self.get(via[1], [link_id(row, via[0]) or ""]).values() if via else [row]
                for id in (id for one in there if state_of(one) == "live" and (id := link_id(one, other))):
                    count, newest = found[parent].get(id, (0, ""))
                    found[parent][id] = (count + 1, max(newest, row["created_at"]))
        return found

    def every(self, object: str) -> list[dict[str, Any]]:
        return self.rows(object)

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        return self._made[name] if name in self._made else self._made.setdefault(name, make())

    def facts(self, object: str) -> dict[str, dict[str, Any]]:
        rows = self.rows(object)
        return {row["id"]: fact for row, fact in zip(rows, derive(object, rows, self, self.as_of), strict=True)}

    def planted(self, key: str) -> list[str]:
        return [id for plant in self.manifest["planted"] if plant["key"] == key for id in plant["ids"]]


class Blind:
    """A clinic of which only some objects' rows are there."""

    def __init__(self, clinic: Clinic, seen: Collection[str]) -> None:
        self._clinic = clinic
        self._seen = seen
        self._made: dict[str, Any] = {}

    def get(self, object: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        return self._clinic.get(object, ids) if object in self._seen else {}

    def children(self, object: str, link_field: str, parent_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        return self._clinic.children(object, link_field, parent_ids) if object in self._seen else {}

    def tally(
        self, object: str, link_field: str, parent_ids: Sequence[str], other: str, via: tuple[str, str] | None = None
    ) -> Tally:
        is_seen = object in self._seen and (via is None or via[1] in self._seen)
        return self._clinic.tally(object, link_field, parent_ids, other, via) if is_seen else {}

    def every(self, object: str) -> list[dict[str, Any]]:
        return self._clinic.every(object) if object in self._seen else []

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        return self._made[name] if name in self._made else self._made.setdefault(name, make())


@pytest.fixture(scope="module")
def harbour(shared: Path) -> Clinic:
    return Clinic(shared / "data" / "clinic-harbour")


def test_appointment_states_add_up_to_the_manifest(harbour: Clinic) -> None:
    facts = harbour.facts("individual_appointments").values()
    by_evidence = sum(fact["arrived_by_evidence"] for fact in facts)
    states = Counter(fact["state"] for fact in facts)

    expected = {
        name.removeprefix("individual_appointments_"): count
        for name, count in harbour.manifest["totals"].items()
        if name.startswith("individual_appointments_")
    }
    assert expected == {
        "arrived": states["Arrived"] - by_evidence,
        "arrived_by_evidence": by_evidence,
        "booked_future": states["Booked"],
        "cancelled": states["Cancelled"],
        "deleted": states["Deleted"],
        "did_not_arrive": states["Did Not Arrive"],
        "past_unmarked": states["Unmarked"],
    }


@pytest.mark.parametrize("object", sorted(FACTS))
def test_facts_are_those_declared_and_read_only_what_is_declared(harbour: Clinic, object: str) -> None:
    harbour.asked.clear()
    for fact in harbour.facts(object).values():
        assert fact.keys() == {*FACTS[object], *EVERYWHERE}
    assert harbour.asked <= {need.object for need in NEEDS.get(object, ())}


@pytest.mark.parametrize(("object", "name"), [(object, name) for object in sorted(NEEDS) for name in FACTS[object]])
def test_a_fact_is_made_from_what_is_said_to_make_it(harbour: Clinic, object: str, name: str) -> None:
    """With no row of any other object it is the same: a sweep may leave those lists out."""
    rows = harbour.rows(object)[:400]
    blind = Blind(harbour, made_from(object, {name}) | {object})

    whole = [fact[name] for fact in derive(object, rows, harbour, harbour.as_of, {name})]
    assert [fact[name] for fact in derive(object, rows, blind, harbour.as_of, {name})] == whole


def test_states_of_rows_add_up_to_the_manifest(harbour: Clinic) -> None:
    for object, counts in harbour.manifest["counts"].items():
        if object not in objects() or object == "practitioners":
            continue
        states = Counter(state_of(row) for row in harbour.rows(object))
        assert states["live"] == counts["default_list"], object
        assert states["archived"] + states["merged"] == counts["archived"], object


def test_bills_are_exact_to_the_cent(harbour: Clinic) -> None:
    facts = harbour.facts("patients")
    totals = harbour.manifest["totals"]
    whole = [fact for fact in facts.values() if fact["state"] != "merged"]

    assert sum(fact["billed_total"] for fact in whole) * 100 == totals["invoice_total_cents_not_archived"]
    assert sum(fact["open_total"] for fact in whole) <= Decimal(totals["invoice_total_cents_status_10"]) / 100


def test_a_survivor_stands_for_those_merged_into_it(harbour: Clinic) -> None:
    first, second, third = harbour.planted("merged_chain")
    facts = harbour.facts("patients")
    children = harbour.children("invoices", "patient", [first, second, third])

    assert facts[third]["state"] == "active"
    assert facts[third]["invoice_count"] == sum(len(rows) for rows in children.values())
    assert facts[first]["state"] == facts[second]["state"] == "merged"


def test_practitioners_without_a_usable_address_say_why(harbour: Clinic) -> None:
    facts = harbour.facts("practitioners")
    reasons = {
        "practitioner_without_user": "no-user",
        "practitioner_user_blank_email": "blank-email",
        "practitioner_user_deleted": "user-gone",
        "practitioner_user_inactive": "user-inactive",
    }
    for key, reason in reasons.items():
        assert [facts[id]["unmatched_reason"] for id in harbour.planted(key)] == [reason]
    assert all(fact["unmatched_reason"] or fact["email"] for fact in facts.values())


def test_prospects_have_neither_booking_nor_invoice(harbour: Clinic) -> None:
    prospects = [id for id, fact in harbour.facts("patients").items() if fact["is_prospect"]]
    assert len(prospects) == harbour.manifest["totals"]["patients_without_booking"]


def test_every_relation_is_told_on_both_of_its_ends(harbour: Clinic) -> None:
    facts, people = harbour.facts("patients"), harbour.facts("patients")
    for row in harbour.rows("relationships"):
        here, there = link_id(row, "patient") or "", link_id(row, "related_patient") or ""
        word = row["relation_description"]
        back = {"Parent": "Child", "Child": "Parent"}.get(word, word)
        assert f"{word}: {people[there]['full_name']} ({there})" in facts[here]["relationships"]
        assert f"{back}: {people[here]['full_name']} ({here})" in facts[there]["relationships"]


def test_concessions_are_named(harbour: Clinic) -> None:
    facts = harbour.facts("patients")
    named = {row["id"]: row["name"] for row in harbour.rows("concession_types")}
    holders = [row for row in harbour.rows("patients") if row.get("concession_type")]
    assert holders
    for row in holders:
        assert facts[row["id"]]["concession_name"] == named[link_id(row, "concession_type") or ""]


def test_attendances_know_the_zone_of_their_class(harbour: Clinic) -> None:
    zones = {row["id"]: row["time_zone_identifier"] for row in harbour.rows("businesses")}
    found = Counter()
    for fact in harbour.facts("attendees").values():
        assert fact["time_zone"] == zones.get(fact["location"])
        found[fact["time_zone"]] += 1
    assert len(found) > 1


def test_nine_phones_keep_their_order_and_the_rest_overflows(harbour: Clinic) -> None:
    [patient] = harbour.planted("nine_phones")
    fact = harbour.facts("patients")[patient]
    first = [fact[f"phone_{kind}"] for kind in ("mobile", "home", "work", "fax", "other")]
    assert len([number for number in first if number]) + len(fact["phones_overflow"]) == 9


def test_the_class_of_twelve_counts_who_comes(harbour: Clinic) -> None:
    [group] = harbour.planted("group_of_twelve")
    fact = harbour.facts("group_appointments")[group]
    assert (fact["attendee_count"], len(fact["patients"])) == (10, 10)

    attendees = harbour.facts("attendees")
    states = Counter(attendees[row["id"]]["state"] for row in harbour.children("attendees", "booking", [group])[group])
    assert states == {"Arrived": 7, "Did Not Arrive": 2, "Unmarked": 1, "Cancelled": 2}


def test_names_of_archived_types_and_places_still_arrive(harbour: Clinic) -> None:
    facts = harbour.facts("individual_appointments")
    assert all(facts[id]["type_name"] for id in harbour.planted("archived_appointment_type"))
    assert all(facts[id]["location_name"] for id in harbour.planted("archived_location"))


def test_an_insurer_of_a_thousand_patients_is_found(harbour: Clinic) -> None:
    [insurer] = harbour.planted("insurer_with_many_patients")
    named = sum(insurer in fact["insurers"] for fact in harbour.facts("patients").values())
    assert named > 900


def test_contradictory_flags_are_told_and_did_not_arrive_wins(harbour: Clinic) -> None:
    [id] = harbour.planted("contradictory_flags")
    record = harbour.get("individual_appointments", [id])[id]
    [cancelled] = derive("individual_appointments", [record], harbour, harbour.as_of)
    [fact] = derive("individual_appointments", [{**record, "cancelled_at": None}], harbour, harbour.as_of)
    assert cancelled["contradictory"] and cancelled["state"] == "Cancelled"
    assert fact["contradictory"] and fact["state"] == "Did Not Arrive"


def test_the_long_booking_note_arrives_whole(harbour: Clinic) -> None:
    [id] = harbour.planted("long_booking_note")
    assert harbour.facts("individual_appointments")[id]["notes"].endswith("END-BOOKING-NOTE")


def test_invoice_lines_stand_in_text_one_each(harbour: Clinic) -> None:
    [id] = harbour.planted("invoice_60_lines")
    fact = harbour.facts("invoices")[id]
    assert fact["line_count"] == 60 == len(fact["lines_text"].split("\n"))
    assert fact["currency"] == "AUD"
