"""The one gate that every call to a vendor account passes: rate, concurrency and budget.

pyrate-limiter keeps the windows (in memory, or in a SQLite file that several processes share). Its buckets are asked
directly, with the Runtime's time: its own Limiter reads the machine's clock and sleeps by itself, which would stop a
virtual clock. Budgets (rolling credits, daily pools) are ours: no library has them.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left, insort
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from math import inf
from operator import attrgetter
from pathlib import Path
from typing import Any, cast

import orjson
from pyrate_limiter import InMemoryBucket, RateItem, SQLiteBucket
from pyrate_limiter import Rate as Window

from gurney.errors import PausedForQuota
from gurney.runtime import Runtime
from gurney.transport.budget import Budget, BudgetLimit, Standing
from gurney.transport.meter import MINUTE_S, Meter, Use
from gurney.transport.places import Places
from gurney.transport.way import Way

GUARDED_S = 1.0
"""So long after a look at the guard a call goes without another."""

LEAK_EVERY = 64
"""Calls between two clean-ups of a rate window's log."""

SHORT_S = 10.0
"""In a window up to this long calls are spread evenly: what arrives late of one burst would meet the next."""
SHORTEST_S = 5.0
"""In a window up to this long a call counts later by what its answer took longer than the quickest lately (`Way`):
the vendor may have counted it as much later than the others."""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `calls` in any `seconds`. A vendor's fixed window is kept as well, whenever it begins.

    Calls arrive later than they leave, by varying delays; so one call in a hundred and a hundredth of the
    window (at most half a second) stay unused: 198 in 60.5 s for Cliniko's 200 in 60 s, 98 % of it. Of a window of
    few seconds it is one in forty, for there the delays weigh more.
    """

    calls: int
    seconds: float

    def leaving(self, others_percent: int) -> Rate:
        """What of it is ours when other programs keep so much."""
        return replace(self, calls=max(1, self.calls * (100 - others_percent) // 100))

    def window(self) -> Window:
        return Window(self._calls(), int(self._window_s() * 1000))

    def spacing_s(self) -> float:
        """How far apart calls are kept so that a short window has no bursts; 0 where bursts do no harm."""
        return self._window_s() / self._calls() if self.seconds <= SHORT_S else 0.0

    def each_s(self) -> float:
        """Seconds for each of many calls that this rate holds back."""
        return self._window_s() / self._calls()

    def lasts_s(self, calls: int, latency_s: float, beside: int) -> float:
        """Seconds that so many calls take from an empty window on: the first ones go as soon as they can."""
        if self.spacing_s():
            return calls * self.each_s()
        full = max(0, calls - 1) // self._calls()
        return full * self._window_s() + (calls - full * self._calls()) * latency_s / beside

    def _calls(self) -> int:
        spare = self.calls // (40 if self.seconds <= SHORTEST_S else 100)
        return max(1, self.calls - max(1, spare))

    def _window_s(self) -> float:
        return self.seconds + min(0.5, self.seconds / 100)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a vendor account allows. Numbers come from the vendor's limits.toml."""

    rates: tuple[Rate, ...] = ()
    concurrency: int = 4
    """Calls at once: what the vendor allows, or where it names no limit as many as usually reach its rate."""
    most_concurrency: int | None = None
    """As many as answers may turn out to need, where the vendor names no limit; None: `concurrency` is the most."""
    heavy_concurrency: int | None = None
    """For calls marked heavy, within `concurrency`."""
    budgets: tuple[BudgetLimit, ...] = ()
    others_percent: int = 0
    """Of every rate and allowance, what other programs on the same account keep. Rates and ceilings are told whole."""

    def leaving(self, others_percent: int) -> Limits:
        """The same account, so much of which is left to others. Without a rate its places are what is shared."""
        return replace(
            self,
            concurrency=self.concurrency if self.rates else _part(self.concurrency, others_percent),
            heavy_concurrency=None
            if self.heavy_concurrency is None
            else _part(self.heavy_concurrency, 0 if self.rates else others_percent),
            budgets=tuple(replace(limit, others_percent=others_percent) for limit in self.budgets),
            others_percent=others_percent,
        )

    @property
    def most(self) -> int:
        """Calls that may ever be under way at once."""
        return max(self.concurrency, self.most_concurrency or 0)

    def lasts_s(self, calls: int, latency_s: float, beside: int | None = None, *, anew: bool = False) -> float:
        """Seconds that so many calls take which the pacer lets go, `beside` each other as far as there are places.

        `anew`: nothing else was called for a while before.
        """
        places = self.concurrency if beside is None else min(beside, self.concurrency)
        answers_s = -(-calls // places) * latency_s
        rates = self.our_rates()
        held_s = [rate.lasts_s(calls, latency_s, places) if anew else calls * rate.each_s() for rate in rates]
        return max([answers_s, *held_s])

    def our_rates(self) -> tuple[Rate, ...]:
        """What of the rates is ours."""
        return tuple(rate.leaving(self.others_percent) for rate in self.rates)


def _part(places: int, others_percent: int) -> int:
    return max(1, places * (100 - others_percent) // 100)


@dataclass(slots=True)
class Counts:
    """What was used, in calls and in the vendor's units; `refused` counts answers 429, `lost` answers not had."""

    calls: int = 0
    units: int = 0
    refused: int = 0
    lost: int = 0

    def as_json(self) -> dict[str, int]:
        return {"calls": self.calls, "units": self.units, "refused": self.refused, "lost": self.lost}


@dataclass(slots=True)
class _Gates:
    """Waiting places. They belong to the event loop that they were made in."""

    loop: asyncio.AbstractEventLoop
    all: Places
    heavy: asyncio.Semaphore | None
    rate: asyncio.Lock = field(default_factory=asyncio.Lock)


class Pacer:
    """Paces the calls of one vendor account in this process (and others, through `shared_file`)."""

    def __init__(self, runtime: Runtime, account_key: str, limits: Limits, *, shared_file: Path | None = None) -> None:
        self.account_key = account_key
        self.limits = limits
        self.budgets = {limit.name: Budget(limit) for limit in limits.budgets}
        self.total = Counts()
        self.by_label: dict[str, Counts] = {}
        self._before = Counts()
        """What earlier processes used, as `restore` told."""
        self._meter = Meter(max([MINUTE_S, *(rate.seconds for rate in limits.rates)]))
        self.into_reserve = False
        """A rollback sets this: it may spend what every other run must leave."""
        self.guard: Callable[[], None] | None = None
        """Raises when this process may not call any more: it stood still, and another one took its work over."""
        self._guarded_at = -inf
        self._runtime = runtime
        self._shared = shared_file is not None
        self._bucket = _bucket(limits.our_rates(), account_key, shared_file)
        self._spacing_s = _spacing_s(limits.our_rates())
        self._way = Way()
        self._held_until = 0.0
        self._next_at = 0.0
        self._passed = 0
        self._gates: _Gates | None = None

    def leave_to_others(self, percent: int) -> None:
        """Keep out of so much of every rate and allowance of the account. Told before the first call."""
        self.limits = self.limits.leaving(percent)
        for budget in self.budgets.values():
            budget.limit = replace(budget.limit, others_percent=percent)
        self._pace_anew()

    @asynccontextmanager
    async def slot(self, *, units: int = 1, heavy: bool = False, label: str = "") -> AsyncIterator[None]:
        """Hold one place in the account's traffic for one call.

        Raises PausedForQuota when a budget cannot pay for it; nothing was spent then.
        """
        gates = self._gates_of_this_loop()
        async with AsyncExitStack() as held:
            if heavy and gates.heavy is not None:
                await held.enter_async_context(gates.heavy)
            waited = await gates.all.take()
            held.callback(gates.all.leave)
            asked = self._runtime.clock.monotonic()
            async with gates.rate:
                self._check_budgets(units)
                left = await self._wait_for_rate()
                self._ask_guard()
                self._charge(units, label)
                began = self._runtime.clock.monotonic()
                self._meter.left(began)
            try:
                yield
            finally:
                now = self._runtime.clock.monotonic()
                self._meter.answered(now, now - began)
                gates.all.answered(now, waited=waited, held_s=began - asked, took_s=now - began)
                self._way.took(now - began, now)
                self._answered(left, now)

    def _ask_guard(self) -> None:
        now = self._runtime.clock.monotonic()
        if self.guard is not None and now - self._guarded_at > GUARDED_S:
            self.guard()
            self._guarded_at = now

    def counts(self, label: str) -> Counts:
        """The running counts of one label."""
        return self.by_label.setdefault(label, Counts())

    def refused(self, wait_s: float, label: str = "") -> None:
        """The vendor answered 429: nobody calls for `wait_s` seconds, and then fewer at once.

        Calls that were under way beside the first one are of the same mishap.
        """
        now = self._runtime.clock.monotonic()
        if self._gates is not None and now >= self._held_until:
            self._gates.all.refused()
        self._way.doubt(now)
        self._held_until = max(self._held_until, now + wait_s)
        self.total.refused += 1
        self.counts(label).refused += 1

    def lost(self, label: str = "") -> None:
        """An answer did not come."""
        self.total.lost += 1
        self.counts(label).lost += 1

    def learn(self, name: str, remaining: int, *, reset_at: datetime | None = None, ceiling: int | None = None) -> None:
        """What the vendor's answer says is left of a budget."""
        reset = reset_at.timestamp() if reset_at is not None else None
        self.budgets[name].learn(remaining, self._now(), reset, ceiling)

    def learn_rate(self, rate: Rate) -> None:
        """The one rate of this account, as the vendor's answer says it."""
        if self.limits.rates != (rate,):
            self.limits = replace(self.limits, rates=(rate,))
            self._pace_anew()

    def _pace_anew(self) -> None:
        ours = self.limits.our_rates()
        self._spacing_s = _spacing_s(ours)
        if self._bucket is not None:
            self._bucket.rates = _windows(ours)

    def remaining(self, name: str) -> int | None:
        """Units left of a budget, the reserve included; None when unknown."""
        return self.budgets[name].remaining(self._now())

    def used_here(self) -> Counts:
        """What this process used of the account."""
        mine, before = self.total, self._before
        return Counts(
            mine.calls - before.calls, mine.units - before.units, mine.refused - before.refused, mine.lost - before.lost
        )

    def in_use(self) -> Use | None:
        """What is in use of the ceiling that holds calls back most; None before the first call."""
        if not self.used_here().calls:
            return None
        now, at = self._runtime.clock.monotonic(), self._now()
        rates = [
            Use(f"calls in {rate.seconds:g} s", self._meter.calls(rate.seconds, now), rate.calls, at)
            for rate in self.limits.rates
        ]
        places = Use("calls at once", self._meter.at_once(now), self.limits.concurrency, at)
        return max(rates, key=attrgetter("share"), default=places)

    def snapshot(self) -> dict[str, Any]:
        """Counts and budgets as JSON, and what was in use just now."""
        use = self.in_use()
        return {
            "account": self.account_key,
            "in_use": asdict(use) if use else None,
            "total": self.total.as_json(),
            "by_label": {label: counts.as_json() for label, counts in self.by_label.items()},
            "budgets": {name: budget.snapshot() for name, budget in self.budgets.items()},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a snapshot of the same account; another account's is ignored."""
        if state.get("account") != self.account_key:
            return
        self.total = Counts(**state["total"])
        self._before = replace(self.total)
        self.by_label = {label: Counts(**counts) for label, counts in state["by_label"].items()}
        for name, spent in state["budgets"].items():
            if name in self.budgets:
                self.budgets[name].restore(spent)

    def save(self, path: Path) -> None:
        """Write the snapshot to a file, whole or not at all."""
        self._runtime.write_file(path, [orjson.dumps(self.snapshot())])

    def load(self, path: Path) -> None:
        """Read what `save` wrote, if it is there."""
        if path.exists():
            self.restore(orjson.loads(path.read_bytes()))

    def close(self) -> None:
        """Let go of the shared file."""
        if isinstance(self._bucket, SQLiteBucket):
            self._bucket.close()  # type: ignore[no-untyped-call]

    def _gates_of_this_loop(self) -> _Gates:
        loop = asyncio.get_running_loop()
        if self._gates is None or self._gates.loop is not loop:
            heavy = self.limits.heavy_concurrency
            self._gates = _Gates(
                loop,
                Places(self.limits.concurrency, self.limits.most),
                None if heavy is None else asyncio.Semaphore(heavy),
            )
        return self._gates

    def _check_budgets(self, units: int) -> None:
        now = self._now()
        for budget in self.budgets.values():
            if not budget.allows(units, now, into_reserve=self.into_reserve):
                words = _spent_words(budget.limit.name, budget.standing(now), into_reserve=self.into_reserve)
                free_at = budget.free_at(units, now, into_reserve=self.into_reserve)
                raise PausedForQuota(words, until=datetime.fromtimestamp(free_at, tz=UTC))

    async def _wait_for_rate(self) -> RateItem | None:
        """The call's place in its window, from now on."""
        clock = self._runtime.clock
        while (wait_s := self._held_until - clock.monotonic()) > 0:
            await clock.sleep(wait_s)
        if self._bucket is None:
            return None
        await self._keep_apart()
        while not self._bucket.put(item := RateItem(self.account_key, self._stamp_ms())):
            wait_ms = cast(int, self._bucket.waiting(item))  # both kinds of bucket answer at once
            await clock.sleep(max(1, wait_ms) / 1000)
        self._passed += 1
        if self._passed % LEAK_EVERY == 0:
            self._bucket.leak(self._stamp_ms())
        return item

    def _answered(self, left: RateItem | None, now: float) -> None:
        """Date a call of a very short window anew; one that left too long ago has been cleaned up."""
        bucket = self._bucket
        if left is None or not isinstance(bucket, InMemoryBucket) or bucket.rates[0].interval > SHORTEST_S * 1000:
            return
        at = bisect_left(bucket.items, left.timestamp, key=attrgetter("timestamp"))
        while at < len(bucket.items) and bucket.items[at] is not left:
            at += 1
        if at < len(bucket.items):
            del bucket.items[at]
            counted = max(left.timestamp, int((now - self._way.least_s(now)) * 1000))
            insort(bucket.items, RateItem(self.account_key, counted), key=attrgetter("timestamp"))

    async def _keep_apart(self) -> None:
        """Wait for this call's turn where calls are spread; a turn that was missed by little may be made up for."""
        if not self._spacing_s:
            return
        clock = self._runtime.clock
        if (wait_s := self._next_at - clock.monotonic()) > 0:
            await clock.sleep(wait_s)
        self._next_at = max(self._next_at, clock.monotonic() - self._spacing_s) + self._spacing_s

    def _charge(self, units: int, label: str) -> None:
        for counts in (self.total, self.counts(label)):
            counts.calls += 1
            counts.units += units
        now = self._now() if self.budgets else 0.0
        for budget in self.budgets.values():
            budget.charge(units, now)

    def _stamp_ms(self) -> int:
        """Milliseconds: of the wall where processes share the log, else of the clock that never goes back."""
        seconds = self._now() if self._shared else self._runtime.clock.monotonic()
        return int(seconds * 1000)

    def _now(self) -> float:
        return self._runtime.clock.now().timestamp()


def _spent_words(name: str, stands: Standing, *, into_reserve: bool) -> str:
    left = stands.left or 0
    of = f" of {stands.ceiling:,}" if stands.ceiling is not None else ""
    kept = 0 if into_reserve else min(left, stands.reserve)
    for_rollback = f", {kept:,} of them kept for a rollback" if kept else ""
    for_others = f", {stands.for_others:,} are other programs'" if stands.for_others else ""
    return f"The {name} of this account are spent: {left:,}{of} are left{for_rollback}{for_others}."


def _bucket(rates: Iterable[Rate], account: str, shared_file: Path | None) -> InMemoryBucket | SQLiteBucket | None:
    windows = _windows(rates)
    if not windows:
        return None
    if shared_file is None:
        return InMemoryBucket(windows)
    table = "rate_" + account.encode().hex()
    return SQLiteBucket.init_from_file(windows, table=table, db_path=str(shared_file), use_file_lock=True)


def _spacing_s(rates: Iterable[Rate]) -> float:
    return max((rate.spacing_s() for rate in rates), default=0.0)


def _windows(rates: Iterable[Rate]) -> list[Window]:
    return [rate.window() for rate in sorted(rates, key=lambda rate: rate.seconds)]
