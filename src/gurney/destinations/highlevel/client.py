"""Calls to HighLevel's API v2: authorised, versioned, paced, and their answers told apart (FACTS 1, 2, 12, 14).

A call is named as the vendor's specification names it, 'GET /contacts/{contactId}': the name is its place in the
counts, its version, and what an error says. Nothing here decides that a write may be repeated.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import orjson

from gurney.destinations.highlevel.access import HighLevelAccess, Token, TokenInMemory, Tokens
from gurney.destinations.highlevel.answers import is_about_token, is_unreadable, refusal, unauthorised, words_of
from gurney.destinations.highlevel.limits import DAILY, version_of
from gurney.destinations.protocol import TokenCache
from gurney.errors import AnswerLost, NotAuthorised, PausedForQuota, VendorRefused
from gurney.runtime import Runtime
from gurney.transport import Answer, Download, Http, Pacer, Rate, Upload

LIMITS = "x-ratelimit-"
DAY_LEFT = "x-ratelimit-daily-remaining"
DAY_LIMIT = "x-ratelimit-limit-daily"
DAY_RESET = "x-ratelimit-daily-reset"
BURST_LIMIT = "x-ratelimit-max"
BURST_SPAN = "x-ratelimit-interval-milliseconds"
DOWNLOAD = "GET /documents/download/{id}"
JSON = {"Content-Type": "application/json"}
BRACES = re.compile(r"\{\w+\}")
A_MOMENT_FROM_MS = 100_000_000_000
"""A reset beyond this is a moment; below it is what is left of the day."""
Params = Sequence[tuple[str, str]]
_last: ContextVar[Answer | None] = ContextVar("highlevel_last_answer", default=None)
"""The newest answer of this task, which the transport does not hand on when it is a 401 or 5xx."""
_used: ContextVar[Token | None] = ContextVar("highlevel_used_token", default=None)


class AnswerBroken(AnswerLost):
    """The vendor's own program failed (500). It may have taken effect; and it may fail for ever (FACTS 14)."""


