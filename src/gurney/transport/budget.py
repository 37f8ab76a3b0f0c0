"""What a vendor lets an account spend: credits of a rolling day, or a pool that refills at fixed moments.

Pure bookkeeping: the caller says what time it is. Two numbers are held against each other: what we spent ourselves,
and what the vendor last said is left (others may spend the same credits); the smaller one counts.
"""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

DAY_S = 86_400
MINUTE_S = 60
TOLD_IS_GOOD_FOR_S = 3_600
"""How long a rolling pool's remainder is believed: after that more may have come back than the vendor said."""


@dataclass(frozen=True, slots=True)
class BudgetLimit:
    """One pool. `ceiling` None: unknown until the vendor's headers tell. `reserve` is kept for a rollback."""

    name: str
    ceiling: int | None
    unit: str = "credit"
    window_s: int = DAY_S
    rolling: bool = True
    """False: the pool refills at whole multiples of `window_s` since 1970 (UTC midnight for a day)."""
    reserve: int = 0
    others_percent: int = 0
    """Of the ceiling, what other programs on the same account keep: we never spend it, not even for a rollback."""

    @property
    def for_others(self) -> int:
        """Units of a window that are left to other programs; none while nobody knows the ceiling."""
        return -(-(self.ceiling or 0) * self.others_percent // 100)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a pool comes to at a moment. None: nobody knows."""

    unit: str
    ceiling: int | None
    used: int
    """Of the window that the moment lies in: by everybody where the vendor tells, else by us."""
    left: int | None
    """The reserve included, and what other programs keep."""
    spendable: int | None
    """Of these, what a load may spend; 0 or less when it has to wait."""
    reserve: int
    for_others: int
    window_s: int
    refills_at: float | None
    """Seconds since 1970; None for a rolling pool, which comes back as it was spent."""


class Budget:
    """One pool as spent so far. Times are seconds since 1970."""

    offset_s = 0
    """Seconds after whole windows since 1970 at which a fixed pool refills: vendors have midnights of their own."""

    def __init__(self, limit: BudgetLimit) -> None:
        self.limit = limit
        self._spent: deque[list[int]] = deque()
        self._total = 0
        self._told: int | None = None
        self._told_until = 0.0

    def charge(self, units: int, now: float) -> None:
        """Record units as spent, to the minute."""
        minute = int(now) // MINUTE_S * MINUTE_S
        if self._spent and self._spent[-1][0] == minute:
            self._spent[-1][1] += units
        else:
            self._spent.append([minute, units])
        self._total += units
        if self._told is not None:
            self._told -= units

    def learn(self, remaining: int, now: float, reset_at: float | None = None, ceiling: int | None = None) -> None:
        """Believe the vendor: so many units are left, until `reset_at` where it says so."""
        self._told = remaining
        self._told_until = reset_at if reset_at is not None else self._refill_after(now, TOLD_IS_GOOD_FOR_S)
        if ceiling not in (None, self.limit.ceiling):
            self.limit = replace(self.limit, ceiling=ceiling)

    def spent(self, now: float) -> int:
        """Units that we spent inside the window that `now` lies in."""
        if self.limit.rolling:
            start = now - self.limit.window_s - (MINUTE_S - 1)
        else:
            start = self._refill_after(now, 0) - self.limit.window_s
        while self._spent and self._spent[0][0] < start:
            self._total -= self._spent.popleft()[1]
        return self._total

    def standing(self, now: float) -> Standing:
        """How the pool stands, for people."""
        limit, left = self.limit, self.remaining(now)
        own = self.spent(now)
        used = own if limit.ceiling is None or left is None else limit.ceiling - left
        refills_at = None if limit.rolling else self._refill_after(now, 0)
        return Standing(
            unit=limit.unit, ceiling=limit.ceiling, used=used, left=left, spendable=self.spendable(now),
            reserve=limit.reserve, for_others=limit.for_others, window_s=limit.window_s, refills_at=refills_at,
        )  # fmt: skip

    def remaining(self, now: float) -> int | None:
        """Units left, the reserve included; None when nobody knows."""
        own = None if self.limit.ceiling is None else self.limit.ceiling - self.spent(now)
        told = self._told if now < self._told_until else None
        known = [left for left in (own, told) if left is not None]
        return max(0, min(known)) if known else None

    def spendable(self, now: float, *, into_reserve: bool = False) -> int | None:
        """Units that we may spend now; None when nobody knows.

        Others keep their part of the ceiling, used or not: what they used of it already is missing from what the vendor
        says is left, and counts against nobody twice.
        """
        limit = self.limit
        own = None if limit.ceiling is None else limit.ceiling - limit.for_others - self.spent(now)
        told = self._told if now < self._told_until else None
        known = [left for left in (own, told) if left is not None]
        return min(known) - (0 if into_reserve else limit.reserve) if known else None

    def allows(self, units: int, now: float, *, into_reserve: bool) -> bool:
        """Whether `units` can be spent now."""
        left = self.spendable(now, into_reserve=into_reserve)
        return left is None or left >= units

    def free_at(self, units: int, now: float, *, into_reserve: bool) -> float:
        """The earliest moment at which `units` could be spent, as far as we can know."""
        moment = self._told_until if self._told is not None and now < self._told_until else now
        if self.limit.ceiling is None:
            return max(moment, now + MINUTE_S)
        kept = self.limit.for_others + (0 if into_reserve else self.limit.reserve)
        needed = units + kept - (self.limit.ceiling - self.spent(now))
        if needed <= 0:
            return max(moment, now + 1)
        return max(moment, self._returns_at(needed, now))

    def _returns_at(self, needed: int, now: float) -> float:
        if not self.limit.rolling:
            return self._refill_after(now, 0)
        back = 0
        for minute, units in self._spent:
            back += units
            if back >= needed:
                return float(minute + MINUTE_S + self.limit.window_s)
        return now + self.limit.window_s

    def _refill_after(self, now: float, rolling_s: int) -> float:
        if self.limit.rolling:
            return now + rolling_s
        window = self.limit.window_s
        return ((now - self.offset_s) // window + 1) * window + self.offset_s

    def snapshot(self) -> dict[str, Any]:
        """As JSON, so that credits spent before a restart stay spent, and another process can tell how the pool is."""
        return {
            "limit": asdict(self.limit),
            "offset_s": self.offset_s,
            "spent": [list(pair) for pair in self._spent],
            "told": self._told,
            "told_until": self._told_until,
        }

    @classmethod
    def of(cls, state: dict[str, Any]) -> Self:
        """The pool that a snapshot was taken of, its limit included."""
        budget = cls(BudgetLimit(**state["limit"]))
        budget.restore(state)
        return budget

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what a snapshot says was spent and heard; the limit stays this one's, where it is known."""
        if self.limit.ceiling is None and "limit" in state:
            self.limit = replace(BudgetLimit(**state["limit"]), others_percent=self.limit.others_percent)
        self.offset_s = int(state.get("offset_s", 0))
        self._spent = deque([int(minute), int(units)] for minute, units in state.get("spent", []))
        self._total = sum(units for _, units in self._spent)
        self._told = state.get("told")
        self._told_until = float(state.get("told_until", 0.0))
