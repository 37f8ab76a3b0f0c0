"""HTML of paragraph answers as plain text: structure stays readable, nothing active survives (FACTS 6.3)."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from gurney.mapping.transforms.registry import transform

_BLOCKS = frozenset({"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "table", "tr", "pre"})
_GONE = frozenset({"script", "style", "head", "title", "template", "iframe", "object", "noscript"})
_SAFE_LINK = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_MANY_LINES = re.compile(r"\n{3,}")


@transform(reads="html", writes="text")
def note_text(html: str) -> str | None:
    """The text of a rich answer: paragraphs, lists, quotes and links stay recognisable.

    >>> note_text("<p>Pain &lt;3/10</p><ol><li>ice</li><li>rest<ul><li>2 days</li></ul></li></ol>")
    'Pain <3/10\\n\\n1. ice\\n2. rest\\n   • 2 days'
    """
    if "<" not in html and "&" not in html:
        return html.replace("\r\n", "\n").strip() or None
    body = LexborHTMLParser(html).body
    if body is None:
        return None
    return _MANY_LINES.sub("\n\n", _inner(body)).strip() or None


def _inner(node: LexborNode) -> str:
    """The text of a node's children; blocks stand on lines of their own."""
    out = ""
    child = node.child
    while child is not None:
        out = _joined(out, child)
        child = child.next
    return out


def _joined(out: str, child: LexborNode) -> str:
    tag = child.tag
    if tag == "-text":
        words = _BLANKS.sub(" ", child.text_content or "")
        return out + (words.lstrip() if not out or out.endswith("\n") else words)
    if tag in _GONE or tag == "-comment":
        return out
    if tag == "br":
        return out.rstrip(" ") + "\n"
    if tag == "a":
        return out + _link(child)
    if tag in _BLOCKS:
        gap = "" if not out or out.endswith("\n\n") else "\n" if out.endswith("\n") or tag in ("tr",) else "\n\n"
        return f"{out.rstrip(' ')}{gap}{_block(child).strip(chr(10))}\n\n" if tag != "tr" else _row(out, child)
    return out + _inner(child)


def _row(out: str, row: LexborNode) -> str:
    cells = [_inner(cell).strip() for cell in row.iter() if cell.tag in ("td", "th")]
    return f"{out.rstrip()}\n{' | '.join(cells)}\n" if out.strip() else " | ".join(cells) + "\n"


def _block(node: LexborNode) -> str:
    if node.tag in ("ul", "ol"):
        return _list(node)
    inner = _inner(node).strip()
    if node.tag == "blockquote":
        return "\n".join(f"> {line}" for line in inner.split("\n"))
    return inner


def _list(node: LexborNode) -> str:
    lines = []
    for number, item in enumerate(node.iter(), start=1):
        mark = f"{number}. " if node.tag == "ol" else "• "
        text = _block(item) if item.tag in ("ul", "ol") else _MANY_LINES.sub("\n\n", _inner(item)).strip()
        text = re.sub(r"\n\n(?=(?:• |\d+\. ))", "\n", text)
        lines.append(mark + text.replace("\n", "\n" + " " * len(mark)))
    return "\n".join(lines)


def _link(node: LexborNode) -> str:
    words = _inner(node).strip()
    target = (node.attributes.get("href") or "").strip()
    if not _SAFE_LINK.match(target) or target == words:
        return words
    return f"{words} ({target})" if words else target
