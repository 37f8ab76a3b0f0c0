"""Names of files that hold the source's id, for vendors where nothing else of an upload can hold our key. Pure."""

from __future__ import annotations

import re
import unicodedata

UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|]+')
MARK = re.compile(r"_cliniko-[A-Za-z0-9-]+(?=(?:\.[^\W_]{1,10})?$)")
LONGEST_ENDING = 10


def marked(name: str, source_id: str, most: int) -> str:
    """A name of at most `most` characters, without path or control characters, with the id before its ending.

    >>> marked("../scan: left knee.pdf", "4711", 100)
    'scan_ left knee_cliniko-4711.pdf'
    """
    flat = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    base = UNSAFE.sub("_", flat).strip(" .") or "file"
    stem, dot, ending = base.rpartition(".")
    if not dot or not ending.isalnum() or len(ending) > LONGEST_ENDING:
        stem, ending = base, ""
    mark = "_cliniko-" + re.sub(r"[^A-Za-z0-9-]", "-", source_id) + (f".{ending}" if ending else "")
    return stem[: most - len(mark)] + mark


def unmarked(name: str) -> str:
    """The file's own name again.

    >>> unmarked(marked("scan 1.pdf", "4711", 100))
    'scan 1.pdf'
    """
    return MARK.sub("", name)
