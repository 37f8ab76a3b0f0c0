"""Row locks: who writes a row locks it and its parents, and two requests at a time cannot both (FACTS 0.2, 12).

The twin does one request after the other. Two requests overlap when one came in before the other was through;
then the one whose turn comes later finds the rows locked (rule salesforce.row-locks).
"""

from __future__ import annotations

from collections.abc import Iterable

from gurney.twins.salesforce.refusals import Refused

LONG_S = 20


class Locks:
    """Which request wrote under which ids, while others were in flight."""

    def __init__(self) -> None:
        self._number = 0
        self._open: dict[int, float] = {}
        self._taken: dict[str, tuple[int, int]] = {}
        self._forced: set[int] = set()

    @property
    def contended(self) -> bool:
        """Whether anybody else is in flight; if not, locks need no thought."""
        return len(self._open) > 1 or bool(self._taken) or bool(self._forced)

    def enter(self, now: float) -> int:
        """A request comes in; its ticket."""
        self._number += 1
        self._open[self._number] = now
        return self._number

    def long_ones(self, now: float) -> int:
        """How many requests in flight take 20 s and more already (FACTS 12)."""
        return sum(now - since >= LONG_S for since in self._open.values())

    def force(self, ticket: int) -> None:
        """Let a request find everything locked (fault `lock_rows`)."""
        self._forced.add(ticket)

    def leave(self, ticket: int) -> None:
        """A request is through."""
        self._open.pop(ticket, None)
        self._forced.discard(ticket)
        if not self._open:
            self._taken.clear()

    def take(self, ticket: int, ids: Iterable[str]) -> None:
        """Lock rows. Raises Refused when a request locked one that is in flight since before; takes none then."""
        wanted = list(ids)
        if ticket in self._forced and wanted:
            raise locked(wanted[0])
        for id in wanted:
            holder, at = self._taken.get(id, (ticket, 0))
            if holder != ticket and at > ticket:
                raise locked(id)
        self._number += 1
        for id in wanted:
            self._taken[id] = (ticket, self._number)


def locked(id: str) -> Refused:
    words = f"unable to obtain exclusive access to this record or 1 records: {id}"
    return Refused("UNABLE_TO_LOCK_ROW", words, [])
