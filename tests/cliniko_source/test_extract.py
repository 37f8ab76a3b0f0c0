"""Reading everything: nothing missed, nothing doubled, whatever the list does meanwhile."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from cliniko_fake import at, link

from gurney.errors import AnswerLost, AnswerWrong
from gurney.sources.cliniko import client as client_module

pytestmark = pytest.mark.anyio


def fill(cliniko: Any, object: str, count: int, *, first: int = 1, **fields: Any) -> None:
    for number in range(first, first + count):
        cliniko.add(object, str(number), at(number * 60), **fields)


async def test_every_row_arrives_once_archived_and_cancelled_ones_too(cliniko: Any, snapshot: Any) -> None:
    fill(cliniko, "patients", 250)
    fill(cliniko, "patients", 7, first=1000, archived_at=at(9))
    fill(cliniko, "individual_appointments", 120, cancelled_at=at(9))
    cliniko.add("practitioners", "1", at(0), active=True)
    cliniko.add("practitioners", "2", at(0), active=False)

    report = await cliniko.source().extract(snapshot)

    assert snapshot.counts("patients") == {"live": 250, "archived": 7}
    assert snapshot.counts("individual_appointments") == {"cancelled": 120}
    assert snapshot.counts("practitioners") == {"live": 2}
    assert snapshot.get("settings", ["settings"])["settings"].body["account"]["name"] == "Harbour"
    assert report.objects["patients"].new == 257
    assert not report.objects["recalls"].available
    assert {request.method for request in cliniko.requests} == {"GET"}


@pytest.mark.parametrize("sorts_by_id", [True, False])
async def test_a_burst_of_one_second_is_neither_lost_nor_doubled(
    cliniko: Any, snapshot: Any, sorts_by_id: bool
) -> None:
    cliniko.sorts_by_id = sorts_by_id
    fill(cliniko, "patients", 90)
    for number in range(5000, 5130):
        cliniko.add("patients", str(number), at(90 * 60))
    fill(cliniko, "patients", 60, first=200)

    await cliniko.source().extract(snapshot)

    assert len(set(snapshot.ids("patients"))) == 280


async def test_rows_deleted_and_created_between_pages_cost_no_other_row(cliniko: Any, snapshot: Any) -> None:
    fill(cliniko, "invoices", 350)
    asked = []

    def meddle(request: httpx2.Request) -> None:
        if request.url.path.endswith("/invoices") and request.url.params.get("page") in ("2", "3"):
            asked.append(request)
            del cliniko.rows["invoices"][len(asked) * 5 : len(asked) * 5 + 2]
            cliniko.add("invoices", str(9000 + len(asked)), at(10**6 + len(asked)))

    cliniko.before = meddle
    await cliniko.source().extract(snapshot)

    kept = set(snapshot.ids("invoices"))
    assert asked and {row["id"] for row in cliniko.rows["invoices"]} <= kept


@pytest.mark.parametrize("count", [350, 301])
async def test_a_row_deleted_before_the_last_page_costs_no_other_row(cliniko: Any, snapshot: Any, count: int) -> None:
    fill(cliniko, "invoices", count)
    fill(cliniko, "patients", 1, first=10**6)  # the newest change: what is older, no sweep brings again
    asked = []

    def meddle(request: httpx2.Request) -> None:
        if request.url.path.endswith("/invoices") and request.url.params.get("page") == "3" and not asked:
            asked.append(request)
            del cliniko.rows["invoices"][150]

    cliniko.before = meddle
    await cliniko.source().extract(snapshot)

    assert asked and {row["id"] for row in cliniko.rows["invoices"]} <= set(snapshot.ids("invoices"))


async def test_what_changes_behind_the_walk_is_swept_up(cliniko: Any, snapshot: Any) -> None:
    fill(cliniko, "patients", 450, first_name="Before")
    changed = []

    def rename(request: httpx2.Request) -> None:
        if not changed and request.url.params.get("page") == "3":
            changed.append(cliniko.rows["patients"][0])
            changed[0].update(first_name="After", updated_at=at(10**6))

    cliniko.before = rename
    await cliniko.source().extract(snapshot)

    assert snapshot.get("patients", ["1"])["1"].body["first_name"] == "After"


async def test_a_long_list_is_cut_into_windows(cliniko: Any, snapshot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {**client_module.limits(), "list": {**client_module.limits()["list"], "window_rows": 300}}
    monkeypatch.setattr("gurney.sources.cliniko.lanes.limits", lambda: limits)
    fill(cliniko, "communications", 1500)
    fill(cliniko, "communications", 900, first=40_000)

    await cliniko.source().extract(snapshot)

    assert sum(snapshot.counts("communications").values()) == 2400
    deepest = max(int(request.url.params.get("page", "1")) for request in cliniko.requests)
    assert deepest <= 4
    assert sum(path == "/communications" for path in cliniko.paths()) <= 24 * 2


async def test_a_list_that_never_adds_up_is_an_error_not_a_number(cliniko: Any, snapshot: Any) -> None:
    fill(cliniko, "patients", 30)

    def short(request: httpx2.Request) -> httpx2.Response | None:
        if not request.url.path.endswith("/patients") or "updated_at:desc" in str(request.url):
            return None
        rows = cliniko.rows["patients"][:20]
        return httpx2.Response(200, json={"patients": rows, "total_entries": 30, "links": {}})

    cliniko.before = short
    with pytest.raises(AnswerWrong, match="announces 30 patients but lists 20"):
        await cliniko.source().extract(snapshot)


async def test_a_next_link_that_leads_back_is_an_error(cliniko: Any, snapshot: Any) -> None:
    fill(cliniko, "users", 150)

    def circle(request: httpx2.Request) -> httpx2.Response | None:
        if not request.url.path.endswith("/users"):
            return None
        body = {"users": cliniko.rows["users"][:100], "total_entries": 150, "links": {"next": f"{request.url}"}}
        return httpx2.Response(200, json=body)

    cliniko.before = circle
    with pytest.raises(AnswerWrong, match="leads back"):
        await cliniko.source().extract(snapshot)


async def test_an_interrupted_extraction_goes_on_where_it_was(cliniko: Any, snapshot: Any) -> None:
    fill(cliniko, "patients", 800)
    fill(cliniko, "attendees", 500, patient=link("patients", "1"))
    cliniko.add("attendees", "777777", at(1), patient=link("patients", "404404"))
    died = []

    def die(request: httpx2.Request) -> None:
        if request.url.params.get("page") == "5":
            died.append(request)
            raise httpx2.ReadTimeout("gone")

    cliniko.before = die
    with pytest.raises(AnswerLost):
        await cliniko.source().extract(snapshot)
    before = sum(snapshot.counts("patients").values()) + sum(snapshot.counts("attendees").values())
    cliniko.before = lambda request: None
    cliniko.requests.clear()
    report = await cliniko.source().extract(snapshot)

    assert died and before > 300
    assert (sum(snapshot.counts("patients").values()), sum(snapshot.counts("attendees").values())) == (800, 501)
    assert report.extraction == 1
    assert sum(path in ("/patients", "/attendees") for path in cliniko.paths()) < 14
    assert report.gone == {"patients": ["404404"]}
    again = await cliniko.source().extract(snapshot)
    assert again.extraction == 2


async def test_references_to_nothing_are_reported_as_gone(cliniko: Any, snapshot: Any) -> None:
    cliniko.add("practitioners", "1", at(0), active=True, user=link("users", "31415926"))
    cliniko.add("patients", "5", at(0))
    cliniko.add("individual_appointments", "9", at(0), patient=link("patients", "27182818"))

    report = await cliniko.source().extract(snapshot)

    assert report.gone == {"users": ["31415926"], "patients": ["27182818"]}


async def test_merged_chains_end_at_the_survivor(cliniko: Any, snapshot: Any) -> None:
    cliniko.add("patients", "1", at(0), merged_at=at(9), archived_at=at(9), merged_with_patient=link("patients", "2"))
    cliniko.add("patients", "2", at(0), merged_at=at(9), archived_at=at(9), merged_with_patient=link("patients", "3"))
    cliniko.add("patients", "3", at(0))

    report = await cliniko.source().extract(snapshot)

    assert report.merged == {"1": "3", "2": "3"}
    assert snapshot.resolve("patients", ["1", "2", "3"]) == {"1": "3", "2": "3", "3": "3"}
    assert snapshot.counts("patients") == {"merged": 2, "live": 1}


async def test_the_rate_is_used_to_95_percent_without_a_429(cliniko: Any, snapshot: Any) -> None:
    cliniko.latency_s = 0.45
    for object, count in {"patients": 6000, "attendees": 14000, "invoices": 9000, "communications": 3000}.items():
        fill(cliniko, object, count)

    source = cliniko.source()
    report = await source.extract(snapshot)

    minimum = 60 + 140 + 90 + 30 + 35
    assert cliniko.refused == 0
    assert report.calls <= 1.05 * minimum
    assert report.calls / (cliniko.clock.elapsed / 60) >= 0.95 * 200
