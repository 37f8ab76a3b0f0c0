"""Nothing planted goes unchecked: every entry of the manifest has one check in one module, and every check an entry."""

from __future__ import annotations

import pytest
import test_planted_appointments
import test_planted_files
import test_planted_invoices
import test_planted_notes
import test_planted_own_fields
import test_planted_patients
import test_planted_practitioners
import test_planted_relations
import test_planted_rest
from crm import VOCABULARY
from harbour import CRMS
from planted import PLANTED

MODULES = (
    test_planted_appointments, test_planted_files, test_planted_invoices, test_planted_notes, test_planted_own_fields,
    test_planted_patients, test_planted_practitioners, test_planted_relations, test_planted_rest,
)  # fmt: skip


@pytest.mark.skipif(not PLANTED, reason="needs the sample clinic in ../shared")
def test_every_entry_has_one_check_and_every_check_an_entry() -> None:
    counts = {entry["key"]: sum(len(module.CHECKS.fitting(entry)) for module in MODULES) for entry in PLANTED}

    assert {key: count for key, count in counts.items() if count != 1} == {}
    assert [pattern for module in MODULES for pattern in module.CHECKS.without_use()] == []


@pytest.mark.parametrize("name", CRMS)
def test_every_destination_speaks_the_whole_vocabulary(name: str) -> None:
    spoken = {kind: set(CRMS[name].kinds[kind].names) for kind in VOCABULARY}

    assert spoken == {kind: set(words) for kind, words in VOCABULARY.items()}
