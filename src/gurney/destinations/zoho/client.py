"""Calls to Zoho CRM v8: authorised, paced, priced, and their answers told apart.

Every call names its price (limits.toml) and what is asked, so that the credits are right and a refusal says which
call and which scope. Nothing here decides that a write may be repeated.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import orjson

from gurney.destinations.protocol import TokenCache
from gurney.destinations.zoho.access import Token, TokenInMemory, Tokens
from gurney.destinations.zoho.access import ZohoAccess as ZohoAccess
from gurney.destinations.zoho.answers import REQUEST_CODES, refusal
from gurney.destinations.zoho.limits import CREDITS, per_call, price
from gurney.errors import AnswerLost, AnswerWrong, NotAuthorised, VendorRefused
from gurney.runtime import Runtime
from gurney.transport import Answer, Download, Http, Pacer, Upload

API = "/crm/v8"
LEFT_HEADER = "X-API-CREDITS-REMAINING"
EMPTY = frozenset({204, 304})
SCOPES = {
    "/coql": "ZohoCRM.coql.READ",
    "/org": "ZohoCRM.org.READ",
    "/users": "ZohoCRM.users.ALL",
    "/settings": "ZohoCRM.settings.ALL",
}
_last: ContextVar[Answer | None] = ContextVar("zoho_last_answer", default=None)
"""The newest answer of this task, which the transport does not hand on when it is a 401."""
_used: ContextVar[Token | None] = ContextVar("zoho_used_token", default=None)
"""The token that this task's newest request carried."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that was not a refusal of the whole request. `body` is {} where Zoho sends none."""

    status: int
    body: dict[str, Any]

    def rows(self, key: str = "data") -> list[Any]:
        """The list under `key`; [] when there is none."""
        found = self.body.get(key)
        return found if isinstance(found, list) else []

    @property
    def more(self) -> bool:
        """Whether another page follows."""
        return bool(self._info().get("more_records"))

    @property
    def next_page_token(self) -> str:
        return str(self._info().get("next_page_token") or "")

    def _info(self) -> dict[str, Any]:
        found = self.body.get("info")
        return found if isinstance(found, dict) else {}


