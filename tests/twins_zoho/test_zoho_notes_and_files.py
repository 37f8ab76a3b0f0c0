"""Notes, attachments, files of file fields."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx2
import pytest
from zoho_client import ADA, Org

pytestmark = pytest.mark.anyio


def parent(id: str, module: str = "Contacts") -> dict[str, Any]:
    return {"module": {"api_name": module}, "id": id}


async def note(org: Org, **values: Any) -> dict[str, Any]:
    return (await org.insert("Notes", values))[0]


@pytest.mark.rule("zoho.note-parent")
async def test_a_note_names_its_parent_in_the_form_of_its_version(org: Org) -> None:
    id = await org.make("Contacts", **ADA)
    old = {"data": [{"Note_Content": "text", "Parent_Id": id, "se_module": "Contacts"}]}

    assert (await note(org, Note_Content="text", Parent_Id=parent(id)))["message"] == "record added"
    assert (await org.ask("POST", "/crm/v6/Notes", old)).status_code == 201
    assert (await org.ask("POST", "/crm/v8/Notes", old)).json()["data"][0]["code"] == "INVALID_DATA"
    assert (await org.ask("POST", f"Contacts/{id}/Notes", {"data": [{"Note_Content": "text"}]})).status_code == 201
    assert (await note(org, Note_Content="text"))["details"]["api_name"] == "Parent_Id"
    assert (await note(org, Parent_Id=parent(id)))["details"]["api_name"] == "Note_Content"
    assert (await note(org, Note_Content="x", Parent_Id=parent("1")))["code"] == "INVALID_DATA"
    assert (await note(org, Note_Content="x", Parent_Id=parent(id, "Leads")))["code"] == "INVALID_DATA"
    listed = await org.ask("GET", f"Contacts/{id}/Notes?fields=Note_Content,Parent_Id")
    assert listed.json()["info"]["count"] == 3
    assert listed.json()["data"][0]["Parent_Id"]["name"] == "Ada Lee"


@pytest.mark.rule("zoho.note-length")
@pytest.mark.parametrize("longest", [65_535, 32_000])
async def test_a_note_and_its_title_have_their_lengths(longest: int) -> None:
    org = Org(switches={"note_length": str(longest)})
    on = {"Parent_Id": parent(await org.make("Contacts", **ADA))}

    good = await note(org, Note_Title="t" * 120, Note_Content="x" * longest, **on)
    long = await note(org, Note_Content="x" * (longest + 1), **on)
    title = await note(org, Note_Title="t" * 121, Note_Content="x", **on)

    assert (long["details"]["maximum_length"], title["details"]["maximum_length"]) == (longest, 120)
    full = await org.get("Notes", good["details"]["id"])
    assert len(full["Note_Content"]) == longest


@pytest.mark.rule("zoho.notes-admin")
async def test_all_notes_are_listed_for_administrators_alone(org: Org) -> None:
    id = await org.make("Contacts", **ADA)
    await note(org, Note_Content="text", Parent_Id=parent(id))

    assert (await org.ask("GET", "Notes?fields=Note_Content")).json()["info"]["count"] == 1
    await org.as_user("anna@clinic.example")
    refused = await org.ask("GET", "Notes?fields=Note_Content")

    assert (refused.status_code, refused.json()["code"]) == (403, "NOT_SUPPORTED")
    assert (await org.ask("GET", f"Contacts/{id}/Notes?fields=Note_Content")).status_code == 200


async def test_a_note_is_changed_and_deleted(org: Org) -> None:
    contact = await org.make("Contacts", **ADA)
    id = (await note(org, Note_Content="text", Parent_Id=parent(contact)))["details"]["id"]

    await org.ask("PUT", f"Notes/{id}", {"data": [{"Note_Content": "new"}]})
    await org.ask("PUT", "Notes", {"data": [{"id": id, "Note_Title": "Title"}]})
    record = await org.get("Notes", id)
    gone = await org.ask("DELETE", f"Notes?ids={id}")
    again = await org.ask("DELETE", f"Contacts/{contact}/Notes/{id}")

    assert (record["Note_Content"], record["Note_Title"]) == ("new", "Title")
    assert gone.json()["data"][0]["message"] == "record deleted"
    assert again.json()["message"] == "record not deleted"


async def attach(
    org: Org, id: str, content: bytes = b"%PDF", name: str = "a b.pdf", module: str = "Contacts"
) -> httpx2.Response:
    return await org.ask("POST", f"{module}/{id}/Attachments", files={"file": (name, content, "application/pdf")})


@pytest.mark.rule("zoho.attachment")
async def test_a_file_of_fifty_one_megabytes_comes_back_as_it_went(org: Org) -> None:
    id = await org.make("Contacts", **ADA)
    content = bytes(range(256)) * (51 * 4096)

    made = await attach(org, id, content)
    file = made.json()["data"][0]["details"]["id"]
    got = await org.ask("GET", f"Contacts/{id}/Attachments/{file}")

    assert (made.status_code, made.json()["data"][0]["message"]) == (200, "attachment uploaded successfully")
    assert got.content == content
    dumped = (await org.admin("GET dump/Attachments")).json()
    assert (dumped["sha256"], dumped["size"]) == (hashlib.sha256(content).hexdigest(), len(content))
    assert (dumped["File_Name"], dumped["Parent_Id"]["id"]) == ("a b.pdf", id)
    assert (await org.ask("GET", f"Contacts/{id}/Attachments/1")).status_code == 204


async def test_a_file_of_more_than_a_hundred_megabytes_is_refused(org: Org) -> None:
    id = await org.make("Contacts", **ADA)

    file = await attach(org, id, bytes(100 * 1024 * 1024 + 1))
    body = await attach(org, id, bytes(102 * 1024 * 1024))

    assert (file.status_code, file.json()["code"]) == (413, "FILE_SIZE_MORE_THAN_ALLOWED_SIZE")
    assert (body.status_code, body.json()["code"]) == (413, "BODY_SIZE_REACHED")
    assert (await org.ask("POST", f"Contacts/{id}/Attachments")).json()["code"] == "MANDATORY_NOT_FOUND"
    assert (await attach(org, "1")).json()["code"] == "INVALID_DATA"
    assert (await attach(org, id, b"")).status_code == 400


@pytest.mark.rule("zoho.attachment-list")
async def test_the_list_of_attachments_needs_fields_and_shows_bytes_as_text(org: Org) -> None:
    id = await org.make("Contacts", **ADA)
    assert (await org.ask("GET", f"Contacts/{id}/Attachments?fields=id")).status_code == 204
    await attach(org, id, b"12345")

    missing = await org.ask("GET", f"Contacts/{id}/Attachments")
    (listed,) = (
        await org.ask("GET", f"Contacts/{id}/Attachments?fields=id,File_Name,Size,Created_Time,$file_id")
    ).json()["data"]

    assert missing.json()["code"] == "REQUIRED_PARAM_MISSING"
    assert (listed["Size"], listed["File_Name"]) == ("5", "a b.pdf")
    assert set(listed) == {"id", "File_Name", "Size", "Created_Time", "$file_id"}
    assert (await org.ask("DELETE", f"Contacts/{id}/Attachments/{listed['id']}")).json()["data"][0][
        "message"
    ] == "record deleted"
    again = await org.ask("DELETE", f"Contacts/{id}/Attachments/{listed['id']}")
    assert (again.status_code, again.json()["message"]) == (400, "record not deleted")


@pytest.mark.rule("zoho.attachment-link")
async def test_a_linked_attachment_is_not_downloaded(org: Org) -> None:
    id = await org.make("Contacts", **ADA)
    parts = {"attachmentUrl": (None, "https://example.org/a.pdf"), "title": (None, "Letter")}

    made = await org.ask("POST", f"Contacts/{id}/Attachments", files=parts)
    refused = await org.ask("GET", f"Contacts/{id}/Attachments/{made.json()['data'][0]['details']['id']}")

    assert (refused.status_code, refused.json()["code"]) == (400, "DOWNLOAD_NOT_ALLOWED")


async def test_a_note_takes_attachments_too(org: Org) -> None:
    made = await note(org, Note_Content="text", Parent_Id=parent(await org.make("Contacts", **ADA)))
    id = made["details"]["id"]

    assert (await attach(org, id, module="Notes")).status_code == 200
    assert (await org.ask("GET", f"Notes/{id}/Attachments?fields=File_Name")).json()["info"]["count"] == 1


def files(*contents: bytes) -> list[tuple[str, tuple[str, bytes]]]:
    return [("file", (f"f{number}.pdf", content)) for number, content in enumerate(contents)]


@pytest.mark.rule("zoho.zfs")
async def test_ten_files_of_twenty_megabytes_a_call(org: Org) -> None:
    made = await org.ask("POST", "files", files=files(b"one", b"two"))
    first, second = made.json()["data"]

    assert (first["message"], second["details"]["name"]) == ("f0.pdf uploaded Succeessfully", "f1.pdf")
    assert (await org.ask("GET", f"files?id={second['details']['id']}")).content == b"two"
    assert (await org.ask("GET", "files?id=unknown")).status_code == 204
    eleven = await org.ask("POST", "files", files=files(*[b"x"] * 11))
    assert (eleven.status_code, eleven.json()["code"]) == (400, "failure_in_attachment_handling")
    big = await org.ask("POST", "files", files=files(b"x", bytes(20 * 1024 * 1024 + 1)))
    assert (big.status_code, big.json()["code"]) == (415, "FILE_SIZE_MORE_THAN_ALLOWED_SIZE")
    assert len(org.world.files) == 2


@pytest.mark.rule("zoho.file-field")
async def test_a_file_field_takes_ids_of_uploaded_files(org: Org) -> None:
    field = await org.field("Contacts", "Referral", "fileupload")
    id = (await org.ask("POST", "files", files=files(b"one"))).json()["data"][0]["details"]["id"]

    contact = await org.make("Contacts", **ADA, **{field: [{"File_Id__s": id}]})

    assert (await org.get("Contacts", contact))[field] == [{"File_Id__s": id, "File_Name__s": "f0.pdf"}]
    assert (await org.refusal("Contacts", **ADA, **{field: [{"File_Id__s": "unknown"}]}))["code"] == "INVALID_DATA"
    two = [{"File_Id__s": id}, {"File_Id__s": id}]
    assert (await org.refusal("Contacts", **ADA, **{field: two}))["code"] == "LIMIT_EXCEEDED"
