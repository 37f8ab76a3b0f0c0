"""How many calls go to a vendor at once: more while that makes it faster, fewer after it refused some.

The rate is the ceiling where there is one: as long as it holds calls back, more of them at once gain nothing. Where
answers are slow, calls wait for a place instead; then places are added as long as more answers come for it. When they
do not, the vendor answers no faster, and the places go back.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

GROWTH = 4
"""A fourth is added at a time, one at least."""
GAIN = 0.4
"""So much of what was hoped for must come true for added places to stay."""
ROUND = 3
"""Answers a place before it is judged how fast they come."""
REST = 10
"""Rounds after an attempt that gained nothing."""
FALL = 0.7
"""What remains after a refusal."""
FULL = 0.8
"""Of a round's calls so many must have waited for a place: then places are what is short."""
HELD = 0.1
"""Of a round's time so much held back by the rate: then the rate is what is short."""


@dataclass(slots=True)
class Round:
    """A few answers a place, and what their calls had waited for."""

    began: float = 0.0
    answers: int = 0
    waited: int = 0
    held_s: float = 0.0
    took_s: float = 0.0


class Places:
    """Places of one event loop. They begin with `usual`, fall to one at least, and rise to `most` at best."""

    def __init__(self, usual: int, most: int) -> None:
        self.usual, self.most, self.now = usual, max(usual, most), usual
        self._free = asyncio.Semaphore(usual)
        self._owed = 0
        """Places to take away as calls give them back."""
        self._before: tuple[int, float] | None = None
        """Places and answers a second before the last attempt."""
        self._rest = 0
        self._round = Round()

    async def take(self) -> bool:
        """Wait for a place; whether one had to be waited for."""
        waited = self._free.locked()
        await self._free.acquire()
        return waited

    def leave(self) -> None:
        """Give a place back."""
        if self._owed:
            self._owed -= 1
        else:
            self._free.release()

    def refused(self) -> None:
        """The vendor answered that calls come too fast."""
        self._set(max(1, int(self.now * FALL)))
        self._before, self._rest, self._round = None, REST, Round()

    def answered(self, now: float, *, waited: bool, held_s: float, took_s: float) -> None:
        """A call is over; it had waited for its place, then the rate held it back for so long, then it took so long."""
        round = self._round
        round.answers += 1
        round.waited += waited
        round.held_s += held_s
        round.took_s += took_s
        if round.answers == 1:
            round.began = now
        elif round.answers > ROUND * self.now:
            self._round = Round()
            self._judge(round, (round.answers - 1) / max(1e-9, now - round.began))

    def _judge(self, round: Round, a_second: float) -> None:
        before, self._before = self._before, None
        if round.held_s > HELD * (round.held_s + round.took_s):
            return  # the ceiling is reached
        if before is not None and a_second < before[1] * (1 + GAIN * (self.now / before[0] - 1)):
            self._rest = REST
            self._set(before[0])
        elif round.waited < FULL * round.answers or self.now >= self.most:
            return
        elif self.now < self.usual:
            self._set(self._more())
        elif self._rest:
            self._rest -= 1
        else:
            self._before = (self.now, a_second)
            self._set(self._more())

    def _more(self) -> int:
        return min(self.most, self.now + max(1, self.now // GROWTH))

    def _set(self, places: int) -> None:
        more, self.now = places - self.now, places
        for _ in range(more):
            if self._owed:
                self._owed -= 1
            else:
                self._free.release()
        self._owed += max(0, -more)
