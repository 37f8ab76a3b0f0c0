"""What the server leaves of HTML in notes (FACTS 3.6: which tags survive is undocumented)."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser

COMMON = frozenset({
    "p", "br", "b", "i", "u", "strong", "em", "ul", "ol", "li", "a", "h1", "h2", "h3", "div", "span",
})  # fmt: skip
BARE = frozenset({"p", "br", "b", "i", "u", "ul", "ol", "li"})
DROPPED_WHOLE = frozenset({"script", "style", "iframe", "object", "head"})
SAFE_LINKS = ("http://", "https://", "mailto:", "tel:")


def cleaned(html: str, mode: str) -> str:
    """The text with the tags that survive: `common`, `bare`, or `all` but scripts and styles."""
    if "<" not in html:
        return html
    cleaner = _Cleaner({"common": COMMON, "bare": BARE}.get(mode))
    cleaner.feed(html)
    cleaner.close()
    return "".join(cleaner.kept)


class _Cleaner(HTMLParser):
    def __init__(self, allowed: frozenset[str] | None) -> None:
        super().__init__(convert_charrefs=False)
        self.kept: list[str] = []
        self._allowed = allowed
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in DROPPED_WHOLE:
            self._hidden += 1
        elif not self._hidden and self._survives(tag):
            self.kept.append(f"<{tag}{self._attributes(tag, attrs)}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in DROPPED_WHOLE:
            self._hidden = max(0, self._hidden - 1)
        elif not self._hidden and self._survives(tag) and tag != "br":
            self.kept.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.kept.append(data)

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")

    def _survives(self, tag: str) -> bool:
        return self._allowed is None or tag in self._allowed

    def _attributes(self, tag: str, attrs: list[tuple[str, str | None]]) -> str:
        """Only where a link leads to is kept; no style, no class, no handler of events."""
        if tag != "a":
            return ""
        target = dict(attrs).get("href") or ""
        return f' href="{escape(target)}"' if target.startswith(SAFE_LINKS) else ""
