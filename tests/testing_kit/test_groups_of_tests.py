"""Tests that share a long set-up run in one process."""

from __future__ import annotations

import pytest


@pytest.mark.xdist_group("together")
def test_a_group_is_known_to_whoever_spreads_the_tests(request: pytest.FixtureRequest, worker_id: str) -> None:
    if worker_id == "master" or not request.config.getoption("loadgroup", False):
        pytest.skip("tests are not spread by groups")

    assert request.node.nodeid.endswith("@together")
