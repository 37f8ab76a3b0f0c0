"""Deletion and what stays readable; change logs; the back door; faults."""

from __future__ import annotations

import httpx2
import pytest
from pipedrive_client import ZOE, Account

pytestmark = pytest.mark.anyio
DAY_S = 86_400


@pytest.mark.rule("pipedrive.deleted-record")
@pytest.mark.parametrize(("mode", "get", "again"), [("404", 404, 404), ("410", 410, 410), ("200", 200, 404)])
async def test_what_a_deleted_record_answers(mode: str, get: int, again: int) -> None:
    account = Account(switches={"deleted_record": mode})
    person = await account.person()
    file = (await account.upload(person_id=person)).json()["data"]["id"]

    deleted = await account.told(f"DELETE v2/persons/{person}")
    await account.told(f"DELETE v1/files/{file}")
    answer = await account.ask(f"GET v2/persons/{person}")

    assert deleted == {"id": person}
    assert answer.status_code == get
    assert get != 200 or answer.json()["data"]["is_deleted"] is True
    assert (await account.ask(f"GET v1/files/{file}")).status_code == get
    assert (await account.ask(f"DELETE v2/persons/{person}")).status_code == again
    assert (await account.ask(f"PATCH v2/persons/{person}", {"name": "X"})).status_code == again
    assert await account.told("GET v2/persons") == []
    assert await account.told(f"GET v2/persons?ids={person}") == []


@pytest.mark.rule("pipedrive.purge")
async def test_deleted_records_are_purged_after_thirty_days() -> None:
    account = Account(switches={"deleted_record": "200"})
    person = await account.person()
    await account.told(f"DELETE v2/persons/{person}")

    account.pass_time(30 * DAY_S - 1)
    assert (await account.ask(f"GET v2/persons/{person}")).status_code == 200
    account.pass_time(1)
    assert (await account.ask(f"GET v2/persons/{person}")).status_code == 404
    assert (await account.admin("GET state")).json()["Deleted"] == 0
    assert await account.person() == person + 1


@pytest.mark.rule("pipedrive.cascade")
@pytest.mark.parametrize(("mode", "left", "linked"), [("keep", 1, True), ("unlink", 1, False), ("delete", 0, False)])
async def test_what_hangs_on_a_deleted_person(mode: str, left: int, linked: bool) -> None:
    account = Account(switches={"cascade": mode})
    person = await account.person()
    await account.make("activities", participants=[{"person_id": person}])
    await account.note(person_id=person)
    await account.upload(person_id=person)

    await account.told(f"DELETE v2/persons/{person}")

    for path in ("v2/activities", "v1/notes", "v1/files"):
        rows = await account.told(f"GET {path}")
        assert len(rows) == left, path
        assert [row["person_id"] == person for row in rows] == [linked] * left, path


@pytest.mark.rule("pipedrive.changelog")
async def test_the_change_log_tells_who_changed_what(account: Account) -> None:
    code = (await account.field("varchar"))[0]
    id = await account.person(custom_fields={code: "a"})
    await account.told(f"PATCH v2/persons/{id}", {"custom_fields": {code: "b"}})
    account.pass_time(60)
    await account.admin("POST edit", {"object": "persons", "id": id, "fields": {"name": "Zoe Changed"}})

    body = (await account.ask(f"GET v1/persons/{id}/changelog?limit=2")).json()
    anna = account.world.company.by_email("anna@clinic.example")
    assert anna is not None

    first = body["data"][0]
    assert {entry["field_key"] for entry in body["data"]} == {"name", "last_name"}
    assert (first["actor_user_id"], first["time"], first["change_source"]) == (anna["id"], "2026-02-02 23:01:00", "app")
    cursor = body["additional_data"]["next_cursor"]
    rest = (await account.ask(f"GET v1/persons/{id}/changelog?cursor={cursor}")).json()
    entry = rest["data"][0]
    assert (entry["field_key"], entry["old_value"], entry["new_value"]) == (code, "a", "b")
    assert (entry["actor_user_id"], entry["change_source"]) == (4711, "api")
    assert rest["additional_data"]["next_cursor"] is None


@pytest.mark.rule("pipedrive.recents")
async def test_recents_reach_back_a_month_and_tell_in_part(account: Account) -> None:
    old = await account.person()
    account.pass_time(31 * DAY_S)
    await account.person(name="Max Muster")
    await account.note(person_id=old)
    await account.upload(person_id=old)

    rows = await account.told("GET v1/recents?since_timestamp=2020-01-01 00:00:00")
    some = await account.told("GET v1/recents?since_timestamp=2020-01-01 00:00:00&items=note,file")

    assert {(row["item"], row["id"]) for row in rows} == {("person", 1), ("person", 2), ("note", 1), ("file", 1)}
    assert "custom_fields" not in next(row for row in rows if row["item"] == "person")["data"]
    assert [row["item"] for row in some] == ["file", "note"] or [row["item"] for row in some] == ["note", "file"]
    await account.refused("GET v1/recents?since_timestamp=yesterday")


# The back door


