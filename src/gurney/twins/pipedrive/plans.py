"""What a plan allows (FACTS 5.4, 8)."""

from __future__ import annotations

from dataclasses import dataclass

TOKENS_A_SEAT = 30_000
OAUTH_FACTOR = 4
SEARCHES_A_WINDOW = 10
DEALS_MOST = 300_000


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan's figures."""

    name: str
    multiplier: int
    burst: int
    """Calls in two seconds for one API token; OAuth has four times as many."""
    custom_fields: int
    """Per company."""
    deals_a_seat: int
    groups: bool
    """Whether there are visibility groups, and with them the values 5 and 7 of `visible_to`."""

    def tokens(self, seats: int) -> int:
        """The daily pool."""
        return TOKENS_A_SEAT * self.multiplier * seats

    def deals(self, seats: int) -> int:
        """How many leads and open deals there may be."""
        return min(self.deals_a_seat * seats, DEALS_MOST)

    @property
    def visibilities(self) -> tuple[int, ...]:
        return (1, 3, 5, 7) if self.groups else (1, 3)

    @property
    def everyone(self) -> int:
        """The `visible_to` that means the whole company."""
        return self.visibilities[-1]


PLANS = {
    plan.name: plan
    for plan in (
        Plan("lite", 1, 20, 30, 2_500, groups=False),
        Plan("growth", 2, 40, 100, 5_000, groups=False),
        Plan("premium", 5, 100, 300, 15_000, groups=True),
        Plan("ultimate", 7, 120, 500, 20_000, groups=True),
    )
}
FORMER_NAMES = {
    "essential": "lite", "advanced": "growth", "professional": "premium", "power": "premium", "enterprise": "ultimate",
}  # fmt: skip
