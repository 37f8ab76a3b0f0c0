"""Calls to Pipedrive's API v2 and v1: authorised, paced, priced, and their answers told apart (FACTS 1, 8, 12).

A call is named as the vendor's specification names it, 'GET /api/v2/persons/{id}': the name is its price, its place in
the counts, and what an error says. Nothing here decides that a write may be repeated.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urljoin

import orjson

from gurney.destinations.pipedrive.access import PipedriveAccess, Token, TokenInMemory, Tokens
from gurney.destinations.pipedrive.answers import refusal
from gurney.destinations.pipedrive.limits import TOKENS, host, per_call, prices, traffic
from gurney.destinations.pipedrive.pool import Flight, TokenPool, flight
from gurney.destinations.protocol import TokenCache
from gurney.errors import AnswerLost, AnswerWrong, PausedForQuota, VendorRefused
from gurney.runtime import Runtime
from gurney.transport import Answer, Download, Http, Pacer, Rate, Upload

LEFT_HEADER = "x-daily-ratelimit-token-remaining"
LIMIT_HEADER = "x-daily-ratelimit-token-limit"
BURST_HEADER = "x-ratelimit-limit"
BURST_LEFT_HEADER = "x-ratelimit-remaining"
DOWNLOAD = "GET /api/v1/files/{id}/download"
JSON = {"Content-Type": "application/json"}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 5
REFUSED = 429
_last: ContextVar[Answer | None] = ContextVar("pipedrive_last_answer", default=None)
"""The newest answer of this task, which the transport does not hand on when it is a 5xx."""
_used: ContextVar[Token | None] = ContextVar("pipedrive_used_token", default=None)


class AnswerBroken(AnswerLost):
    """The vendor's own program failed (500). It may have taken effect; and it may fail for ever (FACTS 12)."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that was no refusal."""

    data: Any
    body: Mapping[str, Any]

    def rows(self) -> list[Any]:
        """The data where they are a list; null counts as none."""
        return self.data if isinstance(self.data, list) else []

    @property
    def record(self) -> dict[str, Any]:
        """The data where they are one record."""
        return self.data if isinstance(self.data, dict) else {}

    @property
    def next_cursor(self) -> str:
        """Where the next page begins; '' on the last one. Search answers of v2 have the old block (FACTS 3.1)."""
        more = self.body.get("additional_data")
        found = more.get("next_cursor") if isinstance(more, dict) else None
        return found if isinstance(found, str) else ""

    @property
    def pagination(self) -> Mapping[str, Any]:
        """The block of version 1."""
        more = self.body.get("additional_data")
        found = more.get("pagination") if isinstance(more, dict) else None
        return found if isinstance(found, dict) else {}

    @property
    def next_start(self) -> int | None:
        """Where the next page of version 1 begins; None on the last one."""
        found = self.pagination.get("next_start") if self.pagination.get("more_items_in_collection") else None
        return found if isinstance(found, int) else None


