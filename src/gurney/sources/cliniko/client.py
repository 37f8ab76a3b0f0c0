"""The way into a Cliniko account: reading only, one host, one pace.

The promise that nothing is ever written there is kept here: GET is the only verb that passes (SRC2, FACTS 12).
"""

from __future__ import annotations

import base64
import re
import tomllib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from gurney.errors import AnswerWrong, Misused, NotAuthorised, VendorRefused
from gurney.runtime import Runtime
from gurney.transport import Answer, Download, Http, Limits, Pacer, Rate
from gurney.version import __version__

SHARD = re.compile(r"[a-z]{2}\d{1,2}", re.IGNORECASE)
DEFAULT_SHARD = "au1"
BASE_URL_VARIABLE = "GURNEY_CLINIKO_BASE_URL"


@cache
def limits() -> Mapping[str, Any]:
    """Limits of the vendor, from limits.toml."""
    return tomllib.loads(files("gurney.sources.cliniko").joinpath("limits.toml").read_text("utf-8"))


def shard_of(api_key: str) -> str:
    """The shard that a key belongs to: what follows its last hyphen, else au1 (FACTS 1).

    >>> shard_of("MS0xLWFiYw-uk2"), shard_of("MS0xLWFiYw")
    ('uk2', 'au1')
    """
    suffix = api_key.strip().rpartition("-")[2] if "-" in api_key else ""
    return suffix.lower() if SHARD.fullmatch(suffix) else DEFAULT_SHARD


