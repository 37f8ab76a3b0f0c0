"""OAuth: grant, refresh and access tokens with their limits (FACTS 2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gurney.twins.kit.wire import Answer, MalformedBody, Params, Request
from gurney.twins.zoho.refusals import Refused

if TYPE_CHECKING:
    from gurney.twins.zoho.world import World

HOUR_S = 3_600
WINDOW_S = 600
PER_WINDOW = 10
LIVE_ACCESS_TOKENS = 15
LIVE_REFRESH_TOKENS = 20
GRANT_S = 180
SCOPES = (
    "ZohoCRM.modules.ALL ZohoCRM.settings.ALL ZohoCRM.users.ALL ZohoCRM.org.ALL ZohoCRM.bulk.ALL ZohoFiles.files.ALL "
    "ZohoCRM.Files.CREATE ZohoCRM.Files.READ ZohoSearch.securesearch.READ ZohoCRM.coql.READ ZohoCRM.mass_delete.ALL "
    "ZohoCRM.mass_update.ALL ZohoCRM.composite_requests.CUSTOM ZohoCRM.features.READ"
)
"""What the first refresh token may do: all that a migration needs (FACTS 2)."""
THROTTLED = {
    "error": "Access Denied",
    "error_description": "You have made too many requests continuously. Please try again after some time.",
    "status": "failure",
}


@dataclass
class Refresh:
    """A refresh token and what came of it."""

    token: str
    user: str
    scopes: tuple[str, ...]
    issued: list[float] = field(default_factory=list)
    access: list[str] = field(default_factory=list)


@dataclass
class Access:
    """A live access token."""

    user: str
    scopes: frozenset[str]
    expires: float


@dataclass
class Grant:
    """A grant code, good for one exchange."""

    user: str
    scopes: tuple[str, ...]
    expires: float


class Tokens:
    """Everything the accounts server knows."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.client_id = "1000." + world.secret(30).upper()
        self.client_secret = world.secret(42)
        self.refresh: dict[str, Refresh] = {}
        self.access: dict[str, Access] = {}
        self.grants: dict[str, Grant] = {}
        self.first = self.new_refresh(world.admin["id"], tuple(SCOPES.split()))

    def new_refresh(self, user: str, scopes: tuple[str, ...]) -> Refresh:
        """A refresh token; the 21st of a user kills the first and its access tokens."""
        own = [token for token in self.refresh.values() if token.user == user]
        if len(own) >= LIVE_REFRESH_TOKENS:
            self.revoke(own[0].token)
        made = Refresh(f"1000.{self._world.secret()}.{self._world.secret()}", user, scopes)
        self.refresh[made.token] = made
        return made

    def new_grant(self, user: str, scopes: tuple[str, ...]) -> str:
        """A grant code as the API console hands it out."""
        code = f"1000.{self._world.secret()}.{self._world.secret()}"
        self.grants[code] = Grant(user, scopes, self._world.clock.timestamp() + GRANT_S)
        return code

    def revoke(self, token: str) -> bool:
        """Forget a refresh token and its access tokens."""
        gone = self.refresh.pop(token, None)
        for access in gone.access if gone else ():
            self.access.pop(access, None)
        return gone is not None

    def expire_all(self) -> None:
        """All access tokens are dead at once (fault `expire_token`)."""
        self.access.clear()

    def caller(self, request: Request) -> Access:
        """Who asks. Raises Refused: 401 for a missing, wrong or expired token alike."""
        kind, _, token = (request.header("authorization") or "").partition(" ")
        if not token:
            raise Refused(401, "AUTHENTICATION_FAILURE", "Authentication failed")
        known = self.access.get(token.strip())
        if kind.lower() not in ("zoho-oauthtoken", "bearer") or known is None:
            raise Refused(401, "INVALID_TOKEN", "invalid oauth token")
        if known.expires <= self._world.clock.timestamp():
            raise Refused(401, "INVALID_TOKEN", "invalid oauth token")
        return known

    def answer(self, request: Request) -> Answer:
        """The accounts server: /oauth/v2/token and /oauth/v2/token/revoke."""
        if request.raw_path == "/oauth/v2/token/revoke":
            revoked = self.revoke(_parameter(request, "token") or "")
            return Answer(200, {"status": "success"} if revoked else {"error": "invalid_token"})
        if request.raw_path != "/oauth/v2/token" or request.method != "POST":
            return Answer(404, {"error": "not_found"})
        if _parameter(request, "client_id") != self.client_id:
            return Answer(200, {"error": "invalid_client"})
        if _parameter(request, "client_secret") != self.client_secret:
            return Answer(200, {"error": "invalid_client_secret"})
        match _parameter(request, "grant_type"):
            case "refresh_token":
                return self._refreshed(request)
            case "authorization_code":
                return self._exchanged(request)
            case "client_credentials":
                return self._for_the_client(request)
        return Answer(200, {"error": "unsupported_grant_type"})

    def _refreshed(self, request: Request) -> Answer:
        refresh = self.refresh.get(_parameter(request, "refresh_token") or "")
        return self._issue(refresh, request) if refresh else Answer(200, {"error": "invalid_code"})

    def _exchanged(self, request: Request) -> Answer:
        grant = self.grants.pop(_parameter(request, "code") or "", None)
        if grant is None or grant.expires <= self._world.clock.timestamp():
            return Answer(200, {"error": "invalid_code"})
        refresh = self.new_refresh(grant.user, grant.scopes)
        answer = self._issue(refresh, request)
        answer.json["refresh_token"] = refresh.token
        return answer

    def _for_the_client(self, request: Request) -> Answer:
        if _parameter(request, "soid") != f"ZohoCRM.{self._world.zgid}":
            return Answer(200, {"error": "invalid_soid"})
        return self._issue(self.first, request)

    def _issue(self, refresh: Refresh, request: Request) -> Answer:
        now = self._world.clock.timestamp()
        refresh.issued = [at for at in refresh.issued if at > now - WINDOW_S]
        if len(refresh.issued) >= PER_WINDOW:
            return Answer(int(self._world.switches["throttle_status"]), THROTTLED)
        refresh.issued.append(now)
        token = f"1000.{self._world.secret()}.{self._world.secret()}"
        self.access[token] = Access(refresh.user, frozenset(s.lower() for s in refresh.scopes), now + HOUR_S)
        refresh.access.append(token)
        while len(refresh.access) > LIVE_ACCESS_TOKENS:
            self.access.pop(refresh.access.pop(0), None)
        body: dict[str, Any] = {
            "access_token": token,
            "scope": " ".join(refresh.scopes),
            "api_domain": request.base_url,
            "token_type": "Bearer",
            "expires_in": HOUR_S,
        }
        return Answer(200, body)


def _parameter(request: Request, name: str) -> str | None:
    """From the query string or from either kind of form (rule zoho.token-encodings)."""
    value = request.query.get(name)
    if value is not None:
        return value
    try:
        form = request.form()
    except MalformedBody:
        form = Params()
    return form.get(name)
