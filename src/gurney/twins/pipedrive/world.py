"""One made-up company: its users, fields, records, files and limits."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from gurney.twins.kit.attic import Attic, Stored
from gurney.twins.kit.clock import Clock
from gurney.twins.kit.options import BadOption, TwinOptions
from gurney.twins.pipedrive import standard
from gurney.twins.pipedrive.budget import Budget
from gurney.twins.pipedrive.checks import Check
from gurney.twins.pipedrive.history import History
from gurney.twins.pipedrive.people import Company
from gurney.twins.pipedrive.plans import FORMER_NAMES, PLANS, Plan
from gurney.twins.pipedrive.rules import RULES
from gurney.twins.pipedrive.schema import Schema
from gurney.twins.pipedrive.shelf import Row, Shelf
from gurney.twins.pipedrive.times import zulu
from gurney.twins.pipedrive.tokens import Tokens

PURGE_AFTER_S = 30 * 86_400
GROUPS = {
    "persons": ("org_id",),
    "organizations": (),
    "deals": ("person_id", "org_id"),
    "products": (),
    "activities": ("person_id", "org_id", "deal_id", "lead_id"),
    "leads": ("person_id", "organization_id"),
    "notes": ("person_id", "org_id", "deal_id", "lead_id"),
    "files": ("person_id", "org_id", "deal_id", "lead_id", "product_id", "activity_id"),
    "dealProducts": ("deal_id",),
    "filters": (),
}
ZONES = ("reset_time_zone", "time_zone")


@dataclass
class World:
    """The state of the company. `fill` makes it; nothing is shared between two."""

    options: TwinOptions
    clock: Clock
    plan: Plan = field(init=False)
    switches: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        name = (self.options.edition or "growth").lower()
        name = FORMER_NAMES.get(name, name)
        if name not in PLANS:
            raise BadOption(f"no edition {name!r}; there are {', '.join(PLANS)}")
        self.plan = PLANS[name]
        self.switches = RULES.switches(self.options.switches)
        for switch in ZONES:
            if self.switches[switch] not in available_timezones():
                raise BadOption(f"switch {switch}: no time zone {self.switches[switch]!r}")
        for rule in RULES:
            if rule.switch and (rule.default or "").isdecimal() and not self.switches[rule.switch].isdecimal():
                raise BadOption(f"switch {rule.switch}: {self.switches[rule.switch]!r} is no number")
        self.fill()

    def fill(self) -> None:
        """The company as it is on its first day."""
        self.random = random.Random(self.options.seed)
        self._numbers: dict[str, int] = {}
        now = self.now()
        self.first_day = now
        self.currencies = {row[0]: row for row in standard.CURRENCIES}
        if self.switches["currency"] not in self.currencies:
            raise BadOption(f"switch currency: there are {', '.join(self.currencies)}")
        self.schemas: dict[str, Schema] = standard.schemas(lambda: self.next("field"), lambda: self.next("option"), now)
        self.shelves = {name: Shelf(groups) for name, groups in GROUPS.items()}
        self.checks: dict[Any, dict[str, Check]] = {}
        self.activity_types: dict[int, Row] = {}
        for order, name in enumerate(standard.ACTIVITY_TYPES, 1):
            made = standard.activity_type(self.next("activityTypes"), order, name, name.lower(), now)
            self.activity_types[made["id"]] = made
        self.lead_labels = [self._lead_label(name, colour) for name, colour in standard.LEAD_LABELS]
        self.attic = Attic()
        self.contents: dict[int, Stored] = {}
        self.history = History()
        self.invitations: list[dict[str, Any]] = []
        self.leaked_tokens = 0
        self.bin: deque[tuple[float, str, Any]] = deque()
        self.born: deque[tuple[float, str, Any]] = deque()
        self.budget = Budget(self.plan, self.switches, unlimited=self.options.unlimited)
        self.company = Company(self)
        self.users = self.company.users
        self.tokens = Tokens(self)
        self.count_seats()

    def _lead_label(self, name: str, colour: str) -> dict[str, Any]:
        now = self.now()[:19] + ".000Z"
        return {"id": self.uuid(), "name": name, "color": colour, "add_time": now, "update_time": now}

    # Identity and time

    def next(self, sequence: str) -> int:
        """The next number of a sequence; options of all fields share one (FACTS 14)."""
        number = self._numbers.get(sequence, 0) + 1
        self._numbers[sequence] = number
        return number

    def now(self) -> str:
        """Vendor time as v2 writes it."""
        return zulu(int(self.clock.timestamp()))

    def secret(self, length: int = 40) -> str:
        """Hexadecimal noise, the same for the same seed."""
        return f"{self.random.getrandbits(length * 4):0{length}x}"

    def uuid(self) -> str:
        """A version 4 identifier, the same for the same seed."""
        return str(UUID(int=self.random.getrandbits(128), version=4))

    # Users and what they see

    @property
    def admin(self) -> Row:
        return self.company.admin

    def count_seats(self) -> None:
        """Every active user has a seat; the pool of tokens follows."""
        at_once = self.switches["invited_seat"] == "yes"
        active = sum(user["active_flag"] and (at_once or user["activated"]) for user in self.users.values())
        self.budget.seats = max(int(self.switches["seats"]), active)

    def default_visibility(self) -> int:
        """What a record without `visible_to` gets."""
        return self.plan.everyone if self.switches["default_visibility"] == "company" else 1

    def sees(self, user: Row, row: Row | None) -> bool:
        """Whether a user may see a record, by its visibility and owner (FACTS 3.3)."""
        if row is None:
            return False
        level = row.get("visible_to")
        if level is None or level == self.plan.everyone or self.company.is_admin(user):
            return True
        owner = self.users.get(row["owner_id"])
        if owner is None or owner["id"] == user["id"]:
            return True
        mine, theirs = self.company.group_of(user), self.company.group_of(owner)
        if level == 3:
            return mine == theirs
        return level == 5 and (mine == theirs or mine.startswith(theirs + "/"))

    # Life and death

    def bear(self, name: str, row: Row) -> Row:
        """Take a new record."""
        self.shelves[name].add(row)
        if self.switches["list_lag_s"] != "0":
            self.born.append((self.clock.timestamp(), name, row["id"]))
        self.history.indexed(name, row["id"], None, self.clock.timestamp())
        return row

    def alter(self, name: str, id: Any, values: Row) -> Row:
        """Change a record; the search index hears of it later."""
        shelf = self.shelves[name]
        self.history.indexed(name, id, shelf.rows[id], self.clock.timestamp())
        return shelf.change(id, values)

    def bury(self, name: str, id: Any) -> None:
        """Set a record aside, to be purged after 30 days."""
        row = self.shelves[name].remove(id)
        self.history.indexed(name, id, row, self.clock.timestamp())
        self.bin.append((self.clock.timestamp(), name, id))

    def purge_old(self) -> None:
        """Forget what was deleted more than 30 days ago."""
        before = self.clock.timestamp() - PURGE_AFTER_S
        while self.bin and self.bin[0][0] <= before:
            _, name, id = self.bin.popleft()
            self.shelves[name].purge(id)
            if name == "files":
                self.contents.pop(id, None)

    def unlisted(self, name: str) -> set[Any]:
        """Ids that lists do not show yet (switch list_lag_s)."""
        lag = float(self.switches["list_lag_s"])
        while self.born and self.born[0][0] <= self.clock.timestamp() - lag:
            self.born.popleft()
        return {id for _, of, id in self.born if of == name}

    def touch(self, name: str, id: Any) -> None:
        """Move a record's `update_time` because something was linked to it (FACTS 7)."""
        if id is not None and id in self.shelves[name]:
            self.shelves[name].change(id, {"update_time": self.now()})

    def linked(self, row: Row) -> None:
        """An activity or file is linked to a person: whether that moves the person's time is a switch."""
        if self.switches["activities_and_files_move"] == "yes":
            self.touch("persons", row.get("person_id"))

    def type_named(self, key: str) -> Row | None:
        """The active type of activity with a key."""
        return next((t for t in self.activity_types.values() if t["key_string"] == key and t["active_flag"]), None)
