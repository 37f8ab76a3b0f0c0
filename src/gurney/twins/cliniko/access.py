"""Who asks, what their role lets them see, and how often they may ask (FACTS 2, 4)."""

from __future__ import annotations

import binascii
import math
import re
from base64 import b64decode
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from gurney.twins.cliniko.filters import linked_id
from gurney.twins.cliniko.refusals import Bodies, forbidden
from gurney.twins.cliniko.store import Record, Store
from gurney.twins.kit.clock import Clock
from gurney.twins.kit.wire import Answer, Request

ROLES = ("administrator", "power receptionist", "practitioner", "receptionist", "scheduler", "bookkeeper")
CALLS_PER_MINUTE = 200
SHARD = re.compile(r"-([A-Za-z0-9_]{2}\d{1,2})$")
NAMED_CLIENT = re.compile(r".*\S.*\([^()\s@]+@[^()\s@]+\.[^()\s@]+\).*")
"""A User-Agent of the form NAME (EMAIL)."""

FINANCIALS = frozenset({"invoices", "invoice_items"})
NOTES = frozenset({"treatment_notes"})
FORMS = frozenset({"patient_forms", "signatures"})
USERS = frozenset({"users"})
SETTINGS = frozenset({"settings"})
_STATED: dict[str, frozenset[str]] = {
    "administrator": frozenset(),
    "power receptionist": NOTES | USERS,
    "practitioner": USERS | SETTINGS,
    "receptionist": USERS | SETTINGS,
    "scheduler": FINANCIALS | NOTES | FORMS | USERS | SETTINGS,
    "bookkeeper": USERS | SETTINGS,
}
_LESSER: dict[str, frozenset[str]] = {"receptionist": NOTES, "bookkeeper": NOTES | FORMS}


@dataclass(frozen=True)
class Caller:
    """A user behind a key."""

    user: Record
    role: str
    practitioner: str | None
    unseen: frozenset[str]
    """Resources that the role does not see."""
    sees_archived_settings: bool
    own_notes_only: bool

    @property
    def id(self) -> str:
        return str(self.user["id"])


class Access:
    """Keys and callers of one account. Every role has a key; the administrator's is the account owner's."""

    def __init__(self, store: Store, owner: Record, switches: Mapping[str, str], seed: int) -> None:
        self._switches = switches
        self._bodies = Bodies(switches["error_bodies"])
        self.shard = switches["shard"]
        self.keys = {role: _key(seed, role) for role in ROLES}
        self._callers = {self.keys[role]: self._caller(store, owner, role) for role in ROLES}
        self._known: dict[str, Caller] = {}

    def key_for(self, role: str) -> str:
        """The whole key, shard suffix included."""
        return f"{self.keys[role]}-{self.shard}"

    def identify(self, request: Request) -> Answer | None:
        """Set the request's caller; the refusal when there is none."""
        header = request.headers.get("authorization", "")
        caller = self._known.get(header) or self._caller_of(header)
        if caller is None:
            return self._bodies.unauthorized()
        self._known[header] = caller
        request.caller = caller
        return None

    def blocked(self, request: Request) -> Answer | None:
        """The refusal of a client that does not name itself, when the vendor is strict."""
        if self._switches["user_agent"] == "strict" and not is_named(request):
            return forbidden()
        return None

    def _caller_of(self, header: str) -> Caller | None:
        scheme, _, coded = header.partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            key, _, password = b64decode(coded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        suffix = SHARD.search(key)
        if suffix and suffix[1] != self.shard and self._switches["wrong_shard"] == "401":
            return None
        return self._callers.get(key[: suffix.start()] if suffix else key) if not password else None

    def _caller(self, store: Store, owner: Record, role: str) -> Caller:
        user = owner if role == "administrator" else _user_with(store, role) or {**owner, "role": role}
        unseen = _STATED[role]
        if self._switches["lesser_roles"] == "restricted":
            unseen |= _LESSER.get(role, frozenset())
        practises = role == "practitioner"
        if practises and self._switches["no_financials"] == "yes":
            unseen |= FINANCIALS
        return Caller(
            user,
            role,
            _practitioner_of(store, user["id"]),
            unseen,
            sees_archived_settings=role in ("administrator", "power receptionist"),
            own_notes_only=practises and self._switches["own_notes_only"] == "yes",
        )


def is_named(request: Request) -> bool:
    """Whether the client names itself and an e-mail address."""
    return bool(NAMED_CLIENT.fullmatch(request.headers.get("user-agent", "")))


class RateLimit:
    """So many calls a minute per user; a fixed minute begins with the first call in it."""

    def __init__(self, clock: Clock, switches: Mapping[str, str]) -> None:
        self._clock = clock
        self._sliding = switches["rate_window"] == "sliding"
        self._retry_after = switches["retry_after"] == "yes"
        self._bodies = Bodies(switches["error_bodies"])
        self._calls: dict[str, deque[float]] = {}

    def count(self, user: str) -> Answer | None:
        """Count a call in, or refuse it."""
        now = self._clock.timestamp()
        calls = self._calls.setdefault(user, deque())
        self._forget(calls, now)
        if len(calls) < CALLS_PER_MINUTE:
            calls.append(now)
            return None
        reset = math.ceil(calls[0] + 60)
        return self._bodies.rate_limited(reset, max(1, math.ceil(reset - now)) if self._retry_after else None)

    def clear(self) -> None:
        """Nobody has called yet."""
        self._calls.clear()

    def _forget(self, calls: deque[float], now: float) -> None:
        while calls and calls[0] <= now - 60:
            if not self._sliding:
                calls.clear()
            else:
                calls.popleft()


def _key(seed: int, role: str) -> str:
    return "MS0x" + sha256(f"twin {seed} {role}".encode()).hexdigest()[:28]


def _user_with(store: Store, role: str) -> Record | None:
    """The first active user with a role; for practitioners one who also has a practitioner record."""
    for row in store.tables["users"].ordered("created_at"):
        user = row.record()
        if user.get("role") != role or not user.get("active"):
            continue
        if role != "practitioner" or _practitioner_of(store, user["id"]):
            return user
    return None


def _practitioner_of(store: Store, user: str) -> str | None:
    for row in store.tables["practitioners"].ordered("created_at"):
        practitioner = row.record()
        if linked_id(practitioner.get("user")) == int(user):
            return row.id
    return None
