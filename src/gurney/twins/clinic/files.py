"""Bytes of attachments, made on demand: nothing is stored, the same id always gives the same bytes."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from struct import pack

CYCLE = bytes(range(256))
CHUNK = 256 * 1024
TYPES = {"pdf": "application/pdf", "png": "image/png", "txt": "text/plain", "dcm": "application/dicom"}


@dataclass(frozen=True)
class StoredFile:
    """What is known of a file without making it."""

    kind: str
    size: int

    @property
    def content_type(self) -> str:
        return TYPES[self.kind]


class Files:
    """Every attachment's file by attachment id."""

    def __init__(self) -> None:
        self._files: dict[str, StoredFile] = {}

    def keep(self, attachment: str, kind: str, size: int | None = None) -> StoredFile:
        """Registers a file; kind `dcm` is the pattern of byte i = i mod 256 and needs a size."""
        length = size if size is not None else len(_made(kind, attachment))
        stored = self._files[attachment] = StoredFile(kind, length)
        return stored

    def size(self, attachment: str) -> int | None:
        """Bytes in the file; None when there is none."""
        stored = self._files.get(attachment)
        return stored.size if stored else None

    def chunks(self, attachment: str) -> Iterator[bytes]:
        """The file in pieces of at most 256 KiB."""
        stored = self._files[attachment]
        if stored.kind == "dcm":
            yield from cycle(stored.size)
        elif stored.size:
            yield _made(stored.kind, attachment)


def cycle(size: int) -> Iterator[bytes]:
    """A file of so many bytes in which byte number i is i mod 256, in pieces of at most 256 KiB."""
    block = CYCLE * (CHUNK // 256)
    for start in range(0, size, CHUNK):
        yield block[: min(CHUNK, size - start)]


def _made(kind: str, name: str) -> bytes:
    if kind == "pdf":
        return _pdf(f"Letter {name}")
    if kind == "png":
        return _png(int(name[-3:]))
    return (f"Scan {name}\n" + "Made up for a twin.\r\n" * (5 + int(name[-2:]))).encode()


def _pdf(title: str) -> bytes:
    """The smallest document that readers open: one page, one line."""
    stream = f"BT /F1 18 Tf 72 720 Td ({title}) Tj ET".encode()
    parts = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    )
    body, offsets = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    tail = b"xref\n0 5\n0000000000 65535 f \n%strailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return body + tail % (table, len(body))


def _png(shade: int) -> bytes:
    """A grey square of eight by eight."""

    def part(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes(((shade + row) % 256,)) * 8 for row in range(8))
    size = part(b"IHDR", pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + size + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")
