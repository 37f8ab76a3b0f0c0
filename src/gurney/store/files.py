"""Attached files as sealed files on disk: streamed in and out in chunks, never whole in memory.

Each chunk is sealed by itself and bound to its file and place, so that chunks cannot be swapped or dropped
unnoticed; the last one says that it is the last.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import text

from gurney.errors import StoreUnusable
from gurney.records import File
from gurney.runtime import Runtime
from gurney.store.database import Database
from gurney.store.sealing import NoSeal, Seal

CHUNK_BYTES = 1 << 20
_LENGTH_BYTES = 4
_MOST_SEALED_BYTES = 2 * CHUNK_BYTES
"""More than any sealed chunk takes: a damaged length must not fill the memory."""

_PUT = text(
    "INSERT INTO file (id, path, size_bytes, sha256, about) VALUES (:id, :path, :size_bytes, :sha256, :about)"
    " ON CONFLICT (id) DO UPDATE SET path = excluded.path, size_bytes = excluded.size_bytes,"
    " sha256 = excluded.sha256, about = excluded.about"
)
_GET = "SELECT id, size_bytes, sha256, about FROM file WHERE id IN (:values)"
_TOTAL = text("SELECT count(*), coalesce(sum(size_bytes), 0) FROM file")


class Files:
    """The sealed files of a migration."""

    def __init__(self, database: Database, seal: Seal | NoSeal, runtime: Runtime, folder: Path) -> None:
        self._database = database
        self._seal = seal
        self._runtime = runtime
        self._folder = folder

    async def save(self, id: str, name: str, content_type: str, chunks: AsyncIterator[bytes]) -> File:
        """Keep a file's bytes as they stream in. Raises StoreUnusable when the disk is full; nothing half stays."""
        path = self._path(id)
        sealing = _Sealing(self._seal, id, path)
        try:
            async for piece in chunks:
                sealing.add(piece)
            sealing.finish()
        finally:
            sealing.discard()
        file = File(id, name, sealing.size, content_type, sealing.sha256.hexdigest(), sealing.md5.hexdigest())
        self._remember(file, path)
        return file

    def get(self, id: str) -> File | None:
        """A kept file's description; None when its bytes are not here."""
        return self.many([id]).get(id)

    def many(self, ids: list[str]) -> dict[str, File]:
        """Descriptions of those of these files whose bytes are here."""
        found = {}
        for id, size, sha256, about in self._database.where_in(_GET, ids):
            name, content_type, *md5 = orjson.loads(self._seal.open(about, f"file/{id}"))
            found[id] = File(id, name, size, content_type, sha256, *md5)
        return found

    async def open(self, file: File) -> AsyncIterator[bytes]:
        """The clear bytes, a chunk at a time."""
        for chunk in self._chunks(file.store_id):
            yield chunk

    def totals(self) -> tuple[int, int]:
        """Number of files and their bytes."""
        count, size = self._database.one(_TOTAL)
        return int(count), int(size)

    def discard_all(self) -> None:
        """Remove every sealed file from the disk, half-written ones too."""
        if self._folder.is_dir():
            for file in self._folder.iterdir():
                file.unlink(missing_ok=True)

    def _remember(self, file: File, path: Path) -> None:
        about = self._seal.seal(orjson.dumps([file.name, file.content_type, file.md5]), f"file/{file.store_id}")
        row: dict[str, Any] = {
            "id": file.store_id,
            "path": path.name,
            "size_bytes": file.size_bytes,
            "sha256": file.sha256,
            "about": about,
        }
        with self._database.transaction() as connection:
            connection.execute(_PUT, row)

    def _path(self, id: str) -> Path:
        """The file's place: ids are the source's, so only their harmless characters are used."""
        if not re.fullmatch(r"[0-9A-Za-z_-]{1,80}", id):
            id = hashlib.sha256(id.encode()).hexdigest()
        return self._folder / f"{id}.sealed"

    def _chunks(self, id: str) -> Iterator[bytes]:
        path = self._path(id)
        if not path.is_file():
            raise StoreUnusable(
                f"The kept file {id} is no longer on the disk.",
                next_step="Restore .gurney/files/ from a backup, or start again in a new workspace.",
            )
        left = path.stat().st_size
        with path.open("rb") as source:
            for number in itertools.count():
                length = int.from_bytes(source.read(_LENGTH_BYTES), "big")
                left -= _LENGTH_BYTES + length
                yield self._seal.open(source.read(min(length, _MOST_SEALED_BYTES)), _place(id, number, last=left <= 0))
                if left <= 0:
                    return


class _Sealing:
    """A file being written beside its place, which it takes when it is whole."""

    def __init__(self, seal: Seal | NoSeal, id: str, path: Path) -> None:
        self._seal = seal
        self._id = id
        self._path = path
        self._partial = path.with_name(path.name + ".partial")
        self._number = 0
        self._held = bytearray()
        self.size = 0
        self.sha256 = hashlib.sha256()
        self.md5 = hashlib.md5(usedforsecurity=False)
        with _disk_faults():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._out = self._partial.open("wb")

    def add(self, piece: bytes) -> None:
        self.sha256.update(piece)
        self.md5.update(piece)
        self.size += len(piece)
        self._held += piece
        while len(self._held) > CHUNK_BYTES:
            self._write(bytes(self._held[:CHUNK_BYTES]), last=False)
            del self._held[:CHUNK_BYTES]

    def finish(self) -> None:
        self._write(bytes(self._held), last=True)
        with _disk_faults():
            self._out.flush()
            os.fsync(self._out.fileno())
            self._out.close()
            self._partial.replace(self._path)

    def discard(self) -> None:
        """Remove what did not become a whole file."""
        with contextlib.suppress(OSError):  # a full disk refuses the last bytes once more
            self._out.close()
        self._partial.unlink(missing_ok=True)

    def _write(self, clear: bytes, *, last: bool) -> None:
        sealed = self._seal.seal(clear, _place(self._id, self._number, last))
        self._number += 1
        with _disk_faults():
            self._out.write(len(sealed).to_bytes(_LENGTH_BYTES, "big") + sealed)


@contextlib.contextmanager
def _disk_faults() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreUnusable(
            f"A file could not be kept: {error.strerror}.",
            next_step="Make room on the disk and repeat the command; it goes on where it stopped.",
        ) from None


def _place(id: str, number: int, last: bool) -> str:
    return f"file/{id}/{number}/{'last' if last else 'more'}"
