"""Rich text that CRM notes take: the source's paragraphs cleaned to a few tags, plain text escaped (contract, NOTE3).

`Html` is safe by construction: only `rich`, `escaped` and `together` make it. It holds no raw line end, because
Salesforce drops those (FACTS 8): a line end is a `<br>`, a blank anywhere else. Fields of plain text flatten it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

import nh3

from gurney.mapping.transforms.html import note_text

TAGS = frozenset({"a", "b", "blockquote", "br", "div", "em", "i", "li", "ol", "p", "s", "strong", "u", "ul"})
"""What Cliniko's editor makes (FACTS 6.3), and its equals, but for headings: those become paragraphs in bold."""
BLOCKS = frozenset({"blockquote", "div", "ol", "p", "ul"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_WITHIN_LINES = frozenset({"big", "code", "font", "mark", "small", "span", "sub", "sup"})
"""Tags that can go without joining words that were apart."""
_TAG_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)")
_LOOKS = re.compile(r"<[^>]*\s(?:style|class|align|color)\s*=", re.IGNORECASE)
_TAG_OR_LOOSE = re.compile(r"""<(?:[^">]|"[^"]*")*>|["']|[\t\r\n\f]+""")
_ANY_TAG = re.compile(r"<[^>]*>")
_HEADING = re.compile(r"<(/?)h[1-6]>")
_CLEANER = nh3.Cleaner(
    tags=set(TAGS | _HEADINGS),
    attributes={"a": {"href"}},
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel=None,
)
_ENTITIES = {'"': "&quot;", "'": "&#x27;"}


class Html(str):
    """Well-formed HTML of `TAGS` alone. `simplified`: formatting of the source was lost on the way, never words."""

    simplified: bool

    def __new__(cls, text: str = "", *, simplified: bool = False) -> Html:
        made = super().__new__(cls, text)
        made.simplified = simplified
        return made


def escaped(text: str) -> Html:
    """Plain text as HTML; each line end becomes a `<br>`.

    >>> escaped("Pain <3/10\\nDon't run")
    'Pain &lt;3/10<br>Don&#x27;t run'
    """
    return Html(html.escape(text).replace("\r\n", "<br>").replace("\r", "<br>").replace("\n", "<br>"))


def rich(answer: str) -> Html:
    """The source's HTML with its paragraphs, lists, quotes, links and emphasis; what has more is told as plain text.

    >>> rich('<p>Rest<script>x()</script> and <a href="javascript:x">ice</a></p>'), rich("A &amp; <b>B</b>")
    ('<p>Rest and <a>ice</a></p>', '<p>A &amp; <b>B</b></p>')
    """
    names = {name.lower() for name in _TAG_NAME.findall(answer)}
    if not names or names - TAGS - _WITHIN_LINES - _HEADINGS - {"script", "style"}:
        text = note_text(answer) if names else html.unescape(answer).strip()
        return Html(f"<p>{escaped(text)}</p>" if text else "", simplified=bool(names))
    told = _TAG_OR_LOOSE.sub(_told, _CLEANER.clean(answer)).strip()
    if names & _HEADINGS:
        told = _HEADING.sub(lambda found: "</b></p>" if found.group(1) else "<p><b>", told)
    if not _ANY_TAG.sub("", told).strip():
        return Html()
    lost = bool(names - TAGS) or _LOOKS.search(answer) is not None
    return Html(told if names & (BLOCKS | _HEADINGS) else f"<p>{told}</p>", simplified=lost)


def together(parts: Iterable[str]) -> Html:
    """Parts that are HTML each, as one. A `str` that is no `Html` is a tag of ours."""
    listed = list(parts)
    return Html("".join(listed), simplified=any(isinstance(part, Html) and part.simplified for part in listed))


def _told(found: re.Match[str]) -> str:
    sign = found.group()
    return sign if sign[0] == "<" else _ENTITIES.get(sign, " ")
