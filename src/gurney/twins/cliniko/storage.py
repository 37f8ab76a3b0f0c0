"""Attachment bytes: the API's redirect, the storage behind it, and uploads (FACTS 6.5).

The storage stands in for S3: an address carries its own right to read for a short time, and a request that
brings another authorization along is refused.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from gurney.twins.kit.clock import Clock
from gurney.twins.kit.wire import Answer, MalformedBody, Request

STORAGE = "/storage/cliniko-files-twin"
UPLOADS = f"{STORAGE}/uploads/"
_SECRET = b"made up for a twin"
_CYCLE = bytes(range(256))


class FileSource(Protocol):
    """Where the bytes of the attachments come from that were there at the start."""

    def read(self, attachment: str) -> bytes | None:
        """The whole file; None when there is none."""


@dataclass(frozen=True)
class FolderFiles:
    """Files of loaded data: `files/<attachment id>.<anything>`, or made by rule from the manifest."""

    paths: Mapping[str, Path]
    generated: Mapping[str, int]
    """Sizes of files in which byte i is i mod 256."""

    def read(self, attachment: str) -> bytes | None:
        size = self.generated.get(attachment)
        if size is not None:
            return (_CYCLE * (size // 256 + 1))[:size]
        path = self.paths.get(attachment)
        return path.read_bytes() if path else None


@dataclass(frozen=True)
class MadeFiles:
    """Files that are made when asked for."""

    size: Callable[[str], int | None]
    chunks: Callable[[str], Iterable[bytes]]

    def read(self, attachment: str) -> bytes | None:
        return b"".join(self.chunks(attachment)) if self.size(attachment) is not None else None


class Storage:
    """The bucket."""

    def __init__(self, source: FileSource, clock: Clock, switches: Mapping[str, str]) -> None:
        self._source = source
        self._clock = clock
        self._lifetime_s = int(switches["presigned_s"])
        self._refuses_basic = switches["storage_auth"] == "refused"
        self._uploaded: dict[str, tuple[str, bytes]] = {}
        self._attached: dict[str, bytes] = {}

    def clear(self) -> None:
        """Forget what was uploaded."""
        self._uploaded.clear()
        self._attached.clear()

    def content(self, attachment: str) -> bytes | None:
        """The bytes of an attachment; None when it has none."""
        mine = self._attached.get(attachment)
        return mine if mine is not None else self._source.read(attachment)

    def address(self, request: Request, attachment: str, filename: str) -> str:
        """A presigned address; anyone who has it may read until it expires."""
        issued = int(self._clock.timestamp())
        path = f"{STORAGE}/{attachment}/{quote(filename, safe='')}"
        signature = self._signature(path, issued)
        signed = f"X-Amz-Date={issued}&X-Amz-Expires={self._lifetime_s}&X-Amz-Signature={signature}"
        return f"{request.base_url}{path}?{signed}"

    def handle(self, request: Request, content_type: Callable[[str], str]) -> Answer:
        """A request to the bucket: a download by presigned address, or an upload."""
        if request.method == "POST" and request.raw_path == UPLOADS:
            return self._upload(request)
        if request.method != "GET":
            return _xml(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
        if "authorization" in request.headers and self._refuses_basic:
            return _xml(400, "InvalidArgument", "Only one auth mechanism allowed")
        return self._refusal(request) or self._download(request, content_type)

    def form(self, request: Request, account: str, patient: str) -> dict[str, object]:
        """What a client needs to upload a file for a patient."""
        day = self._clock.now().strftime("%Y%m%d")
        key = f"{account}/patients/{patient}/attachments/temp/{int(self._clock.timestamp() * 1000)}/${{filename}}"
        fields = {
            "key": key,
            "policy": "e30=",
            "x-amz-credential": f"TWIN/{day}/ap-southeast-2/s3/aws4_request",
            "x-amz-signature": self._signature(key, 0),
            "x-amz-algorithm": "AWS4-HMAC-SHA256",
            "x-amz-date": f"{day}T000000Z",
            "success_action_status": "201",
            "acl": "private",
        }
        return {"url": request.base_url + UPLOADS, "fields": fields}

    def uploaded(self, address: str) -> tuple[str, bytes] | None:
        """Name and bytes of a file uploaded to this address."""
        key = address.partition(UPLOADS)[2]
        return self._uploaded.get(key) if key else None

    def attach(self, attachment: str, content: bytes) -> None:
        """From now on these are the bytes of an attachment."""
        self._attached[attachment] = content

    def _upload(self, request: Request) -> Answer:
        try:
            parts = {part.name: part for part in request.parts()}
        except MalformedBody:
            return _xml(400, "MalformedPOSTRequest", "The body of your POST request is not well-formed.")
        file, key = parts.get("file"), parts.get("key")
        if file is None or key is None:
            return _xml(400, "InvalidArgument", "POST requires exactly one file upload per request.")
        name = key.body.decode().replace("${filename}", file.filename or "")
        self._uploaded[name] = (file.filename or "", file.body)
        location = f"{request.base_url}{UPLOADS}{name}"
        told = f"<Location>{location}</Location><Bucket>twin</Bucket><Key>{name}</Key><ETag>&quot;0&quot;</ETag>"
        return _document(201, f"<PostResponse>{told}</PostResponse>")

    def _refusal(self, request: Request) -> Answer | None:
        issued, expires = (request.query.get(f"X-Amz-{name}") or "" for name in ("Date", "Expires"))
        signature = request.query.get("X-Amz-Signature") or ""
        if not issued.isdigit() or not expires.isdigit():
            return _xml(403, "AccessDenied", "Access Denied")
        if not hmac.compare_digest(signature, self._signature(request.raw_path, int(issued))):
            return _xml(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")
        if self._clock.timestamp() > int(issued) + int(expires):
            return _xml(403, "AccessDenied", "Request has expired")
        return None

    def _download(self, request: Request, content_type: Callable[[str], str]) -> Answer:
        attachment = request.raw_path.removeprefix(STORAGE).split("/")[1]
        body = self.content(attachment)
        if body is None:
            return _xml(404, "NoSuchKey", "The specified key does not exist.")
        return Answer(200, body=body, headers={"content-type": content_type(attachment)})

    def _signature(self, path: str, issued: int) -> str:
        signed = f"{path} {issued} {self._lifetime_s}".encode()
        return hmac.new(_SECRET, signed, sha256).hexdigest()


def _xml(status: int, code: str, words: str) -> Answer:
    return _document(status, f"<Error><Code>{code}</Code><Message>{words}</Message></Error>")


def _document(status: int, inner: str) -> Answer:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{inner}'
    return Answer(status, body=body.encode(), headers={"content-type": "application/xml"})