async def test_somebody_else_edits_creates_deletes_and_restores(account: Account) -> None:
    id = await account.person()
    note = (await account.note(person_id=id))["id"]
    account.pass_time(60)

    await account.admin("POST edit", {"object": "persons", "id": id, "fields": {"name": "Zoe Changed"}})
    await account.admin("POST edit", {"object": "notes", "id": note, "fields": {"content": "changed"}})
    made = (await account.admin("POST create", {"object": "persons", "fields": ZOE})).json()["id"]
    await account.admin("POST create", {"object": "notes", "fields": {"content": "new", "person_id": id}})
    await account.admin("POST delete", {"object": "persons", "id": made})

    changed = await account.told(f"GET v2/persons/{id}")
    assert (changed["name"], changed["update_time"]) == ("Zoe Changed", "2026-02-02T23:01:00Z")
    assert (await account.told(f"GET v1/notes/{note}"))["last_update_user_id"] != 4711
    assert len(await account.told("GET v1/notes")) == 2
    assert [row["id"] for row in await account.told("GET v2/persons")] == [id]
    await account.admin("POST restore", {"object": "persons", "id": made})
    assert [row["id"] for row in await account.told("GET v2/persons")] == [id, made]


async def test_the_back_door_minds_shapes(account: Account) -> None:
    id = await account.person()

    wrong = await account.admin("POST edit", {"object": "persons", "id": id, "fields": {"name": 5}})
    unknown = await account.admin("POST edit", {"object": "persons", "id": 99, "fields": {}})
    files = await account.admin("POST create", {"object": "files", "fields": {}})

    assert (wrong.status_code, unknown.status_code, files.status_code) == (400, 400, 400)


async def test_an_administrator_makes_fields_in_the_pages(account: Account) -> None:
    order = {"object": "activityFields", "field_name": "Outcome", "field_type": "enum", "options": [{"label": "Won"}]}

    code = (await account.admin("POST field", order)).json()["field_code"]

    field = await account.told(f"GET v2/activityFields/{code}")
    assert (field["field_name"], field["is_custom_field"]) == ("Outcome", True)


async def test_dumps_have_whole_rows_and_state_counts(account: Account) -> None:
    code = (await account.field("varchar"))[0]
    id = await account.person(custom_fields={code: "a"})
    gone = await account.person()
    await account.told(f"DELETE v2/persons/{gone}")
    await account.note(person_id=id)
    await account.make("activities", attendees=[{"email": "a@x.au"}])
    await account.told("POST v1/leads", {"title": "L", "person_id": id})

    persons, deleted = await account.dump("persons"), await account.dump("deleted")
    state = (await account.admin("GET state")).json()

    assert [(row["id"], row["custom_fields"]) for row in persons] == [(id, {code: "a"})]
    assert [(row["object"], row["id"]) for row in deleted] == [("persons", gone)]
    assert (await account.dump("activities"))[0]["attendees"] == [{"email": "a@x.au"}]
    assert (state["persons"], state["notes"], state["Deleted"], state["customFields"]) == (1, 1, 1, 1)
    for name in ("notes", "leads", "users", "activityTypes", "personFields", "productFields", "dealProducts"):
        assert len(await account.dump(name)) == state.get(name, len(await account.dump(name)))
    assert (await account.admin("GET dump/nothing")).status_code == 404


async def test_a_reset_is_the_first_day_with_the_same_secrets(account: Account) -> None:
    await account.person()
    await account.field("varchar")

    await account.admin("POST reset", {})

    assert await account.told("GET v2/persons") == []
    assert (await account.admin("GET state")).json()["customFields"] == 0


# Faults


async def test_the_answer_is_lost_but_the_effect_is_there(account: Account) -> None:
    await account.person()
    for path in ("/api/v1/notes", "/api/v1/files"):
        account.twin.faults.add("drop_after", method="POST", path=path, nth=1)

    with pytest.raises(httpx2.RemoteProtocolError):
        await account.note(person_id=1)
    with pytest.raises(httpx2.RemoteProtocolError):
        await account.upload(person_id=1)

    assert len(await account.told("GET v1/notes")) == len(await account.told("GET v1/files")) == 1


async def test_gateways_and_empty_successes_happen(account: Account) -> None:
    html = "<html><body>502 Bad Gateway</body></html>"
    order = [
        {"match": {"method": "POST", "nth": 1}, "do": "status", "status": 502, "body": html},
        {"match": {"method": "POST", "nth": 2}, "do": "status", "status": 200, "body": "null", "after": True},
    ]
    await account.admin("POST faults", order)

    gateway = await account.ask("POST v2/persons", ZOE)
    empty = await account.ask("POST v2/persons", ZOE)

    assert (gateway.status_code, gateway.text) == (502, html)
    assert (empty.status_code, empty.content) == (200, b"null")
    assert len(account.world.shelves["persons"]) == 1


async def test_access_tokens_can_be_made_to_expire(account: Account) -> None:
    tokens = account.world.tokens
    basic = httpx2.BasicAuth(tokens.client_id, tokens.client_secret)
    form = {"grant_type": "refresh_token", "refresh_token": tokens.first.token}
    token = (await account.http.post("/oauth/token", data=form, auth=basic)).json()["access_token"]
    account.headers = {"Authorization": f"Bearer {token}"}
    account.twin.faults.add("expire_token", path="/api/v2", nth=2)

    statuses = [(await account.ask("GET v2/persons")).status_code for _ in range(2)]

    assert statuses == [200, 401]
