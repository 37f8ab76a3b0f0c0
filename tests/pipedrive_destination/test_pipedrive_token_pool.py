"""The day's tokens: counted as the vendor counts, reserved for a rollback, paused for and gone on with."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pipedrive_company import SINGLE, START, Company, a_file, a_note, a_person, connect

from gurney.destinations.pipedrive import limits
from gurney.destinations.pipedrive.access import PipedriveAccess
from gurney.destinations.pipedrive.destination import Pipedrive, open_pacer
from gurney.destinations.pipedrive.limits import TOKENS
from gurney.destinations.pipedrive.pool import Flight, TokenPool, flight
from gurney.errors import NotAuthorised, PausedForQuota, VendorRefused
from gurney.records import Link, State
from gurney.transport import BudgetLimit

pytestmark = pytest.mark.anyio
MIDNIGHT = datetime(2026, 2, 4, tzinfo=UTC)
DAY = 86_400
NOON = 12 * 3_600.0


async def test_every_call_is_counted_as_the_vendor_counts_it(company: Company, pipedrive: Pipedrive) -> None:
    await pipedrive.check()
    await pipedrive.describe(["persons", "activities", "notes"])
    (person, *_) = await pipedrive.write([a_person(str(number)) for number in range(20)], SINGLE)
    parent = Link("persons", person.destination_id or "")
    await pipedrive.write([a_note("1", "x", parent)], SINGLE)
    await pipedrive.write([a_file("1", parent)], SINGLE)
    company.disturb("POST /v2/persons", "drop-after")
    await pipedrive.settle([a_person("x")])
    await pipedrive.read("persons", [parent.id], ["name"])
    await pipedrive.count("persons")
    await pipedrive.delete("persons", [parent.id])

    spent = pipedrive.spent()

    assert (spent.calls, spent.units, spent.unit) == (len(company.asked), company.spent, "token")


@pytest.mark.parametrize(
    ("object", "action", "units"),
    [
        ("persons", "write", 5_000),
        ("activities", "write", 5_000),
        ("notes", "write", 10_000),
        ("files", "write", 10_000),
        ("persons", "read", 20),
        ("notes", "read", 40),
        ("files", "read", 200),
        ("files", "download", 20_000),
        ("persons", "delete", 3_000),
        ("notes", "delete", 6_000),
        ("", "new_object", 0),
        ("persons", "new_field", 5_000),
        ("users", "write", 0),
    ],
)
async def test_a_thousand_records_cost_what_the_facts_say(
    pipedrive: Pipedrive, object: str, action: str, units: int
) -> None:
    cost = pipedrive.cost(object, action, 1_000)

    assert (cost.units, cost.unit) == (units, "token")
    assert cost.seconds > 0 or not cost.calls


async def test_time_is_told_by_the_burst_limit(company: Company) -> None:
    """Of 20 calls in 2 s 19 are used, of 120 117, for one in forty is spared; each holds its place for 2.02 s."""
    lite, ultimate = connect(company, edition="lite"), connect(company, edition="ultimate")
    app = connect(company, PipedriveAccess(client_id="i", client_secret="s", refresh_token="r"), edition="ultimate")

    assert lite.cost("persons", "write", 6_000).seconds == pytest.approx(6_000 / 19 * 2.02)
    assert ultimate.cost("persons", "write", 6_000).seconds == pytest.approx(6_000 / 117 * 2.02)
    assert app.pacer.limits.rates[0].calls == 480


@pytest.mark.parametrize(("told", "at_least_s", "at_most_s"), [(None, 18, 22), (120, 2, 4), (10, 35, 46)])
async def test_what_the_vendor_says_of_its_burst_limit_counts(
    company: Company, told: int | None, at_least_s: float, at_most_s: float
) -> None:
    company.burst = told
    pipedrive = connect(company, edition="lite")

    await pipedrive.write([a_person(str(number)) for number in range(200)], SINGLE)

    assert at_least_s <= company.clock.elapsed <= at_most_s


@pytest.mark.parametrize(
    ("plan", "seats", "tokens"), [("lite", 1, 30_000), ("Essential", 3, 90_000), ("growth", 5, 300_000), ("x", 5, None)]
)
def test_the_pool_is_the_plans_for_its_seats(plan: str, seats: int, tokens: int | None) -> None:
    assert limits.daily_tokens(limits.plan_of(plan), seats) == tokens
    assert limits.account_limits(plan, seats)["daily_tokens"].value == tokens


async def test_what_others_spent_is_learned_from_every_answer(company: Company) -> None:
    company.left, company.ceiling = 5_000, 60_000
    pipedrive = connect(company, edition=None, users=0)
    assert pipedrive.spent().remaining is None

    await pipedrive.users()

    spent = pipedrive.spent()
    assert (spent.remaining, spent.ceiling) == (4_980, 60_000)
    assert pipedrive.pacer.budgets[TOKENS].limit.reserve == 1_200
    await pipedrive.close()


async def test_a_spent_pool_pauses_until_midnight_without_a_call_and_goes_on(company: Company) -> None:
    pipedrive = connect(company, edition="lite", users=1)
    writes = [a_person(str(number)) for number in range(6_100)]
    done = 0
    with pytest.raises(PausedForQuota) as paused:
        while done < len(writes):
            outcomes = await pipedrive.write(writes[done : done + 50], SINGLE)
            done += sum(one.state is State.DONE for one in outcomes)

    assert paused.value.until == MIDNIGHT
    assert 0.97 * 30_000 <= company.spent <= 30_000 - 600
    assert pipedrive.spent().refused == 0
    pipedrive.pacer.into_reserve = True
    assert await pipedrive.delete("persons", ["1"]) == {"1": ""}
    pipedrive.pacer.into_reserve = False

    company.clock.elapsed = (MIDNIGHT - START).total_seconds() + 1
    before = company.spent
    outcomes = await pipedrive.write(writes[done : done + 50], SINGLE)
    assert {one.state for one in outcomes} == {State.DONE}
    assert company.spent - before == 250
    await pipedrive.close()


async def test_a_pool_that_others_emptied_ends_in_one_refusal_and_a_pause(company: Company) -> None:
    company.left = company.ceiling = 30_000
    pipedrive = connect(company, edition="lite", users=1)
    await pipedrive.users()
    company.left = 0

    with pytest.raises(PausedForQuota) as paused:
        await pipedrive.write([a_person("1")], SINGLE)

    assert pipedrive.spent().refused == 1
    assert paused.value.until
    assert paused.value.until.hour == START.hour + 1, "by our own books it should be full: looked at again in an hour"
    company.left = 30_000
    company.clock.elapsed = (paused.value.until - START).total_seconds()
    (outcome,) = await pipedrive.write([a_person("1")], SINGLE)
    assert outcome.state is State.DONE
    await pipedrive.close()


async def test_a_burst_that_is_refused_is_waited_out(company: Company, pipedrive: Pipedrive) -> None:
    company.disturb("POST /v2/persons", "429")

    (outcome,) = await pipedrive.write([a_person("1")], SINGLE)

    assert outcome.state is State.DONE
    assert pipedrive.spent().refused == 1
    assert company.clock.elapsed >= 2


async def test_the_burst_limit_is_kept(company: Company) -> None:
    pipedrive = connect(company, edition="lite", users=1_000)
    times = []
    answer = company.answer

    async def timed(request: object) -> object:
        times.append(company.clock.elapsed)
        return await answer(request)  # type: ignore[arg-type]

    company.answer = timed  # type: ignore[method-assign, assignment]
    pipedrive = connect(company, edition="lite", users=1_000)

    for start in range(0, 200, 50):
        await pipedrive.write([a_person(str(number)) for number in range(start, start + 50)], SINGLE)

    assert all(later - earlier >= 2 for earlier, later in zip(times, times[20:], strict=False))
    assert len(times) / (times[-1] - times[0]) >= 9, "nearly ten calls a second are used"
    await pipedrive.close()


async def test_a_gateway_that_shuts_us_out_is_left_alone(company: Company, pipedrive: Pipedrive) -> None:
    company.disturb("POST /v2/persons", "403-html")
    with pytest.raises(PausedForQuota, match="gateway"):
        await pipedrive.write([a_person("1")], SINGLE)
    before = len(company.asked)

    with pytest.raises(PausedForQuota):
        await pipedrive.write([a_person("2")], SINGLE)
    assert len(company.asked) == before

    company.clock.elapsed += 3_600
    assert (await pipedrive.write([a_person("1")], SINGLE))[0].state is State.DONE


async def test_a_token_that_is_not_known_ends_all_at_once(company: Company, pipedrive: Pipedrive) -> None:
    for _ in range(2):
        company.disturb("GET /v1/users", "401")

    with pytest.raises(NotAuthorised) as no:
        await pipedrive.users()

    assert no.value.next_step
    assert "t" * 40 not in f"{no.value} {no.value.next_step}"


async def test_a_read_that_is_answered_with_null_is_asked_again(company: Company, pipedrive: Pipedrive) -> None:
    company.disturb("GET /v1/users", "null")

    assert len(await pipedrive.users()) == 2
    assert pipedrive.spent().units == 40


def pool(ceiling: int = 30_000) -> TokenPool:
    return TokenPool(BudgetLimit(TOKENS, ceiling, unit="token", window_s=DAY, rolling=False))


def spend(books: TokenPool, units: int, now: float, *, answered: bool = True) -> None:
    """One call from its start to its end."""
    own = Flight()
    mark = flight.set(own)
    books.charge(units, now)
    flight.reset(mark)
    if answered:
        books.landed(own)


def test_what_is_under_way_is_not_spent_twice() -> None:
    """An answer that was written before our other calls arrived must not make us believe in their tokens."""
    books = pool()
    for _ in range(9):
        spend(books, 10, NOON, answered=False)
    spend(books, 10, NOON)

    books.learn(1_000, NOON)

    assert books.remaining(NOON) == 1_000 - 90


def test_a_refill_at_another_hour_is_noticed_and_remembered() -> None:
    books = pool()
    spend(books, 29_000, NOON - 600)
    books.learn(1_000, NOON - 600)
    assert not books.allows(2_000, NOON, into_reserve=False)

    books.learn(29_990, NOON + 5)

    assert books.allows(2_000, NOON + 6, into_reserve=False)
    assert books.offset_s == NOON
    spend(books, 29_990, NOON + 10)
    assert books.free_at(10, NOON + 20, into_reserve=False) == NOON + DAY
    again = pool()
    again.restore(books.snapshot())
    assert again.offset_s == NOON
    assert again.free_at(10, NOON + 20, into_reserve=False) == NOON + DAY


def test_a_refill_after_a_long_silence_tells_no_hour() -> None:
    books = pool()
    spend(books, 29_000, NOON)
    books.learn(1_000, NOON)

    books.learn(30_000, NOON + 6 * 3_600)

    assert books.offset_s == 0
    assert books.remaining(NOON + 6 * 3_600) == 30_000


async def test_a_processes_books_go_on_in_the_next_one(company: Company) -> None:
    access = PipedriveAccess(api_token="t")
    runtime = connect(company)._client.runtime
    first, second = (open_pacer(runtime, access, "lite", 1) for _ in range(2))
    first.budgets[TOKENS].charge(29_000, runtime.clock.now().timestamp())

    second.restore(first.snapshot())

    assert second.remaining(TOKENS) == 1_000


async def test_a_plan_limit_is_a_refusal_and_not_the_end(company: Company, pipedrive: Pipedrive) -> None:
    answer = (403, {"success": False, "error": "Open deals limit reached.", "code": "feature_capping_deals_limit"})
    company._do = lambda asked: answer  # type: ignore[method-assign, assignment]

    with pytest.raises(VendorRefused) as no:
        await pipedrive.users()

    assert not isinstance(no.value, NotAuthorised)
    assert no.value.code == "feature_capping_deals_limit"
