"""The ground moves under a migration: fields deleted, records merged, lists changed while they are read, jobs lost."""

from __future__ import annotations

import pytest
from played import DESTINATIONS, told

from gurney.testing.campaign.people import facts
from gurney.testing.campaign.play import stage
from gurney.testing.campaign.schedule import Mishap, Schedule

LED_BACK, MOVED, LOST = "list that leads back", "list changed while it is read", "bulk job lost"
DROPPED, MERGED = "field deleted in the CRM", "records merged in the CRM"
EDITED, ARCHIVED, KILLED = "patient edited at the clinic", "record archived at the clinic", "killed before a commit"
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


@pytest.mark.parametrize("kind", [LED_BACK, MOVED])
@pytest.mark.parametrize("chance", [7, 8, 11])
@pytest.mark.parametrize("to", [pytest.param("pipedrive", marks=pytest.mark.xdist_group("campaign-pipedrive"))])
def test_a_list_that_moves_or_turns_back_under_its_reader_is_read_whole(to: str, kind: str, chance: int) -> None:
    verdict = stage(to).play(Schedule(1, 6, tuple(Mishap("audit", kind, at, chance) for at in (0.1, 0.5, 0.8))))

    assert verdict.ok, told(verdict)
    assert len(verdict.happened) == 3


@pytest.mark.parametrize(
    "to", [pytest.param(to, marks=pytest.mark.xdist_group(f"campaign-{to}")) for to in DESTINATIONS]
)
def test_who_audits_and_plans_again_after_the_load_loses_nothing(to: str) -> None:
    """What the audit read is brought by the next delta, which is killed while it does so; the same plan fits again."""
    mishaps = (Mishap("run", EDITED, 0.7, 3), Mishap("run", ARCHIVED, 0.9, 4), Mishap("delta", KILLED, 0.5))

    verdict = stage(to).play(Schedule(1, 1, mishaps, ("audit", "plan")))

    assert verdict.ok, told(verdict)
    assert len(verdict.happened) >= 2


@pytest.mark.xdist_group("campaign-freshsales")
def test_what_a_lost_job_should_have_made_is_made_once() -> None:
    verdict = stage("freshsales").play(Schedule(1, 1, (Mishap("run", LOST, 0.2, 3), Mishap("run", LOST, 0.6, 4))))

    assert verdict.ok, told(verdict)
    assert len(verdict.happened) == 2
