"""Keys, roles and the rate limit of the Cliniko twin."""

from __future__ import annotations

import pytest
from tests.twins_cliniko.conftest import BASE, Desk, Opened

from gurney.twins.kit.options import BadOption

pytestmark = pytest.mark.anyio

ROLES = ("administrator", "power receptionist", "practitioner", "receptionist", "scheduler", "bookkeeper")


@pytest.mark.rule("cliniko.basic-auth")
async def test_a_key_opens_the_account_with_and_without_its_suffix(desk: Desk) -> None:
    key = desk.service.credentials()["api_key"]

    assert key.endswith("-au1")
    assert (await desk.get("/user", key=key)).status_code == 200
    assert (await desk.get("/user", key=key.removesuffix("-au1"))).status_code == 200


@pytest.mark.rule("cliniko.basic-auth")
async def test_without_the_right_key_and_an_empty_password_there_is_401(desk: Desk) -> None:
    key = desk.service.credentials()["api_key"]
    headers: list[dict[str, str]] = [{}, {"authorization": f"Bearer {key}"}, {"authorization": "Basic %%%"}]

    answers = [await desk.client.get(f"{BASE}/v1/user", headers=header) for header in headers]
    answers.append(await desk.client.get(f"{BASE}/v1/user", auth=(key, "secret")))
    answers.append(await desk.get("/user", key="MS0xwrong-au1"))

    assert [answer.status_code for answer in answers] == [401] * 5
    assert answers[0].headers["www-authenticate"] == "Basic"


@pytest.mark.rule("cliniko.shard")
@pytest.mark.rule("cliniko.wrong-shard")
@pytest.mark.parametrize(("way", "status"), [("401", 401), ("accepted", 200)])
async def test_a_key_of_another_shard_is_refused(opened: Opened, way: str, status: int) -> None:
    desk = opened(shard="uk2", wrong_shard=way)
    key = desk.service.credentials()["api_key"]

    assert key.endswith("-uk2")
    assert (await desk.get("/user", key=key)).status_code == 200
    assert (await desk.get("/user", key=key.replace("-uk2", "-au1"))).status_code == status


@pytest.mark.rule("cliniko.base-path")
async def test_only_version_one_answers(desk: Desk) -> None:
    for path in ("/v2/patients", "/patients", "/v1/nothing", "/v1/patients/abc"):
        assert (await desk.get(BASE + path)).status_code == 404


@pytest.mark.rule("cliniko.user-agent")
async def test_a_client_without_a_name_is_warned_or_refused(opened: Opened) -> None:
    unnamed = {"user-agent": "curl/8"}
    warned = await opened().get("/user", headers=unnamed)
    refused = await opened(user_agent="strict").get("/user", headers=unnamed)

    assert (warned.status_code, "x-twin-warning" in warned.headers) == (200, True)
    assert (refused.status_code, refused.content) == (403, b"")
    assert "x-twin-warning" not in (await opened(user_agent="strict").get("/user")).headers


@pytest.mark.rule("cliniko.role")
@pytest.mark.rule("cliniko.user")
@pytest.mark.parametrize("role", ROLES)
async def test_every_role_has_a_key_and_reads_its_own_user(opened: Opened, role: str) -> None:
    desk = opened(role=role)
    own = (await desk.get("/user")).json()

    assert own["role"] == role
    assert (await desk.get(f"/users/{own['id']}")).json() == own
    assert (await desk.get("/settings/public")).status_code == 200


@pytest.mark.rule("cliniko.users-admin-only")
@pytest.mark.rule("cliniko.forbidden-empty-body")
@pytest.mark.parametrize("role", ROLES[1:])
async def test_other_people_are_for_administrators(desk: Desk, role: str) -> None:
    admin = (await desk.get("/user")).json()["id"]

    refused = [await desk.get(path, role=role) for path in ("/users", f"/users/{admin}")]

    assert [(answer.status_code, answer.content) for answer in refused] == [(403, b"")] * 2
    assert await desk.total("/users") == len(desk.stored("users"))


