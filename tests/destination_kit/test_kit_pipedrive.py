"""Pipedrive keeps the kit's promises, in memory, against its twin."""

from __future__ import annotations

import pytest
from kit_pipedrive import PIPEDRIVE

from gurney.testing.kit import Case, cases
from gurney.testing.traffic import SpecValidator

pytestmark = pytest.mark.anyio


DISPUTED: dict[str, str] = {}
"""Where twin or client is wrong, not the vendor; a settled dispute fails until its line is taken away."""


def disputed(case: Case) -> object:
    reason = DISPUTED.get(str(case)) or DISPUTED.get(case.behaviour.name)
    marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
    return pytest.param(case, id=str(case), marks=marks)


@pytest.mark.parametrize("case", [disputed(case) for case in cases(PIPEDRIVE)])
async def test_pipedrive_keeps_its_promise(case: Case, judges: dict[str, SpecValidator]) -> None:
    await case.run(judges.get("pipedrive"))
