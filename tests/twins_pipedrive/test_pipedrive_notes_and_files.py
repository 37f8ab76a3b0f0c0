"""Notes and files."""

from __future__ import annotations

from typing import Any

import pytest
from pipedrive_client import ZOE, Account

pytestmark = pytest.mark.anyio


@pytest.mark.rule("pipedrive.note-time")
async def test_a_note_is_dated_as_asked(account: Account) -> None:
    id = await account.person()

    made = await account.note(person_id=id, add_time="2021-03-04 05:06:07")
    moved = await account.told(f"PUT v1/notes/{made['id']}", {"add_time": "2031-03-04 05:06:07"})

    assert (made["add_time"], made["update_time"]) == ("2021-03-04 05:06:07", "2026-02-02 23:00:00")
    assert moved["add_time"] == "2031-03-04 05:06:07"
    await account.refused("POST v1/notes", {"content": "x", "person_id": id, "add_time": "2021-03-04T05:06:07Z"})


@pytest.mark.rule("pipedrive.note-author")
async def test_only_an_administrator_signs_for_others(account: Account) -> None:
    id = await account.person()
    anna = account.world.company.by_email("anna@clinic.example")
    assert anna is not None
    made = await account.note(person_id=id, user_id=anna["id"])
    await account.as_user("anna@clinic.example")

    words = await account.refused("POST v1/notes", {"content": "x", "person_id": id, "user_id": 4711}, status=403)

    assert (made["user_id"], made["user"]["name"], made["user"]["is_you"]) == (anna["id"], "Anna", False)
    assert words == "You do not have permissions to do this."
    assert (await account.note(person_id=id, user_id=anna["id"]))["user"]["is_you"] is True


@pytest.mark.rule("pipedrive.note-keys")
async def test_extra_keys_are_a_bare_refusal(account: Account) -> None:
    made = await account.note(person_id=await account.person())

    assert await account.refused("POST v1/notes", {"content": "x", "person_id": 1, "x": 1}) == "Bad request"
    assert await account.refused(f"PUT v1/notes/{made['id']}", made) == "Bad request"


@pytest.mark.rule("pipedrive.note-links")
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"person_id": 1},
        {"content": "x"},
        {"content": "", "person_id": 1},
        {"content": "x", "person_id": 99},
        {"content": "x", "person_id": "1"},
        {"content": "x", "lead_id": "nothing"},
        {"content": "x", "project_id": 1},
        {"content": 5, "person_id": 1},
        {"content": "x", "person_id": 1, "user_id": 1},
    ],
)
async def test_a_note_needs_content_and_something_it_is_about(account: Account, body: dict[str, Any]) -> None:
    await account.person()

    await account.refused("POST v1/notes", body)

    assert len(account.world.shelves["notes"]) == 0


@pytest.mark.rule("pipedrive.note-size", "pipedrive.long-note")
async def test_a_note_ends_at_a_hundred_thousand() -> None:
    in_bytes = Account()
    in_characters = Account(switches={"note_size": "characters", "long_note_status": "413"})
    for account in (in_bytes, in_characters):
        await account.person()
        await account.note(person_id=1, content="x" * 100_000)

    umlauts = {"content": "ü" * 60_000, "person_id": 1}
    await in_bytes.refused("POST v1/notes", umlauts)
    await in_characters.told("POST v1/notes", umlauts)
    await in_characters.refused("POST v1/notes", {"content": "x" * 100_001, "person_id": 1}, status=413)


@pytest.mark.rule("pipedrive.note-html")
@pytest.mark.parametrize(
    ("mode", "kept"),
    [
        ("common", '<h1>A</h1><p>x &amp; y<br></p><a href="https://x.au">l</a><b>t</b>'),
        ("bare", "A<p>x &amp; y<br></p>l<b>t</b>"),
        ("all", '<h1>A</h1><p>x &amp; y<br></p><a href="https://x.au">l</a><table><b>t</b></table>'),
    ],
)
async def test_the_server_cleans_html(mode: str, kept: str) -> None:
    account = Account(switches={"note_html": mode})
    html = (
        '<h1 class="c">A</h1><script>alert(1)</script><p onclick="x()" style="c">x &amp; y<br/></p>'
        '<a href="https://x.au" target="_blank">l</a><style>p{}</style><table><b>t</b></table>'
    )

    made = await account.note(person_id=await account.person(), content=html)
    activity = await account.make("activities", note=html)

    assert made["content"] == activity["note"] == kept


async def test_a_link_that_is_a_script_loses_its_target(account: Account) -> None:
    made = await account.note(person_id=await account.person(), content='<a href="javascript:x()">l</a>')

    assert made["content"] == "<a>l</a>"


