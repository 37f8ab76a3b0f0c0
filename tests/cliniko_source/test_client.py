"""The key's way to its host, what the account may see, and what it holds."""

from __future__ import annotations

import base64
from typing import Any

import httpx2
import pytest
from cliniko_fake import BASE, at

from gurney.errors import AnswerWrong, Misused, NotAuthorised
from gurney.runtime import Runtime
from gurney.sources.cliniko.automations import reference
from gurney.sources.cliniko.client import Client, shard_of
from gurney.sources.cliniko.source import ClinikoSource

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("key", "shard"),
    [
        ("MS0x-au2", "au2"),
        ("MS0x-UK10", "uk10"),
        ("MS0x", "au1"),
        ("MS-0x", "au1"),
        ("MS0x-a/1", "au1"),
        ("x-evil1", "au1"),
    ],
)
def test_the_shard_follows_the_last_hyphen(key: str, shard: str) -> None:
    assert shard_of(key) == shard


async def test_the_key_travels_as_basic_authorisation_to_its_own_shard(cliniko: Any) -> None:
    await cliniko.source().check()

    request = cliniko.requests[0]
    assert str(request.url).startswith(BASE)
    assert request.headers["Authorization"] == "Basic " + base64.b64encode(b"MS0x-au1:").decode()
    assert request.headers["User-Agent"].startswith("Gurney/")
    assert request.headers["User-Agent"].endswith(" (ops@example.com)")
    assert request.headers["Accept"] == "application/json"


async def test_a_base_url_from_the_environment_replaces_the_host(cliniko: Any) -> None:
    runtime = Runtime(
        clock=cliniko.clock,
        transport=cliniko.runtime.transport,
        environ={"GURNEY_CLINIKO_BASE_URL": "http://127.0.0.1:8123"},
    )
    client = Client(runtime, "MS0x-au1", contact_email="ops@example.com")

    await client.get("/user")

    assert str(cliniko.requests[0].url) == "http://127.0.0.1:8123/v1/user"


@pytest.mark.parametrize("key", ["", "two words", "user:password"])
def test_what_is_no_key_is_refused(cliniko: Any, key: str) -> None:
    with pytest.raises(Misused):
        ClinikoSource(cliniko.runtime, api_key=key, contact_email="ops@example.com")


async def test_a_next_link_on_another_host_never_gets_the_key(cliniko: Any, snapshot: Any) -> None:
    def lead_away(request: httpx2.Request) -> httpx2.Response | None:
        if not request.url.path.endswith("/users"):
            return None
        body = {"users": [{"id": "1"}], "total_entries": 9, "links": {"next": "https://evil.example/v1/users?page=2"}}
        return httpx2.Response(200, json=body)

    cliniko.before = lead_away
    with pytest.raises(AnswerWrong, match="other host"):
        await cliniko.source().extract(snapshot)
    assert all(request.url.host == "api.au1.cliniko.com" for request in cliniko.requests)


async def test_a_redirect_of_the_api_is_refused(cliniko: Any) -> None:
    cliniko.before = lambda request: httpx2.Response(301, headers={"Location": "https://api.au2.cliniko.com/v1/user"})

    with pytest.raises(AnswerWrong, match="another address"):
        await cliniko.source().check()


async def test_an_administrator_passes_the_check(cliniko: Any) -> None:
    account = await cliniko.source().check()

    assert account.ok and account.incomplete == ()
    assert (account.subdomain, account.currency, account.role) == ("harbour", "AUD", "administrator")


async def test_a_receptionists_key_is_refused_with_what_would_be_missing(cliniko: Any) -> None:
    cliniko.role = "receptionist"

    account = await cliniko.source().check()

    assert not account.ok
    assert {"users", "treatment_notes"} <= set(account.incomplete)
    [finding] = account.findings
    assert "users" in finding.words and "administrator" in finding.next_step.lower()


async def test_a_dead_key_says_so(cliniko: Any) -> None:
    cliniko.before = lambda request: httpx2.Response(401, json={"message": "Unauthorized"})

    with pytest.raises(NotAuthorised, match="does not accept the credentials"):
        await cliniko.source().check()


async def test_counts_tell_live_archived_and_cancelled_apart(cliniko: Any) -> None:
    cliniko.add("patients", "1", at(0))
    cliniko.add("patients", "2", at(0), archived_at=at(1))
    cliniko.add("attendees", "1", at(0))
    cliniko.add("attendees", "2", at(0), cancelled_at=at(1))
    cliniko.add("attendees", "3", at(0), cancelled_at=at(1), archived_at=at(1))
    cliniko.add("practitioners", "1", at(0), active=True)
    cliniko.add("practitioners", "2", at(0), active=False)

    counts = await cliniko.source().counts()

    patients, attendees = counts["patients"], counts["attendees"]
    assert (patients.total, patients.live, patients.archived) == (2, 1, 1)
    assert (attendees.total, attendees.live, attendees.archived, attendees.cancelled) == (3, 1, 1, 2)
    assert counts["practitioners"].total == 2
    assert counts["recalls"].total is None


async def test_html_instead_of_json_is_tried_again(cliniko: Any) -> None:
    answers = iter([httpx2.Response(200, content=b"<html>CloudFront</html>")])
    cliniko.before = lambda request: next(answers, None)

    assert (await cliniko.source().check()).ok


def test_the_schema_knows_custom_fields_by_token_and_derived_facts(cliniko: Any) -> None:
    field = {
        "name": "Fund", "type": "radiobuttons", "token": "t-1", "archived": True,
        "options": [{"name": "Old", "token": "o", "archived": True}], "other": {"enabled": True},
    }  # fmt: skip
    settings = {"patient_custom_fields_definition": {"sections": [{"name": "Money", "token": "s", "fields": [field]}]}}

    patients = cliniko.source().schema(settings).objects["patients"].fields

    assert (patients["custom_fields.t-1"].label, patients["custom_fields.t-1"].options) == ("Money: Fund", ("Old",))
    assert patients["derived.insurer"].lookup_to == "contacts"
    assert patients["referring_doctor"].lookup_to == "contacts"
    assert "derived.archived" in patients


def test_the_automations_reference_holds_what_is_readable() -> None:
    kind = {"id": "1", "name": "Initial", "appointment_reminder_template_ids": ["4"], "show_in_online_bookings": True}
    settings = {"reminders": {"default_reminder_type": "SMS"}, "online_bookings": {"enabled": True, "logo_url": "x"}}

    document = reference(settings, [kind])

    assert document["reminders"] == {"default_reminder_type": "SMS"}
    assert document["appointment_types"][0]["reminder_templates"] == ["4"]
    assert document["online_bookings"] == {"enabled": True}
