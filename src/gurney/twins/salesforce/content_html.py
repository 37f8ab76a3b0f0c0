"""What a note may hold: a fragment of HTML, or text with its special characters escaped (FACTS 8)."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from gurney.twins.salesforce.refusals import Refused

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World

TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]*)((?:\s+[^<>\"'=\s/]+(?:\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'))?)*)\s*/?>")
ATTRIBUTE = re.compile(r"([^<>\"'=\s/]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'))?")
ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]*|#\d+|#x[0-9A-Fa-f]+);")
BASIC = frozenset({
    "p", "br", "b", "strong", "i", "em", "u", "s", "strike", "del", "ins", "ul", "ol", "li", "a", "span", "div",
})  # fmt: skip
WIDE = BASIC | frozenset({
    "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code", "hr", "sub", "sup", "small", "big", "font",
    "img", "table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption", "colgroup", "col", "dl", "dt", "dd",
})  # fmt: skip
UNSAFE_SCHEMES = ("javascript:", "data:", "vbscript:")
UNSAFE = "UNSAFE_HTML_CONTENT"
WORDS = "Note Can't Be Saved Because It Contains HTML Tags Or Unescaped Characters That Are Not Allowed In A Note"
PREVIEW = 255


def clean(world: World, content: bytes) -> bytes:
    """The content as it is stored: without raw newlines. Raises Refused for what is not allowed."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise Refused("INVALID_CONTENT", "The content of a note must be UTF-8", ["Content"]) from None
    text = text.replace("\r", "").replace("\n", "")
    strips = world.switches["unsafe_html"] == "strip"
    if "<" not in text:
        return _text(world, text, strips).encode()
    tags = WIDE if world.switches["note_html"] == "wide" else BASIC
    parts, at = [], 0
    for found in TAG.finditer(text):
        parts.append(_text(world, text[at : found.start()], strips))
        if _safe(found, tags):
            parts.append(found[0])
        elif not strips:
            raise Refused(UNSAFE, WORDS, ["Content"])
        at = found.end()
    parts.append(_text(world, text[at:], strips))
    return "".join(parts).encode()


def _text(world: World, text: str, strips: bool) -> str:
    """Text between tags: `& < > " '` must be escaped (rule salesforce.note-escaped)."""
    if "&" in text and len(ENTITY.findall(text)) != text.count("&"):
        return html.escape(html.unescape(text)) if strips else _refuse()
    forbidden = "<>" if world.switches["note_quotes"] == "accept" else "<>\"'"
    if any(char in text for char in forbidden):
        return html.escape(html.unescape(text)) if strips else _refuse()
    return text


def _refuse() -> str:
    raise Refused(UNSAFE, WORDS, ["Content"])


def _safe(found: re.Match[str], tags: frozenset[str]) -> bool:
    if found[2].lower() not in tags:
        return False
    for name, double, single in ATTRIBUTE.findall(found[3]):
        value = html.unescape(double or single).strip().lower()
        if name.lower().startswith("on") or value.startswith(UNSAFE_SCHEMES):
            return False
    return True


def preview(content: bytes) -> str | None:
    """The first 255 characters without markup."""
    text = html.unescape(TAG.sub(" ", content.decode()))
    return " ".join(text.split())[:PREVIEW] or None
