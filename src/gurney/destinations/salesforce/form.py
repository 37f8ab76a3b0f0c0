"""Multipart bodies as Salesforce wants them: a JSON part first, each part with its content type (FACTS 7, 8)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from gurney.transport import Upload

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Form(Upload):
    """JSON, then one or more streamed files. The first file is the Upload itself; `more` are the others."""

    name: str = "entity_content"
    """Of the JSON part; any name is taken (FACTS 8)."""
    document: bytes = b"{}"
    more: tuple[Upload, ...] = ()

    @classmethod
    def of(cls, document: bytes, files: Sequence[Upload], *, name: str = "entity_content") -> Form:
        """A form of a JSON document and at least one file."""
        first = files[0]
        return cls(
            first.field,
            first.filename,
            first.content_type,
            first.size_bytes,
            first.open,
            name=name,
            document=document,
            more=tuple(files[1:]),
        )

    def head(self, boundary: str) -> bytes:
        """The JSON part and what stands before the first file's bytes."""
        json = f'--{boundary}\r\nContent-Disposition: form-data; name="{self.name}"\r\nContent-Type: application/json'
        return json.encode() + b"\r\n\r\n" + self.document + b"\r\n" + Upload.head(self, boundary)

    def content_length(self, boundary: str) -> int:
        others = sum(2 + len(file.head(boundary)) + file.size_bytes for file in self.more)
        return Upload.content_length(self, boundary) + others

    async def body(self, boundary: str) -> AsyncIterator[bytes]:
        yield self.head(boundary)
        async for chunk in self.open():
            yield chunk
        for file in self.more:
            yield b"\r\n" + file.head(boundary)
            async for chunk in file.open():
                yield chunk
        yield self.tail(boundary)


def held(field: str, filename: str, content_type: str, content: bytes) -> Upload:
    """A file that is in memory already, such as a deployment package."""

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(content), CHUNK):
            yield content[start : start + CHUNK]

    return Upload(field, filename, content_type, len(content), chunks)