class Client:
    """One Pipedrive company. Use it within one event loop; close it."""

    def __init__(
        self,
        runtime: Runtime,
        access: PipedriveAccess,
        pacer: Pacer,
        *,
        user_agent: str,
        tokens: TokenCache | None = None,
    ) -> None:
        self.pacer = pacer
        self.runtime = runtime
        self.access = access
        self._user_agent = user_agent
        self._tokens = Tokens(runtime, access, tokens or TokenInMemory(), user_agent=user_agent)
        self._http: Http | None = None
        self._blocked_until: datetime | None = None
        self._page_sizes: dict[str, int] = {}

    async def call(
        self,
        name: str,
        *,
        at: str = "",
        params: Sequence[tuple[str, str]] = (),
        body: Any = None,
        upload: Upload | None = None,
        idempotent: bool | None = None,
    ) -> Reply:
        """One call. `at` is what stands in the braces of the name.

        Raises AnswerLost where it may have taken effect, VendorRefused for every other answer that is not 2xx, and
        AnswerWrong for a read that is answered with nothing again and again (FACTS 13.8).
        """
        reads = name.startswith("GET")
        for _ in range(int(traffic("null_tries"))):
            answer = await self._send(name, at, params, body, upload, idempotent)
            said = answer.json()
            if not answer.ok or (isinstance(said, dict) and said.get("success") is False):
                raise self._refused(answer, name)
            if isinstance(said, dict):
                return Reply(said.get("data"), said)
            if not reads:
                raise AnswerLost(f"pipedrive took {name}, but answered nothing.")
            await self.runtime.clock.sleep(1.0)
        raise AnswerWrong(f"pipedrive keeps answering {name} with nothing.")

    async def pages(
        self, name: str, params: Sequence[tuple[str, str]] = (), *, at: str = "", size: int = 0
    ) -> AsyncIterator[list[dict[str, Any]]]:
        """The pages of a list of either version, one call each, as they are asked for."""
        where: list[tuple[str, str]] = []
        while True:
            reply = await self.page(name, [*params, *where], at=at, size=size)
            yield reply.rows()
            step = ("cursor", reply.next_cursor) if "/v2/" in name else ("start", str(reply.next_start or ""))
            if not step[1]:
                return
            if [step] == where:
                raise AnswerWrong(f"pipedrive repeats a page of {name}.")
            where = [step]

    async def page(self, name: str, params: Sequence[tuple[str, str]], *, at: str = "", size: int = 0) -> Reply:
        """One page, as large as the vendor allows: what v1 lists take is not named for each (FACTS 3.1)."""
        most = self._page_sizes.get(name, size or per_call("page"))
        try:
            return await self.call(name, at=at, params=[*params, ("limit", str(most))])
        except VendorRefused as no:
            if no.status != 400 or "/v1/" not in name or most <= per_call("smallest_page"):
                raise
        self._page_sizes[name] = per_call("smallest_page")
        return await self.page(name, params, at=at)

    @asynccontextmanager
    async def download(self, id: str) -> AsyncIterator[Download]:
        """A file's bytes on their way. A redirect leads to another host, which gets no token (FACTS 3.7)."""
        http = await self._api()
        address = _path(DOWNLOAD, id)
        own = Flight()
        flight.set(own)
        try:
            async with AsyncExitStack() as stack:
                foreign = False
                for _ in range(MOST_REDIRECTS):
                    units = 0 if foreign else prices()[DOWNLOAD]
                    found = await stack.enter_async_context(
                        http.stream("GET", address, units=units, foreign=foreign, label=DOWNLOAD)
                    )
                    if found.status not in REDIRECTS or not found.headers.get("location"):
                        break
                    address, foreign = urljoin(http.base_url + _path(DOWNLOAD, id), found.headers["location"]), True
                if found.status != 200:
                    raise VendorRefused(
                        f"pipedrive does not give out the file ({found.status}).", status=found.status, code="no-file"
                    )
                yield found
        finally:
            flight.set(None)  # without a token of the context: a reader may be closed in another one
            self._land(own)

    async def scopes(self) -> frozenset[str]:
        """What an OAuth token was given; empty for an API token, which has all rights of its user."""
        return (await self._tokens.current()).scopes

    async def aclose(self) -> None:
        if self._http is not None:
            await self._http.aclose()
        await self._tokens.aclose()

    # One call

    async def _send(
        self,
        name: str,
        at: str,
        params: Sequence[tuple[str, str]],
        body: Any,
        upload: Upload | None,
        idempotent: bool | None,
    ) -> Answer:
        if self._blocked_until is not None and self._blocked_until > self.runtime.clock.now():
            raise self._blocked()
        http = self._http or await self._api()
        own = Flight()
        marks = flight.set(own), _last.set(None)
        try:
            return await http.request(
                name.partition(" ")[0],
                _path(name, at),
                params=params,
                content=orjson.dumps(body) if body is not None else None,
                upload=upload,
                headers=JSON if body is not None else None,
                units=prices()[name],
                idempotent=idempotent,
                label=name,
            )
        except AnswerLost:
            answer = _last.get()
            if answer is not None and answer.status == 500:
                raise AnswerBroken(f"pipedrive failed on {name} (500).") from None
            raise
        finally:
            flight.reset(marks[0])
            _last.reset(marks[1])
            self._land(own)

    def _refused(self, answer: Answer, name: str) -> Exception:
        if answer.status == 403 and answer.json() is None:
            return self._blocked()
        return refusal(answer.status, answer.json(), name)

    def _blocked(self) -> PausedForQuota:
        """The gateway shuts out a token that went on against 429: a page of HTML, and no call for a while."""
        now = self.runtime.clock.now()
        if self._blocked_until is None or self._blocked_until <= now:
            self._blocked_until = now + timedelta(seconds=traffic("blocked_s"))
        until = self._blocked_until
        return PausedForQuota(
            "pipedrive's gateway shuts us out for now (403): this token made too many calls against its limits.",
            until=until,
            next_step=f"Let nothing else use this token, wait until {until.isoformat()}, then repeat the command.",
        )

    # The connection

    async def _api(self) -> Http:
        """The company's own host where it is known: as pasted, else as the OAuth answer says (FACTS 1)."""
        if self._http is None:
            address = self.access.base_url()
            if not address and self.access.is_oauth:
                address = (await self._tokens.current()).api_domain
            if self._http is None:
                self._http = Http(
                    self.runtime,
                    address or host("api"),
                    name="pipedrive",
                    pacer=self.pacer,
                    authorise=self._authorise,
                    user_agent=self._user_agent,
                    observe=self._observe,
                )
        return self._http

    async def _authorise(self, renew: bool) -> Mapping[str, str]:
        token = await self._tokens.current(refused=_used.get() if renew else None)
        _used.set(token)
        return token.headers()

    def _observe(self, answer: Answer) -> None:
        """Learn what is left of the day's tokens, and how fast we may call, as answers say (FACTS 8)."""
        _last.set(answer)
        own = flight.get()
        if own is not None:
            self._land(own)
        left, burst = _number(answer, LEFT_HEADER), _number(answer, BURST_HEADER)
        if answer.status == REFUSED and left is None and _number(answer, BURST_LEFT_HEADER):
            left = 0  # not for the burst: the day's tokens are spent, whether the vendor says so or not
        if left is not None:
            self.pacer.learn(TOKENS, left, ceiling=_number(answer, LIMIT_HEADER))
        if burst:
            self.pacer.learn_rate(Rate(burst, traffic("burst_s")))

    def _land(self, own: Flight) -> None:
        pool = self.pacer.budgets[TOKENS]
        if isinstance(pool, TokenPool):
            pool.landed(own)


def _number(answer: Answer, header: str) -> int | None:
    told = answer.headers.get(header, "").strip()
    return int(told) if told.isdigit() else None


def _path(name: str, at: str) -> str:
    """The path of a call with its braces filled."""
    path = name.partition(" ")[2]
    front, brace, rest = path.partition("{")
    return f"{front}{quote(at, safe='')}{rest.partition('}')[2]}" if brace else path
