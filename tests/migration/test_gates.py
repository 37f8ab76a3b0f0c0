"""No verb runs before its groundwork, and nothing is written that nobody signed."""

from __future__ import annotations

import pytest

from gurney.errors import GateRefused, Misused
from gurney.mapping import document
from gurney.mapping.model import digest
from gurney.migration.approve import approve
from gurney.migration.context import Migration
from gurney.migration.plan import require_current_plan
from gurney.migration.stages import Stage, current, reach, require, require_approval
from gurney.store.store import Store


@pytest.fixture
def planned(migration: Migration) -> Migration:
    """A migration whose plan waits for its approval."""
    mapping = document.default("zoho")
    migration.workspace.mapping_file.write_text(document.dump(mapping), encoding="utf-8")
    migration.store.documents.put("plan", {"mapping": digest(migration.mapping()), "owners": {}}, sealed=True)
    reach(migration.store, Stage.PLANNED)
    return migration


def test_a_new_migration_can_only_be_checked(store: Store) -> None:
    assert current(store) is Stage.NEW
    with pytest.raises(GateRefused, match="`gurney audit` cannot run yet: this migration is only new") as refused:
        require(store, "audit", Stage.CHECKED, "gurney check")
    assert refused.value.next_step == "First: gurney check"
    assert refused.value.exit_code == 3


def test_a_stage_once_reached_is_not_left_by_repeating_an_earlier_verb(store: Store) -> None:
    reach(store, Stage.LOADED)
    reach(store, Stage.AUDITED)
    assert current(store) is Stage.LOADED
    require(store, "audit", Stage.CHECKED, "gurney check")

    reach(store, Stage.PROVISIONED, even_back=True)
    assert current(store) is Stage.PROVISIONED


def test_nothing_unsigned_passes(store: Store) -> None:
    with pytest.raises(GateRefused, match="needs an approved plan") as refused:
        require_approval(store, "provision", "plan", "abc")
    assert "gurney approve plan --by NAME" in refused.value.next_step


def test_an_approval_of_something_that_changed_since_is_none(store: Store) -> None:
    store.documents.approve("plan", "Ada", "abc")
    require_approval(store, "provision", "plan", "abc")

    with pytest.raises(GateRefused, match="changed after Ada approved it on 2026-11-16 00:00 UTC"):
        require_approval(store, "provision", "plan", "abd")


def test_an_approval_records_who_when_and_what(planned: Migration) -> None:
    signed = approve(planned, "plan", " Ada Lee ")

    assert (signed.by, signed.digest) == ("Ada Lee", planned.store.documents.digest("plan"))
    assert current(planned.store) is Stage.APPROVED
    [entry] = [entry for entry in planned.store.ledger.export() if entry.get("event") == "approval"]
    assert entry["digest"] == signed.digest


def test_a_plan_whose_mapping_was_edited_cannot_be_signed(planned: Migration) -> None:
    text = planned.workspace.mapping_file.read_text("utf-8")
    planned.workspace.mapping_file.write_text(text.replace("priority: extra", "priority: useful", 1), encoding="utf-8")

    with pytest.raises(GateRefused, match=r"mapping\.yaml changed since the plan was made") as refused:
        approve(planned, "plan", "Ada")
    assert refused.value.next_step == "First: gurney plan"


def test_a_comment_in_the_mapping_changes_nothing_that_was_signed(planned: Migration) -> None:
    text = planned.workspace.mapping_file.read_text("utf-8")
    planned.workspace.mapping_file.write_text(f"# looked at it\n{text}", encoding="utf-8")

    require_current_plan(planned)


def test_a_sample_of_an_older_plan_cannot_be_signed(planned: Migration) -> None:
    planned.store.documents.put("sample", {"plan_digest": "of an older plan"}, sealed=True)

    with pytest.raises(GateRefused, match="changed after the sample was taken"):
        approve(planned, "sample", "Ada")


def test_there_is_nothing_to_approve_before_there_is_a_plan(migration: Migration) -> None:
    with pytest.raises(GateRefused):
        approve(migration, "plan", "Ada")


@pytest.mark.parametrize(("gate", "by"), [("run", "Ada"), ("plan", "  ")])
def test_an_approval_needs_a_name_and_something_to_approve(planned: Migration, gate: str, by: str) -> None:
    with pytest.raises(Misused):
        approve(planned, gate, by)
    assert planned.store.documents.approval("plan") is None
