"""Calls to Salesforce's REST API: authorised, paced, counted, and their answers told apart.

The vendor has no 429 and no Retry-After: a spent day and too many slow calls are both 403 REQUEST_LIMIT_EXCEEDED, and
only the words tell them apart (FACTS 0.10, 12). Nothing here decides that a write may be repeated.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from gurney.destinations.protocol import TokenCache
from gurney.destinations.salesforce.access import SalesforceAccess as SalesforceAccess
from gurney.destinations.salesforce.access import Token, TokenInMemory, Tokens
from gurney.destinations.salesforce.answers import CONCURRENT, QUOTA, complaint, errors_of, refusal
from gurney.destinations.salesforce.form import Form
from gurney.destinations.salesforce.limits import API_PREFIX, REQUESTS, api_path, wait
from gurney.errors import AnswerLost, AnswerWrong, GurneyError, NotAuthorised, PausedForQuota
from gurney.runtime import Runtime
from gurney.transport import Answer, Download, Http, Pacer, Upload

USAGE_HEADER = "Sforce-Limit-Info"
USAGE = re.compile(r"(?:^|[\s,;])api-usage=(\d+)/(\d+)")
EDGE_TROUBLE = 420
"""Salesforce's own proxy could not route the call (FACTS 13)."""
SEVERAL_MATCH = 300
"""An external id that several records hold: a refusal, where other 3xx lead elsewhere (FACTS 3.1)."""
_used: ContextVar[Token | None] = ContextVar("salesforce_used_token", default=None)
"""The token that this task's newest request carried."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that was not a refusal. `body` is the JSON, None where there is none; `raw` the bytes."""

    status: int
    body: Any
    raw: bytes = b""

    @property
    def document(self) -> dict[str, Any]:
        """The body where it is an object, else {}."""
        return self.body if isinstance(self.body, dict) else {}

    def rows(self, key: str = "") -> list[Any]:
        """The list that the body is, or holds under `key`; [] where there is none."""
        found = self.document.get(key) if key else self.body
        return found if isinstance(found, list) else []


