"""Bodies that are forms: what was sent in each field, as a specification describes it.

A file counts by its presence: its bytes are nobody's to judge.
"""

from __future__ import annotations

from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl

MULTIPART, ENCODED = "multipart/form-data", "application/x-www-form-urlencoded"
FORMS = (MULTIPART, ENCODED)


def form_kind(content_type: str) -> str | None:
    """Which form a content type means; None: it is no form."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind if kind in FORMS else None


def fields_of(content_type: str, body: bytes) -> dict[str, str]:
    """The fields by name, files as ''. A field that was sent twice counts once."""
    if form_kind(content_type) == ENCODED:
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    whole = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    parts = whole.get_payload()
    return dict(_field(part) for part in parts if isinstance(part, Message)) if isinstance(parts, list) else {}


def _field(part: Message) -> tuple[str, str]:
    name = str(part.get_param("name", "", "content-disposition"))
    if part.get_filename() is not None:
        return name, ""
    sent = part.get_payload(decode=True)
    return name, sent.decode("utf-8", "replace") if isinstance(sent, bytes) else ""
