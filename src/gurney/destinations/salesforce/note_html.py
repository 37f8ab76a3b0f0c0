"""A note's HTML: as it is sent, and as two of them are compared (FACTS 8). Pure.

The vendor strips raw line ends, wants text escaped, and refuses or strips what it calls unsafe. So what is sent is
written anew from the parsed text: known tags without attributes, safe links, nothing active. What is compared is the
text that a reader sees, line by line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape

from selectolax.lexbor import LexborHTMLParser, LexborNode

WRITTEN = {
    **{tag: tag for tag in ("p", "div", "br", "b", "strong", "i", "em", "u", "s", "strike", "sub", "sup")},
    **{tag: tag for tag in ("ul", "ol", "li", "blockquote", "a")},
    **dict.fromkeys(("section", "article", "header", "footer", "figure", "address", "dl"), "div"),
    **dict.fromkeys(("pre", "tr", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6"), "p"),
}
"""What a tag is written as; others leave only their text."""
CELLS = frozenset({"td", "th"})
GONE = frozenset({"script", "style", "template", "iframe", "object", "embed", "noscript"})
BLOCKS = frozenset({"p", "div", "br", "ul", "ol", "li", "blockquote"})
"""Written tags that a reader sees begin or end a line."""
SAFE_LINK = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)
BLANKS = re.compile(r"[ \t\r\n\f]+")
LINE_ENDS = re.compile(r"\r\n|\r|\n")
TAG = re.compile(r"<[a-zA-Z/!?]")
UNSEEN = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
KEPT = "|".join(tag for tag, written in WRITTEN.items() if tag == written and tag != "a")
PLAIN_HTML = re.compile(rf"(?:[^<>&\"'\x00-\x1f\x7f]|&(?:amp|lt|gt|quot|nbsp|#x27|#39);|</?(?:{KEPT})>)*+")
"""HTML that is written the way we write it, so that it need not be parsed: ten times as fast."""
LINE_TAG = re.compile(rf"</?(?:{'|'.join(sorted(BLOCKS))})>")
ANY_TAG = re.compile(r"<[^>]*>")
OPEN, TEXT, CLOSE = "open", "text", "close"
Event = tuple[str, str, str]
"""OPEN a tag with its link's target, TEXT, or CLOSE a tag."""


def wire_html(text: str) -> str:
    """What is sent for a note's text. Text without any tag keeps its lines.

    >>> wire_html('<h2>Plan</h2><p onclick="x()">Don\\'t rest &amp;\\n<b>walk</b></p><script>y()</script>')
    '<p>Plan</p><p>Don&#x27;t rest &amp; <b>walk</b></p>'
    >>> wire_html("BP < 120\\nstable")
    'BP &lt; 120<br>stable'
    """
    return text if PLAIN_HTML.fullmatch(text) else "".join(map(_written, _events(text)))


def plain_html(text: str) -> str:
    """The same note without any markup but line ends, for a vendor who takes no more (FACTS 8).

    >>> plain_html("<p>Pain <b>&lt; 3</b></p><p>Don't rest</p>")
    'Pain &lt; 3<br>Don&#x27;t rest'
    """
    return escape(seen_text(text)).replace("\n", "<br>")


def seen_text(html: str) -> str:
    """What a reader sees of a note, line by line, without layout: for comparison only.

    >>> seen_text("<p>Pain&nbsp; &lt; 3</p><ul><li>ice</li><li>rest</li></ul>")
    'Pain < 3\\nice\\nrest'
    """
    if PLAIN_HTML.fullmatch(html):
        seen = unescape(ANY_TAG.sub("", LINE_TAG.sub("\n", html)))
    else:
        seen = "".join(words if event == TEXT else "\n" * (tag in BLOCKS) for event, tag, words in _events(html))
    lines = (" ".join(line.split()) for line in seen.split("\n"))
    return "\n".join(line for line in lines if line)


def _written(event: Event) -> str:
    kind, tag, words = event
    if kind == TEXT:
        return escape(words).replace("\n", "<br>")
    if kind == CLOSE:
        return "" if tag == "br" else f"</{tag}>"
    return f'<a href="{escape(words)}">' if tag == "a" else f"<{tag}>"


def _events(text: str) -> Iterator[Event]:
    """The text's parts in order. It does not recurse: what people paste may be nested thousands deep."""
    body = LexborHTMLParser(UNSEEN.sub("", text)).body
    todo: list[tuple[LexborNode | None, str, bool]] = [(body.child if body else None, "", TAG.search(text) is None)]
    while todo:
        node, closing, keeps_lines = todo.pop()
        if node is None:
            if closing:
                yield CLOSE, closing, ""
            continue
        if node.next is not None:
            todo.append((node.next, "", keeps_lines))
        name = node.tag or ""
        if name == "-text":
            words = node.text_content or ""
            yield TEXT, "", LINE_ENDS.sub("\n", words) if keeps_lines else BLANKS.sub(" ", words)
        elif name not in GONE and not name.startswith("-"):
            tag, target = _tag(node, name)
            if name in CELLS:
                yield TEXT, "", " "
            if tag:
                yield OPEN, tag, target
                todo.append((None, tag, False))
            if node.child is not None:
                todo.append((node.child, "", keeps_lines or name == "pre"))


def _tag(node: LexborNode, name: str) -> tuple[str, str]:
    """What a tag is written as, and where a link leads; a link to anything unsafe is only its words."""
    if name != "a":
        return WRITTEN.get(name, ""), ""
    target = (node.attributes.get("href") or "").strip()
    return ("a", target) if SAFE_LINK.match(target) else ("", "")
