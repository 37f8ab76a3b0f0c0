"""Files: whole or not at all, and the key stays at home."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from gurney.errors import AnswerLost, AnswerWrong, VendorRefused
from gurney.sources.cliniko.attachments import Incoming, is_downloadable, sniff

pytestmark = pytest.mark.anyio

PDF = b"%PDF-1.7 letter"
RECORD = {"id": "7", "filename": "letter.pdf", "content_type": "invalid/invalid", "size": len(PDF), "content": {}}


async def keep(incoming: Incoming) -> tuple[str, bytes]:
    return incoming.content_type, b"".join([chunk async for chunk in incoming.chunks])


def from_storage(request: httpx2.Request, body: bytes = PDF) -> httpx2.Response:
    if request.url.host == "files.example":
        return httpx2.Response(200, content=body)
    return httpx2.Response(302, headers={"Location": "https://files.example/7?X-Amz-Signature=s"})


async def test_a_redirected_file_arrives_and_storage_never_sees_the_key(cliniko: Any) -> None:
    cliniko.before = from_storage

    kind, body = await cliniko.source().download(RECORD, keep)

    assert (kind, body) == ("application/pdf", PDF)
    api, storage = cliniko.requests
    assert "Authorization" in api.headers and "Authorization" not in storage.headers


async def test_bytes_sent_directly_work_as_well(cliniko: Any) -> None:
    cliniko.before = lambda request: httpx2.Response(200, content=PDF)

    assert await cliniko.source().download({**RECORD, "content_type": "image/jpeg"}, keep) == ("image/jpeg", PDF)


async def test_an_expired_address_is_fetched_afresh(cliniko: Any) -> None:
    refusals = iter([httpx2.Response(403), None])

    def expire_once(request: httpx2.Request) -> httpx2.Response:
        refused = next(refusals, None) if request.url.host == "files.example" else None
        return refused or from_storage(request)

    cliniko.before = expire_once
    _, body = await cliniko.source().download(RECORD, keep)

    assert body == PDF
    assert len(cliniko.requests) == 4


async def test_a_file_that_is_short_is_tried_again_and_then_an_error(cliniko: Any) -> None:
    cliniko.before = lambda request: from_storage(request, PDF[:-1])

    with pytest.raises(AnswerWrong, match="14 bytes instead of 15"):
        await cliniko.source().download(RECORD, keep)
    assert len(cliniko.requests) == 8


async def test_a_file_that_is_gone_is_refused_at_once(cliniko: Any) -> None:
    cliniko.before = lambda request: httpx2.Response(404)

    with pytest.raises(VendorRefused):
        await cliniko.source().download(RECORD, keep)


async def test_an_address_that_stays_expired_ends(cliniko: Any) -> None:
    cliniko.before = lambda request: (
        httpx2.Response(403) if request.url.host == "files.example" else from_storage(request)
    )

    with pytest.raises(AnswerLost):
        await cliniko.source().download(RECORD, keep)


async def test_an_empty_file_is_a_file(cliniko: Any) -> None:
    cliniko.before = lambda request: httpx2.Response(200, content=b"")

    assert await cliniko.source().download({**RECORD, "size": 0}, keep) == ("application/octet-stream", b"")


def test_a_file_in_processing_is_not_asked_for() -> None:
    assert not is_downloadable({"id": "1", "content": None, "processing_completed": False})
    assert is_downloadable({"id": "1", "content": {"links": {}}, "processing_completed": True})


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"PK\x03\x04....word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (b"\x00" * 128 + b"DICM", "application/dicom"),
        (b"plain words", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_types_are_told_by_the_first_bytes(head: bytes, kind: str) -> None:
    assert sniff(head) == kind
