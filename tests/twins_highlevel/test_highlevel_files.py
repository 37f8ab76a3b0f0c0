"""Files on contacts, and the media library."""

from __future__ import annotations

import hashlib
import io
import zipfile
from typing import Any

import pytest
from highlevel_client import Clinic

pytestmark = pytest.mark.anyio
MB = 1024 * 1024


async def scans(clinic: Clinic, **more: Any) -> str:
    many = {"isMultipleFile": True, "maxNumberOfFiles": 3, **more}
    return str((await clinic.field("Scans", "FILE_UPLOAD", **many))["id"])


@pytest.mark.rule("highlevel.upload")
async def test_one_call_uploads_and_attaches(clinic: Clinic) -> None:
    field, id = await scans(clinic), await clinic.contact()
    await clinic.upload(id, field, "a.pdf", b"first")

    answer = await clinic.upload(id, field, "b.zip", b"second")

    assert (answer.status_code, answer.json()["contact"]["id"]) == (200, id)
    files = (await clinic.values(id))[field]
    assert set(files) == {"a.pdf-id", "b.zip-id"}
    value = files["b.zip-id"]
    assert value["meta"]["originalname"] == "b.zip"
    assert (value["meta"]["size"], value["meta"]["uuid"], value["meta"]["fieldname"]) == (6, "b.zip-id", field)
    read = await clinic.http.get(value["url"], headers=clinic.headers)
    assert read.content == b"second"
    rows = await clinic.dump("documents")
    assert [row["sha256"] for row in rows] == [hashlib.sha256(one).hexdigest() for one in (b"first", b"second")]
    assert [row["size"] for row in rows] == [5, 6]


@pytest.mark.rule("highlevel.document-auth")
@pytest.mark.parametrize(("mode", "status"), [("token", 401), ("none", 200)])
async def test_a_file_may_need_a_token(mode: str, status: int) -> None:
    clinic = Clinic(switches={"document_auth": mode})
    field, id = await scans(clinic), await clinic.contact()
    await clinic.upload(id, field)
    url = (await clinic.values(id))[field]["a.pdf-id"]["url"]

    assert (await clinic.http.get(url)).status_code == status
    assert (await clinic.http.get(url, headers=clinic.headers)).content == b"%PDF"
    assert (await clinic.http.get(url + "x", headers=clinic.headers)).status_code == 404


async def test_files_are_dumped_as_entries_of_their_contacts(clinic: Clinic) -> None:
    field, id = await scans(clinic), await clinic.contact()
    await clinic.upload(id, field)

    (file,) = clinic.service.dump("files") or ()

    assert (file["id"], file["contactId"], file["name"]) == ("a.pdf-id", id, "a.pdf")
    assert (file["size"], file["sha256"], file["inside"]) == (4, hashlib.sha256(b"%PDF").hexdigest(), [])
    assert await clinic.count("files") == 1


async def test_a_dump_tells_what_is_in_a_zip(clinic: Clinic) -> None:
    field, id = await scans(clinic), await clinic.contact()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("scan.dcm", b"DICM")
    await clinic.upload(id, field, "scan.dcm.zip", packed.getvalue())
    await clinic.upload(id, field, "torn.zip", packed.getvalue()[:-5])

    scan, torn = clinic.service.dump("files") or ()

    assert scan["inside"] == [{"name": "scan.dcm", "size": 4, "sha256": hashlib.sha256(b"DICM").hexdigest()}]
    assert torn["inside"] == []


async def test_a_download_with_a_token_is_a_call_like_others(clinic: Clinic) -> None:
    field, id = await scans(clinic), await clinic.contact()
    await clinic.upload(id, field)
    url = (await clinic.values(id))[field]["a.pdf-id"]["url"]
    before = await clinic.count("CallsUsedToday")

    answer = await clinic.http.get(url, headers=clinic.headers)

    assert await clinic.count("CallsUsedToday") == before + 1
    assert "x-ratelimit-daily-remaining" in answer.headers


@pytest.mark.rule("highlevel.file-types")
@pytest.mark.parametrize(
    ("name", "status"), [("a.PDF", 200), ("a.zip", 200), ("a.svg", 200), ("a.dcm", 400), ("a.html", 400), ("a", 400)]
)
async def test_some_types_only(clinic: Clinic, name: str, status: int) -> None:
    field, id = await scans(clinic), await clinic.contact()

    assert (await clinic.upload(id, field, name)).status_code == status


