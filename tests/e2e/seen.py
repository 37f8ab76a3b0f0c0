"""Rich text as a reader sees it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

BLOCKS = frozenset({"p", "div", "ul", "ol", "li", "blockquote"})


def seen(markup: str) -> str:
    """A note's text as a reader sees it. Blocks begin and end lines."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return "".join(reader.parts).strip("\n")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "br":
            self.parts.append("\n")
        elif tag in BLOCKS:
            self._line()

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self._line()

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def _line(self) -> None:
        if self.parts and not self.parts[-1].endswith("\n"):
            self.parts.append("\n")
