"""Sessions and what leads to them: client credentials, refresh, JWT bearer, authorization code (FACTS 1)."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gurney.twins.kit.wire import Request
from gurney.twins.salesforce.refusals import Refused
from gurney.twins.salesforce.store import Row

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World

CODE_S = 900
SCOPES = ("api", "refresh_token", "id")
MINUTE_S = 60


class OAuthRefused(Exception):
    """400 with `{"error", "error_description"}`."""

    def __init__(self, error: str, words: str) -> None:
        super().__init__(error)
        self.body = {"error": error, "error_description": words}


@dataclass
class Session:
    """A live access token. Every use puts its end off."""

    token: str
    user_id: str
    scopes: tuple[str, ...]
    ends: float
    born: float
    refresh: str | None = None


@dataclass
class Approval:
    """A refresh token."""

    token: str
    user_id: str
    scopes: tuple[str, ...]


@dataclass
class Code:
    """An authorization code, good for one exchange."""

    user_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str | None
    ends: float


@dataclass
class Tokens:
    """Everything the login host knows of the one app that is installed."""

    world: World
    client_id: str = field(init=False)
    client_secret: str = field(init=False)
    sessions: dict[str, Session] = field(default_factory=dict)
    approvals: dict[str, Approval] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    certificate: bytes | None = None
    """The public key that JWT assertions are checked with, PEM; laid down through the back door."""

    def __post_init__(self) -> None:
        self.client_id = "3MVG9" + self.world.secret(80)
        self.client_secret = self.world.secret(64).upper()

    def caller(self, request: Request) -> Session:
        """Who asks. Raises Refused: a wrong and an expired token look the same (rule salesforce.bad-session)."""
        kind, _, token = (request.header("authorization") or "").partition(" ")
        if not token or kind.lower() not in ("bearer", "oauth"):
            raise Refused("INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE")
        return self.session(token.strip())

    def session(self, token: str) -> Session:
        """The session of a token, kept alive by this use. Raises Refused."""
        session, now = self.sessions.get(token), self.world.clock.timestamp()
        if session is None or session.ends <= now:
            raise Refused("INVALID_SESSION_ID", "Session expired or invalid")
        if not self.world.table("User").rows[session.user_id].get("IsActive"):
            raise Refused("INVALID_SESSION_ID", "Session expired or invalid")
        session.ends = now + self._session_s
        return session

    def open(self, user_id: str, scopes: tuple[str, ...] = SCOPES, refresh: str | None = None) -> Session:
        """A new session. Raises OAuthRefused for a user who may not log in."""
        if not self.world.table("User").rows[user_id].get("IsActive"):
            raise OAuthRefused("invalid_grant", "inactive user")
        now = self.world.clock.timestamp()
        token = f"{self.world.org['Id'][:15]}!AQ{self.world.secret(24)}.{self.world.secret(64)}"
        session = Session(token, user_id, scopes, now + self._session_s, now, refresh)
        self.sessions[token] = session
        return session

    def approve(self, user_id: str, scopes: tuple[str, ...] = SCOPES) -> Approval:
        """A new refresh token; one too many of a user kills the oldest (rule salesforce.approvals)."""
        own = [approval for approval in self.approvals.values() if approval.user_id == user_id]
        if len(own) >= int(self.world.switches["approvals"]):
            self.revoke(own[0].token)
        approval = Approval(f"5Aep{self.world.secret(80)}", user_id, scopes)
        self.approvals[approval.token] = approval
        return approval

    def refreshed(self, token: str) -> tuple[Session, str | None]:
        """A session for a refresh token, and the new refresh token where they rotate. Raises OAuthRefused."""
        approval = self.approvals.get(token)
        if approval is None:
            raise OAuthRefused("invalid_grant", "expired access/refresh token")
        if self.world.switches["refresh_rotation"] == "no":
            return self.open(approval.user_id, approval.scopes, token), None
        del self.approvals[token]
        renewed = self.approve(approval.user_id, approval.scopes)
        return self.open(approval.user_id, approval.scopes, renewed.token), renewed.token

    def new_code(self, user: Row, redirect_uri: str, scopes: tuple[str, ...], challenge: str | None) -> str:
        """What the login page puts into the redirect."""
        code = "aPrx" + self.world.secret(60)
        ends = self.world.clock.timestamp() + CODE_S
        self.codes[code] = Code(user["Id"], redirect_uri, scopes, challenge, ends)
        return code

    def exchanged(self, code: str, redirect_uri: str | None, verifier: str | None) -> tuple[Session, str | None]:
        """A session for a code, once, and a refresh token if its scope was asked for. Raises OAuthRefused."""
        known = self.codes.pop(code, None)
        if known is None or known.ends <= self.world.clock.timestamp():
            raise OAuthRefused("invalid_grant", "expired authorization code")
        if redirect_uri != known.redirect_uri:
            raise OAuthRefused("redirect_uri_mismatch", "redirect_uri must match configuration")
        if known.challenge is not None and challenge_of(verifier or "") != known.challenge:
            raise OAuthRefused("invalid_grant", "invalid code verifier")
        if not {"refresh_token", "offline_access"} & set(known.scopes):
            return self.open(known.user_id, known.scopes), None
        approval = self.approve(known.user_id, known.scopes)
        return self.open(known.user_id, known.scopes, approval.token), approval.token

    def revoke(self, token: str) -> bool:
        """End a session, or a refresh token with its sessions."""
        if self.sessions.pop(token, None) is not None:
            return True
        if self.approvals.pop(token, None) is None:
            return False
        for session in [s for s in self.sessions.values() if s.refresh == token]:
            del self.sessions[session.token]
        return True

    def expire_all(self) -> None:
        """All sessions end at once (fault `expire_token`)."""
        self.sessions.clear()

    def user_named(self, username: str) -> Row | None:
        """A user by username."""
        found: list[Any] = self.world.table("User").by("Username", username)
        return found[0] if found else None

    @property
    def _session_s(self) -> float:
        return float(self.world.switches["session_minutes"]) * MINUTE_S


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
