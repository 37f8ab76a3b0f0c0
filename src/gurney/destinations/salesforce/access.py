"""Credentials and tokens: which OAuth flow, one access token for the whole run, renewed by one caller (FACTS 1).

A token tells no end of its life, so it is used until the vendor answers 401. The token's answer says where the API is,
and may replace the refresh token; both are kept in the cache, or the next command would be locked out.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gurney.destinations.protocol import TokenCache
from gurney.errors import AnswerWrong, CheckFailed, NotAuthorised
from gurney.runtime import Runtime, is_here
from gurney.transport import Http, Limits, Pacer

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 - an address
AUTHORISE_PATH = "/services/oauth2/authorize"
FORM = "application/x-www-form-urlencoded"
SCOPE = "api refresh_token id"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
JWT_LIFETIME_S = 180
"""Below the five minutes that are allowed, so that a clock may differ (FACTS 1)."""
LOGIN = "gurney login salesforce"
TOKEN_ERRORS = {
    "invalid_client_id": "does not know the consumer key at {login}: mistyped, or of another organisation",
    "invalid_client": "does not accept the consumer secret",
    "invalid_grant": "does not accept the refresh token, the assertion or the user at {login}",
    "inactive_user": "has deactivated the user of the credentials",
    "unsupported_grant_type": "has this way of logging in switched off at {login}",
}


@dataclass(frozen=True, slots=True)
class SalesforceAccess:
    """What a person pastes. `login_url` is the My Domain address, or login.salesforce.com where the flow allows."""

    login_url: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    username: str = ""
    private_key: str = field(default="", repr=False)
    """PEM of the certificate that the external client app was given, for the JWT flow."""

    def login_host(self) -> str:
        """Scheme and host alone, whatever was pasted."""
        text = self.login_url.strip()
        parts = urlsplit(text if "://" in text else f"https://{text}")
        if not parts.netloc or (parts.scheme != "https" and not is_here(parts.hostname)):
            raise CheckFailed(
                "salesforce: the login URL is not an https address.",
                next_step=f"Paste https://YOURDOMAIN.my.salesforce.com: {LOGIN}",
            )
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and where it holds. `identity` is the address that tells who we are."""

    value: str = field(repr=False)
    instance_url: str
    identity: str = ""
    refresh_token: str = field(default="", repr=False)
    """The newest one, '' where the flow has none."""

    @property
    def user_id(self) -> str:
        return self.identity.rpartition("/")[2]

    def to_json(self) -> dict[str, Any]:
        """For a cache that keeps it encrypted."""
        return {
            "value": self.value,
            "instance_url": self.instance_url,
            "identity": self.identity,
            "refresh_token": self.refresh_token,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Token:
        """The inverse of `to_json`."""
        return cls(kept["value"], kept["instance_url"], kept["identity"], kept["refresh_token"])


class TokenInMemory:
    """A cache for one process."""

    def __init__(self) -> None:
        self._kept: dict[str, Any] | None = None

    def load(self) -> dict[str, Any] | None:
        return self._kept

    def save(self, token: Mapping[str, Any]) -> None:
        self._kept = dict(token)


class Tokens:
    """The one source of access tokens of an organisation."""

    def __init__(self, runtime: Runtime, access: SalesforceAccess, cache: TokenCache, *, user_agent: str) -> None:
        self._runtime = runtime
        self._access = access
        self._cache = cache
        self._token: Token | None = None
        self._lock = asyncio.Lock()
        self._http = _login_http(runtime, access, user_agent)

    async def current(self, *, refused: Token | None = None) -> Token:
        """A token that should work; with `refused`, a newer one than that."""
        token = self._usable(refused)
        if token is not None:
            return token
        async with self._lock:
            token = self._usable(refused)
            if token is None:
                token = self._token = await self._make()
                self._cache.save(token.to_json())
            return token

    async def aclose(self) -> None:
        await self._http.aclose()

    def _kept(self) -> Token | None:
        if self._token is None and (kept := self._cache.load()) is not None:
            self._token = Token.from_json(kept)
        return self._token

    def _usable(self, refused: Token | None) -> Token | None:
        token = self._kept()
        return None if token is None or (refused is not None and token.value == refused.value) else token

    async def _make(self) -> Token:
        kept = self._kept()
        newest = kept.refresh_token if kept is not None else ""
        try:
            return await _ask(self._http, self._access, self._form(newest), self._login, newest)
        except NotAuthorised:
            if not newest or newest == self._access.refresh_token or not self._access.refresh_token:
                raise
        return await _ask(self._http, self._access, self._form(""), self._login, "")  # somebody logged in anew

    @property
    def _login(self) -> str:
        return self._access.login_host()

    def _form(self, newest: str) -> dict[str, str]:
        """What the flow asks for: private key, else refresh token, else the app's own user (FACTS 1)."""
        access = self._access
        if access.private_key:
            now = int(self._runtime.clock.now().timestamp())
            return {"grant_type": JWT_GRANT, "assertion": assertion(access, now)}
        form = {"client_id": access.client_id}
        if access.client_secret:
            form["client_secret"] = access.client_secret
        if access.refresh_token:
            return {"grant_type": "refresh_token", "refresh_token": newest or access.refresh_token, **form}
        if not access.client_secret:
            raise CheckFailed(
                "salesforce: a consumer secret, a refresh token or a private key is missing.",
                next_step=f"Give one of them: {LOGIN}",
            )
        return {"grant_type": "client_credentials", **form}


def assertion(access: SalesforceAccess, now_s: int) -> str:
    """A signed statement of who we are, for the JWT flow (RS256).

    The private key is read here and nowhere else; a key that cannot be read is told without its text.
    """
    try:
        key = load_pem_private_key(access.private_key.replace("\\n", "\n").encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not access.username:
        raise CheckFailed(
            "salesforce: a login by certificate needs the username.", next_step=f"Give the user's name: {LOGIN}"
        )
    if not isinstance(key, rsa.RSAPrivateKey):
        raise CheckFailed(
            "salesforce: the private key is not an RSA key in PEM form without a password.",
            next_step=f"Paste the whole file, -----BEGIN PRIVATE KEY----- included: {LOGIN}",
        )
    claims = {
        "iss": access.client_id,
        "sub": access.username,
        "aud": access.login_host(),
        "exp": now_s + JWT_LIFETIME_S,
    }
    signed = f"{_base64(orjson.dumps({'alg': 'RS256'}))}.{_base64(orjson.dumps(claims))}"
    return f"{signed}.{_base64(key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def authorisation(runtime: Runtime, access: SalesforceAccess, redirect_uri: str) -> tuple[str, str, str]:
    """The address that a person opens in a browser, with the verifier and the state to keep until they come back."""
    verifier, state = _base64(runtime.entropy(48)), _base64(runtime.entropy(16))
    query = {
        "response_type": "code",
        "client_id": access.client_id,
        "redirect_uri": redirect_uri,
        "scope": SCOPE,
        "state": state,
        "code_challenge": _base64(hashlib.sha256(verifier.encode()).digest()),
        "code_challenge_method": "S256",
    }
    return f"{access.login_host()}{AUTHORISE_PATH}?{urlencode(query)}", verifier, state


async def exchange(
    runtime: Runtime, access: SalesforceAccess, code: str, verifier: str, redirect_uri: str, *, user_agent: str
) -> Token:
    """The token for the code that the browser brought back; its refresh token is what `gurney login` keeps."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": access.client_id,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    if access.client_secret:
        form["client_secret"] = access.client_secret
    http = _login_http(runtime, access, user_agent)
    try:
        token = await _ask(http, access, form, access.login_host(), "", repeatable=False)
    finally:
        await http.aclose()
    if not token.refresh_token:
        raise NotAuthorised(
            "salesforce gave no refresh token.",
            status=200,
            next_step="Add the scope 'Perform requests at any time' to the external client app, then log in again.",
        )
    return token


def _login_http(runtime: Runtime, access: SalesforceAccess, user_agent: str) -> Http:
    return Http(
        runtime,
        access.login_host(),
        name="salesforce",
        pacer=Pacer(runtime, "salesforce-login", Limits(concurrency=1)),
        authorise=_nothing,
        user_agent=user_agent,
    )


async def _ask(
    http: Http,
    access: SalesforceAccess,
    form: Mapping[str, str],
    login: str,
    newest: str,
    *,
    repeatable: bool = True,
) -> Token:
    """One token. `newest` is the refresh token that stays valid when the answer brings no other."""
    answer = await http.request(
        "POST",
        TOKEN_PATH,
        content=urlencode(form).encode(),
        headers={"Content-Type": FORM},
        idempotent=repeatable,
        label="token",
    )
    said = answer.json()
    if not isinstance(said, dict) or not (said.get("access_token") or said.get("error")):
        raise AnswerWrong("salesforce's token endpoint answered neither a token nor an error.")
    if "access_token" not in said:
        raise _refusal(answer.status, login, str(said["error"]), str(said.get("error_description") or ""))
    return Token(
        str(said["access_token"]),
        _instance(str(said.get("instance_url") or ""), login),
        str(said.get("id") or ""),
        str(said.get("refresh_token") or newest),
    )


def _instance(told: str, login: str) -> str:
    """Where the API is. Never plain http, except where the login itself is on this machine."""
    parts = urlsplit(told)
    plain_is_fine = urlsplit(login).scheme == "http" and is_here(parts.hostname)
    if not parts.netloc or (parts.scheme != "https" and not plain_is_fine):
        raise AnswerWrong("salesforce's token does not say where the API is.")
    return f"{parts.scheme}://{parts.netloc}"


def _refusal(status: int, login: str, error: str, words: str) -> NotAuthorised:
    why = TOKEN_ERRORS.get(error, "refuses the credentials").format(login=login)
    return NotAuthorised(
        f"salesforce {why} ({error}" + (f": {words}" if words else "") + ").",
        status=status,
        code=error,
        words=words,
        next_step="Check login URL, consumer key and secret, that the external client app is installed and approved "
        f"for the user, and that the flow is switched on; then: {LOGIN}",
    )


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


async def _nothing(renew: bool) -> dict[str, str]:
    """The token endpoint is authorised by what it is sent."""
    return {}
