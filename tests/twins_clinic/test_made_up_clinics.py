"""Made-up clinics: the same from the same seed, in the vendor's shape, consistent, and nobody's data."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import phonenumbers
import pytest
from tests.twins_clinic.vendor_shape import example_keys, record_validator

from gurney.twins.clinic import API, Clinic, Record, generate
from gurney.twins.clinic.files import cycle

AS_OF = datetime(2026, 11, 16, tzinfo=UTC)
ASIDE = {"services"}
"""Resources whose records have no id."""


@pytest.fixture(scope="module")
def clinic() -> Clinic:
    return generate(300, seed=7, as_of=AS_OF)


def every(clinic: Clinic) -> Iterator[Record]:
    for records in clinic.resources.values():
        yield from records


def planted(clinic: Clinic, key: str) -> list[Record]:
    entry = next(entry for entry in clinic.planted if entry.key == key)
    found = {record["id"]: record for record in clinic.resources[entry.resource] if record["id"] in entry.ids}
    return [found[id] for id in entry.ids]


def links_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for part in value.values():
            yield from links_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from links_in(part)
    elif isinstance(value, str) and value.startswith(API):
        yield value


def test_the_same_seed_gives_the_same_clinic_byte_for_byte(clinic: Clinic) -> None:
    digests = [sha256(orjson.dumps(generate(40, seed, AS_OF).resources)).hexdigest() for seed in (3, 3, 4)]

    assert digests[0] == digests[1] != digests[2]


def test_a_clinic_has_as_many_patients_as_asked_for(clinic: Clinic) -> None:
    assert len(clinic.resources["patients"]) == 300


def test_a_clinic_is_sized_by_records_within_one_patient(clinic: Clinic) -> None:
    made = sum(1 for _ in generate(0, 1, AS_OF, records=5_000))

    assert 5_000 <= made < 5_400


def test_records_are_made_as_they_are_asked_for() -> None:
    huge = iter(generate(10**9, 1, AS_OF))

    assert all(next(huge)[1] for _ in range(2_000))


def test_every_record_validates_against_the_vendor_schema(clinic: Clinic, shared: Path) -> None:
    wrong = [
        (resource, error.message)
        for resource, records in clinic.resources.items()
        for record in records
        for error in record_validator(shared, resource).iter_errors(record)
    ]

    assert wrong == []


def test_records_have_every_attribute_of_the_examples(clinic: Clinic, shared: Path) -> None:
    missing = {
        resource: absent
        for resource, records in clinic.resources.items()
        if (absent := example_keys(shared, resource) - set().union(*(record.keys() for record in records)))
    }

    assert missing == {}


def test_ids_are_unique_text_of_both_lengths(clinic: Clinic) -> None:
    ids = [(r["links"]["self"], r["id"]) for r in every(clinic) if "id" in r]

    assert len(set(ids)) == len(ids)
    assert {len(id) for _, id in ids} == {8, 19}


def test_lists_are_in_order_of_creation_and_nothing_is_later_than_the_clinic(clinic: Clinic) -> None:
    for resource, records in clinic.resources.items():
        if resource in ASIDE:
            continue
        created = [record["created_at"] for record in records]
        assert created == sorted(created)
        assert all(r["created_at"] <= r["updated_at"] <= "2026-11-16T00:00:00Z" for r in records), resource


def test_every_link_to_a_record_finds_it(clinic: Clinic) -> None:
    known = {record["links"]["self"] for record in every(clinic) if "links" in record}
    known |= {f"{API}/appointments/{r['id']}" for r in clinic.resources["individual_appointments"]}
    single = re.compile(re.escape(API) + r"/[a-z_]+/\d+$")

    broken = {link for link in links_in(clinic.resources) if single.match(link) and link not in known}

    assert broken == set()


def test_no_relation_is_null(clinic: Clinic) -> None:
    relations = {"patient", "practitioner", "patient_case", "user", "tax", "attendee", "latest_booking", "contact"}

    assert not [r for r in every(clinic) for name in relations & r.keys() if r[name] is None]


def test_invoice_totals_are_the_sums_of_their_items(clinic: Clinic) -> None:
    sums: Counter[str] = Counter()
    for item in clinic.resources["invoice_items"]:
        sums[item["invoice"]["links"]["self"]] += round(item["total_including_tax"] * 100)

    for invoice in clinic.resources["invoices"]:
        assert Decimal(sums[invoice["links"]["self"]]) / 100 == Decimal(invoice["total_amount"])
        assert Decimal(invoice["net_amount"]) + Decimal(invoice["tax_amount"]) == Decimal(invoice["total_amount"])


def test_every_outcome_of_an_appointment_occurs(clinic: Clinic) -> None:
    outcomes = Counter(
        "cancelled"
        if one["cancelled_at"]
        else "dna"
        if one["did_not_arrive"]
        else "arrived"
        if one["patient_arrived"]
        else "booked"
        if one["starts_at"] > "2026-11-16T00:00:00Z"
        else "unmarked"
        for one in clinic.resources["individual_appointments"]
    )

    assert min(outcomes[name] for name in ("booked", "arrived", "dna", "cancelled", "unmarked")) > 0


def test_every_type_of_custom_field_is_defined_and_filled(clinic: Clinic) -> None:
    kinds = {"text", "paragraph", "date", "checkboxes", "radiobuttons"}
    sections = clinic.settings_public["patient_custom_fields_definition"]["sections"]
    filled = {
        field["type"]
        for patient in clinic.resources["patients"]
        for section in (patient["custom_fields"] or {"sections": []})["sections"]
        for field in section["fields"]
    }

    assert {field["type"] for section in sections for field in section["fields"]} == kinds == filled


def test_addresses_are_only_of_the_domains_reserved_for_examples(clinic: Clinic) -> None:
    text = orjson.dumps(clinic.resources).decode()

    domains = {domain.removesuffix(".") for domain in re.findall(r"@([A-Za-z0-9.-]+)", text)}

    assert domains <= {"example.com", "example.org", "example.net", "example..org"}


def test_phone_numbers_are_of_the_ranges_reserved_for_fiction(clinic: Clinic) -> None:
    numbers = {
        phone["normalized_number"]
        for resource, name in (("patients", "patient_phone_numbers"), ("contacts", "phone_numbers"))
        for record in clinic.resources[resource]
        for phone in record[name]
    }

    assert numbers
    assert all(re.fullmatch(r"61(?:[2378](?:5550|7010)\d{4}|49157\d{4})", number) for number in numbers)
    assert all(phonenumbers.is_possible_number(phonenumbers.parse("+" + number)) for number in numbers)


def test_medicare_numbers_cannot_belong_to_anybody(clinic: Clinic) -> None:
    for patient in clinic.resources["patients"]:
        digits = [int(mark) for mark in patient["medicare"]]
        if digits:
            weighed = sum(d * w for d, w in zip(digits[:8], (1, 3, 7, 9, 1, 3, 7, 9), strict=True))
            assert weighed % 10 != digits[8]


def test_the_unmatched_practitioner_has_no_user_but_has_appointments(clinic: Clinic) -> None:
    (practitioner,) = planted(clinic, "unmatched_practitioner")

    assert practitioner["active"] is True and "user" not in practitioner
    link = practitioner["links"]["self"]
    assert any(a["practitioner"]["links"]["self"] == link for a in clinic.resources["individual_appointments"])


def test_four_relatives_share_one_address_and_one_mobile(clinic: Clinic) -> None:
    family = planted(clinic, "family_one_email")

    assert len(family) == 4
    assert len({(p["email"], p["patient_phone_numbers"][0]["number"]) for p in family}) == 1


def test_the_merged_patient_names_its_survivor_and_keeps_its_children(clinic: Clinic) -> None:
    loser, survivor = planted(clinic, "merged_patient")

    assert loser["merged_at"] and loser["archived_at"]
    assert loser["merged_with_patient"] == {"links": survivor["links"]}
    assert survivor["archived_at"] is None
    assert any(a["patient"]["links"] == loser["links"] for a in clinic.resources["attendees"])


def test_the_long_note_is_longer_than_forty_thousand_characters(clinic: Clinic) -> None:
    (note,) = planted(clinic, "long_note")

    answer = note["content"]["sections"][0]["questions"][0]["answer"]

    assert len(answer) == 45_000 and answer.endswith("END-OF-NOTE</p>")


def test_the_credit_takes_back_the_invoice(clinic: Clinic) -> None:
    first, credit = planted(clinic, "reversed_invoice")

    assert credit["original_invoice"]["links"] == first["links"] and credit["status"] == 40
    assert Decimal(first["total_amount"]) + Decimal(credit["total_amount"]) == 0


def test_a_weekly_series_is_three_records_of_which_two_name_the_first(clinic: Clinic) -> None:
    first, *later = planted(clinic, "repeating_series")

    assert first["repeat_rule"]["repeat_type"] == "Weekly" and "repeated_from" not in first
    assert [row["repeated_from"]["links"] for row in later] == [first["links"]] * 2


def test_files_have_the_size_that_their_record_states(clinic: Clinic) -> None:
    for record in clinic.resources["patient_attachments"]:
        if record["size"] is not None and record["size"] < 10**6:
            made = b"".join(clinic.files.chunks(record["id"]))
            assert len(made) == record["size"] == clinic.files.size(record["id"])


def test_the_oversized_file_is_made_on_the_fly_and_the_empty_one_is_empty(clinic: Clinic) -> None:
    (oversized,), (empty,) = planted(clinic, "oversized_file"), planted(clinic, "empty_file")

    chunks = clinic.files.chunks(oversized["id"])

    assert oversized["size"] == 101 * 1024 * 1024
    assert next(chunks)[:258] == bytes(range(256)) + b"\x00\x01"
    assert b"".join(clinic.files.chunks(empty["id"])) == b"" and empty["size"] == 0


def test_a_generated_file_counts_bytes_modulo_256_across_its_pieces() -> None:
    made = b"".join(cycle(600_001))

    assert made == (bytes(range(256)) * 2400)[:600_001]


def test_a_clinic_of_a_few_oddities_has_other_ones_with_the_next_seed() -> None:
    keys = [[entry.key for entry in generate(0, seed, AS_OF, oddities=4).planted] for seed in range(4)]

    assert [len(some) for some in keys] == [4, 4, 4, 4]
    whole = {entry.key for entry in generate(0, 1, AS_OF).planted}
    assert set().union(*keys) == whole - {"oversized_file"} | {"large_file"}
