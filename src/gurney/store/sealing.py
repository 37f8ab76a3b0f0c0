"""Sealing: zstd, then AES-256-GCM, bound to the identity of the row that it lies in.

A sealed value that is moved to another row does not open there. The nonce is random and stands in front.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gurney.errors import StoreUnusable

NONCE_BYTES = 12
KEY_BYTES = 32


class Purged(StoreUnusable):
    """The data key was destroyed: nothing that was sealed can be read ever again."""


class Seal:
    """Seals and opens values under one data key."""

    def __init__(self, key: bytes, entropy: Callable[[int], bytes]) -> None:
        self._aead = AESGCM(key)
        self._entropy = entropy
        self._print_key = hashlib.sha256(b"gurney fingerprint" + key).digest()
        self._zstd = _Zstd()

    def seal(self, clear: bytes, identity: str) -> bytes:
        """The sealed bytes of a value that lives in the row called `identity`."""
        nonce = self._entropy(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, self._zstd.pack(clear), identity.encode())

    def open(self, sealed: bytes, identity: str) -> bytes:
        """The clear bytes. Raises StoreUnusable when they were altered or lie in another row."""
        sealed = bytes(sealed)
        try:
            packed = self._aead.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], identity.encode())
        except (InvalidTag, ValueError):  # the latter when it is too short to be anything sealed
            raise StoreUnusable(
                f"A stored value does not open ({identity}): it was altered, or the master key is another one.",
                next_step="Use the master key that this workspace was made with, or restore it from a backup.",
            ) from None
        return self._zstd.unpack(packed)

    def fingerprint(self, clear: bytes) -> bytes:
        """16 bytes that change with the content. Keyed: a short content cannot be guessed from them."""
        return hashlib.blake2b(clear, digest_size=16, key=self._print_key).digest()


class _Zstd(threading.local):
    """A compressor for each thread: the library's must not be shared."""

    def __init__(self) -> None:
        self.pack = zstandard.ZstdCompressor(level=1).compress
        self.unpack = zstandard.ZstdDecompressor().decompress


class NoSeal:
    """Stands where the data key was destroyed."""

    def _refuse(self) -> Purged:
        return Purged(
            "The clinic's data in this workspace were destroyed by `gurney purge`.",
            next_step="The log can still be verified: gurney log verify. A new migration needs a new workspace.",
        )

    def seal(self, clear: bytes, identity: str) -> bytes:
        raise self._refuse()

    def open(self, sealed: bytes, identity: str) -> bytes:
        raise self._refuse()

    def fingerprint(self, clear: bytes) -> bytes:
        raise self._refuse()
