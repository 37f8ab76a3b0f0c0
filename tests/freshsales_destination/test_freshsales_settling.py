"""Lost answers: what took effect is found, what did not is proven absent, and nothing is made twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from freshsales_account import (
    BULK,
    LAG_S,
    SINGLE,
    Account,
    a_file,
    a_note,
    a_patient,
    a_place,
    a_product,
    a_task,
    an_appointment,
    an_invoice,
    an_update,
    connect,
)

from gurney.destinations.freshsales.destination import Freshsales
from gurney.errors import AnswerLost
from gurney.records import State, Write

pytestmark = pytest.mark.anyio
MAKERS: dict[str, Callable[[str], Write]] = {
    "POST /contacts": lambda contact: a_patient("9"),
    "POST /sales_accounts": lambda contact: a_place("50", "North"),
    "POST /deals/upsert": lambda contact: an_invoice("8", contact),
    "POST /tasks": lambda contact: a_task("7", contact),
    "POST /appointments": lambda contact: an_appointment("7", contact),
    "POST /notes": lambda contact: a_note("3", contact),
    "POST /documents": lambda contact: a_file("6", contact),
}


async def a_contact(freshsales: Freshsales) -> str:
    (outcome,) = await freshsales.write([a_patient("1")], SINGLE)
    return outcome.destination_id or ""


def kept(account: Account, write: Write) -> int:
    return len(account.live("documents" if write.object == "files" else write.object))


@pytest.mark.parametrize("call", MAKERS)
async def test_a_creation_that_took_effect_is_found_although_its_answer_was_lost(
    account: Account, freshsales: Freshsales, call: str
) -> None:
    write = MAKERS[call](await a_contact(freshsales))
    before = kept(account, write)
    account.disturb(call, "drop-after")

    (sent,) = await freshsales.write([write], SINGLE)
    (settled,) = await freshsales.settle([write])

    assert sent.state is State.SENT
    assert settled is not None
    assert settled.state is State.DONE
    assert kept(account, write) == before + 1


@pytest.mark.parametrize("call", MAKERS)
async def test_a_creation_that_never_was_is_proven_absent(account: Account, freshsales: Freshsales, call: str) -> None:
    write = MAKERS[call](await a_contact(freshsales))
    account.disturb(call, "drop-before")

    (sent,) = await freshsales.write([write], SINGLE)

    assert sent.state is State.SENT
    assert await freshsales.settle([write]) == [None]


async def test_what_another_process_sent_is_waited_for_until_lists_show_it(account: Account) -> None:
    account.disturb("POST /contacts", "drop-after")
    await connect(account).write([a_patient("1")], SINGLE)
    began = account.clock.elapsed

    (settled,) = await connect(account).settle([a_patient("1")])

    assert settled is not None
    assert account.clock.elapsed - began >= LAG_S


@pytest.mark.parametrize("how", ["drop-after", "drop-before"])
async def test_half_a_bulk_that_got_lost_is_told_record_by_record(
    account: Account, freshsales: Freshsales, how: str
) -> None:
    writes = [a_patient(str(n)) for n in range(150)]
    account.disturb("POST /contacts/bulk_upsert", how)

    outcomes = await freshsales.write(writes, BULK)
    unknown = [write for write, outcome in zip(writes, outcomes, strict=True) if outcome.state is State.SENT]
    settled = await freshsales.settle(unknown)

    assert len(unknown) == 100
    assert all((one is not None) == (how == "drop-after") for one in settled)
    assert sum(outcome.state is State.DONE for outcome in outcomes) == 50


async def test_a_bulk_that_is_repeated_makes_nobody_twice(account: Account, freshsales: Freshsales) -> None:
    writes = [an_invoice(str(n), await a_contact(freshsales)) for n in range(1)]
    writes += [an_invoice(str(n), writes[0].fields["contact"].id) for n in range(1, 20)]  # type: ignore[union-attr]

    await freshsales.write(writes, BULK)
    account.clock.elapsed += 100
    await connect(account).write(writes, BULK)

    assert len(account.live("deals")) == 20


async def test_a_job_that_is_not_over_leaves_its_deals_unknown(account: Account, freshsales: Freshsales) -> None:
    contact = await a_contact(freshsales)
    writes = [an_invoice(str(n), contact) for n in range(20)]
    account.job_s = 5_000
    await freshsales.write(writes, BULK)

    with pytest.raises(AnswerLost, match="not finished a bulk job"):
        await freshsales.settle(writes)
    account.clock.elapsed += 5_000
    settled = await freshsales.settle(writes)

    assert all(settled)
    assert len(account.live("deals")) == 20


async def test_a_deal_that_a_late_job_makes_as_well_is_there_once(account: Account, freshsales: Freshsales) -> None:
    """The answer to the job was lost, and it began after we had looked: what is unique of a deal is its name."""
    contact = await a_contact(freshsales)
    writes = [an_invoice(str(n), contact) for n in range(20)]
    account.disturb("POST /deals/bulk_upsert", "drop-before")
    await freshsales.write(writes, BULK)
    assert await freshsales.settle(writes) == [None] * 20
    late = account.calls("POST /deals/bulk_upsert")[0]

    await connect(account).write(writes, SINGLE)
    account.bulk_upsert(late, "deals")

    assert len(account.live("deals")) == 20


async def test_deals_are_created_plainly_where_their_names_are_no_key(account: Account, freshsales: Freshsales) -> None:
    contact = await a_contact(freshsales)
    account.disturb("POST /deals/upsert", "400")

    outcomes = [(await freshsales.write([an_invoice(str(n), contact)], SINGLE))[0] for n in range(3)]

    assert {outcome.state for outcome in outcomes} == {State.DONE}
    assert len(account.calls("POST /deals/upsert")) == 1
    assert len(account.calls("POST /deals$")) == 3


async def test_a_task_that_is_there_but_open_is_completed_when_it_is_settled(
    account: Account, freshsales: Freshsales
) -> None:
    account.ends_tasks_at_once = False
    write = a_task("7", await a_contact(freshsales))
    account.disturb("POST /tasks", "drop-after")

    await freshsales.write([write], SINGLE)
    await freshsales.settle([write])

    assert [row["status"] for row in account.live("tasks")] == [1]


@pytest.mark.parametrize("listed", [True, False])
async def test_a_product_is_found_where_products_are_listed_and_else_left_to_a_person(
    account: Account, freshsales: Freshsales, listed: bool
) -> None:
    account.lists_products = listed
    account.disturb("POST /cpq/products", "drop-after")

    await freshsales.write([a_product("4")], SINGLE)
    (settled,) = await freshsales.settle([a_product("4")])

    assert settled is not None
    assert settled.state is (State.DONE if listed else State.MANUAL)
    assert len(account.live("cpq/products")) == 1


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("how", ["drop-after", "drop-before"])
async def test_a_product_whose_price_gets_no_answer_is_there_once_and_gets_its_price(
    account: Account, freshsales: Freshsales, how: str, listed: bool
) -> None:
    account.lists_products = listed
    write = a_product("4")
    account.disturb("PUT /cpq/products", how)

    (sent,) = await freshsales.write([write], SINGLE)
    account.disturb("PUT /cpq/products", "drop-before")
    unknown = write.known_as(sent.destination_id)
    settled = [(await freshsales.settle([unknown]))[0] for _ in range(2)]

    assert sent.state is State.SENT
    assert all(one is not None for one in settled)  # None would have it sent again
    last = settled[-1]
    assert last is not None
    assert (last.state, last.destination_id) == (State.DONE, sent.destination_id)
    (row,) = account.live("cpq/products")
    assert [one["unit_price"] for one in row["product_pricings"]] == [9.5]


async def test_a_product_whose_price_is_refused_is_there_and_known(account: Account, freshsales: Freshsales) -> None:
    account.disturb("PUT /cpq/products", "400")

    (outcome,) = await freshsales.write([a_product("4")], SINGLE)

    assert outcome.state is State.DONE
    assert outcome.destination_id in {str(row["id"]) for row in account.live("cpq/products")}


@pytest.mark.parametrize(("how", "done"), [("drop-after", True), ("drop-before", False)])
async def test_an_update_counts_as_done_when_the_record_holds_its_values(
    account: Account, freshsales: Freshsales, how: str, done: bool
) -> None:
    update = an_update(a_patient("1"), await a_contact(freshsales), city="Hobart", lifecycle_stage="Customer")
    account.disturb("PUT /contacts", how)

    await freshsales.write([update], SINGLE)
    (settled,) = await freshsales.settle([update])

    assert (settled is not None) is done