@pytest.mark.rule("cliniko.settings-roles")
async def test_settings_are_for_some_roles_and_public_settings_for_all(desk: Desk) -> None:
    seen = {role: (await desk.get("/settings", role=role)).status_code for role in ROLES}

    assert [role for role, status in seen.items() if status == 200] == ["administrator", "power receptionist"]
    full, public = (await desk.get("/settings")).json(), (await desk.get("/settings/public")).json()
    assert public["patient_custom_fields_definition"] == full["patient_custom_fields_definition"]
    assert "email_from" in full["account"] and "email_from" not in public["account"]


@pytest.mark.rule("cliniko.scheduler")
@pytest.mark.parametrize("path", ["/invoices", "/invoice_items", "/treatment_notes", "/patient_forms"])
async def test_a_scheduler_sees_no_financials_notes_or_forms(desk: Desk, path: str) -> None:
    assert (await desk.get(path, role="scheduler")).status_code == 403
    assert (await desk.get("/individual_appointments", role="scheduler")).status_code == 200


@pytest.mark.rule("cliniko.power-receptionist")
async def test_a_power_receptionist_sees_settings_but_no_notes(desk: Desk) -> None:
    assert (await desk.get("/settings", role="power receptionist")).status_code == 200
    assert (await desk.get("/treatment_notes", role="power receptionist")).status_code == 403


@pytest.mark.rule("cliniko.lesser-roles")
async def test_receptionists_and_bookkeepers_see_no_notes_unless_set_free(opened: Opened) -> None:
    for role in ("receptionist", "bookkeeper"):
        assert (await opened().get("/treatment_notes", role=role)).status_code == 403
        assert (await opened(lesser_roles="free").get("/treatment_notes", role=role)).status_code == 200


@pytest.mark.rule("cliniko.hidden-by-role")
async def test_what_a_role_may_not_see_can_be_silently_absent(opened: Opened) -> None:
    desk = opened(hidden_by_role="empty")
    invoice = desk.stored("invoices")[0]["id"]

    assert await desk.rows("/invoices", role="scheduler") == []
    assert (await desk.get(f"/invoices/{invoice}", role="scheduler")).status_code == 404
    assert await desk.total("/invoices") == len(desk.stored("invoices"))


@pytest.mark.rule("cliniko.own-notes-only")
async def test_a_restricted_practitioner_reads_only_their_own_notes(opened: Opened) -> None:
    desk, free = opened(own_notes_only="yes"), opened()
    own = (await desk.get("/user", role="practitioner")).json()["id"]
    (practitioner,) = await desk.rows(f"/practitioners?q[]=user_id:={own}")

    notes = await desk.rows("/treatment_notes?per_page=100", role="practitioner")

    assert notes
    assert {note["practitioner"]["links"]["self"] for note in notes} == {practitioner["links"]["self"]}
    assert len(notes) < len(await free.rows("/treatment_notes?per_page=100", role="practitioner"))
    others = next(n for n in desk.stored("treatment_notes") if n["id"] not in {note["id"] for note in notes})
    assert (await desk.get(f"/treatment_notes/{others['id']}", role="practitioner")).status_code == 404


@pytest.mark.rule("cliniko.no-financials")
@pytest.mark.parametrize(("way", "status"), [("no", 200), ("yes", 403)])
async def test_practitioners_may_be_kept_from_financials(opened: Opened, way: str, status: int) -> None:
    assert (await opened(no_financials=way).get("/invoices", role="practitioner")).status_code == status


@pytest.mark.rule("cliniko.archived-settings")
async def test_archived_types_are_not_there_for_lesser_roles(desk: Desk) -> None:
    (archived,) = [row for row in desk.stored("appointment_types") if row["archived_at"]]
    path = f"/appointment_types/{archived['id']}?q[]=archived_at:*"

    assert (await desk.get(path)).status_code == 200
    assert (await desk.get(path, role="receptionist")).status_code == 404


