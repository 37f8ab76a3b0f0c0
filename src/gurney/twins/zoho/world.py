"""One made-up organisation: its users, modules, records, files, bin and quotas."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from gurney.twins.kit.clock import Clock
from gurney.twins.kit.options import BadOption, TwinOptions
from gurney.twins.kit.tables import Row, Table
from gurney.twins.zoho import standard
from gurney.twins.zoho.bin import Bin
from gurney.twins.zoho.credits import Credits
from gurney.twins.zoho.editions import EDITIONS, Edition
from gurney.twins.zoho.refusals import no_module
from gurney.twins.zoho.rules import RULES
from gurney.twins.zoho.schema import Field, Module
from gurney.twins.zoho.tokens import Tokens

ADMINISTRATOR = "admin@example.com"
ORG_PREFIX = "5725767"
FIRST_NUMBER = 411_000


@dataclass
class StoredFile:
    """A file in the vendor's store; the digest is worked out when somebody asks."""

    name: str
    content: bytes
    content_type: str = "application/octet-stream"
    created_time: int = 0

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass
class Page:
    """What a page token remembers."""

    user: str
    bound_to: str
    after: tuple[Any, str]
    served: int
    expires: int


@dataclass
class Person:
    """Profile or role."""

    id: str
    name: str


@dataclass
class World:
    """The state of the organisation. `fill` makes it; nothing is shared between two."""

    options: TwinOptions
    clock: Clock
    edition: Edition = field(init=False)
    switches: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        name = self.options.edition or "enterprise"
        if name not in EDITIONS:
            raise BadOption(f"no edition {name!r}; there are {', '.join(EDITIONS)}")
        self.edition = EDITIONS[name]
        self.switches = RULES.switches(self.options.switches)
        if self.switches["time_zone"] not in available_timezones():
            raise BadOption(f"no time zone {self.switches['time_zone']!r}")
        self.fill()

    def fill(self) -> None:
        """The organisation as it is on its first day."""
        self._number = FIRST_NUMBER
        self.random = random.Random(self.options.seed)
        self.zgid = "808232144"
        self.zone_name = self.switches["time_zone"]
        self.org_id = self.new_id()
        self.profiles = [Person(self.new_id(), "Administrator"), Person(self.new_id(), "Standard")]
        self.roles = [Person(self.new_id(), "CEO"), Person(self.new_id(), "Manager")]
        self.modules: dict[str, Module] = standard.build(self.new_id)
        for module in self.modules.values():
            module.profiles = [profile.id for profile in self.profiles]
        self.users = Table(unique=["email"])
        self.admin = self.add_user(ADMINISTRATOR, "Admin", self.profiles[0], self.roles[0])
        for email in dict.fromkeys(self.options.users):
            if email.casefold() == ADMINISTRATOR:
                continue  # is always there
            self.add_user(email, email.partition("@")[0], self.profiles[1], self.roles[1])
        self.licences = max(int(self.switches["licences"]), len(self.users))
        self.files: dict[str, StoredFile] = {}
        self.uploads: dict[str, StoredFile] = {}
        self.contents: dict[str, StoredFile] = {}
        self.global_picklists: dict[str, dict[str, Any]] = {}
        self.bin = Bin()
        self.jobs: dict[str, Any] = {}
        self.pages: dict[str, Page] = {}
        self.downloads: list[int] = []
        self.health_mode = self.switches["hipaa"]
        self.undo: list[Callable[[], object]] | None = None
        self.credits = Credits(self.edition, self.licences, unlimited=self.options.unlimited)
        self.tokens = Tokens(self)
        self.created = self.now()

    # Identity and time

    def new_id(self) -> str:
        """The next id: decimal, 19 digits, with the organisation's prefix."""
        self._number += 1
        return f"{ORG_PREFIX}{self._number:012d}"

    def now(self) -> int:
        """Vendor time in whole seconds."""
        return int(self.clock.timestamp())

    def secret(self, length: int = 32) -> str:
        """Hexadecimal noise, the same for the same seed."""
        return f"{self.random.getrandbits(length * 4):0{length}x}"

    # People

    def add_user(self, email: str, name: str, profile: Person, role: Person, *, confirmed: bool = True) -> Row:
        """One more user, active."""
        first, _, last = name.replace(".", " ").title().rpartition(" ")
        row = {
            "id": self.new_id(),
            "email": email,
            "first_name": first or None,
            "last_name": last,
            "profile": profile.id,
            "role": role.id,
            "status": "active",
            "confirm": confirmed,
            "zuid": str(808_233_000 + len(self.users)),
            "time_zone": self.zone_name,
            "created_time": self.now(),
            "modified_time": self.now(),
        }
        return self.users.add(row)

    def user_named(self, id: str) -> dict[str, str]:
        """`{"name", "id"}` of a user."""
        user = self.users.get(id)
        return {"name": full_name(user) if user else "", "id": id}

    def owner_shown(self, id: str) -> dict[str, str]:
        """`{"name", "id", "email"}` of a user."""
        user = self.users.get(id)
        return {"name": full_name(user) if user else "", "id": id, "email": user["email"] if user else ""}

    def may_own(self, id: str) -> bool:
        """Whether records may be given to the user (rule zoho.owner-active)."""
        user = self.users.get(id)
        if user is None or user["status"] != "active":
            return False
        return bool(user["confirm"]) or self.switches["unconfirmed_owner"] == "accept"

    def is_admin(self, user: Row) -> bool:
        return bool(user["profile"] == self.profiles[0].id)

    def zone_of(self, user: Row) -> ZoneInfo:
        return ZoneInfo(user["time_zone"])

    # Modules and records

    def module(self, name: str, index: int = 0) -> Module:
        """A module by its api_name. Raises Refused."""
        found = self.modules.get(name)
        if found is None:
            raise no_module(index)
        return found

    def module_of(self, id: str) -> Module | None:
        """The module that a record belongs to: ids are unique in the organisation."""
        return next((module for module in self.modules.values() if id in module.table), None)

    def name_of(self, module: Module, row: Row) -> str | None:
        """What a record is called in lookups and lists."""
        if module.display == "Full_Name":
            return person_name(row, salutation=False)
        value = row.get(module.display)
        return None if value is None else str(value)

    def field_by_id(self, module: Module, id: str) -> Field | None:
        return next((f for f in module.fields.values() if f.id == id), None)

    def remember(self, undo: Callable[[], object]) -> None:
        """How to take the last effect back, while a composite request with rollback runs."""
        if self.undo is not None:
            self.undo.append(undo)

    def parents(self) -> Iterator[Module]:
        """Modules whose records have notes and attachments."""
        return (m for m in self.modules.values() if m.api_name not in ("Notes", "Attachments"))


def full_name(user: Row) -> str:
    """First and last name of a user."""
    return " ".join(part for part in (user["first_name"], user["last_name"]) if part)


def person_name(row: Row, *, salutation: bool = True) -> str:
    """Full_Name of a lead or contact (rule zoho.full-name)."""
    parts = [row.get("Salutation") if salutation else None, row.get("First_Name"), row.get("Last_Name")]
    return " ".join(part for part in parts if part)
