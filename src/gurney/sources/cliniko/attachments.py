"""Files of patients, streamed from Cliniko to whoever keeps them, never whole in memory (FACTS 6.5).

The address of the bytes answers with a redirect to a short-lived one on another host, which must not see the key, or
with the bytes themselves. What arrives is measured against the metadata.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urljoin

from gurney.errors import AnswerLost, AnswerWrong, VendorRefused
from gurney.runtime import Runtime
from gurney.sources.cliniko.client import Client, limits
from gurney.transport import Download

Kept = TypeVar("Kept")
Keep = Callable[["Incoming"], Awaitable[Kept]]
"""Keeps the bytes and says what became of them. Called afresh for every try."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})
EXPIRED = frozenset({400, 401, 403, 404, 410})
"""What a presigned address answers once its time is over."""
OCTETS = "application/octet-stream"
MAGIC = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"BM", "image/bmp"),
    (b"PK\x03\x04", "application/zip"),
    (b"{\\rtf", "application/rtf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
OFFICE = (
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
)


@dataclass(frozen=True, slots=True)
class Incoming:
    """One file on its way. `chunks` can be read once and raises when the file does not arrive whole."""

    id: str
    filename: str
    content_type: str
    """As declared, or sniffed from the first bytes where the declaration is no type (FACTS 13.13)."""
    size_bytes: int | None
    chunks: AsyncIterator[bytes]


def is_downloadable(record: Mapping[str, Any]) -> bool:
    """Whether Cliniko has finished processing the upload."""
    return bool(record.get("content")) and record.get("processing_completed") is not False


async def download(client: Client, runtime: Runtime, record: Mapping[str, Any], keep: Keep[Kept]) -> Kept:
    """Stream one attachment into `keep`; tries again with a fresh address when it expires, breaks off or is short.

    Raises VendorRefused when Cliniko has no such file, AnswerLost or AnswerWrong when it never arrives whole.
    """
    attempts = int(limits()["attachments"]["attempts"])
    for attempt in range(1, attempts + 1):
        try:
            return await _once(client, record, keep)
        except (AnswerLost, AnswerWrong):
            if attempt == attempts:
                raise
            await runtime.clock.sleep(2.0**attempt * (0.5 + runtime.random.random() / 2))
    raise AssertionError("unreachable: the last attempt returns or raises")


async def _once(client: Client, record: Mapping[str, Any], keep: Keep[Kept]) -> Kept:
    async with AsyncExitStack() as stack:
        arriving = await _open(client, record, stack)
        chunks = _measured(arriving.chunks, record)
        first = await anext(chunks, b"")
        return await keep(
            Incoming(
                id=str(record["id"]),
                filename=str(record.get("filename") or f"attachment-{record['id']}"),
                content_type=_declared(record) or sniff(first),
                size_bytes=record.get("size"),
                chunks=_joined(first, chunks),
            )
        )


async def _open(client: Client, record: Mapping[str, Any], stack: AsyncExitStack) -> Download:
    """The answer that holds the bytes, after any redirects. The key goes to Cliniko alone."""
    address = f"/patient_attachments/{record['id']}/content"
    foreign = False
    for _ in range(int(limits()["attachments"]["redirects"]) + 1):
        answer = await stack.enter_async_context(client.open(address, foreign=foreign))
        if answer.status in REDIRECTS and answer.headers.get("location"):
            base = address if foreign else client.http.base_url + address
            address, foreign = urljoin(base, answer.headers["location"]), True
            continue
        if 200 <= answer.status < 300:
            return answer
        if foreign and answer.status in EXPIRED:
            raise AnswerLost(f"The address of attachment {record['id']} was no longer valid ({answer.status}).")
        raise VendorRefused(
            f"Cliniko does not give out attachment {record['id']} ({answer.status}).", status=answer.status
        )
    raise AnswerWrong(f"Attachment {record['id']} is redirected without end.")


async def _measured(chunks: AsyncIterator[bytes], record: Mapping[str, Any]) -> AsyncIterator[bytes]:
    """The chunks; raises at their end unless they are as many bytes as the metadata says."""
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if chunk:
            yield chunk
    expected = record.get("size")
    if isinstance(expected, int) and size != expected:
        raise AnswerWrong(f"Attachment {record['id']} arrived with {size} bytes instead of {expected}.")


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if first:
        yield first
    async for chunk in rest:
        yield chunk


def _declared(record: Mapping[str, Any]) -> str:
    """The type that the upload claimed; '' where that is no type."""
    declared = record.get("content_type")
    if not isinstance(declared, str) or declared == "invalid/invalid":
        return ""
    kind, _, subtype = declared.partition("/")
    return declared if kind and subtype and declared.isascii() and declared.isprintable() else ""


def sniff(head: bytes) -> str:
    """The type of a file by its first bytes.

    >>> sniff(b"%PDF-1.7 ...")
    'application/pdf'
    """
    for magic, content_type in MAGIC:
        if head.startswith(magic):
            return _office(head) if content_type == "application/zip" else content_type
    if head[8:12] == b"WEBP" and head.startswith(b"RIFF"):
        return "image/webp"
    if head[128:132] == b"DICM":
        return "application/dicom"
    if head[4:8] == b"ftyp":
        return "image/heic" if head[8:12] in (b"heic", b"heix", b"mif1") else "video/mp4"
    return OCTETS


def _office(head: bytes) -> str:
    return next((content_type for part, content_type in OFFICE if part in head), "application/zip")
