"""What this process knows of its creations whose answer did not come, and of the names that are taken (FACTS 0.5, 7).

It makes settling cheap: what was never sent need not be looked for, and views need not be waited for that have long
caught up. And it spares refusals: who else has an address or a name is known before it is sent.
"""

from __future__ import annotations

from collections import defaultdict

from gurney.records import OperationKey


class Sendings:
    """Creations under way, by operation."""

    def __init__(self) -> None:
        self._sent: set[OperationKey] = set()
        self._jobs: dict[OperationKey, str] = {}
        self._unsent: set[OperationKey] = set()

    def leaves(self, key: OperationKey) -> None:
        """A creation is about to be sent."""
        self._sent.add(key)
        self._unsent.discard(key)

    def went_with(self, key: OperationKey, job: str) -> None:
        """It is part of a job that was taken."""
        self._jobs[key] = job

    def job(self, key: OperationKey) -> str:
        """The job that it is part of, as far as that is known."""
        return self._jobs.get(key, "")

    def was_not_sent(self, key: OperationKey) -> None:
        """It stopped before it left: it cannot have taken effect."""
        self._unsent.add(key)

    def forget(self, key: OperationKey) -> None:
        """It has an outcome."""
        self._jobs.pop(key, None)
        self._sent.discard(key)
        self._unsent.discard(key)

    def is_unsent(self, key: OperationKey) -> bool:
        return key in self._unsent

    def is_ours(self, key: OperationKey) -> bool:
        """Whether this process sent it, so that it knows when."""
        return key in self._sent


class Taken:
    """Values that only one record may have: e-mail addresses of contacts, names of accounts (FACTS 0.5).

    A record is known by its id, or by our key while it has none.
    """

    def __init__(self) -> None:
        self._by: dict[str, dict[str, str]] = defaultdict(dict)

    def take(self, object: str, value: str, who: str) -> None:
        self._by[object].setdefault(value.casefold(), who)

    def by_others(self, object: str, value: str, *own: str) -> bool:
        """Whether a record that is not one of `own` has it."""
        return self._by[object].get(value.casefold(), own[0]) not in own

    def forget(self, object: str) -> None:
        self._by.pop(object, None)
