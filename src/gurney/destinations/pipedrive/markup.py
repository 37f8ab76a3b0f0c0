"""Notes as HTML: a first line that is the title, last lines that are keys, and what a reader sees (FACTS 3.4, 3.6).

The vendor cleans HTML in ways that it does not document, so what we look for again is plain words in a block of their
own, found with or without the tags around them. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape, unescape

GAP = r"\s*"
BOLD_BLOCK = re.compile(
    rf"{GAP}<(?P<block>p|div|h[1-6])>{GAP}<(?P<bold>b|strong)>(?P<title>[^<]*)</(?P=bold)>{GAP}</(?P=block)>"
)
MARKED_LINE = re.compile(r"\s*(?:<(?:p|div|b|strong)>\s*)*(?P<title>[^<\n]*\[cliniko:[^\]<\n]*\])(?:\s*</\w+>)*\n?")
"""A title whose tags were cleaned away is still known by our mark at its end."""


def with_title(title: str, content: str) -> str:
    """A note's content with its title as the first line.

    >>> with_title("Initial & first", "<p>Fine.</p>")
    '<p><b>Initial &amp; first</b></p><p>Fine.</p>'
    """
    return f"<p><b>{escape(title, quote=False)}</b></p>{content}" if title else content


def split_title(content: str) -> tuple[str, str]:
    """The title and the rest of a note; the title is '' where there is none.

    >>> split_title("<div><strong>A &lt; B</strong></div><p>Fine.</p>")
    ('A < B', '<p>Fine.</p>')
    >>> split_title("Knee [cliniko:treatment_notes:1 1/1]\\nFine.")
    ('Knee [cliniko:treatment_notes:1 1/1]', 'Fine.')
    """
    match = BOLD_BLOCK.match(content) or MARKED_LINE.match(content)
    if match is None:
        return "", content
    return unescape(match["title"]).strip(), content[match.end() :]


class KeyLines:
    """Lines at the end of a note that hold our keys, by field name: '<p>Cliniko appointment: 4711</p>'."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        self._labels = dict(labels)
        self._names = {label: name for name, label in labels.items()}
        known = "|".join(map(re.escape, self._names))
        self._line = re.compile(
            rf"(?:\s|<br\s*/?>)*(?:<(?:p|div)>)?\s*(?P<label>{known}): (?P<key>[^<\n]+?)\s*"
            r"(?:</(?:p|div)>|<br\s*/?>)?\s*$"
        )

    def added(self, content: str, keys: Mapping[str, str]) -> str:
        """The content with a line for each key that is not ''."""
        lines = [
            f"<p>{label}: {escape(keys[name], quote=False)}</p>"
            for name, label in self._labels.items()
            if keys.get(name)
        ]
        return content + "".join(lines)

    def split(self, content: str) -> tuple[str, dict[str, str]]:
        """The content without its last lines of keys, and the keys."""
        keys: dict[str, str] = {}
        while (match := self._line.search(content, max(0, len(content) - 2_000))) is not None:
            name = self._names[match["label"]]
            if name in keys:
                break  # the last one is ours; before it stand somebody's words
            keys[name] = unescape(match["key"])
            content = content[: match.start()]
        return content, keys
