"""The sample clinic built once through the default mapping, and small mappings for single behaviours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mapping_account import LIMITS, context, schema
from mapping_harbour import Harbour
from mapping_migrated import Migrated

from gurney.mapping.compile import CompiledMapping, compile_mapping
from gurney.mapping.document import Mapping, default, load
from gurney.mapping.propose import Proposal, propose


@pytest.fixture(scope="session")
def clinic(shared: Path) -> Harbour:
    folder = shared / "data" / "clinic-harbour"
    if not folder.is_dir():
        pytest.skip("needs ../shared/data/clinic-harbour")
    return Harbour(folder)


@pytest.fixture(scope="session")
def zoho() -> Mapping:
    """The mapping that ships; tests that change it take a deep copy."""
    return default("zoho")


@pytest.fixture(scope="session")
def proposal(clinic: Harbour, zoho: Mapping) -> Proposal:
    return propose(zoho, clinic.definition, schema(), LIMITS)


@pytest.fixture(scope="session")
def migrated(clinic: Harbour, proposal: Proposal) -> Migrated:
    done = Migrated(clinic, compile_mapping(proposal.mapping, schema(), {}, LIMITS, context()))
    known = {row["id"]: row["_state"] for row in clinic.records("patients")}
    survivors = _survivors(clinic)
    for compiled in done.compiled.maps:
        for record in clinic.records(compiled.object):
            for map_id, source_id in compiled.references(record):
                if map_id == "Z1" and source_id not in known:
                    done.ids[map_id, source_id] = ""
            built = compiled.build(record, done.ids, {"26713190": "user-1"})
            done.built[compiled.id, record["id"]] = built
            if built.writes:
                done.ids[compiled.id, record["id"]] = f"{compiled.id}:{record['id']}"
        if compiled.id == "Z1":
            for loser, winner in survivors.items():
                done.ids["Z1", loser] = done.ids["Z1", winner]
    return done


def _survivors(clinic: Harbour) -> dict[str, str]:
    """Merged patients stand for the patient at the end of their chain; the caller of a mapping resolves this."""
    chains = clinic.planted("merged_chain")
    return {loser: chain["survivor"] for chain in chains for loser in chain["ids"] if loser != chain["survivor"]}


@pytest.fixture
def compiled_of() -> Callable[..., CompiledMapping]:
    """Compile a few object maps written as YAML."""

    def make(text: str, **more: Any) -> CompiledMapping:
        mapping = load(text, "mapping.yaml")
        return compile_mapping(mapping, more.get("schema", schema()), more.get("names", {}), LIMITS, context())

    return make
