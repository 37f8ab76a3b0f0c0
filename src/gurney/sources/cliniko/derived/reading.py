"""What derived facts are read from: the record, and related rows of the snapshot, fetched once for many records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol, TypeAlias, TypeVar

from gurney.sources.cliniko.links import link_id
from gurney.sources.cliniko.objects import is_put_away

Record: TypeAlias = Mapping[str, Any]
Facts: TypeAlias = dict[str, Any]
Tally: TypeAlias = dict[str, dict[str, tuple[int, str]]]
"""By parent, then by what its children refer to: how many children, and when the newest of them was made."""

SETTINGS = "settings"
"""Object and id of the account's own record."""
Made = TypeVar("Made")


class Related(Protocol):
    """Other records of the snapshot, as the source sent them."""

    def get(self, object: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Records by id; what is not there is left out."""

    def children(self, object: str, link_field: str, parent_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        """Records that refer to these parents by a relation, by parent."""

    def tally(
        self, object: str, link_field: str, parent_ids: Sequence[str], other: str, via: tuple[str, str] | None = None
    ) -> Tally:
        """What live records that refer to these parents refer to by the relation `other`, counted unopened.

        `via`, a relation and the object that it leads to: what those records refer to by `other`, instead.
        """

    def every(self, object: str) -> Iterable[dict[str, Any]]:
        """All records of an object. Slow: for facts that compare all of them, made `once`."""

    def once(self, name: str, make: Callable[[], Made]) -> Made:
        """What `make` gives, made at the first call and kept."""


Rule: TypeAlias = Callable[[Sequence[Record], Related, datetime], list[Facts]]


@dataclass(frozen=True, slots=True)
class Part:
    """Facts that are found together, and apart from the other facts of their object."""

    facts: frozenset[str]
    rule: Rule


@dataclass(frozen=True, slots=True)
class Need:
    """Related rows that the facts of an object are derived from."""

    object: str
    field: str
    """The relation that leads there; for children: their relation that leads here."""
    children: bool = False
    facts: frozenset[str] = frozenset()
    """Those that alone are made from it; none named: any may be."""


def linked(related: Related, object: str, records: Iterable[Record], field: str) -> dict[str, dict[str, Any]]:
    """The records that `field` of these records points to, by id."""
    ids = {id for record in records if (id := link_id(record, field)) is not None}
    return related.get(object, sorted(ids)) if ids else {}


def of(rows: Mapping[str, dict[str, Any]], record: Record, field: str) -> Record:
    """The one of `rows` that a relation points to; empty when there is none."""
    return rows.get(link_id(record, field) or "", {})


def bookings(related: Related, ids: Iterable[str]) -> dict[str, tuple[dict[str, Any], bool]]:
    """Appointments by booking id, and whether each is a class: both kinds share their numbers (FACTS 13.14)."""
    wanted = set(ids)
    if not wanted:
        return {}
    alone = related.get("individual_appointments", sorted(wanted))
    rest = sorted(wanted - alone.keys())
    classes = related.get("group_appointments", rest) if rest else {}
    return {id: (row, False) for id, row in alone.items()} | {id: (row, True) for id, row in classes.items()}


def live(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that nobody archived or deleted."""
    return [row for row in rows if not is_put_away(row)]


def full_name(record: Record) -> str | None:
    """First and last name, else what the source calls the record."""
    parts = [(record.get("first_name") or "").strip(), (record.get("last_name") or "").strip()]
    name = " ".join(part for part in parts if part)
    return name or record.get("label") or record.get("display_name") or None


def business_name(record: Record) -> str | None:
    return record.get("display_name") or record.get("business_name") or record.get("label") or None


def money(value: Any) -> Decimal:
    """An amount; Cliniko writes decimals as text, one of them as a number (FACTS 5). Nothing is zero."""
    try:
        return Decimal(str(value)) if value not in (None, "") else Decimal(0)
    except InvalidOperation:
        return Decimal(0)


def text(value: Any) -> str | None:
    """Text, or None where it is blank."""
    return value.strip() or None if isinstance(value, str) else None
