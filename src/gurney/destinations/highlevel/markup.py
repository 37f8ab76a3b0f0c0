"""Texts that carry our keys in their last lines, and what a reader sees of a note (FACTS 5, 6). Pure.

Appointments and tasks have no field that could hold a key, so it is the last line of their text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape

from selectolax.lexbor import LexborHTMLParser, LexborNode

LINE_TAGS = frozenset(
    {"p", "div", "br", "ul", "ol", "li", "blockquote", "tr", "pre", "h1", "h2", "h3", "h4", "h5", "h6"}
)
CELLS = frozenset({"td", "th"})
UNSEEN = frozenset({"script", "style", "template", "iframe", "object", "embed", "noscript"})
PLAIN = re.compile(r"(?:[^<>&]|&(?:amp|lt|gt|quot|nbsp|#x27|#39);|</?(?:p|br|b|i|u|ul|ol|li|strong|em|div|h[1-3])>)*+")
"""HTML simple enough to be read without a parser: ten times as fast."""
LINE_TAG = re.compile(r"</?(?:p|br|ul|ol|li|div|h[1-3])>")
ANY_TAG = re.compile(r"<[^>]*>")


class KeyLines:
    """Lines at the end of a text that hold our keys, by field name: 'Cliniko appointment: 4711'."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        self._labels = dict(labels)
        self._names = {label: name for name, label in labels.items()}
        known = "|".join(map(re.escape, self._names))
        self._line = re.compile(rf"(?:^|\n)\s*(?P<label>{known}): (?P<key>[^\n]+?)\s*$")

    def added(self, content: str, keys: Mapping[str, str]) -> str:
        """The text with a line for each key that is not ''."""
        lines = [f"{label}: {keys[name]}" for name, label in self._labels.items() if keys.get(name)]
        return "\n".join([*([content] if content else []), *lines])

    def split(self, content: str) -> tuple[str, dict[str, str]]:
        """The text without its last lines of keys, and the keys.

        >>> KeyLines({"visit_id": "Visit"}).split("Fine.\\nVisit: 4711")
        ('Fine.', {'visit_id': '4711'})
        """
        keys: dict[str, str] = {}
        while (match := self._line.search(content, max(0, len(content) - 2_000))) is not None:
            name = self._names[match["label"]]
            if name in keys:
                break  # the last one is ours; before it stand somebody's words
            keys[name] = match["key"]
            content = content[: match.start()]
        return content, keys


def seen_text(html: str) -> str:
    """What a reader sees, line by line, without layout: for comparison only.

    >>> seen_text("<p>Pain&nbsp; &lt; 3</p><ul><li>ice</li><li>rest</li></ul>")
    'Pain < 3\\nice\\nrest'
    """
    seen = unescape(ANY_TAG.sub("", LINE_TAG.sub("\n", html))) if PLAIN.fullmatch(html) else "".join(_words(html))
    lines = (" ".join(line.split()) for line in seen.split("\n"))
    return "\n".join(line for line in lines if line)


def _words(html: str) -> list[str]:
    """The text of all nodes with line ends around blocks. It does not recurse: notes may be nested thousands deep."""
    body = LexborHTMLParser(html).body
    parts: list[str] = []
    todo: list[tuple[LexborNode | None, str]] = [(body.child if body else None, "")]
    while todo:
        node, after = todo.pop()
        if node is None:
            parts.append(after)
            continue
        if node.next is not None:
            todo.append((node.next, ""))
        name = node.tag or ""
        if name == "-text":
            parts.append(node.text_content or "")
        elif name not in UNSEEN and not name.startswith("-"):
            around = "\n" if name in LINE_TAGS else " " if name in CELLS else ""
            parts.append(around)
            todo.append((None, around))
            if node.child is not None:
                todo.append((node.child, ""))
    return parts
