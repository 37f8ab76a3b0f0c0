"""Who has which e-mail and phone in a sub-account: what makes a contact a duplicate (FACTS 0.1, 4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

Row = dict[str, Any]


def emails_of(row: Row) -> Iterator[str]:
    """The first e-mail and the additional ones, comparable."""
    if row.get("email"):
        yield row["email"].casefold()
    for one in row.get("additionalEmails", ()):
        yield one["email"].casefold()


def phones_of(row: Row) -> Iterator[str]:
    if row.get("phone"):
        yield row["phone"]
    for one in row.get("additionalPhones", ()):
        yield one["phone"]


READ = {"email": emails_of, "phone": phones_of}


class Directory:
    """E-mails and phones with the contacts that have them, oldest first."""

    def __init__(self, order: Iterable[str]) -> None:
        self.order = list(order)
        self._bearers: dict[str, dict[str, dict[str, None]]] = {"email": {}, "phone": {}}

    def enter(self, row: Row) -> None:
        for name, read in READ.items():
            for value in read(row):
                self._bearers[name].setdefault(value, {})[row["id"]] = None

    def strike(self, row: Row) -> None:
        for name, read in READ.items():
            for value in read(row):
                bearers = self._bearers[name]
                if value in bearers:
                    bearers[value].pop(row["id"], None)
                    if not bearers[value]:
                        del bearers[value]

    def bearer(self, name: str, value: str | None, but: str | None = None) -> str | None:
        """The first contact with an e-mail or phone."""
        if not value:
            return None
        wanted = value.casefold() if name == "email" else value
        return next((id for id in self._bearers[name].get(wanted, ()) if id != but), None)

    def bearers(self, name: str, value: str) -> list[str]:
        """All contacts with a comparable e-mail or phone, oldest first."""
        return list(self._bearers[name].get(value, ()))

    def match(self, values: Row, but: str | None = None) -> tuple[str, str] | None:
        """The contact that values belong to already, and by which field: the first of the preferences that matches."""
        for name in self.order:
            id = self.bearer(name, values.get(name), but)
            if id is not None:
                return id, name
        return None
