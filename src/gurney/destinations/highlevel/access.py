"""Credentials: a private integration token of the sub-account, or OAuth of a marketplace app (FACTS 2).

A private token never ends. An OAuth access token lasts a day; its refresh token works once, and the next one comes with
the answer, so it is kept before anything else is done. A token of the agency is changed for one of the location.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from gurney.destinations.highlevel.answers import words_of
from gurney.destinations.highlevel.limits import data, host, version_of
from gurney.destinations.protocol import TokenCache
from gurney.errors import AnswerWrong, CheckFailed, NotAuthorised
from gurney.runtime import Runtime, is_here
from gurney.transport import Answer, Http, Limits, Pacer

FORM = "application/x-www-form-urlencoded"
TOKEN_PATH = "/oauth/token"  # noqa: S105 - an address
EXCHANGE_PATH = "/oauth/locationToken"
COMPANY = "Company"
LOGIN = "gurney login highlevel"


@dataclass(frozen=True, slots=True)
class HighLevelAccess:
    """What a person pastes: the location, and a private token or the values of an OAuth app."""

    location_id: str
    token: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    version_id: str = ""
    """Private apps need it beside the client id in the consent link (FACTS 2.2)."""
    address: str = ""
    consent_address: str = ""

    @property
    def is_oauth(self) -> bool:
        """A private token is taken where both are there: it never ends."""
        return not self.token

    def require_complete(self) -> None:
        """Raise CheckFailed when neither login is whole."""
        if not self.token and not (self.client_id and self.client_secret and self.refresh_token):
            raise CheckFailed(
                "There are no credentials for highlevel: a private integration token, or client id, client secret "
                "and refresh token of an app.",
                next_step=f"Make a token in Settings > Private Integrations of the sub-account, then: {LOGIN}",
            )

    def base_url(self) -> str:
        """The vendor's one host, or that of a stand-in. Never plain http, except on this machine."""
        if not self.address:
            return host("api")
        parts = urlsplit(self.address.strip())
        if not parts.netloc or (parts.scheme != "https" and not is_here(parts.hostname)):
            raise CheckFailed("highlevel: BASE_URL is not an https address.", next_step=f"Leave it empty: {LOGIN}")
        return f"{parts.scheme}://{parts.netloc}"


