"""One made-up agency: its sub-accounts, users and tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from zoneinfo import available_timezones

from gurney.twins.highlevel import standard
from gurney.twins.highlevel.account import Account
from gurney.twins.highlevel.ids import Ids, zulu
from gurney.twins.highlevel.limits import Meter
from gurney.twins.highlevel.plans import PLANS, Plan
from gurney.twins.highlevel.rules import RULES
from gurney.twins.highlevel.tokens import AGENCY_SCOPES, SCOPES, Tokens
from gurney.twins.kit.attic import Attic
from gurney.twins.kit.clock import Clock
from gurney.twins.kit.options import BadOption, TwinOptions
from gurney.twins.kit.tables import Row

ADMINISTRATOR = "admin@example.com"
RECEPTION = "reception@example.com"
DEFAULT_EDITION = "unlimited"


@dataclass
class World:
    """The state of the agency. `fill` makes it; nothing is shared between two."""

    options: TwinOptions
    clock: Clock
    plan: Plan = field(init=False)
    switches: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        name = (self.options.edition or DEFAULT_EDITION).lower()
        if name not in PLANS:
            raise BadOption(f"no edition {name!r}; there are {', '.join(PLANS)}")
        self.plan = PLANS[name]
        self.switches = RULES.switches(self.options.switches)
        for switch in ("time_zone", "reset_time_zone"):
            if self.switches[switch] not in available_timezones():
                raise BadOption(f"switch {switch}: no time zone {self.switches[switch]!r}")
        for rule in RULES:
            if (
                rule.switch
                and (rule.default or "").isdecimal()
                and not _is_number(self.switches[rule.switch], rule.switch)
            ):
                raise BadOption(f"switch {rule.switch}: {self.switches[rule.switch]!r} is no number")
        self.fill()

    def fill(self) -> None:
        """The agency as it is on its first day: one sub-account, an administrator, tokens."""
        self.ids = Ids(self.options.seed)
        self.company_id = self.ids.short()
        self.attic = Attic()
        self.meter = Meter(self.plan, self.switches, unlimited=self.options.unlimited)
        self.accounts: dict[str, Account] = {}
        self.users: dict[str, Row] = {}
        self.first = self.add_account("Harbour Clinic")
        self.admin = self.add_user(ADMINISTRATOR, role="admin")
        for email in self.options.users:
            self.add_user(email)
        self.tokens = Tokens(self)
        self.first_token = self.tokens.new_pit(self.first)
        self.first_refresh = self._first_refresh()

    def _first_refresh(self) -> str:
        is_agency = self.switches["auth"] == "oauth_company"
        if is_agency and not self.plan.agency_api:
            raise BadOption(f"edition {self.plan.name} has no agency API: switch auth=oauth_company needs pro")
        return self.tokens.new_refresh(None if is_agency else self.first.id, AGENCY_SCOPES if is_agency else SCOPES)

    def add_account(self, name: str) -> Account:
        """One more sub-account. Raises BadOption when the plan has no room."""
        if len(self.accounts) >= self.plan.locations:
            raise BadOption(f"edition {self.plan.name} has room for {self.plan.locations} locations")
        row = standard.location(self.ids.short(), self.company_id, name, self.switches)
        account = Account(self, row)
        standard.furnish(account, self.ids, self.now())
        self.accounts[account.id] = account
        for user in self.users.values():
            if user["roles"]["role"] == "admin":
                user["roles"]["locationIds"].append(account.id)
        return account

    def add_user(
        self, email: str, *, role: str = "user", names: tuple[str, str] | None = None, places: list[str] | None = None
    ) -> Row:
        """One more user, with the personal calendar that comes along (FACTS 3)."""
        if names is None:
            first, _, last = email.partition("@")[0].replace(".", " ").title().partition(" ")
            names = (first, last or "Staff")
        places = places if places is not None else list(self.accounts)
        user = standard.user(self.ids.short(), email, names, role, places)
        self.users[user["id"]] = user
        for id in places:
            account = self.accounts[id]
            calendar = standard.calendar(self.ids.short(), id, f"{user['name']}'s Personal Calendar", "personal")
            member = {"userId": user["id"], "priority": 0.5, "isPrimary": True}
            account["calendars"].add({**calendar, "teamMembers": [member]})
        return user

    def users_in(self, account: Account) -> list[Row]:
        """Users who work in a sub-account."""
        return [user for user in self.users.values() if account.id in user["roles"]["locationIds"]]

    def user_in(self, account: Account, id: Any) -> Row | None:
        """A user who works in a sub-account and was not deleted."""
        user = self.users.get(id) if isinstance(id, str) else None
        is_there = user is not None and account.id in user["roles"]["locationIds"] and not user["deleted"]
        return user if is_there else None

    def somebody_else(self) -> Row:
        """A user who is not the administrator; the reception is hired if there is none."""
        found = next((user for user in self.users.values() if user["id"] != self.admin["id"]), None)
        return found or self.add_user(RECEPTION)

    def now(self) -> str:
        return zulu(self.clock.timestamp())


def _is_number(value: str, switch: str) -> bool:
    """Whole, or for seconds also in parts."""
    return (value.replace(".", "", 1) if switch.endswith("_s") else value).isdecimal()