def pace(calls_a_minute: int | None = None, in_flight: int | None = None) -> Limits:
    """What the pacer holds us to, and forecasts go by; by itself what the vendor allows a user."""
    rate = limits()["rate"]
    return Limits(
        rates=(Rate(calls_a_minute or rate["calls"], rate["seconds"]),), concurrency=in_flight or rate["in_flight"]
    )


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list."""

    rows: list[dict[str, Any]]
    total: int
    """Rows of the whole filtered list."""
    next: str | None


class Client:
    """Reads lists and records of one account."""

    def __init__(
        self,
        runtime: Runtime,
        api_key: str,
        *,
        contact_email: str,
        base_url: str | None = None,
        requests_per_minute: int | None = None,
        in_flight: int | None = None,
    ) -> None:
        """`base_url` (or GURNEY_CLINIKO_BASE_URL) replaces the host that follows from the key: for twins."""
        key = api_key.strip()
        if not key or any(character.isspace() for character in key) or ":" in key:
            raise Misused("That is no Cliniko API key.", next_step="Copy the whole key, then: gurney login cliniko")
        self.shard = shard_of(key)
        held_to = pace(requests_per_minute, in_flight)
        self.in_flight = held_to.concurrency
        self.pacer = Pacer(runtime, f"cliniko-{self.shard}", held_to)
        token = base64.b64encode(f"{key}:".encode()).decode()
        self._authorisation = {"Authorization": f"Basic {token}"}
        self._orders_by_id = True
        self.http = Http(
            runtime,
            _base(base_url or runtime.environ.get(BASE_URL_VARIABLE), self.shard),
            name="cliniko",
            pacer=self.pacer,
            authorise=self._authorise,
            user_agent=f"Gurney/{__version__} ({contact_email})",
            allowed_methods=frozenset({"GET"}),
            timeout_s=limits()["request"]["timeout_s"],
        )

    async def get(self, path: str, params: Sequence[tuple[str, str]] = (), *, label: str = "") -> dict[str, Any]:
        """One JSON object. Raises VendorRefused (404 and others) and NotAuthorised (401, 403)."""
        answer = await self.http.request("GET", path, params=params, label=label)
        _require_ok(answer, path)
        data = answer.json()
        if not isinstance(data, dict):
            raise AnswerWrong(f"Cliniko answered GET {path} with something that is no object.")
        return data

    async def record(self, object: str, id: str, hides: Sequence[str] = ()) -> dict[str, Any] | None:
        """One record by id, put away or not; None when Cliniko does not have it (404)."""
        params = [("q[]", f"{stamp}:*") for stamp in hides]
        try:
            return await self.get(f"/{object}/{id}", params, label=object)
        except VendorRefused as refused:
            if refused.status == 404:
                return None
            raise

    async def page(
        self,
        path: str,
        key: str,
        params: Sequence[tuple[str, str]],
        *,
        sort: str = "",
        per_page: int | None = None,
        label: str = "",
    ) -> Page:
        """The first page of a list."""
        size = ("per_page", str(per_page or limits()["list"]["per_page"]))
        order = [("sort", sort)] if sort else []
        return read_page(await self.get(path, [size, *order, *params], label=label or key), key, path)

    async def page_in_order(
        self, path: str, key: str, params: Sequence[tuple[str, str]], *, by: str = "created_at"
    ) -> Page:
        """The first page, oldest first. Ties go by id where the account can sort by it (FACTS 3, assumed)."""
        if self._orders_by_id:
            try:
                return await self.page(path, key, params, sort=f"{by}:asc,id:asc")
            except VendorRefused as refused:
                if refused.status != 400:
                    raise
        page = await self.page(path, key, params, sort=f"{by}:asc")
        self._orders_by_id = False
        return page

    async def follow(self, next: str, key: str) -> Page:
        """The page behind a `links.next`, which must not lead the key elsewhere (FACTS 1)."""
        try:
            data = await self.get(next, label=key)
        except Misused:
            raise AnswerWrong(f"Cliniko's list of {key} goes on at some other host, which is refused.") from None
        return read_page(data, key, urlsplit(next).path)

    @asynccontextmanager
    async def open(self, path_or_url: str, *, foreign: bool = False) -> AsyncIterator[Download]:
        """Bytes of a file. With `foreign` the address may lie on another host and gets no key."""
        headers = {"Accept": "*/*"}
        async with self.http.stream(
            "GET", path_or_url, headers=headers, foreign=foreign, label="attachment bytes"
        ) as download:
            yield download

    async def aclose(self) -> None:
        """Close the connections."""
        await self.http.aclose()
        self.pacer.close()

    async def _authorise(self, refresh: bool) -> Mapping[str, str]:
        return self._authorisation  # a key never expires: there is nothing to renew (FACTS 2)


def read_page(data: Mapping[str, Any], key: str, path: str) -> Page:
    """A list's envelope; raises AnswerWrong when it is not one."""
    rows, total, links = data.get(key), data.get("total_entries"), data.get("links")
    if not isinstance(rows, list) or not isinstance(total, int):
        raise AnswerWrong(f"Cliniko answered GET {path} without `{key}` or `total_entries`.")
    next = links.get("next") if isinstance(links, dict) else None
    return Page(rows, total, next if isinstance(next, str) and next else None)


def _base(given: str | None, shard: str) -> str:
    if not given:
        return f"https://api.{shard}.cliniko.com/v1"
    base = given.rstrip("/")
    return base if base.endswith("/v1") else f"{base}/v1"


def _require_ok(answer: Answer, path: str) -> None:
    if answer.ok:
        return
    where = urlsplit(path).path
    if answer.status == 403:
        raise NotAuthorised(
            f"Cliniko does not let this key read {where} (403).",
            status=403,
            next_step="Use the API key of an administrator (My info > Manage API keys), then: gurney login cliniko",
        )
    if 300 <= answer.status < 400:
        raise AnswerWrong(
            f"Cliniko sent GET {where} to another address ({answer.status}), which is refused to protect the key.",
            next_step="Check that the key's ending names the right shard.",
        )
    data = answer.json()
    words = data.get("message") if isinstance(data, dict) else None
    words = words if isinstance(words, str) else ""
    raise VendorRefused(
        f"Cliniko declined GET {where} with {answer.status}{': ' + words if words else ''}.",
        status=answer.status,
        words=words,
    )
