"""Calls: what counts as spent, what is waited out, what is told, and what a page must add up to."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
from salesforce_org import Asked, Org, Script, client_of, error, rows

from gurney.destinations.salesforce.client import Client
from gurney.destinations.salesforce.form import held
from gurney.destinations.salesforce.limits import REQUESTS, UNKNOWN, pacer_limits
from gurney.errors import AnswerLost, AnswerWrong, NotAuthorised, PausedForQuota, VendorRefused
from gurney.transport import Upload

pytestmark = pytest.mark.anyio
DAY_SPENT = error("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403)
CROWDED = error("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", status=403)


async def test_the_vendors_count_of_the_day_replaces_ours(org: Org, client: Client) -> None:
    org.on("GET /limits", (200, {}, {"Sforce-Limit-Info": "api-usage=99990/100000"}))

    await client.get("/limits")

    assert client.pacer.remaining(REQUESTS) == 10


async def test_usage_of_this_app_alone_is_not_taken_for_the_days(org: Org, client: Client) -> None:
    told = "api-usage=25/5000; per-app-api-usage=17/250(appName=gurney)"
    org.on("GET /limits", (200, {}, {"Sforce-Limit-Info": told}))

    await client.get("/limits")

    assert client.pacer.remaining(REQUESTS) == 4975


async def test_a_spent_day_pauses_the_run_until_requests_may_have_come_back(org: Org, client: Client) -> None:
    org.on("GET /limits", DAY_SPENT)

    with pytest.raises(PausedForQuota) as pause:
        await client.get("/limits")

    assert pause.value.until is not None
    assert (pause.value.until - org.clock.now()).total_seconds() >= 3600
    assert len(org.asked) == 1
    with pytest.raises(PausedForQuota):
        await client.get("/limits")
    assert len(org.asked) == 1


async def test_too_many_slow_calls_are_waited_out_even_for_a_write(org: Org, client: Client) -> None:
    org.on("POST /composite/sobjects", Script([CROWDED, CROWDED, (200, [])]))

    await client.post("/composite/sobjects", {"records": []})

    assert len(org.asked) == 3
    assert org.clock.elapsed >= 1.0


async def test_crowds_that_never_end_pause_the_run(org: Org, client: Client) -> None:
    org.on("POST /composite/sobjects", CROWDED)

    with pytest.raises(PausedForQuota):
        await client.post("/composite/sobjects", {"records": []})


async def test_a_write_that_the_edge_could_not_route_counts_as_lost(org: Org, client: Client) -> None:
    org.on("POST /composite/sobjects", (420, b"<html>edge</html>"))
    org.on("GET /limits", Script([(420, b"<html>edge</html>"), (200, {"ok": 1})]))

    with pytest.raises(AnswerLost):
        await client.post("/composite/sobjects", {"records": []})

    assert (await client.get("/limits")).document == {"ok": 1}


async def test_a_session_that_ended_is_renewed_once(org: Org, client: Client) -> None:
    org.on("GET /limits", Script([error("INVALID_SESSION_ID", "Session expired or invalid", status=401), (200, {})]))

    await client.get("/limits")

    assert org.tokens_made == 2
    assert org.asked[1].headers["Authorization"] == "Bearer 00D1!token.2"


async def test_a_session_that_no_login_cures_ends_the_run(org: Org, client: Client) -> None:
    org.on("GET /limits", error("INVALID_SESSION_ID", "Not valid for use with the REST API", status=401))

    with pytest.raises(NotAuthorised):
        await client.get("/limits")

    assert len(org.asked) == 2


async def test_an_edition_without_api_is_told_with_what_to_do(org: Org, client: Client) -> None:
    org.on("GET /limits", error("API_DISABLED_FOR_ORG", "API is not enabled for this Organization", status=403))

    with pytest.raises(NotAuthorised) as refusal:
        await client.get("/limits")

    assert "Enterprise" in refusal.value.next_step


async def test_a_query_is_read_to_its_last_page(org: Org, client: Client) -> None:
    following = "/services/data/v66.0/query/01g-2"
    org.on("GET /query", {"totalSize": 3, "done": False, "nextRecordsUrl": following, "records": [{"Id": "1"}] * 2})
    org.on("GET /query/01g-2", {"totalSize": 3, "done": True, "records": [{"Id": "3"}]})

    assert len(await client.rows("SELECT Id FROM Contact")) == 3


@pytest.mark.parametrize(
    "second",
    [
        {"totalSize": 3, "done": True, "records": []},
        {"totalSize": 3, "done": False, "records": []},
        {"totalSize": 9, "done": False, "nextRecordsUrl": "/services/data/v66.0/query/01g-2", "records": [{"Id": "2"}]},
    ],
    ids=["ends early", "no way on", "goes in a ring"],
)
async def test_pages_that_contradict_themselves_are_not_believed(
    org: Org, client: Client, second: dict[str, object]
) -> None:
    following = "/services/data/v66.0/query/01g-2"
    org.on("GET /query", {"totalSize": 3, "done": False, "nextRecordsUrl": following, "records": [{"Id": "1"}]})
    org.on("GET /query/01g-2", second)

    with pytest.raises(AnswerWrong):
        await client.rows("SELECT Id FROM Contact")


async def test_writes_pass_over_duplicate_rules_only_where_the_clinic_said_so(org: Org, client: Client) -> None:
    org.on("POST /sobjects/Contact", (201, {}))
    strict = client_of(org, allow_duplicates=False)

    await client.post("/sobjects/Contact", {})
    await strict.post("/sobjects/Contact", {})

    assert org.asked[0].headers["Sforce-Duplicate-Rule-Header"] == "allowSave=true"
    assert "Sforce-Duplicate-Rule-Header" not in org.asked[1].headers
    assert {asked.headers["Sforce-Auto-Assign"] for asked in org.asked} == {"FALSE"}
    await strict.aclose()


async def test_a_form_carries_its_json_and_every_file_with_the_length_that_it_announces(
    org: Org, client: Client
) -> None:
    async def streamed() -> AsyncIterator[bytes]:
        yield b"%PDF-1."
        yield b"7"

    org.on("POST /sobjects/ContentVersion", (201, {"id": "068"}))
    files = [
        Upload("VersionData", 'x"ray.pdf', "application/pdf", 8, streamed),
        held("two", "b.txt", "text/plain", b"b"),
    ]

    await client.multipart("/sobjects/ContentVersion", {"Title": "x-ray"}, files)

    asked = org.asked[0]
    boundary = asked.headers["Content-Type"].split("boundary=")[1]
    parts = asked.raw.split(f"--{boundary}".encode())
    assert int(asked.headers["Content-Length"]) == len(asked.raw)
    assert b'name="entity_content"\r\nContent-Type: application/json\r\n\r\n{"Title":"x-ray"}\r\n' in parts[1]
    assert b'filename="x%22ray.pdf"\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.7\r\n' in parts[2]
    assert parts[3].endswith(b"\r\n\r\nb\r\n")
    assert parts[4] == b"--\r\n"


async def test_a_download_of_what_is_gone_is_refused(org: Org, client: Client) -> None:
    org.on("GET /sobjects/ContentVersion/068/VersionData", error("NOT_FOUND", status=404))

    with pytest.raises(VendorRefused):
        async with client.download("/sobjects/ContentVersion/068/VersionData"):
            pass


async def test_a_download_on_a_spent_day_pauses_like_any_call(org: Org, client: Client) -> None:
    org.on("GET /sobjects/ContentVersion/068/VersionData", DAY_SPENT)

    with pytest.raises(PausedForQuota):
        async with client.download("/sobjects/ContentVersion/068/VersionData"):
            pass


async def test_a_cut_read_is_asked_again_and_a_cut_write_is_not(org: Org, client: Client) -> None:
    org.on("GET /limits", Script([httpx2.ReadError("cut"), (200, {"ok": 1})]))
    org.on("POST /composite", httpx2.ReadError("cut"))

    assert (await client.get("/limits")).document == {"ok": 1}
    with pytest.raises(AnswerLost):
        await client.post("/composite", {})

    assert len(org.calls("POST /composite")) == 1


async def test_counting_reads_the_total_and_no_rows(org: Org, client: Client) -> None:
    def counted(asked: Asked) -> dict[str, object]:
        assert asked.query == "SELECT COUNT() FROM Contact"
        return {**rows(), "totalSize": 12}

    org.on("GET /query", counted)

    assert await client.count("SELECT COUNT() FROM Contact") == 12


def test_an_unknown_edition_is_paced_like_the_smallest() -> None:
    assert pacer_limits(UNKNOWN).heavy_concurrency == pacer_limits("developer").heavy_concurrency == 4
    assert pacer_limits("enterprise", 10).budgets[0].ceiling == 110_000
