"""API tokens and OAuth: who may call as whom, and for how long (FACTS 2)."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from gurney.twins.kit.wire import Answer, MalformedBody, Params, Request
from gurney.twins.pipedrive.refusals import unauthorized
from gurney.twins.pipedrive.shelf import Row

if TYPE_CHECKING:
    from gurney.twins.pipedrive.world import World

HOUR_S = 3_600
CODE_S = 300
UNUSED_S = 60 * 86_400
CALLBACK = "http://127.0.0.1:8765/callback"
SCOPES = (
    "base", "deals:full", "activities:full", "contacts:full", "products:full", "leads:full", "users:read",
    "recents:read", "search:read", "admin", "contact-fields:full", "product-fields:full", "deal-fields:full",
)  # fmt: skip


@dataclass
class Grant:
    """A code on its way to becoming tokens."""

    user: int
    redirect_uri: str
    scopes: frozenset[str]
    expires: float


@dataclass
class Refresh:
    """A refresh token; it lives as long as it is used every 60 days."""

    token: str
    user: int
    scopes: frozenset[str]
    used: float
    access: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Access:
    """Who calls, and with what: `scopes` None is an API token, which has none and may all."""

    token: str
    user: int
    scopes: frozenset[str] | None
    expires: float


class Tokens:
    """Everything that opens the API."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.api = {world.secret(): id for id in world.users}
        self.client_id = world.secret(16)
        self.client_secret = world.secret(40)
        self.grants: dict[str, Grant] = {}
        self.refresh: dict[str, Refresh] = {}
        self.access: dict[str, Access] = {}
        self.first = self._new_refresh(world.admin["id"], frozenset(SCOPES))

    def api_token(self, user: Row) -> str:
        """The user's token; made when there is none yet."""
        found = next((token for token, id in self.api.items() if id == user["id"]), None)
        return found or self.regenerate(user)

    def regenerate(self, user: Row) -> str:
        """A new API token; the old one is dead at once."""
        self.api = {token: id for token, id in self.api.items() if id != user["id"]}
        token = self._world.secret()
        self.api[token] = user["id"]
        return token

    def new_grant(self, user: int, redirect_uri: str, scopes: frozenset[str]) -> str:
        """A code, good once within five minutes."""
        code = self._world.secret(40)
        self.grants[code] = Grant(user, redirect_uri, scopes, self._now() + CODE_S)
        return code

    def expire_all(self) -> None:
        """Every access token is too old from now on; refresh tokens live."""
        self.access = {token: replace(access, expires=0) for token, access in self.access.items()}

    def caller(self, request: Request) -> Access:
        """Who asks: header `x-api-token`, `Authorization: Bearer`, or the old query parameter. Raises Refused."""
        token = request.headers.get("x-api-token")
        if token is None and request.query_string:
            token = request.query.get("api_token")
        if token is not None:
            user = self.api.get(token)
            if user is not None and self._world.users[user]["active_flag"]:
                return Access(token, user, None, 0)
            raise unauthorized()
        kind, _, bearer = request.headers.get("authorization", "").partition(" ")
        access = self.access.get(bearer.strip()) if kind.lower() == "bearer" else None
        if access is None or not self._world.users[access.user]["active_flag"]:
            raise unauthorized()
        if access.expires <= self._now():
            raise unauthorized(bare=self._world.switches["expired_access"] == "bare")
        return access

    def answer(self, request: Request) -> Answer:
        """The paths under /oauth."""
        call = f"{request.method} {request.raw_path.rstrip('/')}"
        if call == "GET /oauth/authorize":
            return self._page(request)
        if call not in ("POST /oauth/token", "POST /oauth/revoke"):
            return Answer(404, {"error": "not_found"})
        try:
            form = request.form()
        except MalformedBody:
            form = Params()
        if not self._is_client(request):
            return told("invalid_client", "Invalid client: client is invalid")
        return self._revoke(form) if call.endswith("revoke") else self._token(form, request)

    def _page(self, request: Request) -> Answer:
        """The page on which a person presses "Allow": the scopes come from the app's registration (FACTS 2.2)."""
        target = request.query.get("redirect_uri") or ""
        if request.query.get("client_id") != self.client_id or target != CALLBACK:
            return Answer(400, {"error": "invalid_request", "message": "Invalid client: client is invalid"})
        code = self.new_grant(self._world.admin["id"], target, frozenset(SCOPES))
        back = urlencode({"code": code, "state": request.query.get("state") or ""})
        html = f'<html><body><a id="allow" href="{target}?{back}">Allow and install</a></body></html>'
        return Answer(200, body=html.encode(), headers={"content-type": "text/html; charset=UTF-8"})

    def _is_client(self, request: Request) -> bool:
        kind, _, encoded = request.headers.get("authorization", "").partition(" ")
        try:
            given = b64decode(encoded.strip(), validate=True).decode()
        except (NotBase64, ValueError):
            return False
        return kind.lower() == "basic" and given == f"{self.client_id}:{self.client_secret}"

    def _token(self, form: Params, request: Request) -> Answer:
        match form.get("grant_type"):
            case None:
                return told("invalid_request", "Missing parameter: grant_type")
            case "refresh_token":
                return self._refreshed(form, request)
            case "authorization_code":
                return self._exchanged(form, request)
        return told("unsupported_grant_type", "Unsupported grant type: grant_type is invalid")

    def _refreshed(self, form: Params, request: Request) -> Answer:
        refresh = self.refresh.get(form.get("refresh_token") or "")
        if refresh is None or refresh.used + UNUSED_S <= self._now():
            return told("invalid_grant", "Invalid grant: refresh_token is invalid")
        return self._issue(refresh, request)

    def _exchanged(self, form: Params, request: Request) -> Answer:
        grant = self.grants.pop(form.get("code") or "", None)
        if grant is None or grant.redirect_uri != form.get("redirect_uri"):
            return told("invalid_grant", "Invalid grant: authorization_code is invalid")
        if grant.expires <= self._now():
            return told("invalid_grant", "Invalid grant: authorization_code has expired")
        return self._issue(self._new_refresh(grant.user, grant.scopes), request)

    def _issue(self, refresh: Refresh, request: Request) -> Answer:
        refresh.used = self._now()
        token = f"v1u:{self._world.secret(64)}"
        self.access[token] = Access(token, refresh.user, refresh.scopes, self._now() + HOUR_S)
        refresh.access.append(token)
        body: dict[str, Any] = {
            "access_token": token,
            "token_type": "Bearer",
            "refresh_token": refresh.token,
            "scope": ",".join(sorted(refresh.scopes)),
            "expires_in": HOUR_S,
            "api_domain": request.base_url,
        }
        return Answer(200, body)

    def _revoke(self, form: Params) -> Answer:
        token = form.get("token") or ""
        refresh = self.refresh.pop(token, None)
        for access in refresh.access if refresh else [token]:
            self.access.pop(access, None)
        return Answer(200, {"success": True})

    def _new_refresh(self, user: int, scopes: frozenset[str]) -> Refresh:
        token = f"{self._world.company.id}:{user}:{self._world.secret()}"
        self.refresh[token] = Refresh(token, user, scopes, self._now())
        return self.refresh[token]

    def _now(self) -> float:
        return self._world.clock.timestamp()


def told(error: str, words: str) -> Answer:
    """An error of the token endpoint (FACTS 2.2: the texts are known, the keys around them are assumed)."""
    return Answer(400, {"success": False, "message": words, "error": error})
