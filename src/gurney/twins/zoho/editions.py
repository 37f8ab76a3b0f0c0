"""What an edition allows (FACTS 0.7, 11)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition's figures."""

    name: str
    custom_fields: int
    """Per module."""
    custom_modules: int
    credits_base: int
    credits_per_user: int
    credits_most: int | None
    concurrency: int

    def credits(self, users: int) -> int:
        """Credits per rolling 24 hours."""
        earned = self.credits_base + self.credits_per_user * users
        return earned if self.credits_most is None else min(earned, self.credits_most)


EDITIONS = {
    edition.name: edition
    for edition in (
        Edition("free", 0, 0, 5_000, 0, 5_000, 5),
        Edition("standard", 10, 10, 50_000, 250, 100_000, 10),
        Edition("professional", 155, 25, 50_000, 500, 3_000_000, 15),
        Edition("enterprise", 300, 200, 50_000, 1_000, 5_000_000, 20),
        Edition("ultimate", 500, 500, 50_000, 2_000, None, 25),
    )
}
ORDER = list(EDITIONS)
