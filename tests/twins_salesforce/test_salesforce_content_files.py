"""Files: versions, documents, links, downloads, limits; attachments of the old kind."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import httpx2
import orjson
import pytest
from salesforce_client import Org

from gurney.twins.salesforce.limits import BYTES_PER_MB

pytestmark = pytest.mark.anyio

SCAN = b"%PDF-1.7 scan"


async def upload(org: Org, content: bytes = SCAN, kind: str = "ContentVersion", **record: Any) -> httpx2.Response:
    """One file with its record as multipart."""
    field = "VersionData" if kind == "ContentVersion" else "Body"
    values = {"PathOnClient": "scan.pdf", **record} if kind == "ContentVersion" else {"Name": "scan.pdf", **record}
    parts = {
        "entity_content": (None, orjson.dumps(values), "application/json"),
        field: ("any name.pdf", content, "application/pdf"),
    }
    return await org.ask("POST", f"sobjects/{kind}", files=parts)


async def uploaded(org: Org, content: bytes = SCAN, **record: Any) -> dict[str, Any]:
    """A file that must be taken; its version."""
    answer = await upload(org, content, **record)
    assert answer.status_code == 201, answer.text
    assert answer.json()["success"] is True
    return await org.get("ContentVersion", answer.json()["id"])


async def links(org: Org, document: str) -> list[tuple[str, str]]:
    soql = f"SELECT LinkedEntityId, ShareType FROM ContentDocumentLink WHERE ContentDocumentId = '{document}'"
    return [(row["LinkedEntityId"], row["ShareType"]) for row in (await org.query(soql))["records"]]


@pytest.mark.rule("salesforce.multipart-file")
@pytest.mark.rule("salesforce.version-figures")
async def test_a_file_comes_back_as_it_went(org: Org) -> None:
    content = bytes(range(256)) * 4096
    version = await uploaded(org, content, Title="X-ray", PathOnClient="C:\\scans\\X.Ray.PDF", Description="knee")

    got = await org.ask("GET", f"sobjects/ContentVersion/{version['Id']}/VersionData")

    assert got.content == content
    assert version["Id"].startswith("068")
    assert version["ContentDocumentId"].startswith("069")
    shown = {
        name: version[name] for name in ("Title", "Checksum", "ContentSize", "FileExtension", "FileType", "IsLatest")
    }
    assert shown == {
        "Title": "X-ray",
        "Checksum": hashlib.md5(content).hexdigest(),
        "ContentSize": len(content),
        "FileExtension": "pdf",
        "FileType": "PDF",
        "IsLatest": True,
    }
    assert version["VersionData"].endswith(f"/sobjects/ContentVersion/{version['Id']}/VersionData")
    document = await org.get("ContentDocument", version["ContentDocumentId"])
    assert (document["Title"], document["LatestPublishedVersionId"]) == ("X-ray", version["Id"])


async def test_a_file_may_come_as_base64(org: Org) -> None:
    id = await org.make("ContentVersion", PathOnClient="notes.txt", VersionData=base64.b64encode(SCAN).decode())
    version = await org.get("ContentVersion", id)

    assert (version["Title"], version["ContentSize"]) == ("notes", len(SCAN))
    refused = await org.refusal("ContentVersion", PathOnClient="notes.txt", VersionData="not base64!")
    assert refused["errorCode"] == "JSON_PARSER_ERROR"
    assert (await org.refusal("ContentVersion", PathOnClient="x.txt"))["fields"] == ["VersionData"]
    encoded = base64.b64encode(SCAN).decode()
    assert (await org.refusal("ContentVersion", VersionData=encoded))["fields"] == ["PathOnClient"]


@pytest.mark.rule("salesforce.base64-size")
async def test_base64_has_its_size(org: Org) -> None:
    just = "A" * (37 * BYTES_PER_MB + BYTES_PER_MB // 2)
    assert (await org.ask("POST", "sobjects/ContentVersion", {"PathOnClient": "a", "VersionData": just})).is_success
    more = await org.refusal("ContentVersion", PathOnClient="a", VersionData=just + "AAAA")
    assert more["errorCode"] == "FILE_SIZE_LIMIT_EXCEEDED"
    body = await org.ask(
        "POST", "sobjects/ContentVersion", {"PathOnClient": "a", "VersionData": "A" * 50 * BYTES_PER_MB}
    )
    assert body.status_code == 413
    big = await upload(org, bytes(60 * BYTES_PER_MB))
    assert big.status_code == 201, "multipart goes on where base64 ends"


@pytest.mark.rule("salesforce.multipart-headers")
async def test_parts_say_what_they_are(org: Org) -> None:
    async def send(body: bytes, boundary: str = "b") -> tuple[int, str]:
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        answer = await org.ask("POST", "sobjects/ContentVersion", headers=headers, content=body)
        return answer.status_code, answer.json()[0]["errorCode"] if answer.status_code >= 400 else ""

    record = b'Content-Disposition: form-data; name="j"\r\nContent-Type: application/json\r\n\r\n{"PathOnClient":"a"}'
    file = b'Content-Disposition: form-data; name="VersionData"; filename="a"\r\nContent-Type: text/plain\r\n\r\nabc'

    def form(*parts: bytes, mark: bytes = b"--b") -> bytes:
        return b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"

    bad = (400, "INVALID_MULTIPART_REQUEST")
    assert await send(form(record, file)) == (201, "")
    assert await send(form(file, record)) == (201, "")
    assert await send(form(record, file.replace(b"Content-Type: text/plain\r\n", b""))) == bad
    assert await send(form(record.replace(b"application/json", b"text/plain"), file)) == bad
    assert await send(form(record, file.replace(b'; filename="a"', b""))) == bad
    assert await send(form(record, file.replace(b"VersionData", b"Body"))) == bad
    assert await send(form(record, file)[:-10]) == bad
    long = "b" * 71
    assert await send(form(record, file, mark=b"--" + long.encode()), long) == bad
    seventy = "b" * 70
    assert await send(form(record, file, mark=b"--" + seventy.encode()), seventy) == (201, "")


@pytest.mark.rule("salesforce.first-location")
@pytest.mark.rule("salesforce.owner-link")
@pytest.mark.parametrize(("switches", "place", "owner"), [
    ({}, True, True),
    ({"owner_link": "no"}, True, False),
    ({"first_location": "ignore"}, False, True),
])  # fmt: skip
async def test_a_first_location_and_the_owner_are_linked(switches: dict[str, str], place: bool, owner: bool) -> None:
    org = Org(switches=switches)
    contact = await org.make("Contact", LastName="Ng")
    version = await uploaded(org, FirstPublishLocationId=contact)

    wanted = [(org.world.admin["Id"], "I")] * owner + [(contact, "V")] * place
    assert sorted(await links(org, version["ContentDocumentId"])) == sorted(wanted)
    again = await upload(org, FirstPublishLocationId=contact, ContentDocumentId=version["ContentDocumentId"])
    assert again.json()[0]["fields"] == ["FirstPublishLocationId"]
    assert (await upload(org, FirstPublishLocationId="003000000000000AAA")).status_code == 400


async def test_a_file_hangs_on_a_custom_object_too(org: Org) -> None:
    org.add_object("Visit__c")
    visit = await org.make("Visit__c")
    version = await uploaded(org, FirstPublishLocationId=visit)
    assert (visit, "V") in await links(org, version["ContentDocumentId"])


async def test_a_document_has_versions(org: Org) -> None:
    first = await uploaded(org, b"one")
    second = await uploaded(org, b"two", ContentDocumentId=first["ContentDocumentId"], Title="Second")
    old = await org.get("ContentVersion", first["Id"])
    document = await org.get("ContentDocument", first["ContentDocumentId"])

    assert (old["IsLatest"], second["IsLatest"], old["VersionNumber"], second["VersionNumber"]) == (
        False,
        True,
        "1",
        "2",
    )
    assert (document["Title"], document["LatestPublishedVersionId"]) == ("Second", second["Id"])
    assert (await org.ask("GET", f"sobjects/ContentVersion/{first['Id']}/VersionData")).content == b"one"


async def test_titles_of_document_and_version_go_together(org: Org) -> None:
    version = await uploaded(org)
    document = version["ContentDocumentId"]
    await org.ask("PATCH", f"sobjects/ContentVersion/{version['Id']}", {"Title": "Renamed"})
    assert (await org.get("ContentDocument", document))["Title"] == "Renamed"
    await org.ask("PATCH", f"sobjects/ContentDocument/{document}", {"Title": "Again"})
    assert (await org.get("ContentVersion", version["Id"]))["Title"] == "Again"
    for name, value in (("VersionData", "QUJD"), ("PathOnClient", "b.pdf"), ("ContentDocumentId", document)):
        answer = await org.ask("PATCH", f"sobjects/ContentVersion/{version['Id']}", {name: value})
        assert answer.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


@pytest.mark.rule("salesforce.version-stays")
async def test_a_version_goes_with_its_document_only(org: Org) -> None:
    contact = await org.make("Contact", LastName="Ng")
    version = await uploaded(org, FirstPublishLocationId=contact)
    document = version["ContentDocumentId"]

    alone = await org.ask("DELETE", f"sobjects/ContentVersion/{version['Id']}")
    together = await org.ask("DELETE", f"sobjects/ContentDocument/{document}")

    assert (alone.status_code, together.status_code) == (400, 204)
    assert (await org.ask("GET", f"sobjects/ContentVersion/{version['Id']}")).status_code == 404
    assert (await org.ask("GET", f"sobjects/ContentVersion/{version['Id']}/VersionData")).status_code == 404
    assert await links(org, document) == []
    again = await org.ask("DELETE", f"sobjects/ContentDocument/{document}")
    assert again.json()[0]["errorCode"] == "ENTITY_IS_DELETED"
    assert (await org.refusal("ContentDocument", Title="x"))["errorCode"] == "INVALID_TYPE_FOR_OPERATION"


@pytest.mark.rule("salesforce.file-survives")
async def test_a_file_survives_its_record(org: Org) -> None:
    contact = await org.make("Contact", LastName="Ng")
    version = await uploaded(org, FirstPublishLocationId=contact)
    await org.ask("DELETE", f"sobjects/Contact/{contact}")

    assert await links(org, version["ContentDocumentId"]) == [(org.world.admin["Id"], "I")]
    assert (await org.ask("GET", f"sobjects/ContentVersion/{version['Id']}/VersionData")).content == SCAN


@pytest.mark.rule("salesforce.link-once")
async def test_a_file_is_linked_to_a_record_once(org: Org) -> None:
    contact, account = await org.make("Contact", LastName="Ng"), await org.make("Account", Name="Clinic")
    document = (await uploaded(org, FirstPublishLocationId=contact))["ContentDocumentId"]
    link = {"ContentDocumentId": document, "LinkedEntityId": account, "ShareType": "V", "Visibility": "AllUsers"}

    await org.make("ContentDocumentLink", **link)
    twice = await org.refusal("ContentDocumentLink", **link)
    first = await org.refusal("ContentDocumentLink", **{**link, "LinkedEntityId": contact})
    bare = await org.refusal("ContentDocumentLink", ContentDocumentId=document, LinkedEntityId=account)
    odd = await org.refusal("ContentDocumentLink", **{**link, "ShareType": "X"})

    assert twice["errorCode"] == first["errorCode"] == "DUPLICATE_VALUE"
    assert "is already linked with the entity" in twice["message"]
    assert bare["fields"] == ["ShareType"]
    assert odd["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


async def test_links_go_to_records_that_the_caller_sees(org: Org) -> None:
    org.add_object("Secret__c")
    secret = await org.make("Secret__c")
    private = await org.make("Contact", LastName="Ng")
    await org.as_user("anna@clinic.example")

    for place in (secret, private):
        answer = await upload(org, FirstPublishLocationId=place)
        assert answer.json()[0]["errorCode"] == "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"


@pytest.mark.rule("salesforce.file-sight")
async def test_a_user_sees_files_of_his_own_and_on_records_that_he_sees(org: Org) -> None:
    async def documents(**record: Any) -> str:
        document: str = (await uploaded(org, **record))["ContentDocumentId"]
        return document

    (anna,) = (await org.query("SELECT Id FROM User WHERE Email = 'anna@clinic.example'"))["records"]
    account, private = await org.make("Account", Name="Clinic"), await org.make("Contact", LastName="Ng")
    hidden = {await documents(), await documents(FirstPublishLocationId=private)}
    shared = {await documents(FirstPublishLocationId=place) for place in (account, anna["Id"])}
    await org.as_user("anna@clinic.example")
    own = {await documents()}

    async def seen(object: str, field: str) -> set[str]:
        ids = "', '".join(hidden | shared | own)
        found = await org.query(f"SELECT {field} FROM {object} WHERE {field} IN ('{ids}')")
        return {row[field] for row in found["records"]}

    assert await seen("ContentDocument", "Id") == shared | own
    for object in ("ContentVersion", "ContentDocumentLink"):
        assert await seen(object, "ContentDocumentId") == shared | own
    assert (await org.query("SELECT COUNT() FROM ContentVersion"))["totalSize"] == 3
    await org.admin("POST grant", {"email": "anna@clinic.example", "permission": "QueryAllFiles"})
    assert await seen("ContentDocument", "Id") == hidden | shared | own


@pytest.mark.rule("salesforce.file-sight")
async def test_a_file_that_is_not_seen_is_neither_read_nor_linked_nor_deleted(org: Org) -> None:
    version = await uploaded(org)
    document, account = version["ContentDocumentId"], await org.make("Account", Name="Clinic")
    await org.as_user("anna@clinic.example")

    for path in (f"ContentVersion/{version['Id']}/VersionData", f"ContentDocument/{document}"):
        assert (await org.ask("GET", f"sobjects/{path}")).status_code == 404
    assert (await org.ask("DELETE", f"sobjects/ContentDocument/{document}")).status_code == 404
    link = {"ContentDocumentId": document, "LinkedEntityId": account, "ShareType": "V"}
    refused = await org.refusal("ContentDocumentLink", **link)
    assert (refused["errorCode"], refused["fields"]) == (
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        ["ContentDocumentId"],
    )


@pytest.mark.rule("salesforce.file-sight")
@pytest.mark.parametrize(("switch", "count"), [("view-all", 1), ("strict", 0)])
async def test_who_views_all_data_sees_all_files_or_needs_one_more_permission(switch: str, count: int) -> None:
    org = Org(users=("anna@clinic.example",), switches={"file_sight": switch})
    await org.as_user("anna@clinic.example")
    version = await uploaded(org)
    await org.sign_in()

    assert (await org.query("SELECT COUNT() FROM ContentVersion"))["totalSize"] == count

    await org.admin("POST edit", {"object": "ContentVersion", "id": version["Id"], "fields": {"Title": "seen"}})
    await org.admin("POST grant", {"permission": "QueryAllFiles"})
    assert (await org.get("ContentVersion", version["Id"]))["Title"] == "seen"


@pytest.mark.rule("salesforce.blocked-extensions")
@pytest.mark.rule("salesforce.html-uploads")
@pytest.mark.rule("salesforce.empty-files")
async def test_the_organisation_refuses_files(org: Org) -> None:
    strict = Org(switches={"blocked_extensions": "exe, bat", "html_uploads": "refuse", "empty_files": "accept"})

    assert (await upload(strict, PathOnClient="a.EXE")).json()[0]["errorCode"] == "FILE_EXTENSION_NOT_ALLOWED"
    assert (await upload(strict, PathOnClient="a.html")).json()[0]["errorCode"] == "HTML_FILE_UPLOAD_NOT_ALLOWED"
    assert (await upload(strict, b"", PathOnClient="a.pdf")).status_code == 201
    assert (await upload(org, PathOnClient="a.html")).status_code == 201
    assert (await upload(org, b"")).json()[0]["fields"] == ["VersionData"]


@pytest.mark.rule("salesforce.versions-per-day")
async def test_a_day_takes_so_many_versions(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gurney.twins.salesforce.content.PUBLISHED_MOST", 2)
    small = Org()
    for _ in range(2):
        await uploaded(small)

    assert (await upload(small)).json()[0]["errorCode"] == "LIMIT_EXCEEDED"
    small.pass_time(86_400)
    await small.sign_in()
    await uploaded(small)


@pytest.mark.rule("salesforce.file-storage")
async def test_files_fill_their_storage() -> None:
    org = Org(edition="developer")
    await uploaded(org, bytes(15 * BYTES_PER_MB))
    full = await upload(org, bytes(6 * BYTES_PER_MB))

    assert full.json()[0]["errorCode"] == "STORAGE_LIMIT_EXCEEDED"
    left = (await org.ask("GET", "limits")).json()["FileStorageMB"]
    assert left == {"Max": 20, "Remaining": 5}


@pytest.mark.rule("salesforce.undelete-links")
@pytest.mark.parametrize(("switch", "count"), [("no", 0), ("yes", 2)])
async def test_a_document_comes_back_with_its_versions(switch: str, count: int) -> None:
    from gurney.twins.salesforce.deleting import undelete
    from gurney.twins.salesforce.writing import Writer

    org = Org(switches={"undelete_links": switch})
    contact = await org.make("Contact", LastName="Ng")
    version = await uploaded(org, FirstPublishLocationId=contact)
    await org.ask("DELETE", f"sobjects/ContentDocument/{version['ContentDocumentId']}")

    undelete(Writer(org.world, org.world.access(org.world.admin["Id"])), version["ContentDocumentId"])

    assert (await org.ask("GET", f"sobjects/ContentVersion/{version['Id']}/VersionData")).content == SCAN
    document = await org.get("ContentDocument", version["ContentDocumentId"])
    assert document["LatestPublishedVersionId"] == version["Id"]
    assert len(await links(org, version["ContentDocumentId"])) == count


async def test_a_version_carries_fields_of_the_clinic(org: Org) -> None:
    org.external_id("ContentVersion")
    await uploaded(org, Cliniko_Id__c="attachment:77")
    twice = await upload(org, Cliniko_Id__c="attachment:77")
    found = await org.query(
        "SELECT ContentDocumentId, Checksum FROM ContentVersion WHERE Cliniko_Id__c = 'attachment:77'"
    )

    assert twice.json()[0]["errorCode"] == "DUPLICATE_VALUE"
    assert found["totalSize"] == 1
    count = (await org.query("SELECT COUNT() FROM ContentDocument"))["totalSize"]
    assert count == 1, "a refused version leaves no document behind"


async def test_files_come_in_collections(org: Org) -> None:
    contact = await org.make("Contact", LastName="Ng")
    records = [
        {
            "attributes": {
                "type": "ContentVersion",
                "binaryPartName": f"file{n}",
                "binaryPartNameAlias": "VersionData",
            },
            "PathOnClient": f"f{n}.txt",
            "FirstPublishLocationId": contact,
        }
        for n in range(3)
    ]
    parts: dict[str, Any] = {
        "collection": (None, orjson.dumps({"allOrNone": False, "records": records}), "application/json")
    }
    parts |= {f"file{n}": (f"f{n}.txt", b"x" * n, "text/plain") for n in range(3)}

    results = (await org.ask("POST", "composite/sobjects", files=parts)).json()

    assert [result["success"] for result in results] == [False, True, True]
    assert (await org.ask("GET", f"sobjects/ContentVersion/{results[2]['id']}/VersionData")).content == b"xx"


async def test_original_dates_are_kept_where_they_may_be(org: Org) -> None:
    from gurney.twins.salesforce.people import grant

    at = "2019-05-06T07:08:09.000+0000"
    assert (await upload(org, CreatedDate=at)).json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    kind = Org(switches={"audit_fields": "on"})
    grant(kind.world, kind.world.admin["Id"], permission="CreateAuditFields")
    version = await uploaded(kind, CreatedDate=at)
    document = await kind.get("ContentDocument", version["ContentDocumentId"])
    assert version["CreatedDate"] == document["CreatedDate"] == version["ContentModifiedDate"] == at


@pytest.mark.rule("salesforce.attachment-size")
async def test_an_attachment_of_the_old_kind(org: Org) -> None:
    contact = await org.make("Contact", LastName="Ng")
    made = await upload(org, kind="Attachment", ParentId=contact)
    big = await upload(org, bytes(25 * BYTES_PER_MB + 1), kind="Attachment", ParentId=contact)
    row = await org.get("Attachment", made.json()["id"])

    assert (row["BodyLength"], row["Name"]) == (len(SCAN), "scan.pdf")
    assert (await org.ask("GET", f"sobjects/Attachment/{row['Id']}/Body")).content == SCAN
    assert big.json()[0]["errorCode"] == "FILE_SIZE_LIMIT_EXCEEDED"
    await org.ask("DELETE", f"sobjects/Contact/{contact}")
    assert (await org.ask("GET", f"sobjects/Attachment/{row['Id']}/Body")).status_code == 404
