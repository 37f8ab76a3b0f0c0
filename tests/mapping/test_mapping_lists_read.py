"""Which lists of the source a mapping reads: a delta asks for no others."""

from __future__ import annotations

import pytest

from gurney.destinations.names import NAMES
from gurney.mapping.document import default
from gurney.mapping.lists import lists_read
from gurney.mapping.model import Mapping
from gurney.sources.cliniko.objects import objects

NEVER = {"concession_prices", "stock_adjustments", "unavailable_blocks", "unavailable_block_types", "services"}


@pytest.mark.parametrize("to", NAMES)
def test_every_object_that_is_moved_is_read_and_what_is_not_migrated_is_not(to: str) -> None:
    read = lists_read(default(to))

    assert {entry.source for entry in default(to).active()} <= read
    assert not read & NEVER
    assert read <= {*objects(), "settings"}


def test_names_and_prices_are_read_where_a_line_tells_them() -> None:
    read = lists_read(default("zoho"))

    assert {"concession_types", "taxes", "product_suppliers", "treatment_note_templates"} <= read
    assert "practitioner_reference_numbers" not in read
    assert "practitioner_reference_numbers" in lists_read(default("salesforce"))


def test_a_line_that_is_off_is_read_still_for_it_may_go_out_as_a_companion_file() -> None:
    mapping = default("zoho")
    lines = [line for entry in mapping.active() for line in entry.fields if "derived.relationships" in line.source]
    assert lines
    for line in lines:
        line.enabled = False

    assert "relationships" in lists_read(mapping)


def test_an_object_map_that_is_off_needs_nothing() -> None:
    mapping = default("pipedrive")
    assert "communications" in lists_read(mapping)

    assert "communications" not in lists_read(_without(mapping, "communications"))


def _without(mapping: Mapping, source: str) -> Mapping:
    maps = [entry.model_copy(update={"enabled": entry.enabled and entry.source != source}) for entry in mapping.maps]
    return mapping.model_copy(update={"maps": maps})
