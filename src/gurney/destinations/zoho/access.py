"""Credentials and tokens: one access token for the whole run, renewed by one caller at a time (FACTS 1 and 2).

The token endpoint says its errors with status 200 as well as 400, so the answer's keys are read, never its status.
Only ten access tokens may be made in ten minutes: a `TokenCache` that outlives the process keeps short commands, one
after the other, from running into that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from gurney.destinations.protocol import TokenCache
from gurney.destinations.zoho.limits import host, traffic
from gurney.errors import AnswerWrong, NotAuthorised, PausedForQuota
from gurney.runtime import Runtime
from gurney.transport import Http, Limits, Pacer

FORM = "application/x-www-form-urlencoded"
EARLY = timedelta(seconds=60)
"""A token this close to its end is renewed before it is used."""
LOGIN = "gurney login zoho"
TOKEN_ERRORS = {
    "invalid_client": "does not know the client id at {accounts}: mistyped, or of another data centre",
    "invalid_client_secret": "does not accept the client secret",
    "invalid_code": "does not accept the refresh token at {accounts}: revoked, or of another data centre",
}


@dataclass(frozen=True, slots=True)
class ZohoAccess:
    """What a person pastes. Addresses left empty come from the data centre, and the API's from the token answer.

    `upload_url` is where files for bulk jobs go; batches of 100 need none (FACTS 9, 11).
    """

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    data_centre: str = "us"
    accounts_url: str | None = None
    api_url: str | None = None
    upload_url: str | None = None

    def accounts_host(self) -> str:
        return self.accounts_url or host(self.data_centre, "accounts")

    def api_host(self) -> str:
        return self.api_url or host(self.data_centre, "api")


@dataclass(frozen=True, slots=True)
class Token:
    """An access token as Zoho gave it. `scopes` is empty when the answer did not tell them."""

    value: str = field(repr=False)
    expires_at: datetime
    api_domain: str = ""
    scopes: frozenset[str] = frozenset()

    def to_json(self) -> dict[str, Any]:
        """For a cache that keeps it encrypted."""
        return {
            "value": self.value,
            "expires_at": self.expires_at.isoformat(),
            "api_domain": self.api_domain,
            "scopes": sorted(self.scopes),
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Token:
        """The inverse of `to_json`."""
        moment = datetime.fromisoformat(kept["expires_at"])
        return cls(kept["value"], moment, kept["api_domain"], frozenset(kept["scopes"]))


class TokenInMemory:
    """A cache for one process."""

    def __init__(self) -> None:
        self._token: dict[str, Any] | None = None

    def load(self) -> dict[str, Any] | None:
        return self._token

    def save(self, token: Mapping[str, Any]) -> None:
        self._token = dict(token)


class Tokens:
    """The one source of access tokens of an account."""

    def __init__(self, runtime: Runtime, access: ZohoAccess, cache: TokenCache, *, user_agent: str) -> None:
        self._runtime = runtime
        self._access = access
        self._cache = cache
        self._token: Token | None = None
        self._lock = asyncio.Lock()
        self._http = Http(
            runtime,
            access.accounts_host(),
            name="zoho",
            pacer=Pacer(runtime, "zoho-accounts", Limits(concurrency=1)),
            authorise=_nothing,
            user_agent=user_agent,
        )

    async def current(self, *, refused: Token | None = None) -> Token:
        """A token that should work; with `refused`, a newer one than that."""
        token = self._usable(refused)
        if token is not None:
            return token
        async with self._lock:
            token = self._usable(refused)
            if token is None:
                token = self._token = await self._refresh()
                self._cache.save(token.to_json())
            return token

    def cached(self) -> Token | None:
        """The token at hand, however old; None when none was ever made."""
        if self._token is None and (kept := self._cache.load()) is not None:
            self._token = Token.from_json(kept)
        return self._token

    async def aclose(self) -> None:
        await self._http.aclose()

    def _usable(self, refused: Token | None) -> Token | None:
        token = self.cached()
        if token is None or token.expires_at - EARLY <= self._runtime.clock.now():
            return None
        return None if refused is not None and token.value == refused.value else token

    async def _refresh(self) -> Token:
        form = {
            "grant_type": "refresh_token",
            "client_id": self._access.client_id,
            "client_secret": self._access.client_secret,
            "refresh_token": self._access.refresh_token,
        }
        answer = await self._http.request(
            "POST",
            "/oauth/v2/token",
            content=urlencode(form).encode(),
            headers={"Content-Type": FORM},
            idempotent=True,  # a lost answer wastes a token, nothing else
            label="token",
        )
        return self._read(answer.status, answer.json())

    def _read(self, status: int, said: Any) -> Token:
        if not isinstance(said, dict) or not (said.get("access_token") or said.get("error")):
            raise AnswerWrong("zoho's token endpoint answered neither a token nor an error.")
        if "access_token" not in said:
            raise self._refusal(status, str(said["error"]), str(said.get("error_description", "")))
        lifetime = float(said.get("expires_in") or traffic("token_lifetime_s"))
        return Token(
            said["access_token"],
            self._runtime.clock.now() + timedelta(seconds=lifetime),
            str(said.get("api_domain") or ""),
            frozenset(str(said.get("scope") or "").replace(",", " ").split()),
        )

    def _refusal(self, status: int, error: str, words: str) -> Exception:
        if "too many requests" in words.lower():
            until = self._runtime.clock.now() + timedelta(seconds=traffic("token_throttle_s"))
            return PausedForQuota(
                "zoho gives no more access tokens for ten minutes.",
                until=until,
                next_step=f"Repeat the command after {until:%H:%M} UTC: it goes on where it was.",
            )
        why = TOKEN_ERRORS.get(error, "refuses the credentials").format(accounts=self._access.accounts_host())
        return NotAuthorised(
            f"zoho {why} ({error}).",
            status=status,
            code=error,
            words=words,
            next_step=f"Check client id, client secret, refresh token and data centre, then: {LOGIN}",
        )


async def _nothing(renew: bool) -> dict[str, str]:
    """The token endpoint is authorised by what it is sent."""
    return {}
