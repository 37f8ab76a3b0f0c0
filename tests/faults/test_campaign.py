"""Whole migrations under simulated misfortunes; docs/reliability.md says what must hold. Long: by the command there."""

from __future__ import annotations

import pytest
from played import DESTINATIONS, SEEDS, told

from gurney.testing.campaign.play import stage

BROKE_ONCE = [("freshsales", 48)]
"""Later seeds that found a bug."""


@pytest.mark.parametrize(
    ("to", "seed"),
    [
        pytest.param(to, seed, marks=pytest.mark.xdist_group(f"campaign-{to}"))
        for to in DESTINATIONS
        for seed in [*range(1, SEEDS + 1), *(seed for of, seed in BROKE_ONCE if of == to and seed > SEEDS)]
    ],
)
def test_nothing_is_lost_nothing_twice_and_nothing_clobbered(to: str, seed: int) -> None:
    verdict = stage(to).play(stage(to).schedule(seed))

    assert verdict.ok, told(verdict)
