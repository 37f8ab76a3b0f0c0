"""A login by consent, with the Salesforce twin as the vendor and a small client as the browser."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime

import httpx2
import pytest

from gurney.errors import CheckFailed, Misused
from gurney.migration.browser import login_by_consent
from gurney.migration.login import parse_lines
from gurney.runtime import Runtime
from gurney.twins.kit.inprocess import InProcess
from gurney.twins.kit.options import TwinOptions
from gurney.twins.kit.twin import Twin
from gurney.twins.salesforce import build

pytestmark = pytest.mark.anyio
BASE = "http://127.0.0.1:1"


@pytest.fixture
def twin() -> Twin:
    moment = datetime(2026, 11, 16, tzinfo=UTC)
    return build(TwinOptions("salesforce", now=moment))


@pytest.fixture
def given(twin: Twin) -> dict[str, str]:
    prefix = "GURNEY_SALESFORCE_"
    return {name.removeprefix(prefix): value for name, value in twin.service.env(BASE).items()}


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Person:
    """Opens the address, agrees or not, and is led back to this machine."""

    def __init__(self, twin: Twin, *, change: tuple[str, str] = ("", "")) -> None:
        self.twin = twin
        self.change = change
        self.pages: list[str] = []
        self.coming: asyncio.Task[None] | None = None

    def __call__(self, url: str) -> None:
        self.coming = asyncio.create_task(self._come(url))

    async def _come(self, url: str) -> None:
        async with httpx2.AsyncClient(transport=InProcess(self.twin)) as vendor:
            answer = await vendor.get(url)
        back = answer.headers["location"].replace("localhost", "127.0.0.1").replace(*self.change)
        async with httpx2.AsyncClient() as here:
            self.pages.append((await here.get(back.replace("/callback", "/favicon.ico"))).text)
            self.pages.append((await here.get(back)).text)


async def test_a_consent_ends_in_a_refresh_token(twin: Twin, given: dict[str, str], port: int) -> None:
    person = Person(twin)

    kept = await login_by_consent("salesforce", given, Runtime(transport=lambda _: InProcess(twin)), person, port=port)

    assert kept["REFRESH_TOKEN"]
    assert kept["CLIENT_ID"] == given["CLIENT_ID"]
    assert person.coming is not None
    await person.coming
    assert "nothing here" in person.pages[0]
    assert "close this page" in person.pages[1]


async def test_an_answer_to_another_login_is_refused(twin: Twin, given: dict[str, str], port: int) -> None:
    person = Person(twin, change=("state=", "state=x"))

    with pytest.raises(CheckFailed, match="not the answer to this login"):
        await login_by_consent("salesforce", given, Runtime(transport=lambda _: InProcess(twin)), person, port=port)


async def test_a_refusal_says_what_the_vendor_says(twin: Twin, given: dict[str, str], port: int) -> None:
    person = Person(twin, change=("code=", "error=access_denied&was="))

    with pytest.raises(CheckFailed, match="access_denied"):
        await login_by_consent("salesforce", given, Runtime(transport=lambda _: InProcess(twin)), person, port=port)


async def test_a_vendor_without_such_a_login_says_so() -> None:
    with pytest.raises(Misused, match="no login by browser"):
        await login_by_consent("zoho", {}, Runtime(), lambda _: None)


def test_a_key_in_pem_form_takes_several_lines() -> None:
    text = (
        "USERNAME=a@example.com\nPRIVATE_KEY=-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\nLOGIN_URL=x"
    )

    found = parse_lines(text)

    assert found["PRIVATE_KEY"].split("\n") == ["-----BEGIN PRIVATE KEY-----", "AAAA", "-----END PRIVATE KEY-----"]
    assert found["LOGIN_URL"] == "x"
    with pytest.raises(Misused, match="no end"):
        parse_lines("PRIVATE_KEY=-----BEGIN PRIVATE KEY-----\nAAAA")
