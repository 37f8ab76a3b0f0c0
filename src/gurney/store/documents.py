"""Named documents that one stage leaves for the next, and approvals of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text

from gurney.runtime import Runtime
from gurney.store.database import Database, executed
from gurney.store.sealing import NoSeal, Seal
from gurney.store.snapshot import now_text

_PUT = text(
    "INSERT INTO document (name, sealed, digest, body, at) VALUES (:name, :sealed, :digest, :body, :at)"
    " ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed, digest = excluded.digest, body = excluded.body,"
    " at = excluded.at"
)
_GET = text("SELECT sealed, body FROM document WHERE name = :name")
_DIGEST = text("SELECT digest FROM document WHERE name = :name")
_APPROVE = text(
    "INSERT INTO approval (gate, person, at, digest) VALUES (:gate, :person, :at, :digest)"
    " ON CONFLICT (gate) DO UPDATE SET person = excluded.person, at = excluded.at, digest = excluded.digest"
)
_APPROVAL = text("SELECT person, at, digest FROM approval WHERE gate = :gate")


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approved which state of a document, and when."""

    by: str
    at: datetime
    digest: str


class Documents:
    """JSON documents by name. One that holds a record's value must be sealed."""

    def __init__(self, database: Database, seal: Seal | NoSeal, runtime: Runtime) -> None:
        self._database = database
        self._seal = seal
        self._runtime = runtime
        self._base: Documents | None = None
        self._is_own: Callable[[str], bool] = bool

    def over(self, base: Documents, is_own: Callable[[str], bool]) -> Documents:
        """These documents, and `base`'s where `is_own` says that a name is shared. Approvals are `base`'s."""
        layered = Documents(self._database, self._seal, self._runtime)
        layered._base, layered._is_own = base, is_own
        return layered

    def put(self, name: str, document: Mapping[str, Any], *, sealed: bool) -> str:
        """Keep a document in place of an earlier one; returns its digest."""
        clear = orjson.dumps(dict(document), option=orjson.OPT_SORT_KEYS)
        digest = hashlib.sha256(clear).hexdigest()
        body = self._seal.seal(clear, f"document/{name}") if sealed else clear
        at = now_text(self._runtime.clock.now())
        with self._database.transaction() as connection:
            executed(connection, _PUT, {"name": name, "sealed": int(sealed), "digest": digest, "body": body, "at": at})
        return digest

    def get(self, name: str) -> dict[str, Any] | None:
        """A document; None when there is none."""
        row = self._database.one(_GET, {"name": name})
        if row is None:
            return self._base.get(name) if self._base and not self._is_own(name) else None
        clear = self._seal.open(row[1], f"document/{name}") if row[0] else bytes(row[1])
        document: dict[str, Any] = orjson.loads(clear)
        return document

    def digest(self, name: str) -> str:
        """SHA-256 of a document's content; '' when there is none."""
        row = self._database.one(_DIGEST, {"name": name})
        if row is None:
            return self._base.digest(name) if self._base and not self._is_own(name) else ""
        return str(row[0])

    def approve(self, gate: str, by: str, digest: str) -> Approval:
        """Record an approval; a later one takes its place."""
        if self._base is not None:
            return self._base.approve(gate, by, digest)
        approval = Approval(by, self._runtime.clock.now(), digest)
        with self._database.transaction() as connection:
            connection.execute(_APPROVE, {"gate": gate, "person": by, "at": now_text(approval.at), "digest": digest})
        return approval

    def approval(self, gate: str) -> Approval | None:
        if self._base is not None:
            return self._base.approval(gate)
        row = self._database.one(_APPROVAL, {"gate": gate})
        return Approval(row[0], datetime.fromisoformat(row[1]), row[2]) if row else None
