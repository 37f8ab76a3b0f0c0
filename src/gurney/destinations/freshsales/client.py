"""Calls to Freshsales' API: authorised, paced within the hour, and their answers told apart (FACTS 1, 2, 6).

A call is named as the vendor's specification names it, 'GET /contacts/{id}': the name is its place in the counts, and
what an error says. Nothing here decides that a write may be repeated.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import orjson

from gurney.destinations.freshsales.access import FreshsalesAccess
from gurney.destinations.freshsales.answers import refusal
from gurney.destinations.freshsales.limits import CALLS, data, per_call, plan_by_quota, reserve
from gurney.errors import VendorRefused
from gurney.runtime import Runtime
from gurney.transport import Answer, Download, Http, Pacer, Upload

LEFT, CEILING, RESET = "x-ratelimit-remaining", "x-ratelimit-limit", "x-ratelimit-reset"
MOMENT_FROM = 10_000_000
"""A reset beyond this is a moment, below it seconds to wait (FACTS 6: the unit is not known)."""
JSON = {"Content-Type": "application/json"}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 5
Params = Sequence[tuple[str, str]]


class Client:
    """One Freshsales account. Use it within one event loop; close it."""

    def __init__(self, runtime: Runtime, access: FreshsalesAccess, pacer: Pacer, *, user_agent: str) -> None:
        self.pacer = pacer
        self.runtime = runtime
        self.access = access
        self._is_told = False
        """Whether answers tell what is left of the hour."""
        self._http = Http(
            runtime,
            access.base_url(),
            name="freshsales",
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
    ) -> Any:
        """The answer's JSON. `at` is what stands in the braces of the name.

        Raises AnswerLost where it may have taken effect, and VendorRefused for every other answer that is not 2xx.
        """
        answer = await self._http.request(
            name.partition(" ")[0],
            path(name, *at),
            params=params,
            content=orjson.dumps(body) if body is not None else None,
            upload=upload,
            headers=JSON if body is not None else None,
            idempotent=idempotent,
            expect_json=True,
            label=name,
        )
        said = answer.json()
        if not answer.ok:
            raise refusal(answer.status, said, name)
        return said

    async def pages(self, name: str, *at: str, params: Params = ()) -> AsyncIterator[dict[str, Any]]:
        """The pages of a list, one call each, as they are asked for. It ends with a short page (FACTS 2)."""
        number, size = 1, per_call("page")
        while True:
            where = [("page", str(number)), ("per_page", str(size)), *params]
            said = await self.call(name, *at, params=where)
            yield said if isinstance(said, dict) else {}
            if not isinstance(said, dict) or _is_last(said, number, size):
                return
            number += 1

    @asynccontextmanager
    async def download(self, url: str) -> AsyncIterator[Download]:
        """A file's bytes on their way. Its address sends on to an object store, which gets no key (FACTS 3).

        It is a page and no call of the API: whether it counts to the hour, the next answer tells.
        """
        address, foreign = url, False
        async with AsyncExitStack() as stack:
            for _ in range(MOST_REDIRECTS):
                found = await stack.enter_async_context(
                    self._http.stream("GET", address, units=0, foreign=foreign, label="GET document")
                )
                if found.status not in REDIRECTS or not found.headers.get("location"):
                    break
                address, foreign = urljoin(address, found.headers["location"]), True
            if found.status != 200:
                raise VendorRefused(
                    f"freshsales does not give out the file ({found.status}).", status=found.status, code="no-file"
                )
            yield found

    @property
    def plan_told(self) -> str:
        """The plan, as far as the quota of the answers tells it."""
        return plan_by_quota(self.pacer.budgets[CALLS].limit.ceiling)

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _authorise(self, renew: bool) -> Mapping[str, str]:
        return {"Authorization": f"Token token={self.access.api_key}"}

    def _observe(self, answer: Answer) -> None:
        """Learn what is left of the hour, which others spend as well (FACTS 6)."""
        left, ceiling, reset = (_number(answer, name) for name in (LEFT, CEILING, RESET))
        if answer.status == 429 and left is None and not self._is_told:
            left = 0  # nobody says which limit it is; where answers tell what is left, it is not the hour's
        if left is None:
            return
        self._is_told = True
        now = self.runtime.clock.now()
        wait_s = None if reset is None else reset - now.timestamp() if reset >= MOMENT_FROM else float(reset)
        ends = None if wait_s is None else now + timedelta(seconds=max(0.0, wait_s))
        budget = self.pacer.budgets[CALLS]
        self.pacer.learn(CALLS, left, reset_at=ends, ceiling=ceiling)
        if ceiling is not None and not budget.limit.reserve:
            budget.limit = replace(budget.limit, reserve=reserve(ceiling))
        if ends is not None and ends > now:  # the hour is a fixed one, and this is where it ends
            if budget.limit.rolling:
                budget.limit = replace(budget.limit, rolling=False)
            budget.offset_s = int(ends.timestamp()) % budget.limit.window_s


def _is_last(said: Mapping[str, Any], number: int, size: int) -> bool:
    if not any(isinstance(rows, list) and rows for rows in said.values()):
        return True  # also behind the end of a list that shows less than it counts
    meta = said.get("meta") or {}
    pages, total = meta.get("total_pages"), meta.get("total")
    if isinstance(pages, int):
        return number >= pages
    if isinstance(total, int):
        return number * size >= total
    return all(len(rows) < size for rows in said.values() if isinstance(rows, list))


def _number(answer: Answer, header: str) -> int | None:
    told = answer.headers.get(header, "").strip()
    return int(float(told)) if told.replace(".", "", 1).isdigit() else None


def path(name: str, *at: str) -> str:
    """The path of a call with its braces filled."""
    told, filled = name.partition(" ")[2], list(at)
    parts = [quote(filled.pop(0), safe="") if part.startswith("{") else part for part in told.split("/")]
    return str(data()["hosts"]["path"]) + "/".join(parts)


def path_of(url: str, base_url: str) -> str:
    """What of an address of the vendor's comes after ours: 'job_statuses/abc'."""
    base = urlsplit(base_url).path.rstrip("/")
    return urlsplit(url).path.removeprefix(base).removeprefix(str(data()["hosts"]["path"])).lstrip("/")