@pytest.mark.rule("pipedrive.inherits")
async def test_a_note_and_a_file_on_a_deal_are_on_its_person_too(account: Account) -> None:
    org = (await account.make("organizations", name="Gym"))["id"]
    person = await account.person()
    deal = (await account.make("deals", title="D", person_id=person, org_id=org))["id"]

    note = await account.note(deal_id=deal)
    file = (await account.upload(deal_id=deal)).json()["data"]

    assert (note["person_id"], note["org_id"], note["deal"]) == (person, org, {"title": "D"})
    assert (note["person"], note["organization"]) == ({"name": "Zoe Field"}, {"name": "Gym"})
    assert (file["person_id"], file["org_id"], file["deal_name"]) == (person, org, "D")


@pytest.mark.rule("pipedrive.pins")
async def test_pins_are_numbers_in_and_booleans_out(account: Account) -> None:
    id = await account.person()

    made = await account.note(person_id=id, pinned_to_person_flag=1)
    await account.note(person_id=id)

    assert made["pinned_to_person_flag"] is True
    assert [row["id"] for row in await account.told("GET v1/notes?pinned_to_person_flag=1")] == [made["id"]]
    for flags in ({"pinned_to_person_flag": True}, {"pinned_to_deal_flag": 1}, {"pinned_to_person_flag": 2}):
        await account.refused("POST v1/notes", {"content": "x", "person_id": id, **flags})


async def test_notes_are_found_by_what_they_are_about_and_when(account: Account) -> None:
    zoe, max_ = await account.person(), await account.person()
    old = (await account.note(person_id=zoe, add_time="2021-01-01 00:00:00"))["id"]
    account.pass_time(60)
    new = (await account.note(person_id=max_))["id"]

    async def found(query: str) -> list[int]:
        return [row["id"] for row in await account.told(f"GET v1/notes?{query}")]

    assert await found(f"person_id={zoe}") == [old]
    assert await found("start_date=2026-01-01") == [new]
    assert await found("end_date=2021-01-01") == [old]
    assert await found("updated_since=2026-02-02T23:01:00Z") == [new]
    assert await found("user_id=4711") == [old, new]
    assert await found("project_id=1") == []


async def test_changing_a_note_names_who_did(account: Account) -> None:
    made = await account.note(person_id=await account.person())
    account.pass_time(60)

    changed = await account.told(f"PUT v1/notes/{made['id']}", {"content": "new"})

    assert (changed["content"], changed["last_update_user_id"]) == ("new", 4711)
    assert (changed["update_time"], changed["add_time"]) == ("2026-02-02 23:01:00", made["add_time"])
    await account.refused(f"PUT v1/notes/{made['id']}", {"person_id": None})


@pytest.mark.rule("pipedrive.note-deleted", "pipedrive.note-delete")
@pytest.mark.parametrize(("mode", "status"), [("soft", 200), ("hard", 404)])
async def test_deleting_a_note_answers_true(mode: str, status: int) -> None:
    account = Account(switches={"note_delete": mode})
    made = await account.note(person_id=await account.person())

    answer = await account.ask(f"DELETE v1/notes/{made['id']}")
    read = await account.ask(f"GET v1/notes/{made['id']}")

    assert answer.json() == {"success": True, "data": True}
    assert read.status_code == status
    assert mode == "hard" or read.json()["data"]["active_flag"] is False
    assert await account.told("GET v1/notes") == []
    await account.refused(f"DELETE v1/notes/{made['id']}", status=404)
    await account.refused(f"PUT v1/notes/{made['id']}", {"content": "x"}, status=404)


# Files


@pytest.mark.rule("pipedrive.file-names", "pipedrive.upload")
async def test_a_file_keeps_its_name_and_gets_another(account: Account) -> None:
    id = await account.person()

    made = (await account.upload("Befund März.PDF", b"%PDF", person_id=id)).json()["data"]

    assert (made["name"], made["file_type"], made["file_size"]) == ("Befund März.PDF", "pdf", 4)
    assert made["file_name"] != made["name"]
    assert made["file_name"].endswith(".PDF")
    assert (made["person_id"], made["person_name"], made["active_flag"]) == (id, "Zoe Field", True)
    assert made["url"] == f"https://app.pipedrive.com/api/v1/files/{made['id']}/download"


@pytest.mark.rule("pipedrive.upload")
async def test_a_file_needs_a_part_with_a_filename(account: Account) -> None:
    for more in (
        {"data": {"person_id": "1"}},
        {"files": {"file": (None, b"x")}},
        {"files": {"upload": ("a.txt", b"x")}},
        {"json": {"file": "x"}},
    ):
        assert (await account.ask("POST v1/files", **more)).status_code == 400, more
    assert (await account.upload(person_id=99)).status_code == 400
    assert (await account.upload(activity_id="x")).status_code == 400


