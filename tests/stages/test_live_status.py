"""What `status` and the progress line say of a load under way, and how forecast and fact stand after it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from stage_scene import Scene, until_sampled

from gurney.errors import PausedForQuota
from gurney.migration.reconcile import reconcile
from gurney.migration.run import run
from gurney.migration.status import status
from gurney.reports.compare import WorkRow
from gurney.reports.status import StatusReport
from gurney.transport import Budget, BudgetLimit

pytestmark = pytest.mark.anyio
DAY_S = 86_400


class Cut(Exception):
    """The process ends in the middle of the load."""


@dataclass
class Watching:
    """What a person would see behind the bar."""

    details: list[str] = field(default_factory=list)

    def start(self, label: str, total: int | None) -> None:
        pass

    def advance(self, done: int, *, detail: str = "") -> None:
        self.details.append(detail)

    def say(self, words: str) -> None:
        pass

    def finish(self) -> None:
        pass


def row(report: StatusReport, kind: str) -> WorkRow:
    return next(row for row in report.compared.rows if row.kind == kind)


async def cut_in_the_middle(scene: Scene, monkeypatch: pytest.MonkeyPatch, after: int) -> StatusReport:
    """The status after so many writes of a load whose process then ended."""
    whole, done = scene.crm.write, 0

    async def write(*given: object) -> object:
        nonlocal done
        done += 1
        if done > after:
            raise Cut
        return await whole(*given)  # type: ignore[arg-type]

    with monkeypatch.context() as today, pytest.raises(Cut):
        today.setattr(scene.crm, "write", write)
        await run(scene.migration)
    return status(scene.migration)


async def test_a_load_tells_its_pace_and_end_and_then_how_forecast_and_fact_stand(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await until_sampled(scene)
    sampled = status(scene.migration)
    scene.migration.watcher = watching = Watching()
    scene.crm.latency_s = 60.0

    under_way = await cut_in_the_middle(scene, monkeypatch, after=12)
    await run(scene.migration)
    loaded = status(scene.migration)
    await reconcile(scene.migration)
    over = status(scene.migration)

    for told in (sampled, loaded, over):
        assert (told.eta_s, told.late_s, told.ends_at, told.in_use) == (None, None, None, None)
    is_slow(under_way, watching)
    assert row(sampled, "sample").is_done
    assert row(sampled, "write").calls.deviation_percent is None, "the sample's writes are not the whole"
    stands_beside(loaded, before=sampled)
    assert row(loaded, "write").calls.fact > row(under_way, "write").calls.fact, "the books outlive their process"
    assert not row(loaded, "reconcile").is_done
    assert all(one.is_done for one in over.compared.rows if one.kind != "other")
    assert sum(one.calls.fact for one in over.compared.rows if one.at == "destination") == scene.crm.pacer.total.calls


def is_slow(told: StatusReport, watching: Watching) -> None:
    """A minute a call is slower than forecast: the load ends later, and its status and its bar say so."""
    assert told.eta_s is not None
    assert told.ends_at is not None
    assert told.late_s is not None
    assert told.late_s > 60
    assert any("Time left" in line and "later than forecast" in line for line in told.blocks()[0].lines)  # type: ignore[union-attr]
    assert told.in_use is not None
    assert (told.in_use.what, told.in_use.of) == ("calls at once", 4)
    assert any("calls at once" in detail and "ends " in detail for detail in watching.details)


def stands_beside(told: StatusReport, *, before: StatusReport) -> None:
    written = row(told, "write")
    assert written.is_done
    assert row(told, "read back").is_done
    assert written.calls.forecast
    assert written.calls.deviation_percent == round((written.calls.fact / written.calls.forecast - 1) * 100, 1)
    assert written.seconds.fact >= 60.0 * (written.calls.fact - row(before, "write").calls.fact)
    assert row(told, "read").calls.fact > 0


async def test_a_spent_allowance_shows_its_share_and_the_night_it_costs(scene: Scene) -> None:
    await until_sampled(scene)
    day = BudgetLimit("credits", 300, unit="credit", rolling=False, others_percent=10)
    scene.crm.pacer.budgets["credits"] = Budget(day)
    with pytest.raises(PausedForQuota):
        await run(scene.migration)
    paused = status(scene.migration)
    scene.clock.pass_by(DAY_S * 1.5)
    scene.crm.pacer.budgets["credits"] = Budget(BudgetLimit("credits", 10**6, unit="credit", rolling=False))
    await run(scene.migration)
    over = status(scene.migration)

    (budget,) = paused.budget.values()
    assert budget.share is not None
    assert 0.5 < budget.share <= 0.9
    assert budget.left_to_others == 30
    assert paused.in_use is None
    assert paused.eta_s is not None
    assert paused.eta_s > DAY_S / 2, "what is left waits for the next day"
    assert 0 < over.compared.paused_s <= DAY_S, "the half day in which nobody went on was no pause"


async def test_the_report_that_a_run_leaves_says_that_it_is_over(loaded: Scene) -> None:
    page = (loaded.migration.workspace.reports / "run.html").read_text("utf-8")

    assert "Stage: loaded" in page
    assert "write, not over" not in page
