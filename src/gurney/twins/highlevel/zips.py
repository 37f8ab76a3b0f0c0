"""What ZIP files hold: an upload of ours may be one, because the vendor takes few kinds of files."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from typing import Any


def inside(content: bytes) -> Iterator[dict[str, Any]]:
    """Names, sizes and digests of what is in it; nothing of other files."""
    if not content.startswith(b"PK\3\4"):
        return
    with suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            packed = archive.read(name)
            yield {"name": name, "size": len(packed), "sha256": hashlib.sha256(packed).hexdigest()}
