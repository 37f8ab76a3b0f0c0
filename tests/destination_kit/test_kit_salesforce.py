"""Salesforce keeps the kit's promises, in memory, against its twin."""

from __future__ import annotations

from dataclasses import replace

import pytest
from kit_salesforce import DATED, SALESFORCE

from gurney.testing.kit import Case, cases
from gurney.testing.traffic import SpecValidator

pytestmark = pytest.mark.anyio


DISPUTED: dict[str, str] = {}
"""Where twin or client is wrong, not the vendor; a settled dispute fails until its line is taken away."""


def disputed(case: Case) -> object:
    reason = DISPUTED.get(str(case)) or DISPUTED.get(case.behaviour.name)
    marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
    return pytest.param(case, id=str(case), marks=marks)


@pytest.mark.parametrize("case", [disputed(case) for case in cases(SALESFORCE)])
async def test_salesforce_keeps_its_promise(case: Case, judges: dict[str, SpecValidator]) -> None:
    await case.run(judges.get("salesforce"))


INSERTED = ("keeps_every_value", "never_writes_twice", "fills_a_batch", "empties_fields")


def dated() -> list[Case]:
    """What may differ where a record goes by insert."""
    found = [case for case in cases(DATED) if case.role.object == "Contact" and case.route]
    return [case for case in found if case.behaviour.name.startswith(("settles_", *INSERTED))]


@pytest.mark.parametrize("case", dated(), ids=str)
async def test_salesforce_keeps_it_for_records_with_their_own_moment_of_creation(case: Case) -> None:
    await case.run()


OTHERWISE = {
    "first_location=ignore": ("keeps_files", "deletes_files", "settles_files"),
    "note_collections=no": ("keeps_notes", "keeps_parts", "changes_notes", "deletes_notes"),
    "note_html=basic": ("keeps_notes", "keeps_parts", "changes_notes"),
    "bulk_duplicate_header=heeded": ("writes_the_same_by_every_route",),
}
"""Where FACTS only assume what the vendor does: the other way, and what must hold then as well."""


def otherwise() -> list[object]:
    found: list[object] = []
    for assumed, names in OTHERWISE.items():
        switch, _, value = assumed.partition("=")
        other = cases(replace(SALESFORCE, switches={switch: value}))
        kept = [case for case in other if case.behaviour.name.startswith(names)]
        found += [pytest.param(case, id=f"{assumed}-{case}") for case in kept]
    return found


@pytest.mark.parametrize("case", otherwise())
async def test_salesforce_keeps_it_where_an_assumption_is_wrong(case: Case) -> None:
    await case.run()