class Client:
    """One Zoho organisation. Use it within one event loop; close it."""

    def __init__(
        self,
        runtime: Runtime,
        access: ZohoAccess,
        pacer: Pacer,
        *,
        user_agent: str,
        tokens: TokenCache | None = None,
    ) -> None:
        self.pacer = pacer
        self.access = access
        self._runtime = runtime
        self._user_agent = user_agent
        self._tokens = Tokens(runtime, access, tokens or TokenInMemory(), user_agent=user_agent)
        self._http: Http | None = None

    async def get(self, path: str, params: Sequence[tuple[str, str]] = (), *, kind: str = "light") -> Reply:
        """A read, which is repeated when its answer is lost."""
        return await self.call("GET", path, params=params, kind=kind)

    async def coql(self, query: str) -> Reply:
        """A query's rows. A read, though it is a POST."""
        return await self.call("POST", "/coql", body={"select_query": query}, kind="coql", idempotent=True)

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        body: Mapping[str, Any] | None = None,
        upload: Upload | None = None,
        headers: Mapping[str, str] | None = None,
        kind: str = "light",
        rows: int = 0,
        idempotent: bool | None = None,
        items: str = "data",
    ) -> Reply:
        """One call. `rows` is how many records are written.

        A list under `items` is a reply whatever the status, unless it only says why the whole call was refused;
        that, and every other 4xx, raises VendorRefused.
        """
        units, heavy = price(kind, rows)
        sent = {"Content-Type": "application/json", **(headers or {})} if body is not None else headers
        http = await self._api()
        seen = _last.set(None)
        try:
            answer = await http.request(
                method,
                API + path,
                params=params,
                content=orjson.dumps(body) if body is not None else None,
                upload=upload,
                headers=sent,
                units=units,
                heavy=heavy,
                idempotent=idempotent,
                label=kind,
            )
        except NotAuthorised as no:
            raise self._explained(no, f"{method} {path}", path) from None
        finally:
            _last.reset(seen)
        return self._judged(answer, f"{method} {path}", path, items, rows)

    async def pages(
        self,
        path: str,
        params: Sequence[tuple[str, str]],
        *,
        most: int | None = None,
        items: str = "data",
        kind: str = "light",
    ) -> list[Any] | None:
        """All rows of a list. None when there are more than `most` pages.

        Pages by number reach 2,000 rows; past the first, Zoho's page token is used (FACTS 4).
        """
        found: list[Any] = []
        cursor: list[tuple[str, str]] = []
        page = 1
        while most is None or page <= most:
            reply = await self.get(path, [*params, ("per_page", str(per_call("page_rows"))), *cursor], kind=kind)
            found += reply.rows(items)
            if not reply.more:
                return found
            page += 1
            token = reply.next_page_token
            if not token and page > per_call("pages_by_number"):
                raise AnswerWrong(f"zoho announces more of {path}, but not how to read it.")
            if ("page_token", token) in cursor:
                raise AnswerWrong(f"zoho repeats a page of {path}.")
            cursor = [("page_token", token)] if token else [("page", str(page))]
        return None

    @asynccontextmanager
    async def download(self, path: str) -> AsyncIterator[Download]:
        """A file's bytes on their way; anything but 200 raises."""
        http = await self._api()
        units, heavy = price("light")
        async with http.stream("GET", API + path, units=units, heavy=heavy, label="file") as download:
            if download.status != 200:
                raise VendorRefused(
                    f"zoho has no file at GET {path} ({download.status}).", status=download.status, code="NO_FILE"
                )
            yield download

    async def scopes(self) -> frozenset[str]:
        """Scopes that the token was given, lower case; empty when Zoho did not tell."""
        token = await self._tokens.current()
        return frozenset(scope.lower() for scope in token.scopes)

    async def aclose(self) -> None:
        if self._http is not None:
            await self._http.aclose()
        await self._tokens.aclose()

    async def _api(self) -> Http:
        """The API's host is where the token says, unless it was configured (FACTS 1)."""
        if self._http is None:
            domain = self.access.api_url or (await self._tokens.current()).api_domain or self.access.api_host()
            if self._http is None:
                self._http = Http(
                    self._runtime,
                    domain,
                    name="zoho",
                    pacer=self.pacer,
                    authorise=self._authorise,
                    user_agent=self._user_agent,
                    timeout_s=120.0,
                    observe=self._observe,
                )
        return self._http

    async def _authorise(self, renew: bool) -> Mapping[str, str]:
        if renew and _code(_last.get()) == "OAUTH_SCOPE_MISMATCH":
            raise NotAuthorised("zoho: a scope is missing", status=401)  # explained by `call`; no new token helps
        token = await self._tokens.current(refused=_used.get() if renew else None)
        _used.set(token)
        return {"Authorization": f"Zoho-oauthtoken {token.value}"}

    def _observe(self, answer: Answer) -> None:
        _last.set(answer)
        left = answer.headers.get(LEFT_HEADER)
        if left is not None and left.strip().isdigit():
            self.pacer.learn(CREDITS, int(left))

    def _judged(self, answer: Answer, what: str, path: str, items: str, rows: int) -> Reply:
        if answer.status in EMPTY:
            return Reply(answer.status, {})
        body = answer.json()
        if isinstance(body, dict) and isinstance(body.get(items), list):
            found = body[items]
            if answer.ok or len(found) != 1 or rows == 1 or not _request_refused(found[0]):
                return Reply(answer.status, body)
            body = found[0]
        if answer.ok and not isinstance(body, dict):
            raise AnswerLost(f"zoho answered {what} with {answer.status} and nothing to read.")
        if answer.ok and body.get("status") != "error":
            return Reply(answer.status, body)
        raise refusal(answer.status, body, what, scope=_scope(path))

    def _explained(self, no: NotAuthorised, what: str, path: str) -> NotAuthorised:
        """A 401 in the vendor's words: wrong scope, or a fresh token that this host does not know."""
        answer = _last.get()
        code = _code(answer)
        if answer is None or not code or no.code:
            return no
        if code == "INVALID_TOKEN":
            return NotAuthorised(
                f"zoho's API does not accept a token just made at {self.access.accounts_host()} (INVALID_TOKEN).",
                status=401,
                code=code,
                words="invalid oauth token",
                next_step="Choose the data centre in which the client was made (or access was revoked meanwhile), "
                "then: gurney login zoho",
            )
        explained = refusal(answer.status, answer.json(), what, scope=_scope(path))
        return explained if isinstance(explained, NotAuthorised) else no


def _request_refused(row: Any) -> bool:
    return isinstance(row, dict) and row.get("code") in REQUEST_CODES


def _code(answer: Answer | None) -> str:
    body = answer.json() if answer is not None else None
    return str(body.get("code") or "") if isinstance(body, dict) else ""


def _scope(path: str) -> str:
    if "/actions/count" in path:
        return "ZohoSearch.securesearch.READ"
    return next((scope for start, scope in SCOPES.items() if path.startswith(start)), "ZohoCRM.modules.ALL")
