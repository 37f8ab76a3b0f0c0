"""Practitioners and the users behind them: who can own records at the destination, and who cannot."""

from __future__ import annotations

from collections import defaultdict

from gurney.migration.quality.links import link_id
from gurney.migration.quality.tally import Tally
from gurney.records import SourceRecord


class Staff:
    """All of them: they are few."""

    def __init__(self, found: Tally) -> None:
        self._found = found
        self._users: dict[str, tuple[str, bool]] = {}
        self._practitioners: list[tuple[str, str, bool]] = []
        self.inactive: set[str] = set()

    def user(self, user: SourceRecord) -> None:
        active = bool(user.get("active", True)) and bool(user.get("user_active", True))
        self._users[user["id"]] = ((user.get("email") or "").strip().casefold(), active)

    def practitioner(self, practitioner: SourceRecord) -> None:
        active = bool(practitioner.get("active", True))
        self._practitioners.append((practitioner["id"], link_id(practitioner.get("user")) or "", active))
        if not active:
            self.inactive.add(practitioner["id"])

    def finish(self) -> None:
        by_email: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for id, user_id, active in self._practitioners:
            email, user_active = self._users.get(user_id, ("", False))
            code = self._trouble(user_id, email, active and not user_active)
            if code:
                self._found.add(code, "practitioners", id)
            if email:
                by_email[email][user_id].append(id)
        for users in by_email.values():
            ids = [id for same in users.values() for id in same]
            for id in ids if len(ids) > 1 else ():
                self._found.add("same-user" if len(users) == 1 else "shared-user-email", "practitioners", id)

    def _trouble(self, user_id: str, email: str, left: bool) -> str:
        if not user_id:
            return "no-user"
        if user_id not in self._users:
            return "user-gone" if self._users else ""
        return "user-without-email" if not email else "user-inactive" if left else ""