@pytest.mark.rule("highlevel.file-types")
async def test_a_field_may_accept_fewer(clinic: Clinic) -> None:
    field, id = await scans(clinic, acceptedFormat=[".pdf"]), await clinic.contact()

    assert (await clinic.upload(id, field, "a.pdf")).status_code == 200
    assert (await clinic.upload(id, field, "a.zip")).status_code == 400
    text = (await clinic.field("Text"))["id"]
    assert (await clinic.upload(id, text)).status_code == 400


@pytest.mark.rule("highlevel.file-count")
async def test_a_field_holds_so_many_files(clinic: Clinic) -> None:
    many, id = await scans(clinic), await clinic.contact()
    one = (await clinic.field("Photo", "FILE_UPLOAD"))["id"]

    told = [(await clinic.upload(id, many, f"{n}.pdf")).status_code for n in range(4)]
    single = [(await clinic.upload(id, one, f"{n}.pdf")).status_code for n in range(2)]

    assert (told, single) == ([200, 200, 200, 400], [200, 400])
    assert len((await clinic.values(id))[many]) == 3


@pytest.mark.rule("highlevel.file-limit", "highlevel.large-file")
@pytest.mark.parametrize("status", ["400", "413"])
async def test_large_files_are_refused(status: str) -> None:
    clinic = Clinic(switches={"file_limit_mb": "1", "large_file_status": status})
    field, id = await scans(clinic), await clinic.contact()

    assert (await clinic.upload(id, field, content=b"x" * MB)).status_code == 200
    assert (await clinic.upload(id, field, "b.pdf", b"x" * (MB + 1))).status_code == int(status)


@pytest.mark.rule("highlevel.upload-only")
async def test_the_other_upload_only_stores(clinic: Clinic) -> None:
    field, id = await scans(clinic), await clinic.contact()
    path = f"POST /locations/{clinic.id}/customFields/upload"
    files = {f"{field}_u1": ("a.pdf", b"x")}

    words = await clinic.refused(path, files=files, status=422)
    answer = await clinic.ask(path, files=files, data={"id": id, "maxFiles": "3"})
    before = await clinic.values(id)
    url = answer.json()["uploadedFiles"]["a.pdf"]
    await clinic.told(f"PUT /contacts/{id}", {"customFields": [{"id": field, "field_value": [url]}]})

    assert words == ["id must be a string", "maxFiles must be a string"]
    assert (answer.status_code, answer.json()["meta"][0]["originalname"], before) == (200, "a.pdf", {})
    assert (await clinic.values(id))[field] == [url]
    assert (await clinic.http.get(url, headers=clinic.headers)).content == b"x"


@pytest.mark.rule("highlevel.media")
async def test_the_media_library_is_public(clinic: Clinic) -> None:
    alt = {"altType": "location", "altId": clinic.id}
    where = f"altType=location&altId={clinic.id}"
    folder = await clinic.told("POST /medias/folder", {**alt, "name": "Logos"})
    made = await clinic.told(
        "POST /medias/upload-file", files={"file": ("a.png", b"png")}, data={"parentId": folder["_id"]}
    )
    hosted = await clinic.told(
        "POST /medias/upload-file",
        files={"hosted": (None, "true"), "fileUrl": (None, "https://x.test/b.png"), "name": (None, "b")},
    )

    async def listed(more: str = "") -> list[str]:
        path = f"GET /medias/files?{where}&sortBy=createdAt&sortOrder=asc&type=file{more}"
        return [one["name"] for one in (await clinic.told(path))["files"]]

    assert (await clinic.http.get(made["url"])).content == b"png"
    assert (await listed(), await listed(f"&parentId={folder['_id']}")) == (["b"], ["a.png"])
    await clinic.told(f"POST /medias/{hosted['fileId']}", {**alt, "name": "c"})
    assert await listed() == ["c"]
    big = await clinic.ask("POST /medias/upload-file", files={"file": ("b.png", b"x" * (25 * MB + 1))})
    assert big.status_code == 400
    gone = {**alt, "filesToBeDeleted": [{"_id": hosted["fileId"]}], "status": "trashed"}
    await clinic.told("PUT /medias/delete-files", gone)
    await clinic.told(f"DELETE /medias/{made['fileId']}?{where}")
    assert (await listed("&fetchAll=true"), await clinic.count("medias")) == ([], 2)
    assert (await clinic.http.get(made["url"])).status_code == 404


async def test_uploads_to_nobody_or_of_nothing_are_refused(clinic: Clinic) -> None:
    field, id = await scans(clinic), await clinic.contact()
    path = f"POST /forms/upload-custom-files?locationId={clinic.id}"

    assert (await clinic.upload("x", field)).status_code == 400
    assert (await clinic.ask(f"{path}&contactId={id}", content=b"")).status_code == 400
    assert (await clinic.ask(path, files={f"{field}_u": ("a.pdf", b"x")})).status_code == 422
