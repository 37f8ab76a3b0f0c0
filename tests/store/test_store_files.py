"""Attached files: sealed on disk, whole or not there at all."""

from __future__ import annotations

import asyncio
import errno
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gurney.errors import StoreUnusable
from gurney.records import File
from gurney.store import files as files_module
from gurney.store.files import CHUNK_BYTES
from gurney.store.store import Store

CANARY = b"canary-in-a-scan"


async def stream(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def clear(store: Store, file: File) -> bytes:
    return b"".join([chunk async for chunk in store.files.open(file)])


def save(store: Store, id: str, *pieces: bytes) -> File:
    return asyncio.run(store.files.save(id, "scan.pdf", "application/pdf", stream(*pieces)))


def kept(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "state" / "files").glob("*"))


@pytest.mark.parametrize(
    "pieces",
    [
        (),
        (b"",),
        (b"x",),
        (b"x" * CHUNK_BYTES,),
        (b"x" * CHUNK_BYTES, b"y"),
        (b"abc" * CHUNK_BYTES,),
        tuple(b"%d," % number * 1000 for number in range(400)),
    ],
    ids=["nothing", "empty", "one byte", "one chunk", "one chunk and a byte", "one big piece", "many small pieces"],
)
def test_a_file_comes_back_whole_with_its_size_and_checksum(store: Store, pieces: tuple[bytes, ...]) -> None:
    file = save(store, "77", *pieces)

    whole = b"".join(pieces)
    assert (file.size_bytes, file.sha256) == (len(whole), hashlib.sha256(whole).hexdigest())
    assert file.md5 == hashlib.md5(whole).hexdigest()  # what Salesforce tells of a file
    assert asyncio.run(clear(store, file)) == whole
    assert store.files.get("77") == file


def test_neither_bytes_nor_name_lie_in_the_clear(store: Store, tmp_path: Path) -> None:
    save(store, "77", CANARY * 10_000)

    assert all(b"canary" not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert not any("scan" in path.name for path in tmp_path.rglob("*"))


def test_a_file_saved_again_takes_the_place_of_the_first(store: Store, tmp_path: Path) -> None:
    save(store, "77", b"old")
    file = save(store, "77", b"new")

    assert asyncio.run(clear(store, file)) == b"new"
    assert len(kept(tmp_path)) == 1


def test_ids_of_any_form_make_no_path_of_their_own(store: Store, tmp_path: Path) -> None:
    for id in ("../../escape", "a/b", "ä" * 200, "."):
        file = save(store, id, id.encode())
        assert asyncio.run(clear(store, file)) == id.encode()

    assert all(path.parent == tmp_path / "state" / "files" for path in tmp_path.rglob("*.sealed"))


def test_a_download_that_breaks_off_leaves_nothing(store: Store, tmp_path: Path) -> None:
    async def breaks() -> AsyncIterator[bytes]:
        yield b"x" * (2 * CHUNK_BYTES)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        asyncio.run(store.files.save("77", "scan.pdf", "application/pdf", breaks()))

    assert kept(tmp_path) == []
    assert store.files.get("77") is None


def test_a_full_disk_says_so_and_leaves_nothing(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files_module.os, "fsync", full)

    with pytest.raises(StoreUnusable, match="No space left") as refused:
        save(store, "77", b"x" * 10)

    assert "Make room" in refused.value.next_step
    assert kept(tmp_path) == []
    assert store.files.get("77") is None


@pytest.mark.parametrize(
    "damage", ["flip", "cut a chunk", "cut a byte", "swap chunks", "cut inside a length", "a huge length", "empty"]
)
def test_damage_on_the_disk_is_never_passed_on(store: Store, tmp_path: Path, damage: str) -> None:
    file = save(store, "77", b"a" * CHUNK_BYTES + b"b" * CHUNK_BYTES + b"c")
    (path,) = kept(tmp_path)
    stored = path.read_bytes()
    first = 4 + int.from_bytes(stored[:4], "big")
    second = first + 4 + int.from_bytes(stored[first : first + 4], "big")
    damaged = {
        "flip": stored[:40] + bytes([stored[40] ^ 1]) + stored[41:],
        "cut a chunk": stored[:second],
        "cut a byte": stored[:-1],
        "swap chunks": stored[first:second] + stored[:first] + stored[second:],
        "cut inside a length": stored[: second + 2],
        "a huge length": b"\xff" * 4 + stored[4:],
        "empty": b"",
    }
    path.write_bytes(damaged[damage])

    with pytest.raises(StoreUnusable):
        asyncio.run(clear(store, file))


def test_a_file_that_somebody_removed_is_named(store: Store, tmp_path: Path) -> None:
    file = save(store, "77", b"x")
    kept(tmp_path)[0].unlink()

    with pytest.raises(StoreUnusable, match="77"):
        asyncio.run(clear(store, file))


def test_totals_count_clear_bytes(store: Store) -> None:
    save(store, "1", b"xx")
    save(store, "2", b"yyy")

    assert store.files.totals() == (2, 5)
