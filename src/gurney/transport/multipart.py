"""A multipart/form-data body around a stream of known size, so that no file is ever whole in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field

ESCAPES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A", "\0": ""})
"""What the WHATWG form encoding does to names; anything else travels as UTF-8."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One file to send. `open` starts its bytes afresh, so that a refused upload can be repeated."""

    field: str
    filename: str
    content_type: str
    size_bytes: int
    open: Callable[[], AsyncIterator[bytes]]
    fields: Mapping[str, str] = dataclass_field(default_factory=dict)
    """Plain form fields, sent before the file."""

    def head(self, boundary: str) -> bytes:
        """Everything before the file's bytes."""
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{_safe(name)}"\r\n\r\n{value}\r\n'
            for name, value in self.fields.items()
        ]
        kind = self.content_type if _is_token(self.content_type) else "application/octet-stream"
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{_safe(self.field)}"; '
            f'filename="{_safe(self.filename)}"\r\nContent-Type: {kind}\r\n\r\n'
        )
        return "".join(parts).encode("utf-8", "replace")

    def tail(self, boundary: str) -> bytes:
        """Everything after the file's bytes."""
        return f"\r\n--{boundary}--\r\n".encode()

    def content_length(self, boundary: str) -> int:
        return len(self.head(boundary)) + self.size_bytes + len(self.tail(boundary))

    async def body(self, boundary: str) -> AsyncIterator[bytes]:
        """The whole body, piece by piece."""
        yield self.head(boundary)
        async for chunk in self.open():
            yield chunk
        yield self.tail(boundary)


def _safe(name: str) -> str:
    return name.translate(ESCAPES)


def _is_token(content_type: str) -> bool:
    return content_type.isascii() and content_type.isprintable() and "/" in content_type
