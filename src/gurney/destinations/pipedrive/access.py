"""Credentials: an administrator's API token, or OAuth with a refresh token (FACTS 1, 2).

An API token never ends. An OAuth token lasts an hour and is renewed by one caller at a time, early; the refresh token
stays the same, but a new one is kept should the vendor send one.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from gurney.destinations.pipedrive.limits import data, host
from gurney.destinations.protocol import TokenCache
from gurney.errors import AnswerWrong, CheckFailed, NotAuthorised
from gurney.runtime import Runtime, is_here
from gurney.transport import Http, Limits, Pacer

FORM = "application/x-www-form-urlencoded"
TOKEN_PATH = "/oauth/token"  # noqa: S105 - an address
LOGIN = "gurney login pipedrive"
COMPANY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")


@dataclass(frozen=True, slots=True)
class PipedriveAccess:
    """What a person pastes: an API token, or the three values of an OAuth app, and perhaps the company's address."""

    api_token: str = field(default="", repr=False)
    address: str = ""
    """'https://acme.pipedrive.com', or 'acme' alone; '' leaves it to the vendor's common host or the OAuth answer."""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    oauth_address: str = ""

    @property
    def is_oauth(self) -> bool:
        """An API token is taken where both are there: it has every right of its user."""
        return not self.api_token

    def require_complete(self) -> None:
        """Raise CheckFailed when neither login is whole."""
        if not self.api_token and not (self.client_id and self.client_secret and self.refresh_token):
            raise CheckFailed(
                "There are no credentials for pipedrive: an API token, or client ID, client secret and refresh token.",
                next_step=f"Copy an administrator's token from Personal preferences > API, then: {LOGIN}",
            )

    def base_url(self) -> str:
        """The company's own host where it was told; '' otherwise."""
        text = self.address.strip()
        if not text:
            return ""
        if COMPANY.fullmatch(text):
            return host("company").format(company=text.lower())
        return _origin(text)

    def oauth_url(self) -> str:
        """Where tokens are made: the vendor's own host, or that of a stand-in."""
        if self.oauth_address:
            return _origin(self.oauth_address)
        base = self.base_url()
        name = urlsplit(base).hostname or host("domain")
        return host("oauth") if name.endswith(host("domain")) else base


def _origin(text: str) -> str:
    """Scheme and host alone, whatever was pasted."""
    parts = urlsplit(text.strip() if "://" in text else f"https://{text.strip()}")
    if not parts.netloc or (parts.scheme != "https" and not is_here(parts.hostname)):
        raise CheckFailed(
            "pipedrive: the company's address is not an https address.",
            next_step=f"Paste https://YOURCOMPANY.pipedrive.com: {LOGIN}",
        )
    return f"{parts.scheme}://{parts.netloc}"


