"""What the engine asks of a destination, and what a destination says about itself.

The engine never asks for a vendor's name: it asks for capabilities, hands over writes, and gets one outcome a
write. A destination never touches the ledger and never decides to send a create twice.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from gurney.records import File, Finding, Kind, Link, Outcome, ReadBack, Value, Write
from gurney.schema import FieldType, Provisioned, Schema, SchemaChange
from gurney.transport import Pacer

Expected = Mapping[str, Mapping[str, Value]]
OpenFile = Callable[[File], AsyncIterator[bytes]]
"""Streams a stored file's clear bytes."""


@dataclass(frozen=True, slots=True)
class Route:
    """One way to write records: by which call, how many records it takes, how many such calls at once."""

    name: str
    """'single' one record a call, 'batch' many with their outcomes in the answer, 'bulk' a job that is waited for."""
    batch_size: int
    """Most records that one `write` takes by this route."""
    in_flight: int
    """Most such calls worth having under way at once."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What this destination can do. One line of evidence for each stands in the vendor's limits.toml."""

    in_flight: int
    """Most `read` calls worth having under way at once."""
    read_size: int
    """Most records that one `read` takes."""
    deletes_schema: frozenset[str]
    """Which of {'object', 'field'} the API can remove again."""
    bin_days: int | None = None
    """How long a deleted record can be brought back at the vendor; None where it cannot."""
    bin_objects: frozenset[str] = frozenset()
    """The only objects whose deleted records go there; empty where those of all do."""
    lock_fields: Mapping[str, str] = field(default_factory=dict)
    """By object, the lookup whose target the vendor locks while a record is written: neighbours are sent together."""
    keyless_objects: frozenset[str] = frozenset()
    """Objects that cannot hold our key (notes, files): settled by listing their parent."""
    undeletable: frozenset[str] = frozenset()
    """Objects that no call deletes: they go out of sight with what they hang on, and a person is told."""
    file_object: str = ""
    note_object: str = ""
    user_object: str = ""
    owner_field: str = ""
    """The field that tells a record's owner, as a link."""
    creates_users: bool = False
    creates_fields: bool = True
    """Whether `provision` makes fields; else the administrator does, from the setup plan, and it verifies."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of the vendor that the mapping can run into. Source: the vendor's FACTS."""

    name: str
    value: int | None
    source: str
    sure: bool = True


@dataclass(frozen=True, slots=True)
class User:
    """A user of the destination who may own records."""

    id: str
    email: str
    name: str
    active: bool
    role: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """Which account of the vendor the credentials open."""

    id: str
    name: str
    edition: str
    time_zone: str
    user: User
    findings: tuple[Finding, ...] = ()
    limits: Mapping[str, Limit] = field(default_factory=dict)
    """By name: custom_fields_per_object, unique_fields_per_object, custom_objects, file_bytes, note_chars,
    note_title_chars, long_text_chars, daily_credits, concurrency ..."""
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spent:
    """What was used of the vendor's allowance by this process, for status and forecasts."""

    calls: int
    units: int
    """Credits or tokens, in the vendor's own unit."""
    unit: str
    remaining: int | None = None
    """What the vendor last said is left, or what we computed."""
    ceiling: int | None = None
    refused: int = 0
    """Answers 429."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What an amount of work costs: calls, the vendor's units, and what the rate allows at best."""

    calls: int
    units: int
    unit: str
    seconds: float


class TokenCache(Protocol):
    """Keeps an access token, and a refresh token that the vendor replaced, between commands; sealed at rest."""

    def load(self) -> dict[str, Any] | None: ...

    def save(self, token: Mapping[str, Any]) -> None: ...


