"""Private integration tokens and OAuth: who may call where, with which scopes, for how long (FACTS 2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gurney.twins.highlevel.refusals import Refused, no_scope, told, unauthorized
from gurney.twins.kit.options import BadOption
from gurney.twins.kit.wire import Request

if TYPE_CHECKING:
    from gurney.twins.highlevel.account import Account
    from gurney.twins.highlevel.world import World

ACCESS_S = 86_399
REFRESH_S = 365 * 86_400
ROTATED_S = 7 * 86_400
CODE_S = 300
CALLBACK = "https://127.0.0.1:8765/callback"
_SCOPES = """
    locations.readonly locations/customFields.readonly locations/customFields.write locations/tags.readonly
    locations/tags.write locations/tasks.readonly users.readonly users.write contacts.readonly contacts.write
    calendars.readonly calendars.write calendars/events.readonly calendars/events.write calendars/groups.readonly
    calendars/groups.write objects/schema.readonly objects/schema.write objects/record.readonly objects/record.write
    associations.readonly associations.write associations/relation.readonly associations/relation.write forms.readonly
    forms.write medias.readonly medias.write opportunities.readonly opportunities.write invoices.readonly
    invoices.write products.readonly products.write products/prices.readonly products/prices.write businesses.readonly
    businesses.write workflows.readonly
"""
SCOPES = frozenset(_SCOPES.split())
AGENCY_SCOPES = SCOPES | {"locations.write", "companies.readonly", "oauth.readonly", "oauth.write"}


@dataclass(frozen=True)
class Access:
    """Who calls: a location's token, or (location None) the agency's."""

    token: str
    location: str | None
    scopes: frozenset[str]
    user: str
    expires: float | None = None
    """None: does not expire."""
    is_pit: bool = False

    def check_scope(self, scope: str) -> None:
        """A missing scope is 401, in words of its own. Raises Refused."""
        if scope and scope not in self.scopes:
            raise no_scope()

    def check_kind(self, by: str) -> None:
        """An agency's token for the agency's calls, a location's for all else. Raises Refused."""
        kind = "agency" if self.location is None else "location"
        if by in ("both", kind):
            return
        if by == "oauth" and not self.is_pit and kind == "agency":
            return
        if by == "oauth" and self.is_pit:
            raise unauthorized("route not supported by IAM Service")
        if self.is_pit:
            raise unauthorized("Token's user type mismatch!")
        raise unauthorized(
            "This authClass type is not allowed to access this scope. "
            "Please verify your IAM configuration if this is not the case."
        )


@dataclass(frozen=True)
class Grant:
    """What a code or a refresh token stands for."""

    location: str | None
    scopes: frozenset[str]
    user: str
    redirect_uri: str
    expires: float


class Tokens:
    """Everything that opens the API."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.pits: dict[str, Access] = {}
        self.access: dict[str, Access] = {}
        self.expired: set[str] = set()
        self.codes: dict[str, Grant] = {}
        self.refresh: dict[str, Grant] = {}
        self.client_id = f"{world.ids.hex()}-{world.ids.hex(8)}"
        self.client_secret = world.ids.uuid()
        self.version_id = world.ids.hex()

    # Private integration tokens

    def new_pit(self, account: Account | None, scopes: frozenset[str] | None = None) -> str:
        """A private integration token of a sub-account, or of the agency. Raises BadOption when the plan has none."""
        if account is None and not self._world.plan.agency_api:
            raise BadOption(f"edition {self._world.plan.name} has no agency API")
        token = f"pit-{self._world.ids.uuid()}"
        given = scopes if scopes is not None else (SCOPES if account else AGENCY_SCOPES)
        location = account.id if account else None
        self.pits[token] = Access(token, location, given, self._world.admin["id"], is_pit=True)
        return token

    def rotate(self, token: str, *, later: bool) -> str:
        """A new token; the old one dies at once or after seven days."""
        old = self.pits[token]
        fresh = f"pit-{self._world.ids.uuid()}"
        self.pits[fresh] = replace(old, token=fresh)
        if later:
            self.pits[token] = replace(old, expires=self._now() + ROTATED_S)
        else:
            del self.pits[token]
        return fresh

    def set_scopes(self, token: str, scopes: frozenset[str]) -> None:
        """Other scopes for the same token."""
        self.pits[token] = replace(self.pits[token], scopes=scopes)

    # OAuth

    def new_code(self, location: str | None, scopes: frozenset[str], redirect_uri: str = CALLBACK) -> str:
        """A code, good once within five minutes."""
        code = self._world.ids.hex(40)
        self.codes[code] = Grant(location, scopes, self._world.admin["id"], redirect_uri, self._now() + CODE_S)
        return code

    def new_refresh(self, location: str | None, scopes: frozenset[str]) -> str:
        """A refresh token, good once within a year."""
        token = f"eyJ{self._world.ids.hex(120)}"
        self.refresh[token] = Grant(location, scopes, self._world.admin["id"], "", self._now() + REFRESH_S)
        return token

    def new_access(self, location: str | None, scopes: frozenset[str]) -> Access:
        """An access token for a day."""
        token = f"eyJ{self._world.ids.hex(200)}"
        access = Access(token, location, scopes, self._world.admin["id"], self._now() + ACCESS_S)
        self.access[token] = access
        return access

    def expire_all(self) -> None:
        """Every access token of OAuth is too old from now on; refresh tokens live."""
        self.expired |= set(self.access)
        self.access.clear()

    def caller(self, request: Request) -> Access:
        """Who asks. Raises Refused: 401 with the words of what is wrong with the token."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.startswith("pit-"):  # the help page shows the token without "Bearer"
            token = kind
        token = token.strip()
        if not token:
            raise unauthorized("Invalid JWT")
        if token.startswith("pit-"):
            return self._pit(token)
        access = self.access.get(token)
        if access is None and token not in self.expired:
            raise unauthorized("Invalid JWT")
        if access is None or (access.expires is not None and access.expires <= self._now()):
            raise unauthorized("Invalid token: access token is invalid")
        return access

    def _pit(self, token: str) -> Access:
        access = self.pits.get(token)
        if access is None or (access.expires is not None and access.expires <= self._now()):
            raise unauthorized("Invalid Private Integration token")
        return access

    def _now(self) -> float:
        return self._world.clock.timestamp()


def not_found() -> Refused:
    """A bad code, client or secret: nobody can tell which (FACTS 2.2)."""
    refused = told(401, "")
    refused.answer.json = {"error": "UnAuthorized!", "error_description": "Authorization code not found"}
    return refused
