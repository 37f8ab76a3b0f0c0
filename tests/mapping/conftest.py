"""The sample clinic built once through the default mapping, and small mappings for single behaviours."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mapping_org
import pytest
from mapping_account import LIMITS, context, schema
from mapping_harbour import Harbour
from mapping_migrated import Migrated
from mapping_staged import Salesforce, stage_clinic

from gurney.mapping.compile import CompiledMapping, compile_mapping
from gurney.mapping.document import Mapping, default, load
from gurney.mapping.propose import Proposal, propose
from gurney.runtime import Runtime
from gurney.store.keys import MasterKey
from gurney.store.store import Store, open_store


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


@pytest.fixture(scope="session")
def staged(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The sample clinic in a snapshot."""
    folder = shared / "data" / "clinic-harbour"
    if not folder.is_dir():
        pytest.skip("needs ../shared/data/clinic-harbour")
    store = new_store(tmp_path_factory.mktemp("staged"))
    stage_clinic(store, folder)
    yield store
    store.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty snapshot."""
    opened = new_store(tmp_path)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def to_salesforce(staged: Store, shared: Path) -> Salesforce:
    """The sample clinic through the mapping that ships, with the clinic's own fields."""
    settings = json.loads((shared / "data" / "clinic-harbour" / "settings.json").read_text("utf-8"))
    live = mapping_org.org()
    definition = settings["patient_custom_fields_definition"]
    mapping = propose(default("salesforce"), definition, live, mapping_org.LIMITS).mapping
    return Salesforce(staged, mapping_org.compiled_for(mapping), {"26713190": "005-1"})


@pytest.fixture(scope="session")
def shipped() -> CompiledMapping:
    """The mapping that ships for Salesforce, compiled."""
    return mapping_org.compiled_for(default("salesforce"))


@pytest.fixture
def salesforce(store: Store, shipped: CompiledMapping) -> Salesforce:
    """A snapshot that the test fills, through the mapping that ships."""
    return Salesforce(store, shipped)


def new_store(folder: Path) -> Store:
    return open_store(str(folder / "store.sqlite"), Runtime(), MasterKey(b"k" * 32, "test"), create=True)
