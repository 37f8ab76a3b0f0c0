"""Bulk jobs: taken at once, done later, silent about what became of each item."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from freshsales_client import Account

pytestmark = pytest.mark.anyio
BULK = "/crm/sales/api/contacts/bulk_upsert"


def items(count: int, start: int = 0) -> dict[str, Any]:
    rows = [{"external_id": f"p:{n}", "data": {"first_name": f"N{n}"}} for n in range(start, start + count)]
    return {"contacts": rows}


async def bulk(account: Account, body: dict[str, Any], name: str = "contacts") -> str:
    return str((await account.told(f"POST {name}/bulk_upsert", body))["job_status_url"])


async def finished(account: Account, body: dict[str, Any], name: str = "contacts") -> Any:
    """The last status of a job."""
    url = await bulk(account, body, name)
    account.pass_time(60)
    return await account.told(f"GET {url}")


@pytest.mark.rule("freshsales.bulk")
@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("contacts", [{"emails": "a@x.au", "data": {"city": "A"}}, {"external_id": "1", "data": {"city": "B"}}]),
        ("sales_accounts", [{"name": "Gym", "data": {"city": "A"}}, {"name": "Spa", "data": {}}]),
        ("deals", [{"name": "INV-1", "data": {"amount": 5}}, {"name": "INV-2", "data": {"amount": 6}}]),
    ],
)
async def test_bulk_makes_and_changes(account: Account, name: str, rows: list[dict[str, Any]]) -> None:
    await finished(account, {name: rows}, name)
    first = await account.dump(name)
    await finished(account, {name: [{"id": str(first[0]["id"]), "data": {"tags": ["run"]}}, rows[1]]}, name)
    second = await account.dump(name)

    assert [row["id"] for row in first] == [row["id"] for row in second] and len(first) == 2
    assert [row["tags"] for row in second] == [["run"], []]


@pytest.mark.rule("freshsales.bulk")
async def test_bulk_takes_a_hundred_under_their_root(account: Account) -> None:
    assert await account.refused("POST contacts/bulk_upsert", items(101)) == ["contacts is too long (maximum is 100)"]
    assert await account.refused("POST contacts/bulk_upsert", {"records": []}) == ["contacts is missing"]
    assert (await account.ask("POST notes/bulk_upsert", {"notes": [{}]})).status_code == 404


@pytest.mark.rule("freshsales.bulk-time", "freshsales.job-done")
@pytest.mark.parametrize("word", ["completed", "finished", "COMPLETED"])
async def test_a_job_goes_on_item_by_item(word: str) -> None:
    account = Account(switches={"bulk_s": "10", "job_done": word})
    url = await bulk(account, items(10))
    seen = []
    for _ in range(3):
        told = await account.told(f"GET {url}")
        seen.append((told["progress"], told["status"] == word, len(await account.dump("contacts"))))
        account.pass_time(5)

    assert seen == [(0, False, 0), (50, False, 5), (100, True, 10)]


@pytest.mark.rule("freshsales.bulk-silence", "freshsales.job-data")
@pytest.mark.parametrize(("kind", "begins"), [("empty", ""), ("json", "[{"), ("address", "https://")])
async def test_a_bad_item_fails_in_silence(kind: str, begins: str) -> None:
    account = Account(switches={"job_data": kind})
    await account.contact()
    body = items(3)
    body["contacts"][1]["data"]["emails"] = "zoe@example.org"

    told = await finished(account, body)

    assert (told["status"], told["progress"]) == ("completed", 100)
    assert told["data"].startswith(begins) and bool(told["data"]) == bool(begins)
    assert [row["external_id"] for row in await account.dump("contacts")] == ["cliniko:patient:1", "p:0", "p:2"]


@pytest.mark.rule("freshsales.flat-items")
async def test_flat_items_write_nothing_but_their_key(account: Account) -> None:
    flat = [{"external_id": "1", "first_name": "Zoe"}, {"unique_identifier": {"external_id": "2"}, "data": {}}]

    await finished(account, {"contacts": flat})

    assert [(row["external_id"], row["first_name"]) for row in await account.dump("contacts")] == [("1", None)]


@pytest.mark.rule("freshsales.upsert-keys")
async def test_bulk_by_external_id_is_not_sure() -> None:
    account = Account(switches={"external_id_key": "no"})

    await finished(account, items(3))

    assert await account.dump("contacts") == []


@pytest.mark.rule("freshsales.bulk-queue")
@pytest.mark.parametrize(("queue", "both"), [("serial", False), ("parallel", True)])
async def test_jobs_of_a_kind_queue_up(queue: str, both: bool) -> None:
    account = Account(switches={"bulk_queue": queue})
    first, second = await bulk(account, items(2)), await bulk(account, items(2, start=2))
    account.pass_time(5)

    done = [(await account.told(f"GET {url}"))["progress"] == 100 for url in (first, second)]

    assert done == [True, both]


async def test_a_job_may_be_lost_halved_shuffled_or_forgotten(account: Account) -> None:
    left = {}
    for number, (fault, more) in enumerate({"lose_job": {}, "half_job": {"keep": 0.3}, "forget_job": {}}.items()):
        account.twin.faults.replace([{"match": {"path": BULK}, "do": fault, **more}])
        url = await bulk(account, items(10, start=10 * number))
        account.pass_time(60)
        answer = await account.ask(f"GET {url}")
        left[fault] = (answer.status_code, answer.json().get("progress"), len(await account.dump("contacts")))

    assert left == {"lose_job": (200, 0, 0), "half_job": (200, 100, 3), "forget_job": (404, None, 13)}
    account.twin.faults.replace([{"match": {"path": BULK}, "do": "shuffle_job"}])
    await finished(account, items(10, start=100))
    order = [row["external_id"] for row in await account.dump("contacts")][-10:]
    assert order != sorted(order) and len(set(order)) == 10


async def test_a_lost_answer_leaves_its_job(account: Account) -> None:
    account.twin.faults.add("drop_after", method="POST", path=BULK, nth=1)

    with pytest.raises(httpx2.RemoteProtocolError):
        await account.ask("POST contacts/bulk_upsert", items(5))
    account.pass_time(60)

    assert len(await account.dump("contacts")) == 5
    assert [(one["progress"], len(one["results"])) for one in await account.dump("jobs")] == [(100, 5)]


@pytest.mark.rule("freshsales.destroy-batch")
async def test_bulk_destroy_is_late_and_has_a_limit() -> None:
    account = Account(switches={"destroy_batch": "2"})
    ids = [await account.contact(external_id=str(n), emails=[]) for n in range(3)]

    assert await account.refused("POST contacts/bulk_destroy", {"selected_ids": ids})
    told = await account.told("POST contacts/bulk_destroy", {"selected_ids": [ids[0], 5]})

    assert set(told) == {"message"}
    assert len(await account.dump("contacts")) == 3
    account.pass_time(60)
    assert [row["id"] for row in await account.dump("recycled")] == ids[:1]
    default = Account()
    assert await default.refused("POST deals/bulk_destroy", {"selected_ids": list(range(101))})
    await default.told("POST deals/bulk_destroy", {"selected_ids": list(range(1, 101))})


@pytest.mark.rule("freshsales.assign")
async def test_owners_are_assigned_to_many(account: Account) -> None:
    ids = [await account.contact(external_id=str(n), emails=[]) for n in range(2)]
    anna = account.world.people.by_email("anna@clinic.example")
    assert anna is not None

    await account.told("POST contacts/bulk_assign_owner", {"selected_ids": ids, "owner_id": anna["id"]})
    account.pass_time(60)

    assert {row["owner_id"] for row in await account.dump("contacts")} == {anna["id"]}
    assert await account.refused("POST contacts/bulk_assign_owner", {"selected_ids": ids, "owner_id": 5})