def account_key(access: HighLevelAccess) -> str:
    """Names the account for shared budgets and cached tokens without telling a credential."""
    told = "\n".join((access.location_id, access.token, access.client_id, access.refresh_token, access.address))
    return "highlevel-" + hashlib.sha256(told.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Token:
    """What authorises a call."""

    value: str = field(repr=False)
    expires_at: datetime | None = None
    refresh_token: str = field(default="", repr=False)
    scopes: frozenset[str] = frozenset()
    """Empty where the vendor does not tell them: a private token's are seen by trying."""

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.value}"}

    def to_json(self) -> dict[str, Any]:
        """For a cache that keeps it encrypted."""
        return {
            "value": self.value,
            "expires_at": self.expires_at.isoformat() if self.expires_at else None,
            "refresh_token": self.refresh_token,
            "scopes": sorted(self.scopes),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Token:
        """The inverse of `to_json`."""
        ends = datetime.fromisoformat(kept["expires_at"]) if kept["expires_at"] else None
        return cls(kept["value"], ends, kept["refresh_token"], frozenset(kept["scopes"]))


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

    def __init__(self, runtime: Runtime, access: HighLevelAccess, cache: TokenCache, *, user_agent: str) -> None:
        self._runtime = runtime
        self._access = access
        self._cache = cache
        self._user_agent = user_agent
        self._lock = asyncio.Lock()
        self._http: Http | None = None
        self._token: Token | None = None
        self._for_ever = None if access.is_oauth else Token(access.token)

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
                token = await self._refresh()
            return token

    def _usable(self, refused: Token | None) -> Token | None:
        token = self._cached()
        early = timedelta(seconds=float(data()["oauth"]["early_s"]))
        if token is None or not token.value or token.expires_at is None:
            return None
        if token.expires_at - early <= self._runtime.clock.now():
            return None
        return None if refused is not None and token.value == refused.value else token

    def _cached(self) -> Token | None:
        if self._token is None and (kept := self._cache.load()) is not None:
            self._token = Token.from_json(kept)
        return self._token

    async def _refresh(self) -> Token:
        """A new pair. The refresh token worked once, so the next one is kept before the location's token is asked."""
        before = self._cached()
        newest = (before.refresh_token if before else "") or self._access.refresh_token
        said = await ask_token(self._endpoint(), self._access, {"grant_type": "refresh_token", "refresh_token": newest})
        fresh = _token(said, self._runtime.clock.now(), newest)
        if said.get("userType") == COMPANY:
            self._keep(replace(fresh, value=""))
            exchanged = await self._exchange(fresh, str(said.get("companyId") or ""))
            fresh = replace(exchanged, refresh_token=fresh.refresh_token)
        return self._keep(fresh)

    def _keep(self, token: Token) -> Token:
        self._token = token
        self._cache.save(token.to_json())
        return token

    async def _exchange(self, company: Token, company_id: str) -> Token:
        """The location's own token for that of the agency (FACTS 2.2)."""
        answer = await self._endpoint().request(
            "POST",
            EXCHANGE_PATH,
            content=urlencode({"companyId": company_id, "locationId": self._access.location_id}).encode(),
            headers={"Content-Type": FORM, "Version": version_of(EXCHANGE_PATH), **company.headers()},
            units=0,
            idempotent=True,
            label="token",
        )
        return _token(_read(answer), self._runtime.clock.now(), "")

    def _endpoint(self) -> Http:
        if self._http is None:
            self._http = login_http(self._runtime, self._access, self._user_agent)
        return self._http


def consent_url(runtime: Runtime, access: HighLevelAccess, redirect_uri: str) -> tuple[str, str]:
    """The address that a person opens in a browser, and the state to keep until they come back."""
    state = base64.urlsafe_b64encode(runtime.entropy(16)).rstrip(b"=").decode()
    scopes = " ".join(sorted({name for scope in data()["scopes"] for name in _scopes(scope)}))
    query = {
        "response_type": "code",
        "redirect_uri": redirect_uri,
        "client_id": access.client_id,
        "scope": scopes,
        "state": state,
    } | ({"version_id": access.version_id} if access.version_id else {})
    return f"{access.consent_address or host('consent')}?{urlencode(query)}", state


async def exchange_code(
    runtime: Runtime, access: HighLevelAccess, code: str, redirect_uri: str, *, user_agent: str
) -> str:
    """The refresh token for the code that the browser brought back; a code works once."""
    http = login_http(runtime, access, user_agent)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    try:
        said = await ask_token(http, access, form, repeatable=False)
    finally:
        await http.aclose()
    return str(said.get("refresh_token") or "")


async def ask_token(
    http: Http, access: HighLevelAccess, form: Mapping[str, str], *, repeatable: bool = True
) -> Mapping[str, Any]:
    """The vendor's answer to a code or a refresh token; the endpoint takes forms alone."""
    fields = {"client_id": access.client_id, "client_secret": access.client_secret, "user_type": "Location", **form}
    answer = await http.request(
        "POST",
        TOKEN_PATH,
        content=urlencode(fields).encode(),
        headers={"Content-Type": FORM},
        units=0,
        idempotent=repeatable,
        label="token",
    )
    return _read(answer)


def login_http(runtime: Runtime, access: HighLevelAccess, user_agent: str) -> Http:
    """A way to the token endpoint, which is authorised by what it is sent."""
    return Http(
        runtime,
        access.base_url(),
        name="highlevel",
        pacer=Pacer(runtime, "highlevel-oauth", Limits(concurrency=1)),
        authorise=_nothing,
        user_agent=user_agent,
    )


def _read(answer: Answer) -> Mapping[str, Any]:
    said = answer.json()
    if not isinstance(said, dict):
        raise AnswerWrong("highlevel's token endpoint answered neither a token nor an error.")
    if not said.get("access_token"):
        raise NotAuthorised(
            f"highlevel does not accept the app's credentials, its code or refresh token ({answer.status}"
            f"{': ' + words_of(said) if words_of(said) else ''}).",
            status=answer.status,
            code=str(answer.status),
            next_step="A refresh token works once: if another program used it, or an answer got lost, log in again: "
            f"{LOGIN}",
        )
    return said


def _token(said: Mapping[str, Any], now: datetime, refresh_token: str) -> Token:
    lifetime = float(said.get("expires_in") or data()["oauth"]["lifetime_s"])
    return Token(
        str(said["access_token"]),
        now + timedelta(seconds=lifetime),
        str(said.get("refresh_token") or refresh_token),
        frozenset(str(said.get("scope") or "").split()),
    )


def _scopes(scope: Mapping[str, Any]) -> list[str]:
    return [str(scope["name"]), *(str(name) for name in scope.get("also", ()))]


async def _nothing(renew: bool) -> dict[str, str]:
    return {}