class Destination(Protocol):
    """A CRM to write to. All methods may raise NotAuthorised, PausedForQuota and VendorError."""

    name: str
    capabilities: Capabilities
    pacer: Pacer
    """What the account has been asked so far, and what it may still be asked."""

    async def check(self) -> Account:
        """Credentials, scopes, edition, quotas, permissions, privacy settings. Read-only. Problems are findings."""

    async def describe(self, objects: Sequence[str]) -> Schema:
        """The live schema; an object that does not exist is left out."""

    async def users(self) -> list[User]:
        """All users, active or not."""

    async def create_user(self, email: str, first_name: str, last_name: str, role: str) -> User:
        """Invite a user. Only where capabilities.creates_users."""

    async def provision(self, changes: Sequence[SchemaChange], *, dry_run: bool = False) -> list[Provisioned]:
        """Make what is missing, in order; what exists and fits is 'existing'. With dry_run nothing is made."""

    async def unprovision(self, made: Sequence[Provisioned]) -> list[Provisioned]:
        """Take back what provision created, newest first; state 'deleted', 'by_hand' or 'failed'."""

    def routes(self, object: str) -> tuple[Route, ...]:
        """Every way in which records of an object can be written; the same records by each give the same result."""

    def route(self, object: str, kind: Kind, records: int) -> Route:
        """The cheapest of `routes` for what is still to be written of an object: calls, locks and latency judged."""

    async def write(self, batch: Sequence[Write], route: Route) -> list[Outcome]:
        """One outcome per write, in order: creates, updates and links of ONE object and kind.

        A record that the route cannot carry (a text too long for a bulk file) goes by another, unasked.
        A record's own fault is an outcome. A lost answer is Outcome.sent for each write it concerned.
        """

    async def settle(self, unknown: Sequence[Write]) -> list[Outcome | None]:
        """What became of writes whose answer was lost: a done outcome, or None where proven absent.

        A record that is there, but not yet all of it, is `Outcome.sent` with its id: it is looked at again, never sent.
        Where nothing can tell, the outcome is manual with `NOT_PROVABLE`.

        Never relies on a search index. For updates: done when the record holds the values, else None.
        """

    async def find(self, object: str, key_field: str, values: Sequence[str]) -> dict[str, str]:
        """Records that already hold our key: key value -> destination id."""

    async def read(
        self, object: str, ids: Sequence[str], fields: Sequence[str], *, expected: Expected | None = None
    ) -> dict[str, ReadBack]:
        """The records as they are, complete (no truncated text); missing ids are left out.

        `expected` says what they should hold, by id: a value that the vendor's own checksum proves need not be
        fetched. What the checksum does not prove is read.
        """

    async def read_children(self, parents: Sequence[Link], object: str) -> dict[str, list[ReadBack]]:
        """Notes or files by parent id. Fields: notes Note title and content; files name and size_bytes."""

    async def read_file(self, parent: Link, file_id: str) -> AsyncIterator[bytes]:
        """An attached file's bytes, to compare its checksum."""

    async def delete(
        self, object: str, ids: Sequence[str], *, parents: Mapping[str, Link] | None = None
    ) -> dict[str, str]:
        """Delete records: id -> '' when gone (also when it was gone already), else the vendor's words.

        An id whose answer was lost is left out, and may be asked for again.
        """

    async def children_of_others(self, object: str, ids: Sequence[str], ours: frozenset[str]) -> dict[str, list[str]]:
        """For each record the children that we did not create ('Notes/123'), which a delete would take along.

        `ours` names in the same way what we did create.
        """

    async def count(self, object: str) -> int:
        """How many records the object has now."""

    def comparable(self, object: str, field: str, type: FieldType, value: Value) -> Value:
        """The value as this vendor gives it back: rounding, trimming and zones that the vendor declares."""

    def cost(self, object: str, action: str, records: int) -> Cost:
        """Forecast for 'write', 'read', 'delete' of so many records, at the cheapest.

        Also 'prove' (reading records of which is known what they should hold), 'link' (what so many references of the
        object's records take where they are no fields), 'look' (what a verb asks of the account before it works with so
        many objects), 'download' (the bytes of so many files, to compare them; nothing where a
        checksum is told), 'find' (looking for records that are there already, before some are written: told, in how
        many lists of their own the vendor keeps them), 'guard' (whether anything of others hangs on so many records,
        before they are deleted), 'lag' (no calls, but the time until reading shows so many that were just written),
        'new_object', 'new_field' and 'new_option', and what removes them again: 'old_field',
        'old_option'.
        """

    def spent(self) -> Spent: ...

    async def close(self) -> None: ...
