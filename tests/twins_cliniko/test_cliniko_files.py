"""Attachments of the Cliniko twin: redirect, storage, expiry, uploads."""

from __future__ import annotations

import pytest
from tests.twins_cliniko.conftest import BASE, Desk, Opened

pytestmark = pytest.mark.anyio


async def a_file(desk: Desk) -> dict[str, object]:
    return next(row for row in desk.stored("patient_attachments") if 0 < (row["size"] or 0) < 10**6)


@pytest.mark.rule("cliniko.attachment-content")
async def test_content_is_a_redirect_to_an_address_that_needs_no_key(desk: Desk) -> None:
    record = await a_file(desk)

    told = await desk.get(f"/patient_attachments/{record['id']}/content")
    file = await desk.client.get(told.headers["location"])

    assert told.status_code == 302 and told.content == b""
    assert (file.status_code, len(file.content)) == (200, record["size"])
    assert file.headers["content-type"] == record["content_type"]


@pytest.mark.rule("cliniko.attachment-content")
async def test_content_may_come_directly(opened: Opened) -> None:
    desk = opened(attachment_content="direct")
    record = await a_file(desk)

    answer = await desk.get(f"/patient_attachments/{record['id']}/content")

    assert (answer.status_code, len(answer.content)) == (200, record["size"])


@pytest.mark.rule("cliniko.presigned-lifetime")
async def test_a_storage_address_expires(opened: Opened) -> None:
    desk = opened(presigned_s="30")
    record = await a_file(desk)
    address = (await desk.get(f"/patient_attachments/{record['id']}/content")).headers["location"]

    await desk.admin("clock", {"advance_s": 31})
    late = await desk.client.get(address)

    assert late.status_code == 403 and "<Message>Request has expired</Message>" in late.text


@pytest.mark.rule("cliniko.storage-refuses-basic")
@pytest.mark.parametrize(("way", "status"), [("refused", 400), ("ignored", 200)])
async def test_storage_refuses_a_second_authorization(opened: Opened, way: str, status: int) -> None:
    desk = opened(storage_auth=way)
    record = await a_file(desk)
    address = (await desk.get(f"/patient_attachments/{record['id']}/content")).headers["location"]

    assert (await desk.get(address)).status_code == status


async def test_a_forged_storage_address_is_refused(desk: Desk) -> None:
    record = await a_file(desk)
    address = (await desk.get(f"/patient_attachments/{record['id']}/content")).headers["location"]

    for forged in (address[:-1] + ("0" if address[-1] != "0" else "1"), address.partition("?")[0]):
        assert (await desk.client.get(forged)).status_code == 403


async def test_the_oversized_file_arrives_whole_and_the_empty_one_empty(opened: Opened) -> None:
    desk = opened(attachment_content="direct")
    rows = {row["filename"]: row["id"] for row in desk.stored("patient_attachments")}

    oversized = await desk.get(f"/patient_attachments/{rows['mri series.dcm']}/content")
    empty = await desk.get(f"/patient_attachments/{rows['empty.pdf']}/content")

    assert len(oversized.content) == 101 * 1024 * 1024 and oversized.content[-1] == 255
    assert (empty.status_code, empty.content) == (200, b"")


async def test_a_file_in_processing_has_no_content_yet(desk: Desk) -> None:
    (record,) = [row for row in desk.stored("patient_attachments") if not row["processing_completed"]]

    assert record["content"] is None
    assert (await desk.get(f"/patient_attachments/{record['id']}/content")).status_code == 404


@pytest.mark.rule("cliniko.processing")
async def test_an_uploaded_file_is_processed_after_a_while(desk: Desk) -> None:
    patient = desk.live("patients")["id"]
    form = (await desk.get(f"/patients/{patient}/attachment_presigned_post")).json()
    stored = await desk.client.post(
        form["url"], data=form["fields"], files={"file": ("x-ray.png", b"bytes of it", "image/png")}
    )
    assert stored.status_code == 201 and "<PostResponse>" in stored.text
    address = form["url"] + form["fields"]["key"].replace("${filename}", "x-ray.png")

    made = await desk.send(
        "POST",
        "/patient_attachments",
        json={"patient_id": patient, "description": "X-ray", "upload_url": address},
    )
    path = f"/patient_attachments/{made.json()['id']}"
    assert made.json()["processing_completed"] is False
    assert (await desk.get(f"{path}/content")).status_code == 404
    await desk.admin("clock", {"advance_s": 6})

    done = (await desk.get(path)).json()
    assert (done["processing_completed"], done["filename"], done["size"]) == (True, "x-ray.png", 11)
    location = (await desk.get(f"{path}/content")).headers["location"]
    assert (await desk.client.get(location)).content == b"bytes of it"


@pytest.mark.rule("cliniko.bad-upload")
async def test_an_upload_from_elsewhere_is_refused(desk: Desk) -> None:
    patient = desk.live("patients")["id"]
    for address in ("https://elsewhere.example.org/file.pdf", f"{BASE}/storage/cliniko-files-twin/uploads/nothing"):
        body = {"patient_id": patient, "upload_url": address}
        answer = await desk.send("POST", "/patient_attachments", json=body)

        assert answer.status_code == 422
        assert answer.json()["errors"] == {"temp_attachment_url": "is invalid"}