class Client:
    """One HighLevel location. Use it within one event loop; close it."""

    def __init__(
        self,
        runtime: Runtime,
        access: HighLevelAccess,
        pacer: Pacer,
        *,
        user_agent: str,
        tokens: TokenCache | None = None,
    ) -> None:
        self.pacer = pacer
        self.runtime = runtime
        self.location_id = access.location_id
        self.burst: int | None = None
        """What the vendor last said the burst limit is."""
        self._tokens = Tokens(runtime, access, tokens or TokenInMemory(), user_agent=user_agent)
        self._http = Http(
            runtime,
            access.base_url(),
            name="highlevel",
            pacer=pacer,
            authorise=self._authorise,
            user_agent=user_agent,
            observe=self._observe,
        )

    async def call(
        self,
        name: str,
        *at: str,
        params: Params = (),
        body: Any = None,
        upload: Upload | None = None,
        idempotent: bool | None = None,
    ) -> dict[str, Any]:
        """One call. `at` fills the braces of the name, one after the other; {locationId} fills itself.

        Raises AnswerLost where it may have taken effect, NotAuthorised where the token may not make the call, and
        VendorRefused for every other answer that is not 2xx.
        """
        answer = await self._send(name, self._path(name, at), params, body, upload, idempotent)
        said = answer.json()
        if is_unreadable(answer.status, said) and (idempotent or name.startswith("GET ")):
            answer = await self._send(name, self._path(name, at), params, body, upload, idempotent)
            said = answer.json()
        if is_unreadable(answer.status, said):
            raise AnswerLost(f"highlevel refused {name}, but nobody can read why ({answer.status}).")
        if not answer.ok:
            raise refusal(answer.status, said, name)
        if isinstance(said, dict):
            return said
        raise AnswerLost(f"highlevel took {name}, but answered nothing that can be read.")

    async def read(self, name: str, *at: str, params: Params = (), body: Any = None) -> dict[str, Any]:
        """A call that changes nothing, whatever its method: it is repeated when its answer gets lost."""
        return await self.call(name, *at, params=params, body=body, idempotent=True)

    def here(self, *more: tuple[str, str]) -> list[tuple[str, str]]:
        """Parameters that name the location, and others."""
        return [("locationId", self.location_id), *more]

    @asynccontextmanager
    async def download(self, url: str) -> AsyncIterator[Download]:
        """A file's bytes on their way; another host than the API's own gets no token (FACTS 10)."""
        parts, base = urlsplit(url), urlsplit(self._http.base_url)
        foreign = (parts.scheme, parts.netloc) != (base.scheme, base.netloc)
        headers = {} if foreign else {"Version": version_of(parts.path)}
        async with self._http.stream("GET", url, headers=headers, foreign=foreign, label=DOWNLOAD) as found:
            if found.status != 200:
                raise VendorRefused(
                    f"highlevel does not give out the file ({found.status}).", status=found.status, code="no-file"
                )
            yield found

    async def scopes(self) -> frozenset[str]:
        """What an OAuth token was given; empty for a private token, whose scopes are seen by trying."""
        return (await self._tokens.current()).scopes

    async def aclose(self) -> None:
        await self._http.aclose()
        await self._tokens.aclose()

    # One call

    async def _send(
        self, name: str, path: str, params: Params, body: Any, upload: Upload | None, idempotent: bool | None
    ) -> Answer:
        marks = _last.set(None), _used.set(None)
        try:
            return await self._http.request(
                name.partition(" ")[0],
                path,
                params=params,
                content=orjson.dumps(body) if body is not None else None,
                upload=upload,
                headers={"Version": version_of(path), **(JSON if body is not None else {})},
                idempotent=idempotent,
                label=name,
            )
        except NotAuthorised as no:
            answer = _last.get()
            raise unauthorised(no.status, words_of(answer.json()) if answer else "", name) from None
        except PausedForQuota as paused:
            raise self._paused(paused) from None
        except AnswerLost:
            answer = _last.get()
            if answer is not None and answer.status == 500:
                raise AnswerBroken(f"highlevel failed on {name} (500).") from None
            raise
        finally:
            _last.reset(marks[0])
            _used.reset(marks[1])

    def _path(self, name: str, at: Sequence[str]) -> str:
        """The path of a call with its braces filled."""
        left = iter(at)

        def fill(found: re.Match[str]) -> str:
            return quote(self.location_id if found[0] == "{locationId}" else next(left), safe="")

        return BRACES.sub(fill, name.partition(" ")[2])

    def _paused(self, paused: PausedForQuota) -> PausedForQuota:
        """A spent day lasts until its end, and the vendor says when that is."""
        if self.pacer.remaining(DAILY) != 0 or paused.until is None:
            return paused
        now = self.runtime.clock.now()
        free = self.pacer.budgets[DAILY].free_at(1, now.timestamp(), into_reserve=True) - now.timestamp()
        until = max(now + timedelta(seconds=free), paused.until)
        return PausedForQuota("The day's calls of this highlevel location are spent.", until=until)

    async def _authorise(self, renew: bool) -> Mapping[str, str]:
        """The token of a call. After a 401 a new one is asked for only where the words are about the token."""
        answer = _last.get()
        ended = renew and answer is not None and is_about_token(words_of(answer.json()))
        token = await self._tokens.current(refused=_used.get() if ended else None)
        _used.set(token)
        return token.headers()

    def _observe(self, answer: Answer) -> None:
        """Learn the burst limit and what is left of the day, as every answer says (FACTS 12)."""
        _last.set(answer)
        told = {name: value for name, value in answer.headers.items() if name.startswith(LIMITS)}
        left, ceiling = _whole(told.get(DAY_LEFT)), _whole(told.get(DAY_LIMIT))
        burst, span_ms = _whole(told.get(BURST_LIMIT)), _whole(told.get(BURST_SPAN))
        if burst and span_ms and burst != self.burst:
            self.burst = burst
            self.pacer.learn_rate(Rate(burst, span_ms / 1000))
        if left is None:
            return
        reset_ms, reset_at = _whole(told.get(DAY_RESET)), None
        if reset_ms is not None:
            now = self.runtime.clock.now()
            span = timedelta(milliseconds=reset_ms)
            reset_at = now + (span if reset_ms < A_MOMENT_FROM_MS else span - timedelta(seconds=now.timestamp()))
        self.pacer.learn(DAILY, left, reset_at=reset_at, ceiling=ceiling)


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.strip().isdigit() else None
