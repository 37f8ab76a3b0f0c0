"""Where files lie: on disk, so that the twin's memory stays flat."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stored:
    """A file's place and digest."""

    start: int
    size: int
    sha256: str
    content_type: str


class Attic:
    """One temporary file without a name; it is gone when the twin is."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="gurney-twin-")  # noqa: SIM115 - lives as long as the attic
        self._end = 0

    def put(self, content: bytes, content_type: str) -> Stored:
        """Keep some bytes."""
        self._file.seek(self._end)
        self._file.write(content)
        stored = Stored(self._end, len(content), hashlib.sha256(content).hexdigest(), content_type)
        self._end += len(content)
        return stored

    def get(self, stored: Stored) -> bytes:
        """The bytes again."""
        self._file.seek(stored.start)
        return self._file.read(stored.size)

    def close(self) -> None:
        self._file.close()

    def __del__(self) -> None:
        self.close()