def account_key(access: PipedriveAccess) -> str:
    """Names the account for shared budgets and cached tokens without telling a credential."""
    told = "\n".join((access.api_token, access.client_id, access.refresh_token, access.address))
    return "pipedrive-" + hashlib.sha256(told.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Token:
    """What authorises a call. `scopes` is empty where the vendor does not tell them (an API token has all)."""

    value: str = field(repr=False)
    expires_at: datetime | None = None
    api_domain: str = ""
    scopes: frozenset[str] = frozenset()
    refresh_token: str = field(default="", repr=False)

    def headers(self) -> dict[str, str]:
        if self.expires_at is None:
            return {"x-api-token": self.value}
        return {"Authorization": f"Bearer {self.value}"}

    def to_json(self) -> dict[str, Any]:
        """For a cache that keeps it encrypted."""
        return {
            "value": self.value,
            "expires_at": self.expires_at.isoformat() if self.expires_at else None,
            "api_domain": self.api_domain,
            "scopes": sorted(self.scopes),
            "refresh_token": self.refresh_token,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Token:
        """The inverse of `to_json`."""
        ends = datetime.fromisoformat(kept["expires_at"]) if kept["expires_at"] else None
        return cls(kept["value"], ends, kept["api_domain"], frozenset(kept["scopes"]), kept["refresh_token"])


class TokenInMemory:
    """A cache for one process."""

    def __init__(self) -> None:
        self._kept: dict[str, Any] | None = None

    def load(self) -> dict[str, Any] | None:
        return self._kept

    def save(self, token: Mapping[str, Any]) -> None:
        self._kept = dict(token)


class Tokens:
    """The one source of what authorises an account's calls."""

    def __init__(self, runtime: Runtime, access: PipedriveAccess, cache: TokenCache, *, user_agent: str) -> None:
        self._runtime = runtime
        self._access = access
        self._cache = cache
        self._user_agent = user_agent
        self._lock = asyncio.Lock()
        self._http: Http | None = None
        self._token: Token | None = None
        self._for_ever = None if access.is_oauth else Token(access.api_token)

    async def current(self, *, refused: Token | None = None) -> Token:
        """A token that should work; with `refused`, a newer one than that where there can be one."""
        return self._for_ever or self._usable(refused) or await self._renewed(refused)

    async def aclose(self) -> None:
        if self._http is not None:
            await self._http.aclose()

    async def _renewed(self, refused: Token | None) -> Token:
        async with self._lock:
            token = self._usable(refused)
            if token is None:
                token = self._token = await self._refresh()
                self._cache.save(token.to_json())
            return token

    def _usable(self, refused: Token | None) -> Token | None:
        token = self._cached()
        early = timedelta(seconds=float(data()["oauth"]["early_s"]))
        if token is None or token.expires_at is None or token.expires_at - early <= self._runtime.clock.now():
            return None
        return None if refused is not None and token.value == refused.value else token

    def _cached(self) -> Token | None:
        if self._token is None and (kept := self._cache.load()) is not None:
            self._token = Token.from_json(kept)
        return self._token

    async def _refresh(self) -> Token:
        before = self._cached()
        refresh_token = (before.refresh_token if before else "") or self._access.refresh_token
        secret = base64.b64encode(f"{self._access.client_id}:{self._access.client_secret}".encode()).decode()
        answer = await self._endpoint().request(
            "POST",
            TOKEN_PATH,
            content=urlencode({"grant_type": "refresh_token", "refresh_token": refresh_token}).encode(),
            headers={"Content-Type": FORM, "Authorization": f"Basic {secret}"},
            units=0,
            idempotent=True,  # a lost answer wastes a token, nothing else
            label="token",
        )
        return self._read(answer.status, answer.json(), refresh_token)

    def _read(self, status: int, said: Any, refresh_token: str) -> Token:
        if not isinstance(said, dict):
            raise AnswerWrong("pipedrive's token endpoint answered neither a token nor an error.")
        if not said.get("access_token"):
            raise NotAuthorised(
                f"pipedrive does not accept the app's credentials or the refresh token ({status}).",
                status=status,
                code=str(status),
                next_step="A refresh token dies after 60 days without use, or when the app is removed. Install the "
                f"app again, then: {LOGIN}",
            )
        lifetime = float(said.get("expires_in") or data()["oauth"]["lifetime_s"])
        return Token(
            str(said["access_token"]),
            self._runtime.clock.now() + timedelta(seconds=lifetime),
            str(said.get("api_domain") or ""),
            frozenset(str(said.get("scope") or "").replace(",", " ").split()),
            str(said.get("refresh_token") or refresh_token),
        )

    def _endpoint(self) -> Http:
        if self._http is None:
            self._http = Http(
                self._runtime,
                self._access.oauth_url(),
                name="pipedrive",
                pacer=Pacer(self._runtime, "pipedrive-oauth", Limits(concurrency=1)),
                authorise=_nothing,
                user_agent=self._user_agent,
            )
        return self._http


async def _nothing(renew: bool) -> dict[str, str]:
    """The token endpoint is authorised by what it is sent."""
    return {}
