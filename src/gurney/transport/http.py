"""HTTP to one vendor host: retry, wait, count. Never decides that a write may be repeated: the caller says so.

A request ends in one of four ways: an Answer (any status but 401, 429 and 5xx), NotAuthorised, PausedForQuota, or
AnswerLost/AnswerWrong. No exception holds a query, a body or a header.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
import orjson
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from gurney.errors import AnswerLost, AnswerWrong, Misused, NotAuthorised, PausedForQuota, VendorError
from gurney.runtime import Runtime, is_here
from gurney.transport.answer import Answer, Download, wait_told
from gurney.transport.connections import connections
from gurney.transport.multipart import Upload
from gurney.transport.pacer import Pacer

ATTEMPTS = 7
"""Tries of a repeatable request: with the waits below, about two minutes of a vendor's trouble."""
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 60.0
SHORTEST_WAIT_S = 1.0
"""After a 429 whose reset has just passed."""
UNTOLD_429 = 5
"""Where on the back-off curve a 429 begins that tells no time: 8 to 16 s."""
QUOTA_PATIENCE_S = 300.0
"""How long answers 429 are waited out before the run pauses."""
IDLE_S = 20.0
"""An idle connection is used again for so long; vendors close theirs later."""
NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)

Authorise = Callable[[bool], Awaitable[Mapping[str, str]]]
"""Gives the headers that authorise a call; told True after a 401, when it should renew them."""

logging.getLogger("httpx2").setLevel(logging.WARNING)  # its INFO lines show whole URLs, queries included


class _Again(Exception):
    """A signal to try again: `end` is raised when patience ends; `wait_s` is told by the vendor after a 429."""

    def __init__(
        self, end: VendorError | PausedForQuota, *, refused: bool = False, wait_s: float | None = None
    ) -> None:
        self.end = end
        self.refused = refused
        self.wait_s = wait_s


@dataclass(slots=True)
class _Call:
    """One request with all its attempts."""

    method: str
    url: httpx2.URL
    headers: Mapping[str, str]
    units: int
    heavy: bool
    idempotent: bool
    label: str
    content: bytes | None = None
    upload: Upload | None = None
    expect_json: bool = True
    foreign: bool = False
    failures: int = 0
    waited_s: float = 0.0
    renewed: bool = False
    renew: bool = False
    what: str = field(default="", init=False)

    def __post_init__(self) -> None:
        self.what = f"{self.method} {self.url.path}"