class Client:
    """One Salesforce organisation. Use it within one event loop; close it.

    Paths are below /services/data/vNN.0 ('/sobjects/Contact/describe'), or whole ('/services/data/...').
    """

    def __init__(
        self,
        runtime: Runtime,
        access: SalesforceAccess,
        pacer: Pacer,
        *,
        user_agent: str,
        tokens: TokenCache | None = None,
        allow_duplicates: bool = True,
    ) -> None:
        """`allow_duplicates` saves what the organisation's duplicate rules would only warn of (FACTS 0.12)."""
        self.pacer = pacer
        self.access = access
        self.runtime = runtime
        self.allow_duplicates = allow_duplicates
        self.write_headers = write_headers(allow_duplicates)
        self._user_agent = user_agent
        self._tokens = Tokens(runtime, access, tokens or TokenInMemory(), user_agent=user_agent)
        self._http: Http | None = None
        self._instance = ""

    async def get(self, path: str, params: Sequence[tuple[str, str]] = (), *, label: str = "read") -> Reply:
        """A read, which is repeated when its answer is lost."""
        return await self.call("GET", path, params=params, label=label)

    async def post(
        self, path: str, body: Any, *, idempotent: bool | None = None, label: str = "write", slow: bool = False
    ) -> Reply:
        """A POST of JSON. Raises AnswerLost when the answer is lost, unless it may be repeated."""
        return await self.call("POST", path, body=body, idempotent=idempotent, label=label, slow=slow)

    async def patch(
        self, path: str, body: Any, *, idempotent: bool | None = None, label: str = "write", slow: bool = False
    ) -> Reply:
        """A PATCH of JSON."""
        return await self.call("PATCH", path, body=body, idempotent=idempotent, label=label, slow=slow)

    async def delete(
        self, path: str, params: Sequence[tuple[str, str]] = (), *, label: str = "delete", slow: bool = False
    ) -> Reply:
        """A deletion, which may be repeated: what is gone answers as gone."""
        return await self.call("DELETE", path, params=params, idempotent=True, label=label, slow=slow)

    async def multipart(
        self, path: str, document: Mapping[str, Any], files: Sequence[Upload], *, label: str = "file", name: str = ""
    ) -> Reply:
        """A JSON document and files, streamed. `name` is the JSON part's, where the vendor wants a certain one."""
        form = Form.of(orjson.dumps(document), files, **({"name": name} if name else {}))
        return await self.call("POST", path, upload=form, label=label, slow=True)

    async def query(
        self, soql: str, *, all_rows: bool = False, tooling: bool = False, label: str = "query"
    ) -> AsyncIterator[list[dict[str, Any]]]:
        """The rows of a query, page by page; `all_rows` with those in the recycle bin.

        Raises AnswerWrong when the pages end before the announced number, or a page repeats.
        """
        path = ("/tooling" if tooling else "") + ("/queryAll" if all_rows else "/query")
        page = (await self.get(path, [("q", soql)], label=label)).document
        found, announced, seen = 0, int(page.get("totalSize") or 0), set[str]()
        while True:
            rows = page.get("records") or []
            found += len(rows)
            if rows:
                yield rows
            if page.get("done", True):
                break
            following = str(page.get("nextRecordsUrl") or "")
            if not following or following in seen:
                raise AnswerWrong("salesforce announces more rows, but not how to read them.")
            seen.add(following)
            page = (await self.get(following, label=label)).document
        if found < announced:
            raise AnswerWrong(f"salesforce announced {announced} rows and gave {found}.")

    async def rows(self, soql: str, *, all_rows: bool = False, tooling: bool = False) -> list[dict[str, Any]]:
        """All rows of a query at once."""
        return [row async for page in self.query(soql, all_rows=all_rows, tooling=tooling) for row in page]

    async def count(self, soql: str) -> int:
        """What `SELECT COUNT() ...` answers."""
        return int((await self.get("/query", [("q", soql)], label="query")).document.get("totalSize") or 0)

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        body: Any = None,
        content: bytes | None = None,
        content_type: str = "application/json; charset=UTF-8",
        upload: Upload | None = None,
        headers: Mapping[str, str] | None = None,
        idempotent: bool | None = None,
        label: str = "read",
        slow: bool = False,
        expect_json: bool = True,
    ) -> Reply:
        """One call; every 4xx raises VendorRefused. `slow` counts against the calls of 20 seconds and more.

        Raises PausedForQuota when the day's requests are spent.
        """
        if body is not None:
            content = orjson.dumps(body)
        sent = {**(self.write_headers if method != "GET" else {}), **(headers or {})}
        if content is not None:
            sent.setdefault("Content-Type", content_type)
        repeatable = method == "GET" if idempotent is None else idempotent
        http = await self._api()
        for attempt in range(int(wait("concurrent_attempts"))):
            answer = await http.request(
                method,
                whole_path(path),
                params=params,
                content=content,
                upload=upload,
                headers=sent,
                heavy=slow,
                idempotent=repeatable,
                expect_json=expect_json,
                label=label,
            )
            if answer.ok:
                return Reply(answer.status, answer.json() if expect_json else None, answer.body)
            if not self._wait_and_repeat(answer, repeatable):
                break
            await self._back_off(attempt)
        raise self._refusal(answer, f"{method} {path}")

    @asynccontextmanager
    async def download(self, path: str) -> AsyncIterator[Download]:
        """A file's bytes on their way; anything but 200 raises as `call` does."""
        http = await self._api()
        async with http.stream("GET", whole_path(path), label="file") as download:
            if download.status != 200:
                body = b"".join([chunk async for chunk in download.chunks])
                raise self._refusal(Answer(download.status, download.headers, body), f"GET {path}")
            yield download

    async def token(self) -> Token:
        """The token in use: it tells the scopes and who we are."""
        return await self._tokens.current()

    async def aclose(self) -> None:
        if self._http is not None:
            await self._http.aclose()
        await self._tokens.aclose()

    # The call's ends

    def _wait_and_repeat(self, answer: Answer, repeatable: bool) -> bool:
        """Too many slow calls: nothing was done. Trouble at the vendor's edge: only what may be repeated."""
        if answer.status == EDGE_TROUBLE:
            return repeatable
        told = _told(answer)
        return told[0] == QUOTA and CONCURRENT in told[1].lower()

    async def _back_off(self, attempt: int) -> None:
        longest = min(wait("lock_longest_s"), wait("lock_first_s") * 2.0**attempt)
        await self.runtime.clock.sleep(longest * (0.5 + self.runtime.random.random() / 2))

    def _refusal(self, answer: Answer, what: str) -> GurneyError:
        """What an answer that is none means to the caller."""
        code, words = _told(answer)
        if answer.status == EDGE_TROUBLE or (answer.status < 400 and answer.status != SEVERAL_MATCH):
            return AnswerLost(f"salesforce could not route {what} ({answer.status}).")
        if code == QUOTA:
            return self._paused(CONCURRENT in words.lower())
        return refusal(answer.status, answer.json(), what)

    def _paused(self, crowded: bool) -> PausedForQuota:
        """Nobody tells when requests come back: an hour is waited, then the vendor is asked again."""
        now = self.runtime.clock.now()
        if crowded:
            message, moment = "salesforce keeps refusing calls: too many slow ones at once", now.timestamp() + 60
        else:
            self.pacer.learn(REQUESTS, 0)
            moment = self.pacer.budgets[REQUESTS].free_at(1, now.timestamp(), into_reserve=self.pacer.into_reserve)
            message = "The organisation's API requests of these 24 hours are spent"
        return PausedForQuota(f"{message} ({QUOTA}).", until=datetime.fromtimestamp(moment, tz=UTC))

    # The connection

    async def _api(self) -> Http:
        """The API's host is where the newest token says (FACTS 1)."""
        if self._http is None:
            self._open((await self._tokens.current()).instance_url)
        if self._http is None:
            raise AnswerWrong("salesforce's token does not say where the API is.")
        return self._http

    def _open(self, instance_url: str) -> None:
        if self._http is not None:
            return
        self._instance = instance_url
        self._http = Http(
            self.runtime,
            instance_url,
            name="salesforce",
            pacer=self.pacer,
            authorise=self._authorise,
            user_agent=self._user_agent,
            timeout_s=wait("answer_s"),
            observe=self._observe,
        )

    async def _authorise(self, renew: bool) -> Mapping[str, str]:
        token = await self._tokens.current(refused=_used.get() if renew else None)
        if token.instance_url != self._instance:
            raise NotAuthorised(
                "salesforce moved the organisation to another host while we worked.",
                status=401,
                next_step="Repeat the command: it goes on where it was.",
            )
        _used.set(token)
        return {"Authorization": f"Bearer {token.value}"}

    def _observe(self, answer: Answer) -> None:
        used = USAGE.search(answer.headers.get(USAGE_HEADER, ""))
        if used is not None:
            total = int(used[2])
            self.pacer.learn(REQUESTS, max(0, total - int(used[1])), ceiling=total)


def write_headers(allow_duplicates: bool) -> dict[str, str]:
    """What goes with every write: no assignment rules, and what the clinic decided about duplicate rules."""
    headers = {"Sforce-Auto-Assign": "FALSE"}
    if allow_duplicates:
        headers["Sforce-Duplicate-Rule-Header"] = "allowSave=true"
    return headers


def whole_path(path: str) -> str:
    """The path as the host sees it."""
    return path if path.startswith((API_PREFIX, "/services/")) else api_path() + path


def _told(answer: Answer) -> tuple[str, str]:
    errors = errors_of(answer.json())
    told = complaint(errors[0]) if errors else complaint(None)
    return told.code, told.words