async def test_a_file_hangs_on_anything(account: Account) -> None:
    product = (await account.make("products", name="Consult"))["id"]
    activity = (await account.make("activities"))["id"]
    await account.upload(product_id=product)
    made = (await account.upload(activity_id=activity)).json()["data"]

    assert len(await account.told(f"GET v1/products/{product}/files")) == 1
    assert made["activity_id"] == activity


@pytest.mark.rule("pipedrive.file-limit", "pipedrive.large-file")
@pytest.mark.parametrize("status", ["413", "400"])
async def test_a_large_file_is_refused(status: str) -> None:
    account = Account(switches={"file_limit_mb": "1", "large_file_status": status})
    await account.person()

    assert (await account.upload(content=b"x" * 1_000_000, person_id=1)).status_code == 200
    assert (await account.upload(content=b"x" * 1_000_001, person_id=1)).status_code == int(status)


@pytest.mark.rule("pipedrive.storage")
async def test_storage_may_be_full() -> None:
    account = Account(switches={"storage_mb": "1"})
    await account.person()

    assert (await account.upload(content=b"x" * 600_000, person_id=1)).status_code == 200
    assert (await account.upload(content=b"x" * 600_000, person_id=1)).status_code == 403


@pytest.mark.rule("pipedrive.download")
async def test_a_download_leads_to_where_a_token_has_no_business(account: Account) -> None:
    await account.person()
    made = (await account.upload(content=b"hello", person_id=1)).json()["data"]

    answer = await account.ask(f"GET v1/files/{made['id']}/download")
    target = answer.headers["location"]
    with_token = await account.http.get(target, headers=account.headers)
    without = await account.http.get(target)

    assert answer.status_code == 302
    assert (with_token.status_code, without.status_code, without.content) == (400, 200, b"hello")
    assert (await account.admin("GET state")).json()["LeakedTokens"] == 1
    assert (await account.http.get(target + "x")).status_code == 403


@pytest.mark.rule("pipedrive.download")
async def test_a_download_may_be_direct() -> None:
    account = Account(switches={"download": "direct"})
    await account.person()
    made = (await account.upload(content=b"hello", person_id=1)).json()["data"]

    assert (await account.ask(f"GET v1/files/{made['id']}/download")).content == b"hello"


@pytest.mark.rule("pipedrive.remote-files")
async def test_remote_files_are_made_and_linked(account: Account) -> None:
    id = await account.person()
    place = {"item_type": "person", "item_id": str(id), "remote_location": "googledrive"}

    made = await account.ask("POST v1/files/remote", data={**place, "file_type": "gdoc", "title": "Plan"})
    linked = await account.ask("POST v1/files/remoteLink", data={**place, "remote_id": "abc"})

    assert (made.json()["data"]["name"], made.json()["data"]["remote_location"]) == ("Plan", "googledocs")
    assert linked.json()["data"]["remote_id"] == "abc"
    wrong = await account.ask("POST v1/files/remote", data={**place, "item_type": "product", "title": "x"})
    assert wrong.status_code == 400


async def test_a_file_is_renamed_and_deleted(account: Account) -> None:
    id = await account.person()
    made = (await account.upload(person_id=id)).json()["data"]

    renamed = await account.ask(f"PUT v1/files/{made['id']}", data={"name": "b.txt", "description": "Letter"})
    deleted = await account.told(f"DELETE v1/files/{made['id']}")

    assert (renamed.json()["data"]["name"], renamed.json()["data"]["description"]) == ("b.txt", "Letter")
    assert deleted == {"id": made["id"]}
    assert await account.told(f"GET v1/persons/{id}/files") == []
    await account.refused(f"GET v1/files/{made['id']}", status=404)


async def test_the_dump_of_files_has_their_digests(account: Account) -> None:
    await account.make("persons", **ZOE)
    await account.upload(content=b"hello", person_id=1)

    row = (await account.dump("files"))[0]

    assert row["sha256"] == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


async def test_what_csv_files_say_can_be_dumped(account: Account) -> None:
    await account.make("persons", **ZOE)
    await account.upload(name="a.txt", person_id=1)
    made = await account.upload(name="b.csv", content="\ufeffName\r\nZoë\r\n".encode(), person_id=1)

    assert await account.dump("texts") == [{"id": made.json()["data"]["id"], "text": "Name\r\nZoë\r\n"}]