class Http:
    """A client pinned to one base URL. Use it within one event loop; close it."""

    def __init__(
        self,
        runtime: Runtime,
        base_url: str,
        *,
        name: str,
        pacer: Pacer,
        authorise: Authorise,
        user_agent: str,
        allowed_methods: frozenset[str] = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"}),
        pinned_host: bool = True,
        timeout_s: float = 60.0,
        observe: Callable[[Answer], None] | None = None,
    ) -> None:
        """`observe` sees every answer, refused ones too: budgets learn from headers there."""
        self.name = name
        self.pacer = pacer
        self.base_url = base_url.rstrip("/")
        self._base = httpx2.URL(self.base_url)
        self._runtime = runtime
        self._authorise = authorise
        self._allowed = allowed_methods
        self._pinned = pinned_host
        self._observe = observe
        trust_env = not is_here(self._base.host)  # a clinic's proxy, never between us and a twin
        most = pacer.limits.most + 4
        self._client = httpx2.AsyncClient(
            headers={"User-Agent": user_agent, "Accept": "application/json"},
            transport=runtime.transport(self.base_url) or connections(trust_env=trust_env, most=most, idle_s=IDLE_S),
            timeout=httpx2.Timeout(timeout_s, connect=min(10.0, timeout_s)),
            limits=httpx2.Limits(max_connections=most, keepalive_expiry=IDLE_S),
            follow_redirects=False,
            trust_env=trust_env,
        )
        self._retrying = AsyncRetrying(
            sleep=runtime.clock.sleep,
            wait=self._wait,
            stop=self._stop,
            retry=retry_if_exception_type(_Again),
            reraise=True,
        )

    async def request(
        self,
        method: str,
        path_or_url: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        json: Any = None,
        content: bytes | None = None,
        upload: Upload | None = None,
        headers: Mapping[str, str] | None = None,
        units: int = 1,
        heavy: bool = False,
        idempotent: bool | None = None,
        expect_json: bool = True,
        label: str = "",
    ) -> Answer:
        """One answer. `idempotent` None means: GET and HEAD are, nothing else is.

        Repeatable requests are tried again on time-outs, cut connections, 5xx and unreadable JSON; others only when
        they provably were not sent. Everyone waits out 429. 3xx and 4xx are the caller's to interpret.
        """
        extra = dict(headers or {})
        if json is not None:
            content = orjson.dumps(json)
            extra.setdefault("Content-Type", "application/json")
        repeatable = method in {"GET", "HEAD"} if idempotent is None else idempotent
        call = _Call(
            method=method,
            url=self._address(method, path_or_url, params),
            content=content,
            upload=upload,
            headers=extra,
            units=units,
            heavy=heavy,
            idempotent=repeatable,
            label=label,
            expect_json=expect_json,
        )
        try:
            return await self._attempt(call)
        except _Again as trouble:
            return await self._persisted(call, trouble)

    async def _persisted(self, call: _Call, trouble: _Again) -> Answer:
        """The answer to a call that has met trouble once. Most meet none, and need not pay for being prepared."""
        met = [trouble]

        async def attempt(call: _Call) -> Answer:
            if met:
                raise met.pop()
            return await self._attempt(call)

        try:
            answer: Answer = await self._retrying(attempt, call)
            return answer
        except _Again as spent:
            raise spent.end from None

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        path_or_url: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        units: int = 1,
        heavy: bool = False,
        foreign: bool = False,
        label: str = "",
    ) -> AsyncIterator[Download]:
        """A body in chunks; the start is retried like any GET, a cut in the middle raises AnswerLost.

        With `foreign` the address may lie on another host (a presigned URL): it then gets neither our authorisation
        nor a place in the vendor's rate, and must be https unless the base URL itself is not.
        """
        call = _Call(
            method=method,
            url=self._address(method, path_or_url, params, foreign=foreign),
            headers=headers or {},
            units=units,
            heavy=heavy,
            idempotent=True,
            label=label,
            foreign=foreign,
        )
        async with AsyncExitStack() as stack:
            try:
                response: httpx2.Response = await self._retrying(self._attempt_stream, call, stack)
            except _Again as spent:
                raise spent.end from None
            yield Download(response.status_code, response.headers, self._chunks(response, call))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _attempt(self, call: _Call) -> Answer:
        headers = await self._headers(call)
        async with self.pacer.slot(units=call.units, heavy=call.heavy, label=call.label):
            try:
                response = await self._client.send(self._request(call, headers))
            except httpx2.RequestError as error:
                raise self._unanswered(call, error) from None
        answer = Answer(response.status_code, response.headers, response.content)
        if self._observe is not None:
            self._observe(answer)
        self._judge(call, answer.status, answer.headers)
        if call.expect_json and answer.ok and not answer.readable:
            raise self._unreadable(call)
        return answer

    async def _attempt_stream(self, call: _Call, stack: AsyncExitStack) -> httpx2.Response:
        headers = {} if call.foreign else await self._headers(call)
        if not call.foreign:
            await stack.enter_async_context(self.pacer.slot(units=call.units, heavy=call.heavy, label=call.label))
        try:
            response = await self._client.send(self._request(call, headers), stream=True)
        except httpx2.RequestError as error:
            await stack.aclose()
            raise self._unanswered(call, error) from None
        stack.push_async_callback(response.aclose)
        try:
            self._judge(call, response.status_code, response.headers)
        except BaseException:
            await stack.aclose()
            raise
        return response

    async def _chunks(self, response: httpx2.Response, call: _Call) -> AsyncIterator[bytes]:
        try:
            async for chunk in response.aiter_bytes():
                yield chunk
        except httpx2.RequestError as error:
            self.pacer.lost(call.label)
            raise AnswerLost(f"{self.name} cut {call.what} short ({type(error).__name__}).") from None

    def _address(
        self, method: str, path_or_url: str, params: Sequence[tuple[str, str]], *, foreign: bool = False
    ) -> httpx2.URL:
        if method not in self._allowed:
            raise Misused(f"{self.name} is opened for {', '.join(sorted(self._allowed))} only; {method} is refused.")
        absolute = path_or_url if "://" in path_or_url.split("?")[0] else self._joined(path_or_url)
        if params:
            absolute += ("&" if urlsplit(absolute).query else "?") + urlencode(params)
        url = httpx2.URL(absolute)
        same = (url.scheme, url.host, url.port) == (self._base.scheme, self._base.host, self._base.port)
        if url.scheme not in {"https", self._base.scheme} or (self._pinned and not foreign and not same):
            home = f"{self._base.scheme}://{self._base.host}"
            raise Misused(f"{self.name} is pinned to {home}; another host or scheme is refused.")
        return url

    def _joined(self, path: str) -> str:
        if not path.startswith("/"):
            raise Misused(f"{self.name}: a path begins with '/'.")
        return self.base_url + path

    async def _headers(self, call: _Call) -> Mapping[str, str]:
        renew, call.renew = call.renew, False
        return await self._authorise(renew)

    def _request(self, call: _Call, authorisation: Mapping[str, str]) -> httpx2.Request:
        headers = {**call.headers, **authorisation}
        body: bytes | AsyncIterator[bytes] | None = call.content
        if call.upload is not None:
            boundary = f"gurney-{self._runtime.entropy(16).hex()}"
            headers["Content-Type"] = f"multipart/form-data; boundary={boundary}"
            headers["Content-Length"] = str(call.upload.content_length(boundary))
            body = call.upload.body(boundary)
        return self._client.build_request(call.method, call.url, content=body, headers=headers)

    def _unanswered(self, call: _Call, error: httpx2.RequestError) -> Exception:
        self.pacer.lost(call.label)
        lost = AnswerLost(f"{self.name} gave no answer to {call.what} ({type(error).__name__}).")
        return _Again(lost) if call.idempotent or isinstance(error, NOT_SENT) else lost

    def _unreadable(self, call: _Call) -> Exception:
        if call.idempotent:
            return _Again(AnswerWrong(f"{self.name} answered {call.what} with something that is not JSON."))
        return AnswerLost(f"{self.name} took {call.what}, but its answer is not JSON.")

    def _judge(self, call: _Call, status: int, headers: Mapping[str, str]) -> None:
        """Raise for 401, 429 and 5xx; every other status is the caller's."""
        if status == 429:
            raise self._refused(call, headers)
        if status == 401 and not call.foreign:
            raise _Again(self._not_authorised(call))
        if status >= 500:
            self.pacer.lost(call.label)
            lost = AnswerLost(f"{self.name} answered {call.what} with {status}.")
            raise _Again(lost) if call.idempotent else lost

    def _not_authorised(self, call: _Call) -> NotAuthorised:
        return NotAuthorised(
            f"{self.name} does not accept the credentials (401 on {call.what}).",
            status=401,
            next_step=f"Check that they belong to this account and are not revoked, then: gurney login {self.name}",
        )

    def _refused(self, call: _Call, headers: Mapping[str, str]) -> _Again:
        now = self._runtime.clock.now()
        told_s = wait_told(headers, now)
        wait_s = max(SHORTEST_WAIT_S, told_s) if told_s is not None else self._backoff(UNTOLD_429)
        self.pacer.refused(min(wait_s, QUOTA_PATIENCE_S), call.label)
        paused = PausedForQuota(
            f"{self.name} keeps refusing calls for now (429).", until=now + timedelta(seconds=max(wait_s, 60.0))
        )
        return _Again(paused, refused=True, wait_s=wait_s)

    def _backoff(self, failures: int) -> float:
        ceiling = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0**failures)
        return ceiling * (0.5 + self._runtime.random.random() / 2)

    def _stop(self, state: RetryCallState) -> bool:
        call, again = _seen(state)
        if isinstance(again.end, NotAuthorised):
            stop, call.renewed, call.renew = call.renewed, True, True
            return stop
        if again.refused:
            call.waited_s += again.wait_s or 0.0
            return call.waited_s > QUOTA_PATIENCE_S
        call.failures += 1
        return call.failures >= ATTEMPTS

    def _wait(self, state: RetryCallState) -> float:
        call, again = _seen(state)
        if isinstance(again.end, NotAuthorised):
            return 0.0
        return again.wait_s if again.wait_s is not None else self._backoff(call.failures)


def _seen(state: RetryCallState) -> tuple[_Call, _Again]:
    """The call and what went wrong with its last attempt."""
    call = state.args[0]
    again = state.outcome.exception() if state.outcome is not None else None
    if not isinstance(call, _Call) or not isinstance(again, _Again):
        raise TypeError("The retry loop only runs over our own calls.")
    return call, again
