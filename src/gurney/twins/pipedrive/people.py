"""Users, their permission sets and their visibility groups (FACTS 2, 3.9, 11)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from gurney.twins.pipedrive import standard
from gurney.twins.pipedrive.shelf import Row
from gurney.twins.pipedrive.times import plain_of

if TYPE_CHECKING:
    from gurney.twins.pipedrive.world import World

ADMINISTRATOR = "admin@example.com"
RECEPTION = "reception@example.com"
DEFAULT_GROUP = "default"
FIRST_USER = 4_710


class Company:
    """Who works here and what they may do."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.id = 13_371_337
        self.name = "Harbour Clinic"
        self.domain = f"harbour-clinic-{world.secret(6)}"
        self.users: dict[int, Row] = {}
        self.sets = {(app, admin): self._set(app, admin) for app in standard.APPS for admin in (True, False)}
        self._rights: dict[int, set[str]] = {}
        self._groups: dict[int, str] = {}
        self.admin = self.add(ADMINISTRATOR, admin=True)
        for email in world.options.users:
            self.add(email, admin=False)

    def _set(self, app: str, admin: bool) -> dict[str, Any]:
        kind = "admin" if admin else "regular"
        name = f"{app.replace('_', ' ').capitalize()} {kind}" + ("" if admin else " user")
        return {"id": self._world.uuid(), "name": name, "description": name, "app": app, "type": kind}

    def add(self, email: str, *, admin: bool, activated: bool = True) -> Row:
        """One more user, active."""
        world = self._world
        id = FIRST_USER + world.next("users")
        now = plain_of(world.now())
        self.users[id] = {
            "id": id, "name": email.partition("@")[0].replace(".", " ").title(), "email": email,
            "default_currency": world.switches["currency"], "locale": "en_AU", "lang": 1, "phone": None,
            "activated": activated, "last_login": now, "created": now, "modified": now,
            "has_created_company": not self.users, "active_flag": True, "timezone_name": world.switches["time_zone"],
            "role_id": 1, "icon_url": None, "is_deleted": False, "is_admin": admin,
        }  # fmt: skip
        self._rights[id] = set(standard.PERMISSIONS if admin else standard.REGULAR)
        if admin or world.switches["contacts_deletable"] == "yes":
            self._rights[id].add(standard.DELETE_CONTACTS)
        return self.users[id]

    def by_email(self, email: str) -> Row | None:
        return next((user for user in self.users.values() if user["email"].lower() == email.lower()), None)

    def somebody_else(self) -> Row:
        """An active user who is not the administrator; the reception is hired if there is none."""
        for user in self.users.values():
            if not user["is_admin"] and user["active_flag"]:
                return user
        user = self.add(RECEPTION, admin=False)
        self._world.count_seats()
        return user

    def is_admin(self, user: Row) -> bool:
        return bool(user["is_admin"])

    def may(self, user: Row, permission: str) -> bool:
        """Whether the user's permission sets contain something."""
        return permission in self._rights[user["id"]]

    def set_right(self, user: Row, permission: str, *, on: bool) -> None:
        """Give or take a permission."""
        if on:
            self._rights[user["id"]].add(permission)
        else:
            self._rights[user["id"]].discard(permission)

    def permissions(self, user: Row) -> dict[str, bool]:
        """Every named permission of a user."""
        return {name: name in self._rights[user["id"]] for name in standard.PERMISSIONS}

    def group_of(self, user: Row) -> str:
        """The user's visibility group, as a path from the topmost one."""
        return self._groups.get(user["id"], DEFAULT_GROUP)

    def put_in_group(self, user: Row, path: str) -> None:
        """Move a user to a visibility group: "default/physio" is a sub-group of "default"."""
        self._groups[user["id"]] = path

    def set_of(self, user: Row, app: str) -> dict[str, Any]:
        return self.sets[app, bool(user["is_admin"])]

    def shown(self, user: Row, caller: Row) -> dict[str, Any]:
        """A user as the vendor shows one."""
        zone = ZoneInfo(user["timezone_name"])
        offset = datetime.fromtimestamp(self._world.clock.timestamp(), zone).strftime("%z")
        access = [
            {"app": app, "admin": user["is_admin"], "permission_set_id": self.set_of(user, app)["id"]}
            for app in standard.APPS
        ]
        return {
            **{key: value for key, value in user.items() if key != "is_admin"},
            "access": access,
            "timezone_offset": f"{offset[:3]}:{offset[3:5]}",
            "is_you": user["id"] == caller["id"],
        }

    def me(self, caller: Row) -> dict[str, Any]:
        """The caller, with the company."""
        return {
            **self.shown(caller, caller),
            "company_id": self.id,
            "company_name": self.name,
            "company_domain": self.domain,
            "company_country": "AU",
            "company_industry": "Health Care",
            "language": {"language_code": "en", "country_code": "AU"},
        }
