"""People of the CRM change more than values: fields are deleted and records merged while a migration runs."""

from __future__ import annotations

import pytest
from played import DESTINATIONS, told

from gurney.testing.campaign.people import facts
from gurney.testing.campaign.play import stage
from gurney.testing.campaign.schedule import Mishap, Schedule

DROPPED, MERGED = "field deleted in the CRM", "records merged in the CRM"
REMOVED = "pick-list value removed in the CRM"


@pytest.mark.parametrize(
    ("to", "kind"),
    [
        pytest.param(to, kind, marks=pytest.mark.xdist_group(f"campaign-{to}"))
        for to in DESTINATIONS
        for kind, told_as in ((DROPPED, "drops"), (REMOVED, "drops_options"), (MERGED, "merges"))
        if told_as in facts(to)
    ],
)
def test_what_people_do_to_the_crm_in_mid_run_is_named_and_the_repeat_goes_on(to: str, kind: str) -> None:
    verdict = stage(to).play(Schedule(1, 1, (Mishap("run", kind, 0.2, 3), Mishap("delta", kind, 0.5, 4))))

    assert verdict.ok, told(verdict)
    assert "yet" not in verdict.happened[0]
