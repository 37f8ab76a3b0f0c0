"""Who owns what: practitioners to users of the destination, by e-mail address, without regard to letter case.

An empty address matches nobody; a user who is inactive or missing leaves the practitioner unmatched. What is
unmatched is listed before anything moves, and the clinic names a fallback or leaves records unattributed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from gurney.destinations.protocol import User
from gurney.errors import GateRefused, Misused

UNASSIGNED = "unassigned"


@dataclass(frozen=True, slots=True)
class Practitioner:
    """One practitioner as far as ownership is concerned."""

    id: str
    name: str
    email: str
    active: bool
    user_active: bool
    reason: str
    """Why the source itself gives no usable address: '', no-user, user-gone, blank-email, user-inactive."""


@dataclass(slots=True)
class Resolution:
    """How every practitioner's records will be owned."""

    owners: dict[str, str | None] = field(default_factory=dict)
    """Practitioner id -> user id; None: nobody in particular (the vendor's default)."""
    matched: list[dict[str, str]] = field(default_factory=list)
    unmatched: list[dict[str, Any]] = field(default_factory=list)
    ambiguous: list[dict[str, Any]] = field(default_factory=list)
    """Addresses that several practitioners share; they own together, and names on the records tell them apart."""
    fallback: str = ""
    """'' while undecided, 'unassigned', or the fallback's address."""

    @property
    def is_complete(self) -> bool:
        return not self.unmatched or bool(self.fallback)

    def as_document(self) -> dict[str, Any]:
        return asdict(self)


def practitioners_of(records: Iterable[Mapping[str, Any]]) -> list[Practitioner]:
    """Practitioners from enriched source records."""
    return [
        Practitioner(
            id=record["id"],
            name=record["derived"].get("full_name") or record.get("label") or record["id"],
            email=(record["derived"].get("email") or "").strip(),
            active=bool(record.get("active")),
            user_active=bool(record["derived"].get("user_active")),
            reason=record["derived"].get("unmatched_reason") or "",
        )
        for record in records
    ]


def resolve(practitioners: Sequence[Practitioner], users: Sequence[User], fallback: str = "") -> Resolution:
    """Match by address. `fallback` is an address of an active user, 'unassigned', or '' (undecided).

    Raises Misused when the fallback is nobody's address.
    """
    fallback = fallback.strip()
    by_email = {_address(user): user for user in users if user.active and _address(user)}
    inactive = {_address(user) for user in users if not user.active and _address(user)}
    fallback_id = _fallback_id(fallback, by_email)
    resolution = Resolution(fallback=fallback)
    sharing: dict[str, list[str]] = defaultdict(list)
    for who in practitioners:
        user = by_email.get(who.email.casefold()) if who.email else None
        if user is not None:
            sharing[who.email.casefold()].append(who.id)
            resolution.owners[who.id] = user.id
            resolution.matched.append({"id": who.id, "name": who.name, "user": user.id, "email": user.email})
            continue
        resolution.owners[who.id] = fallback_id
        resolution.unmatched.append(
            {"id": who.id, "name": who.name, "active": who.active, "reason": _why(who, inactive)}
        )
    resolution.ambiguous = [{"practitioners": ids} for ids in sharing.values() if len(ids) > 1]
    return resolution


def require_complete(resolution: Mapping[str, Any], verb: str) -> None:
    """No record is loaded while an owner is undecided (OWN4)."""
    if resolution["unmatched"] and not resolution["fallback"]:
        count = len(resolution["unmatched"])
        raise GateRefused(
            f"`gurney {verb}` needs an owner for {count} practitioner{'s' if count > 1 else ''} without a user.",
            next_step="Create the users in the CRM, or: gurney plan --fallback-owner EMAIL (or: unassigned)",
        )


def _address(user: User) -> str:
    return user.email.strip().casefold()


def _fallback_id(fallback: str, by_email: Mapping[str, User]) -> str | None:
    if fallback in ("", UNASSIGNED):
        return None
    user = by_email.get(fallback.casefold())
    if user is None:
        raise Misused(
            "The fallback owner is no active user of the CRM.",
            next_step="Name the e-mail address of an active user, or: --fallback-owner unassigned",
        )
    return user.id


def _why(who: Practitioner, inactive: set[str]) -> str:
    if who.reason and not who.email:
        return who.reason
    if who.email.casefold() in inactive:
        return "user-inactive-at-destination"
    return "no-user-at-destination" if who.email else who.reason or "no-user"