@pytest.mark.rule("cliniko.rate-limit")
async def test_the_two_hundred_and_first_call_of_a_minute_is_told_when_to_come_back(desk: Desk) -> None:
    statuses = {(await desk.get("/taxes")).status_code for _ in range(200)}
    refused = await desk.get("/taxes")

    assert statuses == {200} and refused.status_code == 429
    assert int(refused.headers["x-ratelimit-reset"]) == int(desk.twin.clock.timestamp()) + 60
    assert "retry-after" not in refused.headers
    await desk.admin("clock", {"advance_s": 60})
    assert (await desk.get("/taxes")).status_code == 200


@pytest.mark.rule("cliniko.keys-share-the-limit")
async def test_another_user_has_a_limit_of_their_own(desk: Desk) -> None:
    key = desk.service.credentials()["api_key"]
    for place in range(200):
        await desk.get("/taxes", key=key if place % 2 else key.removesuffix("-au1"))

    assert (await desk.get("/taxes")).status_code == 429
    assert (await desk.get("/taxes", role="scheduler")).status_code == 200


@pytest.mark.rule("cliniko.rate-window")
@pytest.mark.parametrize(("way", "status"), [("fixed", 200), ("sliding", 429)])
async def test_the_minute_is_fixed_or_slides(opened: Opened, way: str, status: int) -> None:
    desk = opened(rate_window=way)
    await desk.get("/taxes")
    await desk.admin("clock", {"advance_s": 50})
    for _ in range(199):
        await desk.get("/taxes")

    await desk.admin("clock", {"advance_s": 10})
    statuses = [(await desk.get("/taxes")).status_code for _ in range(2)]

    assert statuses == [200, status]


@pytest.mark.rule("cliniko.retry-after")
async def test_a_refusal_may_carry_retry_after(opened: Opened) -> None:
    desk = opened(retry_after="yes")
    for _ in range(200):
        await desk.get("/taxes")

    assert (await desk.get("/taxes")).headers["retry-after"] == "60"


async def test_an_unlimited_twin_never_refuses(opened: Opened) -> None:
    desk = opened({"unlimited": True})

    assert {(await desk.get("/taxes")).status_code for _ in range(210)} == {200}


@pytest.mark.rule("cliniko.error-bodies")
@pytest.mark.parametrize(("style", "start"), [("json", b'{"message"'), ("html", b"<html>"), ("empty", b"")])
async def test_bodies_of_unrecorded_errors_come_in_three_styles(opened: Opened, style: str, start: bytes) -> None:
    desk = opened(error_bodies=style)

    missing, wrong = await desk.get("/patients/1"), await desk.get("/user", key="MS0xwrong")

    assert (missing.status_code, wrong.status_code) == (404, 401)
    assert missing.content.startswith(start) and wrong.content.startswith(start)
    assert bool(missing.content) == bool(start)


async def test_a_proxy_page_and_a_gateway_timeout_can_be_ordered(desk: Desk) -> None:
    page = {"status": 504, "body": "<html>Gateway timeout</html>", "headers": {"Content-Type": "text/html"}}
    desk.twin.faults.add("status", path="/v1/patients", nth=1, **page)

    answers = [await desk.get("/patients?per_page=1") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [504, 200]
    assert answers[0].text == "<html>Gateway timeout</html>"


async def test_the_ready_line_names_key_address_and_the_moment_of_the_data(opened: Opened) -> None:
    env = opened(shard="ca1").service.env("http://127.0.0.1:1")

    assert env["GURNEY_CLINIKO_BASE_URL"] == "http://127.0.0.1:1/v1"
    assert env["GURNEY_CLINIKO_API_KEY"].endswith("-ca1")
    assert env["GURNEY_AS_OF"] == "2026-11-16T00:00:00Z"
    assert "GURNEY_AS_OF" not in opened({"now": None}).service.env("http://127.0.0.1:1")


@pytest.mark.parametrize("clinic", ["huge", "records:many", "oddities:", "pages:5"])
def test_an_unknown_size_of_clinic_is_named(opened: Opened, clinic: str) -> None:
    with pytest.raises(BadOption, match=clinic):
        opened({"clinic": clinic})


def test_a_clinic_can_be_sized_by_its_records(opened: Opened) -> None:
    state = opened({"clinic": "records:3000"}).service.state()

    assert 3000 <= sum(count for name, count in state.items() if name != "appointments") < 3400
