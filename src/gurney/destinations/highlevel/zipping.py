"""One file inside a ZIP, stored as it is, written and read as a stream: what it adds in bytes is known beforehand.

HighLevel takes some kinds of file only; DICOM is none of them (FACTS 10).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import AsyncIterator

from gurney.errors import AnswerWrong

ENDING = ".zip"
LOCAL = struct.Struct("<4s5H3I2H")
DATA = struct.Struct("<4s3I")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
VERSION, FLAGS, STORED = 20, 0x0808, 0
"""Sizes follow the bytes, and the name is UTF-8."""
MIDNIGHT, FIRST_DAY = 0, 0x21
"""1980-01-01, the first day that a ZIP knows: the same file gives the same ZIP."""


def added_bytes(name: str) -> int:
    """How much larger the ZIP is than the file of this name in it."""
    return LOCAL.size + DATA.size + CENTRAL.size + END.size + 2 * len(name.encode())


async def zipped(name: str, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The ZIP's bytes."""
    known = name.encode()
    yield LOCAL.pack(b"PK\3\4", VERSION, FLAGS, STORED, MIDNIGHT, FIRST_DAY, 0, 0, 0, len(known), 0) + known
    check = size = 0
    async for chunk in chunks:
        check, size = zlib.crc32(chunk, check), size + len(chunk)
        yield chunk
    yield DATA.pack(b"PK\7\10", check, size, size)
    place = LOCAL.size + len(known) + size + DATA.size
    central = CENTRAL.pack(
        b"PK\1\2", VERSION, VERSION, FLAGS, STORED, MIDNIGHT, FIRST_DAY, check, size, size, len(known), 0, 0, 0, 0, 0, 0
    )
    yield central + known + END.pack(b"PK\5\6", 0, 0, 1, 1, len(central) + len(known), place, 0)


async def unzipped(size_bytes: int, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The bytes of the one file in a ZIP of ours, whose whole size is told."""
    head, left = b"", -1
    async for chunk in chunks:
        if left < 0:
            head += chunk
            if len(head) < LOCAL.size:
                continue
            parts = LOCAL.unpack_from(head)
            begins = LOCAL.size + parts[9] + parts[10]
            if parts[0] != b"PK\3\4" or parts[3] != STORED:
                raise AnswerWrong("highlevel gave back another ZIP than was sent.")
            if len(head) < begins:
                continue
            left = size_bytes - begins - DATA.size - CENTRAL.size - parts[9] - END.size
            chunk, head = head[begins:], b""
        if left > 0:
            yield chunk[:left]
            left -= min(left, len(chunk))
