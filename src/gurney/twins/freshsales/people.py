"""Users, their keys, and what they may see (FACTS 1, 10)."""

from __future__ import annotations

import random

from gurney.twins.freshsales.shelf import Row

ADMIN = "admin@example.com"
COLLEAGUE = "reception@example.com"
KEY_LENGTH = 22
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class People:
    """The account's users; each has one key, static until reset."""

    def __init__(self, seed: int, *, sees_all: bool) -> None:
        self.users: dict[int, Row] = {}
        self._random = random.Random(seed)
        self._sees_all = sees_all

    @property
    def admin(self) -> Row:
        return next(iter(self.users.values()))

    def add(self, id: int, email: str, *, admin: bool = False) -> Row:
        """One more user, with a key of the CRM and one of its chat, which opens nothing here."""
        name = " ".join(part.capitalize() for part in email.split("@")[0].replace("_", ".").split("."))
        user = {
            "id": id, "email": email, "display_name": name, "is_active": True, "admin": admin,
            "work_number": None, "mobile_number": None, "uuid": f"{id:018d}",
            "key": self.new_key(), "chat_key": self.new_key(),
        }  # fmt: skip
        self.users[id] = user
        return user

    def new_key(self) -> str:
        return "".join(self._random.choices(LETTERS, k=KEY_LENGTH))

    def by_key(self, key: str) -> Row | None:
        """The active user with this key."""
        return next((user for user in self.users.values() if user["key"] == key and user["is_active"]), None)

    def by_email(self, email: str) -> Row | None:
        return next((user for user in self.users.values() if user["email"] == email), None)

    def sees(self, user: Row, row: Row) -> bool:
        """Whether a record is visible: to admins all, to others their own and nobody's (setting visibility)."""
        return self._sees_all or user["admin"] or row.get("owner_id") in (None, user["id"])


def selector_row(user: Row) -> Row:
    """A user as the selector shows one."""
    return {name: user[name] for name in ("id", "display_name", "email", "is_active", "work_number", "mobile_number")}


def side_row(user: Row) -> Row:
    """A user beside other records."""
    return {
        "id": user["id"], "display_name": user["display_name"], "avatar": None, "type": "FdMultitenant::User",
        "is_active": user["is_active"], "work_number": user["work_number"], "mobile_number": user["mobile_number"],
        "email": user["email"], "uuid": user["uuid"],
    }  # fmt: skip
